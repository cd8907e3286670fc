/** Dickey-Fuller, Engle-Granger, half-life and total least squares: statsmodels on two real pairs, examples, refusals. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adf } from "../../src/stats/adf.ts";
import { engleGranger } from "../../src/stats/engle-granger.ts";
import { StatsError } from "../../src/stats/error.ts";
import { halfLife } from "../../src/stats/half-life.ts";
import { johansen, johansenHedgeRatio } from "../../src/stats/johansen.ts";
import { mackinnonCriticalValues, mackinnonPValue } from "../../src/stats/mackinnon.ts";
import { ols } from "../../src/stats/ols.ts";
import { tls } from "../../src/stats/tls.ts";
import { Random } from "../wasm/random.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);
const present = existsSync(new URL("hedge/pairs_reference.json", DATA));
if (!present) console.log("skipped: statsmodels pairs need ../shared/data/hedge");

interface AdfReference {
  readonly lags: number;
  readonly regression: "n" | "c";
  readonly stat: number;
  readonly pvalue: number;
  readonly nobs: number;
  readonly crit: Record<"1%" | "5%" | "10%", number>;
}

function near(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance);
}

function expectAdf(series: number[], expected: AdfReference): void {
  const { lags, regression } = expected;
  const found = adf(series, { lags, regression });
  near(found.stat, expected.stat, 1e-9);
  near(found.pValue, expected.pvalue, 1e-8);
  expect(found.observations).toBe(expected.nobs);
  near(found.criticalValues.pct1, expected.crit["1%"], 1e-12);
  near(found.criticalValues.pct5, expected.crit["5%"], 1e-12);
  near(found.criticalValues.pct10, expected.crit["10%"], 1e-12);
}

/** ln of the closes by time. */
function closes(name: string): Map<string, number> {
  const [head, ...lines] = readFileSync(new URL(`market/${name}.csv`, DATA), "utf8")
    .trim()
    .split(/\r?\n/);
  const [time, close] = ["timestamp_ms", "close"].map((column) => head!.split(",").indexOf(column)) as [number, number];
  return new Map(
    lines.map((line) => {
      const fields = line.split(",");
      return [fields[time]!, Math.log(Number(fields[close]))];
    }),
  );
}

describe.skipIf(!present)("pairs, as statsmodels has them", () => {
  const { results } = present
    ? JSON.parse(readFileSync(new URL("hedge/pairs_reference.json", DATA), "utf8"))
    : { results: {} };

  test.each(Object.keys(results))("%s", (name) => {
    const pair = results[name];
    const [all, other] = [closes(pair.y), closes(pair.x)];
    const times = [...all.keys()].filter((time) => other.has(time));
    const y = times.map((time) => all.get(time)!);
    const x = times.map((time) => other.get(time)!);
    expect(y).toHaveLength(pair.n);

    const fit = ols(y, [x]);
    const [alpha, beta] = fit.coef as [number, number];
    near(beta, pair.ols_y_on_x.beta, 1e-10);
    near(alpha, pair.ols_y_on_x.alpha, 1e-10);
    near(fit.stderr[0]!, pair.ols_y_on_x.se_alpha, 1e-9);
    near(fit.stderr[1]!, pair.ols_y_on_x.se_beta, 1e-9);
    near(fit.rSquared!, pair.ols_y_on_x.r2, 1e-10);
    near(fit.residualStd, pair.ols_y_on_x.resid_sd, 1e-10);
    near(tls(y, x).beta, pair.tls_beta, 1e-10);

    expectAdf(y, pair.adf_y);
    expectAdf(x, pair.adf_x);
    const spread = y.map((value, i) => value - alpha - beta * x[i]!);
    for (const each of pair.adf_spread) expectAdf(spread, each);

    const tested = engleGranger(y, x, { lags: pair.engle_granger_coint.maxlag });
    near(tested.stat, pair.engle_granger_coint.stat, 1e-9);
    near(tested.pValue, pair.engle_granger_coint.pvalue, 1e-8);
    const { pct1, pct5, pct10 } = tested.criticalValues;
    for (const [i, value] of [pct1, pct5, pct10].entries()) near(value, pair.engle_granger_coint.crit_1_5_10[i], 1e-12);
    expect(tested.beta).toEqual([beta]);

    const reverting = halfLife(spread);
    near(reverting.lambda, pair.half_life.lambda, 1e-9);
    near(reverting.halfLife!, pair.half_life.minus_ln2_over_ln_phi, 1e-9);
    if (reverting.halfLife !== undefined) near(reverting.halfLifeEuler, pair.half_life.ln2_over_minus_lambda, 1e-9);

    const rows = y.map((value, i) => [value, x[i]!]);
    for (const lags of [2, 3]) {
      const expected = pair.johansen[`det0_k${lags - 1}`];
      const found = johansen(rows, { det: "none", lags, table: "mackinnon-haug-michelis" });
      for (const i of [0, 1]) {
        near(found.eigenvalues[i]!, expected.eig[i], 1e-9);
        near(found.trace[i]!, expected.trace[i], 1e-9);
        near(found.maxEigen[i]!, expected.maxeig[i], 1e-9);
      }
      const [first, second] = found.eigenvectors[0] as [number, number];
      near(-second / first, expected.hedge_ratio, 1e-10);
      const rank = expected.trace.findIndex((value: number, i: number) => value <= expected.cvt[i][1]);
      expect(found.rank).toBe(rank);
      expect(johansenHedgeRatio(found).ratio === undefined).toBe(rank === 0);
    }
  });
});

function walk(seed: number, points: number, phi: number): number[] {
  const random = new Random(seed);
  let value = 0;
  return Array.from({ length: points }, () => {
    value = phi * value + random.normal();
    return value;
  });
}

describe("MacKinnon's distributions", () => {
  test.each(["n", "c", "ct"] as const)(
    "%s: p-values rise with the statistic and stay probabilities, without a jump",
    (det) => {
      for (let series = 1; series <= 6; series++) {
        let before = 0;
        for (let stat = -30; stat < 4; stat += 0.01) {
          const p = mackinnonPValue(stat, det, series);
          expect(p).toBeGreaterThanOrEqual(before - 2e-3);
          expect(p).toBeLessThanOrEqual(1);
          if (stat > -15 && p < 1) expect(p - before).toBeLessThan(0.02);
          before = p;
        }
        expect(before).toBeGreaterThan(0.99);
      }
    },
  );

  test("p-values of the critical values are 1, 5 and 10 %", () => {
    for (const det of ["n", "c", "ct"] as const) {
      for (let series = 1; series <= 6; series++) {
        const values = mackinnonCriticalValues(det, series, Number.POSITIVE_INFINITY);
        if (values === undefined) {
          expect(det).toBe("n");
          continue;
        }
        expect(mackinnonPValue(values.pct1, det, series)).toBeCloseTo(0.01, 3);
        expect(mackinnonPValue(values.pct5, det, series)).toBeCloseTo(0.05, 2);
        expect(mackinnonPValue(values.pct10, det, series)).toBeCloseTo(0.1, 2);
      }
    }
  });
});

describe("adf and engleGranger", () => {
  test("tell a random walk from a reverting series, most of the time", () => {
    let [walks, reverting] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      if (adf(walk(seed, 300, 1)).pValue < 0.05) walks++;
      if (adf(walk(seed, 300, 0.8)).pValue < 0.05) reverting++;
    }
    expect(walks).toBeLessThanOrEqual(6);
    expect(reverting).toBe(40);
  });

  test("a constant or a trend that the regression has does not change the statistic", () => {
    const series = walk(3, 200, 0.9).map((value) => Math.round(value * 2 ** 20));
    const { stat } = adf(series, { regression: "ct" });
    const moved = series.map((value, t) => value + 2 ** 30 + 64 * t);
    expect(adf(moved, { regression: "ct" }).stat).toBeCloseTo(stat, 9);
    const { stat: level } = adf(series);
    expect(adf(series.map((value) => value * 1024 + 2 ** 40)).stat).toBeCloseTo(level, 9);
  });

  test("several series share the null, so they need more to reject it", () => {
    const [a, b, c] = [walk(1, 250, 1), walk(2, 250, 1), walk(3, 250, 0.5)];
    const y = a.map((value, t) => 2 * value - b[t]! + c[t]! + 7);
    const { beta, alpha, pValue, criticalValues } = engleGranger(y, [a, b]);
    expect(beta[0]).toBeCloseTo(2, 1);
    expect(beta[1]).toBeCloseTo(-1, 1);
    expect(alpha).toBeCloseTo(7, 0);
    expect(pValue).toBeLessThan(0.001);
    expect(criticalValues.pct5).toBeLessThan(engleGranger(y, a).criticalValues.pct5);
  });
});

describe("half-life", () => {
  test("is exact on a series that decays without noise", () => {
    const series = Array.from({ length: 30 }, (_, t) => 5 + 8 * 0.5 ** (t / 4));
    const found = halfLife(series);
    near(found.halfLife!, 4, 1e-12);
    near(found.mean, 5, 1e-12);
    near(found.phi, 0.5 ** 0.25, 1e-12);
  });

  test("has no value, and says why, where nothing reverts or it overshoots", () => {
    const growing = Array.from({ length: 20 }, (_, t) => 1.1 ** t);
    expect(halfLife(growing)).toMatchObject({ halfLife: undefined, reason: "NOT_REVERTING" });
    const swinging = Array.from({ length: 20 }, (_, t) => (-0.9) ** t);
    expect(halfLife(swinging)).toMatchObject({ halfLife: undefined, reason: "OSCILLATING" });
  });
});

test("inputs that have no test are named", () => {
  const refused = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (error instanceof StatsError) return `${error.code} ${error.field}`;
      throw error;
    }
    return "none";
  };
  const series = walk(5, 50, 0.9);
  expect(refused(() => adf(new Array(50).fill(0.1)))).toBe("CONSTANT series");
  expect(refused(() => adf(series.slice(0, 5)))).toBe("TOO_FEW_POINTS series");
  expect(refused(() => adf([]))).toBe("TOO_FEW_POINTS series");
  expect(refused(() => adf(series.with(7, Number.NaN)))).toBe("NOT_FINITE series[7]");
  expect(refused(() => adf(series, { lags: -1 }))).toBe("BAD_ARGUMENT lags");
  expect(refused(() => adf(series, { lags: 1.5 }))).toBe("BAD_ARGUMENT lags");
  expect(refused(() => adf(series, { regression: "ctt" as "ct" }))).toBe("BAD_ARGUMENT regression");
  expect(refused(() => adf(series.map((_, t) => t)))).toBe("COLLINEAR columns[1]");
  expect(refused(() => adf(series.map((_, t) => 2 ** (t % 20)).slice(0, 20), { lags: 0 }))).toBe("NO_SOLUTION series");
  expect(
    refused(() =>
      engleGranger(
        series,
        series.map((v) => v * 2),
      ),
    ),
  ).toBe("CONSTANT y");
  expect(refused(() => engleGranger(series, [series.slice(1)]))).toBe("LENGTH_MISMATCH columns[0]");
  expect(refused(() => engleGranger(series, []))).toBe("BAD_ARGUMENT x");
  expect(refused(() => engleGranger(series, [series, series]))).toBe("COLLINEAR columns[1]");
  expect(refused(() => engleGranger(new Array(50).fill(3), series))).toBe("CONSTANT y");
  expect(refused(() => halfLife([1, 2, 3]))).toBe("TOO_FEW_POINTS series");
  expect(refused(() => halfLife([1, 1, 1, 1, 1]))).toBe("CONSTANT series");
  expect(refused(() => halfLife([1, 2, Number.POSITIVE_INFINITY, 1, 1]))).toBe("NOT_FINITE series[2]");
});
