/**
 * Ordinary least squares of y on the columns of a matrix: Householder QR, then refinement of coefficients and residuals together
 * with twofold residuals (Björck 1967; Golub & Wilkinson 1966), until nothing moves that a double could show. Portable.
 *
 * Columns and y come scaled by powers of two; coefficients go out in that scale. An ill-conditioned fit (Filip, Longley) so keeps
 * the digits that its data hold, where QR alone loses as many as the condition number has.
 */
import { apply, applyTransposed, factor, solveLower, solveUpper } from "./householder.ts";
import { dotTwofold, subtractScaledTwofold } from "./twofold.ts";
import { copy, dot } from "./vector.ts";

const ROUNDS_MAX = 6;
/** A fit whose columns are further apart than this keeps 13 digits without refinement. */
const WELL_CONDITIONED = 0.1;

/**
 * Returns `columns`, or the index of the first column that depends on those before it: then nothing else was computed.
 *
 * matrix rows×columns, y rows: read only. factored rows×columns, residual rows: written; the residual is a result.
 * coefficients, inverse: `columns` each: results; inverse[j] is the j-th diagonal entry of (X'X)^-1.
 * tolerance: a column is dependent when its own part is at most this share of it. work: 2*rows + 5*columns.
 */
export function leastSquares(
  matrix: Reals,
  factored: Reals,
  rows: i32,
  columns: i32,
  y: Reals,
  residual: Reals,
  coefficients: Reals,
  inverse: Reals,
  tolerance: f64,
  work: Reals,
): i32 {
  const high = work;
  const low = realsFrom(work, rows);
  const diagonal = realsFrom(work, 2 * rows);
  const tau = realsFrom(diagonal, columns);
  const floors = realsFrom(diagonal, 4 * columns);
  for (let j: i32 = 0; j < columns; j++) {
    const column = realsFrom(matrix, j * rows);
    putReal(floors, j, tolerance * Math.sqrt(dot(column, column, rows)));
  }
  copy(factored, matrix, rows * columns);
  const rank = factor(factored, rows, columns, 0, columns, diagonal, tau, floors);
  if (rank < columns) return rank;

  // First round: nothing known yet, so the right-hand sides are y and 0.
  copy(high, y, rows);
  const gradient = realsFrom(tau, columns);
  for (let j: i32 = 0; j < columns; j++) {
    putReal(gradient, j, 0.0);
    putReal(coefficients, j, 0.0);
  }
  for (let i: i32 = 0; i < rows; i++) putReal(residual, i, 0.0);
  correct(factored, rows, columns, diagonal, tau, high, gradient, residual, coefficients);
  if (leastShare(matrix, rows, columns, diagonal) < WELL_CONDITIONED) {
    refine(matrix, factored, rows, columns, y, residual, coefficients, diagonal, tau, gradient, high, low);
  }
  for (let j: i32 = 0; j < columns; j++) {
    for (let i: i32 = 0; i < columns; i++) putReal(gradient, i, i == j ? 1.0 : 0.0);
    solveLower(factored, rows, columns, diagonal, gradient);
    putReal(inverse, j, dot(gradient, gradient, columns));
  }
  return columns;
}

function refine(
  matrix: Reals,
  factored: Reals,
  rows: i32,
  columns: i32,
  y: Reals,
  residual: Reals,
  coefficients: Reals,
  diagonal: Reals,
  tau: Reals,
  gradient: Reals,
  high: Reals,
  low: Reals,
): void {
  let before: f64 = Infinity;
  for (let round: i32 = 0; round < ROUNDS_MAX; round++) {
    // y - r - Xb, and -X'r: both 0 at the solution.
    for (let i: i32 = 0; i < rows; i++) {
      const value = real(y, i);
      const taken: f64 = 0.0 - real(residual, i);
      const sum: f64 = value + taken;
      const part: f64 = sum - value;
      putReal(high, i, sum);
      putReal(low, i, value - (sum - part) + (taken - part));
    }
    for (let j: i32 = 0; j < columns; j++) {
      subtractScaledTwofold(high, low, real(coefficients, j), realsFrom(matrix, j * rows), rows);
      putReal(gradient, j, 0.0 - dotTwofold(realsFrom(matrix, j * rows), residual, rows));
    }
    for (let i: i32 = 0; i < rows; i++) putReal(high, i, real(high, i) + real(low, i));
    const moved = correct(factored, rows, columns, diagonal, tau, high, gradient, residual, coefficients);
    // Rounds shrink by the condition number times the rounding error; when they no longer halve, the digits are used up.
    if (moved < 1.0e-16 || !(moved < before * 0.5)) return;
    before = moved;
  }
}

/**
 * Solves [I X; X' 0][dr; db] = [f; g], adds dr to the residual and db to the coefficients. `f` is used up, `g` too.
 * Returns the largest change of a coefficient against its own size.
 */
function correct(
  factored: Reals,
  rows: i32,
  columns: i32,
  diagonal: Reals,
  tau: Reals,
  f: Reals,
  g: Reals,
  residual: Reals,
  coefficients: Reals,
): f64 {
  const change = realsFrom(g, columns);
  solveLower(factored, rows, columns, diagonal, g);
  applyTransposed(factored, rows, columns, tau, f);
  for (let j: i32 = 0; j < columns; j++) {
    putReal(change, j, real(f, j) - real(g, j));
    putReal(f, j, real(g, j));
  }
  solveUpper(factored, rows, columns, diagonal, change);
  apply(factored, rows, columns, tau, f);
  for (let i: i32 = 0; i < rows; i++) putReal(residual, i, real(residual, i) + real(f, i));
  let moved: f64 = 0.0;
  for (let j: i32 = 0; j < columns; j++) {
    const after: f64 = real(coefficients, j) + real(change, j);
    putReal(coefficients, j, after);
    const share: f64 = Math.abs(real(change, j)) / Math.abs(after);
    if (share > moved) moved = share;
  }
  return moved;
}

/** Smallest part of a column that those before it do not explain, against the column's own length. */
function leastShare(matrix: Reals, rows: i32, columns: i32, diagonal: Reals): f64 {
  let least: f64 = 1.0;
  for (let j: i32 = 0; j < columns; j++) {
    const column = realsFrom(matrix, j * rows);
    const share: f64 = Math.abs(real(diagonal, j)) / Math.sqrt(dot(column, column, rows));
    if (share < least) least = share;
  }
  return least;
}
