/**
 * Rolling regression of y on x with an intercept, over the last `window` pairs: y = alpha + beta*x + residual.
 * Source: S2 (hedge ratio of a pair: x and y are log prices, beta a log-price slope); numerics.md section 6 for the algorithm.
 *
 * Shifted sums, refreshed exactly on a schedule and on cancellation, as in zscore.ts; the same bounds and costs hold. Where the
 * fit leaves less than RESIDUAL_SHARE of y's variation, residual squares are summed over the window instead of subtracted: two
 * nearly parallel series (spot and perpetual) would lose their digits exactly where the spread is traded. Portable: see hedge.ts.
 */
import {
  OLS_ALPHA_OFFSET,
  OLS_BETA_OFFSET,
  OLS_COUNT_OFFSET,
  OLS_EXACT_FIT,
  OLS_FILLING,
  OLS_FLAT_X,
  OLS_HEAD_BYTES,
  OLS_NOT_FINITE,
  OLS_OK,
  OLS_OLDEST_OFFSET,
  OLS_OVERFLOW,
  OLS_PEAK_XX_OFFSET,
  OLS_PEAK_YY_OFFSET,
  OLS_R2_OFFSET,
  OLS_REASON_OFFSET,
  OLS_RESIDUAL_OFFSET,
  OLS_RESIDUAL_SD_OFFSET,
  OLS_SHIFT_X_OFFSET,
  OLS_SHIFT_Y_OFFSET,
  OLS_SPREAD_Z_OFFSET,
  OLS_SUM_XX_OFFSET,
  OLS_SUM_XY_OFFSET,
  OLS_SUM_X_OFFSET,
  OLS_SUM_YY_OFFSET,
  OLS_SUM_Y_OFFSET,
  OLS_UNTIL_EXACT_OFFSET,
  OLS_WINDOW_MAX,
  OLS_WINDOW_MIN,
  OLS_WINDOW_OFFSET,
} from "../src/wasm/window-state.ts";

const REFRESH_STEPS_MIN = 64;
const CANCELLATION_SHARE = 1.0e-4;
const RESIDUAL_SHARE = 1.0e-4;
const PAIR_BYTES = 16;

/** Bytes of state that a window needs; -1 for a window out of range. */
export function olsBytes(window: i32): i32 {
  if (window < OLS_WINDOW_MIN || window > OLS_WINDOW_MAX) return -1;
  return OLS_HEAD_BYTES + window * PAIR_BYTES;
}

/** Empties the state. 1 when done, 0 for a window out of range: then nothing was written. */
export function olsReset(state: Block, window: i32): i32 {
  if (olsBytes(window) < 0) return 0;
  state.setI32(OLS_WINDOW_OFFSET, window);
  state.setI32(OLS_COUNT_OFFSET, 0);
  state.setI32(OLS_OLDEST_OFFSET, 0);
  state.setI32(OLS_UNTIL_EXACT_OFFSET, refreshSteps(window));
  for (let at = OLS_SHIFT_X_OFFSET; at < OLS_BETA_OFFSET; at += 8) state.setF64(at, 0.0);
  undefinedFit(state, OLS_FILLING);
  return 1;
}

/** Takes a pair in and returns beta, NaN where it has none (then the state's reason says why). The rest is in the state. */
export function olsPush(state: Block, x: f64, y: f64): f64 {
  if (!isFinite(x) || !isFinite(y)) return undefinedFit(state, OLS_NOT_FINITE);
  const window = state.getI32(OLS_WINDOW_OFFSET);
  const count = state.getI32(OLS_COUNT_OFFSET);
  enter(state, x, y, window, count);

  const filled: i32 = count < window ? count + 1 : window;
  const untilExact = state.getI32(OLS_UNTIL_EXACT_OFFSET) - 1;
  state.setI32(OLS_UNTIL_EXACT_OFFSET, untilExact);
  if (untilExact <= 0 || cancelled(state, filled)) refresh(state, filled);
  if (filled < window) return undefinedFit(state, OLS_FILLING);
  return evaluate(state, x, y, filled);
}

function enter(state: Block, x: f64, y: f64, window: i32, count: i32): void {
  const oldest = state.getI32(OLS_OLDEST_OFFSET);
  const place = OLS_HEAD_BYTES + oldest * PAIR_BYTES;
  if (count == 0) {
    state.setF64(OLS_SHIFT_X_OFFSET, x);
    state.setF64(OLS_SHIFT_Y_OFFSET, y);
  }
  const shiftX = state.getF64(OLS_SHIFT_X_OFFSET);
  const shiftY = state.getF64(OLS_SHIFT_Y_OFFSET);
  addPair(state, x - shiftX, y - shiftY);
  raisePeak(state, OLS_PEAK_XX_OFFSET, state.getF64(OLS_SUM_XX_OFFSET));
  raisePeak(state, OLS_PEAK_YY_OFFSET, state.getF64(OLS_SUM_YY_OFFSET));
  if (count < window) {
    state.setI32(OLS_COUNT_OFFSET, count + 1);
  } else {
    removePair(state, state.getF64(place) - shiftX, state.getF64(place + 8) - shiftY);
  }
  state.setF64(place, x);
  state.setF64(place + 8, y);
  state.setI32(OLS_OLDEST_OFFSET, oldest + 1 == window ? 0 : oldest + 1);
}

function addPair(state: Block, dx: f64, dy: f64): void {
  state.setF64(OLS_SUM_X_OFFSET, state.getF64(OLS_SUM_X_OFFSET) + dx);
  state.setF64(OLS_SUM_Y_OFFSET, state.getF64(OLS_SUM_Y_OFFSET) + dy);
  state.setF64(OLS_SUM_XX_OFFSET, state.getF64(OLS_SUM_XX_OFFSET) + dx * dx);
  state.setF64(OLS_SUM_YY_OFFSET, state.getF64(OLS_SUM_YY_OFFSET) + dy * dy);
  state.setF64(OLS_SUM_XY_OFFSET, state.getF64(OLS_SUM_XY_OFFSET) + dx * dy);
}

function removePair(state: Block, dx: f64, dy: f64): void {
  state.setF64(OLS_SUM_X_OFFSET, state.getF64(OLS_SUM_X_OFFSET) - dx);
  state.setF64(OLS_SUM_Y_OFFSET, state.getF64(OLS_SUM_Y_OFFSET) - dy);
  state.setF64(OLS_SUM_XX_OFFSET, state.getF64(OLS_SUM_XX_OFFSET) - dx * dx);
  state.setF64(OLS_SUM_YY_OFFSET, state.getF64(OLS_SUM_YY_OFFSET) - dy * dy);
  state.setF64(OLS_SUM_XY_OFFSET, state.getF64(OLS_SUM_XY_OFFSET) - dx * dy);
}

function raisePeak(state: Block, offset: i32, value: f64): void {
  if (value > state.getF64(offset)) state.setF64(offset, value);
}

/** Whether subtraction has eaten the digits of either variable's squares. */
function cancelled(state: Block, filled: i32): boolean {
  const peakXX = state.getF64(OLS_PEAK_XX_OFFSET);
  const peakYY = state.getF64(OLS_PEAK_YY_OFFSET);
  const xx = centred(state, OLS_SUM_XX_OFFSET, OLS_SUM_X_OFFSET, OLS_SUM_X_OFFSET, filled);
  const yy = centred(state, OLS_SUM_YY_OFFSET, OLS_SUM_Y_OFFSET, OLS_SUM_Y_OFFSET, filled);
  // Negated so that a NaN, from infinite sums, counts. A peak of 0 says that the sums are exactly 0.
  if (peakXX != 0.0 && !(xx > CANCELLATION_SHARE * peakXX)) return true;
  return peakYY != 0.0 && !(yy > CANCELLATION_SHARE * peakYY);
}

/** Sum of products about the means. */
function centred(state: Block, products: i32, left: i32, right: i32, filled: i32): f64 {
  return state.getF64(products) - (state.getF64(left) * state.getF64(right)) / filled;
}

function refresh(state: Block, filled: i32): void {
  const end = OLS_HEAD_BYTES + filled * PAIR_BYTES;
  const firstX = state.getF64(OLS_HEAD_BYTES);
  const firstY = state.getF64(OLS_HEAD_BYTES + 8);
  let fromFirstX: f64 = 0.0;
  let fromFirstY: f64 = 0.0;
  for (let at = OLS_HEAD_BYTES; at < end; at += PAIR_BYTES) {
    fromFirstX += state.getF64(at) - firstX;
    fromFirstY += state.getF64(at + 8) - firstY;
  }
  const shiftX: f64 = firstX + fromFirstX / filled;
  const shiftY: f64 = firstY + fromFirstY / filled;
  state.setF64(OLS_SHIFT_X_OFFSET, shiftX);
  state.setF64(OLS_SHIFT_Y_OFFSET, shiftY);
  for (let at = OLS_SUM_X_OFFSET; at <= OLS_SUM_XY_OFFSET; at += 8) state.setF64(at, 0.0);
  for (let at = OLS_HEAD_BYTES; at < end; at += PAIR_BYTES) {
    addPair(state, state.getF64(at) - shiftX, state.getF64(at + 8) - shiftY);
  }
  state.setF64(OLS_PEAK_XX_OFFSET, state.getF64(OLS_SUM_XX_OFFSET));
  state.setF64(OLS_PEAK_YY_OFFSET, state.getF64(OLS_SUM_YY_OFFSET));
  state.setI32(OLS_UNTIL_EXACT_OFFSET, refreshSteps(state.getI32(OLS_WINDOW_OFFSET)));
}

function evaluate(state: Block, x: f64, y: f64, filled: i32): f64 {
  const xx = centred(state, OLS_SUM_XX_OFFSET, OLS_SUM_X_OFFSET, OLS_SUM_X_OFFSET, filled);
  const yy = centred(state, OLS_SUM_YY_OFFSET, OLS_SUM_Y_OFFSET, OLS_SUM_Y_OFFSET, filled);
  const xy = centred(state, OLS_SUM_XY_OFFSET, OLS_SUM_X_OFFSET, OLS_SUM_Y_OFFSET, filled);
  if (!isFinite(xx) || !isFinite(yy) || !isFinite(xy)) return undefinedFit(state, OLS_OVERFLOW);
  if (!(xx > 0.0)) return undefinedFit(state, OLS_FLAT_X);
  const beta: f64 = xy / xx + 0.0;
  if (!isFinite(beta)) return undefinedFit(state, OLS_OVERFLOW);

  // Means as deviations from the shifts: the means themselves are rounded to the values' own digits.
  const meanX: f64 = state.getF64(OLS_SUM_X_OFFSET) / filled;
  const meanY: f64 = state.getF64(OLS_SUM_Y_OFFSET) / filled;
  const atX: f64 = state.getF64(OLS_SHIFT_X_OFFSET) + meanX;
  const atY: f64 = state.getF64(OLS_SHIFT_Y_OFFSET) + meanY;
  let residualSquares: f64 = yy - beta * xy;
  if (!(residualSquares > RESIDUAL_SHARE * yy)) residualSquares = sumResiduals(state, beta, meanX, meanY, filled);
  const residual: f64 =
    y - state.getF64(OLS_SHIFT_Y_OFFSET) - meanY - beta * (x - state.getF64(OLS_SHIFT_X_OFFSET) - meanX) + 0.0;
  const residualSd: f64 = Math.sqrt(residualSquares / (filled - 2));
  const exact = residualSd == 0.0;
  state.setF64(OLS_BETA_OFFSET, beta);
  state.setF64(OLS_ALPHA_OFFSET, atY - beta * atX + 0.0);
  state.setF64(OLS_R2_OFFSET, yy > 0.0 ? atLeastZero(1.0 - residualSquares / yy) : NaN);
  state.setF64(OLS_RESIDUAL_SD_OFFSET, residualSd);
  state.setF64(OLS_RESIDUAL_OFFSET, residual);
  state.setF64(OLS_SPREAD_Z_OFFSET, exact ? NaN : residual / residualSd + 0.0);
  state.setI32(OLS_REASON_OFFSET, exact ? OLS_EXACT_FIT : OLS_OK);
  return beta;
}

/** Residual squares one by one: a sum of squares, so never negative. */
function sumResiduals(state: Block, beta: f64, meanX: f64, meanY: f64, filled: i32): f64 {
  const end = OLS_HEAD_BYTES + filled * PAIR_BYTES;
  const shiftX = state.getF64(OLS_SHIFT_X_OFFSET);
  const shiftY = state.getF64(OLS_SHIFT_Y_OFFSET);
  let squares: f64 = 0.0;
  for (let at = OLS_HEAD_BYTES; at < end; at += PAIR_BYTES) {
    const residual: f64 = state.getF64(at + 8) - shiftY - meanY - beta * (state.getF64(at) - shiftX - meanX);
    squares += residual * residual;
  }
  return squares;
}

function undefinedFit(state: Block, reason: i32): f64 {
  for (let at = OLS_BETA_OFFSET; at <= OLS_SPREAD_Z_OFFSET; at += 8) state.setF64(at, NaN);
  state.setI32(OLS_REASON_OFFSET, reason);
  return NaN;
}

function atLeastZero(value: f64): f64 {
  return value > 0.0 ? value : 0.0;
}

function refreshSteps(window: i32): i32 {
  return window < REFRESH_STEPS_MIN ? REFRESH_STEPS_MIN : window;
}
