/**
 * Rolling kernels against the definition: two passes over each window, in the window's own order.
 */
import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { createShared, type SharedMemory } from "../../src/memory/shared.ts";
import { compileKernels, instantiateKernels, type Kernels } from "../../src/wasm/kernels.ts";
import * as state from "../../src/wasm/window-state.ts";
import { ScratchArena } from "../support/scratch.ts";
import { Random } from "./random.ts";

const module = compileKernels();
let shared: SharedMemory;
let kernels: Kernels;
let arena: ScratchArena;

beforeEach(() => {
  shared = createShared();
  kernels = instantiateKernels(module, shared.memory);
  arena = new ScratchArena(shared, 0);
});

const f64 = (base: number, offset: number) => shared.f64[(base + offset) / 8] as number;
const i32 = (base: number, offset: number) => shared.i32[(base + offset) / 4] as number;

function newZscore(window: number): number {
  const base = arena.allocate(kernels.zscoreBytes(window));
  expect(kernels.zscoreReset(base, window)).toBe(1);
  return base;
}

function newOls(window: number): number {
  const base = arena.allocate(kernels.olsBytes(window));
  expect(kernels.olsReset(base, window)).toBe(1);
  return base;
}

describe("rolling z-score", () => {
  test("is the newest value's distance from the mean in sample standard deviations", () => {
    const base = newZscore(4);
    for (const value of [1, 2, 3]) {
      expect(kernels.zscorePush(base, value)).toBeNaN();
      expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_FILLING);
    }
    // Mean 2.5, squared deviations 2.25 + .25 + .25 + 2.25 = 5, sd = sqrt(5/3).
    expect(kernels.zscorePush(base, 4)).toBeCloseTo(1.5 / Math.sqrt(5 / 3), 14);
    expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_OK);
    // 1 has left: 2 3 4 9, mean 4.5, squares 6.25 + 2.25 + .25 + 20.25 = 29.
    expect(kernels.zscorePush(base, 9)).toBeCloseTo(4.5 / Math.sqrt(29 / 3), 14);
    expect(f64(base, state.ZSCORE_MEAN_OFFSET)).toBeCloseTo(4.5, 14);
    expect(f64(base, state.ZSCORE_SD_OFFSET)).toBeCloseTo(Math.sqrt(29 / 3), 14);
  });

  test.each([2, 3, 20, 60, 64, 65, 720])(
    "stays with the two-pass result over a long walk at level 1e7, window %i",
    (window) => {
      const base = newZscore(window);
      const random = new Random(window);
      const values: number[] = [];
      let level = 1e7;
      let worst = 0;
      for (let i = 0; i < 12_000; i++) {
        level += random.normal();
        values.push(level);
        const z = kernels.zscorePush(base, level);
        if (i < window - 1 || i % 7 !== 0) continue;
        worst = Math.max(worst, Math.abs(z - twoPassZ(values.slice(-window))));
      }
      expect(worst).toBeLessThan(1e-9);
    },
  );

  test("sums are refreshed every window, with the mean as the new shift, though nothing forces it", () => {
    const base = newZscore(100);
    const random = new Random(9);
    const values: number[] = [];
    for (let i = 1; i <= 350; i++) {
      values.push(random.normal());
      kernels.zscorePush(base, values.at(-1) as number);
      const lastRefresh = i - (i % 100);
      const shifted = values.slice(Math.max(0, lastRefresh - 100), lastRefresh);
      const shift = lastRefresh === 0 ? values[0] : shifted.reduce((sum, value) => sum + value, 0) / 100;
      expect(f64(base, state.ZSCORE_SHIFT_OFFSET)).toBeCloseTo(shift as number, 12);
    }
  });

  test("an outlier that leaves the window leaves no trace", () => {
    const base = newZscore(60);
    const random = new Random(7);
    const values: number[] = [];
    let worst = 0;
    for (let i = 0; i < 2_000; i++) {
      const value = i % 500 === 250 ? 1e12 : random.normal();
      values.push(value);
      const z = kernels.zscorePush(base, value);
      if (i < 60 || values.slice(-60).some((v) => v === 1e12)) continue;
      worst = Math.max(worst, Math.abs(z - twoPassZ(values.slice(-60))));
    }
    expect(worst).toBeLessThan(1e-11);
  });

  test("a window that goes flat has a variance of exactly 0, says so, and comes back", () => {
    const base = newZscore(20);
    const random = new Random(8);
    for (let i = 0; i < 137; i++) kernels.zscorePush(base, 11 + random.normal());
    for (let i = 0; i < 20; i++) kernels.zscorePush(base, 11.1);
    expect(f64(base, state.ZSCORE_SD_OFFSET)).toBe(0);
    expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_FLAT);
    expect(f64(base, state.ZSCORE_Z_OFFSET)).toBeNaN();
    // One other value among 19 equal ones: z = (19/20 d) / (d sqrt(1/20)) = 19 / sqrt(20).
    expect(kernels.zscorePush(base, 11.2)).toBeCloseTo(19 / Math.sqrt(20), 9);
  });

  test("what is not finite does not enter; what overflows says so until it has left", () => {
    const base = newZscore(3);
    for (const value of [1, 2, 4]) kernels.zscorePush(base, value);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(kernels.zscorePush(base, value)).toBeNaN();
      expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_NOT_FINITE);
    }
    expect(kernels.zscorePush(base, 3)).toBe(0);
    kernels.zscorePush(base, 1e300);
    expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_OVERFLOW);
    for (const value of [1, 2]) expect(kernels.zscorePush(base, value)).toBeNaN();
    expect(kernels.zscorePush(base, 3)).toBe(1);
    expect(i32(base, state.ZSCORE_REASON_OFFSET)).toBe(state.ZSCORE_OK);
  });

  test("windows out of range are refused without a write", () => {
    const base = arena.allocate(1024);
    for (const window of [-5, 0, 1, 4097]) {
      expect(kernels.zscoreBytes(window)).toBe(-1);
      expect(kernels.zscoreReset(base, window)).toBe(0);
    }
    expect(shared.bytes.slice(base, base + 1024).every((byte) => byte === 0)).toBe(true);
  });
});

describe("rolling regression", () => {
  test("finds slope, intercept, fit and residual of a small example", () => {
    const base = newOls(4);
    const pairs = [
      [1, 2],
      [2, 3],
      [3, 5],
      [4, 4],
    ] as const;
    let beta = 0;
    for (const [x, y] of pairs) beta = kernels.olsPush(base, x, y);
    // Means 2.5 and 3.5; Sxx 5, Syy 5, Sxy 4: beta .8, alpha 1.5, residual squares 5 - 3.2 = 1.8.
    expect(beta).toBeCloseTo(0.8, 14);
    expect(f64(base, state.OLS_ALPHA_OFFSET)).toBeCloseTo(1.5, 14);
    expect(f64(base, state.OLS_R2_OFFSET)).toBeCloseTo(0.64, 14);
    expect(f64(base, state.OLS_RESIDUAL_SD_OFFSET)).toBeCloseTo(Math.sqrt(0.9), 14);
    expect(f64(base, state.OLS_RESIDUAL_OFFSET)).toBeCloseTo(-0.7, 14);
    expect(f64(base, state.OLS_SPREAD_Z_OFFSET)).toBeCloseTo(-0.7 / Math.sqrt(0.9), 14);
    expect(i32(base, state.OLS_REASON_OFFSET)).toBe(state.OLS_OK);
  });

  test.each([
    ["loose", 1e-3],
    ["nearly parallel", 1e-7],
  ])("stays with the two-pass result over a long walk of %s series", (_, noise) => {
    const window = 300;
    const base = newOls(window);
    const random = new Random(11);
    const xs: number[] = [];
    const ys: number[] = [];
    let x = 11;
    let worstBeta = 0;
    let worstSd = 0;
    for (let i = 0; i < 6_000; i++) {
      x += 1e-3 * random.normal();
      xs.push(x);
      ys.push(0.5 + 1.1 * x + noise * random.normal());
      const beta = kernels.olsPush(base, x, ys[i] as number);
      if (i < window || i % 11 !== 0) continue;
      const truth = twoPassOls(xs.slice(-window), ys.slice(-window));
      worstBeta = Math.max(worstBeta, Math.abs(beta / truth.beta - 1));
      worstSd = Math.max(worstSd, Math.abs(f64(base, state.OLS_RESIDUAL_SD_OFFSET) / truth.residualSd - 1));
    }
    expect(worstBeta).toBeLessThan(1e-10);
    expect(worstSd).toBeLessThan(1e-9);
  });

  test("sums are refreshed every window, with the means as the new shifts, though nothing forces it", () => {
    const base = newOls(100);
    const random = new Random(10);
    const xs: number[] = [];
    for (let i = 1; i <= 250; i++) {
      xs.push(random.normal());
      kernels.olsPush(base, xs.at(-1) as number, random.normal());
      const lastRefresh = i - (i % 100);
      const shift = xs.slice(Math.max(0, lastRefresh - 100), lastRefresh).reduce((sum, x) => sum + x, 0) / 100;
      expect(f64(base, state.OLS_SHIFT_X_OFFSET)).toBeCloseTo(lastRefresh === 0 ? (xs[0] as number) : shift, 12);
    }
  });

  test("an outlier that leaves the window leaves no trace", () => {
    const base = newOls(60);
    const random = new Random(12);
    const [xs, ys]: [number[], number[]] = [[], []];
    let worst = 0;
    for (let i = 0; i < 2_000; i++) {
      xs.push(i % 500 === 250 ? 1e10 : random.normal());
      ys.push(i % 500 === 255 ? -1e10 : 2 * random.normal());
      const beta = kernels.olsPush(base, xs[i] as number, ys[i] as number);
      if (i % 500 < 320) continue;
      worst = Math.max(worst, Math.abs(beta - twoPassOls(xs.slice(-60), ys.slice(-60)).beta));
    }
    expect(worst).toBeLessThan(1e-12);
  });

  test("says why there is no fit", () => {
    const base = newOls(3);
    const reason = () => i32(base, state.OLS_REASON_OFFSET);
    expect([kernels.olsPush(base, 1, 1), reason()]).toEqual([Number.NaN, state.OLS_FILLING]);
    kernels.olsPush(base, 1, 2);
    expect([kernels.olsPush(base, 1, 5), reason()]).toEqual([Number.NaN, state.OLS_FLAT_X]);
    expect([kernels.olsPush(base, Number.NaN, 5), reason()]).toEqual([Number.NaN, state.OLS_NOT_FINITE]);
    expect([kernels.olsPush(base, 5, Number.POSITIVE_INFINITY), reason()]).toEqual([Number.NaN, state.OLS_NOT_FINITE]);
    for (const x of [1, 2]) kernels.olsPush(base, x, 2 * x);
    expect([kernels.olsPush(base, 3, 6), reason()]).toEqual([2, state.OLS_EXACT_FIT]);
    expect(f64(base, state.OLS_R2_OFFSET)).toBe(1);
    expect(f64(base, state.OLS_SPREAD_Z_OFFSET)).toBeNaN();
    expect([kernels.olsPush(base, 1e300, 6), reason()]).toEqual([Number.NaN, state.OLS_OVERFLOW]);
  });

  const reference = new URL("../../../shared/data/hedge/rolling_C_W288_L60.csv", import.meta.url);
  const present = existsSync(reference);
  if (!present) console.log("skipped: ../shared/data is absent, so no rolling reference to compare with");

  test.skipIf(!present)("and the z-score of its residuals agree with the 80-bit reference on real ETH and BTC", () => {
    const rows = readFileSync(reference, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    const ols = newOls(288);
    const zscore = newZscore(60);
    let [worstBeta, worstSpread, worstZ, compared] = [0, 0, 0, 0];
    for (const row of rows) {
      const beta = kernels.olsPush(ols, Math.log(Number(row[2])), Math.log(Number(row[1])));
      if (Number.isNaN(beta)) continue;
      const z = kernels.zscorePush(zscore, f64(ols, state.OLS_RESIDUAL_OFFSET));
      worstBeta = Math.max(worstBeta, Math.abs(beta / Number(row[4]) - 1));
      worstSpread = Math.max(worstSpread, Math.abs(f64(ols, state.OLS_RESIDUAL_OFFSET) - Number(row[6])));
      if (row[9] === "" || row[9] === undefined) continue;
      worstZ = Math.max(worstZ, Math.abs(z - Number(row[9])));
      compared++;
    }
    expect(compared).toBe(3654);
    expect(worstBeta).toBeLessThan(1e-10);
    expect(worstSpread).toBeLessThan(1e-12);
    expect(worstZ).toBeLessThan(1e-9);
  });
});

/** In deviations from the first value throughout: a mean at the values' own level would be rounded to their digits. */
function twoPassZ(values: readonly number[]): number {
  const deviations = values.map((value) => value - (values[0] as number));
  const mean = deviations.reduce((sum, d) => sum + d, 0) / values.length;
  const squares = deviations.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  return ((deviations.at(-1) as number) - mean) / Math.sqrt(squares / (values.length - 1));
}

function twoPassOls(xs: readonly number[], ys: readonly number[]): { beta: number; residualSd: number } {
  const n = xs.length;
  const [x0, y0] = [xs[0] as number, ys[0] as number];
  const meanX = xs.reduce((sum, x) => sum + (x - x0), 0) / n + x0;
  const meanY = ys.reduce((sum, y) => sum + (y - y0), 0) / n + y0;
  let [xx, xy] = [0, 0];
  for (let i = 0; i < n; i++) {
    const dx = (xs[i] as number) - meanX;
    xx += dx * dx;
    xy += dx * ((ys[i] as number) - meanY);
  }
  const beta = xy / xx;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((ys[i] as number) - meanY - beta * ((xs[i] as number) - meanX)) ** 2;
  return { beta, residualSd: Math.sqrt(squares / (n - 2)) };
}
