/** Augmented Dickey-Fuller test of one series for a unit root. Said & Dickey 1984; p-values by MacKinnon (mackinnon.ts). */
import { checkSeries, levelAndChange, trendColumn } from "./differences.ts";
import { StatsError } from "./error.ts";
import {
  type Deterministic,
  type MackinnonCriticalValues,
  mackinnonCriticalValues,
  mackinnonPValue,
} from "./mackinnon.ts";
import { olsSlices } from "./ols.ts";
import type { Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

export interface AdfOptions {
  /** Lagged differences in the regression, 0..100. Default 1. Not chosen from the data: the caller says what it tests. */
  readonly lags?: number;
  /** Deterministic terms: "n" none, "c" constant (default), "ct" constant and trend. */
  readonly regression?: Deterministic;
}

export interface AdfResult {
  /** t-statistic of the lagged level: the lower, the less a unit root fits. */
  readonly stat: number;
  /** Probability of a statistic this low under a unit root. */
  readonly pValue: number;
  readonly lags: number;
  /** Rows of the regression: points - lags - 1. */
  readonly observations: number;
  readonly criticalValues: MackinnonCriticalValues;
  readonly regression: Deterministic;
}

/**
 * TOO_FEW_POINTS, NOT_FINITE, BAD_ARGUMENT; CONSTANT for equal values; NO_SOLUTION when the past predicts the series exactly;
 * COLLINEAR when the lags do not differ.
 */
export function adf(series: Sample, options: AdfOptions = {}): AdfResult {
  return drain(adfSlices(series, options));
}

/** adf in slices. */
export function* adfSlices(series: Sample, options: AdfOptions = {}): Slices<AdfResult> {
  const { lags = 1, regression = "c" } = options;
  if (regression !== "n" && regression !== "c" && regression !== "ct") {
    throw new StatsError("BAD_ARGUMENT", "regression", `is ${regression}, not n, c or ct`);
  }
  const { stat, observations } = yield* dickeyFuller(series, lags, regression);
  const pValue = mackinnonPValue(stat, regression, 1);
  const criticalValues = mackinnonCriticalValues(regression, 1, observations)!;
  return { stat, pValue, lags, observations, criticalValues, regression };
}

/** The statistic alone, for series whose distribution is not the univariate one. */
export function* dickeyFuller(
  series: Sample,
  lags: number,
  regression: Deterministic,
): Slices<{ readonly stat: number; readonly observations: number }> {
  if (!Number.isInteger(lags) || lags < 0 || lags > 100) {
    throw new StatsError("BAD_ARGUMENT", "lags", `is ${lags}, not 0..100`, lags, lags > 100 ? 100 : 0);
  }
  yield* checkSeries(series);
  const coefficients = 1 + lags + { n: 0, c: 1, ct: 2 }[regression];
  const observations = series.length - lags - 1;
  if (observations <= coefficients) {
    const needed = lags + 2 + coefficients;
    throw new StatsError("TOO_FEW_POINTS", "series", `has ${series.length} points`, series.length, needed);
  }
  const { level, change, laggedChanges } = yield* levelAndChange(series, lags);
  const trend = regression === "ct" ? [yield* trendColumn(observations)] : [];
  const intercept = regression !== "n";
  const fit = yield* olsSlices(change, [level, ...laggedChanges, ...trend], { intercept });
  const at = intercept ? 1 : 0;
  const stat = fit.coef[at]! / fit.stderr[at]!;
  if (!Number.isFinite(stat)) {
    throw new StatsError("NO_SOLUTION", "series", "is predicted exactly by its past: no error to test against");
  }
  return { stat, observations };
}
