/**
 * Johansen's cointegration test: trace and maximum-eigenvalue statistics, cointegrating vectors, and the rank they prove.
 *
 * The three deterministic cases are those of R's ca.jo, and the result names its case and its table of critical values, because
 * the same statistic is rejected by one table and accepted by another. Arithmetic: assembly/stats/cointegration.ts.
 */
import { type CriticalRow, type CriticalTable, MACKINNON_HAUG_MICHELIS, OSTERWALD_LENUM } from "./critical-values.ts";
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { rankTolerance } from "./line.ts";
import { factor } from "./qr.ts";
import { computeInSlices, type Sample, type Work } from "./runtime.ts";
import { BLOCK_VALUES, drain, LOOP_COST, LOOP_VALUES, type Slices } from "./sliced.ts";
import { fill, normalise } from "./vectors.ts";

export interface JohansenOptions {
  /** "none": unrestricted constant. "const": constant restricted to the cointegration space. "trend": trend restricted to it. */
  readonly det: "none" | "const" | "trend";
  /** Order of the VAR in levels, 2..5. */
  readonly lags: number;
  /** Centred seasonal dummies of this period, 2..366; the first row is season 1. */
  readonly seasons?: number;
  /** Default Osterwald-Lenum, which reaches 11 variables. MacKinnon-Haug-Michelis has `det: "none"` only, and reaches 12. */
  readonly table?: "osterwald-lenum" | "mackinnon-haug-michelis";
}

export interface JohansenResult {
  /** One per variable, largest first, each in [0, 1). */
  readonly eigenvalues: number[];
  /**
   * eigenvectors[j] belongs to eigenvalues[j]: one weight per variable, then the restricted constant or trend if there is one.
   * Scaled to v'S11 v = 1, first weight not negative. A restricted trend counts rows from the first one given.
   */
  readonly eigenvectors: number[][];
  /** trace[i] tests rank <= i. */
  readonly trace: number[];
  /** maxEigen[i] tests rank i against rank i + 1. */
  readonly maxEigen: number[];
  /** Per statistic its 10 %, 5 % and 1 % values; undefined where the table ends (variables - i beyond its last row). */
  readonly criticalValues: {
    readonly trace: (CriticalRow | undefined)[];
    readonly maxEigen: (CriticalRow | undefined)[];
  };
  /** Smallest rank that the trace test does not reject at 5 %; undefined when the table lacks a value that decides. */
  readonly rank: number | undefined;
  readonly case: string;
  readonly table: string;
  /** Rows that entered the regressions: rows given minus lags. */
  readonly observations: number;
}

/**
 * rows[t] holds the variables' values at time t, 2..12 of them, log prices as a rule.
 *
 * COLLINEAR when the variables (or their differences) depend on each other, TOO_FEW_POINTS, LENGTH_MISMATCH, NOT_FINITE,
 * BAD_ARGUMENT, NO_SOLUTION when a combination is predicted exactly.
 */
export function johansen(rows: readonly Sample[], options: JohansenOptions): JohansenResult {
  return drain(johansenSlices(rows, options));
}

/** johansen in slices. */
export function johansenSlices(rows: readonly Sample[], options: JohansenOptions): Slices<JohansenResult> {
  return computeInSlices(function* (work) {
    const variables = checkVariables(rows);
    const { short, terms } = checkOptions(options, variables, rows.length);
    const { name, table } = tableFor(options, variables);
    const { kernels, arena } = work;
    const { det, lags } = options;
    const points = rows.length;
    const count = points - lags;
    const series = arena.reserve(points * variables);
    yield* copyRows(work, rows, variables, series);
    const scales: number[] = [];
    for (let v = 0; v < variables; v++) scales.push(yield* normalise(work, series + v * points * 8, points));

    const trendScale = 2 ** -Math.ceil(Math.log2(points + 1));
    const matrix = yield* fillMatrix(work, options, { series, points, variables, short, terms, trendScale });
    const columns = short + variables + terms;
    const [floors, diagonal, tau] = [arena.reserve(columns), arena.reserve(columns), arena.reserve(columns)];
    const floor = rankTolerance(count) * Math.sqrt(count);
    arena.fill(floors, columns, floor);
    // A level may depend on what is projected out: whether the levels depend on each other is asked of what is left of them.
    arena.fill(floors + (short + variables) * 8, terms, 0);
    const factored = yield* factor(work, { matrix, rows: count, columns, diagonal, tau }, floors);
    if (factored < columns) throw dependent(factored, columns);

    arena.fill(floors, terms, floor);
    const height = variables + terms;
    const [stacked, basis] = [arena.reserve(height * terms), arena.reserve(height * terms)];
    const [turned, small] = [arena.reserve(variables * terms), arena.reserve(terms)];
    const found = kernels.stackLevels(
      matrix,
      count,
      short,
      variables,
      terms,
      diagonal,
      floors,
      stacked,
      basis,
      turned,
      small,
      arena.reserve(terms),
    );
    if (found < terms) throw dependent(found, terms);
    for (let sweep = 0; sweep < SWEEPS_MAX && kernels.orthogonalise(turned, terms, variables) > 0; sweep++) {
      if (work.meter.due(4 * variables * variables * terms)) yield;
    }
    const correlations = arena.reserve(variables);
    const vectors = arena.reserve(variables * terms);
    kernels.cointegratingVectors(turned, count, variables, terms, stacked, small, correlations, vectors);

    const trace = arena.reserve(variables);
    const maxEigen = arena.reserve(variables);
    kernels.rankStatistics(correlations, variables, count, trace, maxEigen);
    const eigenvalues = arena.numbers(correlations, variables).map((correlation) => correlation * correlation);
    if (!(eigenvalues[0]! < 1)) {
      throw new StatsError(
        "NO_SOLUTION",
        "rows",
        "hold a combination that its past predicts exactly",
        eigenvalues[0],
        1,
      );
    }
    const shifts = Array.from({ length: variables }, (_, v) => arena.read(series, v * points));
    const eigenvectors = eigenvalues.map((_, j) => {
      const vector = arena.numbers(vectors + j * terms * 8, terms);
      return unscaled(vector, scales, shifts, det, trendScale);
    });
    const traces = arena.numbers(trace, variables);
    const criticalValues = {
      trace: traces.map((_, i) => table.trace[variables - i - 1]),
      maxEigen: traces.map((_, i) => table.maxEigen[variables - i - 1]),
    };
    return {
      eigenvalues,
      eigenvectors,
      trace: traces,
      maxEigen: arena.numbers(maxEigen, variables),
      criticalValues,
      rank: rankOf(traces, criticalValues.trace),
      case: CASES[det],
      table: name,
      observations: count,
    };
  });
}

// Six or seven settle any matrix met; the bound keeps a surprise from looping.
const SWEEPS_MAX = 60;

interface Layout {
  readonly series: Reals;
  readonly points: number;
  readonly variables: number;
  /** Columns that are projected out, and level terms. */
  readonly short: number;
  readonly terms: number;
  readonly trendScale: number;
}

/** Columns: what is projected out, the differences, the levels with their restricted term. */
function* fillMatrix(work: Work, { det, lags, seasons = 1 }: JohansenOptions, layout: Layout): Slices<Reals> {
  const { kernels, arena, meter } = work;
  const { series, points, variables, short, terms, trendScale } = layout;
  const count = points - lags;
  const matrix = arena.reserve(count * (short + variables + terms));
  const column = (index: number): Reals => matrix + index * count * 8;
  let lead = 0;
  if (det !== "const") yield* fill(work, column(lead++), count, 1);
  for (let season = 0; season < seasons - 1; season++) {
    const at = column(lead++);
    yield* fill(work, at, count, -1 / seasons);
    for (let t = (season - (lags % seasons) + seasons) % seasons; t < count; t += seasons) {
      arena.write(at, t, 1 - 1 / seasons);
      if (meter.due(LOOP_COST)) yield;
    }
  }
  for (let v = 0; v < variables; v++) {
    for (let from = 0; from < count; from += BLOCK_VALUES) {
      const to = Math.min(from + BLOCK_VALUES, count);
      const behind = [column(lead), column(short), column(short + variables)] as const;
      kernels.fillSystem(series, points, variables, v, from, to, lags, ...behind);
      if (meter.due((to - from) * (lags + 1))) yield;
    }
  }
  const restricted = column(short + 2 * variables);
  if (det === "const") yield* fill(work, restricted, count, 1);
  if (det === "trend") {
    // Scaled by a power of two to about 1, as every other column is.
    for (let t = 0; t < count; t++) {
      arena.write(restricted, t, (t + lags + 1) * trendScale);
      if (meter.due(LOOP_COST)) yield;
    }
  }
  return matrix;
}

export type JohansenHedgeRatio =
  | { readonly ratio: number }
  /** NOT_COINTEGRATED: rank 0. STATIONARY: full rank, every combination reverts. NO_WEIGHT: the primary has no part in it. */
  | { readonly ratio: undefined; readonly reason: "NOT_COINTEGRATED" | "STATIONARY" | "RANK_UNKNOWN" | "NO_WEIGHT" };

/**
 * Units of `hedge` per unit of `primary` (indices of variables): -v[hedge]/v[primary] of the first vector, a log-price slope when
 * log prices were given. Rank-gated: without proven cointegration the vector is noise, and there is no ratio.
 */
export function johansenHedgeRatio(result: JohansenResult, primary = 0, hedge = 1): JohansenHedgeRatio {
  const { rank, eigenvectors, eigenvalues } = result;
  for (const [field, index] of [
    ["primary", primary],
    ["hedge", hedge],
  ] as const) {
    if (Number.isInteger(index) && index >= 0 && index < eigenvalues.length) continue;
    throw new StatsError("BAD_ARGUMENT", field, `is ${index}, not a variable's index`, index, eigenvalues.length - 1);
  }
  if (rank === undefined) return { ratio: undefined, reason: "RANK_UNKNOWN" };
  if (rank === 0) return { ratio: undefined, reason: "NOT_COINTEGRATED" };
  if (rank === eigenvalues.length) return { ratio: undefined, reason: "STATIONARY" };
  const ratio = -eigenvectors[0]![hedge]! / eigenvectors[0]![primary]!;
  return Number.isFinite(ratio) ? { ratio } : { ratio: undefined, reason: "NO_WEIGHT" };
}

const CASES = {
  none: "none (unrestricted constant)",
  const: "const (constant restricted to the cointegration space)",
  trend: "trend (trend restricted to the cointegration space)",
} as const;

function tableFor(options: JohansenOptions, variables: number): { name: string; table: CriticalTable } {
  const { det, table } = options;
  // Twelve variables: the larger table, where there is one.
  const beyond = table === undefined && det === "none" && variables > OSTERWALD_LENUM.none.trace.length;
  if (table === "mackinnon-haug-michelis" || beyond) {
    if (det !== "none") {
      throw new StatsError("BAD_ARGUMENT", "table", `has no values for det "${det}": use osterwald-lenum`);
    }
    return { name: "MacKinnon-Haug-Michelis 1999, case III", table: MACKINNON_HAUG_MICHELIS.none };
  }
  const number = { none: "1", const: "1*", trend: "2*" }[det];
  return { name: `Osterwald-Lenum 1992, table ${number}`, table: OSTERWALD_LENUM[det] };
}

function rankOf(trace: readonly number[], critical: readonly (CriticalRow | undefined)[]): number | undefined {
  for (const [rank, statistic] of trace.entries()) {
    const row = critical[rank];
    if (row === undefined) return undefined;
    if (!(statistic > row[1])) return rank;
  }
  return trace.length;
}

/** Back from scaled and shifted series to the given ones; the first weight not negative. */
function unscaled(
  vector: readonly number[],
  scales: readonly number[],
  shifts: readonly number[],
  det: JohansenOptions["det"],
  trendScale: number,
): number[] {
  const sign = vector[0]! < 0 ? -1 : 1;
  const weights = scales.map((scale, v) => sign * vector[v]! * scale);
  if (det === "none") return weights;
  let restricted = sign * vector[scales.length]!;
  if (det === "trend") return [...weights, restricted * trendScale];
  for (const [v, shift] of shifts.entries()) restricted -= sign * vector[v]! * shift;
  return [...weights, restricted];
}

/** Variable after variable. */
function* copyRows(
  { kernels, arena, meter }: Work,
  rows: readonly Sample[],
  variables: number,
  at: Reals,
): Slices<void> {
  const points = rows.length;
  const run = Math.max(1, Math.floor(LOOP_VALUES / variables));
  for (let from = 0; from < points; from += run) {
    const to = Math.min(from + run, points);
    copyRun(arena.view(at, points * variables), rows, variables, from, to);
    if (meter.due(LOOP_COST * (to - from) * variables)) yield;
  }
  for (let v = 0; v < variables; v++) {
    for (let from = 0; from < points; from += BLOCK_VALUES) {
      const count = Math.min(BLOCK_VALUES, points - from);
      const bad = kernels.firstNotFinite(at + (v * points + from) * 8, count);
      if (bad >= 0) {
        const value = rows[from + bad]![v]!;
        throw new StatsError("NOT_FINITE", `rows[${from + bad}][${v}]`, `is ${value}`, value);
      }
      if (meter.due(count)) yield;
    }
  }
}

function copyRun(values: Float64Array, rows: readonly Sample[], variables: number, from: number, to: number): void {
  for (let t = from; t < to; t++) {
    const row = rows[t]!;
    if (row.length !== variables) {
      const why = `has ${row.length} values, not ${variables}`;
      throw new StatsError("LENGTH_MISMATCH", `rows[${t}]`, why, row.length, variables);
    }
    for (let v = 0, place = t; v < variables; v++, place += rows.length) values[place] = row[v]!;
  }
}

function dependent(found: number, needed: number): StatsError {
  return new StatsError("COLLINEAR", "rows", "hold variables that depend on each other or do not vary", found, needed);
}

function checkVariables(rows: readonly Sample[]): number {
  const variables = rows[0]?.length ?? 0;
  if (rows.length === 0) throw new StatsError("TOO_FEW_POINTS", "rows", "is empty", 0, 1);
  if (variables < 2 || variables > 12) {
    const limit = variables < 2 ? 2 : 12;
    throw new StatsError("BAD_ARGUMENT", "rows", `has ${variables} variables, not 2..12`, variables, limit);
  }
  return variables;
}

/** Number of columns projected out, and of level terms. */
function checkOptions(options: JohansenOptions, variables: number, points: number): { short: number; terms: number } {
  const { det, lags, seasons } = options;
  if (!(det in CASES)) throw new StatsError("BAD_ARGUMENT", "det", `is ${det}, not none, const or trend`);
  if (!Number.isInteger(lags) || lags < 2 || lags > 5) {
    throw new StatsError("BAD_ARGUMENT", "lags", `is ${lags}, not 2..5`, lags, lags < 2 ? 2 : 5);
  }
  if (seasons !== undefined && (!Number.isInteger(seasons) || seasons < 2 || seasons > 366)) {
    throw new StatsError("BAD_ARGUMENT", "seasons", `is ${seasons}, not 2..366`, seasons, seasons < 2 ? 2 : 366);
  }
  const short = (det === "const" ? 0 : 1) + (seasons ?? 1) - 1 + (lags - 1) * variables;
  const terms = variables + (det === "none" ? 0 : 1);
  const pointsMin = lags + short + variables + terms;
  if (points < pointsMin) {
    throw new StatsError("TOO_FEW_POINTS", "rows", `has ${points} rows, ${pointsMin} are needed`, points, pointsMin);
  }
  return { short, terms };
}
