/**
 * Rolling regression of y on x with an intercept, in the same few steps at every tick. Portable.
 *
 * Blocks, sums and places are those of rolling-zscore.ts; read that first. Two things come on top. y is replaced by what a
 * provisional line leaves of it, u = (y - shiftY) - slope (x - shiftX): where x explains nearly all of y (spot and perpetual),
 * subtracting squares of y would cost the residual's digits, subtracting those of u does not. The slope is that of the block which
 * ended last if it explained half of y there, else 0. And the window's points are kept: where the provisional line is so wrong that
 * digits are lost all the same (the relation has just broken), the line is taken from them (hard-line.ts), which costs O(window) at
 * that tick and ends when two blocks have passed.
 *
 * Points are taken in runs: first their sums, one by one, then lines from these, two at a time. That is for the processor, which
 * so has several of these long chains of operations under way at once. Results do not depend on the runs.
 *
 * State, in f64: [0] window, [1] points seen, up to window, [2] ticks left of the block, [3] next place, [4] its direction, [5] way
 * from a place to the rest's, [6] point taken last, [7] point to write, [8] 1/window, [9] 1/(window - 2), [10] code of the last tick
 * (hard-line.ts), [11] residual squares that are hard whatever the rest, [12] shift x, y, [14] (0, slope), [16] sums x, u, [18] xx,
 * uu, [20] xu of whole, [22..31] the same of next, [32..37] sums of back, [38] points read again, [39] room for points, [40..49]
 * results of a single tick; [50] RUN + 1 ticks of 8: sums x, u, xx, uu, deviations x, u of the newest point, xu, spare; then
 * window/2 + 2 places of 6: sums x, u, xx, uu, xu, spare; then `window` + RUN points x, y. hard-line.ts reads the first 40 and ticks.
 */
import { hardLine, RESIDUAL_SHARE, ROUNDING_SHARE, SLOPE_MAX, SQUARES_MIN } from "./hard-line.ts";

const SINGLE = 40;
const TICKS = 50;
const TICK = 8;
const PLACE = 6;
const RUN = 64;
const PLACES = 570;
/** Points read again in one run of hard lines, at most: a run of a long window is shorter. */
const RUN_POINTS_MAX = 65_536;

/** Size of the state in f64. */
export function rollingLineSize(window: i32): i32 {
  return PLACES + ((window >> 1) + 2) * PLACE + (window + RUN) * 2;
}

/** Empties the state. 3 <= window <= RUN_POINTS_MAX. */
export function rollingLineReset(state: Reals, window: i32): void {
  const size = rollingLineSize(window);
  for (let at: i32 = 0; at < size; at++) putReal(state, at, 0.0);
  putReal(state, 0, window);
  putReal(state, 3, PLACES);
  putReal(state, 4, -PLACE);
  putReal(state, 5, (window & 1) == 0 ? -PLACE : 0);
  putReal(state, 8, 1.0 / window);
  putReal(state, 9, 1.0 / (window - 2.0));
  putReal(state, 39, window + RUN);
}

/**
 * Takes in up to `count` points and returns how many it took: fewer when `credit` points had been read again for hard lines.
 * out, 5 vectors `stride` apart: beta, alpha, R2, residual sd (ddof 2), residual of the newest point; what they are where a line is
 * hard or there is none is written in hard-line.ts. NaN while the window is not full. Never -0.
 */
export function rollingLine(state: Reals, y: Reals, x: Reals, count: i32, credit: i32, out: Reals, stride: i32): i32 {
  const window = real(state, 0) as i32;
  const missing: i32 = window - 1 - (real(state, 1) as i32);
  const longest: i32 = RUN * window <= RUN_POINTS_MAX ? RUN : (RUN_POINTS_MAX / window) | 0;
  let at: i32 = 0;
  putReal(state, 38, 0.0);
  while (at < count && (real(state, 38) as i32) < credit) {
    const run = gather(state, realsFrom(y, at), realsFrom(x, at), count - at < longest ? count - at : longest);
    drawRun(state, run, missing - at, realsFrom(out, at), stride);
    at += run;
  }
  for (let early: i32 = 0; early < at && early < missing; early++) {
    for (let each: i32 = 0; each < 5; each++) putReal(out, each * stride + early, NaN);
  }
  putReal(state, 1, missing > at ? window - 1 - missing + at : window);
  return at;
}

/** Takes in up to `count` points, fewer at the ends of blocks, and leaves a tick for each. Returns how many. */
function gather(state: Reals, y: Reals, x: Reals, count: i32): i32 {
  const window = real(state, 0) as i32;
  const capacity: i32 = window + RUN;
  if (real(state, 2) == 0.0) startBlock(state, real(x, 0), real(y, 0));
  const left = real(state, 2) as i32;
  let taken = real(state, 6) as i32;
  if (taken == 0) taken = capacity;
  const written = real(state, 7) as i32;
  let run: i32 = left < count ? left : count;
  if (taken < run) run = taken;
  if (capacity - written < run) run = capacity - written;

  const points = realsFrom(state, PLACES + ((window >> 1) + 2) * PLACE);
  let newest = realsFrom(points, written << 1);
  let old = realsFrom(points, taken << 1);
  let place = realsFrom(state, real(state, 3) as i32);
  const step = real(state, 4) as i32;
  const toRest = real(state, 5) as i32;
  const shift = pair(state, 12);
  const slope = pair(state, 14);
  let whole = pair(state, 16);
  let wholeSq = pair(state, 18);
  let wholeXU = real(state, 20);
  const nextShift = pair(state, 22);
  const nextSlope = pair(state, 24);
  let next = pair(state, 26);
  let nextSq = pair(state, 28);
  let nextXU = real(state, 30);
  let back = pair(state, 32);
  let backSq = pair(state, 34);
  let backXU = real(state, 36);
  let tick = realsFrom(state, TICKS);
  for (let at: i32 = 0; at < run; at++) {
    old = realsFrom(old, -2);
    const oldX = pairSub(firstPair(old), nextShift);
    const oldU = pairSub(oldX, pairMul(pairOf(pairLow(oldX)), nextSlope));
    const value = pairFrom(real(x, at), real(y, at));
    putFirstPair(newest, value);
    newest = realsFrom(newest, 2);
    const rest = realsFrom(place, toRest);
    const restSums = firstPair(rest);
    const restSq = secondPair(rest);
    const restXU = real(rest, 4);
    back = pairAdd(back, oldU);
    backSq = pairAdd(backSq, pairMul(oldU, oldU));
    backXU += pairLow(oldU) * pairHigh(oldU);
    putFirstPair(place, back);
    putSecondPair(place, backSq);
    putReal(place, 4, backXU);
    place = realsFrom(place, step);

    const freshX = pairSub(value, nextShift);
    const freshU = pairSub(freshX, pairMul(pairOf(pairLow(freshX)), nextSlope));
    next = pairAdd(next, freshU);
    nextSq = pairAdd(nextSq, pairMul(freshU, freshU));
    nextXU += pairLow(freshU) * pairHigh(freshU);
    const dx = pairSub(value, shift);
    const du = pairSub(dx, pairMul(pairOf(pairLow(dx)), slope));
    whole = pairAdd(whole, du);
    wholeSq = pairAdd(wholeSq, pairMul(du, du));
    wholeXU += pairLow(du) * pairHigh(du);

    putFirstPair(tick, pairAdd(whole, restSums));
    putSecondPair(tick, pairAdd(wholeSq, restSq));
    putThirdPair(tick, du);
    putReal(tick, 6, wholeXU + restXU);
    tick = realsFrom(tick, TICK);
  }
  putReal(state, 2, left - run);
  putReal(state, 3, (place - state) >> 3);
  putReal(state, 6, taken - run);
  putReal(state, 7, written + run == capacity ? 0 : written + run);
  putPair(state, 16, whole);
  putPair(state, 18, wholeSq);
  putReal(state, 20, wholeXU);
  putPair(state, 26, next);
  putPair(state, 28, nextSq);
  putReal(state, 30, nextXU);
  putPair(state, 32, back);
  putPair(state, 34, backSq);
  putReal(state, 36, backXU);
  return run;
}

/** A block ends: `next` becomes `whole`, and the point becomes the shift of the one that begins with it. */
function startBlock(state: Reals, x: f64, y: f64): void {
  const block = (real(state, 0) as i32) >> 1;
  const step: f64 = 0.0 - real(state, 4);
  putReal(state, 2, block);
  putReal(state, 3, real(state, 3) + step);
  putReal(state, 4, step);
  putReal(state, 5, 0.0 - real(state, 5));
  putReal(state, 6, real(state, 7));
  for (let at: i32 = 12; at < 22; at += 2) putPair(state, at, pair(state, at + 10));
  putReal(state, 22, x);
  putReal(state, 23, y);
  putReal(state, 25, blockSlope(state, block));
  for (let at: i32 = 26; at < 38; at++) putReal(state, at, 0.0);
  const slopeX: f64 = real(state, 15) * real(state, 12);
  const level: f64 = real(state, 13) * real(state, 13) + slopeX * slopeX;
  // Twice: the mean may lie that much further out before the other share, of what x explains, sees it.
  putReal(state, 11, SQUARES_MIN + 2.0 * ROUNDING_SHARE * real(state, 0) * level);
}

/** Slope of the block in `whole` if it explains half of y there, else 0: others only cost digits. */
function blockSlope(state: Reals, count: i32): f64 {
  const sumX = real(state, 16);
  const sumU = real(state, 17);
  const xx: f64 = real(state, 18) - (sumX * sumX) / count;
  const xu: f64 = real(state, 20) - (sumX * sumU) / count;
  const correction: f64 = xu / xx;
  const slope: f64 = real(state, 15) + correction;
  const residual: f64 = real(state, 19) - (sumU * sumU) / count - correction * xu;
  return slope * slope * xx > residual && Math.abs(slope) < SLOPE_MAX ? slope : 0.0;
}

/** Lines of a run's ticks. The first `missing` of them need none. */
function drawRun(state: Reals, run: i32, missing: i32, out: Reals, stride: i32): void {
  const ticks = realsFrom(state, TICKS);
  const pairs: i32 = run & -2;
  let code: i32 = 0;
  let at = drawLines(state, ticks, 0, pairs, out, stride);
  while (at < pairs) {
    if (at >= missing) correct(state, realsFrom(ticks, at * TICK), run - at, realsFrom(out, at), stride);
    at++;
    code = at < missing ? 0 : correct(state, realsFrom(ticks, at * TICK), run - at, realsFrom(out, at), stride);
    at++;
    if (at < run) code = 0;
    at = drawLines(state, ticks, at, pairs, out, stride);
  }
  if (pairs < run) {
    const last = realsFrom(ticks, pairs * TICK);
    const single = realsFrom(state, SINGLE);
    const results = realsFrom(out, pairs);
    const hard = drawLines(state, last, 0, 2, single, 2) == 0;
    for (let each: i32 = 0; each < 5; each++) putReal(results, each * stride, real(single, each * 2));
    code = hard && pairs >= missing ? correct(state, last, 1, results, stride) : 0;
  }
  putReal(state, 10, code);
}

/** Asks hard-line.ts about the `ago`-th tick of a run from behind; returns its code. */
function correct(state: Reals, tick: Reals, ago: i32, results: Reals, stride: i32): i32 {
  const window = real(state, 0) as i32;
  const end: i32 = (real(state, 7) as i32) - ago + 1;
  const points = realsFrom(state, PLACES + ((window >> 1) + 2) * PLACE);
  return hardLine(state, tick, points, 2, 1, end < window ? end + window + RUN : end, results, stride);
}

/** Draws two lines at a time; returns the first tick of a pair of which one is hard, or `to`. */
function drawLines(state: Reals, ticks: Reals, from: i32, to: i32, out: Reals, stride: i32): i32 {
  const alphas = realsFrom(out, stride);
  const fits = realsFrom(alphas, stride);
  const deviates = realsFrom(fits, stride);
  const spreads = realsFrom(deviates, stride);
  const window = real(state, 0);
  const perPoint = pairOf(real(state, 8));
  const perFreedom = pairOf(real(state, 9));
  const floor = pairOf(real(state, 11));
  const shiftX = pairOf(real(state, 12));
  const shiftY = pairOf(real(state, 13));
  const slope = pairOf(real(state, 15));
  const share = pairOf(4.0 * ROUNDING_SHARE * window * window);
  const kept = pairOf(RESIDUAL_SHARE);
  const least = pairOf(SQUARES_MIN);
  const zero = pairOf(0.0);
  let tick = realsFrom(ticks, from * TICK);
  for (let at: i32 = from; at < to; at += 2) {
    const other = realsFrom(tick, TICK);
    const sumX = pairLows(firstPair(tick), firstPair(other));
    const sumU = pairHighs(firstPair(tick), firstPair(other));
    const rawUU = pairHighs(secondPair(tick), secondPair(other));
    const offsetX = pairMul(sumX, perPoint);
    const offsetU = pairMul(sumU, perPoint);
    const xx = pairSub(pairLows(secondPair(tick), secondPair(other)), pairMul(sumX, offsetX));
    const xu = pairSub(pairLows(fourthPair(tick), fourthPair(other)), pairMul(sumX, offsetU));
    const correction = pairDiv(xu, xx);
    const beta = pairAdd(slope, correction);
    const residual = pairSub(pairSub(rawUU, pairMul(sumU, offsetU)), pairMul(correction, xu));
    const explained = pairMul(pairMul(beta, beta), xx);
    const centre = pairSub(offsetU, pairMul(correction, offsetX));
    const dx = pairLows(thirdPair(tick), thirdPair(other));
    const du = pairHighs(thirdPair(tick), thirdPair(other));
    putPair(out, at, beta);
    putPair(alphas, at, pairAdd(pairSub(shiftY, pairMul(beta, shiftX)), centre));
    putPair(fits, at, pairDiv(explained, pairAdd(explained, residual)));
    putPair(deviates, at, pairSqrt(pairMul(residual, perFreedom)));
    putPair(spreads, at, pairAdd(pairSub(pairSub(du, pairMul(correction, dx)), centre), zero));
    const limit = pairAdd(pairMul(kept, rawUU), pairAdd(pairMul(share, explained), floor));
    if (!bothAbove(residual, limit)) return at;
    if (!bothAbove(xx, least)) return at;
    tick = realsFrom(other, TICK);
  }
  return to;
}
