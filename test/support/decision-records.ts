/** Made-up decision logs: records of every kind that recovery reads, in any order, as far as the core takes them. */
import fc from "fast-check";
import { BREAKERS } from "../../src/core/breakers.ts";
import { createChild } from "../../src/core/child.ts";
import type { Control, Event } from "../../src/core/event.ts";
import { LIMITS } from "../../src/core/limits.ts";
import { ORDER_STATUSES, REPORT_KINDS } from "../../src/domain/order.ts";
import { type EpochMs, type Lots, lots, type Ns, ticks } from "../../src/domain/units.ts";
import {
  decisionBytes,
  intentBytes,
  VERDICT_BYTES,
  writeDecision,
  writeIntent,
  writeVerdict,
} from "../../src/journal/command-records.ts";
import {
  EVENT_REPORT_BYTES,
  EVENT_SIGNAL_BYTES,
  encodeRareEvent,
  writeReportEvent,
  writeSignalEvent,
} from "../../src/journal/event-records.ts";
import { encodeNamed } from "../../src/journal/json-records.ts";
import type { RecordView } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { type Bytes, bytesOf } from "../../src/memory/signal-slot.ts";

type Made = { readonly type: number; readonly payload: Uint8Array };

const nat = (max: number) => fc.nat({ max });
const price = fc.integer({ min: 1, max: 1_000_000 });
const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 0.1, 1, -2.5);
const venue = nat(2);
const listing = nat(5);
const instrument = nat(3);
const owner = nat(3);
const source = nat(1);
export const ORDER_IDS = Array.from({ length: 21 }, (_, n) => n.toString(16).padStart(32, "0"));
const orderId = fc.constantFrom(...ORDER_IDS);
const words = fc.constantFrom("stop-loss", "null", "opened by a signal", "ü€", "");
const cause = fc.constantFrom("hook|a", "hook|b", "feed|c", "position|0", "position|4", "position|11", "orphan");
const json = (type: number, value: object): Made => ({ type, payload: Buffer.from(JSON.stringify(value)) });
const named = (type: number, value: object): Made => ({ type, payload: encodeNamed(value) });
const rare = (type: number, event: object): Made => ({
  type,
  payload: encodeRareEvent(0, { nowNs: 0, wallMs: 0, ...event } as unknown as Event),
});

function packed(type: number, byteCount: number, write: (to: Bytes) => void): Made {
  const payload = new Uint8Array(byteCount);
  write(bytesOf(payload.buffer, 0, byteCount));
  return { type, payload };
}

const epoch = fc.record({ epoch: nat(9), bootId: words, amnesia: fc.boolean(), sinceMs: nat(9000) }).map((made) =>
  json(RECORD.EPOCH, {
    epoch: made.epoch,
    bootId: made.bootId,
    engineId: "test",
    ...(made.amnesia ? { amnesiaSinceMs: made.sinceMs } : {}),
  }),
);

const intent = fc
  .record({
    id: orderId,
    listing,
    buys: fc.boolean(),
    qty: fc.integer({ min: 1, max: 50 }),
    px: price,
    stampMs: nat(5000),
    route: nat(40),
    shield: owner,
    cause,
    attempt: nat(5),
    target: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -60, max: 60 })),
  })
  .map((made) => {
    const child = Object.assign(createChild(), {
      clientOrderId: made.id,
      listing: made.listing,
      venue: made.listing % 3,
      instrument: made.listing < 3 ? 1 : 3,
      side: made.buys ? "buy" : "sell",
      qtyLots: lots(made.qty),
      pxTicks: ticks(made.px),
      stampMs: made.stampMs as EpochMs,
      validForMs: 400,
      route: made.route,
      shield: made.shield,
      cause: made.cause,
      attempt: made.attempt,
      targetLots: made.target,
      state: "sent",
    });
    return packed(RECORD.INTENT, intentBytes(child), (to) => writeIntent(to, 0, child));
  });

const report = fc
  .record({
    clientOrderId: orderId,
    venue,
    listing,
    kind: fc.constantFrom(...REPORT_KINDS),
    status: fc.constantFrom(...ORDER_STATUSES),
    cumQtyLots: nat(50),
    avgPxTicks: fc.oneof(price, fc.constant(Number.NaN)),
    code: fc.integer({ min: -5000, max: 0 }),
  })
  .map((made) =>
    packed(RECORD.EVENT_REPORT, EVENT_REPORT_BYTES, (to) =>
      writeReportEvent(to, 0, 0, { ...made, origin: "stream", venueMs: 0 }),
    ),
  );

const signal = fc
  .record({
    intakeSeq: nat(100),
    source,
    kind: fc.constantFrom("evidence", "hedge", "open"),
    instrument,
    direction: fc.constantFrom("long", "short", "flat"),
    confidence: fc.constantFrom(0, 0.3, 1),
    generatedAtMs: nat(9000),
    model: nat(1),
    modelVersion: nat(2),
    replayed: fc.boolean(),
  })
  .map((made) =>
    packed(RECORD.EVENT_SIGNAL, EVENT_SIGNAL_BYTES, (to) =>
      writeSignalEvent(to, 0, 0, {
        ...made,
        signalId: `s-${made.intakeSeq}`,
        strength: 0.5,
        horizonMs: 1000,
        notional: Number.NaN,
        quantity: Number.NaN,
        receivedNs: 0 as Ns,
      } as never),
    ),
  );

const decision = fc
  .record({
    seq: nat(100),
    shield: nat(1),
    cause,
    target: fc.integer({ min: -50, max: 50 }),
    h: odd,
    replayed: fc.boolean(),
  })
  .map(({ seq, shield, cause, target, h, replayed }) => {
    const made = {
      intakeSeq: seq,
      cause: { text: cause, tag: "0123456789abcdef", nextAttempt: 0, receivedNs: 5 },
      kind: "hedge",
      generatedAtMs: 5 as EpochMs,
      horizonMs: 1000,
      actUntilMs: 2000,
      capNotional: Number.POSITIVE_INFINITY,
      capQuantity: Number.POSITIVE_INFINITY,
      intensity: {
        positionSize: 0,
        signalStrength: h,
        volatility: 0,
        riskAversion: 0,
        timeOfDay: 0,
        night: 0,
        leverage: 1,
        h,
      },
      ...(replayed ? { replayed: true } : {}),
    } as const;
    return packed(RECORD.DECISION, decisionBytes(made), (to) =>
      writeDecision(to, 0, {
        shield,
        stage: "boosted",
        targetLots: target as Lots,
        exposureNotional: 1,
        decision: made,
      }),
    );
  });

const verdict = fc.record({ seq: nat(100), refused: fc.boolean(), value: odd }).map(({ seq, refused, value }) =>
  packed(RECORD.VERDICT, VERDICT_BYTES, (to) =>
    writeVerdict(to, 0, {
      intakeSeq: seq,
      outcome: refused ? "refused" : "hedged",
      refusal: refused ? { code: "STALE", value, limit: 3 } : null,
    }),
  ),
);

const awaited = fc.record({
  intakeSeq: nat(30),
  source,
  model: nat(1),
  modelVersion: nat(1),
  instrument,
  sign: fc.constantFrom(1, -1),
  stated: fc.constantFrom(0, 0.5, 0.9),
  entryMid: fc.constantFrom(1, 2, Number.NaN),
  dueMs: nat(5000),
});
const scored = awaited.map((made) =>
  named(RECORD.SCORED, { ...made, outcomes: 1, mapped: Number.NaN, baseRate: 0, weight: 0, confidence: 1, score: 1 }),
);
const outcome = fc
  .tuple(awaited, fc.boolean())
  .map(([made, hit]) => named(RECORD.OUTCOME, { ...made, exitMid: 2, horizonReturn: -0, hit }));

const position = fc
  .record({
    owner: fc.constantFrom(1, 2),
    state: fc.constantFrom("flat", "opening", "open", "closing"),
    primaryLots: fc.integer({ min: -9, max: 9 }),
    hedgeLots: fc.constantFrom(-0, 3, -4),
    entryPrice: odd,
    beta: odd,
    h: odd,
    why: words,
    cause,
    decided: fc.boolean(),
    generatedAtMs: nat(9000),
    intakeSeq: nat(30),
    linear: fc.constantFrom(null, {
      positionSize: 0.3,
      signalStrength: 1,
      volatility: 0,
      riskAversion: 0,
      timeOfDay: 0,
    }),
  })
  .map(({ cause, decided, generatedAtMs, intakeSeq, linear, ...made }) =>
    named(RECORD.POSITION, {
      ...made,
      cause: { text: cause, tag: "0123456789abcdef" },
      decision: decided
        ? { playbook: "signal", intakeSeq, generatedAtMs, horizonMs: 9, sign: 1, linear, notional: Number.NaN }
        : null,
    }),
  );

const portfolio = fc
  .record({ targetLots: fc.integer({ min: -9, max: 9 }), isWhole: fc.boolean() })
  .map((made) => named(RECORD.PORTFOLIO, { owner: 3, why: "beyond the limit", ...made }));

const breaker = fc
  .record({
    breaker: fc.constantFrom(...BREAKERS),
    subject: fc.integer({ min: -1, max: 1 }),
    open: fc.boolean(),
    value: odd,
  })
  .map((made) => named(RECORD.BREAKER, { ...made, atMs: 5, why: "NaN", limit: Number.NaN }));

const mark = fc
  .record({
    atMs: nat(1e9),
    peak: odd,
    dayStart: odd,
    holdings: fc.array(
      fc.record({ priced: nat(3), quantity: fc.constantFrom(1, -2), startPrice: fc.nat({ max: 9 }), made: odd }),
      { maxLength: 2 },
    ),
  })
  .map((made) => named(RECORD.MARK, { ...made, hedged: 1, shadow: 2 }));

const alarm = fc
  .constantFrom("BREAKER_TRIPPED", "DUST")
  .map((code) => json(RECORD.ALARM, { code, message: "made up", value: 0 }));

const orphan = fc
  .record({
    clientOrderId: orderId,
    listing,
    side: fc.constantFrom("buy", "sell"),
    qtyLots: fc.integer({ min: 1, max: 50 }),
    status: fc.constantFrom(...ORDER_STATUSES),
    cumQtyLots: nat(50),
    reduceOnly: fc.boolean(),
    venueMs: nat(9000),
  })
  .map((order) => rare(RECORD.EVENT_ORPHAN, { type: "orphan", order: { ...order, avgPxTicks: 3 } }));

const status = fc.record({ venue, clockOffsetMs: odd }).map((made) =>
  rare(RECORD.EVENT_VENUE, {
    type: "venue",
    status: { ...made, ordersLive: true, streamLive: true, quotesLive: true, clockErrorMs: 1 },
  }),
);

const control = fc
  .oneof<fc.Arbitrary<Control>[]>(
    fc.constantFrom(0, 1, 2).map((level) => ({ type: "kill", level, reason: "r" }) as const),
    fc.constantFrom("active", "reducing", "halted").map((state) => ({ type: "state", state, reason: "r" }) as const),
    fc
      .record({ breaker: fc.constantFrom(...BREAKERS), subject: fc.integer({ min: -1, max: 1 }), trips: fc.boolean() })
      .map(({ trips, ...made }) => ({ type: trips ? "fault" : "acknowledge", ...made, reason: "r" }) as const),
    fc
      .record({ name: fc.constantFrom(...LIMITS), value: fc.constantFrom(1, 5, 20, 1e16), confirmed: fc.boolean() })
      .map((made) => ({ type: "limit", ...made, reason: "r" }) as const),
    nat(100).map((intakeSeq) => ({ type: "refuse", intakeSeq }) as const),
    fc.boolean().map((scarce) => ({ type: "scarce", scarce }) as const),
    fc
      .record({ venue, listing: fc.nat({ max: 3 }), level: fc.constantFrom(0, 1, 2), fits: fc.boolean() })
      .map(({ venue, fits, ...made }) => {
        return { type: "rules", venue, misfits: fits ? [] : [{ ...made, field: "f", what: "w" }] } as const;
      }),
    venue.map((at) => ({ type: "scanned", venue: at }) as const),
    venue.map((at) => ({ type: "without", venue: at, reason: "r" }) as const),
  )
  .map((made) => rare(RECORD.EVENT_CONTROL, { type: "control", control: made }));

const analysis = fc
  .oneof(
    fc.record({ owner: nat(1), version: nat(4), step: fc.constantFrom(0, 0.03) }).map(({ owner, version, step }) => ({
      kind: "weights" as const,
      owner,
      version,
      weights: [step, 1 - step, 0, 0, 0],
    })),
    fc.record({ asset: instrument, hedge: instrument, combined: fc.constantFrom(0.5, 1.7, Number.NaN) }).map(
      (made) =>
        ({
          kind: "beta",
          ols: 1,
          returns: 1,
          johansen: 1,
          cointegrationRank: 0,
          rankTest: "t",
          spanDays: 9,
          ...made,
        }) as const,
    ),
    fc
      .record({ asset: instrument, count: nat(50), p95: odd })
      .map((made) => ({ kind: "excursions", ...made }) as const),
    fc
      .record({ asset: instrument, hedge: instrument, bars: odd })
      .map((made) => ({ kind: "halfLife", ...made }) as const),
    fc.record({ rho: fc.constantFrom(0.1, 0.95), untilMs: nat(9000) }).map(({ rho, untilMs }) => ({
      kind: "correlation" as const,
      instruments: [0, 1, 3],
      correlation: [0, 1, 2].map((row) => [0, 1, 2].map((column) => (row === column ? 1 : rho))),
      volatilityDaily: [0.1, 0.2, 0.3],
      eigenvalue: 1 + 2 * rho,
      eigenvector: [1, 1, 1].map((one) => one / Math.sqrt(3)),
      untilMs,
      shrinkage: 0,
    })),
    fc.record({ source, model: nat(1), modelVersion: nat(1) }).map((made) => ({
      kind: "calibration" as const,
      ...made,
      method: "platt" as const,
      outcomes: 60,
      baseRate: 0.5,
      stated: [0, 1],
      chance: [0, 1],
    })),
  )
  .map((made) => rare(RECORD.EVENT_ANALYSIS, { type: "analysis", analysis: made }));

/** Commands that the log keeps and recovery does not read, and events likewise. */
const passedOver = fc.constantFrom(
  rare(RECORD.EVENT_TIMER, { type: "timer" }),
  rare(RECORD.EVENT_POSITIONS, { type: "positions", venue: 0, lots: [] }),
);

export const DECISION_RECORDS = {
  epoch,
  intent,
  report,
  signal,
  decision,
  verdict,
  scored,
  outcome,
  position,
  portfolio,
  breaker,
  mark,
  alarm,
  orphan,
  status,
  control,
  analysis,
  passedOver,
} as const;

const DAY_MS = 86_400_000;

const ANY = fc.oneof(
  ...Object.values(DECISION_RECORDS),
  { arbitrary: DECISION_RECORDS.intent, weight: 3 },
  { arbitrary: DECISION_RECORDS.report, weight: 6 },
  { arbitrary: DECISION_RECORDS.control, weight: 4 },
);

/** No order id is intended or adopted twice: the engine makes each once. */
export function decisionLog(lengthMax: number, any: fc.Arbitrary<Made> = ANY): fc.Arbitrary<RecordView[]> {
  return fc.array(any, { maxLength: lengthMax, size: "max" }).map((made) => {
    const born = new Set<string>();
    const kept = made.filter(({ type, payload }) => {
      if (type !== RECORD.INTENT) return true;
      const id = Buffer.from(payload).toString("latin1", 72, 104);
      return !born.has(id) && born.add(id) !== undefined && !isAdopted(made, id);
    });
    return kept.map(({ type, payload }, at) => ({
      lsn: at + 1,
      type,
      version: 1,
      monoNs: (at + 1) * 1e6,
      // Slow enough for a week to pass now and then.
      wallMs: at * DAY_MS,
      payload,
    }));
  });
}

const isAdopted = (made: readonly Made[], id: string): boolean =>
  made.some(({ type, payload }) => type === RECORD.EVENT_ORPHAN && Buffer.from(payload).includes(id));
