/**
 * Rolling mean, standard deviation (ddof 1) and z-score of one stream, in the same few steps at every tick. Portable.
 *
 * Sums are only ever added to, never subtracted from, so nothing drifts and nothing poisons. Time runs in blocks of half a window.
 * The window is then: the youngest part of the block before last, the whole last block, what there is of the running block. Three
 * pairs of sums grow by one value per tick:
 *   - whole: the last block and the running one, about `shift`;
 *   - next: the running block alone, about `nextShift`; `whole` starts from it when the block ends;
 *   - back: the last block from its youngest value backwards, about `nextShift`. Every stage of it is kept, because in the next
 *     block the stages are the sums of what is left of it.
 * A shift is the first value of the block that `whole` begins with: always one of the window, in its middle. So centring loses a
 * factor of `window` at worst, and squares about the mean are never negative: at least sumSq / window.
 *
 * A value that is not finite, or squares that leave the doubles, make NaN of exactly the windows that contain them.
 *
 * State, in f64: [0] window, [1] values seen, up to window, [2] ticks left of the block, [3] next place, [4] its direction,
 * [5] shift, [6] nextShift, [7] sum of whole, [8] of next, [9] squares of whole, [10] of next, [11] sum of back, [12] its squares,
 * [13] 1/(window - 1), [14] way from a place to the rest's, [15] spare; then window/2 + 2 places of 3: value, sum, squares. A block
 * goes through the places one way, the next one back: it takes each value of its predecessor, youngest first, and leaves its own
 * there. The outer places stay 0: nothing is left of a block.
 */

const HEAD = 16;
const PLACE = 3;
/** Below this the squares of differences have lost digits to underflow: differences of 1e-135 and less. */
export const SQUARES_MIN = 1.0e-270;

/** Size of the state in f64. */
export function rollingZscoreSize(window: i32): i32 {
  return HEAD + ((window >> 1) + 2) * PLACE;
}

/** Empties the state. window >= 2. */
export function rollingZscoreReset(state: Reals, window: i32): void {
  const size = rollingZscoreSize(window);
  for (let at: i32 = 0; at < size; at++) putReal(state, at, 0.0);
  putReal(state, 0, window);
  // Behind the last place of a block that went backwards, so the first one goes forwards from place 1.
  putReal(state, 3, HEAD);
  putReal(state, 4, -PLACE);
  putReal(state, 13, 1.0 / (window - 1.0));
  // An even window reaches one value less into the block before last than an odd one.
  putReal(state, 14, (window & 1) == 0 ? -PLACE : 0);
}

/**
 * Takes in `count` values. Where the window is not full, not finite or out of range, all three results are NaN; where its values
 * are equal, sd is 0 and z is NaN; where their differences are too small to square, sd and z are NaN.
 */
export function rollingZscore(state: Reals, x: Reals, count: i32, mean: Reals, sd: Reals, z: Reals): void {
  const points = real(state, 0);
  const seen = real(state, 1) as i32;
  let left = real(state, 2) as i32;
  let place = realsFrom(state, real(state, 3) as i32);
  let step = real(state, 4) as i32;
  let shifts = pair(state, 5);
  let sums = pair(state, 7);
  let squaresOf = pair(state, 9);
  let back = real(state, 11);
  let backSq = real(state, 12);
  const perFreedom = real(state, 13);
  let toRest = real(state, 14) as i32;
  const window = points as i32;
  let at: i32 = 0;
  while (at < count) {
    if (left == 0) {
      left = window >> 1;
      step = 0 - step;
      toRest = 0 - toRest;
      place = realsFrom(place, step);
      shifts = moveUp(state, 5, shifts, real(x, at));
      sums = moveUp(state, 7, sums, 0.0);
      squaresOf = moveUp(state, 9, squaresOf, 0.0);
      back = 0.0;
      backSq = 0.0;
    }
    const shift = pairLow(shifts);
    const nextShift = pairHigh(shifts);
    const run: i32 = left < count - at ? left : count - at;
    const end: i32 = at + run;
    left -= run;
    for (; at < end; at++) {
      const value = real(x, at);
      const rest = realsFrom(place, toRest);
      const restSum = real(rest, 1);
      const restSq = real(rest, 2);
      const old: f64 = real(place, 0) - nextShift;
      back += old;
      backSq += old * old;
      putReal(place, 0, value);
      putReal(place, 1, back);
      putReal(place, 2, backSq);
      place = realsFrom(place, step);
      const deviations = pairSub(pairOf(value), shifts);
      sums = pairAdd(sums, deviations);
      squaresOf = pairAdd(squaresOf, pairMul(deviations, deviations));

      const sum: f64 = pairLow(sums) + restSum;
      const offset: f64 = sum / points;
      const squares: f64 = pairLow(squaresOf) + restSq - sum * offset;
      // 0 for finite squares, else NaN, which takes every result with it.
      const fault: f64 = squares - squares;
      const deviate: f64 = Math.sqrt(squares * perFreedom);
      putReal(mean, at, shift + offset + fault);
      putReal(sd, at, deviate + fault);
      // Against the shift, not the mean: the mean is rounded to the values' own digits, the deviation is not.
      putReal(z, at, (pairLow(deviations) - offset) / deviate + fault);
      if (squares < SQUARES_MIN) {
        putReal(sd, at, squares == 0.0 ? 0.0 : NaN);
        putReal(z, at, NaN);
      }
    }
  }
  const filled: i32 = seen + count < window ? seen + count : window;
  for (at = 0; at < count && seen + at + 1 < window; at++) {
    putReal(mean, at, NaN);
    putReal(sd, at, NaN);
    putReal(z, at, NaN);
  }
  putReal(state, 1, filled);
  putReal(state, 2, left);
  putReal(state, 3, (place - state) >> 3);
  putReal(state, 4, step);
  putPair(state, 5, shifts);
  putPair(state, 7, sums);
  putPair(state, 9, squaresOf);
  putReal(state, 11, back);
  putReal(state, 12, backSq);
  putReal(state, 14, toRest);
}

/** (whole, next) becomes (next, fresh), by way of the state. */
function moveUp(state: Reals, index: i32, values: Pair, fresh: f64): Pair {
  putReal(state, index, pairHigh(values));
  putReal(state, index + 1, fresh);
  return pair(state, index);
}
