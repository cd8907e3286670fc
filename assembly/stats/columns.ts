/**
 * Centring of columns, which covariance and correlation are built on. In place. Portable.
 *
 * The mean is taken twice, the second time from what the first one left: a large offset then costs no digits, and equal values give
 * exact zeros (src/stats/columns.ts). Values whose squares leave the doubles must be scaled first; the sum of squares tells.
 */

/**
 * Takes `mean` off a range of a column. Adds to `out`: [0] what that leaves, [1] its squares. Squares minus the rest's own (Chan,
 * Golub & LeVeque 1983) is the sum around the exact mean.
 */
export function deviations(x: Reals, count: i32, mean: f64, out: Reals): void {
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
  putReal(out, 0, real(out, 0) + rest);
  putReal(out, 1, real(out, 1) + squares);
}
