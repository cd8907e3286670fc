/**
 * Eigenvalues and eigenvectors of a symmetric matrix, largest eigenvalue first (assembly/stats/jacobi.ts).
 *
 * Vectors have length 1, and their largest component (the first of equals) is positive, so that results compare.
 */
import type { SliceOptions } from "./correlation.ts";
import { StatsError } from "./error.ts";
import { compute } from "./runtime.ts";

export interface SymmetricEigen {
  /** Descending. */
  readonly values: number[];
  /** vectors[j] belongs to values[j]. */
  readonly vectors: number[][];
}

/** Most rows: a matrix of 256 takes about a second. */
export const EIGEN_ORDER_MAX = 256;
// Ten are plenty for any matrix met; the bound keeps a surprise from looping.
const SWEEPS_MAX = 64;

/** BAD_ARGUMENT unless square and symmetric to the last digits, NOT_FINITE. Both triangles are averaged. */
export function symmetricEigen(matrix: readonly (readonly number[])[], options: SliceOptions = {}): SymmetricEigen {
  const order = matrix.length;
  if (order < 1 || order > EIGEN_ORDER_MAX) {
    const why = `has ${order} rows, 1..${EIGEN_ORDER_MAX} are allowed`;
    throw new StatsError("BAD_ARGUMENT", "matrix", why, order, EIGEN_ORDER_MAX);
  }
  return compute((kernels, arena) => {
    const a = arena.reserve(order * order);
    const v = arena.reserve(order * order);
    for (let i = 0; i < order; i++) {
      const row = matrix[i]!;
      if (row.length !== order) {
        throw new StatsError(
          "LENGTH_MISMATCH",
          `matrix[${i}]`,
          `has ${row.length} entries, not ${order}`,
          row.length,
          order,
        );
      }
      arena.copyTo(a + i * order * 8, row, `matrix[${i}]`);
    }
    // By a power of two: exact, and no product leaves the doubles.
    const scale = kernels.normalise(a, order * order);
    for (let i = 0; i < order; i++) {
      for (let j = 0; j < i; j++) {
        const low = arena.read(a, i * order + j);
        const high = arena.read(a, j * order + i);
        if (Math.abs(low - high) > SYMMETRY_TOLERANCE) {
          throw new StatsError("BAD_ARGUMENT", `matrix[${i}][${j}]`, "differs from its mirror image", low - high);
        }
        arena.write(a, i * order + j, (low + high) / 2);
        arena.write(a, j * order + i, (low + high) / 2);
      }
    }
    kernels.identity(v, order);
    for (let sweep = 0; ; sweep++) {
      if (sweep === SWEEPS_MAX)
        throw new StatsError("NO_SOLUTION", "matrix", `does not settle in ${SWEEPS_MAX} sweeps`);
      let rotations = 0;
      for (let row = 0; row < order; row++) {
        rotations += kernels.jacobiRows(a, v, order, row, row + 1, NEGLIGIBLE);
        options.pause?.();
      }
      if (rotations === 0) break;
    }
    const found = Array.from({ length: order }, (_, index) => ({
      value: arena.read(a, index * order + index) / scale + 0,
      vector: oriented(arena.copyOut(v + index * order * 8, order)),
    }));
    found.sort((one, other) => other.value - one.value);
    return { values: found.map(({ value }) => value), vectors: found.map(({ vector }) => vector) };
  });
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
