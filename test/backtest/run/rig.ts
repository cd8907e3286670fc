/** Runs over made-up markets: the real configuration of a small engine, files in a temp directory. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Episode } from "../../../src/backtest/run/episode.ts";
import { type FeedFile, MarketFeed } from "../../../src/backtest/run/market-feed.ts";
import { type RunEnd, type RunInputs, runBacktest } from "../../../src/backtest/run/run.ts";
import { RUN_TERMS, type RunTerms } from "../../../src/backtest/run/run-terms.ts";
import { readSignals } from "../../../src/backtest/run/signal-feed.ts";
import { DEFAULT_MAX_AGE_MS } from "../../../src/gateway/admission.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { createSchemaAdapter } from "../../../src/wire/adapters/schema.ts";
import { type CoreOptions, coreConfig, coreParts, testDirectory } from "../../support/core-config.ts";

export const START = Date.UTC(2024, 0, 1);
const schema = createSchemaAdapter();

export interface RigOptions {
  readonly terms?: Partial<RunTerms>;
  readonly core?: CoreOptions;
  /** CSV texts by file name, and whose prices they are; BTC's perpetual at every venue by default. */
  readonly market: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, Pick<FeedFile, "listings" | "asset">>>;
  readonly signals: readonly object[];
  readonly ratePerSecMax?: number;
  readonly analyses?: RunInputs["analyses"];
}

export interface Ran extends RunEnd {
  readonly episodes: readonly Episode[];
  readonly samples: readonly (readonly [number, number, number])[];
}

export function run(options: RigOptions): Ran {
  const dir = mkdtempSync(join(tmpdir(), "outrigger-run-"));
  try {
    return runIn(dir, options);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function runIn(dir: string, options: RigOptions): Ran {
  const inputs = inputsOf(dir, options);
  const episodes: Episode[] = [];
  const samples: (readonly [number, number, number])[] = [];
  const steps = runBacktest(inputs, {
    onEpisode: (episode) => episodes.push(episode),
    onSample: (atMs, hedged, unhedged) => samples.push([atMs, hedged, unhedged]),
  });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { ...step.value, episodes, samples };
  }
}

function inputsOf(
  dir: string,
  { terms, core: coreOptions, market, files, signals, ratePerSecMax = 1000, analyses = null }: RigOptions,
): RunInputs {
  const core = coreConfig(coreOptions);
  const { directory } = core;
  const perps = directory.listings.filter(({ instrument }) => instrument === 1).map(({ index }) => index);
  const texts = { ...market, "signals.jsonl": signals.map((each) => JSON.stringify(each)).join("\n") };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
  const feeds = Object.keys(market).map((name) => ({
    path: join(dir, name),
    ...(files?.[name] ?? { listings: perps, asset: -1 }),
  }));
  return {
    core,
    coreParts: coreParts(1),
    sources: directory.sources.map((name, index) => ({
      index,
      name,
      kinds: ["hedge", "close", "open"],
      maxAgeMs: DEFAULT_MAX_AGE_MS,
      ratePerSecMax,
      rateBurst: ratePerSecMax,
      decode: ({ body }) => schema(body, "application/json"),
    })),
    dedupeIdsMax: 10_000,
    analyses,
    market: (given) => new MarketFeed(feeds, given, directory),
    priced: new Set(
      feeds.flatMap(({ listings, asset }) => (asset >= 0 ? [asset] : [directory.listings[listings[0]!]!.instrument])),
    ),
    signals: readSignals(join(dir, "signals.jsonl"), directory.sources[0]!),
    terms: { ...RUN_TERMS, ...terms },
  };
}

export { testDirectory };

/** Quote ticks of a seeded walk around 60,000, one every `stepMs`. */
export function quoteTicks(count: number, { seed = 1, stepMs = 500, spread = 0.2, depth = 50 } = {}): string {
  const prng = createPrng(seed);
  const lines = ["local_ts_ns,exch_event_ms,update_id,bid_px,bid_qty,ask_px,ask_qty"];
  let mid = 600_000;
  for (let n = 0; n < count; n++) {
    mid += prng.int(401) - 200;
    const bid = (mid / 10).toFixed(1);
    lines.push(`${(START + n * stepMs) * 1e6},,${n},${bid},${depth},${(mid / 10 + spread).toFixed(1)},${depth}`);
  }
  return lines.join("\n");
}

/** A webhook that hedges BTC, arriving `afterMs` after the start. */
export const webhook = (id: string, afterMs: number, changes: object = {}) => ({
  received_at: START + afterMs,
  source: "hook",
  body: {
    signal_id: id,
    model: "m",
    model_version: "1",
    kind: "hedge",
    asset: "BTC/USDT",
    direction: "long",
    confidence: 0.8,
    strength: 0.5,
    time_horizon: "4h",
    generated_at: START + afterMs - 20,
    ...changes,
  },
});
