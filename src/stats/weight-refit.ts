/**
 * Weekly refit of the linear intensity's weights (SPEC section 5): ridge regression toward the prior weights, brought back to the
 * simplex and to at most `moveMax` from last week's weights. Proposes only; versions and journal are the caller's.
 *
 *   min  sum lambda^(n-1-k) (y[k] - x[k]'w)^2 + ridge |w - prior|^2      rows oldest first
 *
 * then the nearest point with w >= 0, sum w = 1 and |w - current| <= moveMax: one projection on the whole set, since a clip after a
 * projection would leave the simplex.
 */
import { StatsError } from "./error.ts";
import { type Arena, compute, computeInSlices, type Sample } from "./runtime.ts";
import { drain, LOOP_COST, type Slices } from "./sliced.ts";

/** Position size, signal strength, volatility, risk aversion, time of day (S3). */
export const WEIGHTS_PRIOR: readonly number[] = [0.35, 0.25, 0.2, 0.15, 0.05];

export interface WeightRefitOptions {
  /** Default WEIGHTS_PRIOR. */
  readonly prior?: Sample;
  /** Last week's weights, default the prior. */
  readonly current?: Sample;
  /** Trust in the prior, in observations; above 0. Default 20. */
  readonly ridge?: number;
  /** Weight of the past at each row, in (0, 1]. Default 1. */
  readonly lambda?: number;
  /** Most that a weight may move, default 0.05. */
  readonly moveMax?: number;
}

export interface WeightRefit {
  readonly weights: number[];
  /** Before the projection. */
  readonly unconstrained: number[];
  /** Whether a weight was held back by `moveMax`. */
  readonly limited: boolean;
}

/**
 * `rows[k]` are the inputs of signal k, `targets[k]` its excursion over its stop distance, all clamped to [0, 1]. No rows give the
 * prior. BAD_ARGUMENT for values outside [0, 1], weights that do not sum to 1 and options out of range; LENGTH_MISMATCH, NOT_FINITE.
 */
export function refitWeights(rows: readonly Sample[], targets: Sample, options: WeightRefitOptions = {}): WeightRefit {
  return drain(refitWeightsSlices(rows, targets, options));
}

/** refitWeights in slices. */
export function refitWeightsSlices(
  rows: readonly Sample[],
  targets: Sample,
  options: WeightRefitOptions = {},
): Slices<WeightRefit> {
  return computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const { prior = WEIGHTS_PRIOR, ridge = 20, lambda = 1, moveMax = 0.05 } = options;
    const current = options.current ?? prior;
    const order = prior.length;
    checkWeights("prior", prior, order);
    checkWeights("current", current, order);
    refuseUnless(ridge > 0 && Number.isFinite(ridge), "ridge", ridge, "must be above 0");
    refuseUnless(lambda > 0 && lambda <= 1, "lambda", lambda, "must lie in (0, 1]");
    refuseUnless(moveMax >= 0 && moveMax <= 1, "moveMax", moveMax, "must lie in [0, 1]");
    checkLength("targets", targets.length, rows.length);
    const triangle = arena.reserve(order * order);
    const right = arena.reserve(order);
    const row = arena.reserve(order);
    kernels.ridgeStart(triangle, right, order, Math.sqrt(ridge));
    // Newest first, so that the weights are powers without a pow, whose bits would differ between hosts.
    let weight = 1;
    for (let at = rows.length - 1; at >= 0; at--) {
      const inputs = rows[at]!;
      checkLength(`rows[${at}]`, inputs.length, order);
      arena.copyTo(row, inputs, `rows[${at}]`);
      checkUnit(`rows[${at}]`, inputs);
      const root = Math.sqrt(weight);
      let target = targets[at]!;
      checkTarget(target, at);
      for (let k = 0; k < order; k++) {
        target -= inputs[k]! * prior[k]!;
        arena.write(row, k, inputs[k]! * root);
      }
      kernels.ridgeRow(triangle, right, order, row, target * root);
      weight *= lambda;
      if (meter.due(LOOP_COST * 4 * order)) yield;
    }
    const change = arena.reserve(order);
    kernels.ridgeSolve(triangle, right, order, change);
    const unconstrained = Array.from(arena.copyOut(change, order), (value, k) => prior[k]! + value);
    if (!unconstrained.every(Number.isFinite)) {
      throw new StatsError("OVERFLOW", "ridge", "is too small for dependent inputs", ridge);
    }
    const free = project(arena, kernels, unconstrained, 0, 1);
    const low = Array.from(current, (weight) => Math.max(0, weight - moveMax));
    const high = Array.from(current, (weight) => Math.min(1, weight + moveMax));
    const limited = free.some((value, k) => value < low[k]! || value > high[k]!);
    return { weights: project(arena, kernels, unconstrained, low, high), unconstrained, limited };
  });
}

/** Nearest point with entries of 0 or more that sum to 1 (Duchi, Shalev-Shwartz, Singer & Chandra 2008). */
export function projectSimplex(point: Sample): number[] {
  if (point.length === 0) throw new StatsError("TOO_FEW_POINTS", "point", "is empty", 0, 1);
  return compute((kernels, arena) => project(arena, kernels, point, 0, 1));
}

function project(
  arena: Arena,
  kernels: Parameters<Parameters<typeof compute>[0]>[0],
  point: Sample,
  low: number | Sample,
  high: number | Sample,
): number[] {
  const count = point.length;
  const bound = (limit: number | Sample) => (typeof limit === "number" ? new Float64Array(count).fill(limit) : limit);
  const v = arena.copyIn(point, "point");
  const lows = arena.copyIn(bound(low), "low");
  const highs = arena.copyIn(bound(high), "high");
  const out = arena.reserve(count);
  const found = kernels.projectBounded(v, lows, highs, count, out);
  if (found === 0) throw new StatsError("NO_SOLUTION", "current", "leaves no weights that sum to 1");
  return Array.from(arena.copyOut(out, count), (value) => value + 0);
}

const SUM_TOLERANCE = 1e-9;

function checkTarget(target: number, at: number): void {
  if (!Number.isFinite(target)) throw new StatsError("NOT_FINITE", `targets[${at}]`, `is ${target}`, target);
  refuseUnless(target >= 0 && target <= 1, `targets[${at}]`, target, "must lie in [0, 1]");
}

function checkWeights(field: string, weights: Sample, order: number): void {
  checkLength(field, weights.length, order);
  checkUnit(field, weights);
  let sum = 0;
  for (const weight of weights) sum += weight;
  refuseUnless(Math.abs(sum - 1) <= SUM_TOLERANCE, field, sum, "must sum to 1");
}

function checkUnit(field: string, values: Sample): void {
  values.forEach((value, k) => {
    refuseUnless(value >= 0 && value <= 1, `${field}[${k}]`, value, "must lie in [0, 1]");
  });
}

function checkLength(field: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new StatsError("LENGTH_MISMATCH", field, `has ${found} entries, not ${expected}`, found, expected);
}

function refuseUnless(holds: boolean, field: string, value: number, why: string): void {
  if (!holds) throw new StatsError("BAD_ARGUMENT", field, `is ${value}, ${why}`, value);
}
