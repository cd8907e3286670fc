/**
 * Covariance shrunk toward a multiple of the identity (Ledoit & Wolf 2004): well conditioned also where there are hardly more
 * observations than columns, as with a week of returns of a whole book.
 */
import { copyColumns, crossProducts, type SliceOptions, symmetric } from "./correlation.ts";
import { StatsError } from "./error.ts";
import { compute, type Sample } from "./runtime.ts";

export interface LedoitWolf {
  /** shrinkage * m * I + (1 - shrinkage) * S, in products of the columns' units. */
  readonly covariance: number[][];
  /** The shrunk covariance, scaled to a diagonal of 1. */
  readonly correlation: number[][];
  /** Share of the target, in [0, 1]. */
  readonly shrinkage: number;
  /** m: mean variance of the columns, the target's diagonal. */
  readonly meanVariance: number;
}

/**
 * Of the columns, around their means; S is divided by n, as in the paper. TOO_FEW_POINTS below 2 rows, LENGTH_MISMATCH, NOT_FINITE;
 * CONSTANT when no column varies, OVERFLOW when the covariance is no double. A single constant column is allowed: shrinkage gives
 * it the variance it was denied.
 */
export function ledoitWolf(columns: readonly Sample[], options: SliceOptions = {}): LedoitWolf {
  return compute((kernels, arena) => {
    const names = columns.map((_, index) => `columns[${index}]`);
    const copy = copyColumns(arena, columns, names);
    const { at, count, rows, order, stride } = copy;
    // One power of two for all: covariances are compared with each other.
    const scale = kernels.normalise(at, count * stride);
    let squares = 0;
    for (let index = 0; index < count; index++) squares += kernels.centreColumn(at + index * stride * 8, rows, stride);
    if (squares === 0) throw new StatsError("CONSTANT", "columns", "do not vary, so there is no covariance");

    const products = crossProducts(kernels, arena, copy, options.pause);
    const sample = symmetric(arena, products, order, count, (value) => value / rows);
    const shrunk = arena.reserve(count * count);
    for (const [index, row] of sample.entries()) arena.copyTo(shrunk + index * count * 8, row, "covariance");
    let quartic = 0;
    for (let from = 0; from < stride; from += SLICE_ROWS) {
      quartic += kernels.quarticRows(at, stride, count, from, Math.min(from + SLICE_ROWS, stride));
      options.pause?.();
    }
    const meanVariance = sample.reduce((sum, row, index) => sum + row[index]!, 0) / count;
    const shrinkage = kernels.shrinkToIdentity(shrunk, count, rows, quartic);

    const unit = (value: number) => value / scale / scale;
    const covariance = symmetric(arena, shrunk, count, count, unit);
    const sds = Array.from({ length: count }, (_, index) => Math.sqrt(arena.read(shrunk, index * count + index)));
    if (!covariance.every((row) => row.every(Number.isFinite))) {
      throw new StatsError("OVERFLOW", "columns", "have variances beyond the doubles");
    }
    const correlation = symmetric(arena, shrunk, count, count, (value, i, j) =>
      i === j ? 1 : Math.min(1, Math.max(-1, sds[i]! * sds[j]! > 0 ? value / (sds[i]! * sds[j]!) : 0)),
    );
    return { covariance, correlation, shrinkage, meanVariance: unit(meanVariance) };
  });
}

const SLICE_ROWS = 256;
