/** A lane that dies, in every way it can, while signals keep coming. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { readEvent } from "../../src/journal/event-records.ts";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import type { PoolHost } from "../../src/lane/pool-host.ts";
import { bytesOf } from "../../src/memory/signal-slot.ts";
import { readDecisionLog, upTo } from "../support/decision-log.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, LaneRig, SABOTEUR } from "../support/lane-rig.ts";
import { type OrderSocketWatch, watchOrderSockets } from "../support/order-socket-watch.ts";
import { type Sabotage, SaboteurControl } from "../support/sabotage.ts";

const SIGNAL_MS = 10;
const QUANTITIES = [0.05, 0.12, 0.08, 0.2];

let rig: LaneRig;
let boot: Boot;
let control: SaboteurControl;
let watches: OrderSocketWatch[];
let stopSignals: () => void;

beforeEach(async () => {
  control = new SaboteurControl();
  watches = [];
  rig = await LaneRig.start({
    orderPorts: async ({ venues }) => {
      for (const { port } of venues) watches.push(await watchOrderSockets(port));
      return watches.map(({ port }) => port);
    },
    sample: { router: { resolve: { absenceGraceMs: 100, notFoundSpacingMs: 20 } } },
    spareAfterMs: 0,
  });
  boot = await rig.boot("pool", SABOTEUR);
  await eventually(() => boot.btc().state === "active");
  const timer = setInterval(() => {
    expect(boot.host.submit(rig.signal(QUANTITIES[rig.submitted % QUANTITIES.length]!))).toBe(true);
  }, SIGNAL_MS);
  stopSignals = () => clearInterval(timer);
});

afterEach(async () => {
  stopSignals();
  await rig.close();
  for (const watch of watches) await watch.close();
  control.close();
});

/** Signals stop, the last one says 150 lots short, and everything must add up. */
async function expectNothingLostOrDoubled(): Promise<void> {
  stopSignals();
  boot.host.submit(rig.signal(0.15));
  // On the way there it may hold 150 lots as well.
  await eventually(() => boot.verdicts.at(-1)?.intakeSeq === rig.submitted);
  await boot.settled(-150);
  await eventually(
    () => rig.mismatches(boot).length === 0,
    () => rig.mismatches(boot).join("; "),
  );
  await boot.stop();
  const log = readDecisionLog(rig.journal);
  expect(log.signals).toEqual(upTo(rig.submitted));
  expect(log.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual(upTo(rig.submitted));
  expect(boot.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual(upTo(rig.submitted));
  expect(new Set(log.intents.map((child) => child.clientOrderId)).size).toBe(log.intents.length);
  expect(rig.doubled()).toEqual([]);
  // An active one and its standby. A lane that outlived its successor's start would have two more.
  for (const { openMax } of watches) expect(openMax).toBeLessThanOrEqual(2);
}

test("a lane that dies, in whatever way, is started again after its thread's exit; no signal is lost or decided twice", async () => {
  const deaths: readonly (readonly [Sabotage, RegExp])[] = [
    ["throw", /sabotage: thrown/],
    ["reject", /sabotage: rejected/],
    ["exit", /exited with code: 0/],
    ["trap", /unreachable/],
    ["loop", /no heartbeat for \d+ ms/],
    // Collecting garbage to the last, it may be found silent before it is found full.
    ["outOfMemory", /memory limit|no heartbeat/],
    // With an order half way: the signal has its verdict in the log, and nobody has heard it.
    ["afterSend", /exited with code: 1/],
  ];
  // A spare stands by and opens nothing, however long it waits: that would be an epoch of its own, and sockets.
  await eventually(() => (boot.host as PoolHost).hasSpare);
  await new Promise((done) => setTimeout(done, 200));
  expect(readDecisionLog(rig.journal).epochs).toEqual([1]);
  for (const [sabotage, reason] of deaths) {
    const decided = boot.verdicts.length;
    const [lives, told] = [control.births, boot.troubles.length];
    await control.order(sabotage);
    await eventually(
      () => control.births > lives,
      () => `born again after "${sabotage}": ${boot.troubles.join("\n")}`,
    );
    expect(boot.troubles.slice(told).join("\n")).toMatch(reason);
    await eventually(() => boot.verdicts.length > decided + 10);
  }
  await expectNothingLostOrDoubled();
  // On a machine that is busy enough a lane may be found silent once more than it was told to be.
  const { respawns } = boot.host as PoolHost;
  expect(respawns).toBeGreaterThanOrEqual(deaths.length);
  expect(control.threads("born")).toEqual(control.threads("loaded").slice(0, respawns + 1));
  expect(readDecisionLog(rig.journal).epochs).toEqual(upTo(respawns + 1));
  for (const { connections } of watches) expect(connections).toBeGreaterThan(1);
});

test("a spare that dies is told of, and the next life is another's", async () => {
  await eventually(() => control.threads("loaded").length === 2);
  control.endSpares();
  await eventually(() => boot.troubles.some((text) => text.includes("died before its life began")));
  const lives = control.births;
  await control.order("exit");
  await eventually(() => control.births > lives);
  expect(control.threads("born").at(-1)).not.toBe(control.threads("loaded")[1]);
  await expectNothingLostOrDoubled();
});

test("a venue's sockets are lost again and again: the lane lives on and its books agree", async () => {
  for (let cut = 0; cut < 4; cut++) {
    await new Promise((done) => setTimeout(done, 150));
    watches[cut % 2]!.cut();
    rig.market.inject(cut % 2, { kind: "killSockets", sockets: "all", when: "now" });
  }
  await expectNothingLostOrDoubled();
  for (const { connections } of watches) expect(connections).toBeGreaterThan(1);
});

test("of what an operator said a lane's successor hears what is in no log yet, once, and never ACTIVE", async () => {
  const isBorn = (lives: number) => eventually(() => control.births > lives);
  boot.host.control({ type: "state", state: "reducing", reason: "careful" });
  await eventually(() => boot.btc().state === "reducing");
  const lives = control.births;
  // It hears nothing any more, and is ended for it. A ring takes signals for so long only.
  stopSignals();
  await control.order("loop");
  boot.host.control({ type: "acknowledge", breaker: "rejects", subject: -1, reason: "looked" });
  boot.host.control({ type: "state", state: "active", reason: "go on" });
  boot.host.control({ type: "kill", level: 1, reason: "wait" });
  await isBorn(lives);
  await eventually(() => boot.alarms.some(({ message }) => message === "kill switch 1: wait"));
  expect(boot.troubles.join()).toContain("go on");
  await eventually(() => boot.btc().state === "reducing");
  boot.host.control({ type: "kill", level: 0, reason: "go" });
  boot.host.control({ type: "state", state: "active", reason: "go on, again" });
  await eventually(() => boot.btc().state === "active");
  await control.order("exit");
  await isBorn(lives + 1);
  await expectNothingLostOrDoubled();
  expect(reasonsSaid()).toEqual(["careful", "looked", "wait", "go", "go on, again"]);
});

function reasonsSaid(): string[] {
  const said: string[] = [];
  for (const { type, payload } of readLog(join(rig.journal, "decisions"))) {
    if (type !== RECORD.EVENT_CONTROL) continue;
    const event = readEvent(
      type,
      bytesOf(payload.buffer, payload.byteOffset),
      0,
      payload.length,
      0 as Ns,
      0 as EpochMs,
    );
    if (event?.event.type === "control" && "reason" in event.event.control) said.push(event.event.control.reason);
  }
  return said;
}
