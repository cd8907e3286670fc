/**
 * What the logs hold: record types and the bytes of their payloads.
 *
 * The intake log (main) holds what came in: SIGNAL, DEAD_LETTER, CONTROL. A lane's decision log holds every event that
 * entered `step` and every command that left it, in order; its quotes lie in a log of their own, unsynced and soon deleted,
 * so each event carries its step number and the two are merged by it.
 *
 * What happens at rate is binary; what is rare is JSON, so that `journal show` needs no tables. Layouts only ever grow at
 * the end, and with a new version.
 */
import { CHILD_STATES, type Child, createChild } from "../core/child.ts";
import type { DecayStage } from "../core/decay.ts";
import type { Event, Verdict } from "../core/event.ts";
import type { ShieldDecision } from "../core/playbooks/shield.ts";
import { ORDER_STATUSES, type OrderReport, type Quote, REPORT_KINDS, REPORT_ORIGINS } from "../domain/order.ts";
import { REFUSAL_CODES } from "../domain/refusal.ts";
import { nameKey, SIGNAL_KINDS, type Signal } from "../domain/signal.ts";
import type { EpochMs, Lots, Ns, Ticks } from "../domain/units.ts";
import { writeAscii } from "../memory/ascii.ts";
import {
  type Bytes,
  KEYED_SIGNAL_BYTES,
  readKeyedSignal,
  readSignal,
  SIGNAL_BYTES,
  writeKeyedSignal,
  writeSignal,
} from "../memory/signal-slot.ts";

/** Numbers on disk: append only, never reused. */
export const RECORD = {
  EPOCH: 1,
  EVENT_SIGNAL: 2,
  EVENT_QUOTE: 3,
  EVENT_REPORT: 4,
  EVENT_VENUE: 5,
  EVENT_POSITIONS: 6,
  EVENT_CONTROL: 7,
  EVENT_TIMER: 8,
  EVENT_ORPHAN: 9,
  EVENT_ANALYSIS: 10,
  INTENT: 16,
  DECISION: 17,
  VERDICT: 18,
  ALARM: 19,
  SCORED: 20,
  OUTCOME: 21,
  POSITION: 22,
  BREAKER: 23,
  MARK: 24,
  PORTFOLIO: 25,
  INTAKE_SIGNAL: 32,
  DEAD_LETTER: 33,
  CONTROL: 34,
  DEAD_LETTER_REPLAY: 35,
  DEAD_LETTER_DISCARD: 36,
} as const;
export type RecordType = (typeof RECORD)[keyof typeof RECORD];
export const RECORD_VERSION = 1;

const OUTCOMES = ["hedged", "absorbed", "deferred", "refused"] as const;
const STAGES = ["fresh", "boosted", "nearFull", "expired"] as const;
const STEP_BYTES = 8;

// Events -----------------------------------------------------------------------------------------------------------------

export interface EpochRecord {
  readonly epoch: number;
  readonly bootId: string;
  readonly engineId: string;
  /** What this life decides by (epoch-config.ts). Absent in journals of builds that did not keep it. */
  readonly core?: Readonly<Record<string, unknown>>;
  /** The machine had lost its memory before this life: orders from this wall time on may be in no log. */
  readonly amnesiaSinceMs?: number;
}

export const EVENT_SIGNAL_BYTES = STEP_BYTES + KEYED_SIGNAL_BYTES;
export function writeSignalEvent(to: Bytes, at: number, step: number, signal: Signal): void {
  to.view.setFloat64(at, step, true);
  writeKeyedSignal(to, at + STEP_BYTES, signal);
}

export const EVENT_QUOTE_BYTES = 56;
/** Quotes lie in a log of their own: the epoch says in which life of the lane step `step` was. */
export function writeQuoteEvent({ view }: Bytes, at: number, step: number, epoch: number, quote: Quote): void {
  view.setFloat64(at, step, true);
  view.setFloat64(at + 8, quote.bidTicks, true);
  view.setFloat64(at + 16, quote.askTicks, true);
  view.setFloat64(at + 24, quote.bidLots, true);
  view.setFloat64(at + 32, quote.askLots, true);
  view.setFloat64(at + 40, quote.venueMs, true);
  view.setUint32(at + 48, quote.listing, true);
  view.setUint32(at + 52, epoch, true);
}

export const quoteEpoch = ({ view }: Bytes, at: number): number => view.getUint32(at + 52, true);

export const EVENT_REPORT_BYTES = 96;
const CLIENT_ORDER_ID_CHARS_MAX = 36;
export function writeReportEvent({ view, bytes }: Bytes, at: number, step: number, report: OrderReport): void {
  const id = report.clientOrderId.slice(0, CLIENT_ORDER_ID_CHARS_MAX);
  view.setFloat64(at, step, true);
  view.setFloat64(at + 8, report.cumQtyLots, true);
  view.setFloat64(at + 16, report.avgPxTicks, true);
  view.setFloat64(at + 24, report.code, true);
  view.setFloat64(at + 32, report.venueMs, true);
  view.setInt32(at + 40, report.listing, true);
  view.setUint16(at + 44, report.venue, true);
  view.setUint8(at + 46, REPORT_KINDS.indexOf(report.kind));
  view.setUint8(at + 47, REPORT_ORIGINS.indexOf(report.origin));
  view.setUint8(at + 48, ORDER_STATUSES.indexOf(report.status));
  view.setUint8(at + 49, id.length);
  view.setUint16(at + 50, 0, true);
  writeAscii(bytes, at + 52, id, EVENT_REPORT_BYTES - 52);
}

function readReport({ view, bytes }: Bytes, at: number): OrderReport {
  return {
    cumQtyLots: view.getFloat64(at + 8, true),
    avgPxTicks: view.getFloat64(at + 16, true),
    code: view.getFloat64(at + 24, true),
    venueMs: view.getFloat64(at + 32, true),
    listing: view.getInt32(at + 40, true),
    venue: view.getUint16(at + 44, true),
    kind: REPORT_KINDS[view.getUint8(at + 46)]!,
    origin: REPORT_ORIGINS[view.getUint8(at + 47)]!,
    status: ORDER_STATUSES[view.getUint8(at + 48)]!,
    clientOrderId: bytes.toString("latin1", at + 52, at + 52 + view.getUint8(at + 49)),
  };
}

/** An event record as the event that entered `step`; null for a record that is none. `step` is its place in the order. */
export function readEvent(
  type: number,
  from: Bytes,
  at: number,
  length: number,
  nowNs: Ns,
  wallMs: EpochMs,
): { readonly step: number; readonly event: Event } | null {
  const step = from.view.getFloat64(at, true);
  const json = () => JSON.parse(from.bytes.toString("utf8", at + STEP_BYTES, at + length));
  switch (type) {
    case RECORD.EVENT_SIGNAL: {
      // Shorter in records of builds that kept no model.
      const read = length < EVENT_SIGNAL_BYTES ? readSignal : readKeyedSignal;
      return { step, event: { type: "signal", nowNs, wallMs, signal: read(from, at + STEP_BYTES) } };
    }
    case RECORD.EVENT_QUOTE:
      return { step, event: { type: "quote", nowNs, wallMs, quote: readQuote(from, at) } };
    case RECORD.EVENT_REPORT:
      return { step, event: { type: "report", nowNs, wallMs, report: readReport(from, at) } };
    case RECORD.EVENT_VENUE:
      return { step, event: { type: "venue", nowNs, wallMs, status: reviveNaN(json()) as never } };
    case RECORD.EVENT_POSITIONS:
      return { step, event: { type: "positions", nowNs, wallMs, ...json() } };
    case RECORD.EVENT_CONTROL:
      return { step, event: { type: "control", nowNs, wallMs, control: json() } };
    case RECORD.EVENT_ANALYSIS:
      return { step, event: { type: "analysis", nowNs, wallMs, analysis: reviveNaN(json()) as never } };
    case RECORD.EVENT_ORPHAN:
      return { step, event: { type: "orphan", nowNs, wallMs, order: reviveNaN(json()) as never } };
    case RECORD.EVENT_TIMER:
      return { step, event: { type: "timer", nowNs, wallMs } };
    default:
      return null;
  }
}

function readQuote({ view }: Bytes, at: number): Quote {
  return {
    bidTicks: view.getFloat64(at + 8, true),
    askTicks: view.getFloat64(at + 16, true),
    bidLots: view.getFloat64(at + 24, true),
    askLots: view.getFloat64(at + 32, true),
    venueMs: view.getFloat64(at + 40, true),
    listing: view.getUint32(at + 48, true),
  };
}

/** The JSON part of a rare event's payload; step number in front. */
export function encodeRareEvent(step: number, event: Event): Buffer {
  const body =
    event.type === "venue"
      ? event.status
      : event.type === "positions"
        ? { venue: event.venue, lots: event.lots }
        : event.type === "control"
          ? event.control
          : event.type === "orphan"
            ? event.order
            : event.type === "analysis"
              ? event.analysis
              : null;
  const text = body === null ? "" : JSON.stringify(body);
  const payload = Buffer.alloc(STEP_BYTES + Buffer.byteLength(text));
  payload.writeDoubleLE(step, 0);
  payload.write(text, STEP_BYTES, "utf8");
  return payload;
}

/** JSON has no NaN and writes null for it; in a venue status, a venue's order or an analysis a null can be nothing else. */
function reviveNaN(value: unknown): unknown {
  if (value === null) return Number.NaN;
  if (Array.isArray(value)) return value.map(reviveNaN);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reviveNaN(inner)]));
}

// Commands ---------------------------------------------------------------------------------------------------------------

/** Fixed part of an INTENT; the cause follows as ASCII. */
const INTENT_FIXED_BYTES = 128;
export const intentBytes = (child: Child): number => INTENT_FIXED_BYTES + child.cause.length;

export function writeIntent({ view, bytes }: Bytes, at: number, child: Child): void {
  view.setFloat64(at, child.qtyLots, true);
  view.setFloat64(at + 8, child.pxTicks, true);
  view.setFloat64(at + 16, child.stampMs, true);
  view.setFloat64(at + 24, child.validForMs, true);
  view.setFloat64(at + 32, child.sentNs, true);
  view.setFloat64(at + 40, child.receivedNs, true);
  view.setUint32(at + 48, child.route, true);
  view.setUint32(at + 52, child.attempt, true);
  view.setUint16(at + 56, child.listing, true);
  view.setUint16(at + 58, child.venue, true);
  view.setUint16(at + 60, child.instrument, true);
  view.setUint16(at + 62, child.shield, true);
  view.setUint8(at + 64, child.side === "buy" ? 1 : 0);
  view.setUint8(at + 65, child.reduceOnly ? 1 : 0);
  view.setUint8(at + 66, CHILD_STATES.indexOf(child.state));
  view.setUint8(at + 67, child.cause.length);
  view.setUint32(at + 68, 0, true);
  // Zero in records of builds that kept no target.
  view.setUint8(at + 68, Number.isNaN(child.targetLots) ? 0 : 1);
  writeAscii(bytes, at + 72, child.clientOrderId, INTENT_FIXED_BYTES - 72);
  view.setFloat64(at + 104, Number.isNaN(child.targetLots) ? 0 : child.targetLots, true);
  writeAscii(bytes, at + INTENT_FIXED_BYTES, child.cause, child.cause.length);
}

/** The child as it was when it was about to be sent. */
export function readIntent({ view, bytes }: Bytes, at: number): Child {
  const child = createChild();
  child.qtyLots = view.getFloat64(at, true) as Lots;
  child.pxTicks = view.getFloat64(at + 8, true) as Ticks;
  child.stampMs = view.getFloat64(at + 16, true) as EpochMs;
  child.validForMs = view.getFloat64(at + 24, true);
  child.sentNs = view.getFloat64(at + 32, true) as Ns;
  child.receivedNs = view.getFloat64(at + 40, true);
  child.route = view.getUint32(at + 48, true);
  child.attempt = view.getUint32(at + 52, true);
  child.listing = view.getUint16(at + 56, true);
  child.venue = view.getUint16(at + 58, true);
  child.instrument = view.getUint16(at + 60, true);
  child.shield = view.getUint16(at + 62, true);
  child.side = view.getUint8(at + 64) === 1 ? "buy" : "sell";
  child.reduceOnly = view.getUint8(at + 65) === 1;
  child.state = CHILD_STATES[view.getUint8(at + 66)]!;
  child.targetLots = view.getUint8(at + 68) === 1 ? view.getFloat64(at + 104, true) : Number.NaN;
  child.clientOrderId = bytes.toString("latin1", at + 72, at + 104);
  child.cause = bytes.toString("latin1", at + INTENT_FIXED_BYTES, at + INTENT_FIXED_BYTES + view.getUint8(at + 67));
  return child;
}

/** The decision of a shield, as far as recovery and an explanation need it. */
export interface DecisionRecord {
  readonly shield: number;
  readonly stage: DecayStage;
  readonly targetLots: Lots;
  readonly exposureNotional: number;
  readonly decision: ShieldDecision;
}

const DECISION_FIXED_BYTES = 168;
export const decisionBytes = (decision: ShieldDecision): number => DECISION_FIXED_BYTES + decision.cause.text.length;

export function writeDecision(to: Bytes, at: number, record: DecisionRecord): void {
  const { view, bytes } = to;
  const { decision } = record;
  const { intensity, cause } = decision;
  view.setFloat64(at, decision.intakeSeq, true);
  view.setFloat64(at + 8, decision.generatedAtMs, true);
  view.setFloat64(at + 16, decision.horizonMs, true);
  view.setFloat64(at + 24, decision.actUntilMs, true);
  view.setFloat64(at + 32, decision.capNotional, true);
  view.setFloat64(at + 40, decision.capQuantity, true);
  view.setFloat64(at + 48, intensity.positionSize, true);
  view.setFloat64(at + 56, intensity.signalStrength, true);
  view.setFloat64(at + 64, intensity.volatility, true);
  view.setFloat64(at + 72, intensity.riskAversion, true);
  view.setFloat64(at + 80, intensity.timeOfDay, true);
  view.setFloat64(at + 88, intensity.night, true);
  view.setFloat64(at + 96, intensity.leverage, true);
  view.setFloat64(at + 104, intensity.h, true);
  view.setFloat64(at + 112, record.targetLots, true);
  view.setFloat64(at + 120, record.exposureNotional, true);
  view.setFloat64(at + 128, cause.receivedNs, true);
  view.setUint32(at + 136, cause.nextAttempt, true);
  view.setUint16(at + 140, record.shield, true);
  view.setUint8(at + 142, SIGNAL_KINDS.indexOf(decision.kind));
  view.setUint8(at + 143, STAGES.indexOf(record.stage));
  view.setUint8(at + 144, cause.text.length);
  view.setUint8(at + 145, decision.replayed ? 1 : 0);
  writeAscii(bytes, at + 146, "", 152 - 146);
  writeAscii(bytes, at + 152, cause.tag, DECISION_FIXED_BYTES - 152);
  writeAscii(bytes, at + DECISION_FIXED_BYTES, cause.text, cause.text.length);
}

export function readDecision({ view, bytes }: Bytes, at: number): DecisionRecord {
  return {
    shield: view.getUint16(at + 140, true),
    stage: STAGES[view.getUint8(at + 143)]!,
    targetLots: view.getFloat64(at + 112, true) as Lots,
    exposureNotional: view.getFloat64(at + 120, true),
    decision: {
      intakeSeq: view.getFloat64(at, true),
      cause: {
        text: bytes.toString("latin1", at + DECISION_FIXED_BYTES, at + DECISION_FIXED_BYTES + view.getUint8(at + 144)),
        tag: bytes.toString("latin1", at + 152, at + 168),
        nextAttempt: view.getUint32(at + 136, true),
        receivedNs: view.getFloat64(at + 128, true),
      },
      kind: SIGNAL_KINDS[view.getUint8(at + 142)]!,
      generatedAtMs: view.getFloat64(at + 8, true) as EpochMs,
      horizonMs: view.getFloat64(at + 16, true),
      actUntilMs: view.getFloat64(at + 24, true),
      capNotional: view.getFloat64(at + 32, true),
      capQuantity: view.getFloat64(at + 40, true),
      intensity: {
        positionSize: view.getFloat64(at + 48, true),
        signalStrength: view.getFloat64(at + 56, true),
        volatility: view.getFloat64(at + 64, true),
        riskAversion: view.getFloat64(at + 72, true),
        timeOfDay: view.getFloat64(at + 80, true),
        night: view.getFloat64(at + 88, true),
        leverage: view.getFloat64(at + 96, true),
        h: view.getFloat64(at + 104, true),
      },
      ...(view.getUint8(at + 145) === 1 ? { replayed: true } : {}),
    },
  };
}

/** Also the form in which a verdict goes back through the ring. */
export const VERDICT_BYTES = 32;
export function writeVerdict({ view }: Bytes, at: number, verdict: Verdict): void {
  view.setFloat64(at, verdict.intakeSeq, true);
  view.setFloat64(at + 8, verdict.refusal?.value ?? Number.NaN, true);
  view.setFloat64(at + 16, verdict.refusal?.limit ?? Number.NaN, true);
  view.setUint8(at + 24, OUTCOMES.indexOf(verdict.outcome));
  view.setUint8(at + 25, verdict.refusal === null ? 0 : REFUSAL_CODES.indexOf(verdict.refusal.code));
  view.setUint16(at + 26, 0, true);
  view.setUint32(at + 28, 0, true);
}

export function readVerdict({ view }: Bytes, at: number): Verdict {
  const refused = view.getUint8(at + 25);
  return {
    intakeSeq: view.getFloat64(at, true),
    outcome: OUTCOMES[view.getUint8(at + 24)]!,
    refusal:
      refused === 0
        ? null
        : {
            code: REFUSAL_CODES[refused]!,
            value: view.getFloat64(at + 8, true),
            limit: view.getFloat64(at + 16, true),
          },
  };
}

/**
 * A record of the brain (score, outcome, position, breaker, mark) as JSON. Numbers that JSON has no word for are written by
 * name, because null is a value of its own here.
 */
export function encodeNamed(value: object): Buffer {
  return Buffer.from(isFiniteThroughout(value) ? JSON.stringify(value) : JSON.stringify(value, byName));
}

const byName = (_: string, field: unknown): unknown =>
  typeof field === "number" && !Number.isFinite(field) ? String(field) : field;

/** Then JSON needs no help: asking about every field costs it several times the writing. */
function isFiniteThroughout(value: object): boolean {
  return Object.values(value).every((field: unknown) => {
    if (typeof field === "number") return Number.isFinite(field);
    return typeof field !== "object" || field === null || isFiniteThroughout(field);
  });
}

export function readNamed({ bytes }: Bytes): unknown {
  return JSON.parse(bytes.toString("utf8"), (_, field) => (NOT_FINITE.has(field) ? Number(field) : field));
}

const NOT_FINITE: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);

// Intake ------------------------------------------------------------------------------------------------------------------

/** What the sender said beyond what the core needs. */
export interface IntakeExtra {
  readonly asset: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly sequence: number;
  readonly sourceContext: string;
}

/** Names of at most 64 bytes and a context of at most 256, each behind its length. */
const EXTRA_BYTES_MAX = 8 + 4 * 2 + 3 * 64 + 256;
const INTAKE_HEAD_BYTES = 8 + SIGNAL_BYTES;

/** Room to reserve for a signal record; it may need less. */
export const intakeSignalBytesMax = (body: Uint8Array): number => INTAKE_HEAD_BYTES + EXTRA_BYTES_MAX + body.length;

/**
 * Length of what follows the signal up to the body, length of the body, signal; sequence, asset, model, version, context; the
 * sender's original bytes. Returns the bytes used. Allocates nothing.
 */
export function writeIntakeSignal(to: Bytes, at: number, signal: Signal, extra: IntakeExtra, body: Uint8Array): number {
  const extraAt = at + INTAKE_HEAD_BYTES;
  writeSignal(to, at + 8, signal);
  to.view.setFloat64(extraAt, extra.sequence, true);
  let end = writeText(to, extraAt + 8, extra.asset);
  end = writeText(to, end, extra.model);
  end = writeText(to, end, extra.modelVersion);
  end = writeText(to, end, extra.sourceContext);
  to.view.setUint32(at, end - extraAt, true);
  to.view.setUint32(at + 4, body.length, true);
  to.bytes.set(body, end);
  return end + body.length - at;
}

export function readIntakeSignal(
  from: Bytes,
  at: number,
): { readonly signal: Signal; readonly extra: IntakeExtra; readonly body: Buffer } {
  const extraAt = at + INTAKE_HEAD_BYTES;
  const bodyAt = extraAt + from.view.getUint32(at, true);
  const texts: string[] = [];
  for (let textAt = extraAt + 8; textAt < bodyAt; ) {
    const end = textAt + 2 + from.view.getUint16(textAt, true);
    texts.push(from.bytes.toString("utf8", textAt + 2, end));
    textAt = end;
  }
  const [asset = "", model = "", modelVersion = "", sourceContext = ""] = texts;
  return {
    signal: { ...readSignal(from, at + 8), model: nameKey(model), modelVersion: nameKey(modelVersion) },
    extra: { sequence: from.view.getFloat64(extraAt, true), asset, model, modelVersion, sourceContext },
    body: from.bytes.subarray(bodyAt, bodyAt + from.view.getUint32(at + 4, true)),
  };
}

/** Returns where the next thing goes. */
function writeText({ view, bytes }: Bytes, at: number, text: string): number {
  const length = text === "" ? 0 : bytes.write(text, at + 2, "utf8");
  view.setUint16(at, length, true);
  return at + 2 + length;
}

/** The payload of a record that is all JSON. */
export const readJson = <Form>({ bytes }: Bytes): Form => JSON.parse(bytes.toString("utf8")) as Form;

/** Where a record begins in its log, to read it without what lies before it. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
}

/** A dead letter without its bytes, which follow the JSON. */
export interface DeadLetterHead {
  readonly source: string;
  readonly signalId: string;
  readonly code: string;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>> | null;
  readonly receivedMs: number;
  readonly forgettableMs: number;
  /** Set where the lane refused what the gateway had accepted: its signal record holds the bytes. */
  readonly intakeSeq?: number;
  /** Where that signal record lies; absent where it is not known. */
  readonly signalAt?: RecordPlace;
  /** Mid prices in quote units by symbol, as they were: what a replay's price collar is measured from. */
  readonly marks?: Readonly<Record<string, number>>;
}

/**
 * One attempt to run a dead letter again. Written, and handed to the system, before the signal sets out: so a crash between
 * the two is told by the signal's absence from both logs, and the letter is open again.
 */
export interface DeadLetterReplay {
  /** Position of the DEAD_LETTER record that began it. */
  readonly letter: number;
  /** Counted from 1. */
  readonly attempt: number;
  readonly signalId: string;
  /** The number under which the signal sets out; absent where the rules refused it: then `code` and `message` say why. */
  readonly intakeSeq?: number;
  readonly code?: string;
  readonly message?: string;
}

export interface DeadLetterDiscard {
  readonly letter: number;
  readonly reason: string;
}

export function encodeDeadLetter(head: DeadLetterHead, body: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const payload = Buffer.alloc(4 + text.length + body.length);
  payload.writeUInt32LE(text.length, 0);
  payload.set(text, 4);
  payload.set(body, 4 + text.length);
  return payload;
}

export function readDeadLetter({ view, bytes }: Bytes): { readonly head: DeadLetterHead; readonly body: Buffer } {
  const bodyAt = 4 + view.getUint32(0, true);
  return { head: JSON.parse(bytes.toString("utf8", 4, bodyAt)), body: bytes.subarray(bodyAt) };
}
