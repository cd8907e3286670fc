/**
 * All orders of an account since an instant, by what an exchange offers of it through ccxt.
 *
 *   fetchOrders                         has open and ended ones
 *   fetchCanceledAndClosedOrders        all that have ended
 *   fetchClosedOrders, -CanceledOrders  together all that have ended; where the second is missing, what was cancelled after a
 *                                       part had filled is found by its trades
 *   fetchMyTrades with fetchOrder       what has traded, which is what positions are made of
 *
 * How many rows an exchange gives at once, and from which end of a span, ccxt does not say. So a span is asked for again on
 * either side of what it gave, until nothing new comes. Each request has its own deadline; none is made again.
 */
import type { CcxtExchange, CcxtOrder } from "./exchange.ts";
import { withDeadline } from "./housekeeping.ts";

/** Bybit and Binance refuse a longer one. */
const SPAN_MS_MAX = 7 * 24 * 3_600_000 - 1;
const REQUESTS_MAX = 5000;

/** Null: the exchange offers none of these. Throws what ccxt throws, and where a list does not end. */
export async function ordersSince(
  exchange: CcxtExchange,
  symbols: readonly string[],
  sinceMs: number,
  untilMs: number,
  /** The most an exchange gives at once, where that is known: asked for, it takes fewer requests. */
  rowsMax: number | undefined,
): Promise<readonly CcxtOrder[] | null> {
  const { has } = exchange;
  const ended = endedLists(has);
  const byTrades = has["fetchMyTrades"] === true && has["fetchOrder"] === true;
  if (ended === null && !byTrades) return null;
  const orders: CcxtOrder[] = [];
  for (const symbol of symbols) {
    // Open ones first: one that ends meanwhile is in the lists that are asked after it.
    if (has["fetchOpenOrders"] === true) orders.push(...(await withDeadline(exchange.fetchOpenOrders(symbol))));
    for (const name of ended ?? []) {
      const list = (fromMs: number, toMs: number) => exchange[name](symbol, fromMs, rowsMax, { until: toMs });
      orders.push(...(await allOf(list, sinceMs, untilMs)));
    }
    if (byTrades && !isComplete(ended)) await addTraded(exchange, symbol, sinceMs, untilMs, orders);
  }
  return orders;
}

type EndedList = "fetchOrders" | "fetchCanceledAndClosedOrders" | "fetchClosedOrders" | "fetchCanceledOrders";

function endedLists(has: CcxtExchange["has"]): readonly EndedList[] | null {
  if (has["fetchOrders"] === true) return ["fetchOrders"];
  if (has["fetchCanceledAndClosedOrders"] === true) return ["fetchCanceledAndClosedOrders"];
  if (has["fetchClosedOrders"] !== true) return null;
  return has["fetchCanceledOrders"] === true ? ["fetchClosedOrders", "fetchCanceledOrders"] : ["fetchClosedOrders"];
}

const isComplete = (lists: readonly EndedList[] | null): boolean => lists !== null && lists[0] !== "fetchClosedOrders";

/** The orders of trades that no list has told of. */
async function addTraded(
  exchange: CcxtExchange,
  symbol: string,
  sinceMs: number,
  untilMs: number,
  orders: CcxtOrder[],
): Promise<void> {
  const known = new Set(orders.map(({ id }) => id));
  const list = (fromMs: number, toMs: number) => exchange.fetchMyTrades(symbol, fromMs, undefined, { until: toMs });
  for (const { order } of await allOf(list, sinceMs, untilMs)) {
    if (order === undefined || known.has(order)) continue;
    known.add(order);
    orders.push(await withDeadline(exchange.fetchOrder(order, symbol, {})));
  }
}

interface Row {
  readonly id?: string;
  readonly timestamp?: number;
}

type Span = readonly [fromMs: number, toMs: number];
const isSpan = ([fromMs, toMs]: Span): boolean => fromMs <= toMs;

async function allOf<R extends Row>(
  list: (fromMs: number, toMs: number) => Promise<R[]>,
  sinceMs: number,
  untilMs: number,
): Promise<readonly R[]> {
  const found = new Map<string, R>();
  const spans: Span[] = [];
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += SPAN_MS_MAX + 1) {
    spans.push([fromMs, Math.min(untilMs, fromMs + SPAN_MS_MAX)]);
  }
  for (let requests = 0; spans.length > 0; requests++) {
    if (requests >= REQUESTS_MAX) throw new TypeError("a list of orders does not end");
    const [fromMs, toMs] = spans.pop()!;
    const rows = await withDeadline(list(fromMs, toMs));
    const news = rows.filter(({ id }) => id !== undefined && !found.has(id));
    for (const row of rows) {
      if (row.id === undefined || !((row.timestamp ?? Number.NaN) > 0)) throw new TypeError("a row without id or time");
      found.set(row.id, row);
    }
    if (rows.length === 0) continue;
    const times = rows.map(({ timestamp }) => timestamp!);
    const [oldest, newest] = [Math.min(...times), Math.max(...times)];
    // Both ends again, since more may have been made in the same millisecond; past it once that gives nothing new.
    if (news.length > 0) spans.push([fromMs, Math.min(toMs, oldest)], [Math.max(fromMs, newest), toMs]);
    else if (oldest === newest)
      spans.push(...[[fromMs, oldest - 1] as Span, [newest + 1, toMs] as Span].filter(isSpan));
  }
  return [...found.values()];
}
