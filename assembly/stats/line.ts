/**
 * Least squares of a line with an intercept, on centred values: two passes for the means with their rounding error, one for the
 * sums, one for the residuals. As accurate as the refined QR, because centring leaves nothing to be ill-conditioned. Portable.
 *
 * out: [0] slope, [1] intercept, [2] squared residuals, [3] squares of x, [4] squares of y, both centred, [5] mean of x.
 * Returns 1, or 0 when x varies by no more than the share `tolerance` of its size: then nothing was computed.
 * Values whose squares leave the doubles must be scaled first (vector.ts).
 */
import { sumFrom } from "./vector.ts";

export function fitLine(x: Reals, y: Reals, count: i32, tolerance: f64, residual: Reals, out: Reals): i32 {
  const meanX: f64 = real(x, 0) + sumFrom(x, count, real(x, 0)) / count;
  const restX: f64 = sumFrom(x, count, meanX) / count;
  const meanY: f64 = real(y, 0) + sumFrom(y, count, real(y, 0)) / count;
  const restY: f64 = sumFrom(y, count, meanY) / count;
  centredSums(x, y, count, meanX, restX, meanY, restY, out);
  const xx = real(out, 3);
  if (!(xx > tolerance * tolerance * (xx + count * meanX * meanX))) return 0;
  const slope: f64 = real(out, 0) / xx;
  putReal(out, 0, slope);
  putReal(out, 1, meanY - slope * meanX + (restY - slope * restX));
  putReal(out, 2, residuals(x, y, count, meanX, restX, meanY, restY, slope, residual));
  putReal(out, 5, meanX);
  return 1;
}

/** out: [0] products, [3] squares of x, [4] squares of y. */
function centredSums(
  x: Reals,
  y: Reals,
  count: i32,
  meanX: f64,
  restX: f64,
  meanY: f64,
  restY: f64,
  out: Reals,
): void {
  const meansX = pairOf(meanX);
  const restsX = pairOf(restX);
  const meansY = pairOf(meanY);
  const restsY = pairOf(restY);
  let xx0 = pairOf(0.0);
  let xx1 = pairOf(0.0);
  let yy0 = pairOf(0.0);
  let yy1 = pairOf(0.0);
  let xy0 = pairOf(0.0);
  let xy1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    const dx0 = pairSub(pairSub(firstPair(xs), meansX), restsX);
    const dy0 = pairSub(pairSub(firstPair(ys), meansY), restsY);
    const dx1 = pairSub(pairSub(secondPair(xs), meansX), restsX);
    const dy1 = pairSub(pairSub(secondPair(ys), meansY), restsY);
    xx0 = pairAdd(xx0, pairMul(dx0, dx0));
    yy0 = pairAdd(yy0, pairMul(dy0, dy0));
    xy0 = pairAdd(xy0, pairMul(dx0, dy0));
    xx1 = pairAdd(xx1, pairMul(dx1, dx1));
    yy1 = pairAdd(yy1, pairMul(dy1, dy1));
    xy1 = pairAdd(xy1, pairMul(dx1, dy1));
  }
  let xx = pairSum(pairAdd(xx0, xx1));
  let yy = pairSum(pairAdd(yy0, yy1));
  let xy = pairSum(pairAdd(xy0, xy1));
  for (; at < count; at++) {
    const dx: f64 = real(x, at) - meanX - restX;
    const dy: f64 = real(y, at) - meanY - restY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  putReal(out, 0, xy);
  putReal(out, 3, xx);
  putReal(out, 4, yy);
}

/** Their squares' sum: not from the sums above, whose difference has no digits left where the line fits well. */
function residuals(
  x: Reals,
  y: Reals,
  count: i32,
  meanX: f64,
  restX: f64,
  meanY: f64,
  restY: f64,
  slope: f64,
  residual: Reals,
): f64 {
  const meansX = pairOf(meanX);
  const restsX = pairOf(restX);
  const meansY = pairOf(meanY);
  const restsY = pairOf(restY);
  const slopes = pairOf(slope);
  let sum0 = pairOf(0.0);
  let sum1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    const to = realsFrom(residual, at);
    const dx0 = pairSub(pairSub(firstPair(xs), meansX), restsX);
    const dx1 = pairSub(pairSub(secondPair(xs), meansX), restsX);
    const r0 = pairSub(pairSub(pairSub(firstPair(ys), meansY), restsY), pairMul(slopes, dx0));
    const r1 = pairSub(pairSub(pairSub(secondPair(ys), meansY), restsY), pairMul(slopes, dx1));
    putFirstPair(to, r0);
    putSecondPair(to, r1);
    sum0 = pairAdd(sum0, pairMul(r0, r0));
    sum1 = pairAdd(sum1, pairMul(r1, r1));
  }
  let sum = pairSum(pairAdd(sum0, sum1));
  for (; at < count; at++) {
    const dx: f64 = real(x, at) - meanX - restX;
    const value: f64 = real(y, at) - meanY - restY - slope * dx;
    putReal(residual, at, value);
    sum += value * value;
  }
  return sum;
}
