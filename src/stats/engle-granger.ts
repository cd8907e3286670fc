/** Engle-Granger test for cointegration (1987): least squares in levels, then Dickey-Fuller on what is left. */
import { dickeyFuller } from "./adf.ts";
import { trendColumn } from "./differences.ts";
import { StatsError } from "./error.ts";
import {
  MACKINNON_SERIES_MAX,
  type MackinnonCriticalValues,
  mackinnonCriticalValues,
  mackinnonPValue,
} from "./mackinnon.ts";
import { regress } from "./ols.ts";
import { computeInSlices, type Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

export interface EngleGrangerOptions {
  /** Lagged differences in the residual's test, 0..100. Default 1. */
  readonly lags?: number;
  /** Deterministic terms of the levels regression: "c" constant (default), "ct" constant and trend. */
  readonly trend?: "c" | "ct";
}

export interface EngleGrangerResult {
  /** Dickey-Fuller statistic of the residuals, which have no constant of their own. */
  readonly stat: number;
  /** Under the null of no cointegration, for this number of series. */
  readonly pValue: number;
  readonly criticalValues: MackinnonCriticalValues;
  readonly alpha: number;
  /** Cointegrating slopes: one per column of x. */
  readonly beta: number[];
  readonly lags: number;
  readonly observations: number;
}

/**
 * y against one series, or up to five. Asymmetric: y on x and x on y are different tests. COLLINEAR, TOO_FEW_POINTS,
 * LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT; CONSTANT or NO_SOLUTION when x explains y exactly.
 */
export function engleGranger(
  y: Sample,
  x: Sample | readonly Sample[],
  options: EngleGrangerOptions = {},
): EngleGrangerResult {
  return drain(engleGrangerSlices(y, x, options));
}

/** engleGranger in slices. */
export function* engleGrangerSlices(
  y: Sample,
  x: Sample | readonly Sample[],
  options: EngleGrangerOptions = {},
): Slices<EngleGrangerResult> {
  const { lags = 1, trend = "c" } = options;
  if (trend !== "c" && trend !== "ct") throw new StatsError("BAD_ARGUMENT", "trend", `is ${trend}, not c or ct`);
  const columns = isSample(x) ? [x] : x;
  const series = columns.length + 1;
  if (series < 2 || series > MACKINNON_SERIES_MAX) {
    const limit = series < 2 ? 1 : MACKINNON_SERIES_MAX - 1;
    throw new StatsError("BAD_ARGUMENT", "x", `has ${columns.length} series`, columns.length, limit);
  }
  const terms = trend === "ct" ? [...columns, yield* trendColumn(y.length)] : columns;
  const { fit, residual } = yield* computeInSlices(function* (work) {
    const found = yield* regress(work, y, terms, true, true);
    // In y's scaled unit: the test's statistic has none.
    return { fit: found.fit, residual: work.arena.copyOut(found.residual, y.length) };
  });
  // Residuals that are rounding, not data, would pass any test.
  if (fit.rSquared === undefined || 1 - fit.rSquared < 100 * Number.EPSILON) {
    throw new StatsError("CONSTANT", "y", "leaves no residual to test");
  }
  const { stat, observations } = yield* dickeyFuller(residual, lags, "n");
  return {
    stat,
    pValue: mackinnonPValue(stat, trend, series),
    criticalValues: mackinnonCriticalValues(trend, series, y.length - 1)!,
    alpha: fit.coef[0]!,
    beta: fit.coef.slice(1, series),
    lags,
    observations,
  };
}

function isSample(x: Sample | readonly Sample[]): x is Sample {
  return x instanceof Float64Array || typeof x[0] === "number";
}
