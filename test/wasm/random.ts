/** Numbers for kernel tests: values whose size varies as much as their digits, and roughly normal ones. */
import { createPrng, type Prng } from "../../src/sim/prng.ts";

export class Random {
  readonly #prng: Prng;

  constructor(seed: number) {
    this.#prng = createPrng(seed);
  }

  /** [0, 1) */
  unit(): number {
    return this.#prng.float();
  }

  /** Whole, low..high inclusive. */
  whole(low: number, high: number): number {
    return low + this.#prng.int(high - low + 1);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#prng.int(from.length)] as T;
  }

  /** Either sign, 1e-6 to 1e9, full mantissa. */
  spread(): number {
    return (this.#prng.int(2) === 0 ? 1 : -1) * this.unit() * 10 ** this.whole(-6, 9);
  }

  /** Roughly normal, mean 0, variance 1: good enough to walk with. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.#prng.next() / 2 ** 32;
    return sum;
  }
}
