/** Augmented Dickey-Fuller test of one series for a unit root. Said & Dickey 1984; p-values by MacKinnon (mackinnon.ts). */
import { StatsError } from "./error.ts";
import {
  type Deterministic,
  type MackinnonCriticalValues,
  mackinnonCriticalValues,
  mackinnonPValue,
} from "./mackinnon.ts";
import { ols } from "./ols.ts";
import type { Sample } from "./runtime.ts";

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
  const { lags = 1, regression = "c" } = options;
  if (regression !== "n" && regression !== "c" && regression !== "ct") {
    throw new StatsError("BAD_ARGUMENT", "regression", `is ${regression}, not n, c or ct`);
  }
  const { stat, observations } = dickeyFuller(series, lags, regression);
  const pValue = mackinnonPValue(stat, regression, 1);
  const criticalValues = mackinnonCriticalValues(regression, 1, observations)!;
  return { stat, pValue, lags, observations, criticalValues, regression };
}

/** The statistic alone, for series whose distribution is not the univariate one. */
export function dickeyFuller(
  series: Sample,
  lags: number,
  regression: Deterministic,
): { readonly stat: number; readonly observations: number } {
  const coefficients = checkSample(series, lags, regression);
  const observations = series.length - lags - 1;
  if (observations <= coefficients) {
    const needed = lags + 2 + coefficients;
    throw new StatsError("TOO_FEW_POINTS", "series", `has ${series.length} points`, series.length, needed);
  }
  const level = new Float64Array(observations);
  const change = new Float64Array(observations);
  const laggedChanges = Array.from({ length: lags }, () => new Float64Array(observations));
  for (let row = 0; row < observations; row++) {
    const t = row + lags + 1;
    level[row] = series[t - 1]!;
    change[row] = series[t]! - series[t - 1]!;
    for (let lag = 1; lag <= lags; lag++) laggedChanges[lag - 1]![row] = series[t - lag]! - series[t - lag - 1]!;
  }
  const trend = regression === "ct" ? [Float64Array.from({ length: observations }, (_, row) => row + 1)] : [];
  const intercept = regression !== "n";
  const fit = ols(change, [level, ...laggedChanges, ...trend], { intercept });
  const at = intercept ? 1 : 0;
  const stat = fit.coef[at]! / fit.stderr[at]!;
  if (!Number.isFinite(stat)) {
    throw new StatsError("NO_SOLUTION", "series", "is predicted exactly by its past: no error to test against");
  }
  return { stat, observations };
}

function checkSample(series: Sample, lags: number, regression: Deterministic): number {
  if (!Number.isInteger(lags) || lags < 0 || lags > 100) {
    throw new StatsError("BAD_ARGUMENT", "lags", `is ${lags}, not 0..100`, lags, lags > 100 ? 100 : 0);
  }
  let varies = false;
  for (const [index, value] of series.entries()) {
    if (!Number.isFinite(value)) throw new StatsError("NOT_FINITE", `series[${index}]`, `is ${value}`, value);
    if (value !== series[0]) varies = true;
  }
  if (series.length > 1 && !varies) throw new StatsError("CONSTANT", "series", "does not vary");
  return 1 + lags + { n: 0, c: 1, ct: 2 }[regression];
}
