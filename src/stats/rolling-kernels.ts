/**
 * The rolling kernels as TypeScript sees them. What each promises, its state included, is written at the function of the same name
 * in assembly/stats/. A stream's kernel takes a range of ticks at one call; a batch's takes one tick of all its instruments.
 */
import type { Reals } from "./kernels.ts";

export interface RollingKernels {
  /** In f64. */
  rollingZscoreSize(window: number): number;
  rollingZscoreReset(state: Reals, window: number): void;
  rollingZscore(state: Reals, x: Reals, count: number, mean: Reals, sd: Reals, z: Reals): void;
  /** In f64. */
  rollingLineSize(window: number): number;
  rollingLineReset(state: Reals, window: number): void;
  /** Returns how many points it took. out: beta, alpha, R2, residual sd, residual. */
  rollingLine(state: Reals, y: Reals, x: Reals, count: number, credit: number, out: Reals, stride: number): number;
  /** In f64; `lanes` is even. */
  rollingZscoreBatchSize(window: number, lanes: number): number;
  rollingZscoreBatchReset(state: Reals, window: number, lanes: number): void;
  rollingZscoreBatch(state: Reals, x: Reals, mean: Reals, sd: Reals, z: Reals): void;
  /** In f64; `lanes` is even. */
  rollingLineBatchSize(window: number, lanes: number): number;
  rollingLineBatchReset(state: Reals, window: number, lanes: number): void;
  rollingLineBatch(state: Reals, y: Reals, x: Reals, out: Reals): void;
  /** Of the last tick. */
  rollingLineBatchCode(state: Reals, lane: number): number;
}

export const ROLLING_KERNEL_NAMES: readonly (keyof RollingKernels)[] = [
  "rollingZscoreSize",
  "rollingZscoreReset",
  "rollingZscore",
  "rollingLineSize",
  "rollingLineReset",
  "rollingLine",
  "rollingZscoreBatchSize",
  "rollingZscoreBatchReset",
  "rollingZscoreBatch",
  "rollingLineBatchSize",
  "rollingLineBatchReset",
  "rollingLineBatch",
  "rollingLineBatchCode",
];
