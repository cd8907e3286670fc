/**
 * Centring and standardising of columns, which covariance and correlation are built on. In place. Portable.
 *
 * The mean is taken twice, the second time from what the first one left: a large offset then costs no digits, and equal values give
 * exact zeros. Values whose squares leave the doubles must be scaled first (vector.ts); the sum of squares tells.
 */
import { dot, scaleShift, sumFrom } from "./vector.ts";

/** x - mean, then zeros from `count` to `padded`. Returns the sum of squares that is left. */
export function centreColumn(x: Reals, count: i32, padded: i32): f64 {
  const first = real(x, 0);
  scaleShift(x, count, 1.0, first + sumFrom(x, count, first) / count);
  for (let at: i32 = count; at < padded; at++) putReal(x, at, 0.0);
  scaleShift(x, count, 1.0, sumFrom(x, count, 0.0) / count);
  return dot(x, x, count);
}

/**
 * (x - mean) / length, so that a product of two columns is their correlation, then zeros from `count` to `padded`. Returns the sum
 * of squares that was left: 0 for a constant column, which is all zeros then. Three passes, since this is what the matrix waits for.
 */
export function standardiseColumn(x: Reals, count: i32, padded: i32): f64 {
  const first = real(x, 0);
  const mean: f64 = first + sumFrom(x, count, first) / count;
  const means = pairOf(mean);
  let r0 = pairOf(0.0);
  let r1 = pairOf(0.0);
  let q0 = pairOf(0.0);
  let q1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const d0 = pairSub(pair(x, at), means);
    const d1 = pairSub(pair(x, at + 2), means);
    putPair(x, at, d0);
    putPair(x, at + 2, d1);
    r0 = pairAdd(r0, d0);
    r1 = pairAdd(r1, d1);
    q0 = pairAdd(q0, pairMul(d0, d0));
    q1 = pairAdd(q1, pairMul(d1, d1));
  }
  let rest = pairSum(pairAdd(r0, r1));
  let squares = pairSum(pairAdd(q0, q1));
  for (; at < count; at++) {
    const deviation: f64 = real(x, at) - mean;
    putReal(x, at, deviation);
    rest += deviation;
    squares += deviation * deviation;
  }
  for (; at < padded; at++) putReal(x, at, 0.0);
  rest /= count;
  // Around the exact mean (Chan, Golub & LeVeque 1983), before the last shift and in one go with it.
  squares -= rest * rest * count;
  if (squares > 0.0) {
    const factor: f64 = 1.0 / Math.sqrt(squares);
    scaleShift(x, count, factor, rest * factor);
  }
  return squares;
}
