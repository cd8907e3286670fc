/**
 * Sorting of numbers together with their places, by merging: stable, and cut at any place of any level without a trace. Portable.
 *
 * An item is a pair of a key and the place it came from. Keys are finite; equal ones keep their order, and -0 equals 0.
 */

/** Runs of this many items are sorted by insertion: the first level of merging starts from them. */
const RUN = 8;

/** Items of keys from..to, sorted within each run of 8; `from` is a multiple of 8. Returns the length of a run. */
export function sortRuns(keys: Reals, from: i32, to: i32, items: Reals): i32 {
  for (let start: i32 = from; start < to; start += RUN) {
    const end: i32 = start + RUN < to ? start + RUN : to;
    for (let at: i32 = start; at < end; at++) {
      const key = real(keys, at);
      let place: i32 = at;
      for (; place > start && key < real(items, 2 * place - 2); place--) {
        putPair(items, 2 * place, pair(items, 2 * place - 2));
      }
      putReal(items, 2 * place, key);
      putReal(items, 2 * place + 1, at);
    }
  }
  return RUN;
}

/** Places from..to of what merging neighbouring runs of `width` of all `count` items gives, to `target`. */
export function mergeRuns(items: Reals, target: Reals, count: i32, width: i32, from: i32, to: i32): void {
  let out: i32 = from;
  while (out < to) {
    const start: i32 = out - (out % (2 * width));
    const middle: i32 = start + width < count ? start + width : count;
    const end: i32 = middle + width < count ? middle + width : count;
    let left: i32 = start + takenFromLeft(items, start, middle, end, out - start);
    let right: i32 = middle + (out - start) - (left - start);
    const stop: i32 = end < to ? end : to;
    for (; out < stop; out++) {
      const takeLeft = right >= end || (left < middle && real(items, 2 * left) <= real(items, 2 * right));
      putPair(target, 2 * out, pair(items, 2 * (takeLeft ? left : right)));
      if (takeLeft) left++;
      else right++;
    }
  }
}

/** How many of the first `taken` merged items come from the left run: by bisection, so merging can begin anywhere. */
function takenFromLeft(items: Reals, start: i32, middle: i32, end: i32, taken: i32): i32 {
  const rightCount: i32 = end - middle;
  let low: i32 = taken > rightCount ? taken - rightCount : 0;
  let high: i32 = taken < middle - start ? taken : middle - start;
  while (low < high) {
    const half: i32 = (low + high) >> 1;
    // One more from the left when its next is no larger than the right run's last taken.
    if (real(items, 2 * (start + half)) <= real(items, 2 * (middle + taken - half - 1))) low = half + 1;
    else high = half;
  }
  return low;
}
