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

  dot(x: Reals, y: Reals, count: number): number;
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
  neighbourProducts(x: Reals, count: number, mean: number, rest: number): number;
  /** 1, or 0 when x does not vary. out, 9 values: slope, intercept, residual squares, squares of x, of y, mean of x, ... */
  fitLine(x: Reals, y: Reals, count: number, tolerance: number, residual: Reals, out: Reals): number;
  /** The residuals of the line in `out`. */
  lineResiduals(x: Reals, y: Reals, count: number, residual: Reals, out: Reals): void;
  /** Returns `columns`, or the index of the first dependent column. Sizes are written at the kernel. */
  leastSquares(
    matrix: Reals,
    factored: Reals,
    rows: number,
    columns: number,
    y: Reals,
    residual: Reals,
    coefficients: Reals,
    inverse: Reals,
    tolerance: number,
    work: Reals,
  ): number;

  /** Returns `to`, or the index of the first column at or below its floor. */
  factor(
    matrix: Reals,
    rows: number,
    columns: number,
    from: number,
    to: number,
    diagonal: Reals,
    tau: Reals,
    floors: Reals,
  ): number;
  fillSystem(
    series: Reals,
    points: number,
    variables: number,
    lags: number,
    short: Reals,
    differences: Reals,
    levels: Reals,
  ): void;
  /** Returns `terms`, or the index of the first dependent level. Sizes are written at the kernel. */
  cointegrate(
    matrix: Reals,
    rows: number,
    short: number,
    variables: number,
    terms: number,
    diagonal: Reals,
    floors: Reals,
    correlations: Reals,
    vectors: Reals,
    work: Reals,
  ): number;
  rankStatistics(correlations: Reals, variables: number, rows: number, trace: Reals, maxEigen: Reals): void;
}

export const STATS_KERNEL_NAMES: readonly (keyof StatsKernels)[] = [
  ...PORTFOLIO_KERNEL_NAMES,
  ...ROLLING_KERNEL_NAMES,
  "firstNotFinite",
  "heapBase",
  "dot",
  "subtractScaled",
  "scaleShift",
  "normalise",
  "tame",
  "moments",
  "neighbourProducts",
  "fitLine",
  "lineResiduals",
  "leastSquares",
  "factor",
  "fillSystem",
  "cointegrate",
  "rankStatistics",
];
