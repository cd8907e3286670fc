/**
 * Rolling z-score: how many sample standard deviations (ddof 1) the newest value lies from the mean of the last `window` values,
 * itself included. Source: S2 (entry, exit and stop of the reversion playbook); numerics.md section 6 for the algorithm.
 *
 * Sums are kept of the values' deviations from a shift near their mean. They are refreshed exactly, with a new shift, every
 * max(window, 64) values, and at once when what is left of the sum of squares is small against what has passed through it
 * (an outlier left the window, or the values went flat): subtraction has then eaten the digits. So the variance is never
 * negative, and a window of equal values has a variance of exactly 0.
 *
 * A refresh reads the whole window: O(window), window <= 4096, about 10 us at worst. Portable: see hedge.ts.
 */
import {
  ZSCORE_COUNT_OFFSET,
  ZSCORE_FILLING,
  ZSCORE_FLAT,
  ZSCORE_HEAD_BYTES,
  ZSCORE_MEAN_OFFSET,
  ZSCORE_NOT_FINITE,
  ZSCORE_OK,
  ZSCORE_OLDEST_OFFSET,
  ZSCORE_OVERFLOW,
  ZSCORE_PEAK_SQ_OFFSET,
  ZSCORE_REASON_OFFSET,
  ZSCORE_SD_OFFSET,
  ZSCORE_SHIFT_OFFSET,
  ZSCORE_SUM_OFFSET,
  ZSCORE_SUM_SQ_OFFSET,
  ZSCORE_UNTIL_EXACT_OFFSET,
  ZSCORE_WINDOW_MAX,
  ZSCORE_WINDOW_MIN,
  ZSCORE_WINDOW_OFFSET,
  ZSCORE_Z_OFFSET,
} from "../src/wasm/window-state.ts";

const REFRESH_STEPS_MIN = 64;
// Rounding leaves about steps * 2^-53 * peak in the sums; below this share of the peak fewer than 9 digits would be sure.
const CANCELLATION_SHARE = 1.0e-4;

/** Bytes of state that a window needs; -1 for a window out of range. */
export function zscoreBytes(window: i32): i32 {
  if (window < ZSCORE_WINDOW_MIN || window > ZSCORE_WINDOW_MAX) return -1;
  return ZSCORE_HEAD_BYTES + window * 8;
}

/** Empties the state. 1 when done, 0 for a window out of range: then nothing was written. */
export function zscoreReset(state: Block, window: i32): i32 {
  if (zscoreBytes(window) < 0) return 0;
  state.setI32(ZSCORE_WINDOW_OFFSET, window);
  state.setI32(ZSCORE_COUNT_OFFSET, 0);
  state.setI32(ZSCORE_OLDEST_OFFSET, 0);
  state.setI32(ZSCORE_REASON_OFFSET, ZSCORE_FILLING);
  state.setI32(ZSCORE_UNTIL_EXACT_OFFSET, refreshSteps(window));
  state.setF64(ZSCORE_SHIFT_OFFSET, 0.0);
  state.setF64(ZSCORE_SUM_OFFSET, 0.0);
  state.setF64(ZSCORE_SUM_SQ_OFFSET, 0.0);
  state.setF64(ZSCORE_PEAK_SQ_OFFSET, 0.0);
  state.setF64(ZSCORE_MEAN_OFFSET, NaN);
  state.setF64(ZSCORE_SD_OFFSET, NaN);
  state.setF64(ZSCORE_Z_OFFSET, NaN);
  return 1;
}

/** Takes a value in and returns its z-score, NaN where it has none (then the state's reason says why). Never -0. */
export function zscorePush(state: Block, value: f64): f64 {
  if (!isFinite(value)) return undefinedZ(state, ZSCORE_NOT_FINITE);
  const window = state.getI32(ZSCORE_WINDOW_OFFSET);
  const count = state.getI32(ZSCORE_COUNT_OFFSET);
  enter(state, value, window, count);

  const filled: i32 = count < window ? count + 1 : window;
  const untilExact = state.getI32(ZSCORE_UNTIL_EXACT_OFFSET) - 1;
  state.setI32(ZSCORE_UNTIL_EXACT_OFFSET, untilExact);
  let squares = centredSquares(state, filled);
  const peak = state.getF64(ZSCORE_PEAK_SQ_OFFSET);
  // Negated so that a NaN, from infinite sums, is refreshed too. A peak of 0 says that the sums are exactly 0: nothing to gain.
  if (untilExact <= 0 || (peak != 0.0 && !(squares > CANCELLATION_SHARE * peak))) {
    refresh(state, filled);
    squares = centredSquares(state, filled);
  }
  if (filled < window) return undefinedZ(state, ZSCORE_FILLING);
  return evaluate(state, value, filled, squares);
}

function enter(state: Block, value: f64, window: i32, count: i32): void {
  const oldest = state.getI32(ZSCORE_OLDEST_OFFSET);
  const place = ZSCORE_HEAD_BYTES + oldest * 8;
  if (count == 0) state.setF64(ZSCORE_SHIFT_OFFSET, value);
  const shift = state.getF64(ZSCORE_SHIFT_OFFSET);
  const deviation: f64 = value - shift;
  let sum = state.getF64(ZSCORE_SUM_OFFSET) + deviation;
  let sumSq = state.getF64(ZSCORE_SUM_SQ_OFFSET) + deviation * deviation;
  // The peak is taken before the oldest value leaves: its digits have passed through the sum.
  if (sumSq > state.getF64(ZSCORE_PEAK_SQ_OFFSET)) state.setF64(ZSCORE_PEAK_SQ_OFFSET, sumSq);
  if (count < window) {
    state.setI32(ZSCORE_COUNT_OFFSET, count + 1);
  } else {
    const leaving: f64 = state.getF64(place) - shift;
    sum -= leaving;
    sumSq -= leaving * leaving;
  }
  state.setF64(ZSCORE_SUM_OFFSET, sum);
  state.setF64(ZSCORE_SUM_SQ_OFFSET, sumSq);
  state.setF64(place, value);
  state.setI32(ZSCORE_OLDEST_OFFSET, oldest + 1 == window ? 0 : oldest + 1);
}

/** Sum of squared deviations from the window's mean. */
function centredSquares(state: Block, filled: i32): f64 {
  const sum = state.getF64(ZSCORE_SUM_OFFSET);
  return state.getF64(ZSCORE_SUM_SQ_OFFSET) - (sum * sum) / filled;
}

/** Sums anew, from the values themselves: their mean becomes the shift. Added in ring order, which is the same everywhere. */
function refresh(state: Block, filled: i32): void {
  const end = ZSCORE_HEAD_BYTES + filled * 8;
  const first = state.getF64(ZSCORE_HEAD_BYTES);
  let fromFirst: f64 = 0.0;
  for (let at = ZSCORE_HEAD_BYTES; at < end; at += 8) fromFirst += state.getF64(at) - first;
  const shift: f64 = first + fromFirst / filled;
  let sum: f64 = 0.0;
  let sumSq: f64 = 0.0;
  for (let at = ZSCORE_HEAD_BYTES; at < end; at += 8) {
    const deviation: f64 = state.getF64(at) - shift;
    sum += deviation;
    sumSq += deviation * deviation;
  }
  state.setF64(ZSCORE_SHIFT_OFFSET, shift);
  state.setF64(ZSCORE_SUM_OFFSET, sum);
  state.setF64(ZSCORE_SUM_SQ_OFFSET, sumSq);
  state.setF64(ZSCORE_PEAK_SQ_OFFSET, sumSq);
  state.setI32(ZSCORE_UNTIL_EXACT_OFFSET, refreshSteps(state.getI32(ZSCORE_WINDOW_OFFSET)));
}

function evaluate(state: Block, value: f64, filled: i32, squares: f64): f64 {
  if (!isFinite(squares)) return undefinedZ(state, ZSCORE_OVERFLOW);
  const offset: f64 = state.getF64(ZSCORE_SUM_OFFSET) / filled;
  const mean: f64 = state.getF64(ZSCORE_SHIFT_OFFSET) + offset;
  const sd: f64 = squares > 0.0 ? Math.sqrt(squares / (filled - 1)) : 0.0;
  state.setF64(ZSCORE_MEAN_OFFSET, mean + 0.0);
  state.setF64(ZSCORE_SD_OFFSET, sd);
  if (sd == 0.0) return undefinedZ(state, ZSCORE_FLAT);
  // Against the shift, not the mean: the mean is rounded to the values' own digits, the deviation is not.
  const z: f64 = (value - state.getF64(ZSCORE_SHIFT_OFFSET) - offset) / sd + 0.0;
  state.setF64(ZSCORE_Z_OFFSET, z);
  state.setI32(ZSCORE_REASON_OFFSET, ZSCORE_OK);
  return z;
}

function undefinedZ(state: Block, reason: i32): f64 {
  state.setI32(ZSCORE_REASON_OFFSET, reason);
  state.setF64(ZSCORE_Z_OFFSET, NaN);
  return NaN;
}

function refreshSteps(window: i32): i32 {
  return window < REFRESH_STEPS_MIN ? REFRESH_STEPS_MIN : window;
}
