/**
 * Part of `npm run bench -- backtest`: the whole of a run without files: quotes made up in memory, webhooks through admission, the
 * live core and router with two shields over three venues, simulated venues, the account beside them. Events per second, and
 * memory at the run's end against that after its first tenth.
 */
import type { FeedCounts, FeedQuote } from "../src/backtest/run/market-feed.ts";
import { type RunEnd, runBacktest } from "../src/backtest/run/run.ts";
import type { RunMarket, RunSignal } from "../src/backtest/run/run-parts.ts";
import { RUN_TERMS } from "../src/backtest/run/run-terms.ts";
import { DEFAULT_MAX_AGE_MS } from "../src/gateway/admission.ts";
import { createPrng, type Prng } from "../src/sim/prng.ts";
import { createSchemaAdapter } from "../src/wire/adapters/schema.ts";
import { BTC, BTC_PERP, coreConfig, coreParts, ETH, ETH_PERP, testDirectory } from "../test/support/core-config.ts";

const START_MS = Date.UTC(2024, 0, 1);
/** Between two quotes of any listing, and between two webhooks. */
const QUOTE_MS = 100;
const SIGNAL_MS = 30_000;

export interface RunFigures {
  readonly end: RunEnd;
  readonly events: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly growthBytes: number;
}

export function measureRun(quotes: number): RunFigures {
  const directory = testDirectory();
  const core = coreConfig({
    directory,
    shields: [
      { asset: BTC, hedge: BTC_PERP },
      { asset: ETH, hedge: ETH_PERP },
    ],
  });
  const schema = createSchemaAdapter();
  const steps = runBacktest({
    core,
    coreParts: coreParts(1),
    sources: directory.sources.map((name, index) => ({
      index,
      name,
      kinds: ["hedge", "close"],
      maxAgeMs: DEFAULT_MAX_AGE_MS,
      ratePerSecMax: 1000,
      rateBurst: 1000,
      decode: ({ body }) => schema(body, "application/json"),
    })),
    dedupeIdsMax: 65_536,
    analyses: null,
    market: () => new MadeQuotes(quotes, [BTC_PERP, ETH_PERP], directory.listings),
    priced: new Set([BTC_PERP, ETH_PERP]),
    signals: madeSignals(quotes * QUOTE_MS),
    terms: RUN_TERMS,
  });
  const [started, cpuBefore] = [process.hrtime.bigint(), process.cpuUsage()];
  let firstBytes = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      const { user, system } = process.cpuUsage(cpuBefore);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const { events } = step.value.counts;
      const growthBytes = process.memoryUsage().rss - firstBytes;
      return { end: step.value, events, seconds, cpuSeconds: (user + system) / 1e6, growthBytes };
    }
    if (firstBytes === 0 && step.value.share > 0.1) firstBytes = process.memoryUsage().rss;
  }
}

/** A walk of two markets, shown by their listings in turn. */
class MadeQuotes implements RunMarket {
  readonly barMs = 0;
  readonly #random: Prng = createPrng(1);
  readonly #count: number;
  readonly #listings: readonly number[];
  readonly #mids: Float64Array;
  readonly #quote: FeedQuote = {
    atMs: START_MS,
    listing: 0,
    asset: -1,
    bidTicks: 0,
    askTicks: 0,
    bidLots: 100_000,
    askLots: 100_000,
    price: 0,
  };
  #at = 0;

  constructor(
    count: number,
    instruments: readonly number[],
    listings: readonly { readonly index: number; readonly instrument: number }[],
  ) {
    this.#count = count;
    this.#listings = listings.filter(({ instrument }) => instruments.includes(instrument)).map(({ index }) => index);
    this.#mids = Float64Array.from(listings, ({ instrument }) => (instrument === BTC_PERP ? 600_000 : 300_000));
  }

  get progress(): number {
    return this.#at / this.#count;
  }

  next(): FeedQuote | null {
    if (this.#at >= this.#count) return null;
    const listing = this.#listings[this.#at % this.#listings.length]!;
    const mid = this.#mids[listing]! + this.#random.int(61) - 30;
    this.#mids[listing] = mid;
    const quote = this.#quote;
    quote.atMs = START_MS + this.#at++ * QUOTE_MS;
    quote.listing = listing;
    quote.bidTicks = mid - 1;
    quote.askTicks = mid + 1;
    quote.price = mid;
    return quote;
  }

  counts(): readonly FeedCounts[] {
    return [];
  }

  close(): void {}
}

function* madeSignals(forMs: number): Generator<RunSignal, void> {
  const random = createPrng(2);
  for (let n = 1; n * SIGNAL_MS < forMs; n++) {
    const atMs = START_MS + n * SIGNAL_MS;
    const closes = n % 10 === 0;
    const body = {
      signal_id: `s${n}`,
      model: "m",
      model_version: "1",
      kind: closes ? "close" : "hedge",
      asset: n % 2 === 0 ? "BTC/USDT" : "ETH/USDT",
      direction: closes ? "flat" : "long",
      confidence: 0.5,
      strength: random.int(100) / 100,
      time_horizon: "4h",
      generated_at: atMs - 20,
    };
    yield { atMs, source: "hook", body: Buffer.from(JSON.stringify(body)), isObject: true };
  }
}
