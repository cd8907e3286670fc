/**
 * Mean, centred squares and lag-1 products of a whole sample. Two-pass with the mean's own rounding error carried along (Chan,
 * Golub & LeVeque 1983), which reaches what the data's binary64 rounding allows. Portable.
 *
 * out: [0] mean, [1] what the mean lost to rounding, [2] sum of squared deviations.
 * Equal values give squares of exactly 0. Values whose squares leave the doubles must be scaled first (vector.ts).
 */
import { sumFrom } from "./vector.ts";

export function moments(x: Reals, count: i32, out: Reals): void {
  // From the first value, so that equal values leave nothing; then once more, which takes away what an outlying first value cost.
  const first = real(x, 0);
  const mean: f64 = first + sumFrom(x, count, first) / count;
  const rest: f64 = sumFrom(x, count, mean) / count;
  putReal(out, 0, mean);
  putReal(out, 1, rest);
  putReal(out, 2, centredSquares(x, count, mean, rest));
}

function centredSquares(x: Reals, count: i32, mean: f64, rest: f64): f64 {
  const means = pairOf(mean);
  const rests = pairOf(rest);
  let s0 = pairOf(0.0);
  let s1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const d0 = pairSub(pairSub(pair(x, at), means), rests);
    const d1 = pairSub(pairSub(pair(x, at + 2), means), rests);
    s0 = pairAdd(s0, pairMul(d0, d0));
    s1 = pairAdd(s1, pairMul(d1, d1));
  }
  let squares = pairSum(pairAdd(s0, s1));
  for (; at < count; at++) {
    const deviation: f64 = real(x, at) - mean - rest;
    squares += deviation * deviation;
  }
  return squares;
}

/** Sum of products of neighbours' deviations from mean + rest. */
export function neighbourProducts(x: Reals, count: i32, mean: f64, rest: f64): f64 {
  let products: f64 = 0.0;
  let before: f64 = real(x, 0) - mean - rest;
  for (let at: i32 = 1; at < count; at++) {
    const deviation: f64 = real(x, at) - mean - rest;
    products += before * deviation;
    before = deviation;
  }
  return products;
}
