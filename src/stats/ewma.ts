/**
 * Exponentially weighted volatility and minimum-variance beta of returns, around zero. One value per point, from the first point on:
 * there is no warm-up, but the first 1/(1 - lambda) values rest on few returns.
 *
 * The variance starts at the first squared return, as RiskMetrics and pandas' `ewm(adjust=False)` have it, and keeps a weight of
 * lambda^t on it. The sums of beta start from nothing, so that the first pair weighs no more than its share; the quotient would
 * not see a common factor anyway. Arrays with something not finite are refused; a stream, which never forgets, leaves it out.
 */
import { StatsError } from "./error.ts";
import type { UndefinedReason } from "./rolling-window.ts";
import { computeInSlices, type Sample } from "./runtime.ts";
import { BLOCK_VALUES, drain, type Slices } from "./sliced.ts";
import { copyIn, normalise } from "./vectors.ts";

export interface EwmaOptions {
  /** Weight of the past at each step, in (0, 1). Default 0.99. */
  readonly lambda?: number;
}

/**
 * Volatility per step, in the returns' unit: v[t]^2 = lambda v[t-1]^2 + (1 - lambda) r[t]^2 from v[0] = |r[0]| (RiskMetrics; the
 * recursion of the engine's own volatility). TOO_FEW_POINTS when empty, NOT_FINITE, BAD_ARGUMENT.
 */
export function ewmaVol(returns: Sample, options: EwmaOptions = {}): Float64Array {
  return drain(ewmaVolSlices(returns, options));
}

/** ewmaVol in slices. */
export function* ewmaVolSlices(returns: Sample, options: EwmaOptions = {}): Slices<Float64Array> {
  const lambda = lambdaOf(options);
  checkPoints(returns, "returns");
  const count = returns.length;
  return yield* computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const x = yield* copyIn(work, returns, "returns");
    const scale = yield* normalise(work, x, count);
    const state = arena.reserve(1);
    const out = arena.reserve(count);
    const result = new Float64Array(count);
    for (let from = 0; from < count; from += BLOCK_VALUES) {
      const to = Math.min(from + BLOCK_VALUES, count);
      kernels.ewmaVolatility(x, from, to, lambda, scale, state, out);
      result.set(arena.view(out + from * 8, to - from), from);
      if (meter.due(STEP_COST * (to - from))) yield;
    }
    return result;
  });
}

/**
 * Minimum-variance hedge ratio of returns `y` by returns `x`: sum lambda^(t-i) x[i]y[i] / sum lambda^(t-i) x[i]^2. NaN, never 0,
 * while every x has been 0. LENGTH_MISMATCH, TOO_FEW_POINTS when empty, NOT_FINITE, BAD_ARGUMENT.
 */
export function ewmaBeta(y: Sample, x: Sample, options: EwmaOptions = {}): Float64Array {
  return drain(ewmaBetaSlices(y, x, options));
}

/** ewmaBeta in slices. */
export function* ewmaBetaSlices(y: Sample, x: Sample, options: EwmaOptions = {}): Slices<Float64Array> {
  const lambda = lambdaOf(options);
  checkPoints(y, "y");
  const count = y.length;
  if (x.length !== count) {
    throw new StatsError("LENGTH_MISMATCH", "x", `has ${x.length} points, y has ${count}`, x.length, count);
  }
  return yield* computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const ys = yield* copyIn(work, y, "y");
    const xs = yield* copyIn(work, x, "x");
    const scaleY = yield* normalise(work, ys, count);
    const scaleX = yield* normalise(work, xs, count);
    const state = arena.reserve(2);
    const out = arena.reserve(count);
    const result = new Float64Array(count);
    for (let from = 0; from < count; from += BLOCK_VALUES) {
      const to = Math.min(from + BLOCK_VALUES, count);
      kernels.ewmaSlope(ys, xs, from, to, lambda, scaleY, scaleX, state, out);
      result.set(arena.view(out + from * 8, to - from), from);
      if (meter.due(STEP_COST * (to - from))) yield;
    }
    return result;
  });
}

/** What one step counts for: each waits for the one before, and for a root or a quotient. */
const STEP_COST = 6;

/** What a stream says after a return. */
export type EwmaVarianceResult =
  | { readonly variance: number; readonly volatility: number; readonly reason: undefined }
  | { readonly variance: undefined; readonly volatility: undefined; readonly reason: EwmaReason };

/** The value just pushed has been left out: it, or its square, is not finite. */
type EwmaReason = Extract<UndefinedReason, "notFinite" | "outOfRange">;

/** ewmaVol as a stream: variance and volatility per step. Two numbers of state. BAD_ARGUMENT. */
export class EwmaVariance {
  readonly lambda: number;
  #variance: number | undefined;

  constructor(options: EwmaOptions = {}) {
    this.lambda = lambdaOf(options);
  }

  /** Takes the next return in. One that is not finite, or whose square is not, changes nothing. */
  push(ret: number): EwmaVarianceResult {
    // The operations of assembly/stats/ewma.ts, in their order: the same bits.
    const square = ret * ret;
    const variance = this.#variance === undefined ? square : this.lambda * this.#variance + (1 - this.lambda) * square;
    if (!Number.isFinite(variance)) return { variance: undefined, volatility: undefined, reason: whyLeftOut(ret) };
    this.#variance = variance;
    return { variance, volatility: Math.sqrt(variance), reason: undefined };
  }
}

/** What a stream says after a pair of returns. */
export type EwmaBetaResult =
  | { readonly beta: number; readonly reason: undefined }
  /** `constant`: every x so far has been 0, or too small to square. */
  | { readonly beta: undefined; readonly reason: EwmaReason | "constant" };

/** ewmaBeta as a stream. Three numbers of state. BAD_ARGUMENT. */
export class EwmaBeta {
  readonly lambda: number;
  #products = 0;
  #squares = 0;

  constructor(options: EwmaOptions = {}) {
    this.lambda = lambdaOf(options);
  }

  /** Takes the next pair in. One that is not finite, or whose products are not, changes nothing. */
  push(y: number, x: number): EwmaBetaResult {
    const products = this.lambda * this.#products + x * y;
    const squares = this.lambda * this.#squares + x * x;
    if (!Number.isFinite(products) || !Number.isFinite(squares)) {
      return { beta: undefined, reason: whyLeftOut(x, y) };
    }
    this.#products = products;
    this.#squares = squares;
    if (!(squares > 0)) return { beta: undefined, reason: "constant" };
    const beta = products / squares + 0;
    return Number.isFinite(beta) ? { beta, reason: undefined } : { beta: undefined, reason: "outOfRange" };
  }
}

function whyLeftOut(...values: number[]): EwmaReason {
  return values.every(Number.isFinite) ? "outOfRange" : "notFinite";
}

function lambdaOf(options: EwmaOptions): number {
  const lambda = options.lambda ?? 0.99;
  if (lambda > 0 && lambda < 1) return lambda;
  throw new StatsError("BAD_ARGUMENT", "lambda", "must lie between 0 and 1", lambda, lambda > 0 ? 1 : 0);
}

function checkPoints(sample: Sample, field: string): void {
  if (sample.length === 0) throw new StatsError("TOO_FEW_POINTS", field, "is empty", 0, 1);
}
