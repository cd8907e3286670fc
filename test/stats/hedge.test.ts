/** Hedging statistics: against references and definitions, identities, and what must be refused. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ewmaBeta, ewmaVol } from "../../src/stats/ewma.ts";
import { maeQuantile, maximumAdverseExcursion, minimumVarianceRatio, noTradeHalfWidth } from "../../src/stats/hedge.ts";
import { ols } from "../../src/stats/ols.ts";
import { projectSimplex, refitWeights, WEIGHTS_PRIOR } from "../../src/stats/weight-refit.ts";
import { Random } from "../wasm/random.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);
const MARKET = new URL("market/spot5m_ETHUSDT_2024-04.csv", DATA);
const present = existsSync(MARKET);
if (!present) console.log("skipped: pair references need ../shared/data/market");

const error = (code: string, field: string) => expect.objectContaining({ code, field });
const normals = (count: number, random: Random) => Array.from({ length: count }, () => random.normal());

describe("minimumVarianceRatio", () => {
  test.skipIf(!present)("of ETH by BTC, 5 minutes, is the reference's to 1e-10", () => {
    const closes = (name: string) =>
      new Map(
        readFileSync(new URL(`market/${name}.csv`, DATA), "utf8")
          .trim()
          .split("\n")
          .slice(1)
          .map((line) => {
            const cells = line.split(",");
            return [cells[0]!, Number(cells[4])] as const;
          }),
      );
    const eth = closes("spot5m_ETHUSDT_2024-04");
    const btc = closes("spot5m_BTCUSDT_2024-04");
    const stamps = [...eth.keys()].filter((stamp) => btc.has(stamp));
    const returns = (from: Map<string, number>) =>
      stamps.slice(1).map((stamp, at) => Math.log(from.get(stamp)!) - Math.log(from.get(stamps[at]!)!));
    const reference = JSON.parse(readFileSync(new URL("hedge/pairs_reference.json", DATA), "utf8")).results
      .C_ETH_BTC_spot_5m;
    expect(stamps.length).toBe(reference.n);
    const { ratio, effectiveness } = minimumVarianceRatio(returns(eth), returns(btc));
    expect(Math.abs(ratio / reference.returns_min_variance_hedge.cov_over_var - 1)).toBeLessThan(1e-10);
    expect(effectiveness).toBeCloseTo(reference.returns_min_variance_hedge.r2_ederington, 11);
  });

  test("is the slope of least squares, and its effectiveness the R squared", () => {
    const random = new Random(1);
    const x = normals(90, random);
    const y = x.map((value) => 0.7 * value + random.normal() + 100);
    const { ratio, effectiveness } = minimumVarianceRatio(y, x);
    const fit = ols(y, [x]);
    expect(ratio).toBeCloseTo(fit.coef[1]!, 12);
    expect(effectiveness).toBeCloseTo(fit.rSquared!, 12);
    expect(
      minimumVarianceRatio(
        y,
        x.map((value) => value * 2 ** 700),
      ).ratio,
    ).toBe(ratio * 2 ** -700);
  });

  test("has no effectiveness where nothing moves, and no ratio where the hedge does not", () => {
    expect(minimumVarianceRatio([3, 3, 3], [1, 2, 3])).toEqual({ ratio: 0, effectiveness: undefined });
    expect(() => minimumVarianceRatio([1, 2, 3], [0.1, 0.1, 0.1])).toThrow(error("CONSTANT", "x"));
    expect(() => minimumVarianceRatio([1], [1])).toThrow(error("TOO_FEW_POINTS", "y"));
    expect(() => minimumVarianceRatio([1, 2], [1])).toThrow(error("LENGTH_MISMATCH", "x"));
    expect(() => minimumVarianceRatio([1, Number.NaN], [1, 2])).toThrow(error("NOT_FINITE", "y[1]"));
  });
});

describe("exponential weights", () => {
  test("ewmaVol follows its recursion", () => {
    const returns = normals(200, new Random(2));
    const vol = ewmaVol(returns, { lambda: 0.94 });
    expect(vol[0]).toBe(Math.abs(returns[0]!));
    for (let at = 1; at < 200; at++) {
      expect(vol[at]).toBeCloseTo(Math.sqrt(0.94 * vol[at - 1]! ** 2 + 0.06 * returns[at]! ** 2), 14);
    }
    expect(ewmaVol([1, 1, 1])[2]).toBeCloseTo(1, 15);
    expect([...ewmaVol([0, 0])]).toEqual([0, 0]);
    expect(
      ewmaVol(
        returns.map((value) => value * 2 ** 800),
        { lambda: 0.94 },
      )[199],
    ).toBe(vol[199]! * 2 ** 800);
  });

  test("ewmaBeta is the weighted ratio of its sums at every point, and blind to what comes later", () => {
    const random = new Random(3);
    const x = [0, 0, ...normals(120, random)];
    const y = x.map((value) => value * 1.3 + random.normal() * 0.2);
    const beta = ewmaBeta(y, x, { lambda: 0.9 });
    expect([beta[0], beta[1]]).toEqual([Number.NaN, Number.NaN]);
    for (let t = 2; t < x.length; t++) {
      let products = 0;
      let squares = 0;
      for (let i = 0; i <= t; i++) {
        products += 0.9 ** (t - i) * x[i]! * y[i]!;
        squares += 0.9 ** (t - i) * x[i]! ** 2;
      }
      expect(beta[t]).toBeCloseTo(products / squares, 12);
    }
    expect(ewmaBeta(y.slice(0, 50), x.slice(0, 50), { lambda: 0.9 })[49]).toBe(beta[49]);
    expect(
      ewmaBeta(
        x.map((value) => value * 2),
        x,
      )[100],
    ).toBe(2);
  });

  test("refuse bad weights and bad samples", () => {
    for (const lambda of [0, 1, -1, Number.NaN])
      expect(() => ewmaVol([1], { lambda })).toThrow(error("BAD_ARGUMENT", "lambda"));
    expect(() => ewmaVol([])).toThrow(error("TOO_FEW_POINTS", "returns"));
    expect(() => ewmaBeta([1], [1, 2])).toThrow(error("LENGTH_MISMATCH", "x"));
    expect(() => ewmaBeta([1, 2], [1, Number.POSITIVE_INFINITY])).toThrow(error("NOT_FINITE", "x[1]"));
  });
});

describe("noTradeHalfWidth", () => {
  const terms = { cost: 0.003, betaVariance: 1e-5, riskAversion: 1e-4, notional: 1e5, sigma: 0.006 };

  test("is the cube root of its terms", () => {
    expect(noTradeHalfWidth(terms)).toBeCloseTo(((3 * 0.003 * 1e-5) / (2 * 1e-4 * 1e5 * 0.006 ** 2)) ** (1 / 3), 14);
    expect(noTradeHalfWidth({ ...terms, cost: 0.024 })).toBeCloseTo(2 * noTradeHalfWidth(terms), 14);
    expect(noTradeHalfWidth({ ...terms, cost: 0 })).toBe(0);
  });

  test("refuses terms that give no band", () => {
    expect(() => noTradeHalfWidth({ ...terms, sigma: 0 })).toThrow(error("BAD_ARGUMENT", "sigma"));
    expect(() => noTradeHalfWidth({ ...terms, cost: -1 })).toThrow(error("BAD_ARGUMENT", "cost"));
    expect(() => noTradeHalfWidth({ ...terms, notional: Number.NaN })).toThrow(error("BAD_ARGUMENT", "notional"));
    expect(() => noTradeHalfWidth({ ...terms, sigma: 1e-200 })).toThrow(error("OVERFLOW", "terms"));
  });
});

describe("adverse excursion", () => {
  test("is the largest loss along the path, by side", () => {
    expect(maximumAdverseExcursion(100, [101, 97, 99, 104], 1)).toBeCloseTo(0.03, 15);
    expect(maximumAdverseExcursion(100, [101, 97, 99, 104], -1)).toBeCloseTo(0.04, 15);
    expect(maximumAdverseExcursion(100, [101], 1)).toBe(0);
  });

  test("its quantile is linear between order statistics, in any order", () => {
    const excursions = Array.from({ length: 101 }, (_, index) => ((index * 37) % 101) / 100);
    expect(maeQuantile(excursions)).toBeCloseTo(0.95, 14);
    expect(maeQuantile(excursions, 0.955)).toBeCloseTo(0.955, 14);
    expect([maeQuantile(excursions, 0), maeQuantile(excursions, 1)]).toEqual([0, 1]);
    expect(() => maeQuantile(excursions.slice(0, 19))).toThrow(error("TOO_FEW_POINTS", "excursions"));
    expect(() => maeQuantile(excursions.with(3, -0.1))).toThrow(error("BAD_ARGUMENT", "excursions[3]"));
    expect(() => maeQuantile(excursions, 2)).toThrow(error("BAD_ARGUMENT", "probability"));
  });
});

describe("projectSimplex", () => {
  test("satisfies the conditions of the nearest point: one shift for all that stay, none above it left out", () => {
    const random = new Random(5);
    for (let trial = 0; trial < 500; trial++) {
      const point = Array.from({ length: random.whole(1, 9) }, () => random.normal() * 10 ** random.whole(-3, 3));
      const found = projectSimplex(point);
      expect(Math.abs(found.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-9);
      const shifts = point.map((value, index) => value - found[index]!);
      const kept = shifts.filter((_, index) => found[index]! > 0);
      const scale = Math.max(1, ...point.map(Math.abs));
      expect(Math.max(...kept) - Math.min(...kept)).toBeLessThan(1e-12 * scale);
      shifts.forEach((shift, index) => {
        if (found[index] === 0) expect(shift).toBeLessThanOrEqual(Math.min(...kept) + 1e-12 * scale);
      });
    }
  });

  test("leaves a point of the simplex alone", () => {
    expect(projectSimplex([0.25, 0.75])).toEqual([0.25, 0.75]);
    expect(projectSimplex([5])).toEqual([1]);
    expect(projectSimplex([2, -1, 0])).toEqual([1, 0, 0]);
    expect(() => projectSimplex([])).toThrow(error("TOO_FEW_POINTS", "point"));
    expect(() => projectSimplex([1, Number.NaN])).toThrow(error("NOT_FINITE", "point[1]"));
  });
});

describe("refitWeights", () => {
  function week(truth: readonly number[], count: number, seed: number) {
    const random = new Random(seed);
    const rows = Array.from({ length: count }, () => Array.from({ length: 5 }, () => random.unit()));
    return { rows, targets: rows.map((row) => row.reduce((sum, value, k) => sum + value * truth[k]!, 0)) };
  }

  test("minimises the ridge objective before the projection", () => {
    const { rows, targets } = week([0.1, 0.2, 0.3, 0.3, 0.1], 40, 1);
    const noisy = targets.map((value, k) => value + Math.sin(k) / 5);
    const { unconstrained } = refitWeights(rows, noisy, { ridge: 3, lambda: 0.97 });
    // The gradient at the minimum is 0.
    for (let k = 0; k < 5; k++) {
      let gradient = 3 * (unconstrained[k]! - WEIGHTS_PRIOR[k]!);
      rows.forEach((row, at) => {
        const gap = row.reduce((sum, value, j) => sum + value * unconstrained[j]!, 0) - noisy[at]!;
        gradient += 0.97 ** (39 - at) * gap * row[k]!;
      });
      expect(Math.abs(gradient)).toBeLessThan(1e-12);
    }
  });

  test("goes to the truth when allowed, in steps of at most five points, on the simplex throughout", () => {
    const truth = [0.05, 0.15, 0.4, 0, 0.4];
    const { rows, targets } = week(truth, 300, 2);
    const free = refitWeights(rows, targets, { ridge: 1e-6, moveMax: 1 });
    for (const [k, weight] of free.weights.entries()) expect(weight).toBeCloseTo(truth[k]!, 6);
    expect(free.limited).toBe(false);
    let current: readonly number[] = WEIGHTS_PRIOR;
    for (let weeks = 0; weeks < 12; weeks++) {
      const { weights, limited } = refitWeights(rows, targets, { ridge: 1e-6, current });
      expect(weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      weights.forEach((weight, k) => {
        expect(Math.abs(weight - current[k]!)).toBeLessThanOrEqual(0.05 + 1e-15);
        expect(weight).toBeGreaterThanOrEqual(0);
      });
      expect(limited).toBe(weeks < 6);
      current = weights;
    }
    for (const [k, weight] of current.entries()) expect(weight).toBeCloseTo(truth[k]!, 6);
  });

  test("the bounded projection is the nearest allowed point: no allowed exchange between two weights comes closer", () => {
    const random = new Random(9);
    for (let trial = 0; trial < 200; trial++) {
      const { rows, targets } = week(projectSimplex(normals(5, random)), 30, trial);
      const current = projectSimplex(normals(5, random));
      const { weights, unconstrained } = refitWeights(rows, targets, { current, ridge: 0.1 });
      for (let up = 0; up < 5; up++) {
        for (let down = 0; down < 5; down++) {
          const room = Math.min(
            Math.min(1, current[up]! + 0.05) - weights[up]!,
            weights[down]! - Math.max(0, current[down]! - 0.05),
          );
          if (up === down || room < 1e-9) continue;
          // Moving weight from one to the other must not reduce the distance: the derivative is not negative.
          const derivative = weights[up]! - unconstrained[up]! - (weights[down]! - unconstrained[down]!);
          expect(derivative).toBeGreaterThanOrEqual(-1e-12);
        }
      }
    }
  });

  test("stays at the prior without data, and refuses what are no weights", () => {
    for (const [k, weight] of refitWeights([], []).weights.entries()) expect(weight).toBeCloseTo(WEIGHTS_PRIOR[k]!, 15);
    expect(() => refitWeights([[1, 2]], [1])).toThrow(error("LENGTH_MISMATCH", "rows[0]"));
    expect(() => refitWeights([], [1])).toThrow(error("LENGTH_MISMATCH", "targets"));
    expect(() => refitWeights([], [], { current: [0.5, 0.5, 0.5, 0, 0] })).toThrow(error("BAD_ARGUMENT", "current"));
    expect(() => refitWeights([], [], { ridge: 0 })).toThrow(error("BAD_ARGUMENT", "ridge"));
    expect(() => refitWeights([[1, 1, 1, 1, Number.NaN]], [1])).toThrow(error("NOT_FINITE", "rows[0][4]"));
    expect(() => refitWeights([[1e300, 1, 1, 1, 1]], [1])).toThrow(error("BAD_ARGUMENT", "rows[0][0]"));
  });
});
