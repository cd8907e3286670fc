/**
 * Paper exchange process: one or more paper venues and the one market that moves them all.
 *
 * Its state is the exchanges' truth, so it lives in a process of its own and survives the engine. Nothing is written to disk.
 * Listens on loopback unless told otherwise; the admin path answers loopback callers in any case.
 */
import { existsSync } from "node:fs";
import { AssertionError } from "../domain/units.ts";
import { createPrng } from "../sim/prng.ts";
import { type Clock, SystemClock } from "../time/clock.ts";
import type { PaperKeyOptions } from "./api-key.ts";
import { type CandleHistory, readCandleHistory } from "./candle-history.ts";
import { DIALECTS, type DialectName } from "./dialects/dialects.ts";
import { type ListingOptions, marketSymbolOf } from "./listing.ts";
import { type MarketSource, runMarket } from "./market.ts";
import { createCsvMarket, MarketFileError, symbolOfFile } from "./market-csv.ts";
import { createSyntheticMarket } from "./market-synthetic.ts";
import { lifted, type RateLimits } from "./rate-limits.ts";
import { type FundingOptions, type PaperVenue, startVenueServer } from "./venue-server.ts";

export interface PaperVenueOptions extends PaperKeyOptions {
  readonly name: string;
  /** Language it speaks; default binance-usdm. */
  readonly dialect?: DialectName;
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly symbols: readonly ListingOptions[];
  /** More keys, each with an account of its own. */
  readonly otherKeys?: readonly PaperKeyOptions[];
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  readonly takerFeeBps?: number;
  readonly makerFeeBps?: number;
  /** Default: the venue's place in the list, so that the first has the best price. */
  readonly spreadTicks?: number;
  readonly offsetTicks?: number;
  /** Starting balance in quote currency, and what margin is computed with. */
  readonly balance?: number;
  /** Where the venue settles in cash (spot): amounts of base assets. */
  readonly assets?: Readonly<Record<string, string>>;
  readonly leverage?: number;
  /** Default: none. "documented": what the venue publishes; single kinds may be replaced. */
  readonly limits?: "none" | "documented" | Partial<RateLimits>;
  /** Default: positions pay none. */
  readonly funding?: FundingOptions;
  readonly openOrdersMax?: number;
  readonly terminalOrdersMax?: number;
  readonly tradesMax?: number;
  readonly pingIntervalMs?: number;
  readonly depthIntervalMs?: number;
  readonly connectionsMax?: number;
  /** Whether its API keys claim to be able to withdraw; live mode must refuse such keys. */
  readonly canWithdraw?: boolean;
  /** Faults in force from the start, as POST /paper/faults takes them. */
  readonly faults?: readonly unknown[];
}

export type MarketOptions =
  | {
      readonly type: "synthetic";
      readonly seed?: number;
      readonly volatilityDaily?: number;
      readonly intervalMs?: number;
      readonly spreadBps?: number;
      readonly topNotional?: number;
      readonly speed?: number;
    }
  | {
      readonly type: "csv";
      /** A path alone stands for the symbol its file name holds. */
      readonly files: readonly (string | { readonly path: string; readonly symbol: string })[];
      readonly speed?: number;
      readonly loop?: boolean;
    }
  /** Books stay empty but for what users rest. */
  | { readonly type: "none" };

export interface PaperOptions {
  readonly venues: readonly PaperVenueOptions[];
  readonly market: MarketOptions;
  /** Seeds latency jitter, and the synthetic market unless that has its own. */
  readonly seed?: number;
  /** Assumed liquidity behind the quoted top. */
  readonly depthLevels?: number;
  readonly depthSpacingBps?: number;
  readonly clock?: Clock;
}

export interface PaperServer {
  readonly venues: readonly PaperVenue[];
  /** Resolves when the market ends (a recording without loop, or `close`); rejects when its source is bad. */
  readonly market: Promise<{ readonly events: number }>;
  close(): Promise<void>;
}

/** Starts every venue, or none: a port in use closes those already open and rejects. */
export async function startPaper(options: PaperOptions): Promise<PaperServer> {
  const clock = options.clock ?? new SystemClock();
  const source = createSource(options);
  const history = historyOf(options);
  const venues: PaperVenue[] = [];
  try {
    for (const [at, each] of options.venues.entries()) venues.push(await startVenue(each, at, options, history, clock));
  } catch (error) {
    await Promise.all(venues.map((venue) => venue.close()));
    throw error;
  }
  const stop = new AbortController();
  const market = runMarket(
    source,
    venues.map(({ exchange }, at) => {
      const { offsetTicks = 0, spreadTicks = at } = options.venues[at]!;
      return { exchange, skew: { offsetTicks, spreadTicks } };
    }),
    {
      speed: options.market.type === "none" ? 1 : (options.market.speed ?? 1),
      loop: options.market.type === "csv" && (options.market.loop ?? true),
    },
    clock,
    stop.signal,
  );
  // Whoever waits for it hears of a failure; nobody has to.
  market.catch(() => {});
  return {
    venues,
    market,
    close: async () => {
      stop.abort();
      await market.catch(() => {});
      await Promise.all(venues.map((venue) => venue.close()));
    },
  };
}

async function startVenue(
  options: PaperVenueOptions,
  at: number,
  paper: PaperOptions,
  history: ReadonlyMap<string, CandleHistory>,
  clock: Clock,
): Promise<PaperVenue> {
  const prng = createPrng((paper.seed ?? 1) + at);
  const maker = DIALECTS[options.dialect ?? "binance-usdm"];
  const venue = await startVenueServer(
    maker,
    {
      name: options.name,
      host: options.host ?? "127.0.0.1",
      port: options.port,
      keys: [options, ...(options.otherKeys ?? [])],
      canWithdraw: options.canWithdraw ?? false,
      exchange: {
        symbols: options.symbols,
        balance: options.balance ?? 10_000_000,
        ...(options.assets === undefined ? {} : { assets: options.assets }),
        leverage: options.leverage ?? 20,
        takerFeeBps: options.takerFeeBps ?? 5,
        makerFeeBps: options.makerFeeBps ?? 2,
        depth: { levels: paper.depthLevels ?? 5, spacingBps: paper.depthSpacingBps ?? 0.5 },
        openOrdersMax: options.openOrdersMax ?? 10_000,
        terminalOrdersMax: options.terminalOrdersMax ?? 200_000,
        tradesMax: options.tradesMax ?? 200_000,
      },
      latency: { latencyMs: options.latencyMs ?? 0, jitterMs: options.jitterMs ?? 0 },
      limits: limitsOf(options.limits ?? "none", maker.limits),
      funding: options.funding ?? null,
      history,
      pingIntervalMs: options.pingIntervalMs ?? 180_000,
      depthIntervalMs: options.depthIntervalMs ?? 100,
      connectionsMax: options.connectionsMax ?? 256,
    },
    clock,
    prng.float,
  );
  try {
    for (const fault of options.faults ?? []) venue.inject(fault);
  } catch (error) {
    await venue.close();
    throw error;
  }
  return venue;
}

function limitsOf(wanted: NonNullable<PaperVenueOptions["limits"]>, documented: RateLimits): RateLimits {
  if (wanted === "documented") return documented;
  return wanted === "none" ? lifted(documented) : { ...lifted(documented), ...wanted };
}

function createSource({ market, venues, seed }: PaperOptions): MarketSource {
  const listings = new Map<string, ListingOptions>();
  for (const each of venues.flatMap((venue) => venue.symbols)) {
    const symbol = marketSymbolOf(each);
    // Venues may share a market under other symbols: one that says where it starts says it for all.
    if (listings.get(symbol)?.initialPrice === undefined) listings.set(symbol, each);
  }
  if (market.type === "none") return { open: () => [] };
  if (market.type === "synthetic") {
    return createSyntheticMarket({
      seed: market.seed ?? seed ?? 1,
      volatilityDaily: market.volatilityDaily ?? 0.04,
      intervalMs: market.intervalMs ?? 100,
      spreadBps: market.spreadBps ?? 0.2,
      symbols: [...listings].map(([symbol, each]) => ({
        symbol,
        initialPrice: Number(each.initialPrice ?? 100),
        tick: Number(each.tickSize),
        topNotional: market.topNotional ?? 250_000,
      })),
    });
  }
  if (market.files.length === 0) throw new AssertionError("market.files: a recorded market needs at least one file");
  return createCsvMarket(filesOf(market.files, [...listings.keys()]));
}

type CsvFiles = Extract<MarketOptions, { type: "csv" }>["files"];

/** Each with its symbol, which its name holds where it is not stated. */
const filesOf = (files: CsvFiles, symbols: readonly string[]) =>
  files.map((file) => {
    const { path, symbol } = typeof file === "string" ? { path: file, symbol: symbolOfFile(file, symbols) } : file;
    if (symbol !== null && symbols.includes(symbol)) return { path, symbol };
    const what = symbol === null ? "its name holds none, or several," : `${symbol} is none`;
    throw new MarketFileError(path, 0, `${what} of ${symbols.join(", ")}: say FILE=SYMBOL`);
  });

/** What is played as candles is also what the venues' history endpoints tell. */
function historyOf({ market, venues }: PaperOptions): ReadonlyMap<string, CandleHistory> {
  const history = new Map<string, CandleHistory>();
  if (market.type !== "csv") return history;
  const symbols = [...new Set(venues.flatMap((venue) => venue.symbols.map(marketSymbolOf)))];
  for (const { path, symbol } of filesOf(market.files, symbols)) {
    // A file that cannot be read is the market's to complain of.
    const candles = existsSync(path) ? readCandleHistory(path) : null;
    if (candles !== null && !history.has(symbol)) history.set(symbol, candles);
  }
  return history;
}
