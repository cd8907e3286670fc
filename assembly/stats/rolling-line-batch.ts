/**
 * Rolling regressions of many pairs that tick together: rolling-line.ts with two of them per instruction, and the same bits for each.
 * Portable.
 *
 * Ticks and results are rows, one number per x or y; `lanes` of them, an even number: an odd one out has a lane beside it that nobody
 * reads. What the stream keeps as one number is a pair of two neighbours here. State, in f64: [0] window, [1] lanes, [2] ticks left of
 * the block, [3] next place, [4] its direction, [5] way from a place to the rest's, [6] ticks seen, up to window, [7] point taken
 * last, [8] point to write, [10..49] the head of a stream's state and [50..57] a tick for hard-line.ts; then per pair of lanes 23
 * pairs: shiftX, shiftY, slope, sums x, u, xx, uu, xu of whole, the same 8 of next, the 5 sums of back, residual squares that
 * are hard whatever the rest, codes; then window/2 + 2 places, each with 5 pairs of sums per pair of lanes; then `window` points, each
 * with 2 pairs, x and y, per pair of lanes.
 */
import { hardLine, RESIDUAL_SHARE, ROUNDING_SHARE, SLOPE_MAX, SQUARES_MIN } from "./hard-line.ts";

const FRAME = 10;
const TICK = 50;
const HEAD = 58;
const SUMS = 46;
const NEXT = 16;
const BACK = 32;
const FLOOR = 42;
const CODE = 44;
const PLACE = 10;
const POINT = 4;

/** Size of the state in f64. */
export function rollingLineBatchSize(window: i32, lanes: i32): i32 {
  return HEAD + (SUMS + ((window >> 1) + 2) * PLACE + window * POINT) * (lanes >> 1);
}

/** Empties the state. window >= 3. */
export function rollingLineBatchReset(state: Reals, window: i32, lanes: i32): void {
  const size = rollingLineBatchSize(window, lanes);
  for (let at: i32 = 0; at < size; at++) putReal(state, at, 0.0);
  putReal(state, 0, window);
  putReal(state, 1, lanes);
  putReal(state, 4, -1.0);
  putReal(state, 5, (window & 1) == 0 ? -1.0 : 0.0);
  putReal(state, FRAME, window);
  putReal(state, FRAME + 39, window);
  putReal(state, FRAME + 8, 1.0 / window);
  putReal(state, FRAME + 9, 1.0 / (window - 2.0));
}

/** What hard-line.ts said of a lane's last tick. */
export function rollingLineBatchCode(state: Reals, lane: i32): f64 {
  return real(state, HEAD + SUMS * (lane >> 1) + CODE + (lane & 1));
}

/** Takes in one tick: y and x are rows, out is 5 rows. Results are those of rollingLine. */
export function rollingLineBatch(state: Reals, y: Reals, x: Reals, out: Reals): void {
  const window = real(state, 0) as i32;
  const lanes = real(state, 1) as i32;
  const couples: i32 = lanes >> 1;
  if (real(state, 2) == 0.0) startBlock(state, y, x, lanes);
  const full = real(state, 6) + 1.0 >= window;
  const taken: i32 = real(state, 7) == 0.0 ? window - 1 : (real(state, 7) as i32) - 1;
  const written = real(state, 8) as i32;
  let sums = realsFrom(state, HEAD);
  const places = realsFrom(sums, SUMS * couples);
  const points = realsFrom(places, ((window >> 1) + 2) * PLACE * couples);
  let place = realsFrom(places, (real(state, 3) as i32) * PLACE * couples);
  let rest = realsFrom(place, (real(state, 5) as i32) * PLACE * couples);
  let old = realsFrom(points, taken * POINT * couples);
  let newest = realsFrom(points, written * POINT * couples);
  putReal(state, 2, real(state, 2) - 1.0);
  putReal(state, 3, real(state, 3) + real(state, 4));
  putReal(state, 7, taken);
  putReal(state, 8, written + 1 == window ? 0 : written + 1);

  const alphas = realsFrom(out, lanes);
  const fits = realsFrom(alphas, lanes);
  const deviates = realsFrom(fits, lanes);
  const spreads = realsFrom(deviates, lanes);
  const perPoint = pairOf(real(state, FRAME + 8));
  const perFreedom = pairOf(real(state, FRAME + 9));
  const share = pairOf(4.0 * ROUNDING_SHARE * real(state, 0) * real(state, 0));
  const kept = pairOf(RESIDUAL_SHARE);
  const least = pairOf(SQUARES_MIN);
  const zero = pairOf(0.0);
  for (let lane: i32 = 0; lane < lanes; lane += 2) {
    const valueX = pair(x, lane);
    const valueY = pair(y, lane);
    const oldX = pairSub(pair(old, 0), pair(sums, NEXT));
    const oldU = pairSub(pairSub(pair(old, 2), pair(sums, NEXT + 2)), pairMul(oldX, pair(sums, NEXT + 4)));
    putPair(newest, 0, valueX);
    putPair(newest, 2, valueY);
    // Before the place is written: an odd window's rest is the place itself.
    const restX = pair(rest, 0);
    const restU = pair(rest, 2);
    const restXX = pair(rest, 4);
    const restUU = pair(rest, 6);
    const restXU = pair(rest, 8);
    addTo(realsFrom(sums, BACK), oldX, oldU);
    for (let at: i32 = 0; at < PLACE; at += 2) putPair(place, at, pair(sums, BACK + at));
    const freshX = pairSub(valueX, pair(sums, NEXT));
    const freshU = pairSub(pairSub(valueY, pair(sums, NEXT + 2)), pairMul(freshX, pair(sums, NEXT + 4)));
    addTo(realsFrom(sums, NEXT + 6), freshX, freshU);
    const shiftX = pair(sums, 0);
    const shiftY = pair(sums, 2);
    const slope = pair(sums, 4);
    const dx = pairSub(valueX, shiftX);
    const du = pairSub(pairSub(valueY, shiftY), pairMul(dx, slope));
    addTo(realsFrom(sums, 6), dx, du);

    const sumX = pairAdd(pair(sums, 6), restX);
    const sumU = pairAdd(pair(sums, 8), restU);
    const rawXX = pairAdd(pair(sums, 10), restXX);
    const rawUU = pairAdd(pair(sums, 12), restUU);
    const rawXU = pairAdd(pair(sums, 14), restXU);
    const offsetX = pairMul(sumX, perPoint);
    const offsetU = pairMul(sumU, perPoint);
    const xx = pairSub(rawXX, pairMul(sumX, offsetX));
    const xu = pairSub(rawXU, pairMul(sumX, offsetU));
    const correction = pairDiv(xu, xx);
    const beta = pairAdd(slope, correction);
    const residual = pairSub(pairSub(rawUU, pairMul(sumU, offsetU)), pairMul(correction, xu));
    const explained = pairMul(pairMul(beta, beta), xx);
    const centre = pairSub(offsetU, pairMul(correction, offsetX));
    putPair(out, lane, beta);
    putPair(alphas, lane, pairAdd(pairSub(shiftY, pairMul(beta, shiftX)), centre));
    putPair(fits, lane, pairDiv(explained, pairAdd(explained, residual)));
    putPair(deviates, lane, pairSqrt(pairMul(residual, perFreedom)));
    putPair(spreads, lane, pairAdd(pairSub(pairSub(du, pairMul(correction, dx)), centre), zero));
    putPair(sums, CODE, zero);
    const limit = pairAdd(pairMul(kept, rawUU), pairAdd(pairMul(share, explained), pair(sums, FLOOR)));
    if (full) {
      if (!bothAbove(residual, limit) || !bothAbove(xx, least)) {
        const end: i32 = written + 1 < window ? written + 1 + window : window;
        const couple = realsFrom(points, POINT * (lane >> 1));
        putTick(state, pairLow(sumX), pairLow(sumU), pairLow(rawXX), pairLow(rawUU), pairLow(rawXU));
        correct(state, sums, 0, couple, end, realsFrom(out, lane));
        putTick(state, pairHigh(sumX), pairHigh(sumU), pairHigh(rawXX), pairHigh(rawUU), pairHigh(rawXU));
        correct(state, sums, 1, couple, end, realsFrom(out, lane));
      }
    }
    sums = realsFrom(sums, SUMS);
    place = realsFrom(place, PLACE);
    rest = realsFrom(rest, PLACE);
    old = realsFrom(old, POINT);
    newest = realsFrom(newest, POINT);
  }
  if (!full) {
    putReal(state, 6, real(state, 6) + 1.0);
    for (let at: i32 = 0; at < 5 * lanes; at++) putReal(out, at, NaN);
  }
}

/** sums: x, u, xx, uu, xu. */
function addTo(sums: Reals, dx: Pair, du: Pair): void {
  putPair(sums, 0, pairAdd(pair(sums, 0), dx));
  putPair(sums, 2, pairAdd(pair(sums, 2), du));
  putPair(sums, 4, pairAdd(pair(sums, 4), pairMul(dx, dx)));
  putPair(sums, 6, pairAdd(pair(sums, 6), pairMul(du, du)));
  putPair(sums, 8, pairAdd(pair(sums, 8), pairMul(dx, du)));
}

function putTick(state: Reals, sumX: f64, sumU: f64, rawXX: f64, rawUU: f64, rawXU: f64): void {
  const tick = realsFrom(state, TICK);
  putReal(tick, 0, sumX);
  putReal(tick, 1, sumU);
  putReal(tick, 2, rawXX);
  putReal(tick, 3, rawUU);
  putReal(tick, 6, rawXU);
}

/** Asks hard-line.ts about the low (0) or high (1) lane of a couple, whose results are out's first and second number. */
function correct(state: Reals, sums: Reals, side: i32, points: Reals, end: i32, out: Reals): void {
  const frame = realsFrom(state, FRAME);
  const lanes = real(state, 1) as i32;
  putReal(frame, 11, real(sums, FLOOR + side));
  putReal(frame, 12, real(sums, side));
  putReal(frame, 13, real(sums, 2 + side));
  putReal(frame, 15, real(sums, 4 + side));
  const step: i32 = POINT * (lanes >> 1);
  const code = hardLine(frame, realsFrom(state, TICK), realsFrom(points, side), step, 2, end, realsFrom(out, side), lanes);
  putReal(sums, CODE + side, code);
}

function startBlock(state: Reals, y: Reals, x: Reals, lanes: i32): void {
  const block = (real(state, 0) as i32) >> 1;
  putReal(state, 2, block);
  putReal(state, 4, 0.0 - real(state, 4));
  putReal(state, 5, 0.0 - real(state, 5));
  putReal(state, 3, real(state, 3) + real(state, 4));
  putReal(state, 7, real(state, 8));
  const zero = pairOf(0.0);
  let sums = realsFrom(state, HEAD);
  for (let lane: i32 = 0; lane < lanes; lane += 2) {
    for (let at: i32 = 0; at < NEXT; at += 2) putPair(sums, at, pair(sums, NEXT + at));
    putPair(sums, NEXT, pair(x, lane));
    putPair(sums, NEXT + 2, pair(y, lane));
    putReal(sums, NEXT + 4, blockSlope(sums, 0, block));
    putReal(sums, NEXT + 5, blockSlope(sums, 1, block));
    for (let at: i32 = NEXT + 6; at < FLOOR; at += 2) putPair(sums, at, zero);
    const slopeX = pairMul(pair(sums, 4), pair(sums, 0));
    const level = pairAdd(pairMul(pair(sums, 2), pair(sums, 2)), pairMul(slopeX, slopeX));
    const rounding = pairOf(2.0 * ROUNDING_SHARE * real(state, 0));
    putPair(sums, FLOOR, pairAdd(pairOf(SQUARES_MIN), pairMul(rounding, level)));
    sums = realsFrom(sums, SUMS);
  }
}

/** As in rolling-line.ts, of one side of a couple. */
function blockSlope(sums: Reals, side: i32, count: i32): f64 {
  const sumX = real(sums, 6 + side);
  const sumU = real(sums, 8 + side);
  const xx: f64 = real(sums, 10 + side) - (sumX * sumX) / count;
  const xu: f64 = real(sums, 14 + side) - (sumX * sumU) / count;
  const correction: f64 = xu / xx;
  const slope: f64 = real(sums, 4 + side) + correction;
  const residual: f64 = real(sums, 12 + side) - (sumU * sumU) / count - correction * xu;
  return slope * slope * xx > residual && Math.abs(slope) < SLOPE_MAX ? slope : 0.0;
}
