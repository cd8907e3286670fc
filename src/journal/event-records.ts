/** Records of what entered `step`: each begins with the number of its step. */
import type { Event } from "../core/event.ts";
import { ORDER_STATUSES, type OrderReport, type Quote, REPORT_KINDS, REPORT_ORIGINS } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { writeAscii } from "../memory/ascii.ts";
import {
  type Bytes,
  KEYED_SIGNAL_BYTES,
  readKeyedSignal,
  readSignal,
  writeKeyedSignal,
} from "../memory/signal-slot.ts";
import { RECORD } from "./records.ts";

const STEP_BYTES = 8;

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
  const body = rareBody(event);
  const text = body === null ? "" : JSON.stringify(body);
  const payload = Buffer.alloc(STEP_BYTES + Buffer.byteLength(text));
  payload.writeDoubleLE(step, 0);
  payload.write(text, STEP_BYTES, "utf8");
  return payload;
}

/** Null where the record says it all by its type. */
function rareBody(event: Event): object | null {
  switch (event.type) {
    case "venue":
      return event.status;
    case "positions":
      return { venue: event.venue, lots: event.lots };
    case "control":
      return event.control;
    case "orphan":
      return event.order;
    case "analysis":
      return event.analysis;
    default:
      return null;
  }
}

/** JSON has no NaN and writes null for it; in a venue status, a venue's order or an analysis a null can be nothing else. */
function reviveNaN(value: unknown): unknown {
  if (value === null) return Number.NaN;
  if (Array.isArray(value)) return value.map(reviveNaN);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reviveNaN(inner)]));
}
