/**
 * Least squares of a line with an intercept, on centred values: one pass for the means, one for the sums, which also finds what the
 * means lost to rounding, and one for the residuals where their squares cannot be had by subtraction. As accurate as the refined
 * QR, because centring leaves nothing to be ill-conditioned. Portable.
 *
 * out, 9 values: [0] slope, [1] intercept, [2] squared residuals, [3] squares of x, [4] squares of y, both centred, [5] mean of x,
 * [6] mean of y, [7] and [8] what those lost. Values whose squares leave the doubles must be scaled first (vector.ts).
 */

/** Where a line leaves less of y's squares than this, subtraction would cost digits: residuals are summed instead. */
const RESIDUAL_SHARE = 0.05;

/** Returns 1, or 0 when x varies by no more than the share `tolerance` of its size: then there is no slope. */
export function fitLine(x: Reals, y: Reals, count: i32, tolerance: f64, residual: Reals, out: Reals): i32 {
  putMeans(x, y, count, out);
  putSums(x, y, count, out);
  const meanX = real(out, 5);
  const xy = real(out, 0);
  const xx = real(out, 3);
  const yy = real(out, 4);
  if (!(xx > tolerance * tolerance * (xx + count * meanX * meanX))) return 0;
  const slope: f64 = xy / xx;
  putReal(out, 0, slope);
  putReal(out, 1, real(out, 6) - slope * meanX + (real(out, 8) - slope * real(out, 7)));
  const left: f64 = yy - slope * xy;
  if (left > RESIDUAL_SHARE * yy) putReal(out, 2, left);
  else lineResiduals(x, y, count, residual, out);
  return 1;
}

/** Residuals of the line in `out`, and out[2] from them. */
export function lineResiduals(x: Reals, y: Reals, count: i32, residual: Reals, out: Reals): void {
  const slope = real(out, 0);
  const meanX = real(out, 5);
  const meanY = real(out, 6);
  const rest: f64 = real(out, 8) - slope * real(out, 7);
  const slopes = pairOf(slope);
  const meansX = pairOf(meanX);
  const meansY = pairOf(meanY);
  const rests = pairOf(rest);
  let sum0 = pairOf(0.0);
  let sum1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    const to = realsFrom(residual, at);
    const dx0 = pairSub(firstPair(xs), meansX);
    const dx1 = pairSub(secondPair(xs), meansX);
    const r0 = pairSub(pairSub(pairSub(firstPair(ys), meansY), pairMul(slopes, dx0)), rests);
    const r1 = pairSub(pairSub(pairSub(secondPair(ys), meansY), pairMul(slopes, dx1)), rests);
    putFirstPair(to, r0);
    putSecondPair(to, r1);
    sum0 = pairAdd(sum0, pairMul(r0, r0));
    sum1 = pairAdd(sum1, pairMul(r1, r1));
  }
  let sum = pairSum(pairAdd(sum0, sum1));
  for (; at < count; at++) {
    const value: f64 = real(y, at) - meanY - slope * (real(x, at) - meanX) - rest;
    putReal(residual, at, value);
    sum += value * value;
  }
  putReal(out, 2, sum);
}

/** From the first values, so that equal ones leave nothing. */
function putMeans(x: Reals, y: Reals, count: i32, out: Reals): void {
  const firstX = pairOf(real(x, 0));
  const firstY = pairOf(real(y, 0));
  let x0 = pairOf(0.0);
  let x1 = pairOf(0.0);
  let y0 = pairOf(0.0);
  let y1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    x0 = pairAdd(x0, pairSub(firstPair(xs), firstX));
    y0 = pairAdd(y0, pairSub(firstPair(ys), firstY));
    x1 = pairAdd(x1, pairSub(secondPair(xs), firstX));
    y1 = pairAdd(y1, pairSub(secondPair(ys), firstY));
  }
  let sumX = pairSum(pairAdd(x0, x1));
  let sumY = pairSum(pairAdd(y0, y1));
  for (; at < count; at++) {
    sumX += real(x, at) - real(x, 0);
    sumY += real(y, at) - real(y, 0);
  }
  putReal(out, 5, real(x, 0) + sumX / count);
  putReal(out, 6, real(y, 0) + sumY / count);
}

/** out: [0] products, [3] squares of x, [4] squares of y, [7] and [8] the means' rests, which the others are corrected by. */
function putSums(x: Reals, y: Reals, count: i32, out: Reals): void {
  const meanX = real(out, 5);
  const meanY = real(out, 6);
  const meansX = pairOf(meanX);
  const meansY = pairOf(meanY);
  let x0 = pairOf(0.0);
  let y0 = pairOf(0.0);
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
    const dx0 = pairSub(firstPair(xs), meansX);
    const dy0 = pairSub(firstPair(ys), meansY);
    const dx1 = pairSub(secondPair(xs), meansX);
    const dy1 = pairSub(secondPair(ys), meansY);
    x0 = pairAdd(x0, pairAdd(dx0, dx1));
    y0 = pairAdd(y0, pairAdd(dy0, dy1));
    xx0 = pairAdd(xx0, pairMul(dx0, dx0));
    yy0 = pairAdd(yy0, pairMul(dy0, dy0));
    xy0 = pairAdd(xy0, pairMul(dx0, dy0));
    xx1 = pairAdd(xx1, pairMul(dx1, dx1));
    yy1 = pairAdd(yy1, pairMul(dy1, dy1));
    xy1 = pairAdd(xy1, pairMul(dx1, dy1));
  }
  let sumX = pairSum(x0);
  let sumY = pairSum(y0);
  let xx = pairSum(pairAdd(xx0, xx1));
  let yy = pairSum(pairAdd(yy0, yy1));
  let xy = pairSum(pairAdd(xy0, xy1));
  for (; at < count; at++) {
    const dx: f64 = real(x, at) - meanX;
    const dy: f64 = real(y, at) - meanY;
    sumX += dx;
    sumY += dy;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  const restX: f64 = sumX / count;
  const restY: f64 = sumY / count;
  putReal(out, 0, xy - sumX * restY);
  putReal(out, 3, xx - sumX * restX);
  putReal(out, 4, yy - sumY * restY);
  putReal(out, 7, restX);
  putReal(out, 8, restY);
}
