/**
 * Seeded pseudo-random numbers (sfc32, by Chris Doty-Humphrey): the same seed gives the same sequence on every machine.
 *
 * For simulation, fuzzing and generated markets. Not for secrets.
 */
import { assert } from "../domain/units.ts";

export interface Prng {
  /** Uniform over 0 .. 2^32 - 1. */
  next(): number;
  /** Uniform over [0, 1), with 53 bits. */
  float(): number;
  /** Uniform over 0 .. n - 1, for 1 <= n <= 2^32. */
  int(n: number): number;
}

/** `seed` is any safe whole number: all of its bits count. */
export function createPrng(seed: number): Prng {
  assert(Number.isSafeInteger(seed), `a seed must be a safe whole number, got ${seed}`);
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;

  function next(): number {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return result >>> 0;
  }

  // The first outputs still show the seed; the author's own seeding discards this many.
  for (let i = 0; i < 12; i++) next();

  return {
    next,
    float: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53,
    int(n) {
      assert(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, `int(n) needs 1 <= n <= 2^32, got ${n}`);
      // Values past the last whole multiple of n would make small results likelier.
      const limit = 2 ** 32 - (2 ** 32 % n);
      for (;;) {
        const value = next();
        if (value < limit) return value % n;
      }
    },
  };
}
