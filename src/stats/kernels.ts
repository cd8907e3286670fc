/**
 * The statistics kernels as TypeScript sees them. Formulas and sources are written at the functions in assembly/stats/.
 *
 * Vectors are byte addresses in the arena, matrices are stored column by column. No kernel allocates, calls out or
 * keeps state of its own; a rolling kernel's lies at the address it is given.
 */

import { PORTFOLIO_KERNEL_NAMES, type PortfolioKernels } from "./portfolio-kernels.ts";
import { ROLLING_KERNEL_NAMES, type RollingKernels } from "./rolling-kernels.ts";

/** Byte address of a run of f64 values in the arena; a multiple of 8. */
export type Reals = number;

export interface StatsKernels extends PortfolioKernels, RollingKernels {
  /** Index of the first value that is NaN or infinite; -1 when all are finite. */
  firstNotFinite(x: Reals, count: number): number;
  /** First byte behind the module's own data. */
  heapBase(): number;

  copy(to: Reals, from: Reals, count: number): void;
  dot(x: Reals, y: Reals, count: number): number;
  /** Sum of (x - shift). */
  sumFrom(x: Reals, count: number, shift: number): number;
  largest(x: Reals, count: number): number;
  powerOfTwoScale(size: number): number;
  /** y -= factor * x. */
  subtractScaled(y: Reals, factor: number, x: Reals, count: number): void;
  /** x = x * factor - shift. */
  scaleShift(x: Reals, count: number, factor: number, shift: number): void;
  /** Scales in place to magnitudes up to 1 by the power of two that it returns. */
  normalise(x: Reals, count: number): number;
  /** normalise where squares could leave the doubles; elsewhere 1 and nothing changed. */
  tame(x: Reals, count: number): number;
  /** out: mean, its rounding error, centred squares. */
  moments(x: Reals, count: number, out: Reals): void;
  addMoments(x: Reals, count: number, out: Reals): void;
  finishMoments(count: number, out: Reals): void;
  neighbourProducts(x: Reals, count: number, mean: number, rest: number, sum: number): number;

  /** 1, or 0 when x does not vary. out, 9 values: slope, intercept, residual squares, squares of x, of y, mean of x, ... */
  fitLine(x: Reals, y: Reals, count: number, tolerance: number, residual: Reals, out: Reals): number;
  startLine(x: Reals, y: Reals, count: number, out: Reals): void;
  squareLine(x: Reals, y: Reals, from: number, to: number, out: Reals): void;
  /** 1 when the rows have to be squared once more. */
  recentreLine(count: number, out: Reals): number;
  /** 1, 0 when x does not vary, or 2 when the residuals have to be summed. */
  solveLine(count: number, tolerance: number, out: Reals): number;
  lineResiduals(x: Reals, y: Reals, from: number, to: number, residual: Reals, out: Reals): void;

  /** 1, or 0 when the column is no longer than its floor. */
  startReflector(v: Reals, squares: number, floor: number, diagonal: Reals, tau: Reals): number;
  reflect(v: Reals, tau: number, vector: Reals, count: number): void;
  reflectColumns(v: Reals, tau: number, first: Reals, stride: number, columns: number, count: number): void;
  solveUpper(matrix: Reals, rows: number, columns: number, diagonal: Reals, vector: Reals): void;
  solveLower(matrix: Reals, rows: number, columns: number, diagonal: Reals, vector: Reals): void;
  dotTwofold(x: Reals, y: Reals, count: number): number;
  subtractScaledTwofold(high: Reals, low: Reals, factor: number, x: Reals, count: number): void;
  /** high + low = y - x. */
  subtractTwofold(y: Reals, x: Reals, high: Reals, low: Reals, count: number): void;

  /** Rows from..to - 1 of the columns of series v. */
  fillSystem(
    series: Reals,
    points: number,
    variables: number,
    v: number,
    from: number,
    to: number,
    lags: number,
    short: Reals,
    differences: Reals,
    levels: Reals,
  ): void;
  /** Returns `terms`, or the index of the first dependent level. Sizes are written at the kernel. */
  stackLevels(
    matrix: Reals,
    rows: number,
    short: number,
    variables: number,
    terms: number,
    diagonal: Reals,
    floors: Reals,
    stacked: Reals,
    basis: Reals,
    turned: Reals,
    smallDiagonal: Reals,
    tau: Reals,
  ): number;
  /** Returns how many pairs of columns were not yet orthogonal. */
  orthogonalise(matrix: Reals, rows: number, columns: number): number;
  cointegratingVectors(
    turned: Reals,
    rows: number,
    variables: number,
    terms: number,
    stacked: Reals,
    smallDiagonal: Reals,
    correlations: Reals,
    vectors: Reals,
  ): void;
  rankStatistics(correlations: Reals, variables: number, rows: number, trace: Reals, maxEigen: Reals): void;

  /** Items of keys from..to in sorted runs; returns a run's length. `from` is a multiple of it. */
  sortRuns(keys: Reals, from: number, to: number, items: Reals): number;
  /** Places from..to of the merged runs of `width`. */
  mergeRuns(items: Reals, target: Reals, count: number, width: number, from: number, to: number): void;
}

export const STATS_KERNEL_NAMES: readonly (keyof StatsKernels)[] = [
  ...PORTFOLIO_KERNEL_NAMES,
  ...ROLLING_KERNEL_NAMES,
  "firstNotFinite",
  "heapBase",
  "copy",
  "dot",
  "sumFrom",
  "largest",
  "powerOfTwoScale",
  "subtractScaled",
  "scaleShift",
  "normalise",
  "tame",
  "moments",
  "addMoments",
  "finishMoments",
  "neighbourProducts",
  "fitLine",
  "startLine",
  "squareLine",
  "recentreLine",
  "solveLine",
  "lineResiduals",
  "startReflector",
  "reflect",
  "reflectColumns",
  "solveUpper",
  "solveLower",
  "dotTwofold",
  "subtractScaledTwofold",
  "subtractTwofold",
  "fillSystem",
  "stackLevels",
  "orthogonalise",
  "cointegratingVectors",
  "rankStatistics",
  "sortRuns",
  "mergeRuns",
];
