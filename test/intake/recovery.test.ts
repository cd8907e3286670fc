/**
 * What a crash leaves between ring, intake log and decision log, and how the next start puts it right (src/intake/). The
 * logs are made by the real writers, stopped short; then a whole engine starts over them and is asked over HTTP.
 */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DecodedSignal, Signal } from "../../src/domain/signal.ts";
import { IntakeLog } from "../../src/intake/intake-log.ts";
import { DurableWatch } from "../../src/journal/durable-watch.ts";
import { readIntakeSignal } from "../../src/journal/intake-records.ts";
import { LetterBook } from "../../src/journal/letter-book.ts";
import { type DeadLetterHead, readDeadLetter } from "../../src/journal/letter-records.ts";
import { openLog } from "../../src/journal/open-log.ts";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { logBlock } from "../../src/lane/log-blocks.ts";
import { LOG } from "../../src/lane/options.ts";
import { createShared } from "../../src/memory/shared.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { readDecisionLog, upTo } from "../support/decision-log.ts";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { clock, LaneRig } from "../support/lane-rig.ts";

/** Intake is the main thread's: where the lane runs makes no difference to it, and threads cost time. */
const INLINE = { lanes: "inline" } as const;

let rig: LaneRig;
let engine: RunningEngine;

beforeEach(async () => {
  rig = await LaneRig.start();
});
afterEach(async () => {
  await engine.stop();
  await rig.close();
});

/** Writes signals to the intake log as the gateway does, with a lane that takes them and dies. */
function writeIntake(signals: readonly Signal[], body: object): void {
  const shared = createShared();
  const { writer } = openLog({
    directory: join(rig.journal, "intake"),
    block: logBlock(shared, LOG.INTAKE),
    logId: LOG.INTAKE,
    bootId: "boot-of-the-test",
    wallMs: clock.wallMs(),
    segmentBytes: 4 * 1024 * 1024,
  });
  const host = {
    start: async () => ({ decidedSeq: 0 }),
    submit: () => true,
    control: () => {},
    analysis: () => {},
    stop: async () => {},
  };
  const watch = new DurableWatch(logBlock(shared, LOG.INTAKE));
  const intake = new IntakeLog(
    {
      log: writer,
      directory: join(rig.journal, "intake"),
      watch,
      host,
      clock,
      letters: new LetterBook(),
      sources: rig.options.core.directory.sources,
      marks: () => ({}),
      onJournalFailure: () => {},
    },
    0,
  );
  const decoded = { asset: "BTC/USDT", model: "test", modelVersion: "1", sequence: -1, sourceContext: "" };
  for (const signal of signals) {
    intake.accept(signal, decoded as unknown as DecodedSignal, Buffer.from(JSON.stringify(body)));
  }
  writer.close();
}

/** The signals and the dead letters that the intake log holds. */
function readIntake() {
  const signals: Signal[] = [];
  const deadLetters: DeadLetterHead[] = [];
  for (const { type, payload } of readLog(join(rig.journal, "intake"))) {
    const bytes = bytesIn(payload);
    if (type === RECORD.INTAKE_SIGNAL) signals.push(readIntakeSignal(bytes, 0).signal);
    if (type === RECORD.DEAD_LETTER) deadLetters.push(readDeadLetter(bytes).head);
  }
  return { signals, deadLetters };
}

const netBtc = () => rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT");

test("decided but not in the intake log: its id is remembered, its number is not given again", async () => {
  const lane = await rig.boot("inline");
  await eventually(() => lane.btc().state === "active");
  lane.host.submit(rig.signal(0.1, { signalId: "lost-from-intake" }));
  await lane.settled(-100);
  await lane.stop();

  engine = await runEngine(rig, INLINE);
  expect(await engine.send(hedgeOf("lost-from-intake", 0.1))).toMatchObject({
    status: 200,
    answer: { code: "DUPLICATE" },
  });
  expect((await engine.send(hedgeOf("next", 0.2))).status).toBe(202);
  await eventually(() => netBtc() === -200);
  expect(readDecisionLog(rig.journal).signals).toEqual([1, 2]);
  expect(readIntake().signals.map(({ intakeSeq }) => intakeSeq)).toEqual([2]);
});

test("in the intake log but not decided: decided at the next start, in order, before anything new", async () => {
  const body = hedgeOf("waits", 0.1);
  writeIntake(
    [rig.signal(0.2), rig.signal(0.1, { signalId: "waits" }), rig.signal(0.1, { generatedAtMs: 1 as never })],
    body,
  );

  engine = await runEngine(rig, INLINE);
  expect(await engine.send(body)).toMatchObject({ status: 200, answer: { code: "DUPLICATE" } });
  await eventually(() => netBtc() === -100);
  expect((await engine.send(hedgeOf("new", 0.3))).status).toBe(202);
  await eventually(() => netBtc() === -300);
  const log = readDecisionLog(rig.journal);
  expect(log.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual(upTo(4));
  // The third had aged out while nobody was there: refused and dead-lettered, never executed blindly.
  expect(log.verdicts[2]).toMatchObject({ outcome: "refused", refusal: { code: "STALE" } });
  await eventually(() => readIntake().deadLetters.some(({ code, intakeSeq }) => code === "STALE" && intakeSeq === 3));
});

test("refused by the lane but not dead-lettered: the letter is written at the next start, and only once", async () => {
  const lane = await rig.boot("inline");
  await eventually(() => lane.btc().state === "active");
  const refused = rig.signal(0.1, { kind: "open", signalId: "refused" });
  lane.host.submit(refused);
  await eventually(() => lane.verdicts.length === 1);
  await lane.stop();
  const body = hedgeOf("refused", 0.1, { kind: "open" });
  writeIntake([refused], body);
  expect(readIntake().deadLetters).toEqual([]);

  for (let start = 0; start < 2; start++) {
    engine = await runEngine(rig, INLINE);
    await eventually(() => readIntake().deadLetters.length > 0);
    expect(readIntake().deadLetters).toMatchObject([{ code: "KIND_NOT_SUPPORTED", intakeSeq: 1 }]);
    expect(await engine.send(body)).toMatchObject({ status: 200, answer: { code: "DUPLICATE" } });
    if (start === 0) await engine.stop();
  }
});

test("case 11: duplicates are answered after a restart as before it", async () => {
  engine = await runEngine(rig, INLINE);
  const accepted = hedgeOf("accepted", 0.1);
  const refused = hedgeOf("unknown-asset", 0.1, { asset: "DOGE/USDT" });
  // Both at once: the second attaches to the first, and neither hears 2xx before it is durable.
  const [first, second] = await Promise.all([engine.send(accepted), engine.send(accepted)]);
  expect([first.status, second.status].sort()).toEqual([200, 202]);
  const refusal = await engine.send(refused);
  expect(refusal).toMatchObject({ status: 422, answer: { code: "UNKNOWN_ASSET" } });
  const other = { ...accepted, quantity: 0.2 };
  expect((await engine.send(other)).status).toBe(409);
  await eventually(() => netBtc() === -100);
  await engine.stop();

  engine = await runEngine(rig, INLINE);
  expect(await engine.send(accepted)).toMatchObject({ status: 200, answer: { code: "DUPLICATE" } });
  expect(await engine.send(refused)).toMatchObject({ status: 422, answer: { code: "UNKNOWN_ASSET" } });
  expect((await engine.send(other)).status).toBe(409);
  expect(readDecisionLog(rig.journal).signals).toEqual([1]);
  expect(netBtc()).toBe(-100);
});

test("case 12: 2xx is given only when the log on disk covers the signal", async () => {
  engine = await runEngine(rig, INLINE);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => engine.send(hedgeOf(`d-${n}`, 0.1))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const durable = new DurableWatch(logBlock(engine.shared, LOG.INTAKE)).durableLsn;
  for (const { answer } of answers) expect(answer["position"]).toBeLessThanOrEqual(durable);
  expect(readIntake().signals).toHaveLength(20);
});
