/**
 * Lists of OKX V5: which orders are on which, and one page of a list.
 *
 *   pending           what is open
 *   history           what was made within seven days and has ended; what was cancelled unfilled only for two hours
 *   history-archive   what was made within three months and has filled, in part or whole
 *
 * Latest first. `after` and `before` are ids of the list's own rows, without them; `begin` and `end` are times, with them.
 */
import type { PaperAccount } from "../../account.ts";
import { isTerminal, type PaperOrder } from "../../order.ts";
import { invalid, missing } from "./errors.ts";
import type { Args } from "./orders.ts";
import { parseOrderId, stateOf } from "./render.ts";

export type OrderListName = "pending" | "history" | "history-archive";

const ROWS_MAX = 100;
const HOUR_MS = 3_600_000;
const UNFILLED_MS = 2 * HOUR_MS;
const HISTORY_MS = 7 * 24 * HOUR_MS;
const ARCHIVE_MS = 90 * 24 * HOUR_MS;

export function listOrders(list: OrderListName, account: PaperAccount, args: Args, nowMs: number): PaperOrder[] {
  if (list !== "pending" && args["instType"] === undefined) throw missing("instType");
  const { state } = args;
  const isAsked = ofInstrument(args);
  const orders = list === "pending" ? account.openByClientId.values() : account.orders();
  const found = [...orders].filter(
    (order) => isListed(list, order, nowMs) && isAsked(order) && (state === undefined || state === stateOf(order)),
  );
  return page(
    found,
    ({ orderId }) => orderId,
    ({ createdMs }) => createdMs,
    args,
  );
}

function isListed(list: OrderListName, { status, cumLots, createdMs, updatedMs }: PaperOrder, nowMs: number): boolean {
  if (list === "pending") return !isTerminal(status);
  if (!isTerminal(status)) return false;
  if (list === "history-archive") return cumLots > 0 && createdMs >= nowMs - ARCHIVE_MS;
  return updatedMs >= nowMs - (cumLots > 0 ? HISTORY_MS : UNFILLED_MS);
}

/** Whether an order is of the instrument asked for. */
export function ofInstrument({ instType, instId }: Args): (order: PaperOrder) => boolean {
  return ({ listing }) =>
    (instType === undefined || instType === "SWAP") && (instId === undefined || instId === listing.symbol);
}

/** `rows` oldest first; the page latest first. */
export function page<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => number,
  msOf: (row: Row) => number,
  args: Args,
): Row[] {
  const id = (field: "after" | "before", none: number) =>
    typeof args[field] === "string" ? parseOrderId(args[field]) : none;
  const [after, before] = [id("after", Number.POSITIVE_INFINITY), id("before", -1)];
  const fromMs = wholeNumber(args, "begin", 0, Number.MAX_SAFE_INTEGER);
  const toMs = wholeNumber(args, "end", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const limit = wholeNumber(args, "limit", ROWS_MAX, ROWS_MAX);
  return rows
    .filter((row) => idOf(row) < after && idOf(row) > before && msOf(row) >= fromMs && msOf(row) <= toMs)
    .slice(-limit)
    .reverse();
}

export function wholeNumber(args: Args, field: string, fallback: number, max: number): number {
  const text = args[field] ?? String(fallback);
  if (typeof text !== "string" || !/^\d{1,16}$/.test(text) || Number(text) > max) throw invalid(field);
  return Number(text);
}
