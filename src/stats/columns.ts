/** Columns of a sample in the arena, centred or standardised: what covariance and correlation are built on. In slices. */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import type { Arena, Sample, Work } from "./runtime.ts";
import { BLOCK_VALUES, LOOP_COST, SLICE_VALUES, type Slices } from "./sliced.ts";
import { copyIn, copyUnchecked, fill, normalise, scaleShift, sumFrom } from "./vectors.ts";

/** Most columns of a correlation or covariance matrix. */
const COLUMNS_MAX = 1024;

/** Columns one after the other, padded with zeros to what crossStrip works on. */
export interface Columns {
  readonly at: Reals;
  readonly count: number;
  readonly rows: number;
  readonly order: number;
  readonly stride: number;
}

/**
 * Room for the columns, each filled by `put`. TOO_FEW_POINTS below 2 rows, LENGTH_MISMATCH, BAD_ARGUMENT; `names` are the fields of
 * the errors.
 */
export function* putColumns(
  work: Work,
  samples: readonly Sample[],
  names: readonly string[],
  put: (work: Work, sample: Sample, name: string, at: Reals) => Slices<unknown>,
): Slices<Columns> {
  const { arena } = work;
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
  for (const [index, sample] of samples.entries()) {
    if (sample.length !== rows) {
      const why = `has ${sample.length} points, ${names[0]} has ${rows}`;
      throw new StatsError("LENGTH_MISMATCH", names[index]!, why, sample.length, rows);
    }
    const column = at + index * stride * 8;
    yield* put(work, sample, names[index]!, column);
    if (stride > rows) arena.write(column, rows, 0);
  }
  yield* fill(work, at + count * stride * 8, (order - count) * stride, 0);
  return { at, count, rows, order, stride };
}

/**
 * x - mean in place, to the exact mean's last digit; returns the sum of squares that is left, 0 for equal values. Values whose squares
 * leave the doubles must be scaled first.
 */
export function* centre(work: Work, x: Reals, rows: number): Slices<number> {
  const { rest, squares } = yield* takeMean(work, x, rows);
  yield* scaleShift(work, x, rows, 1, rest);
  return squares;
}

/**
 * A copy of the sample at `x`, as (x - mean) / length, so that a product of two columns is their correlation. CONSTANT where there is
 * no variation, NOT_FINITE.
 */
export function* standardise(work: Work, sample: Sample, field: string, x: Reals): Slices<void> {
  const rows = sample.length;
  yield* copyUnchecked(work, sample, x);
  let { rest, squares } = yield* takeMean(work, x, rows);
  if (!(squares > SQUARES_MIN && squares < SQUARES_MAX)) {
    // Not finite, constant, or squares that leave the doubles: by a power of two, which correlation does not see, they come back.
    yield* copyIn(work, sample, field, x);
    yield* normalise(work, x, rows);
    ({ rest, squares } = yield* takeMean(work, x, rows));
    if (!(squares > 0)) throw new StatsError("CONSTANT", field, "has no variation, so no correlation");
  }
  const factor = 1 / Math.sqrt(squares);
  yield* scaleShift(work, x, rows, factor, rest * factor);
}

const SQUARES_MIN = 1e-200;
const SQUARES_MAX = 1e200;

/** Takes the rounded mean off; `rest` is what it still leaves, `squares` those about the exact one. */
function* takeMean(work: Work, x: Reals, rows: number): Slices<{ readonly rest: number; readonly squares: number }> {
  const { kernels, arena, meter } = work;
  const first = arena.read(x);
  const mean = first + (yield* sumFrom(work, x, rows, first)) / rows;
  const out = arena.reserve(2);
  arena.fill(out, 2, 0);
  for (let from = 0; from < rows; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, rows - from);
    kernels.deviations(x + from * 8, run, mean, out);
    if (meter.due(run)) yield;
  }
  const rest = arena.read(out, 0) / rows;
  return { rest, squares: arena.read(out, 1) - rest * rest * rows };
}

// Rows of one band: 64 columns of them are 128 KiB, which stays in the second cache.
const BAND_ROWS = 256;

/** order x order products of the columns, the lower triangle of each 4 x 2 strip filled (assembly/stats/cross.ts). */
export function* crossProducts({ kernels, arena, meter }: Work, columns: Columns): Slices<Reals> {
  const { at, order, stride } = columns;
  const out = arena.reserve(order * order);
  // A product of a strip is a quarter of a nanosecond per row, a value of other loops about one.
  const perCall = (SLICE_VALUES / BAND_ROWS) & ~1;
  for (let rowFrom = 0; rowFrom < stride; rowFrom += BAND_ROWS) {
    const rowTo = Math.min(rowFrom + BAND_ROWS, stride);
    for (let strip = 0; strip < order / 4; strip++) {
      const end = strip * 4 + 4;
      for (let from = 0; from < end; from += perCall) {
        const to = Math.min(from + perCall, end);
        kernels.crossStrip(at, stride, order, strip, from, to, rowFrom, rowTo, out);
        if (meter.due((rowTo - rowFrom) * (to - from))) yield;
      }
    }
  }
  return out;
}

/** The symmetric matrix whose lower triangle lies at `at`, as rows of numbers. */
export function* symmetric(
  { arena, meter }: Work,
  at: Reals,
  order: number,
  count: number,
  entry: (value: number, i: number, j: number) => number,
): Slices<number[][]> {
  const matrix: number[][] = [];
  for (let j = 0; j < count; j++) {
    // Not of zeros: V8 would lay them out as whole numbers, and anew when the first fraction comes.
    matrix.push(new Array<number>(count).fill(Number.NaN));
    if (meter.due(count)) yield;
  }
  for (let j = 0; j < count; j++) {
    fillColumn(arena, at + j * order * 8, matrix, j, entry);
    if (meter.due(LOOP_COST * (count - j))) yield;
  }
  return matrix;
}

function fillColumn(
  arena: Arena,
  column: Reals,
  matrix: number[][],
  j: number,
  entry: (value: number, i: number, j: number) => number,
): void {
  const own = matrix[j]!;
  for (let i = j; i < matrix.length; i++) {
    const value = entry(arena.read(column, i), i, j);
    matrix[i]![j] = value;
    own[i] = value;
  }
}
