/** A series' levels and changes as columns of a regression, in slices: what unit-root tests and half-lives regress on. */
import { StatsError } from "./error.ts";
import type { Sample } from "./runtime.ts";
import { LOOP_COST, LOOP_VALUES, Meter, type Slices } from "./sliced.ts";

export interface LevelAndChange {
  /** series[t - 1] for t from lags + 1 on. */
  readonly level: Float64Array;
  /** series[t] - series[t - 1]. */
  readonly change: Float64Array;
  /** laggedChanges[lag - 1]: the change `lag` steps before. */
  readonly laggedChanges: readonly Float64Array[];
}

export function* levelAndChange(series: Sample, lags: number): Slices<LevelAndChange> {
  const meter = new Meter();
  const rows = series.length - lags - 1;
  const level = new Float64Array(rows);
  const change = new Float64Array(rows);
  const laggedChanges = Array.from({ length: lags }, () => new Float64Array(rows));
  for (let from = 0; from < rows; from += LOOP_VALUES) {
    const to = Math.min(from + LOOP_VALUES, rows);
    for (let row = from; row < to; row++) level[row] = series[row + lags]!;
    fillChange(change, series, lags, from, to);
    if (meter.due(2 * LOOP_COST * (to - from))) yield;
    for (let lag = 1; lag <= lags; lag++) {
      fillChange(laggedChanges[lag - 1]!, series, lags - lag, from, to);
      if (meter.due(LOOP_COST * (to - from))) yield;
    }
  }
  return { level, change, laggedChanges };
}

/** 1, 2, 3, ... */
export function* trendColumn(rows: number): Slices<Float64Array> {
  const meter = new Meter();
  const trend = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    trend[row] = row + 1;
    if (meter.due(LOOP_COST)) yield;
  }
  return trend;
}

/** target[row] = series[row + at + 1] - series[row + at]. */
function fillChange(target: Float64Array, series: Sample, at: number, from: number, to: number): void {
  for (let row = from; row < to; row++) target[row] = series[row + at + 1]! - series[row + at]!;
}

/** NOT_FINITE, with the index; CONSTANT for equal values. */
export function* checkSeries(series: Sample): Slices<void> {
  const meter = new Meter();
  let varies = false;
  for (let index = 0; index < series.length; index++) {
    const value = series[index]!;
    if (!Number.isFinite(value)) throw new StatsError("NOT_FINITE", `series[${index}]`, `is ${value}`, value);
    if (value !== series[0]) varies = true;
    if (meter.due(LOOP_COST)) yield;
  }
  if (series.length > 1 && !varies) throw new StatsError("CONSTANT", "series", "does not vary");
}
