/**
 * Covariance shrunk toward a multiple of the identity (Ledoit & Wolf 2004): well conditioned also where there are hardly more
 * observations than columns, as with a week of returns of a whole book.
 */
import { centre, crossProducts, putColumns, symmetric } from "./columns.ts";
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { computeInSlices, type Sample, type Work } from "./runtime.ts";
import { BLOCK_VALUES, drain, LOOP_COST, type Slices } from "./sliced.ts";
import { copyIn, normalise } from "./vectors.ts";

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
export function ledoitWolf(columns: readonly Sample[]): LedoitWolf {
  return drain(ledoitWolfSlices(columns));
}

/** ledoitWolf in slices. */
export function ledoitWolfSlices(columns: readonly Sample[]): Slices<LedoitWolf> {
  return computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const names = columns.map((_, index) => `columns[${index}]`);
    const copy = yield* putColumns(work, columns, names, copyIn);
    const { at, count, rows, order, stride } = copy;
    // One power of two for all: covariances are compared with each other.
    const scale = yield* normalise(work, at, count * stride);
    let squares = 0;
    for (let index = 0; index < count; index++) squares += yield* centre(work, at + index * stride * 8, rows);
    if (squares === 0) throw new StatsError("CONSTANT", "columns", "do not vary, so there is no covariance");

    const products = yield* crossProducts(work, copy);
    const shrunk = arena.reserve(count * count);
    for (let j = 0; j < count; j++) {
      for (let i = j; i < count; i++) {
        const value = arena.read(products, j * order + i) / rows;
        arena.write(shrunk, j * count + i, value);
        arena.write(shrunk, i * count + j, value);
      }
      if (meter.due(LOOP_COST * (count - j))) yield;
    }
    let quartic = 0;
    const run = Math.max(2, Math.floor(BLOCK_VALUES / count) & ~1);
    for (let from = 0; from < stride; from += run) {
      quartic += kernels.quarticRows(at, stride, count, from, Math.min(from + run, stride));
      if (meter.due(run * count)) yield;
    }
    const { mean, shrinkage } = yield* shrink(work, shrunk, count, rows, quartic);

    const unit = (value: number) => value / scale / scale;
    const covariance = yield* symmetric(work, shrunk, count, count, unit);
    const sds = Array.from({ length: count }, (_, index) => Math.sqrt(arena.read(shrunk, index * count + index)));
    // A product is no larger than the squares it belongs to.
    if (!covariance.every((row, index) => Number.isFinite(row[index]))) {
      throw new StatsError("OVERFLOW", "columns", "have variances beyond the doubles");
    }
    const correlation = yield* symmetric(work, shrunk, count, count, (value, i, j) =>
      i === j ? 1 : Math.min(1, Math.max(-1, sds[i]! * sds[j]! > 0 ? value / (sds[i]! * sds[j]!) : 0)),
    );
    return { covariance, correlation, shrinkage, meanVariance: unit(mean) };
  });
}

/**
 * s, a sample covariance with divisor `rows`, becomes shrinkage * m * I + (1 - shrinkage) * S in place. `quartic` is the sum over rows
 * of their squared length, squared.
 *
 *   m = trace(S)/p    d2 = |S - mI|^2    b2 = min(d2, (quartic/n - |S|^2)/n)    shrinkage = b2/d2, 1 where d2 is 0
 */
function* shrink(
  { kernels, arena, meter }: Work,
  s: Reals,
  order: number,
  rows: number,
  quartic: number,
): Slices<{ readonly mean: number; readonly shrinkage: number }> {
  let trace = 0;
  for (let index = 0; index < order; index++) trace += arena.read(s, index * order + index);
  const mean = trace / order;
  const norms = arena.reserve(2);
  arena.fill(norms, 2, 0);
  const run = Math.max(1, Math.floor(BLOCK_VALUES / order));
  for (let from = 0; from < order; from += run) {
    kernels.shrinkNorms(s, order, from, Math.min(from + run, order), mean, norms);
    if (meter.due(run * order)) yield;
  }
  const [norm, distance] = [arena.read(norms, 0), arena.read(norms, 1)];
  // The mean of |xx' - S|^2 is no less than 0; rounding may say otherwise where all observations have one length.
  const error = Math.max(0, (quartic / rows - norm) / rows);
  const shrinkage = error < distance ? error / distance : 1;
  for (let from = 0; from < order; from += run) {
    kernels.shrinkColumns(s, order, from, Math.min(from + run, order), mean, shrinkage);
    if (meter.due(run * order)) yield;
  }
  return { mean, shrinkage };
}
