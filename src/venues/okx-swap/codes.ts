/**
 * Outcome codes of OKX V5 swaps: what a `code` or an item's `sCode` proves about an order.
 *
 * Invariants
 *   - A code is `rejected` only when it stands in the table of definitive refusals; every other one is `unknown`. A wrong
 *     `unknown` costs one query; a wrong `rejected` can fill an order twice.
 *   - Code 0 of a new order or a cancel is `ack`: what the matching engine made of it is told on the orders channel.
 *   - A failed cancel or query says nothing about the order itself, so it is never `rejected`.
 *
 * Codes as in OKX's error list. Left out on purpose, and therefore unknown: 50001 and 50013 service unavailable or busy, 50004
 * timeout, 50026 system error, 50042 repeated request, 51054 and 51149 timeouts of the trading system (both documented as
 * saying nothing of the order), 63999 and 64007 internal errors of the gateway.
 */
import type { ReportKind } from "../../domain/order.ts";
import type { Operation } from "../outcome-codes.ts";

export function okxSwapOutcome(operation: Operation, code: number): ReportKind {
  if (operation === "cancel") {
    if (code === 0) return "ack";
    return ENDED.has(code) ? "cancelUnknown" : "unknown";
  }
  if (operation === "query") return code === ABSENT ? "notFound" : "unknown";
  if (code === 0) return "ack";
  if (DUPLICATES.has(code)) return "duplicateId";
  return REJECTS.has(code) ? "rejected" : "unknown";
}

/** Key, passphrase, signature, address or permission: retrying cannot help. Clocks (50102, 60006) are no part of it. */
export const OKX_AUTH_CODES: ReadonlySet<number> = new Set([
  ...[50100, 50101, 50103, 50104, 50105, 50106, 50107, 50110, 50111, 50113, 50114, 50119, 50120],
  ...[60005, 60007, 60009, 60024, 60032],
]);

/** The connection will be closed within a minute, for an upgrade of the service. */
export const OKX_CLOSING = 64008;

/** Asked for an instrument that it does not list. */
export const OKX_NO_INSTRUMENT = 51001;

/** Orders of one instrument too fast; orders of the account too fast; the system overloaded. */
export const OKX_LIMIT_CODES = { instrument: 50011, account: 50061, busy: 50013 } as const;

/** Of a query: neither open nor ended and still remembered. Orders cancelled without a fill are forgotten after two hours. */
const ABSENT = 51603;

/** Order id or client order id exists already. */
const DUPLICATES: ReadonlySet<number> = new Set([50071, 51011, 51016]);

/** Not there, cancelled or filled already. */
const ENDED: ReadonlySet<number> = new Set([51400, 51401, 51402, ABSENT]);

const REJECTS: ReadonlySet<number> = new Set([
  // Refused before anything was done: malformed, throttled, not let to trade, past its expTime (50036 on arrival, 50037 later).
  ...[50000, 50002, 50006, 50007, 50008, 50009, 50010, 50011, 50012],
  ...range(50014, 50025),
  ...[50027, 50028, 50029, 50030, 50032, 50033, 50035, 50036, 50037, 50040, 50041, 50044],
  ...[50051, 50052, 50053, 50059, 50060, 50061, 50067, 50072, 50075],
  // Key, signature, clock.
  ...range(50100, 50122),
  // Parameters, instrument, balance, margin, limits of price, size, position and number of orders.
  ...range(51000, 51010),
  ...[51012, 51014, 51015],
  ...range(51017, 51034),
  ...[51037, 51041, 51043, 51046, 51047, 51051, 51066],
  ...range(51100, 51109),
  ...[51112, 51113, ...range(51115, 51118), ...range(51120, 51140), 51147, 51150, 51155],
  // Reduce-only without a position, or against it; pending orders; value.
  ...[51169, 51170, 51174, 51185, 51201, 51202, 51203, 51204, 51205, 51206, 51732, 51733, 51734],
  ...[54008, 54009, 54011, 54072, 54073, 54094],
  // The gateway could not read it, or does not serve it.
  ...[60011, 60012, 60013, 60014, 60019, 60027, 60028, 60033],
]);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
