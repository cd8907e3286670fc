/**
 * The kernels of portfolio, calibration and overfitting as TypeScript sees them. What each promises is written at the function of
 * the same name in assembly/stats/, sizes of scratch and output included. Flags and verdicts are 0 or 1.
 */
import type { Reals } from "./kernels.ts";

export interface PortfolioKernels {
  /** `sum` plus the squared distances. */
  brierSum(forecasts: Reals, outcomes: Reals, count: number, sum: number): number;
  /** Adds to out: forecasts, reliability, resolution. */
  murphy(means: Reals, hits: Reals, counts: Reals, groups: number, base: number, out: Reals): void;
  /** In place; adds to out what the mean leaves and its squares. */
  deviations(x: Reals, count: number, mean: number, out: Reals): void;
  crossStrip(
    z: Reals,
    stride: number,
    order: number,
    strip: number,
    from: number,
    to: number,
    rowFrom: number,
    rowTo: number,
    out: Reals,
  ): void;
  quarticRows(z: Reals, stride: number, columns: number, rowFrom: number, rowTo: number): number;
  /** `state`: two numbers. */
  ewmaSlope(
    y: Reals,
    x: Reals,
    from: number,
    to: number,
    lambda: number,
    scaleY: number,
    scaleX: number,
    state: Reals,
    out: Reals,
  ): void;
  /** `state`: one number. */
  ewmaVolatility(x: Reals, from: number, to: number, lambda: number, scale: number, state: Reals, out: Reals): void;
  /** Returns how many blocks there are. */
  poolViolators(sums: Reals, weights: Reals, before: number, from: number, to: number, sizes: Reals): number;
  identity(v: Reals, order: number): void;
  /** Averages row i with its mirror image; returns i, or the first column whose entries differ by more than the tolerance. */
  symmetriseRow(a: Reals, order: number, i: number, tolerance: number): number;
  /** Returns how many entries were not yet negligible. */
  jacobiRow(a: Reals, v: Reals, order: number, row: number, from: number, to: number, floor: number): number;
  logistic(x: number): number;
  /** Adds to out: loss, gradient by a and b, Hessian aa, ab, bb. */
  logisticLoss(scores: Reals, outcomes: Reals, count: number, a: number, b: number, out: Reals): void;
  normalCdf(x: number): number;
  normalQuantile(p: number): number;
  blockMoments(x: Reals, blocks: number, rows: number, means: Reals, squares: Reals): void;
  halfSharpe(means: Reals, squares: Reals, blocks: number, rows: number, mask: number, bit: number): number;
  scoreTrials(
    means: Reals,
    squares: Reals,
    blocks: number,
    rows: number,
    mask: number,
    from: number,
    to: number,
    trained: Reals,
    tested: Reals,
  ): void;
  /** out: best trial in training, its ratio there, its ratio out of sample, its rank there. */
  rankSplit(trained: Reals, tested: Reals, trials: number, out: Reals): void;
  noTradeHalfWidth(cost: number, betaVariance: number, riskAversion: number, notional: number, sigma: number): number;
  projectBounded(v: Reals, low: Reals, high: Reals, count: number, out: Reals): number;
  ridgeRow(triangle: Reals, right: Reals, order: number, row: Reals, target: number): void;
  ridgeSolve(triangle: Reals, right: Reals, order: number, out: Reals): void;
  ridgeStart(triangle: Reals, right: Reals, order: number, root: number): void;
  /** Adds to out: squares of s, squared distance from mean * I; of columns from..to. */
  shrinkNorms(s: Reals, order: number, from: number, to: number, mean: number, out: Reals): void;
  /** In place. */
  shrinkColumns(s: Reals, order: number, from: number, to: number, mean: number, shrinkage: number): void;
}

export const PORTFOLIO_KERNEL_NAMES: readonly (keyof PortfolioKernels)[] = [
  "brierSum",
  "murphy",
  "deviations",
  "crossStrip",
  "quarticRows",
  "ewmaSlope",
  "ewmaVolatility",
  "poolViolators",
  "identity",
  "symmetriseRow",
  "jacobiRow",
  "logistic",
  "logisticLoss",
  "normalCdf",
  "normalQuantile",
  "blockMoments",
  "halfSharpe",
  "scoreTrials",
  "rankSplit",
  "noTradeHalfWidth",
  "projectBounded",
  "ridgeRow",
  "ridgeSolve",
  "ridgeStart",
  "shrinkNorms",
  "shrinkColumns",
];
