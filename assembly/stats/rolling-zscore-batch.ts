/**
 * Rolling z-scores of many instruments that tick together: rolling-zscore.ts with two instruments per instruction, and the same bits
 * for each of them. Portable.
 *
 * Ticks and results are rows, one number per instrument; `lanes` of them, an even number: an odd one out has a lane beside it that
 * nobody reads. What the stream keeps as one number is a pair of two neighbours here. State, in f64: [0] window, [1] lanes, [2] ticks
 * left of the block, [3] next place, [4] its direction, [5] way from a place to the rest's, [6] ticks seen, up to window,
 * [7] 1/(window - 1); then per pair of lanes 8 pairs: shift, nextShift, sums and squares of whole, of next, of back; then window/2 + 2
 * places, each with 3 pairs per pair of lanes: values, sums, squares.
 */
import { SQUARES_MIN } from "./rolling-zscore.ts";

const HEAD = 8;
const SUMS = 16;
const PLACE = 6;

/** Size of the state in f64. */
export function rollingZscoreBatchSize(window: i32, lanes: i32): i32 {
  return HEAD + (SUMS + ((window >> 1) + 2) * PLACE) * (lanes >> 1);
}

/** Empties the state. window >= 2. */
export function rollingZscoreBatchReset(state: Reals, window: i32, lanes: i32): void {
  const size = rollingZscoreBatchSize(window, lanes);
  for (let at: i32 = 0; at < size; at++) putReal(state, at, 0.0);
  putReal(state, 0, window);
  putReal(state, 1, lanes);
  putReal(state, 4, -1.0);
  putReal(state, 5, (window & 1) == 0 ? -1.0 : 0.0);
  putReal(state, 7, 1.0 / (window - 1.0));
}

/** Takes in one tick: x, mean, sd and z are rows. Results are those of rollingZscore. */
export function rollingZscoreBatch(state: Reals, x: Reals, mean: Reals, sd: Reals, z: Reals): void {
  const lanes = real(state, 1) as i32;
  if (real(state, 2) == 0.0) startBlock(state, x, lanes);
  let sums = realsFrom(state, HEAD);
  const placeSize: i32 = PLACE * (lanes >> 1);
  let place = realsFrom(sums, SUMS * (lanes >> 1) + (real(state, 3) as i32) * placeSize);
  let rest = realsFrom(place, (real(state, 5) as i32) * placeSize);
  putReal(state, 2, real(state, 2) - 1.0);
  putReal(state, 3, real(state, 3) + real(state, 4));
  const points = pairOf(real(state, 0));
  const perFreedom = pairOf(real(state, 7));
  const least = pairOf(SQUARES_MIN);
  for (let lane: i32 = 0; lane < lanes; lane += 2) {
    const value = pair(x, lane);
    const shift = pair(sums, 0);
    const nextShift = pair(sums, 2);
    // Before the place is written: an odd window's rest is the place itself.
    const restSum = pair(rest, 2);
    const restSq = pair(rest, 4);
    const old = pairSub(pair(place, 0), nextShift);
    const back = pairAdd(pair(sums, 12), old);
    const backSq = pairAdd(pair(sums, 14), pairMul(old, old));
    const fresh = pairSub(value, nextShift);
    const deviation = pairSub(value, shift);
    const whole = pairAdd(pair(sums, 4), deviation);
    const wholeSq = pairAdd(pair(sums, 6), pairMul(deviation, deviation));
    putPair(place, 0, value);
    putPair(place, 2, back);
    putPair(place, 4, backSq);
    putPair(sums, 4, whole);
    putPair(sums, 6, wholeSq);
    putPair(sums, 8, pairAdd(pair(sums, 8), fresh));
    putPair(sums, 10, pairAdd(pair(sums, 10), pairMul(fresh, fresh)));
    putPair(sums, 12, back);
    putPair(sums, 14, backSq);

    const sum = pairAdd(whole, restSum);
    const offset = pairDiv(sum, points);
    const squares = pairSub(pairAdd(wholeSq, restSq), pairMul(sum, offset));
    const fault = pairSub(squares, squares);
    const deviate = pairSqrt(pairMul(squares, perFreedom));
    putPair(mean, lane, pairAdd(pairAdd(shift, offset), fault));
    putPair(sd, lane, pairAdd(deviate, fault));
    putPair(z, lane, pairAdd(pairDiv(pairSub(deviation, offset), deviate), fault));
    if (!bothAbove(squares, least)) {
      withoutScore(pairLow(squares), sd, z, lane);
      withoutScore(pairHigh(squares), sd, z, lane + 1);
    }
    sums = realsFrom(sums, SUMS);
    place = realsFrom(place, PLACE);
    rest = realsFrom(rest, PLACE);
  }
  if (real(state, 6) + 1.0 < real(state, 0)) {
    putReal(state, 6, real(state, 6) + 1.0);
    for (let lane: i32 = 0; lane < lanes; lane++) {
      putReal(mean, lane, NaN);
      putReal(sd, lane, NaN);
      putReal(z, lane, NaN);
    }
  }
}

function startBlock(state: Reals, x: Reals, lanes: i32): void {
  putReal(state, 2, (real(state, 0) as i32) >> 1);
  putReal(state, 4, 0.0 - real(state, 4));
  putReal(state, 5, 0.0 - real(state, 5));
  putReal(state, 3, real(state, 3) + real(state, 4));
  const zero = pairOf(0.0);
  let sums = realsFrom(state, HEAD);
  for (let lane: i32 = 0; lane < lanes; lane += 2) {
    putPair(sums, 0, pair(sums, 2));
    putPair(sums, 2, pair(x, lane));
    putPair(sums, 4, pair(sums, 8));
    putPair(sums, 6, pair(sums, 10));
    for (let at: i32 = 8; at < SUMS; at += 2) putPair(sums, at, zero);
    sums = realsFrom(sums, SUMS);
  }
}

function withoutScore(squares: f64, sd: Reals, z: Reals, lane: i32): void {
  if (!(squares < SQUARES_MIN)) return;
  putReal(sd, lane, squares == 0.0 ? 0.0 : NaN);
  putReal(z, lane, NaN);
}
