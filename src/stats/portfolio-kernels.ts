/**
 * The kernels of portfolio, calibration and overfitting as TypeScript sees them. What each promises is written at the function of
 * the same name in assembly/stats/, sizes of scratch and output included. Flags and verdicts are 0 or 1.
 */
import type { Reals } from "./kernels.ts";

export interface PortfolioKernels {
  brierMean(forecasts: Reals, outcomes: Reals, count: number): number;
  murphy(means: Reals, hits: Reals, counts: Reals, groups: number, base: number, out: Reals): void;
  /** In place; returns the sum of squares around the mean. */
  centreColumn(x: Reals, count: number, padded: number): number;
  /** In place; returns the sum of squares that was left, 0 for a constant column. */
  standardiseColumn(x: Reals, count: number, padded: number): number;
  crossStrip(z: Reals, stride: number, order: number, strip: number, rowFrom: number, rowTo: number, out: Reals): void;
  quarticRows(z: Reals, stride: number, columns: number, rowFrom: number, rowTo: number): number;
  ewmaSlope(y: Reals, x: Reals, count: number, lambda: number, out: Reals): void;
  ewmaVolatility(x: Reals, count: number, lambda: number, out: Reals): void;
  /** Returns how many blocks are left. */
  poolViolators(sums: Reals, weights: Reals, count: number, sizes: Reals): number;
  identity(v: Reals, order: number): void;
  /** Returns how many entries were not yet negligible. */
  jacobiRows(a: Reals, v: Reals, order: number, rowFrom: number, rowTo: number, floor: number): number;
  logistic(x: number): number;
  /** out: gradient by a and b, Hessian aa, ab, bb. */
  logisticLoss(scores: Reals, outcomes: Reals, count: number, a: number, b: number, out: Reals): number;
  normalCdf(x: number): number;
  normalQuantile(p: number): number;
  blockMoments(x: Reals, blocks: number, rows: number, means: Reals, squares: Reals): void;
  halfSharpe(means: Reals, squares: Reals, blocks: number, rows: number, mask: number, bit: number): number;
  /** out: best trial in training, its ratio there, its ratio out of sample, its rank there. */
  scoreSplit(
    means: Reals,
    squares: Reals,
    trials: number,
    blocks: number,
    rows: number,
    mask: number,
    scratch: Reals,
    out: Reals,
  ): void;
  noTradeHalfWidth(cost: number, betaVariance: number, riskAversion: number, notional: number, sigma: number): number;
  projectBounded(v: Reals, low: Reals, high: Reals, count: number, out: Reals): number;
  ridgeRow(triangle: Reals, right: Reals, order: number, row: Reals, target: number): void;
  ridgeSolve(triangle: Reals, right: Reals, order: number, out: Reals): void;
  ridgeStart(triangle: Reals, right: Reals, order: number, root: number): void;
  /** In place; returns the shrinkage. */
  shrinkToIdentity(s: Reals, order: number, count: number, quartic: number): number;
}

export const PORTFOLIO_KERNEL_NAMES: readonly (keyof PortfolioKernels)[] = [
  "brierMean",
  "murphy",
  "centreColumn",
  "standardiseColumn",
  "crossStrip",
  "quarticRows",
  "ewmaSlope",
  "ewmaVolatility",
  "poolViolators",
  "identity",
  "jacobiRows",
  "logistic",
  "logisticLoss",
  "normalCdf",
  "normalQuantile",
  "blockMoments",
  "halfSharpe",
  "scoreSplit",
  "noTradeHalfWidth",
  "projectBounded",
  "ridgeRow",
  "ridgeSolve",
  "ridgeStart",
  "shrinkToIdentity",
];
