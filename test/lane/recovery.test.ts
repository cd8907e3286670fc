/**
 * Crash cases of reliability.md §7, by number: the lane's thread dies at that very point (lane-saboteur.ts), on a real
 * journal and a real paper venue with its fault plane; what comes after must neither double nor lose.
 *
 * One engine lives through all of them, case after case, and its books must agree with the venues' after each.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Child } from "../../src/core/child.ts";
import { Core } from "../../src/core/step.ts";
import { readLog } from "../../src/journal/reader.ts";
import { orderTagger } from "../../src/lane/order-tag.ts";
import { recoverCore } from "../../src/lane/recover.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { createShared } from "../../src/memory/shared.ts";
import { instantiateKernels } from "../../src/wasm/kernels.ts";
import { readDecisionLog, upTo } from "../support/decision-log.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, clock, kernels, LaneRig, SABOTEUR } from "../support/lane-rig.ts";
import { type Sabotage, SaboteurControl } from "../support/sabotage.ts";

const VALID_FOR_MS = 100;
const ABSENCE_GRACE_MS = 100;

let rig: LaneRig;
let boot: Boot;
let control: SaboteurControl;
/** What the next signal asks for, in lots of 0.001 BTC: 100 more than the last one did. */
let wished = 0;
let intentsBefore = 0;

beforeAll(async () => {
  control = new SaboteurControl();
  rig = await LaneRig.start({
    sample: {
      router: {
        validForMs: VALID_FOR_MS,
        clockErrorMsMax: 90,
        childTimeoutMs: 200,
        // Faults are planted at the best venue, so it must be the next case's best again.
        doubtPenaltyMs: 0,
        resolve: { absenceGraceMs: ABSENCE_GRACE_MS, notFoundSpacingMs: 20 },
      },
      // X = 0: only proof may send the rest. Far from whole BTC, so that the model always wants more than the signal allows.
      shield: { onUnknown: "wait", overHedgeLotsMax: 0, holdings: "10" },
    },
  });
  boot = await active();
});

afterAll(async () => {
  await rig.close();
  control.close();
});

async function active(): Promise<Boot> {
  const started = await rig.boot("pool", SABOTEUR);
  await eventually(
    () => started.btc().state === "active",
    () => `${started.btc().state} ${started.troubles.join("; ")}`,
  );
  return started;
}

/** 100 lots more are to be sold. */
function hedgeMore(): void {
  wished += 100;
  boot.host.submit(rig.signal(wished / 1000));
}

/** The next order takes its thread with it; the successor is up when this returns. */
async function dieAt(sabotage: Sabotage): Promise<void> {
  const lives = control.births;
  await control.order(sabotage);
  hedgeMore();
  await eventually(() => control.births === lives + 1);
}

/** The orders of this case that the journal intended, and what of each the venue filled: null where it never saw it. */
async function settledOrders(): Promise<{ readonly intents: Child[]; readonly filled: (number | null)[] }> {
  await boot.settled(-wished);
  await eventually(
    () => rig.mismatches(boot).length === 0,
    () => rig.mismatches(boot).join("; "),
  );
  expect(rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT")).toBe(-wished);
  expect(rig.doubled()).toEqual([]);
  const log = readDecisionLog(rig.journal);
  expect(log.signals).toEqual(upTo(rig.submitted));
  expect(log.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual(upTo(rig.submitted));
  expect(log.alarms.filter(({ code }) => code === "POSITION_MISMATCH" || code === "OVER_FILL")).toEqual([]);
  const intents = log.intents.slice(intentsBefore);
  intentsBefore = log.intents.length;
  const filled = intents.map((each) => rig.market.orders(each.venue).get(each.clientOrderId)?.cumQtyLots ?? null);
  return { intents, filled };
}

const epochOf = ({ clientOrderId }: Child): number => Number.parseInt(clientOrderId.slice(16, 22), 16);

/** Between two orders lies at least the time after which the venue is bound to have dropped the first. */
function expectProvedFirst([lost, sent]: Child[]): void {
  expect(sent!.stampMs - lost!.stampMs).toBeGreaterThanOrEqual(VALID_FOR_MS + ABSENCE_GRACE_MS);
}

test("case 1: a crash before the write leaves nothing behind, and the signal is decided by the successor", async () => {
  const lives = control.births;
  await control.order("exit");
  // The lane is dead or dying: the signal waits in the ring, in no log.
  hedgeMore();
  await eventually(() => control.births === lives + 1);
  const { intents, filled } = await settledOrders();
  expect(filled).toEqual([100]);
  expect(epochOf(intents[0]!)).toBe(lives + 1);
});

/** On a busy machine an order may be too old when it comes to its venue: it is refused there, and another is sent. */
const fills = (filled: readonly (number | null)[]) => filled.filter((lots) => lots !== null);

test("case 2: a crash between write and send: absence is proved first, then a new order goes", async () => {
  await dieAt("beforeSend");
  const { intents, filled } = await settledOrders();
  expect(filled[0]).toBeNull();
  expect(fills(filled)).toEqual([100]);
  // Same cause, next attempt, next epoch: never the same id twice.
  expect(intents[1]).toMatchObject({ cause: intents[0]!.cause, attempt: intents[0]!.attempt + 1 });
  expect(epochOf(intents[1]!)).toBe(epochOf(intents[0]!) + 1);
  expectProvedFirst(intents);
});

test("case 3: a crash between send and answer: the order is found at the venue and adopted", async () => {
  await dieAt("afterSend");
  expect(fills((await settledOrders()).filled)).toEqual([100]);
});

test("case 4: a crash between fill and its journaling: the fill is found at the venue and adopted", async () => {
  await dieAt("beforeReport");
  expect(fills((await settledOrders()).filled)).toEqual([100]);
});

test("case 8: no answer in time: unknown and reserved until absence is proved, then the rest is sent", async () => {
  rig.market.inject(0, { kind: "dropBefore" });
  hedgeMore();
  const { intents, filled } = await settledOrders();
  expect(filled[0]).toBeNull();
  expect(fills(filled)).toEqual([100]);
  expectProvedFirst(intents);
  expect(boot.alarms.map(({ code }) => code)).toContain("UNKNOWN_OUTCOME");
});

test("case 8: executed, but answer and event are lost: the fill is found by asking, and not sent again", async () => {
  rig.market.inject(0, { kind: "dropAck", userEvent: true });
  hedgeMore();
  expect(fills((await settledOrders()).filled)).toEqual([100]);
});

test("case 9: a duplicate-id reject is no reject: it is asked for, and only proved absence sends another", async () => {
  rig.market.inject(0, { kind: "reject", code: -4116, msg: "ClientOrderId is duplicated." });
  hedgeMore();
  const { intents, filled } = await settledOrders();
  expect(filled[0]).toBeNull();
  expect(fills(filled)).toEqual([100]);
  expectProvedFirst(intents);
});

test("case 17: a partial fill, then a crash: only the proved rest is sent again", async () => {
  rig.market.inject(0, { kind: "partial", quantity: "0.030" });
  rig.market.inject(0, { kind: "dropAck", userEvent: true });
  await dieAt("afterSend");
  const { intents, filled } = await settledOrders();
  expect(filled).toEqual([30, 70]);
  expect(intents[1]!.qtyLots).toBe(70);
});

test("case 17: a partial fill that answer and event both tell is counted once", async () => {
  rig.market.inject(0, { kind: "partial", quantity: "0.030" });
  hedgeMore();
  expect((await settledOrders()).filled).toEqual([30, 70]);
});

test("a process that ends with an order under way: the next one finds it, and decides what was not decided", async () => {
  rig.market.inject(0, { kind: "dropAck", userEvent: true });
  hedgeMore();
  await eventually(() => boot.verdicts.at(-1)?.intakeSeq === rig.submitted);
  await boot.stop();
  boot = await active();
  expect(boot.decidedSeq).toBe(rig.submitted);
  expect(fills((await settledOrders()).filled)).toEqual([100]);
  hedgeMore();
  const { intents, filled } = await settledOrders();
  expect(filled).toEqual([100]);
  expect(epochOf(intents[0]!)).toBe(readDecisionLog(rig.journal).epochs.at(-1));
});

test("what had ended is not asked for again: the log alone gives back positions and ends", async () => {
  await boot.stop();
  const core = new Core(rig.options.core, {
    kernels: instantiateKernels(kernels, createShared().memory),
    tagOf: orderTagger(rig.options.core.engineId),
    epoch: 1000,
  });
  const { lastLife, decidedSeq, inDoubt } = recoverCore(core, readLog(join(rig.journal, "decisions")), clock.nowNs());
  expect({ epoch: lastLife.epoch, decidedSeq, inDoubt }).toEqual({
    epoch: control.births,
    decidedSeq: rig.submitted,
    inDoubt: 0,
  });
  for (const { index, venue, symbol } of rig.options.core.directory.listings) {
    expect(core.ledger.positionLots(index)).toBe(rig.market.netLots(venue, symbol));
  }
});

test("the journal of all these lives replays to the same commands", async () => {
  await boot.stop();
  const { commands, sha256, epochs } = readDecisionLog(rig.journal);
  const replay = replayJournal(null, rig.journal, kernels);
  expect(replay).toMatchObject({ differences: [], gaps: [], lives: epochs.length, commands, sha256 });
});
