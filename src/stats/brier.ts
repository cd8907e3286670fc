/**
 * Brier score of probability forecasts, with Murphy's decomposition and a reliability table.
 *
 *   score = reliability - resolution + uncertainty     over groups of equal forecasts, exact but for rounding
 *
 * Where nearly every forecast is a value of its own, those groups hold one outcome each and say little: then read `binned`, whose
 * three terms leave `withinBin` unexplained. Compare the score with `uncertainty`: a forecast that is no better is useless.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { copyOutcomes, groupEqual, type Outcomes } from "./outcomes.ts";
import { type Arena, computeInSlices, type Sample, type Work } from "./runtime.ts";
import { BLOCK_VALUES, drain, LOOP_COST, LOOP_VALUES, type Slices } from "./sliced.ts";
import { copyIn } from "./vectors.ts";

export interface BrierResult {
  /** Mean squared distance of forecast and outcome: 0 is perfect. */
  readonly score: number;
  /** Mean squared distance of forecasts from the frequency with which they came true: 0 is perfectly calibrated. */
  readonly reliability: number;
  /** Mean squared distance of those frequencies from the base rate: more is better. */
  readonly resolution: number;
  /** baseRate * (1 - baseRate): the score of always forecasting the base rate. */
  readonly uncertainty: number;
  readonly baseRate: number;
  /** Equal bins over [0, 1], the last one closed; empty ones included. */
  readonly bins: ReliabilityBin[];
  /** The decomposition over `bins`: score = reliability - resolution + uncertainty + withinBin. */
  readonly binned: { readonly reliability: number; readonly resolution: number; readonly withinBin: number };
}

export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean forecast and share that came true; undefined in an empty bin. */
  readonly meanForecast: number | undefined;
  readonly frequency: number | undefined;
}

export interface BrierOptions {
  /** 1..BINS_MAX, default 10. */
  readonly bins?: number;
}

const BINS_MAX = 1000;

/** One forecast at least. LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT for forecasts outside [0, 1] or outcomes other than 0 and 1. */
export function brier(forecasts: Sample, outcomes: Outcomes, options: BrierOptions = {}): BrierResult {
  return drain(brierSlices(forecasts, outcomes, options));
}

/** brier in slices. */
export function brierSlices(forecasts: Sample, outcomes: Outcomes, options: BrierOptions = {}): Slices<BrierResult> {
  return computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const bins = options.bins ?? 10;
    if (!(Number.isInteger(bins) && bins >= 1 && bins <= BINS_MAX)) {
      throw new StatsError("BAD_ARGUMENT", "bins", `must be a whole number of 1..${BINS_MAX}`, bins, BINS_MAX);
    }
    const o = yield* copyOutcomes(work, forecasts, "forecasts", outcomes, 1);
    const p = yield* copyIn(work, forecasts, "forecasts");
    const count = forecasts.length;
    const table = Array.from({ length: bins }, () => ({ count: 0, sum: 0, hits: 0 }));
    let squares = 0;
    for (let from = 0; from < count; from += LOOP_VALUES) {
      const to = Math.min(from + LOOP_VALUES, count);
      squares = kernels.brierSum(p + from * 8, o + from * 8, to - from, squares);
      sortIntoBins(arena, p, o, table, from, to);
      if (meter.due(LOOP_COST * (to - from))) yield;
    }
    const score = squares / count;
    const baseRate = table.reduce((sum, { hits }) => sum + hits, 0) / count;
    const uncertainty = baseRate * (1 - baseRate);
    const equal = yield* groupEqual(work, p, o, count);
    const exact = yield* decompose(work, equal.keys, equal.hits, equal.counts, equal.count, baseRate);
    const means = table.map((group) => (group.count > 0 ? group.sum / group.count : 0));
    const coarse = yield* decompose(
      work,
      arena.copyIn(means, "means"),
      arena.copyIn(
        table.map(({ hits }) => hits),
        "hits",
      ),
      arena.copyIn(
        table.map((group) => group.count),
        "counts",
      ),
      bins,
      baseRate,
    );
    const withinBin = score - (coarse.reliability - coarse.resolution + uncertainty);
    return {
      score,
      ...exact,
      uncertainty,
      baseRate,
      bins: table.map((group, index) => binOf(group, index, bins)),
      binned: { ...coarse, withinBin },
    };
  });
}

interface Group {
  count: number;
  sum: number;
  hits: number;
}

function sortIntoBins(arena: Arena, p: Reals, o: Reals, table: readonly Group[], from: number, to: number): void {
  for (let index = from; index < to; index++) {
    const forecast = arena.read(p, index);
    if (!(forecast >= 0 && forecast <= 1)) {
      const limit = forecast < 0 ? 0 : 1;
      const why = `is ${forecast}, must lie in [0, 1]`;
      throw new StatsError("BAD_ARGUMENT", `forecasts[${index}]`, why, forecast, limit);
    }
    const group = table[Math.min(table.length - 1, Math.floor(forecast * table.length))]!;
    group.count++;
    group.sum += forecast;
    group.hits += arena.read(o, index);
  }
}

/** Murphy's terms over groups of `counts` forecasts of mean `means`, of which `hits` came true. */
function* decompose(
  { kernels, arena, meter }: Work,
  means: Reals,
  hits: Reals,
  counts: Reals,
  groups: number,
  base: number,
): Slices<{ readonly reliability: number; readonly resolution: number }> {
  const out = arena.reserve(3);
  arena.fill(out, 3, 0);
  for (let from = 0; from < groups; from += BLOCK_VALUES / 8) {
    const run = Math.min(BLOCK_VALUES / 8, groups - from);
    kernels.murphy(means + from * 8, hits + from * 8, counts + from * 8, run, base, out);
    if (meter.due(8 * run)) yield;
  }
  const total = arena.read(out, 0);
  return { reliability: arena.read(out, 1) / total, resolution: arena.read(out, 2) / total };
}

function binOf(group: Group, index: number, bins: number): ReliabilityBin {
  const mean = (total: number) => (group.count > 0 ? total / group.count : undefined);
  return {
    low: index / bins,
    high: (index + 1) / bins,
    count: group.count,
    meanForecast: mean(group.sum),
    frequency: mean(group.hits),
  };
}
