/**
 * Computations in slices: a thread that must answer within 100 us does something else between any two of them.
 *
 * `xSlices(...)` of this library returns a generator: each `next()` works for about SLICE_VALUES values, some tens of microseconds,
 * and the last one returns what `x(...)` returns, which is the same generator without the rests: the same bits, the same errors.
 * Arguments are read while it runs and must not change meanwhile.
 */
export type Slices<Result> = Generator<undefined, Result, undefined>;

/** To the end without a rest. */
export function drain<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}

/** To the end with a rest after every slice: `() => new Promise(setImmediate)` lets the event loop have its turn. */
export async function inSlices<Result>(slices: Slices<Result>, rest: () => Promise<unknown>): Promise<Result> {
  try {
    for (;;) {
      const slice = slices.next();
      if (slice.done === true) return slice.value;
      await rest();
    }
  } finally {
    // Where `rest` throws, what the computation held is given back.
    slices.return(undefined as never);
  }
}

/** Values that a slice touches: at about a nanosecond each a fifth of what a lane can spare, as code may be new and caches cold. */
export const SLICE_VALUES = 16_384;

/** Longest run of values that one call of a kernel takes. Sums over longer samples are added up run by run, sliced or not. */
export const BLOCK_VALUES = 8192;

/**
 * The same for a loop in TypeScript, and what one of its values counts for: the first thousands of values pass through V8's
 * interpreter, which takes tens of nanoseconds for each.
 */
export const LOOP_VALUES = 256;
export const LOOP_COST = 32;

/** Counts work, and says when it is time to rest. */
export class Meter {
  #left = SLICE_VALUES;

  /** After work on so many values. */
  due(values: number): boolean {
    this.#left -= values;
    if (this.#left > 0) return false;
    this.#left = SLICE_VALUES;
    return true;
  }
}
