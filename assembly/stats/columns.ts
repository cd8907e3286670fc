/**
 * Centring and standardising of columns, which covariance and correlation are built on. In place. Portable.
 *
 * The mean is taken twice, the second time from what the first one left: a large offset then costs no digits, and equal values give
 * exact zeros. Values whose squares leave the doubles must be scaled first (vector.ts).
 */
import { dot, scaleShift, sumFrom } from "./vector.ts";

/** x - mean, then zeros from `count` to `padded`. Returns the sum of squares that is left. */
export function centreColumn(x: Reals, count: i32, padded: i32): f64 {
  takeMean(x, count, padded);
  const rest: f64 = sumFrom(x, count, 0.0) / count;
  scaleShift(x, count, 1.0, rest);
  return dot(x, x, count);
}

/** (x - mean) / length, so that a product of two columns is their correlation. Returns the sum of squares that was left: 0 for a
 * constant column, which is all zeros then. */
export function standardiseColumn(x: Reals, count: i32, padded: i32): f64 {
  takeMean(x, count, padded);
  const rest: f64 = sumFrom(x, count, 0.0) / count;
  // Around the exact mean (Chan, Golub & LeVeque 1983), before the last shift and in one go with it.
  const squares: f64 = dot(x, x, count) - rest * rest * count;
  if (!(squares > 0.0)) return 0.0;
  const factor: f64 = 1.0 / Math.sqrt(squares);
  scaleShift(x, count, factor, rest * factor);
  return squares;
}

function takeMean(x: Reals, count: i32, padded: i32): void {
  const first = real(x, 0);
  scaleShift(x, count, 1.0, first + sumFrom(x, count, first) / count);
  for (let at: i32 = count; at < padded; at++) putReal(x, at, 0.0);
}
