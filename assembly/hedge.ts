/**
 * Hedge arithmetic: delta correction, linear intensity, EWMA variance. Pure functions of their arguments.
 *
 * Portable: compiled by asc and by tsc, bit for bit the same (f64 arithmetic and Math.abs/sqrt only). Results are never -0.
 */

/**
 * Change of the held hedge that brings it back into its corridor (SPEC §5, delta correction), in signed quote notional.
 *
 *   d = held - target        held, target: signed quote notional of the hedge instrument
 *   half = band * |E*beta|   betaExposure = E*beta, signed quote notional; band: a fraction, default 0.05
 *   |d| <= half              0
 *   toCentre != 0            -d               back to the target
 *   else                     -(d - sign(d)*half)   back to the corridor's edge
 *
 * Every correction reduces |d| and none changes its sign. A negative band, or NaN anywhere, gives NaN: the caller refuses it
 * at the crossing to lots.
 */
export function correctionNotional(held: f64, target: f64, betaExposure: f64, band: f64, toCentre: i32): f64 {
  const drift: f64 = held - target;
  const half: f64 = band * Math.abs(betaExposure);
  if (!(half >= 0.0)) return NaN;
  if (Math.abs(drift) <= half) return 0.0;
  if (toCentre != 0) return 0.0 - drift;
  return drift > 0.0 ? 0.0 - (drift - half) : 0.0 - (drift + half);
}

/**
 * 1 when a correction is worth its cost, else 0 (SPEC §5: expected risk reduction against fees + half spread + buffer).
 *
 * All terms are fractions of the corrected notional, so the notional itself only has to be there: the uncorrected notional is
 * exposed to sigma * sqrt(horizon) until the next decision. sigma per square root of a second; horizon in seconds; fee, half
 * spread and slippage buffer as fractions (default buffer 0.002). Any NaN answers 0: what cannot be valued is not traded.
 */
export function correctionPays(
  notional: f64,
  sigmaPerSqrtSec: f64,
  horizonSec: f64,
  fee: f64,
  halfSpread: f64,
  slippage: f64,
): i32 {
  if (!(Math.abs(notional) > 0.0)) return 0;
  return sigmaPerSqrtSec * Math.sqrt(horizonSec) > fee + halfSpread + slippage ? 1 : 0;
}

/**
 * Hedge intensity of the linear policy before decay (SPEC §5, S3): clamp01(clamp01(sum w*x) * night * leverage).
 *
 * In order: position size, signal strength, volatility, risk aversion, time of day; weights default .35 .25 .20 .15 .05, every
 * x in [0, 1]. night is 1.20 in [01:00, 04:00) UTC and 1 otherwise; leverage is 1 + g*(L - 1)/9. NaN in, NaN out.
 */
export function linearIntensity(
  w1: f64,
  w2: f64,
  w3: f64,
  w4: f64,
  w5: f64,
  x1: f64,
  x2: f64,
  x3: f64,
  x4: f64,
  x5: f64,
  night: f64,
  leverage: f64,
): f64 {
  // One expression, left to right: the order of additions is part of the result.
  const sum: f64 = w1 * x1 + w2 * x2 + w3 * x3 + w4 * x4 + w5 * x5;
  return clamp01(clamp01(sum) * night * leverage);
}

/**
 * One step of the exponentially weighted variance of returns around zero: lambda * previous + (1 - lambda) * ret^2.
 * `ret` is a log return per step, the result its variance per step; lambda in [0, 1], default 0.99 (SPEC §5, RiskMetrics).
 */
export function ewmaVariance(previous: f64, ret: f64, lambda: f64): f64 {
  return lambda * previous + (1.0 - lambda) * ret * ret + 0.0;
}

function clamp01(value: f64): f64 {
  if (value <= 0.0) return 0.0;
  return value > 1.0 ? 1.0 : value;
}
