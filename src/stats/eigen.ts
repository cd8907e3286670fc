/**
 * Eigenvalues and eigenvectors of a symmetric matrix, largest eigenvalue first (assembly/stats/jacobi.ts).
 *
 * Vectors have length 1, and their largest component (the first of equals) is positive, so that results compare.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { computeInSlices, type Work } from "./runtime.ts";
import { drain, LOOP_COST, SLICE_VALUES, type Slices } from "./sliced.ts";
import { normalise } from "./vectors.ts";

export interface SymmetricEigen {
  /** Descending. */
  readonly values: number[];
  /** vectors[j] belongs to values[j]. */
  readonly vectors: number[][];
}

/** Most rows: a matrix of 256 takes about a second. */
const EIGEN_ORDER_MAX = 256;
// Ten are plenty for any matrix met; the bound keeps a surprise from looping.
const SWEEPS_MAX = 64;

/** BAD_ARGUMENT unless square and symmetric to the last digits, NOT_FINITE. Both triangles are averaged. */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  return drain(symmetricEigenSlices(matrix));
}

/** symmetricEigen in slices. */
export function symmetricEigenSlices(matrix: readonly (readonly number[])[]): Slices<SymmetricEigen> {
  return computeInSlices(function* (work) {
    const { kernels, arena } = work;
    const order = matrix.length;
    if (order < 1 || order > EIGEN_ORDER_MAX) {
      const why = `has ${order} rows, 1..${EIGEN_ORDER_MAX} are allowed`;
      throw new StatsError("BAD_ARGUMENT", "matrix", why, order, EIGEN_ORDER_MAX);
    }
    const a = arena.reserve(order * order);
    const v = arena.reserve(order * order);
    const scale = yield* copyMatrix(work, matrix, a);
    kernels.identity(v, order);
    for (let sweep = 0; ; sweep++) {
      if (sweep === SWEEPS_MAX) {
        throw new StatsError("NO_SOLUTION", "matrix", `does not settle in ${SWEEPS_MAX} sweeps`);
      }
      if ((yield* sweepRows(work, a, v, order)) === 0) break;
    }
    const found: { value: number; vector: number[] }[] = [];
    for (let index = 0; index < order; index++) {
      const value = arena.read(a, index * order + index) / scale + 0;
      found.push({ value, vector: oriented(arena.copyOut(v + index * order * 8, order)) });
      if (work.meter.due(LOOP_COST * order)) yield;
    }
    found.sort((one, other) => other.value - one.value);
    return { values: found.map(({ value }) => value), vectors: found.map(({ vector }) => vector) };
  });
}

/** Both triangles averaged; returns the power of two that the matrix was scaled by: exact, and no product leaves the doubles. */
function* copyMatrix(work: Work, matrix: readonly (readonly number[])[], a: Reals): Slices<number> {
  const { kernels, arena, meter } = work;
  const order = matrix.length;
  for (let i = 0; i < order; i++) {
    const row = matrix[i]!;
    if (row.length !== order) {
      const why = `has ${row.length} entries, not ${order}`;
      throw new StatsError("LENGTH_MISMATCH", `matrix[${i}]`, why, row.length, order);
    }
    arena.copyTo(a + i * order * 8, row, `matrix[${i}]`);
    if (meter.due(8 * order)) yield;
  }
  const scale = yield* normalise(work, a, order * order);
  for (let i = 0; i < order; i++) {
    const j = kernels.symmetriseRow(a, order, i, SYMMETRY_TOLERANCE);
    if (j < i) {
      const gap = arena.read(a, i * order + j) - arena.read(a, j * order + i);
      throw new StatsError("BAD_ARGUMENT", `matrix[${i}][${j}]`, "differs from its mirror image", gap);
    }
    if (meter.due(4 * order)) yield;
  }
  return scale;
}

/** One sweep; how many entries were not yet negligible. */
function* sweepRows({ kernels, meter }: Work, a: Reals, v: Reals, order: number): Slices<number> {
  // A rotation passes over four rows of a and v, and down two columns of a.
  const rotationValues = 6 * order;
  const perCall = Math.max(1, Math.floor(SLICE_VALUES / 2 / rotationValues));
  let rotations = 0;
  for (let row = 0; row < order; row++) {
    for (let from = row + 1; from < order; from += perCall) {
      const to = Math.min(from + perCall, order);
      rotations += kernels.jacobiRow(a, v, order, row, from, to, NEGLIGIBLE);
      if (meter.due((to - from) * rotationValues)) yield;
    }
  }
  return rotations;
}

// Both against a largest entry in [0.5, 1).
const SYMMETRY_TOLERANCE = 1e-12;
const NEGLIGIBLE = 2 ** -200;

function oriented(vector: Float64Array): number[] {
  let largest = 0;
  for (const component of vector) if (Math.abs(component) > Math.abs(largest)) largest = component;
  const sign = largest < 0 ? -1 : 1;
  return Array.from(vector, (component) => sign * component + 0);
}
