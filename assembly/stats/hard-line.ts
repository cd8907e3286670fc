/**
 * Rolling lines that rolling-line.ts does not take from its sums: those that do not exist, those without residuals, and those whose
 * residuals lost their digits. Its comment explains state and ticks. Portable.
 *
 * Residuals at the level of the inputs' own rounding are none: x and y are collinear, residual sd and residual are exactly 0, R2 is 1.
 */

/** Nothing hard about it. */
const OK = 0;
/** All x of the window are equal: no line. */
const CONSTANT_X = 1;
/** Something in the window is not finite, or squares leave the doubles: no line. */
const OUT_OF_RANGE = 2;
/** The line passes through every point. */
const COLLINEAR = 3;
/** All y of the window are equal: beta 0, no R2. */
const CONSTANT_Y = 4;

/** Where no more than this is left of u's squares, subtraction has cost digits. */
export const RESIDUAL_SHARE = 1.0e-4;
/** (4 units in the last place) squared: what the rounding of the inputs alone leaves of a line. */
export const ROUNDING_SHARE = 7.9e-31;
/** Below this squares have lost digits to underflow. */
export const SQUARES_MIN = 1.0e-270;
/** A provisional slope beyond this would take squares out of the doubles. */
export const SLOPE_MAX = 1.0e100;

/**
 * Corrects the results of one tick, 5 values `stride` apart that were written as if it were easy, unless it is, and returns its code.
 * Whether it is must not depend on who asks, so the tests are those of the callers, bit for bit. Of the state
 * its head is needed. The window's points are a ring: x of each is `step` from that of the one before, y is `toY` behind it. They are
 * numbered on behind the ring's end, so `end` is one more than the newest's number and not below the window's length.
 */
export function hardLine(
  state: Reals,
  tick: Reals,
  points: Reals,
  step: i32,
  toY: i32,
  end: i32,
  results: Reals,
  stride: i32,
): i32 {
  const perPoint = real(state, 8);
  const sumX = real(tick, 0);
  const sumU = real(tick, 1);
  const rawUU = real(tick, 3);
  const xx: f64 = real(tick, 2) - sumX * (sumX * perPoint);
  const xu: f64 = real(tick, 6) - sumX * (sumU * perPoint);
  const residual: f64 = rawUU - sumU * (sumU * perPoint) - (xu / xx) * xu;
  const beta = real(results, 0);
  const share: f64 = 4.0 * ROUNDING_SHARE * real(state, 0) * real(state, 0);
  const limit: f64 = RESIDUAL_SHARE * rawUU + (share * (beta * beta * xx) + real(state, 11));
  if (residual > limit && xx > SQUARES_MIN) return OK;
  // NaN where the squares are not finite.
  if (rawUU - rawUU != 0.0 || xx - xx != 0.0) return noLine(results, stride, OUT_OF_RANGE);
  if (!(xx >= SQUARES_MIN)) return noLine(results, stride, xx == 0.0 ? CONSTANT_X : OUT_OF_RANGE);
  if (rawUU == 0.0) return through(results, stride, real(state, 15) == 0.0);
  if (!(residual > RESIDUAL_SHARE * rawUU)) return fromScratch(state, points, step, toY, end, results, stride);
  const meanX: f64 = real(state, 12) + sumX * perPoint;
  if (isRounding(residual, beta, real(results, stride), meanX, xx, real(state, 0))) {
    return through(results, stride, false);
  }
  return residual > SQUARES_MIN ? OK : noLine(results, stride, OUT_OF_RANGE);
}

/** Whether residuals are no more than what the inputs' own rounding leaves of a line. */
function isRounding(residual: f64, beta: f64, alpha: f64, meanX: f64, xx: f64, window: f64): boolean {
  const slopeX: f64 = beta * meanX;
  const meanY: f64 = alpha + slopeX;
  return residual <= ROUNDING_SHARE * ((slopeX * slopeX + meanY * meanY) * window + beta * beta * xx);
}

function noLine(results: Reals, stride: i32, code: i32): i32 {
  for (let each: i32 = 0; each < 5; each++) putReal(results, each * stride, NaN);
  return code;
}

/** A line through every point: beta and alpha hold. */
function through(results: Reals, stride: i32, flat: boolean): i32 {
  putReal(results, 2 * stride, flat ? NaN : 1.0);
  putReal(results, 3 * stride, 0.0);
  putReal(results, 4 * stride, 0.0);
  return flat ? CONSTANT_Y : COLLINEAR;
}

/** Two passes over the window's points, oldest first, and one for the residuals. */
function fromScratch(
  state: Reals,
  points: Reals,
  step: i32,
  toY: i32,
  end: i32,
  results: Reals,
  stride: i32,
): i32 {
  const window = real(state, 0) as i32;
  const capacity = real(state, 39) as i32;
  const shiftX = real(state, 12);
  const shiftY = real(state, 13);
  putReal(state, 38, real(state, 38) + window);
  let sumX: f64 = 0.0;
  let sumY: f64 = 0.0;
  for (let at: i32 = end - window; at < end; at++) {
    const point = realsFrom(points, (at < capacity ? at : at - capacity) * step);
    sumX += real(point, 0) - shiftX;
    sumY += real(point, toY) - shiftY;
  }
  const meanX: f64 = sumX / window;
  const meanY: f64 = sumY / window;
  let xx: f64 = 0.0;
  let xy: f64 = 0.0;
  let yy: f64 = 0.0;
  for (let at: i32 = end - window; at < end; at++) {
    const point = realsFrom(points, (at < capacity ? at : at - capacity) * step);
    const dx: f64 = real(point, 0) - shiftX - meanX;
    const dy: f64 = real(point, toY) - shiftY - meanY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const beta: f64 = xy / xx + 0.0;
  let left: f64 = 0.0;
  let residual: f64 = 0.0;
  for (let at: i32 = end - window; at < end; at++) {
    const point = realsFrom(points, (at < capacity ? at : at - capacity) * step);
    left = real(point, toY) - shiftY - meanY - beta * (real(point, 0) - shiftX - meanX);
    residual += left * left;
  }
  const centreX: f64 = shiftX + meanX;
  const alpha: f64 = shiftY + meanY - beta * centreX + 0.0;
  putReal(results, 0, beta);
  putReal(results, stride, alpha);
  if (yy == 0.0) return through(results, stride, true);
  if (isRounding(residual, beta, alpha, centreX, xx, window)) return through(results, stride, false);
  if (!(residual >= SQUARES_MIN)) return noLine(results, stride, OUT_OF_RANGE);
  const explained: f64 = beta * beta * xx;
  putReal(results, 2 * stride, explained / (explained + residual));
  putReal(results, 3 * stride, Math.sqrt(residual * real(state, 9)));
  putReal(results, 4 * stride, left + 0.0);
  return OK;
}
