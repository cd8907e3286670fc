/**
 * Lists of Bybit V5 in parts: what span of time a list is of, and one page of it.
 *
 * A list is newest first. Its cursor names the last row of the page and the first, percent-encoded as the venue sends it; it is
 * there behind the last page as well, whose next one is empty.
 */
import type { PaperOrder } from "../../order.ts";
import { invalid, refusal } from "./errors.ts";
import { optional, type Params, wholeNumber } from "./params.ts";
import { parseOrderId, wireOrderId } from "./render.ts";

const ROWS = 20;
const ROWS_MAX = 50;
/** Both the longest span that may be asked for and the one that is meant where none is. */
const SPAN_MS = 7 * 24 * 3_600_000;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const EVER: Span = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };

export function askedSpan(params: Params, nowMs: number): Span {
  const startMs = wholeNumber(params, "startTime", Number.NaN, Number.MAX_SAFE_INTEGER);
  const endMs = wholeNumber(
    params,
    "endTime",
    Number.isNaN(startMs) ? nowMs : startMs + SPAN_MS,
    Number.MAX_SAFE_INTEGER,
  );
  const fromMs = Number.isNaN(startMs) ? endMs - SPAN_MS : startMs;
  if (endMs - fromMs > SPAN_MS)
    throw refusal(10001, "The time range between startTime and endTime cannot exceed 7 days");
  return { fromMs, toMs: endMs };
}

/** `orders` oldest first. */
export function page(
  orders: readonly PaperOrder[],
  params: Params,
): { readonly rows: readonly PaperOrder[]; readonly nextPageCursor: string } {
  const limit = wholeNumber(params, "limit", ROWS, ROWS_MAX);
  const cursor = optional(params, "cursor");
  const after = cursor === undefined ? Number.POSITIVE_INFINITY : parseOrderId(cursor.split(":", 1)[0]!);
  if (after === undefined) throw invalid("cursor");
  const rows = orders
    .filter(({ orderId }) => orderId < after)
    .slice(-limit)
    .reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  const part = ({ orderId, createdMs }: PaperOrder) => `${wireOrderId(orderId)}%3A${createdMs}`;
  return { rows, nextPageCursor: first && last ? `${part(last)}%2C${part(first)}` : "" };
}
