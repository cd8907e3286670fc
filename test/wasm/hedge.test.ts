/** Hedge kernels: worked examples of SPEC §5, and the promises of the corridor over random inputs. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createShared } from "../../src/memory/shared.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";

const { correctionNotional, correctionPays, ewmaVariance, linearIntensity } = instantiateKernels(
  compileKernels(),
  createShared().memory,
);
const EDGE = 0;
const CENTRE = 1;

describe("delta correction", () => {
  test("inside the band, edge included, nothing is corrected", () => {
    expect(correctionNotional(-950, -1000, 1000, 0.05, EDGE)).toBe(0);
    expect(correctionNotional(-1050, -1000, 1000, 0.05, CENTRE)).toBe(0);
  });

  test("one unit in the last place beyond the band it does, and one before it does not", () => {
    // The band is 50 wide: what is held lies that much and a hair to either side of the target.
    const ulp = 2 ** -42;
    for (const sign of [1, -1]) {
      expect(correctionNotional(sign * (50 + ulp), 0, 1000, 0.05, CENTRE)).toBe(-sign * (50 + ulp));
      expect(correctionNotional(sign * 50, 0, 1000, 0.05, CENTRE)).toBe(0);
      expect(correctionNotional(sign * (50 - ulp), 0, 1000, 0.05, CENTRE)).toBe(0);
    }
  });

  test("outside it returns to the edge or to the centre, against the drift", () => {
    // Held too little short: sell. Held too much short: buy.
    expect(correctionNotional(-900, -1000, 1000, 0.05, EDGE)).toBe(-50);
    expect(correctionNotional(-900, -1000, 1000, 0.05, CENTRE)).toBe(-100);
    expect(correctionNotional(-1100, -1000, -1000, 0.05, EDGE)).toBe(50);
    expect(correctionNotional(-1100, -1000, -1000, 0.05, CENTRE)).toBe(100);
  });

  test("without exposure there is no corridor: what is held goes", () => {
    expect(correctionNotional(70, 0, 0, 0.05, EDGE)).toBe(-70);
  });

  test("a negative band or NaN anywhere is NaN", () => {
    expect(correctionNotional(1, 0, 1, -0.05, EDGE)).toBeNaN();
    expect(correctionNotional(Number.NaN, 0, 1, 0.05, CENTRE)).toBeNaN();
    expect(correctionNotional(0, 0, Number.NaN, 0.05, CENTRE)).toBeNaN();
  });

  test("every correction reduces the drift, never overshoots the target, and is never -0", () => {
    const amount = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (held, target, exposure, band, centre) => {
          const correction = correctionNotional(held, target, exposure, band, centre ? CENTRE : EDGE);
          const [before, after] = [held - target, held - target + correction];
          expect(Object.is(correction, -0)).toBe(false);
          expect(Math.abs(after)).toBeLessThanOrEqual(Math.abs(before));
          if (correction !== 0) expect(Math.sign(after) * Math.sign(before)).toBeGreaterThanOrEqual(0);
          if (Math.abs(before) > band * Math.abs(exposure)) expect(correction).not.toBe(0);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test("pays only when the risk it takes away exceeds its cost", () => {
    // 0.0001 per sqrt(second) over 900 s is 0.003 of the notional.
    expect(correctionPays(-50, 0.0001, 900, 0.0005, 0.0001, 0.002)).toBe(1);
    expect(correctionPays(-50, 0.0001, 900, 0.0009, 0.0001, 0.002)).toBe(0);
    // Exactly what it costs is not worth it; one unit in the last place more is.
    expect(correctionPays(-50, 0.5, 4, 0.5, 0.25, 0.25)).toBe(0);
    expect(correctionPays(-50, 0.5, 4, 0.5, 0.25, 0.25 - 2 ** -54)).toBe(0);
    expect(correctionPays(-50, 0.5, 4, 0.5, 0.25, 0.25 - 2 ** -52)).toBe(1);
    expect(correctionPays(-50, 0.5 + 2 ** -53, 4, 0.5, 0.25, 0.25)).toBe(1);
    expect(correctionPays(0, 1, 900, 0, 0, 0)).toBe(0);
    expect(correctionPays(50, Number.NaN, 900, 0, 0, 0)).toBe(0);
    expect(correctionPays(50, 1, -1, 0, 0, 0)).toBe(0);
    expect(correctionPays(Number.NaN, 1, 900, 0, 0, 0)).toBe(0);
  });
});

describe("linear intensity", () => {
  const of = (xs: number[], night = 1, leverage = 1) =>
    linearIntensity(0.35, 0.25, 0.2, 0.15, 0.05, xs[0]!, xs[1]!, xs[2]!, xs[3]!, xs[4]!, night, leverage);

  test("weighs each input by its own weight", () => {
    expect([of([1, 0, 0, 0, 0]), of([0, 1, 0, 0, 0]), of([0, 0, 1, 0, 0])]).toEqual([0.35, 0.25, 0.2]);
    expect([of([0, 0, 0, 1, 0]), of([0, 0, 0, 0, 1])]).toEqual([0.15, 0.05]);
  });

  test("is clamped before and after night and leverage", () => {
    expect(of([1, 1, 1, 1, 1], 1.2, 1.25)).toBe(1);
    expect(of([0, 1, 1, 0, 0], 1.2, 1.25)).toBeCloseTo(0.45 * 1.5, 14);
    // The inner clamp: without it the sum of 2 times 0.4 would be 0.8.
    expect(linearIntensity(2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0.4)).toBe(0.4);
    expect(of([-1, 0, 0, 0, 0])).toBe(0);
    expect(of([Number.NaN, 0, 0, 0, 0])).toBeNaN();
  });
});

test("the EWMA variance mixes the last variance and the squared return by lambda", () => {
  expect(ewmaVariance(4, 3, 0.99)).toBeCloseTo(0.99 * 4 + 0.01 * 9, 14);
  expect(ewmaVariance(0, 0, 0.99)).toBe(0);
  expect(ewmaVariance(7, -2, 0)).toBe(4);
  expect(ewmaVariance(7, -2, 1)).toBe(7);
});
