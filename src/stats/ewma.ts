/**
 * Exponentially weighted volatility and minimum-variance beta of returns, around zero. Both return one value per point, from the
 * first point on: there is no warm-up, but the first 1/(1 - lambda) values rest on few returns.
 */
import { StatsError } from "./error.ts";
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

function lambdaOf(options: EwmaOptions): number {
  const lambda = options.lambda ?? 0.99;
  if (lambda > 0 && lambda < 1) return lambda;
  throw new StatsError("BAD_ARGUMENT", "lambda", "must lie between 0 and 1", lambda, lambda > 0 ? 1 : 0);
}

function checkPoints(sample: Sample, field: string): void {
  if (sample.length === 0) throw new StatsError("TOO_FEW_POINTS", field, "is empty", 0, 1);
}
