/**
 * Exponentially weighted volatility and minimum-variance beta of returns around zero (RiskMetrics 1996). Portable.
 * Values whose squares leave the doubles must be scaled first (vector.ts).
 */

/** out[t]^2 = lambda * out[t-1]^2 + (1 - lambda) * x[t]^2, started at out[0] = |x[0]|. */
export function ewmaVolatility(x: Reals, count: i32, lambda: f64, out: Reals): void {
  let variance: f64 = real(x, 0) * real(x, 0);
  putReal(out, 0, Math.sqrt(variance));
  for (let at: i32 = 1; at < count; at++) {
    const value: f64 = real(x, at);
    variance = lambda * variance + (1.0 - lambda) * (value * value);
    putReal(out, at, Math.sqrt(variance));
  }
}

/**
 * out[t] = sum lambda^(t-i) x[i]*y[i] / sum lambda^(t-i) x[i]^2 over i <= t; NaN while every x is 0. Both sums start from nothing,
 * so the first pair weighs no more than its share.
 */
export function ewmaSlope(y: Reals, x: Reals, count: i32, lambda: f64, out: Reals): void {
  let products: f64 = 0.0;
  let squares: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) {
    const value: f64 = real(x, at);
    products = lambda * products + value * real(y, at);
    squares = lambda * squares + value * value;
    putReal(out, at, squares > 0.0 ? products / squares + 0.0 : NaN);
  }
}
