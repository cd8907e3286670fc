/** Rolling statistics through the public API: against their definition, the 80-bit reference, and what they promise of themselves. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  drain,
  EwmaBeta,
  EwmaVariance,
  ewmaBeta,
  ewmaVol,
  RollingCorrelation,
  RollingOls,
  type RollingOlsFits,
  RollingZScore,
  rollingCorrelation,
  rollingOls,
  rollingOlsSlices,
  StatsError,
  WINDOW_MAX,
  zscoreRolling,
  zscoreRollingSlices,
} from "../../src/stats/index.ts";
import { BLOCK_VALUES } from "../../src/stats/sliced.ts";
import { Random } from "../wasm/random.ts";
import { checkDrift } from "./rolling-drift.ts";
import { correlationOf, lineOf, scoreOf, windowOf } from "./rolling-reference.ts";

const WINDOWS = [3, 4, 5, 8, 33, 100, 101];
const LINE_FIELDS = ["beta", "alpha", "rSquared", "residualStd", "spread"] as const;

/** A walk at `level` with what markets and feeds do to it: a bad tick, a stale stretch, values that are none, a jump. */
function hostileWalk(random: Random, points: number, level = 11): Float64Array {
  const walk = new Float64Array(points);
  let at = level;
  for (let t = 0; t < points; t++) {
    at += 1e-3 * random.normal();
    if (t === 900) at += 40;
    walk[t] = at;
  }
  walk[300] = 1e9;
  walk.fill(walk[400]!, 400, 560);
  walk[700] = Number.NaN;
  walk[705] = Number.NEGATIVE_INFINITY;
  walk[1100] = 1e200;
  return walk;
}

const usable = (window: readonly number[]) => window.every((value) => Math.abs(value) < 1e150);
const flat = (window: readonly number[]) => window.every((value) => value === window[0]);

describe("zscoreRolling", () => {
  test("is the newest value's distance from the mean in sample standard deviations", () => {
    const { z, mean, std } = zscoreRolling([1, 2, 3, 4, 9], 4);
    expect([...mean]).toEqual([Number.NaN, Number.NaN, Number.NaN, 2.5, 4.5]);
    expect(std[3]).toBeCloseTo(Math.sqrt(5 / 3), 15);
    expect(std[4]).toBeCloseTo(Math.sqrt(29 / 3), 15);
    expect([...z.slice(0, 3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(z[3]).toBeCloseTo(1.5 / Math.sqrt(5 / 3), 15);
    expect(z[4]).toBeCloseTo(4.5 / Math.sqrt(29 / 3), 15);
  });

  test.each([2, ...WINDOWS])("keeps to the definition on a hostile walk, window %i", (window) => {
    const x = hostileWalk(new Random(window), 1500);
    const { z, mean, std } = zscoreRolling(x, window);
    for (let t = 0; t < x.length; t++) {
      const values = t < window - 1 ? [] : windowOf(x, t, window);
      if (values.length === 0 || !usable(values)) {
        expect([z[t], mean[t], std[t]], `tick ${t}`).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      } else if (flat(values)) {
        expect([z[t], mean[t], std[t]], `tick ${t}`).toEqual([Number.NaN, values[0], 0]);
      } else {
        const truth = scoreOf(values);
        expect(Math.abs(z[t]! - truth.z), `tick ${t}`).toBeLessThan(2e-12);
        expect(Math.abs(std[t]! / truth.std - 1), `tick ${t}`).toBeLessThan(2e-12);
        expect(Math.abs(mean[t]! / truth.mean - 1), `tick ${t}`).toBeLessThan(1e-12);
      }
    }
  });

  test("keeps its digits on values that differ in their last ones only", () => {
    const random = new Random(5);
    const x = Float64Array.from({ length: 600 }, () => 1e12 + random.whole(0, 3) / 2 ** 12);
    const { z } = zscoreRolling(x, 50);
    for (let t = 49; t < 600; t++) expect(Math.abs(z[t]! - scoreOf(windowOf(x, t, 50)).z)).toBeLessThan(1e-13);
  });

  test("refuses windows out of range, and calls a short sample all warm-up", () => {
    for (const window of [-1, 0, 1, 2.5, Number.NaN, WINDOW_MAX + 1]) {
      expect(() => zscoreRolling([1, 2, 3], window)).toThrow(
        expect.objectContaining({ code: "BAD_ARGUMENT", field: "window" }),
      );
      expect(() => new RollingZScore(window)).toThrow(StatsError);
    }
    expect([...zscoreRolling([1, 2], 3).z]).toEqual([Number.NaN, Number.NaN]);
    expect(zscoreRolling([], 3).mean).toHaveLength(0);
    expect(zscoreRolling(new Float64Array(WINDOW_MAX).fill(2), WINDOW_MAX).mean.at(-1)).toBe(2);
  });
});

describe("RollingZScore", () => {
  test("says why there is no score, and forgets what was not finite as soon as it has left", () => {
    const stream = new RollingZScore(3);
    const reasons = [1, 2, 4, Number.NaN, 3, 5, 9, Number.POSITIVE_INFINITY, 7, 7, 7, 1e200, 7, 8, 6].map((value) => {
      const result = stream.push(value);
      return result.reason ?? result.z.toFixed(3);
    });
    expect(reasons).toEqual([
      "tooFewPoints",
      "tooFewPoints",
      "1.091",
      "notFinite",
      "notFinite",
      "notFinite",
      "1.091",
      "notFinite",
      "notFinite",
      "notFinite",
      "constant",
      "outOfRange",
      "outOfRange",
      "outOfRange",
      "-1.000",
    ]);
    const equal = new RollingZScore(2);
    equal.push(0.1);
    expect(equal.push(0.1)).toEqual({ z: undefined, mean: 0.1, std: 0, reason: "constant" });
    expect(equal.push(0.1 + 1e-200).reason).toBe("constant");
    const tiny = new RollingZScore(2);
    tiny.push(0);
    expect(tiny.push(1e-140)).toEqual({ z: undefined, mean: undefined, std: undefined, reason: "outOfRange" });
    const early = new RollingZScore(3);
    expect(early.push(Number.NaN).reason).toBe("tooFewPoints");
    expect(early.push(1).reason).toBe("tooFewPoints");
    expect(early.push(2).reason).toBe("notFinite");
    expect(early.push(3).z).toBe(1);
  });

  test("many of them, in any order of pushes, keep apart; each gives the bits of the array", () => {
    const x = hostileWalk(new Random(77), 1300);
    const streams = [2, 3, 40, 41, 300].map((window) => ({
      window,
      stream: new RollingZScore(window),
      ...zscoreRolling(x, window),
    }));
    for (let t = 0; t < x.length; t++) {
      for (const { stream, z, std, window } of streams) {
        const result = stream.push(x[t]!);
        expect(Object.is(result.z ?? Number.NaN, z[t]), `tick ${t} of window ${window}`).toBe(true);
        expect(Object.is(result.std ?? Number.NaN, std[t])).toBe(true);
      }
    }
  });
});

describe("rollingOls", () => {
  test("finds slope, intercept, fit and spread of a small example", () => {
    const fits = rollingOls([9, 2, 3, 5, 4], [0, 1, 2, 3, 4], 4, { lookback: 2 });
    // Of the last four: means 2.5 and 3.5; Sxx 5, Syy 5, Sxy 4: beta .8, alpha 1.5, squared residuals 1.8.
    const last = LINE_FIELDS.map((field) => fits[field][4]);
    for (const [index, truth] of [0.8, 1.5, 0.64, Math.sqrt(0.9), -0.7].entries()) {
      expect(last[index]).toBeCloseTo(truth, 14);
    }
    expect([...fits.beta.slice(0, 3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(fits.spreadZ[3]).toBeNaN();
    // Of two values, the newer one lies sqrt(1/2) standard deviations from their mean.
    expect(Math.abs(fits.spreadZ[4]!)).toBeCloseTo(Math.SQRT1_2, 13);
  });

  test.each(WINDOWS.flatMap((window) => [1e-3, 1e-7].map((noise) => [window, noise] as const)))(
    "keeps to the definition on hostile walks, window %i, residuals of %f",
    (window, noise) => {
      const random = new Random(window);
      const x = hostileWalk(random, 1500);
      // A hostile y of its own, and a relation that breaks.
      const y = x.map((value, t) => 0.5 + (t < 1250 ? 1.1 : 1.7) * value + noise * random.normal());
      y[800] = 5;
      y.fill(12, 1320, 1480);
      const fits = rollingOls(y, x, window);
      const correlations = rollingCorrelation(x, y, window);
      for (let t = 0; t < x.length; t++) {
        const [ys, xs] = t < window - 1 ? [[], []] : [windowOf(y, t, window), windowOf(x, t, window)];
        const found = LINE_FIELDS.map((field) => fits[field][t]);
        if (xs.length === 0 || !usable(xs) || !usable(ys) || flat(xs)) {
          expect([...found, correlations[t]], `tick ${t}`).toEqual(new Array(6).fill(Number.NaN));
        } else if (flat(ys)) {
          expect([...found, correlations[t]], `tick ${t}`).toEqual([0, 12, Number.NaN, 0, 0, Number.NaN]);
        } else {
          checkLine(fits, t, ys, xs);
          expect(Math.abs(correlations[t]! - correlationOf(xs, ys)), `tick ${t}`).toBeLessThan(1e-11);
        }
      }
    },
  );

  /**
   * Errors against what a rounding of the inputs, some units in the last place of the window's largest, would change: slopes in
   * units of sd(y)/sd(x), residuals in their sd.
   */
  function checkLine(fits: RollingOlsFits, t: number, ys: readonly number[], xs: readonly number[]): void {
    const truth = lineOf(ys, xs);
    const [x, y] = [scoreOf(xs), scoreOf(ys)];
    const slope = Math.max(Math.abs(truth.beta), (1e-3 * y.std) / x.std);
    const largest = Math.max(...ys.map((value, at) => Math.abs(value) + Math.abs(truth.beta * xs[at]!)));
    const digits = 64 * Number.EPSILON * largest;
    const within = (found: number, exact: number, scale: number, what: string) =>
      expect(Math.abs(found - exact), `${what} ${t}: ${found} for ${exact}`).toBeLessThan(1e-10 * scale + digits);
    expect(Math.abs(fits.beta[t]! - truth.beta) / slope, `beta ${t}`).toBeLessThan(1e-10);
    within(fits.alpha[t]!, truth.alpha, Math.abs(y.mean) + slope * Math.abs(x.mean), "alpha");
    expect(Math.abs(fits.rSquared[t]! - truth.rSquared), `rSquared ${t}`).toBeLessThan(1e-11);
    within(fits.residualStd[t]!, truth.residualStd, truth.residualStd, "residualStd");
    within(fits.spread[t]!, truth.spread, truth.residualStd, "spread");
  }

  test("has no residuals, and no score, where the legs move as one", () => {
    const random = new Random(3);
    const x = Float64Array.from({ length: 200 }, () => 100 + random.normal());
    for (const [beta, alpha] of [
      [2, 1],
      [1 / 3, 0.1],
      [-7.3, 1e4],
    ] as const) {
      const fits = rollingOls(
        x.map((value) => alpha + beta * value),
        x,
        20,
      );
      for (let t = 19; t < 200; t++) {
        expect(Math.abs(fits.beta[t]! / beta - 1)).toBeLessThan(1e-11);
        expect([fits.rSquared[t], fits.residualStd[t], fits.spread[t], fits.spreadZ[t]]).toEqual([1, 0, 0, Number.NaN]);
      }
    }
  });

  test("refuses what cannot be: windows out of range, samples of different lengths", () => {
    for (const window of [2, 3.5, WINDOW_MAX + 1]) {
      expect(() => rollingOls([1, 2, 3], [1, 2, 3], window)).toThrow(
        expect.objectContaining({ code: "BAD_ARGUMENT", field: "window" }),
      );
      expect(() => new RollingOls(window)).toThrow(StatsError);
      expect(() => new RollingCorrelation(window)).toThrow(StatsError);
    }
    expect(() => rollingOls([1, 2, 3], [1, 2, 3], 3, { lookback: 1 })).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", field: "lookback" }),
    );
    expect(() => rollingOls([1, 2, 3], [1, 2], 3)).toThrow(
      expect.objectContaining({ code: "LENGTH_MISMATCH", field: "x", value: 2, limit: 3 }),
    );
    expect(() => rollingCorrelation([1], [1, 2], 3)).toThrow(expect.objectContaining({ code: "LENGTH_MISMATCH" }));
  });

  const reference = new URL("../../../shared/data/hedge/rolling_C_W288_L60.csv", import.meta.url);
  const present = existsSync(reference);
  if (!present) console.log("skipped: ../shared/data is absent, so no rolling reference to compare with");

  test.skipIf(!present)("agrees with the 80-bit reference on real ETH and BTC, the z-score of its spread too", () => {
    const lines = readFileSync(reference, "utf8").trim().split("\n").slice(1);
    const rows = lines.map((line) => line.split(",").map((text) => (text === "" ? Number.NaN : Number(text))));
    const column = (index: number) => rows.map((row) => row[index] ?? Number.NaN);
    const logs = (index: number) => Float64Array.from(column(index), Math.log);
    const fits = rollingOls(logs(1), logs(2), 288, { lookback: 60 });
    const correlations = rollingCorrelation(logs(1), logs(2), 288);
    const [alpha, beta, rSquared, spread, mean, std, z] = [3, 4, 5, 6, 7, 8, 9].map(column) as [
      number[],
      ...number[][],
    ] as [number[], number[], number[], number[], number[], number[], number[]];
    const scores = zscoreRolling(fits.spread, 60);
    expect(z.filter((value) => !Number.isNaN(value))).toHaveLength(3654);
    for (let t = 0; t < rows.length; t++) {
      expect(Number.isNaN(fits.beta[t]), `row ${t}`).toBe(Number.isNaN(beta[t]));
      expect(Number.isNaN(fits.spreadZ[t]), `row ${t}`).toBe(Number.isNaN(z[t]));
      if (Number.isNaN(beta[t])) continue;
      expect(Math.abs(fits.beta[t]! / beta[t]! - 1), `beta ${t}`).toBeLessThan(1e-12);
      expect(Math.abs(fits.alpha[t]! - alpha[t]!), `alpha ${t}`).toBeLessThan(1e-11);
      expect(Math.abs(fits.rSquared[t]! - rSquared[t]!), `rSquared ${t}`).toBeLessThan(1e-12);
      expect(Math.abs(correlations[t]! - Math.sign(beta[t]!) * Math.sqrt(rSquared[t]!))).toBeLessThan(1e-12);
      expect(Math.abs(fits.spread[t]! - spread[t]!), `spread ${t}`).toBeLessThan(1e-13);
      if (Number.isNaN(z[t])) continue;
      expect(Math.abs(fits.spreadZ[t]! - z[t]!), `z ${t}`).toBeLessThan(1e-10);
      expect(Math.abs(scores.mean[t]! - mean[t]!), `mean ${t}`).toBeLessThan(1e-13);
      expect(Math.abs(scores.std[t]! / std[t]! - 1), `std ${t}`).toBeLessThan(1e-10);
    }
  });
});

describe("RollingOls and RollingCorrelation", () => {
  test("say why there is no line, or a line without a score", () => {
    const stream = new RollingOls(3, { lookback: 2 });
    const correlation = new RollingCorrelation(3);
    const pairs = [
      [1, 1],
      [2, 1],
      [5, 1],
      [4, 3],
      [8, 2],
      [7, 4],
      [Number.NaN, 5],
      [3, 1],
      [4, Number.POSITIVE_INFINITY],
      [1, 1],
      [2, 2],
      [4, 4],
      [6, 6],
      [6, 5],
      [6, 9],
      [1e300, 3],
    ] as const;
    const told = pairs.map(([y, x]) => {
      const [line, { reason }] = [stream.push(y, x), correlation.push(x, y)];
      return [line.beta === undefined ? "none" : "line", line.reason ?? "scored", reason ?? "correlated"];
    });
    expect(told).toEqual([
      ["none", "tooFewPoints", "tooFewPoints"],
      ["none", "tooFewPoints", "tooFewPoints"],
      ["none", "constant", "constant"],
      ["line", "tooFewPoints", "correlated"],
      ["line", "scored", "correlated"],
      ["line", "scored", "correlated"],
      ["none", "notFinite", "notFinite"],
      ["none", "notFinite", "notFinite"],
      ["none", "notFinite", "notFinite"],
      ["none", "notFinite", "notFinite"],
      ["none", "notFinite", "notFinite"],
      ["line", "tooFewPoints", "correlated"],
      ["line", "collinear", "correlated"],
      ["line", "scored", "correlated"],
      ["line", "scored", "constant"],
      ["none", "outOfRange", "outOfRange"],
    ]);
  });

  test("give the bits of the arrays", () => {
    const random = new Random(14);
    const x = hostileWalk(random, 1300);
    const y = x.map((value) => value * 0.9 + 1e-6 * random.normal());
    for (const window of [3, 10, 67]) {
      const fits = rollingOls(y, x, window, { lookback: 9 });
      const correlations = rollingCorrelation(x, y, window);
      const [stream, correlation] = [new RollingOls(window, { lookback: 9 }), new RollingCorrelation(window)];
      for (let t = 0; t < x.length; t++) {
        const result = stream.push(y[t]!, x[t]!);
        for (const field of [...LINE_FIELDS, "spreadZ"] as const) {
          expect(Object.is(result[field] ?? Number.NaN, fits[field][t]), `${field} ${t} of ${window}`).toBe(true);
        }
        const { correlation: found } = correlation.push(x[t]!, y[t]!);
        expect(Object.is(found ?? Number.NaN, correlations[t]), `${t} of ${window}`).toBe(true);
      }
    }
  });
});

describe("rolling results", () => {
  test("in slices are the same bits, and come in slices", () => {
    const x = hostileWalk(new Random(1), 5000);
    const y = x.map((value, t) => value + Math.sin(t));
    const slices = rollingOlsSlices(y, x, 60);
    let rests = 0;
    let slice = slices.next();
    for (; slice.done !== true; slice = slices.next()) {
      // Something else computes in the pause.
      expect(zscoreRolling([1, 2, 3], 3).z[2]).toBe(1);
      rests++;
    }
    expect(rests).toBeGreaterThanOrEqual(4);
    expect(slice.value).toEqual(rollingOls(y, x, 60));
    expect([...zscoreRollingSlices(x, 60)].length).toBe(4);
    expect(drain(zscoreRollingSlices(x, 60))).toEqual(zscoreRolling(x, 60));
  });

  test("in slices rest more often while a breaking relation makes them read windows again, and lose nothing", () => {
    const random = new Random(4);
    const [window, points] = [700, 3000];
    const x = Float64Array.from({ length: points }, () => 9 + random.normal());
    const y = x.map((value, t) => (t < 1500 ? 1.1 : 1.9) * value + 1e-8 * random.normal());
    const slices = rollingOlsSlices(y, x, window);
    let rests = 0;
    let slice = slices.next();
    for (; slice.done !== true; slice = slices.next()) rests++;
    // Two for the points; the others are for windows read again.
    expect(rests).toBeGreaterThan(3);
    const stream = new RollingOls(window);
    for (let t = 0; t < points; t++) {
      const { beta, spread } = stream.push(y[t]!, x[t]!);
      expect(Object.is(beta ?? Number.NaN, slice.value.beta[t])).toBe(true);
      expect(Object.is(spread ?? Number.NaN, slice.value.spread[t])).toBe(true);
    }
    for (const t of [1400, 1501, 1900, 2198, 2250, 2600]) {
      const truth = lineOf(windowOf(y, t, window), windowOf(x, t, window));
      expect(Math.abs(slice.value.residualStd[t]! / truth.residualStd - 1)).toBeLessThan(1e-7);
      expect(Math.abs(slice.value.beta[t]! / truth.beta - 1)).toBeLessThan(1e-13);
    }
  });

  const thousandths = fc.integer({ min: -1e9, max: 1e9 }).map((whole) => whole / 1000);
  const values = fc.array(thousandths, { minLength: 40, maxLength: 120 });
  const windows = fc.integer({ min: 3, max: 30 });

  test("do not know what comes later, bit for bit", () => {
    fc.assert(
      fc.property(values, windows, fc.integer({ min: 0, max: 39 }), (x, window, cut) => {
        const y = x.map((value, t) => Math.sqrt(Math.abs(value)) + t);
        const [whole, part] = [rollingOls(y, x, window), rollingOls(y.slice(0, cut), x.slice(0, cut), window)];
        for (const field of [...LINE_FIELDS, "spreadZ"] as const) {
          expect(part[field]).toEqual(whole[field].subarray(0, cut));
        }
        expect(zscoreRolling(x.slice(0, cut), window).z).toEqual(zscoreRolling(x, window).z.subarray(0, cut));
      }),
      { numRuns: 60 },
    );
  });

  test("do not know where the stream started, but for the last digits", () => {
    const random = new Random(21);
    const x = Float64Array.from({ length: 900 }, () => 50 + random.normal());
    const y = x.map((value) => 1.3 * value + random.normal());
    const window = 64;
    const [score, line] = [zscoreRolling(x, window), rollingOls(y, x, window, { lookback: 20 })];
    for (const start of [1, 7, 31, 32, 33, 63, 64, 65, 400]) {
      const late = zscoreRolling(x.subarray(start), window);
      const lateLine = rollingOls(y.subarray(start), x.subarray(start), window, { lookback: 20 });
      for (let t = start + window + 20; t < 900; t++) {
        expect(Math.abs(late.z[t - start]! - score.z[t]!)).toBeLessThan(1e-12);
        expect(Math.abs(lateLine.beta[t - start]! / line.beta[t]! - 1)).toBeLessThan(1e-12);
        expect(Math.abs(lateLine.spreadZ[t - start]! - line.spreadZ[t]!)).toBeLessThan(1e-11);
      }
    }
  });

  test("scale exactly by powers of two, and do not see shifts, order within the window, or which leg is which", () => {
    fc.assert(
      fc.property(values, windows, fc.integer({ min: -300, max: 300 }), (x, window, exponent) => {
        const random = new Random(window);
        const y = x.map((value) => 0.7 * value + 1e5 * random.normal());
        const factor = 2 ** exponent;
        const [score, line] = [zscoreRolling(x, window), rollingOls(y, x, window)];
        const scaled = zscoreRolling(
          x.map((value) => value * factor),
          window,
        );
        const scaledLine = rollingOls(
          y.map((value) => value * factor),
          x,
          window,
        );
        expect(scaled.z).toEqual(score.z);
        expect(scaled.std).toEqual(score.std.map((value) => value * factor));
        expect(scaledLine.beta).toEqual(line.beta.map((value) => value * factor));
        expect(scaledLine.rSquared).toEqual(line.rSquared);
        expect(scaledLine.spreadZ).toEqual(line.spreadZ);
        const last = x.length - 1;
        if (!(score.std[last]! > 1)) return;
        const shifted = zscoreRolling(
          x.map((value) => value + 2 ** 30),
          window,
        );
        expect(Math.abs(shifted.z[last]! - score.z[last]!)).toBeLessThan(1e-5);
        // The newest keeps its place, the rest of the window turns round.
        const turned = x.with(last, x[last]!);
        const rest = turned.splice(last - window + 1, window - 1).reverse();
        turned.splice(last - window + 1, 0, ...rest);
        expect(Math.abs(zscoreRolling(turned, window).z[last]! - score.z[last]!)).toBeLessThan(1e-11);
        const [one, other] = [rollingCorrelation(x, y, window)[last]!, rollingCorrelation(y, x, window)[last]!];
        expect(Math.abs(one - other)).toBeLessThan(1e-11);
        expect(Math.abs(one)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  test("have not drifted after millions of ticks at a level of 1e7: ten of scores, one of lines", () => {
    checkDrift({ window: 500, scores: 10_000_000, lines: 1_000_000 });
  });
});

describe("exponential streams", () => {
  test("give the bits of the arrays, across the runs that long ones are computed in", () => {
    const random = new Random(2);
    const ticks = 2 * BLOCK_VALUES + 300;
    const x = Float64Array.from({ length: ticks }, () => random.normal());
    const y = x.map((value) => 1.3 * value + random.normal());
    const options = { lambda: 0.9999 };
    const [vol, beta] = [ewmaVol(x, options), ewmaBeta(y, x, options)];
    const [variances, betas] = [new EwmaVariance(options), new EwmaBeta(options)];
    for (let t = 0; t < ticks; t++) {
      const { variance, volatility } = variances.push(x[t]!);
      expect(volatility).toBe(vol[t]);
      expect(Math.sqrt(variance!)).toBe(vol[t]);
      expect(betas.push(y[t]!, x[t]!).beta).toBe(beta[t]);
    }
  });

  test("leave out what is not finite, and say so", () => {
    const [variance, untouched] = [new EwmaVariance(), new EwmaVariance()];
    for (const stream of [variance, untouched]) stream.push(0.01);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(variance.push(bad).reason).toBe("notFinite");
    expect(variance.push(1e200)).toEqual({ variance: undefined, volatility: undefined, reason: "outOfRange" });
    expect(variance.push(-0.02)).toEqual(untouched.push(-0.02));

    const [beta, other] = [new EwmaBeta(), new EwmaBeta()];
    expect(beta.push(1, 0)).toEqual({ beta: undefined, reason: "constant" });
    other.push(1, 0);
    expect(beta.push(1, Number.NaN).reason).toBe("notFinite");
    expect(beta.push(Number.NEGATIVE_INFINITY, 1).reason).toBe("notFinite");
    expect(beta.push(1e200, 1e200).reason).toBe("outOfRange");
    expect(beta.push(2, 1)).toEqual({ beta: 2, reason: undefined });
    expect(other.push(2, 1)).toEqual({ beta: 2, reason: undefined });
    expect(() => new EwmaVariance({ lambda: 1 })).toThrow(StatsError);
    expect(() => new EwmaBeta({ lambda: 0 })).toThrow(StatsError);
  });
});
