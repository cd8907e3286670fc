/**
 * Least squares of a line with an intercept, on centred values: one pass for the means, one for the sums, which also finds what the
 * means lost to rounding, and one for the residuals where their squares cannot be had by subtraction. As accurate as the refined
 * QR, because centring leaves nothing to be ill-conditioned. Portable.
 *
 * out, 9 values: [0] slope, [1] intercept, [2] squared residuals, [3] squares of x, [4] squares of y, both centred, [5] mean of x,
 * [6] mean of y, [7] and [8] what those lost. Values whose squares leave the doubles must be scaled first (vector.ts).
 *
 * fitLine is the whole fit; a caller that must rest in between makes the same calls on ranges of rows, and then the ranges are part
 * of the order in which is added.
 */

/** Where a line leaves less of y's squares than this, subtraction would cost digits: residuals are summed instead. */
const RESIDUAL_SHARE = 0.05;

/** Returns 1, or 0 when x varies by no more than the share `tolerance` of its size: then there is no slope. */
export function fitLine(x: Reals, y: Reals, count: i32, tolerance: f64, residual: Reals, out: Reals): i32 {
  startLine(out);
  sumLine(x, y, 0, count, out);
  centreLine(x, y, count, out);
  squareLine(x, y, 0, count, out);
  const solved = solveLine(count, tolerance, out);
  if (solved == 2) lineResiduals(x, y, 0, count, residual, out);
  return solved == 0 ? 0 : 1;
}

export function startLine(out: Reals): void {
  for (let at: i32 = 0; at < 9; at++) putReal(out, at, 0.0);
}

/** Adds the rows' distances from the first values, so that equal ones leave nothing, to out[5] and out[6]. */
export function sumLine(x: Reals, y: Reals, from: i32, to: i32, out: Reals): void {
  const firstX = pairOf(real(x, 0));
  const firstY = pairOf(real(y, 0));
  let x0 = pairOf(0.0);
  let x1 = pairOf(0.0);
  let y0 = pairOf(0.0);
  let y1 = pairOf(0.0);
  let at: i32 = from;
  for (; at + 4 <= to; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    x0 = pairAdd(x0, pairSub(firstPair(xs), firstX));
    y0 = pairAdd(y0, pairSub(firstPair(ys), firstY));
    x1 = pairAdd(x1, pairSub(secondPair(xs), firstX));
    y1 = pairAdd(y1, pairSub(secondPair(ys), firstY));
  }
  let sumX = pairSum(pairAdd(x0, x1));
  let sumY = pairSum(pairAdd(y0, y1));
  for (; at < to; at++) {
    sumX += real(x, at) - real(x, 0);
    sumY += real(y, at) - real(y, 0);
  }
  addReal(out, 5, sumX);
  addReal(out, 6, sumY);
}

/** Once all rows are summed: out[5] and out[6] become the means. */
export function centreLine(x: Reals, y: Reals, count: i32, out: Reals): void {
  putReal(out, 5, real(x, 0) + real(out, 5) / count);
  putReal(out, 6, real(y, 0) + real(out, 6) / count);
}

/** Adds the rows' products to out[0], squares to out[3] and out[4], and distances from the means to out[7] and out[8]. */
export function squareLine(x: Reals, y: Reals, from: i32, to: i32, out: Reals): void {
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
  let at: i32 = from;
  for (; at + 4 <= to; at += 4) {
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
  for (; at < to; at++) {
    const dx: f64 = real(x, at) - meanX;
    const dy: f64 = real(y, at) - meanY;
    sumX += dx;
    sumY += dy;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  addReal(out, 0, xy);
  addReal(out, 3, xx);
  addReal(out, 4, yy);
  addReal(out, 7, sumX);
  addReal(out, 8, sumY);
}

/**
 * Once all rows are squared: the line. Returns 1; 0 when x varies by no more than the share `tolerance` of its size; or 2 when
 * out[2] is 0 and waits for lineResiduals.
 */
export function solveLine(count: i32, tolerance: f64, out: Reals): i32 {
  const restX: f64 = real(out, 7) / count;
  const restY: f64 = real(out, 8) / count;
  const xy: f64 = real(out, 0) - real(out, 7) * restY;
  const xx: f64 = real(out, 3) - real(out, 7) * restX;
  const yy: f64 = real(out, 4) - real(out, 8) * restY;
  const meanX = real(out, 5);
  putReal(out, 0, xy);
  putReal(out, 3, xx);
  putReal(out, 4, yy);
  putReal(out, 7, restX);
  putReal(out, 8, restY);
  if (!(xx > tolerance * tolerance * (xx + count * meanX * meanX))) return 0;
  const slope: f64 = xy / xx;
  putReal(out, 0, slope);
  putReal(out, 1, real(out, 6) - slope * meanX + (restY - slope * restX));
  const left: f64 = yy - slope * xy;
  if (!(left > RESIDUAL_SHARE * yy)) return 2;
  putReal(out, 2, left);
  return 1;
}

/** Residuals of the line in `out` at rows from..to, their squares added to out[2]. */
export function lineResiduals(x: Reals, y: Reals, from: i32, to: i32, residual: Reals, out: Reals): void {
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
  let at: i32 = from;
  for (; at + 4 <= to; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    const target = realsFrom(residual, at);
    const dx0 = pairSub(firstPair(xs), meansX);
    const dx1 = pairSub(secondPair(xs), meansX);
    const r0 = pairSub(pairSub(pairSub(firstPair(ys), meansY), pairMul(slopes, dx0)), rests);
    const r1 = pairSub(pairSub(pairSub(secondPair(ys), meansY), pairMul(slopes, dx1)), rests);
    putFirstPair(target, r0);
    putSecondPair(target, r1);
    sum0 = pairAdd(sum0, pairMul(r0, r0));
    sum1 = pairAdd(sum1, pairMul(r1, r1));
  }
  let sum = pairSum(pairAdd(sum0, sum1));
  for (; at < to; at++) {
    const value: f64 = real(y, at) - meanY - slope * (real(x, at) - meanX) - rest;
    putReal(residual, at, value);
    sum += value * value;
  }
  addReal(out, 2, sum);
}

function addReal(out: Reals, at: i32, value: f64): void {
  putReal(out, at, real(out, at) + value);
}
