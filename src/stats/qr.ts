/** Householder QR of a matrix in the arena, in slices: one reflector after the other (assembly/stats/householder.ts). */
import type { Reals } from "./kernels.ts";
import type { Work } from "./runtime.ts";
import { BLOCK_VALUES, SLICE_VALUES, type Slices } from "./sliced.ts";
import { dot, subtractScaled } from "./vectors.ts";

/** Column by column. Column j keeps its reflector in rows j.. and R's entries above; R's diagonal is apart. */
export interface Factored {
  readonly matrix: Reals;
  readonly rows: number;
  readonly columns: number;
  readonly diagonal: Reals;
  /** 2/v'v of each reflector. */
  readonly tau: Reals;
}

/** Factors in place. Returns `columns`, or the index of the first column whose independent part is no longer than its floor. */
export function* factor(work: Work, qr: Factored, floors: Reals): Slices<number> {
  const { kernels, arena } = work;
  const { matrix, rows, columns, diagonal, tau } = qr;
  for (let j = 0; j < columns; j++) {
    const v = matrix + (j * rows + j) * 8;
    const left = rows - j;
    const squares = rows <= BLOCK_VALUES ? kernels.dot(v, v, left) : yield* dot(work, v, v, left);
    const started = kernels.startReflector(v, squares, arena.read(floors, j), diagonal + j * 8, tau + j * 8);
    if (started === 0) return j;
    yield* reflectBehind(work, qr, j);
  }
  return columns;
}

function* reflectBehind(work: Work, qr: Factored, j: number): Slices<void> {
  const { matrix, rows, columns, tau } = qr;
  const { kernels, arena, meter } = work;
  const left = rows - j;
  const v = matrix + (j * rows + j) * 8;
  const size = arena.read(tau, j);
  if (rows > BLOCK_VALUES) {
    for (let k = j + 1; k < columns; k++) yield* reflectLong(work, qr, j, matrix + k * rows * 8);
    return;
  }
  // Even, as the kernel takes two columns at a time.
  const perCall = Math.max(2, 2 * Math.floor(SLICE_VALUES / (4 * left)));
  for (let k = j + 1; k < columns; k += perCall) {
    const count = Math.min(perCall, columns - k);
    kernels.reflectColumns(v, size, matrix + (k * rows + j) * 8, rows, count, left);
    if (meter.due(2 * left * count)) yield;
  }
}

/** Q'c in place: the reflectors in the order they were made. */
export function* applyTransposed(work: Work, qr: Factored, vector: Reals): Slices<void> {
  for (let j = 0; j < qr.columns; j++) {
    if (qr.rows > BLOCK_VALUES) yield* reflectLong(work, qr, j, vector);
    else if (reflect(work, qr, j, vector)) yield;
  }
}

/** Qc in place: the reflectors in reverse. */
export function* apply(work: Work, qr: Factored, vector: Reals): Slices<void> {
  for (let j = qr.columns - 1; j >= 0; j--) {
    if (qr.rows > BLOCK_VALUES) yield* reflectLong(work, qr, j, vector);
    else if (reflect(work, qr, j, vector)) yield;
  }
}

/** Turns a vector by reflector j; true when it is time to rest. */
function reflect({ kernels, arena, meter }: Work, { matrix, rows, tau }: Factored, j: number, vector: Reals): boolean {
  kernels.reflect(matrix + (j * rows + j) * 8, arena.read(tau, j), vector + j * 8, rows - j);
  return meter.due(2 * (rows - j));
}

function* reflectLong(work: Work, { matrix, rows, tau }: Factored, j: number, vector: Reals): Slices<void> {
  const v = matrix + (j * rows + j) * 8;
  const x = vector + j * 8;
  const sum = yield* dot(work, v, x, rows - j);
  yield* subtractScaled(work, x, work.arena.read(tau, j) * sum, v, rows - j);
}
