/** What the core says and hears, as the log keeps it: written and read again, each is what it was. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHILD_STATES, type Child } from "../../src/core/child.ts";
import type { Event, Verdict } from "../../src/core/event.ts";
import { ORDER_STATUSES, type OrderReport, type Quote, REPORT_KINDS, REPORT_ORIGINS } from "../../src/domain/order.ts";
import { REFUSAL_CODES } from "../../src/domain/refusal.ts";
import { DIRECTIONS, SIGNAL_KINDS, type Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import {
  type DecisionRecord,
  decisionBytes,
  intentBytes,
  readDecision,
  readIntent,
  readVerdict,
  VERDICT_BYTES,
  writeDecision,
  writeIntent,
  writeVerdict,
} from "../../src/journal/command-records.ts";
import {
  EVENT_QUOTE_BYTES,
  EVENT_REPORT_BYTES,
  EVENT_SIGNAL_BYTES,
  encodeRareEvent,
  quoteEpoch,
  readEvent,
  writeQuoteEvent,
  writeReportEvent,
  writeSignalEvent,
} from "../../src/journal/event-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { type Bytes, bytesIn, bytesOf } from "../../src/memory/signal-slot.ts";

const NOW_NS = 123 as Ns;
const WALL_MS = 456 as EpochMs;
const PAD = 16;

const real = fc.double({ noDefaultInfinity: false });
const whole = fc.maxSafeInteger();
const chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-".split("");
const text = (min: number, max: number) =>
  fc.array(fc.constantFrom(...chars), { minLength: min, maxLength: max }).map((all) => all.join(""));
const hex = (length: number) =>
  fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((all) => all.join(""));
const index = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

/** Writes into bytes that are not clean, and sees that nothing beside them is touched. */
function written(length: number, write: (to: Bytes, at: number) => void): { bytes: Bytes; at: number } {
  const buffer = new Uint8Array(length + 2 * PAD).fill(0xa5);
  write(bytesOf(buffer.buffer), PAD);
  expect(buffer.subarray(0, PAD).every((byte) => byte === 0xa5)).toBe(true);
  expect(buffer.subarray(length + PAD).every((byte) => byte === 0xa5)).toBe(true);
  return { bytes: bytesOf(buffer.buffer), at: PAD };
}

const check = <T>(values: fc.Arbitrary<T>, holds: (value: T) => void) =>
  fc.assert(fc.property(values, holds), { numRuns: 200 });

describe("a record read again is what was written:", () => {
  it("a report", () => {
    const reports: fc.Arbitrary<OrderReport> = fc.record({
      venue: index(16),
      clientOrderId: text(0, 36),
      kind: fc.constantFrom(...REPORT_KINDS),
      origin: fc.constantFrom(...REPORT_ORIGINS),
      status: fc.constantFrom(...ORDER_STATUSES),
      cumQtyLots: whole,
      avgPxTicks: real,
      code: whole,
      venueMs: whole,
      listing: fc.integer({ min: -1, max: 65_535 }),
    });
    check(fc.tuple(reports, fc.nat()), ([report, step]) => {
      const { bytes, at } = written(EVENT_REPORT_BYTES, (to, at) => writeReportEvent(to, at, step, report));
      expect(readEvent(RECORD.EVENT_REPORT, bytes, at, EVENT_REPORT_BYTES, NOW_NS, WALL_MS)).toEqual({
        step,
        event: { type: "report", nowNs: NOW_NS, wallMs: WALL_MS, report },
      });
    });
  });

  it("a signal", () => {
    const signals = fc.record({
      intakeSeq: whole,
      signalId: text(1, 64),
      source: index(16),
      kind: fc.constantFrom(...SIGNAL_KINDS),
      instrument: index(16),
      direction: fc.constantFrom(...DIRECTIONS),
      strength: real,
      confidence: real,
      horizonMs: real,
      generatedAtMs: whole,
      notional: real,
      quantity: real,
      receivedNs: whole,
      model: index(32),
      modelVersion: index(32),
    }) as fc.Arbitrary<Signal>;
    check(signals, (signal) => {
      const { bytes, at } = written(EVENT_SIGNAL_BYTES, (to, at) => writeSignalEvent(to, at, 9, signal));
      const read = readEvent(RECORD.EVENT_SIGNAL, bytes, at, EVENT_SIGNAL_BYTES, NOW_NS, WALL_MS);
      expect(read).toEqual({ step: 9, event: { type: "signal", nowNs: NOW_NS, wallMs: WALL_MS, signal } });
    });
  });

  it("a quote, and the life it was in", () => {
    const quotes: fc.Arbitrary<Quote> = fc.record({
      listing: index(16),
      bidTicks: whole,
      askTicks: whole,
      bidLots: whole,
      askLots: whole,
      venueMs: whole,
    });
    check(fc.tuple(quotes, index(24)), ([quote, epoch]) => {
      const { bytes, at } = written(EVENT_QUOTE_BYTES, (to, at) => writeQuoteEvent(to, at, 3, epoch, quote));
      expect(readEvent(RECORD.EVENT_QUOTE, bytes, at, EVENT_QUOTE_BYTES, NOW_NS, WALL_MS)).toEqual({
        step: 3,
        event: { type: "quote", nowNs: NOW_NS, wallMs: WALL_MS, quote },
      });
      expect(quoteEpoch(bytes, at)).toBe(epoch);
    });
  });

  it("an intent", () => {
    const children = fc.record({
      clientOrderId: hex(32),
      listing: index(16),
      side: fc.constantFrom("buy", "sell"),
      qtyLots: whole,
      pxTicks: whole,
      timeInForce: fc.constant("ioc"),
      reduceOnly: fc.boolean(),
      stampMs: whole,
      validForMs: whole,
      venue: index(16),
      instrument: index(16),
      route: index(32),
      shield: index(16),
      cause: text(1, 129),
      attempt: index(32),
      sentNs: whole,
      receivedNs: real,
      // Records of older builds do not say it.
      targetLots: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
      state: fc.constantFrom(...CHILD_STATES),
    });
    check(children, (fields) => {
      const child = {
        ...fields,
        // What is not known when an order is about to be sent.
        cumQtyLots: 0,
        avgPxTicks: Number.NaN,
        dueNs: Number.NEGATIVE_INFINITY,
        unknownSinceNs: Number.NaN,
        backoffMs: 0,
        notFounds: 0,
        lastNotFoundNs: Number.NaN,
      } as Child;
      const { bytes, at } = written(intentBytes(child), (to, at) => writeIntent(to, at, child));
      expect(readIntent(bytes, at)).toEqual(child);
    });
  });

  it("a decision", () => {
    const records = fc.record({
      shield: index(16),
      stage: fc.constantFrom("fresh", "boosted", "nearFull", "expired"),
      targetLots: whole,
      exposureNotional: real,
      decision: fc.record({
        intakeSeq: whole,
        cause: fc.record({ text: text(1, 129), tag: hex(16), nextAttempt: index(32), receivedNs: real }),
        kind: fc.constantFrom(...SIGNAL_KINDS),
        generatedAtMs: whole,
        horizonMs: real,
        actUntilMs: whole,
        capNotional: real,
        capQuantity: real,
        intensity: fc.record({
          positionSize: real,
          signalStrength: real,
          volatility: real,
          riskAversion: real,
          timeOfDay: real,
          night: real,
          leverage: real,
          h: real,
        }),
      }),
    }) as fc.Arbitrary<DecisionRecord>;
    check(records, (record) => {
      const { bytes, at } = written(decisionBytes(record.decision), (to, at) => writeDecision(to, at, record));
      expect(readDecision(bytes, at)).toEqual(record);
    });
  });

  it("a verdict", () => {
    const verdicts = fc.record({
      intakeSeq: whole,
      outcome: fc.constantFrom("hedged", "absorbed", "deferred", "refused"),
      refusal: fc.option(fc.record({ code: fc.constantFrom(...REFUSAL_CODES.slice(1)), value: real, limit: real })),
    }) as fc.Arbitrary<Verdict>;
    check(verdicts, (verdict) => {
      const { bytes, at } = written(VERDICT_BYTES, (to, at) => writeVerdict(to, at, verdict));
      expect(readVerdict(bytes, at)).toEqual(verdict);
    });
  });

  it.each<[string, number, Event]>([
    [
      "a venue's status with an unknown clock",
      RECORD.EVENT_VENUE,
      {
        type: "venue",
        nowNs: NOW_NS,
        wallMs: WALL_MS,
        status: {
          venue: 2,
          ordersLive: true,
          streamLive: false,
          quotesLive: true,
          clockOffsetMs: Number.NaN,
          clockErrorMs: 0.25,
        },
      },
    ],
    [
      "positions",
      RECORD.EVENT_POSITIONS,
      { type: "positions", nowNs: NOW_NS, wallMs: WALL_MS, venue: 1, lots: [[0, -5] as never, [3, 12] as never] },
    ],
    [
      "a kill",
      RECORD.EVENT_CONTROL,
      { type: "control", nowNs: NOW_NS, wallMs: WALL_MS, control: { type: "kill", level: 2, reason: "Größe ✋" } },
    ],
    [
      "a state",
      RECORD.EVENT_CONTROL,
      { type: "control", nowNs: NOW_NS, wallMs: WALL_MS, control: { type: "state", state: "halted", reason: "" } },
    ],
    ["a timer", RECORD.EVENT_TIMER, { type: "timer", nowNs: NOW_NS, wallMs: WALL_MS }],
  ])("%s", (_name, type, event) => {
    const payload = encodeRareEvent(77, event);
    const bytes = bytesIn(payload);
    expect(readEvent(type, bytes, 0, payload.length, NOW_NS, WALL_MS)).toEqual({ step: 77, event });
  });

  it("a record that is no event is none", () => {
    expect(readEvent(RECORD.INTENT, bytesOf(new ArrayBuffer(16)), 0, 16, NOW_NS, WALL_MS)).toBeNull();
  });
});
