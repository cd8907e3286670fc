/**
 * Candles by ccxt's REST client of an exchange, at the pace that ccxt's limiter allows. No key is needed, and none is taken.
 *
 * Numbers keep the digits that the exchange sent. ccxt itself never repeats a request here: whoever asks decides that.
 */
import { redirect } from "../venues/ccxt/environment.ts";
import { CandleError, type CandleRow, type CandleSource } from "./candle-source.ts";

/** What is used of a ccxt exchange. */
interface CandleExchange {
  readonly has: Readonly<Record<string, unknown>>;
  readonly timeframes?: Readonly<Record<string, unknown>>;
  number: (value: unknown) => unknown;
  parseTimeframe(timeframe: string): number;
  loadMarkets(): Promise<Readonly<Record<string, unknown>>>;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<readonly (readonly unknown[])[]>;
  close?(): Promise<unknown>;
}

export interface CcxtCandleOptions {
  /** ccxt's id, such as binanceusdm. */
  readonly exchange: string;
  /** Unified: BTC/USDT, or BTC/USDT:USDT for its perpetual. */
  readonly symbol: string;
  readonly timeframe: string;
  /** All connections go there instead of to the exchange: a paper exchange. */
  readonly paper: { readonly host: string; readonly port: number } | null;
}

const PAGE_ROWS = 1000;
const TIMEOUT_MS = 20_000;
/** ccxt's classes for what may pass. */
const PASSING = new Set([
  "NetworkError",
  "RequestTimeout",
  "ExchangeNotAvailable",
  "OnMaintenance",
  "RateLimitExceeded",
  "DDoSProtection",
]);

/** UNKNOWN names what the exchange does not have; UNAVAILABLE where it cannot be reached. */
export async function openCcxtCandles(options: CcxtCandleOptions): Promise<CandleSource> {
  const { exchange: id, symbol, timeframe, paper } = options;
  const exchange = await exchangeOf(id, symbol);
  if (paper !== null) await redirect(exchange as never, paper.host, paper.port);
  if (!exchange.has["fetchOHLCV"]) throw new CandleError("UNKNOWN", `${id} gives no candles`);
  const timeframes = Object.keys(exchange.timeframes ?? {});
  if (timeframes.length > 0 && !timeframes.includes(timeframe)) {
    throw new CandleError("UNKNOWN", `${id} has no candles of ${timeframe}; it has ${timeframes.join(", ")}`);
  }
  const markets = await asked(id, () => exchange.loadMarkets());
  if (markets[symbol] === undefined) {
    const [base = ""] = symbol.split("/");
    const near = Object.keys(markets).filter((each) => each.startsWith(`${base}/`));
    throw new CandleError("UNKNOWN", `${id} has no market ${symbol}; of ${base} it has ${near.slice(0, 8).join(", ")}`);
  }
  return {
    exchange: id,
    symbol,
    timeframe,
    intervalMs: exchange.parseTimeframe(timeframe) * 1000,
    limit: PAGE_ROWS,
    async page(sinceMs) {
      const rows = await asked(id, () => exchange.fetchOHLCV(symbol, timeframe, sinceMs, PAGE_ROWS));
      return rows.map(([time, ...rest]): CandleRow => {
        const [open, high, low, close, volume] = rest.map(String);
        return [Number(time), open ?? "", high ?? "", low ?? "", close ?? "", volume ?? ""];
      });
    },
    async close() {
      await exchange.close?.();
    },
  };
}

async function exchangeOf(id: string, symbol: string): Promise<CandleExchange> {
  if (!/^[a-z0-9]{2,40}$/.test(id)) throw new CandleError("UNKNOWN", `"${id}" is no id of a ccxt exchange`);
  // Its package exports the whole of it only, which takes most of a second and 100 MB.
  const file = new URL(`./src/${id}.js`, import.meta.resolve("ccxt"));
  let made: new (settings: object) => CandleExchange;
  try {
    made = ((await import(file.href)) as { default: new (settings: object) => CandleExchange }).default;
  } catch {
    throw new CandleError("UNKNOWN", `ccxt has no exchange "${id}"`);
  }
  const exchange = new made({
    enableRateLimit: true,
    timeout: TIMEOUT_MS,
    options: { maxRetriesOnFailure: 0, fetchCurrencies: false, ...onlyMarketsOf(id, symbol) },
  });
  exchange.number = (value) => value;
  return exchange;
}

/** Binance has a host per product, and all of them would be asked for their markets. */
function onlyMarketsOf(id: string, symbol: string): object {
  if (!id.startsWith("binance")) return {};
  const [, base, settle] = /^([^/]+)\/[^:]+(?::([^-]+))?/.exec(symbol) ?? [];
  const type = settle === undefined ? "spot" : settle === base ? "inverse" : "linear";
  return { fetchMarkets: { types: [type] } };
}

async function asked<T>(id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    // The class says enough: ccxt's messages quote addresses and answers.
    const name = cause instanceof Error ? cause.constructor.name : "an unknown failure";
    if (PASSING.has(name)) throw new CandleError("UNAVAILABLE", `${id} cannot answer now: ${name}`);
    throw new CandleError("UNKNOWN", `${id} refused: ${name}`);
  }
}
