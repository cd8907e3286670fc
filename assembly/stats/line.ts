/**
 * Least squares of a line with an intercept, on values centred by shifts that lie near their means: one pass for the sums, a second
 * one where the shifts were not near enough, and one for the residuals where their squares cannot be had by subtraction. As accurate
 * as the refined QR, because centring leaves nothing to be ill-conditioned. Portable.
 *
 * out, 9 values: [0] slope, [1] intercept, [2] squared residuals, [3] squares of x, [4] squares of y, both centred, [5] mean of x,
 * [6] mean of y, [7] and [8] what those lost. Values whose squares leave the doubles must be scaled first (vector.ts).
 *
 * fitLine is the whole fit; a caller that must rest in between makes the same calls on ranges of rows, and then the ranges are part
 * of the order in which is added.
 */

/** Where a line leaves less of y's squares than this, subtraction would cost digits: residuals are summed instead. */
const RESIDUAL_SHARE = 0.05;
/** Where the mean takes more of the squares than this, the shift was not near it. */
const CENTRED_SHARE = 0.5;

/** Returns 1, or 0 when x varies by no more than the share `tolerance` of its size: then there is no slope. */
export function fitLine(x: Reals, y: Reals, count: i32, tolerance: f64, residual: Reals, out: Reals): i32 {
  startLine(x, y, count, out);
  squareLine(x, y, 0, count, out);
  if (recentreLine(count, out) == 1) squareLine(x, y, 0, count, out);
  const solved = solveLine(count, tolerance, out);
  if (solved == 2) lineResiduals(x, y, 0, count, residual, out);
  return solved == 0 ? 0 : 1;
}

/** Empties the sums, and puts the shifts, means of eight of the values each, to out[5] and out[6]. */
export function startLine(x: Reals, y: Reals, count: i32, out: Reals): void {
  for (let at: i32 = 0; at < 9; at++) putReal(out, at, 0.0);
  putReal(out, 5, meanOfEight(x, count));
  putReal(out, 6, meanOfEight(y, count));
}

/** Added in pairs, so that eight equal values have themselves as their mean. */
function meanOfEight(x: Reals, count: i32): f64 {
  const low: f64 = real(x, 0) + real(x, count >> 3) + (real(x, (count * 2) >> 3) + real(x, (count * 3) >> 3));
  const high: f64 =
    real(x, count >> 1) + real(x, (count * 5) >> 3) + (real(x, (count * 6) >> 3) + real(x, (count * 7) >> 3));
  return (low + high) * 0.125;
}

/** Adds the rows' products to out[0], squares to out[3] and out[4], and sums to out[7] and out[8]: all of distances from the shifts. */
export function squareLine(x: Reals, y: Reals, from: i32, to: i32, out: Reals): void {
  const shiftX = real(out, 5);
  const shiftY = real(out, 6);
  const shiftsX = pairOf(shiftX);
  const shiftsY = pairOf(shiftY);
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
    const dx0 = pairSub(firstPair(xs), shiftsX);
    const dy0 = pairSub(firstPair(ys), shiftsY);
    const dx1 = pairSub(secondPair(xs), shiftsX);
    const dy1 = pairSub(secondPair(ys), shiftsY);
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
    const dx: f64 = real(x, at) - shiftX;
    const dy: f64 = real(y, at) - shiftY;
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
 * Once all rows are squared: returns 0 when the shifts are near the means, else 1 with the means as shifts and no sums, and the rows
 * are to be squared once more. Equal values are as near as can be.
 */
export function recentreLine(count: i32, out: Reals): i32 {
  const restX: f64 = real(out, 7) / count;
  const restY: f64 = real(out, 8) / count;
  const near: boolean =
    real(out, 7) * restX <= CENTRED_SHARE * real(out, 3) && real(out, 8) * restY <= CENTRED_SHARE * real(out, 4);
  if (near) return 0;
  const meanX: f64 = real(out, 5) + restX;
  const meanY: f64 = real(out, 6) + restY;
  for (let at: i32 = 0; at < 9; at++) putReal(out, at, 0.0);
  putReal(out, 5, meanX);
  putReal(out, 6, meanY);
  return 1;
}

/**
 * Once that is done: the line. Returns 1; 0 when x varies by no more than the share `tolerance` of its size; or 2 when out[2] is 0
 * and waits for lineResiduals.
 */
export function solveLine(count: i32, tolerance: f64, out: Reals): i32 {
  const sumX = real(out, 7);
  const sumY = real(out, 8);
  const restX: f64 = sumX / count;
  const restY: f64 = sumY / count;
  const xy: f64 = real(out, 0) - sumX * restY;
  const xx: f64 = real(out, 3) - sumX * restX;
  const yy: f64 = real(out, 4) - sumY * restY;
  const meanX: f64 = real(out, 5) + restX;
  const meanY: f64 = real(out, 6) + restY;
  const lostX: f64 = sumLost(real(out, 5), restX, meanX);
  const lostY: f64 = sumLost(real(out, 6), restY, meanY);
  putReal(out, 0, xy);
  putReal(out, 3, xx);
  putReal(out, 4, yy);
  putReal(out, 5, meanX);
  putReal(out, 6, meanY);
  putReal(out, 7, lostX);
  putReal(out, 8, lostY);
  if (!(xx > tolerance * tolerance * (xx + count * meanX * meanX))) return 0;
  const slope: f64 = xy / xx;
  putReal(out, 0, slope);
  putReal(out, 1, meanY - slope * meanX + (lostY - slope * lostX));
  const left: f64 = yy - slope * xy;
  if (!(left > RESIDUAL_SHARE * yy)) return 2;
  putReal(out, 2, left);
  return 1;
}

/** What a + b lost to rounding when it became `sum`. */
function sumLost(a: f64, b: f64, sum: f64): f64 {
  const part: f64 = sum - a;
  return a - (sum - part) + (b - part);
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
