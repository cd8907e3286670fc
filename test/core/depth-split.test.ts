import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareOut } from "../../src/core/depth-split.ts";

function shared(quantity: number, weights: number[], steps?: number[], minima?: number[]): number[] {
  const count = weights.length;
  const shares = new Float64Array(count);
  const ones = new Array(count).fill(1);
  shareOut(
    quantity,
    count,
    Float64Array.from(weights),
    Float64Array.from(steps ?? ones),
    Float64Array.from(minima ?? ones),
    shares,
  );
  return [...shares];
}

describe("sharing out", () => {
  it.each([
    [100, [1, 1], undefined, undefined, [50, 50]],
    [100, [3, 1], undefined, undefined, [75, 25]],
    // 33⅓ each: the first of equals gets what is left.
    [100, [1, 1, 1], undefined, undefined, [34, 33, 33]],
    // 16⅔, 33⅓, 50: the largest remainder.
    [100, [1, 2, 3], undefined, undefined, [17, 33, 50]],
    [100, [1, 1], [10, 7], undefined, [50, 49]],
    [101, [1, 1], [10, 1], undefined, [50, 51]],
    // 10 of 100 is under the least of 20 and goes to the others.
    [100, [10, 45, 45], undefined, [20, 20, 20], [0, 50, 50]],
    [30, [1, 1, 1], undefined, [11, 11, 11], [0, 15, 15].sort((a, b) => b - a)],
    // Nobody can have enough: one gets it all, and the risk gate has the last word.
    [5, [1, 2], undefined, [10, 10], [0, 5]],
    [0, [1, 2], undefined, undefined, [0, 0]],
  ])("%i by %j, steps %j, minima %j, is %j", (quantity, weights, steps, minima, expected) => {
    const got = shared(quantity, weights, steps, minima);
    if (quantity === 30) expect([...got].sort((a, b) => b - a)).toEqual(expected);
    else expect(got).toEqual(expected);
  });

  it("keeps to steps and minima, sums to the quantity, and stays within a step of each exact share", () => {
    const entry = fc.record({
      weight: fc.integer({ min: 1, max: 1e6 }),
      step: fc.constantFrom(1, 2, 5, 10),
      least: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.array(entry, { minLength: 1, maxLength: 8 }),
        (quantity, entries) => {
          const steps = entries.map(({ step }) => step);
          const got = shared(
            quantity,
            entries.map(({ weight }) => weight),
            steps,
            entries.map(({ least }) => least),
          );
          const used = entries.filter((_, i) => got[i]! > 0);
          const total = used.reduce((sum, { weight }) => sum + weight, 0);
          const given = got.reduce((sum, share) => sum + share, 0);
          const coarsest = Math.max(...steps);
          expect(given).toBeLessThanOrEqual(quantity);
          expect(quantity - given).toBeLessThan(coarsest);
          got.forEach((share, i) => {
            const { weight, step, least } = entries[i]!;
            expect(share % step).toBe(0);
            if (share === 0) return;
            if (used.length > 1) expect(share).toBeGreaterThan(least - step);
            // Coarse entries may hand what they cannot take to finer ones.
            expect(Math.abs(share - (quantity * weight) / total)).toBeLessThan(coarsest * entries.length);
          });
        },
      ),
      { numRuns: 500 },
    );
  });
});
