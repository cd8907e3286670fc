/**
 * Computations in slices: a thread that must answer within 100 us does something else between any two of them.
 *
 * `xSlices(...)` of this library returns a generator: each `next()` works for some tens of microseconds, and the last one returns what
 * `x(...)` returns, which is the same generator without the rests: the same bits, the same errors. Arguments are read while it runs
 * and must not change meanwhile.
 */
export type Slices<Result> = Generator<undefined, Result, undefined>;

/** To the end without a rest. */
export function drain<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}
