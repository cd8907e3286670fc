/** Housekeeping through ccxt: the venue's time and our positions. Each under a deadline that covers the body too. */

import { VenueError } from "../venue-error.ts";
import type { CcxtExchange } from "./exchange.ts";
import type { PositionFacts } from "./messages.ts";

/** ccxt stops its own clock when the headers are there; a stalled body would wait for ever. */
const DEADLINE_MS = 8000;

export async function withDeadline<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new VenueError("UNREACHABLE", "ccxt", "no answer in time")), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

/** Where the exchange has no time of its own, the middle of the second that the header of any answer names. */
export async function serverTimeMs(exchange: CcxtExchange, symbol: string | undefined): Promise<number> {
  if (exchange.has["fetchTime"] === true) {
    const ms = await withDeadline(exchange.fetchTime());
    if (typeof ms === "number" && Number.isFinite(ms)) return ms;
    throw new VenueError("MALFORMED", "time", `${exchange.id}: its time is no number`);
  }
  if (symbol !== undefined) await withDeadline(exchange.fetchOrderBook(symbol));
  const ms = Date.parse(String(exchange.last_response_headers?.["Date"]));
  if (Number.isNaN(ms)) throw new VenueError("UNSUPPORTED", "fetchTime", `${exchange.id}: it does not tell its time`);
  return ms + HALF_SECOND_MS;
}

/** Error of a time read off a header, beside the round trip's. */
export const HALF_SECOND_MS = 500;

/** Contracts signed by their side; without contracts, the balance of the base asset. */
export async function fetchPositions(
  exchange: CcxtExchange,
  symbols: readonly string[],
): Promise<readonly PositionFacts[]> {
  const text = (value: unknown) => exchange.numberToString(value) ?? "0";
  const spot = symbols.filter((symbol) => exchange.markets?.[symbol]?.contract === false);
  const facts: PositionFacts[] = [];
  if (spot.length > 0) {
    const { total } = await exchange.fetchBalance();
    for (const symbol of spot) {
      facts.push({ symbol, amount: text(total?.[exchange.markets?.[symbol]?.base ?? ""] ?? 0) });
    }
  }
  const rest = symbols.filter((symbol) => !spot.includes(symbol));
  if (rest.length > 0) {
    for (const { symbol, outcome, side, contracts } of await exchange.fetchPositions(rest)) {
      const amount = text(contracts);
      const negative = side === "short" && !amount.startsWith("-");
      facts.push({ symbol: symbol ?? outcome ?? "", amount: negative ? `-${amount}` : amount });
    }
  }
  return facts;
}
