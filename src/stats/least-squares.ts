/**
 * Ordinary least squares of y on the columns of a matrix: Householder QR, then refinement of coefficients and residuals together
 * with twofold residuals (Björck 1967; Golub & Wilkinson 1966), until nothing moves that a double could show. In slices.
 *
 * Columns and y come scaled by powers of two; coefficients go out in that scale. An ill-conditioned fit (Filip, Longley) so keeps
 * the digits that its data hold, where QR alone loses as many as the condition number has.
 */
import type { Reals } from "./kernels.ts";
import { apply, applyTransposed, type Factored, factor } from "./qr.ts";
import type { Work } from "./runtime.ts";
import { BLOCK_VALUES, type Slices } from "./sliced.ts";
import { copy, dot, dotTwofold, fill, subtractScaled } from "./vectors.ts";

/** Rows × columns, and y: read only. */
export interface System {
  readonly matrix: Reals;
  readonly rows: number;
  readonly columns: number;
  readonly y: Reals;
}

export interface Solution {
  /** `columns`, or the index of the first column that depends on those before it: then nothing else was computed. */
  readonly rank: number;
  /** One per column. */
  readonly coefficients: Reals;
  /** inverse[j] is the j-th diagonal entry of (X'X)^-1. */
  readonly inverse: Reals;
  /** `rows`. */
  readonly residual: Reals;
}

const ROUNDS_MAX = 6;
/** A fit whose columns are further apart than this keeps 13 digits without refinement. */
const WELL_CONDITIONED = 0.1;
/** What a correction this small leaves to the next one is its square at worst, below the last digit. */
const SETTLED = 1e-10;

/** tolerance: a column is dependent when its own part is at most this share of it. */
export function* leastSquares(work: Work, system: System, tolerance: number): Slices<Solution> {
  const { kernels, arena } = work;
  const { matrix, rows, columns, y } = system;
  const reserve = () => arena.reserve(columns);
  const [coefficients, inverse, diagonal, tau, floors, gradient] = [1, 2, 3, 4, 5, 6].map(reserve) as Vectors;
  const [residual, high, factored] = [arena.reserve(rows), arena.reserve(rows), arena.reserve(rows * columns)];
  const lengths: number[] = [];
  for (let j = 0; j < columns; j++) {
    const column = matrix + j * rows * 8;
    lengths.push(Math.sqrt(yield* dot(work, column, column, rows)));
    arena.write(floors, j, tolerance * lengths[j]!);
  }
  yield* copy(work, factored, matrix, rows * columns);
  const qr = { matrix: factored, rows, columns, diagonal, tau };
  const rank = yield* factor(work, qr, floors);
  const solution = { rank, coefficients, inverse, residual };
  if (rank < columns) return solution;

  // First round: nothing known yet, so the right-hand sides are y and 0.
  yield* copy(work, high, y, rows);
  arena.fill(gradient, columns, 0);
  arena.fill(coefficients, columns, 0);
  yield* fill(work, residual, rows, 0);
  yield* correct(work, qr, high, gradient, solution);
  // Smallest part of a column that those before it do not explain, against the column's own length.
  const shares = lengths.map((length, j) => Math.abs(arena.read(diagonal, j)) / length);
  if (Math.min(...shares) < WELL_CONDITIONED) yield* refine(work, system, qr, solution, gradient, high);
  for (let j = 0; j < columns; j++) {
    arena.fill(gradient, columns, 0);
    arena.write(gradient, j, 1);
    kernels.solveLower(factored, rows, columns, diagonal, gradient);
    arena.write(inverse, j, kernels.dot(gradient, gradient, columns));
  }
  return solution;
}

type Vectors = [Reals, Reals, Reals, Reals, Reals, Reals];

function* refine(
  work: Work,
  { matrix, rows, columns, y }: System,
  qr: Factored,
  solution: Solution,
  gradient: Reals,
  high: Reals,
): Slices<void> {
  const { kernels, arena, meter } = work;
  const { residual, coefficients } = solution;
  const low = arena.reserve(rows);
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    // y - r - Xb, and -X'r: both 0 at the solution.
    for (let from = 0; from < rows; from += BLOCK_VALUES) {
      const run = Math.min(BLOCK_VALUES, rows - from);
      const at = (vector: Reals) => vector + from * 8;
      kernels.subtractTwofold(at(y), at(residual), at(high), at(low), run);
      for (let j = 0; j < columns; j++) {
        kernels.subtractScaledTwofold(at(high), at(low), arena.read(coefficients, j), at(matrix) + j * rows * 8, run);
        if (meter.due(8 * run)) yield;
      }
      kernels.subtractScaled(at(high), -1, at(low), run);
    }
    for (let j = 0; j < columns; j++) {
      arena.write(gradient, j, -(yield* dotTwofold(work, matrix + j * rows * 8, residual, rows)));
    }
    const moved = yield* correct(work, qr, high, gradient, solution);
    // Rounds shrink by the condition number times the rounding error; when they no longer halve, the digits are used up.
    if (moved < SETTLED || !(moved < before * 0.5)) return;
    before = moved;
  }
}

/**
 * Solves [I X; X' 0][dr; db] = [f; g], adds dr to the residual and db to the coefficients. `f` is used up, `g` too.
 * Returns the largest change of a coefficient against its own size.
 */
function* correct(work: Work, qr: Factored, f: Reals, g: Reals, { residual, coefficients }: Solution): Slices<number> {
  const { kernels, arena } = work;
  const { matrix, rows, columns, diagonal } = qr;
  const change = arena.reserve(columns);
  kernels.solveLower(matrix, rows, columns, diagonal, g);
  yield* applyTransposed(work, qr, f);
  for (let j = 0; j < columns; j++) {
    arena.write(change, j, arena.read(f, j) - arena.read(g, j));
    arena.write(f, j, arena.read(g, j));
  }
  kernels.solveUpper(matrix, rows, columns, diagonal, change);
  yield* apply(work, qr, f);
  yield* subtractScaled(work, residual, -1, f, rows);
  let moved = 0;
  for (let j = 0; j < columns; j++) {
    const after = arena.read(coefficients, j) + arena.read(change, j);
    arena.write(coefficients, j, after);
    const share = Math.abs(arena.read(change, j)) / Math.abs(after);
    if (share > moved) moved = share;
  }
  return moved;
}
