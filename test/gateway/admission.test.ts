import { describe, expect, it } from "vitest";
import type { DecodedSignal } from "../../src/domain/signal.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { Admission, forgettableAt } from "../../src/gateway/admission.ts";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import type { GatewayAlarm } from "../../src/gateway/intake.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import type { Verdict } from "../../src/gateway/verdict.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import { decodedSignal, directory, MemoryIntake, rules } from "./support.ts";

const START_MS = 1_760_000_000_000;
const DAY_MS = 86_400_000;

function bench(capacity = 1_000, backlogMax = 100) {
  const clock = new VirtualClock(START_MS);
  const intake = new MemoryIntake();
  const dedupe = new DedupeTable(capacity);
  const alarms: GatewayAlarm[] = [];
  const crashes: unknown[] = [];
  const source = rules(0, "s");
  const admission = new Admission([source], backlogMax, {
    clock,
    intake,
    directory,
    dedupe,
    sequences: new SequenceMarks(),
    onAlarm: (alarm) => alarms.push(alarm),
    onCrash: (error) => crashes.push(error),
  });
  /** Bytes default to the signal's own, so that two equal signals have equal bytes. */
  const send = (changes: Partial<DecodedSignal>, bytes?: string): Verdict => {
    const signal = decodedSignal({ generatedAtMs: clock.wallMs(), ...changes });
    const body = new TextEncoder().encode(bytes ?? JSON.stringify(signal));
    return admission.admit(source, { ok: true, signal }, body, clock.nowNs());
  };
  return { clock, intake, dedupe, alarms, crashes, source, admission, send };
}

const at = (offsetMs: number) => (START_MS + offsetMs) as EpochMs;

describe("admission", () => {
  it("hands an admitted signal on with its names resolved", () => {
    const { send, intake } = bench();
    const given = send({ signalId: "a", asset: "BTCUSDT.P", notional: 500 });
    expect(given).toMatchObject({ code: "ACCEPTED", status: 202, lsn: 1, signalId: "a" });
    expect(intake.accepted[0]?.signal).toMatchObject({ signalId: "a", source: 0, instrument: 0, notional: 500 });
  });

  it.each<[string, Partial<DecodedSignal>, string]>([
    ["30 s old", { generatedAtMs: at(-30_001) }, "STALE"],
    ["30 s old, open", { generatedAtMs: at(-30_001), kind: "open" }, "STALE"],
    ["30 s old, adjust", { generatedAtMs: at(-30_001), kind: "adjust" }, "STALE"],
    ["a close over 24 h old", { generatedAtMs: at(-DAY_MS - 1), kind: "close" }, "STALE"],
    ["a flat one over 24 h old", { generatedAtMs: at(-DAY_MS - 1), direction: "flat" }, "STALE"],
    ["60 s ahead", { generatedAtMs: at(60_001) }, "FROM_FUTURE"],
    ["past its horizon", { generatedAtMs: at(-5_001), horizonMs: 5_000 }, "EXPIRED"],
    ["an unknown asset", { asset: "DOGEUSDT" }, "UNKNOWN_ASSET"],
    ["USD without an alias", { asset: "BTC-USD" }, "UNKNOWN_ASSET"],
    ["an ambiguous asset", { asset: "TWICE" }, "AMBIGUOUS_ASSET"],
    ["a kind it may not send", { kind: "evidence" }, "KIND_REFUSED"],
  ])("refuses %s with 422, dead-letters it and repeats the verdict to a duplicate", (_, changes, code) => {
    const { send, intake } = bench();
    const given = send({ signalId: "a", ...changes });
    expect(given).toMatchObject({ code, status: 422, lsn: 1 });
    expect(intake.deadLetters).toHaveLength(1);
    expect(intake.deadLetters[0]).toMatchObject({ source: "s", signalId: "a", code, receivedMs: START_MS });
    expect(JSON.parse(intake.deadLetters[0]?.body as string)).toMatchObject({ signalId: "a" });
    expect(send({ signalId: "a", ...changes })).toMatchObject({ code, status: 422, lsn: 1 });
    expect(intake.deadLetters).toHaveLength(1);
    expect(intake.accepted).toHaveLength(0);
  });

  it.each<[string, Partial<DecodedSignal>]>([
    ["exactly 30 s old", { generatedAtMs: at(-30_000) }],
    ["exactly 60 s ahead", { generatedAtMs: at(60_000) }],
    ["exactly at its horizon", { generatedAtMs: at(-5_000), horizonMs: 5_000 }],
    ["a close of 24 h, long past its horizon", { generatedAtMs: at(-DAY_MS), kind: "close", horizonMs: 1 }],
    ["the same said as a hedge that is flat", { generatedAtMs: at(-DAY_MS), direction: "flat", horizonMs: 1 }],
    ["and as an open that is flat", { generatedAtMs: at(-DAY_MS), kind: "open", direction: "flat", horizonMs: 1 }],
  ])("accepts %s", (_, changes) => {
    expect(bench().send(changes).code).toBe("ACCEPTED");
  });

  it("answers a late retry of an accepted signal 200, however old it is by then", () => {
    const { send, clock, intake } = bench();
    const signal = { signalId: "a", generatedAtMs: at(0) };
    send(signal);
    clock.advance(10 * DAY_MS);
    expect(send(signal)).toMatchObject({ code: "DUPLICATE", status: 200, lsn: 1 });
    expect(intake.accepted).toHaveLength(1);
    expect(intake.deadLetters).toHaveLength(0);
  });

  it("answers an id with other bytes 409, dead-letters those and alarms", () => {
    const { send, intake, alarms } = bench();
    send({ signalId: "a" }, "one");
    expect(send({ signalId: "a" }, "two")).toMatchObject({ code: "ID_REUSED", status: 409, lsn: 2 });
    expect(intake.deadLetters[0]).toMatchObject({ code: "ID_REUSED", body: "two" });
    expect(alarms).toEqual([{ code: "ID_REUSED", source: "s", numbers: { position: 1 } }]);
    expect(send({ signalId: "a" }, "one")).toMatchObject({ code: "DUPLICATE", lsn: 1 });
  });

  it("treats a sequence at or below the mark as a duplicate and alarms on a gap", () => {
    const { send, intake, alarms } = bench();
    expect(send({ sequence: 10 }).code).toBe("ACCEPTED");
    expect(send({ sequence: 11 }).code).toBe("ACCEPTED");
    expect(alarms).toEqual([]);
    expect(send({ sequence: 14 }).code).toBe("ACCEPTED");
    expect(alarms).toEqual([
      { code: "SEQUENCE_GAP", source: "s", numbers: { sequence: 14, sequence_mark: 11, skipped: 2 } },
    ]);
    expect(send({ sequence: 14 })).toMatchObject({ code: "DUPLICATE_SEQUENCE", status: 200, lsn: 3 });
    expect(send({ sequence: 1 }).code).toBe("DUPLICATE_SEQUENCE");
    expect(intake.accepted).toHaveLength(3);
    expect(send({ sequence: 15, generatedAtMs: at(-31_000) }).code).toBe("STALE");
    expect(send({ sequence: 15 }).code, "a refusal consumes its sequence too").toBe("DUPLICATE_SEQUENCE");
  });

  it("takes a skipped sequence when it comes after all, once: it had been answered 503", () => {
    const { send, intake } = bench();
    expect(send({ sequence: 10 }).code).toBe("ACCEPTED");
    intake.full = true;
    for (const sequence of [11, 12, 13]) expect(send({ signalId: `s-${sequence}`, sequence }).status).toBe(503);
    intake.full = false;
    expect(send({ signalId: "s-14", sequence: 14 }).code).toBe("ACCEPTED");
    for (const sequence of [12, 11, 13]) {
      expect(send({ signalId: `s-${sequence}`, sequence }).code).toBe("ACCEPTED");
      expect(send({ signalId: "other", sequence }).code).toBe("DUPLICATE_SEQUENCE");
    }
    for (const sequence of [9, 10, 14]) expect(send({ sequence }).code).toBe("DUPLICATE_SEQUENCE");
  });

  it("remembers a bounded number of gaps, the newest: a number of an older one is a duplicate", () => {
    const marks = new SequenceMarks();
    for (let sequence = 1; sequence <= 1201; sequence += 3) marks.advance("s", sequence, 0);
    const open = () => Array.from({ length: 1201 }, (_, n) => n + 1).filter((n) => marks.skipped("s", n) === 0);
    expect([open().length, open()[0]]).toEqual([512, 1201 - 256 * 3 + 1]);
    const [saved] = marks.save();
    for (const n of open()) marks.advance("s", n, 0);
    expect(open()).toEqual([]);
    const loaded = new SequenceMarks();
    loaded.load([saved!]);
    expect([loaded.skipped("s", 1200), loaded.skipped("s", 1201)]).toEqual([0, -1]);
    // One wide gap is split by what comes out of its midst.
    marks.advance("s", 10_000, 0);
    for (let n = 1203; n < 10_000; n += 2) marks.advance("s", n, 0);
    expect(marks.save()[0]!.gaps).toHaveLength(256);
  });

  it("answers 503 without consuming the id when the intake is full", () => {
    const { send, intake } = bench();
    const signal = { signalId: "a", sequence: 5 };
    intake.full = true;
    expect(send(signal)).toMatchObject({ code: "BACKLOG_FULL", status: 503, lsn: -1, retryAfterS: 1 });
    expect(send({ signalId: "b", asset: "NOPE" })).toMatchObject({ code: "BACKLOG_FULL", lsn: -1 });
    intake.full = false;
    expect(send(signal).code).toBe("ACCEPTED");
    expect(send({ signalId: "b", asset: "NOPE" }).code).toBe("UNKNOWN_ASSET");
  });

  it("answers 503 rather than forget an id that could still fire, and goes on once one is stale", () => {
    const { send, intake, clock, alarms } = bench(2);
    const first = { signalId: "1", generatedAtMs: at(0) };
    send(first);
    send({ signalId: "2" });
    expect(send({ signalId: "3" })).toMatchObject({ code: "MEMORY_FULL", status: 503, lsn: -1 });
    expect(alarms[0]?.code).toBe("MEMORY_FULL");
    expect(intake.accepted).toHaveLength(2);
    clock.advance(30_001);
    expect(send({ signalId: "3" }).code).toBe("ACCEPTED");
    expect(send(first).code, "forgotten, and stale").toBe("STALE");
    expect(intake.accepted).toHaveLength(3);
  });

  it("never lets a signal of a distant future occupy memory for long", () => {
    const { source } = bench();
    const forgettableMs = forgettableAt(
      source,
      { kind: "hedge", direction: "long", generatedAtMs: at(1e12) },
      START_MS,
    );
    expect(forgettableMs).toBe(START_MS + 90_000);
  });

  it("consumes the id when the intake throws, because nobody knows what it did", () => {
    const { send, intake, crashes } = bench();
    const signal = { signalId: "a", generatedAtMs: at(0) };
    intake.throws = true;
    expect(send(signal)).toMatchObject({ code: "CRASHED", status: 500 });
    intake.throws = false;
    expect(send(signal)).toMatchObject({ code: "CRASHED", status: 500 });
    expect(intake.accepted).toHaveLength(0);
    expect(crashes).toHaveLength(1);
    expect(intake.deadLetters).toHaveLength(1);
  });

  it("gives no verdict on journaled bytes before they are durable; duplicates wait for the same position", () => {
    const { send, intake, admission } = bench();
    intake.holds = true;
    const final: Verdict[] = [];
    const signal = { signalId: "a", generatedAtMs: at(0) };
    for (let i = 0; i < 3; i += 1) admission.settle(send(signal), (given) => final.push(given));
    admission.settle(send({ asset: "NOPE" }), (given) => final.push(given));
    expect(final).toEqual([]);
    expect(admission.backlog).toBe(4);
    intake.flush(1);
    expect(final.map((given) => given.code)).toEqual(["ACCEPTED", "DUPLICATE", "DUPLICATE"]);
    intake.flush();
    expect(final[3]).toMatchObject({ code: "UNKNOWN_ASSET", lsn: 2 });
    expect(admission.backlog).toBe(0);
  });

  it("turns every waiting verdict into 503 when the journal fails", () => {
    const { send, intake, admission } = bench();
    intake.holds = true;
    const final: Verdict[] = [];
    admission.settle(send({ signalId: "a" }), (given) => final.push(given));
    intake.fail();
    expect(final).toMatchObject([{ code: "NOT_DURABLE", status: 503, lsn: -1 }]);
  });

  it("bounds the answers that wait", () => {
    const { send, intake, admission } = bench(1_000, 2);
    intake.holds = true;
    admission.settle(send({}), () => {});
    admission.settle(send({}), () => {});
    expect(send({})).toMatchObject({ code: "BACKLOG_FULL", status: 503 });
    expect(intake.accepted).toHaveLength(2);
    intake.flush();
    expect(send({}).code).toBe("ACCEPTED");
  });

  it("repeats verdicts of before a restart", () => {
    const { admission, send, intake } = bench();
    const signal = decodedSignal({ signalId: "a", generatedAtMs: at(0) });
    const body = new TextEncoder().encode(JSON.stringify(signal));
    expect(admission.restore("s", "a", "ACCEPTED", 40, body, START_MS + 30_000)).toBe(true);
    expect(admission.restore("s", "b", "UNKNOWN_ASSET", 41, body, START_MS)).toBe(true);
    intake.lsn = 41;
    intake.flush();
    expect(send(signal)).toMatchObject({ code: "DUPLICATE", lsn: 40 });
    expect(send({ signalId: "b" }, JSON.stringify(signal))).toMatchObject({ code: "UNKNOWN_ASSET", lsn: 41 });
    expect(intake.accepted).toHaveLength(0);
  });

  it("limits the rate of a source and says when to come back", () => {
    const { clock, intake, dedupe, source } = bench();
    const limited = { ...source, ratePerSecMax: 2, rateBurst: 1 };
    const parts = { clock, intake, dedupe, directory, sequences: new SequenceMarks(), onAlarm() {}, onCrash() {} };
    const admission = new Admission([limited], 10, parts);
    expect(admission.limitRate(limited, 0 as Ns)).toBe(null);
    expect(admission.limitRate(limited, 1 as Ns)).toMatchObject({ code: "RATE_LIMITED", status: 429, retryAfterS: 1 });
    expect(admission.limitRate(limited, 501e6 as Ns)).toBe(null);
  });
});
