/** Brier, Platt and isotonic: against scikit-learn's fits on real outcomes, properties, and what has no fit. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { brier } from "../../src/stats/brier.ts";
import { isotonicFit } from "../../src/stats/isotonic.ts";
import { plattFit } from "../../src/stats/platt.ts";
import { Random } from "../wasm/random.ts";

const CALIBRATION = new URL("../../../shared/data/calibration/", import.meta.url);
const present = existsSync(CALIBRATION);
if (!present) console.log("skipped: calibration references need ../shared/data/calibration");

function outcomesFrom(random: Random, probabilities: readonly number[]): number[] {
  return probabilities.map((probability) => (random.unit() < probability ? 1 : 0));
}

describe.skipIf(!present)("on 2,000 real outcomes", () => {
  const lines = present
    ? readFileSync(new URL("confidence_outcomes_train.csv", CALIBRATION), "utf8").trim().split("\n")
    : [];
  const rows = lines.slice(1).map((line) => line.split(",").map(Number));
  const scores = rows.map((row) => row[1]!);
  const outcomes = rows.map((row) => row[2]!);
  const reference = present ? JSON.parse(readFileSync(new URL("calibration_reference.json", CALIBRATION), "utf8")) : {};

  test("Platt on scores and on their logits is the reference's maximum of the likelihood", () => {
    const plain = plattFit(scores, outcomes);
    expect(plain.intercept).toBeCloseTo(reference.platt_on_score.intercept, 12);
    expect(plain.slope).toBeCloseTo(reference.platt_on_score.slope, 12);
    // Clipped as the reference was: four scores are 0.
    const logits = scores.map((score) => Math.min(1 - 1e-6, Math.max(1e-6, score))).map((p) => Math.log(p / (1 - p)));
    const fit = plattFit(logits, outcomes);
    expect(fit.intercept).toBeCloseTo(reference.platt_on_logit.intercept, 12);
    expect(fit.slope).toBeCloseTo(reference.platt_on_logit.slope, 12);
  });

  test("isotonic has scikit-learn's corners", () => {
    const fit = isotonicFit(scores, outcomes);
    expect(fit.x).toEqual(reference.isotonic.sklearn_X_thresholds);
    fit.y.forEach((level, index) => {
      expect(level).toBeCloseTo(reference.isotonic.sklearn_y_thresholds[index], 14);
    });
  });

  test("Brier exposes a confidence that is worse than the base rate", () => {
    const { score, uncertainty } = brier(scores, outcomes);
    expect(score).toBeGreaterThan(uncertainty);
    const calibrated = plattFit(scores, outcomes);
    expect(brier(scores.map(calibrated.predict), outcomes).score).toBeLessThan(uncertainty);
  });
});

describe("brier", () => {
  test("by hand", () => {
    const found = brier([0.2, 0.2, 0.8, 0.8], [0, 1, 1, 1], { bins: 4 });
    expect(found.score).toBeCloseTo((0.04 + 0.64 + 0.04 + 0.04) / 4, 15);
    expect(found.reliability).toBeCloseTo((2 * 0.3 ** 2 + 2 * 0.2 ** 2) / 4, 15);
    expect(found.resolution).toBeCloseTo(0.0625, 15);
    expect(found.uncertainty).toBe(0.1875);
    expect(found.bins.map(({ count, meanForecast, frequency }) => [count, meanForecast, frequency])).toEqual([
      [2, 0.2, 0.5],
      [0, undefined, undefined],
      [0, undefined, undefined],
      [2, 0.8, 1],
    ]);
    expect(found.binned.withinBin).toBeCloseTo(0, 15);
  });

  test("is reliability - resolution + uncertainty, for coarse and for continuous forecasts, in any order", () => {
    const random = new Random(1);
    for (const levels of [1, 7, 1e9]) {
      const forecasts = Array.from({ length: 500 }, () => Math.floor(random.unit() * (levels + 1)) / levels).map((p) =>
        Math.min(p, 1),
      );
      const outcomes = outcomesFrom(
        random,
        forecasts.map((p) => p ** 2),
      );
      const found = brier(forecasts, outcomes);
      expect(found.reliability - found.resolution + found.uncertainty).toBeCloseTo(found.score, 14);
      const { reliability, resolution, withinBin } = found.binned;
      expect(reliability - resolution + found.uncertainty + withinBin).toBeCloseTo(found.score, 14);
      expect(found.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(500);
      const turned = brier(forecasts.toReversed(), outcomes.toReversed());
      expect(turned.reliability).toBe(found.reliability);
    }
  });

  test("takes booleans, and refuses what is no probability or no outcome", () => {
    expect(brier([1, 0], [true, false]).score).toBe(0);
    const error = (code: string, field: string) => expect.objectContaining({ code, field });
    expect(() => brier([0.5, 1.1], [0, 1])).toThrow(error("BAD_ARGUMENT", "forecasts[1]"));
    expect(() => brier([0.5, Number.NaN], [0, 1])).toThrow(error("NOT_FINITE", "forecasts[1]"));
    expect(() => brier([0.5, 0.5], [0, 0.5])).toThrow(error("BAD_ARGUMENT", "outcomes[1]"));
    expect(() => brier([0.5], [0, 1])).toThrow(error("LENGTH_MISMATCH", "outcomes"));
    expect(() => brier([], [])).toThrow(error("TOO_FEW_POINTS", "forecasts"));
  });
});

describe("plattFit", () => {
  test("is a stationary point of the likelihood, whatever the score's unit", () => {
    const random = new Random(2);
    const base = Array.from({ length: 400 }, () => random.normal());
    const outcomes = outcomesFrom(
      random,
      base.map((x) => 1 / (1 + Math.exp(-(0.3 + 1.7 * x)))),
    );
    for (const [factor, offset] of [
      [1, 0],
      [1e-9, 0],
      [1e6, 1e9],
      [-3, 5],
      [1, 1e6],
    ] as const) {
      const scores = base.map((x) => x * factor + offset);
      const fit = plattFit(scores, outcomes);
      let level = 0;
      let tilt = 0;
      scores.forEach((score, index) => {
        const gap = fit.predict(score) - outcomes[index]!;
        level += gap;
        tilt += gap * base[index]!;
      });
      expect(Math.abs(level)).toBeLessThan(1e-9);
      expect(Math.abs(tilt)).toBeLessThan(1e-6);
      expect(Math.sign(fit.slope)).toBe(Math.sign(factor));
      expect(fit.predict(scores[7]!)).toBeCloseTo(
        1 / (1 + Math.exp(-(fit.intercept + fit.slope * scores[7]!))),
        offset ? 6 : 12,
      );
      expect(fit.predict(Number.NaN)).toBeNaN();
    }
  });

  test("survives a far score and heavy imbalance", () => {
    const random = new Random(3);
    const scores = Array.from({ length: 3000 }, () => random.normal());
    const outcomes = outcomesFrom(
      random,
      scores.map((x) => 0.01 / (0.01 + Math.exp(-4 * x))),
    );
    const far = plattFit([...scores, 1e6], [...outcomes, 1]);
    const near = plattFit(scores, outcomes);
    expect(far.slope / near.slope).toBeCloseTo(1, 8);
  });

  test("says that separated outcomes have no fit, also when they touch", () => {
    const error = (code: string, field: string) => expect.objectContaining({ code, field });
    for (const outcomes of [
      [0, 0, 1, 1],
      [1, 1, 0, 0],
      [0, 1, 1, 1],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]) {
      expect(() => plattFit([1, 2, 3, 4], outcomes)).toThrow(error("NO_SOLUTION", "outcomes"));
    }
    expect(() => plattFit([1, 2, 2, 4], [0, 0, 1, 1])).toThrow(error("NO_SOLUTION", "outcomes"));
    expect(() => plattFit([2, 2, 2, 2], [0, 0, 1, 1])).toThrow(error("CONSTANT", "scores"));
    expect(plattFit([1, 2, 3, 4], [0, 1, 0, 1]).slope).toBeGreaterThan(0);
    expect(() => plattFit([1, 2], [0, 1])).toThrow(error("TOO_FEW_POINTS", "scores"));
    expect(() => plattFit([1, 2, Number.POSITIVE_INFINITY], [0, 1, 0])).toThrow(error("NOT_FINITE", "scores[2]"));
  });
});

describe("isotonicFit", () => {
  test("is the nearest rising function: no rising step function does better", () => {
    const random = new Random(4);
    const scores = Array.from({ length: 60 }, () => random.whole(0, 15));
    const outcomes = outcomesFrom(
      random,
      scores.map((x) => x / 15),
    );
    const fit = isotonicFit(scores, outcomes);
    const loss = (level: (score: number) => number) =>
      scores.reduce((sum, score, index) => sum + (level(score) - outcomes[index]!) ** 2, 0);
    const best = loss(fit.predict);
    for (let trial = 0; trial < 2000; trial++) {
      // A convex mix of the fit and any rising function still rises.
      const corners = Array.from({ length: 16 }, () => random.unit()).sort((a, b) => a - b);
      const share = 10 ** random.whole(-4, 0);
      expect(loss((x) => (1 - share) * fit.predict(x) + share * corners[x]!)).toBeGreaterThanOrEqual(best - 1e-12);
    }
  });

  test("never falls, keeps the base rate, interpolates between corners and clips outside", () => {
    const random = new Random(5);
    const scores = Array.from({ length: 300 }, () => random.normal());
    const outcomes = outcomesFrom(
      random,
      scores.map((x) => 1 / (1 + Math.exp(-x))),
    );
    const fit = isotonicFit(scores, outcomes);
    let before = 0;
    for (let x = -5; x <= 5; x += 0.001) {
      const level = fit.predict(x);
      expect(level >= before && level <= 1).toBe(true);
      before = level;
    }
    const total = scores.reduce((sum, score) => sum + fit.predict(score), 0);
    expect(total).toBeCloseTo(
      outcomes.reduce((sum, value) => sum + value, 0),
      10,
    );
    expect(isotonicFit([1, 3], [0, 1])).toMatchObject({ x: [1, 3], y: [0, 1] });
    expect([0, 1, 2, 2.5, 3, 9].map(isotonicFit([3, 1], [1, 0]).predict)).toEqual([0, 0, 0.5, 0.75, 1, 1]);
    expect(isotonicFit([1, 2, 3], [1, 0, 0])).toMatchObject({ x: [1, 3], y: [1 / 3, 1 / 3] });
    expect(fit.predict(Number.NaN)).toBeNaN();
    expect(() => isotonicFit([], [])).toThrow(expect.objectContaining({ code: "TOO_FEW_POINTS" }));
    expect(() => isotonicFit([Number.NaN], [1])).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
  });
});
