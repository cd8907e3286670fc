/**
 * Standing subscriptions through ccxt: the private stream and the quotes, renewed with backoff whenever they end.
 *
 * The results of the private stream's `watchOrders` are thrown away: they are a merged cache. Its purpose is to keep ccxt
 * subscribed; the events are taken from the messages (`calls.ts`). Quotes may be merged: only the newest counts.
 */

import type { LiveField } from "../venue-health.ts";
import type { OrderCalls, WatchContext } from "./calls.ts";
import type { CcxtMethods } from "./capabilities.ts";
import type { CcxtConnections } from "./connections.ts";
import type { CcxtBook, CcxtExchange, CcxtTicker } from "./exchange.ts";
import type { FromCcxt } from "./messages.ts";

export interface SubscriptionParts {
  readonly exchange: CcxtExchange;
  readonly calls: OrderCalls;
  readonly connections: CcxtConnections;
  readonly quotesStamped: boolean;
  readonly pause: (failures: number) => Promise<void>;
  readonly post: (message: FromCcxt) => void;
  readonly onLive: (field: LiveField, live: boolean) => void;
  readonly onFailure: (field: LiveField, cause: unknown) => void;
}

/** Runs as long as its thread. `renew` is called before each new start. */
export async function keepStream(parts: SubscriptionParts, renew: () => void): Promise<void> {
  await keep(parts, "streamLive", renew, () => parts.exchange.watchOrders());
}

/** One subscription for all symbols where the exchange has such, else one each. Live while all of them are. */
export async function keepQuotes(
  parts: SubscriptionParts,
  method: CcxtMethods["quotes"],
  symbols: readonly string[],
): Promise<void> {
  const groups = method === "watchBidsAsks" ? [symbols] : symbols.map((symbol) => [symbol]);
  let live = 0;
  const counted: SubscriptionParts = {
    ...parts,
    onLive(field, up) {
      live += up ? 1 : -1;
      parts.onLive(field, live === groups.length);
    },
  };
  await Promise.all(
    groups.map((group) =>
      keep(
        counted,
        "quotesLive",
        () => {},
        () => nextQuotes(counted, method, group),
      ),
    ),
  );
}

/** Connections that lived this long start the backoff again. */
const STABLE_AFTER_MS = 5000;

async function keep(
  parts: SubscriptionParts,
  field: LiveField,
  renew: () => void,
  next: () => Promise<unknown>,
): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    const context: WatchContext = { urls: new Set() };
    const startedMs = performance.now();
    let live = false;
    try {
      renew();
      let turn = parts.calls.watch(context, next);
      await Promise.race([turn, parts.connections.confirmed(context)]);
      live = true;
      parts.onLive(field, true);
      for (;;) {
        await turn;
        turn = parts.calls.watch(context, next);
      }
    } catch (cause) {
      parts.onFailure(field, cause);
    }
    if (live) parts.onLive(field, false);
    for (const url of context.urls) parts.connections.drop(url);
    if (performance.now() - startedMs > STABLE_AFTER_MS) failures = 0;
    await parts.pause(failures);
  }
}

async function nextQuotes(
  { exchange, post, quotesStamped }: SubscriptionParts,
  method: CcxtMethods["quotes"],
  symbols: readonly string[],
): Promise<void> {
  const [symbol = ""] = symbols;
  const text = (value: unknown): string => exchange.numberToString(value) ?? "";
  const say = (name: string, { bid, ask, bidVolume, askVolume, timestamp }: CcxtTicker) =>
    post({
      type: "quote",
      symbol: name,
      bid: text(bid),
      ask: text(ask),
      bidAmount: text(bidVolume),
      askAmount: text(askVolume),
      venueMs: quotesStamped ? (timestamp ?? 0) : 0,
    });
  if (method === "watchOrderBook") say(symbol, topOf(await exchange.watchOrderBook(symbol)));
  else if (method === "watchTicker") say(symbol, await exchange.watchTicker(symbol));
  else {
    const tickers = await exchange.watchBidsAsks(symbols);
    for (const [name, ticker] of Object.entries(tickers as Record<string, CcxtTicker>)) say(name, ticker);
  }
}

function topOf({ bids, asks, timestamp }: CcxtBook): CcxtTicker {
  return {
    bid: bids[0]?.[0],
    bidVolume: bids[0]?.[1],
    ask: asks[0]?.[0],
    askVolume: asks[0]?.[1],
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}
