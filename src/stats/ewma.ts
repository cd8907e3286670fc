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
import { compute, type Sample } from "./runtime.ts";

export interface EwmaOptions {
  /** Weight of the past at each step, in (0, 1). Default 0.99. */
  readonly lambda?: number;
}

/**
 * Volatility per step, in the returns' unit: v[t]^2 = lambda v[t-1]^2 + (1 - lambda) r[t]^2 from v[0] = |r[0]| (RiskMetrics; the
 * recursion of the engine's own volatility). TOO_FEW_POINTS when empty, NOT_FINITE, BAD_ARGUMENT.
 */
export function ewmaVol(returns: Sample, options: EwmaOptions = {}): Float64Array {
  const lambda = lambdaOf(options);
  checkPoints(returns, "returns");
  return compute((kernels, arena) => {
    const x = arena.copyIn(returns, "returns");
    const out = arena.reserve(returns.length);
    const scale = kernels.normalise(x, returns.length);
    kernels.ewmaVolatility(x, returns.length, lambda, out);
    return arena.copyOut(out, returns.length).map((vol) => vol / scale);
  });
}

/**
 * Minimum-variance hedge ratio of returns `y` by returns `x`: sum lambda^(t-i) x[i]y[i] / sum lambda^(t-i) x[i]^2. NaN, never 0,
 * while every x has been 0. LENGTH_MISMATCH, TOO_FEW_POINTS when empty, NOT_FINITE, BAD_ARGUMENT.
 */
export function ewmaBeta(y: Sample, x: Sample, options: EwmaOptions = {}): Float64Array {
  const lambda = lambdaOf(options);
  checkPoints(y, "y");
  if (x.length !== y.length) {
    throw new StatsError("LENGTH_MISMATCH", "x", `has ${x.length} points, y has ${y.length}`, x.length, y.length);
  }
  return compute((kernels, arena) => {
    const ys = arena.copyIn(y, "y");
    const xs = arena.copyIn(x, "x");
    const out = arena.reserve(y.length);
    // In this order: the quotient of the scales alone may leave the doubles.
    const scaleY = kernels.normalise(ys, y.length);
    const scaleX = kernels.normalise(xs, x.length);
    kernels.ewmaSlope(ys, xs, y.length, lambda, out);
    return arena.copyOut(out, y.length).map((beta) => (beta / scaleY) * scaleX);
  });
}

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
