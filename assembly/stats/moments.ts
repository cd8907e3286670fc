/**
 * Mean, centred squares and lag-1 products of a whole sample. Two-pass with the mean's own rounding error carried along (Chan,
 * Golub & LeVeque 1983), which reaches what the data's binary64 rounding allows. Portable.
 *
 * out: [0] mean, [1] what the mean lost to rounding, [2] sum of squared deviations.
 * Equal values give squares of exactly 0. Values whose squares leave the doubles must be scaled first (vector.ts).
 */
import { sumFrom } from "./vector.ts";

export function moments(x: Reals, count: i32, out: Reals): void {
  // From the first value, so that equal values leave nothing. What an outlying first value costs comes back as the rest.
  const first = real(x, 0);
  putReal(out, 0, first + sumFrom(x, count, first) / count);
  putReal(out, 1, 0.0);
  putReal(out, 2, 0.0);
  addMoments(x, count, out);
  finishMoments(count, out);
}

/** Adds what `count` values leave about the mean in out[0] to out[1], and its squares to out[2]. */
export function addMoments(x: Reals, count: i32, out: Reals): void {
  const mean = real(out, 0);
  const means = pairOf(mean);
  let r0 = pairOf(0.0);
  let r1 = pairOf(0.0);
  let s0 = pairOf(0.0);
  let s1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const d0 = pairSub(pair(x, at), means);
    const d1 = pairSub(pair(x, at + 2), means);
    r0 = pairAdd(r0, d0);
    r1 = pairAdd(r1, d1);
    s0 = pairAdd(s0, pairMul(d0, d0));
    s1 = pairAdd(s1, pairMul(d1, d1));
  }
  let rest = pairSum(pairAdd(r0, r1));
  let squares = pairSum(pairAdd(s0, s1));
  for (; at < count; at++) {
    const deviation: f64 = real(x, at) - mean;
    rest += deviation;
    squares += deviation * deviation;
  }
  putReal(out, 1, real(out, 1) + rest);
  putReal(out, 2, real(out, 2) + squares);
}

/** Once all values are added: the sums about the mean become its rest and the squares about both. */
export function finishMoments(count: i32, out: Reals): void {
  const rest: f64 = real(out, 1) / count;
  putReal(out, 2, real(out, 2) - real(out, 1) * rest);
  putReal(out, 1, rest);
}

/** `sum` plus the products of neighbours' deviations from mean + rest: one running sum, so cuts that share a value leave no trace. */
export function neighbourProducts(x: Reals, count: i32, mean: f64, rest: f64, sum: f64): f64 {
  let products: f64 = sum;
  let before: f64 = real(x, 0) - mean - rest;
  for (let at: i32 = 1; at < count; at++) {
    const deviation: f64 = real(x, at) - mean - rest;
    products += before * deviation;
    before = deviation;
  }
  return products;
}
