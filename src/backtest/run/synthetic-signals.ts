/**
 * Made-up signals over real or made-up bars, for studies of what the engine does with signals of a known worth. They are synthetic, and
 * know what nobody can: whether a signal comes true is drawn by its model's rule, and its direction is then read from the bars at
 * the end of its horizon. What is studied is scoring, hedging and delivery, never whether such a model could exist.
 *
 *     honest@1        comes true as often as it says
 *     boastful@1      says the same, and is worth a quarter of it above a coin's toss
 *     coin@1          says the same, and is a coin
 *     improving@1,2   boastful in the first half of the bars, honest in the second, as version 2
 *
 * Each model speaks at random closes, about twice a day: an `open` with a horizon of two hours; half an hour later now and then an
 * `adjust` with another confidence; now and then a `close` before its time.
 *
 * Invariants
 *   - The same bars and seed give the same signals, byte for byte.
 *   - A signal is generated at a close and received a little later, never before.
 */
import { MarketRows } from "../../market-data/rows.ts";
import { createPrng, type Prng } from "../../sim/prng.ts";

export interface SyntheticSignalOptions {
  /** Bars of the asset that signals name. */
  readonly path: string;
  readonly intervalMs: number;
  readonly asset: string;
  readonly seed: number;
}

/** As `signal-feed.ts` reads it: one line of JSON. */
export interface RecordedHook {
  readonly received_at: number;
  readonly source: string;
  readonly body: Readonly<Record<string, string | number>>;
}

export const SYNTHETIC_SIGNALS = {
  /** Names of the sources, and the models of each. */
  sources: { "desk-a": ["honest", "improving"], "desk-b": ["boastful", "coin"] },
  /** Mean time between two openings of one model. */
  everyMs: 12 * 3_600_000,
  horizonMs: 2 * 3_600_000,
  statedFrom: 0.55,
  statedTo: 0.9,
  /** Of a boast above a coin's toss, what it is worth. */
  boastWorth: 0.25,
  adjustShare: 0.3,
  adjustAfterMs: 30 * 60_000,
  closeShare: 0.2,
  closeAfterMs: 90 * 60_000,
  /** Between sender and receiver. */
  receivedAfterMs: { min: 50, max: 450 },
} as const;

type ModelName = (typeof SYNTHETIC_SIGNALS.sources)[keyof typeof SYNTHETIC_SIGNALS.sources][number];

/** In the order in which they are received. All closes are held in memory. */
export function syntheticSignals(options: SyntheticSignalOptions): readonly RecordedHook[] {
  const bars = closesOf(options.path);
  const models = Object.entries(SYNTHETIC_SIGNALS.sources).flatMap(([source, names]) =>
    names.map((name) => ({ source, name })),
  );
  const hooks = models.flatMap(({ source, name }, at) =>
    // A stream of its own for each model: one more does not change the others.
    modelHooks(name, source, bars, options, createPrng(options.seed * 64 + at)),
  );
  // Stable: at one time the earlier model goes first.
  return hooks.sort((a, b) => a.received_at - b.received_at);
}

/** One line per webhook, for a file that `backtest run --signals` reads. */
export const hookLines = (hooks: readonly RecordedHook[]): string =>
  hooks.map((hook) => `${JSON.stringify(hook)}\n`).join("");

interface Closes {
  readonly atMs: readonly number[];
  readonly close: readonly number[];
}

function modelHooks(
  model: ModelName,
  source: string,
  { atMs, close }: Closes,
  { intervalMs, asset }: SyntheticSignalOptions,
  prng: Prng,
): RecordedHook[] {
  const { everyMs, horizonMs, adjustShare, adjustAfterMs, closeShare, closeAfterMs, receivedAfterMs } =
    SYNTHETIC_SIGNALS;
  const hooks: RecordedHook[] = [];
  const horizonBars = Math.round(horizonMs / intervalMs);
  const uniform = (from: number, to: number) => from + (to - from) * prng.float();
  for (let bar = 0; bar + horizonBars < close.length; bar++) {
    if (prng.float() >= intervalMs / everyMs) continue;
    const improved = model === "improving" && bar >= close.length / 2;
    const version = improved ? "2" : "1";
    const closedMs = atMs[bar]! + intervalMs;
    const stated = uniform(SYNTHETIC_SIGNALS.statedFrom, SYNTHETIC_SIGNALS.statedTo);
    const comesTrue = prng.float() < chanceOf(improved ? "honest" : model, stated);
    const rises = close[bar + horizonBars]! > close[bar]!;
    const direction = rises === comesTrue ? "long" : "short";
    const say = (kind: string, afterMs: number, confidence: number) => {
      const generatedMs = closedMs + afterMs;
      hooks.push({
        received_at: Math.round(generatedMs + uniform(receivedAfterMs.min, receivedAfterMs.max)),
        source,
        body: {
          signal_id: `${model}-${bar}-${kind}`,
          model,
          model_version: version,
          kind,
          asset,
          direction: kind === "close" ? "flat" : direction,
          confidence: Number(confidence.toFixed(4)),
          time_horizon: `${horizonMs / 1000}s`,
          generated_at: generatedMs,
          source_context: "made up",
        },
      });
    };
    say("open", 0, stated);
    if (prng.float() < adjustShare) {
      say("adjust", adjustAfterMs, uniform(SYNTHETIC_SIGNALS.statedFrom, SYNTHETIC_SIGNALS.statedTo));
    }
    if (prng.float() < closeShare) say("close", closeAfterMs, stated);
  }
  return hooks;
}

/** How often what a model states comes true. */
function chanceOf(model: ModelName, stated: number): number {
  switch (model) {
    case "honest":
      return stated;
    case "boastful":
    case "improving":
      return 0.5 + (stated - 0.5) * SYNTHETIC_SIGNALS.boastWorth;
    case "coin":
      return 0.5;
  }
}

function closesOf(path: string): Closes {
  const rows = new MarketRows(path);
  const bars: { atMs: number[]; close: number[] } = { atMs: [], close: [] };
  try {
    while (rows.next()) {
      bars.atMs.push(rows.values[0]!);
      bars.close.push(rows.values[4]!);
    }
    return bars;
  } finally {
    rows.close();
  }
}
