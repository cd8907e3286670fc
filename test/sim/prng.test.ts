import { expect, it } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";

it("gives the sequence it has always given for a seed", () => {
  const prng = createPrng(42);
  expect([prng.next(), prng.next(), prng.next()]).toEqual([1_264_412_219, 1_947_509_147, 3_919_439_299]);
});

it("uses every bit of the seed", () => {
  const firsts = [0, 1, 2 ** 32, 2 ** 52, -1].map((seed) => createPrng(seed).next());
  expect(new Set(firsts).size).toBe(5);
});

it("stays inside its ranges and reaches all of them", () => {
  const prng = createPrng(7);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) {
    counts[prng.int(6)]!++;
    const float = prng.float();
    if (!(float >= 0 && float < 1)) expect.fail(`${float} is outside [0, 1)`);
  }
  // Ten standard deviations around 10,000: fails for a skewed generator, never by chance, as the seed is fixed.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(913);
});

it("refuses seeds and bounds that are no whole numbers", () => {
  expect(() => createPrng(0.5)).toThrow(/seed/);
  for (const n of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => createPrng(1).int(n)).toThrow(/int\(n\)/);
});
