/**
 * Outcome codes of Bybit V5 linear: what a `retCode` proves about an order.
 *
 * Invariants
 *   - A code is `rejected` only when it stands in the table of definitive refusals; every other one is `unknown`. A wrong
 *     `unknown` costs one query; a wrong `rejected` can fill an order twice.
 *   - retCode 0 of a new order or a cancel is `ack`: the gateway took it, the matching engine may still refuse it.
 *   - A failed cancel or query says nothing about the order itself, so it is never `rejected`.
 *
 * Codes as in Bybit's V5 error list and its WebSocket trade guideline. Left out on purpose, and therefore unknown: 10000 server
 * timeout, 10007 (a backend timeout in older APIs), 10014 and 20006 duplicate request, 10016 internal error, 10019 restarting,
 * 170007 and 170146 timeouts, 170032, 170149.
 */
import type { ReportKind } from "../../domain/order.ts";
import type { Operation } from "../outcome-codes.ts";

export function bybitLinearOutcome(operation: Operation, retCode: number): ReportKind {
  if (operation === "cancel") {
    if (retCode === 0) return "ack";
    return ENDED.has(retCode) ? "cancelUnknown" : "unknown";
  }
  if (operation === "query") return ABSENT.has(retCode) ? "notFound" : "unknown";
  if (retCode === 0) return "ack";
  if (DUPLICATES.has(retCode)) return "duplicateId";
  return REJECTS.has(retCode) ? "rejected" : "unknown";
}

/** Key, signature, address or permission: retrying cannot help. */
export const BYBIT_AUTH_CODES: ReadonlySet<number> = new Set([10003, 10004, 10005, 10008, 10009, 10010, 33004]);

export const BYBIT_PARAMETER_ERROR = 10001;

/** The trade service goes down for a restart and takes nothing new on this connection. */
export const BYBIT_RESTARTING = 10019;

/** An order with that orderLinkId exists, or has existed: ids are never free again. */
const DUPLICATES: ReadonlySet<number> = new Set([110030, 110072, 170141]);

const ABSENT: ReadonlySet<number> = new Set([110001, 170213]);

/** Not there, finished, or cancelled already: it may have filled. */
const ENDED: ReadonlySet<number> = new Set([...ABSENT, 110008, 110010, 170139, 170142, 170143, 170190]);

const REJECTS: ReadonlySet<number> = new Set([
  // Refused at the gateway: malformed, out of its time window, not authorised, throttled.
  ...[10001, 10002, 10003, 10004, 10005, 10006, 10008, 10009, 10010, 10017, 10018, 10024, 10027, 10028, 10029],
  ...[10403, 10404, 10429],
  // Price, balance, position, risk limit, reduce-only, number of orders.
  ...range(110003, 110007),
  ...[110009, ...range(110011, 110023), 110032, 110034, ...range(110039, 110042), 110044, 110045],
  ...range(110049, 110053),
  ...[110057, 110058],
  // Account, contract or order is not let to trade, and limits on notional and trigger.
  ...range(110062, 110071),
  ...range(110092, 110094),
  // The spot ledger's words for the same, which unified accounts have been seen to answer with.
  ...[170115, 170116, 170117, 170121, 170124, 170130, 170131, 170132, 170133, 170134, 170135, 170136, 170137, 170140],
  ...[170148, 170151, 170157, 170159, ...range(170192, 170194), 170201, 170210, 170217, 170218, 170222],
]);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
