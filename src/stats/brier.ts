/**
 * Brier score of probability forecasts, with Murphy's decomposition and a reliability table.
 *
 *   score = reliability - resolution + uncertainty     over groups of equal forecasts, exact but for rounding
 *
 * Where nearly every forecast is a value of its own, those groups hold one outcome each and say little: then read `binned`, whose
 * three terms leave `withinBin` unexplained. Compare the score with `uncertainty`: a forecast that is no better is useless.
 */
import { StatsError } from "./error.ts";
import { ascending, type Outcomes, outcomesFor } from "./outcomes.ts";
import { compute, type Sample } from "./runtime.ts";

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

export const BINS_MAX = 1000;

/** One forecast at least. LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT for forecasts outside [0, 1] or outcomes other than 0 and 1. */
export function brier(forecasts: Sample, outcomes: Outcomes, options: BrierOptions = {}): BrierResult {
  const bins = options.bins ?? 10;
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= BINS_MAX)) {
    throw new StatsError("BAD_ARGUMENT", "bins", `must be a whole number of 1..${BINS_MAX}`, bins, BINS_MAX);
  }
  const hits = outcomesFor(forecasts, "forecasts", outcomes, 1);
  const count = forecasts.length;
  return compute((kernels, arena) => {
    const p = arena.copyIn(forecasts, "forecasts");
    const o = arena.copyIn(hits, "outcomes");
    forecasts.forEach((value, index) => {
      if (value >= 0 && value <= 1) return;
      const limit = value < 0 ? 0 : 1;
      throw new StatsError("BAD_ARGUMENT", `forecasts[${index}]`, `is ${value}, must lie in [0, 1]`, value, limit);
    });
    const baseRate = hits.reduce((sum, hit) => sum + hit, 0) / count;
    const decompose = (groups: readonly Group[]) => {
      const means = arena.copyIn(
        groups.map((group) => (group.count > 0 ? group.sum / group.count : 0)),
        "means",
      );
      const came = arena.copyIn(
        groups.map((group) => group.hits),
        "hits",
      );
      const counts = arena.copyIn(
        groups.map((group) => group.count),
        "counts",
      );
      const out = arena.reserve(2);
      kernels.murphy(means, came, counts, groups.length, baseRate, out);
      return { reliability: arena.read(out, 0), resolution: arena.read(out, 1) };
    };
    const score = kernels.brierMean(p, o, count);
    const uncertainty = baseRate * (1 - baseRate);
    const table = binsOf(forecasts, hits, bins);
    const exact = decompose(equalForecasts(forecasts, hits));
    const coarse = decompose(table);
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

/** `sum` is count * forecast, so that the group's mean is the forecast itself. */
function equalForecasts(forecasts: Sample, hits: Float64Array): Group[] {
  const groups: Group[] = [];
  let before = Number.NaN;
  for (const index of ascending(forecasts)) {
    const forecast = forecasts[index]!;
    if (forecast !== before) groups.push({ count: 0, sum: 0, hits: 0 });
    before = forecast;
    const group = groups.at(-1)!;
    group.count++;
    group.sum = group.count * forecast;
    group.hits += hits[index]!;
  }
  return groups;
}

function binsOf(forecasts: Sample, hits: Float64Array, bins: number): Group[] {
  const groups = Array.from({ length: bins }, () => ({ count: 0, sum: 0, hits: 0 }));
  forecasts.forEach((forecast, index) => {
    const group = groups[Math.min(bins - 1, Math.floor(forecast * bins))]!;
    group.count++;
    group.sum += forecast;
    group.hits += hits[index]!;
  });
  return groups;
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
