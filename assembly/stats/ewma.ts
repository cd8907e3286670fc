/**
 * Exponentially weighted volatility and minimum-variance beta of returns around zero (RiskMetrics 1996). Portable.
 * Values whose squares leave the doubles must be scaled first (vector.ts).
 */

/**
 * For t in from..to - 1: v[t] = lambda * v[t-1] + (1 - lambda) * x[t]^2, started at v[0] = x[0]^2; out[t] = sqrt(v[t]) / scale.
 * `state` keeps v between calls that follow each other.
 */
export function ewmaVolatility(x: Reals, from: i32, to: i32, lambda: f64, scale: f64, state: Reals, out: Reals): void {
  let variance: f64 = from == 0 ? real(x, 0) * real(x, 0) : real(state, 0);
  if (from == 0) putReal(out, 0, Math.sqrt(variance) / scale);
  for (let at: i32 = from == 0 ? 1 : from; at < to; at++) {
    const value: f64 = real(x, at);
    variance = lambda * variance + (1.0 - lambda) * (value * value);
    putReal(out, at, Math.sqrt(variance) / scale);
  }
  putReal(state, 0, variance);
}

/**
 * For t in from..to - 1: out[t] = sum lambda^(t-i) x[i]*y[i] / sum lambda^(t-i) x[i]^2 over i <= t, divided by scaleY, times scaleX, in
 * this order: the quotient of the scales alone may leave the doubles. NaN while every x is 0. Both sums start from nothing, so that
 * the first pair weighs no more than its share; `state` keeps the two between calls that follow each other.
 */
export function ewmaSlope(
  y: Reals,
  x: Reals,
  from: i32,
  to: i32,
  lambda: f64,
  scaleY: f64,
  scaleX: f64,
  state: Reals,
  out: Reals,
): void {
  let products: f64 = from == 0 ? 0.0 : real(state, 0);
  let squares: f64 = from == 0 ? 0.0 : real(state, 1);
  for (let at: i32 = from; at < to; at++) {
    const value: f64 = real(x, at);
    products = lambda * products + value * real(y, at);
    squares = lambda * squares + value * value;
    putReal(out, at, squares > 0.0 ? ((products / squares + 0.0) / scaleY) * scaleX : NaN);
  }
  putReal(state, 0, products);
  putReal(state, 1, squares);
}
