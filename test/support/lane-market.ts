/** Real paper venues on free ports with a market that stands still in price and ticks on, so that targets are exact. */
import { PAPER_API_KEY, PAPER_API_SECRET, PAPER_PASSPHRASE } from "../../src/config/secrets.ts";
import { type MarketOptions, startPaper } from "../../src/paper/server.ts";

const SYMBOLS = [
  { symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001", minNotional: "100", initialPrice: "61800" },
  { symbol: "ETHUSDT", tickSize: "0.01", lotSize: "0.001", minNotional: "20", initialPrice: "2650" },
];
export type LaneDialect = "binance-usdm" | "bybit-linear" | "okx-swap";

/** OKX's own names, and what one of its contracts stands for. */
const OKX_SWAPS: Readonly<Record<string, { readonly symbol: string; readonly contractSize: string }>> = {
  BTCUSDT: { symbol: "BTC-USDT-SWAP", contractSize: "0.01" },
  ETHUSDT: { symbol: "ETH-USDT-SWAP", contractSize: "0.1" },
};
const TICK_MS = 20;
const TOP_LOTS = 1_000_000;

export interface LaneMarket {
  readonly venues: readonly { readonly name: string; readonly port: number; readonly dialect: LaneDialect }[];
  /** Net lots per symbol, as that venue has them; symbols are Binance's, whatever the venue's language. */
  netLots(venue: number, symbol: string): number;
  /** Every client order id the venue saw, with how many orders it made and what of it filled. */
  orders(venue: number): ReadonlyMap<string, { readonly orders: number; readonly cumQtyLots: number }>;
  inject(venue: number, fault: object): void;
  /** Every fault there is over. */
  heal(venue: number): void;
  /** Somebody with our key buys BTC there; told on the private stream like any order. */
  buyUnasked(venue: number, clientOrderId: string, quantity: string): void;
  /** From now on the mid of BTC stands at `price`. */
  moveTo(price: number): void;
  close(): Promise<void>;
}

/** What a venue calls a symbol of Binance's. */
export const symbolAt = (dialect: LaneDialect, symbol: string): string =>
  dialect === "okx-swap" ? OKX_SWAPS[symbol]!.symbol : symbol;

export async function startLaneMarket(
  dialects: readonly LaneDialect[],
  market: MarketOptions = { type: "none" },
  canWithdraw = false,
): Promise<LaneMarket> {
  const paper = await startPaper({
    venues: dialects.map((dialect, at) => ({
      name: `paper-${"abc"[at]}`,
      dialect,
      port: 0,
      apiKey: PAPER_API_KEY,
      apiSecret: PAPER_API_SECRET,
      ...(dialect === "okx-swap" ? { passphrase: PAPER_PASSPHRASE } : {}),
      symbols: SYMBOLS.map(({ minNotional, ...each }) =>
        dialect === "okx-swap" ? { ...each, ...OKX_SWAPS[each.symbol]! } : { ...each, minNotional },
      ),
      canWithdraw,
    })),
    market,
    depthLevels: 0,
    seed: 11,
  });
  let btc = 61_800;
  let beat = 0;
  const tick = () => {
    beat++;
    paper.venues.forEach(({ exchange }, at) => {
      for (const { symbol, price, tick: size } of [
        { symbol: "BTCUSDT", price: btc, tick: 0.1 },
        { symbol: "ETHUSDT", price: 2650, tick: 0.01 },
      ]) {
        // Later venues are a little dearer, so that the first is always the best.
        const mid = Math.round(price / size);
        exchange.quote(exchange.listings.get(symbolAt(dialects[at]!, symbol))!, {
          bidTicks: mid - 1 - at,
          bidLots: TOP_LOTS + (beat % 2),
          askTicks: mid + 1 + at,
          askLots: TOP_LOTS + (beat % 2),
        });
      }
      exchange.flush();
    });
  };
  const timer = market.type === "none" ? setInterval(tick, TICK_MS) : undefined;
  return {
    venues: paper.venues.map(({ name, port }, at) => ({ name, port, dialect: dialects[at]! })),
    netLots: (venue, symbol) =>
      paper.venues[venue]!.state().accounts[0]!.positions.find(
        (each) => each.symbol === symbolAt(dialects[venue]!, symbol),
      )?.netLots ?? 0,
    orders: (venue) => new Map(Object.entries(paper.venues[venue]!.state().accounts[0]!.orders)),
    buyUnasked: (venue, clientOrderId, quantity) => {
      const { exchange } = paper.venues[venue]!;
      const [account] = exchange.accounts.values();
      const order = { symbol: symbolAt(dialects[venue]!, "BTCUSDT"), clientOrderId, quantity, side: "buy" } as const;
      const rest = { price: "62000", timeInForce: "ioc", reduceOnly: false, preventSelfTrade: false } as const;
      exchange.place(account!, { ...order, ...rest });
      exchange.flush();
    },
    inject: (venue, fault) => paper.venues[venue]!.inject(fault),
    heal: (venue) => paper.venues[venue]!.faults.clear(),
    moveTo: (price) => {
      btc = price;
    },
    async close() {
      clearInterval(timer);
      await paper.close();
    },
  };
}
