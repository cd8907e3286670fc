/**
 * Correlation of two samples, and the correlation matrix of many.
 *
 * Columns are centred and scaled once; the matrix is then their products, two rows per instruction and in a fixed order
 * (assembly/stats/cross.ts), so it is bitwise repeatable and bitwise symmetric. The diagonal is exactly 1, entries lie in [-1, 1].
 */
import { StatsError } from "./error.ts";
import type { Reals, StatsKernels } from "./kernels.ts";
import { type Arena, compute, type Sample } from "./runtime.ts";

/** Called between slices of a long computation, each well below 100 us: a worker beside a lane may rest there. */
export type Pause = () => void;

export interface SliceOptions {
  readonly pause?: Pause;
}

/** Pearson correlation of x and y. LENGTH_MISMATCH, TOO_FEW_POINTS below 2, CONSTANT, NOT_FINITE. */
export function correlation(x: Sample, y: Sample): number;
/**
 * Correlation matrix of the columns: `matrix[i][j]` belongs to columns i and j. Same errors, `field` names the column
 * (`columns[3]`). 1..COLUMNS_MAX columns.
 */
export function correlation(columns: readonly Sample[], options?: SliceOptions): number[][];
export function correlation(first: Sample | readonly Sample[], second?: Sample | SliceOptions): number | number[][] {
  if (second !== undefined && isSample(second)) return correlationOf(first as Sample, second);
  if (isSample(first)) throw new StatsError("BAD_ARGUMENT", "columns", "must be an array of columns");
  return correlationMatrix(first, second?.pause);
}

/** Most columns of a correlation or covariance matrix. */
export const COLUMNS_MAX = 1024;

function isSample(value: Sample | readonly Sample[] | SliceOptions): value is Sample {
  return (
    value instanceof Float64Array || (Array.isArray(value) && (value.length === 0 || typeof value[0] === "number"))
  );
}

function correlationOf(x: Sample, y: Sample): number {
  return compute((kernels, arena) => {
    const columns = copyColumns(arena, [x, y], ["x", "y"]);
    standardise(kernels, arena, columns, [x, y], ["x", "y"]);
    const products = crossProducts(kernels, arena, columns, undefined);
    return clampUnit(arena.read(products, 1));
  });
}

function correlationMatrix(samples: readonly Sample[], pause: Pause | undefined): number[][] {
  return compute((kernels, arena) => {
    const names = samples.map((_, index) => `columns[${index}]`);
    const columns = copyColumns(arena, samples, names);
    standardise(kernels, arena, columns, samples, names);
    const products = crossProducts(kernels, arena, columns, pause);
    return symmetric(arena, products, columns.order, columns.count, (value, i, j) => (i === j ? 1 : clampUnit(value)));
  });
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(-1, value)) + 0;
}

/** Columns in the arena, padded with zeros to what crossStrip works on. */
export interface Columns {
  readonly at: Reals;
  readonly count: number;
  readonly rows: number;
  readonly order: number;
  readonly stride: number;
}

export function copyColumns(arena: Arena, samples: readonly Sample[], names: readonly string[]): Columns {
  const count = samples.length;
  const rows = samples[0]?.length ?? 0;
  if (count < 1) throw new StatsError("TOO_FEW_POINTS", "columns", "is empty", 0, 1);
  if (count > COLUMNS_MAX) {
    throw new StatsError("BAD_ARGUMENT", "columns", `are ${count}, ${COLUMNS_MAX} at most`, count, COLUMNS_MAX);
  }
  if (rows < 2) throw new StatsError("TOO_FEW_POINTS", names[0]!, `has ${rows} points, 2 are needed`, rows, 2);
  const order = Math.ceil(count / 4) * 4;
  const stride = Math.ceil(rows / 2) * 2;
  const at = arena.reserve(order * stride);
  for (let index = 0; index < order; index++) {
    const column = at + index * stride * 8;
    const sample = samples[index];
    if (sample === undefined) {
      for (let row = 0; row < stride; row++) arena.write(column, row, 0);
      continue;
    }
    if (sample.length !== rows) {
      const why = `has ${sample.length} points, ${names[0]} has ${rows}`;
      throw new StatsError("LENGTH_MISMATCH", names[index]!, why, sample.length, rows);
    }
    arena.copyTo(column, sample, names[index]!);
    if (stride > rows) arena.write(column, rows, 0);
  }
  return { at, count, rows, order, stride };
}

function standardise(
  kernels: StatsKernels,
  arena: Arena,
  columns: Columns,
  samples: readonly Sample[],
  names: readonly string[],
): void {
  const { at, count, rows, stride } = columns;
  for (let index = 0; index < count; index++) {
    const column = at + index * stride * 8;
    let squares = kernels.standardiseColumn(column, rows, stride);
    if (!(squares > SQUARES_MIN && squares < SQUARES_MAX)) {
      // Constant, or squares that leave the doubles: by a power of two, which correlation does not see, they come back.
      arena.copyTo(column, samples[index]!, names[index]!);
      kernels.normalise(column, rows);
      squares = kernels.standardiseColumn(column, rows, stride);
      if (!(squares > 0)) throw new StatsError("CONSTANT", names[index]!, "has no variation, so no correlation");
    }
  }
}

const SQUARES_MIN = 1e-200;
const SQUARES_MAX = 1e200;

// Rows of one band: 64 columns of them are 128 KiB, which stays in the second cache.
const BAND_ROWS = 256;

/** order x order products of the columns, the lower triangle of each 4 x 2 strip filled. */
export function crossProducts(kernels: StatsKernels, arena: Arena, columns: Columns, pause: Pause | undefined): Reals {
  const { at, order, stride } = columns;
  const out = arena.reserve(order * order);
  for (let from = 0; from < stride; from += BAND_ROWS) {
    const to = Math.min(from + BAND_ROWS, stride);
    for (let strip = 0; strip < order / 4; strip++) {
      kernels.crossStrip(at, stride, order, strip, from, to, out);
      pause?.();
    }
  }
  return out;
}

/** The symmetric matrix whose lower triangle lies at `at`, as rows of numbers. */
export function symmetric(
  arena: Arena,
  at: Reals,
  order: number,
  count: number,
  entry: (value: number, i: number, j: number) => number,
): number[][] {
  const matrix = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let j = 0; j < count; j++) {
    for (let i = j; i < count; i++) {
      const value = entry(arena.read(at, j * order + i), i, j);
      matrix[i]![j] = value;
      matrix[j]![i] = value;
    }
  }
  return matrix;
}
