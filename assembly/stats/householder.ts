/**
 * Householder QR of a matrix stored column by column (Golub & Van Loan, ch. 5). Squares are never formed. Portable.
 *
 * Column j keeps its reflector v in rows j.. and R's entries above; R's diagonal is in `diagonal`, 2/v'v in `tau`.
 */
import { dot, subtractScaled } from "./vector.ts";

/**
 * Factors columns `from` to `to` - 1, and applies their reflectors to every column behind them up to `columns`.
 *
 * Returns `to`, or the index of the first column whose part independent of those before it is at most `floors[j]`: the caller
 * says there what rounding alone could leave. Work may be cut into slices by `from` and `to`; the bits stay the same.
 */
export function factor(
  matrix: Reals,
  rows: i32,
  columns: i32,
  from: i32,
  to: i32,
  diagonal: Reals,
  tau: Reals,
  floors: Reals,
): i32 {
  for (let j: i32 = from; j < to; j++) {
    const v = realsFrom(matrix, j * rows + j);
    const left: i32 = rows - j;
    const norm = Math.sqrt(dot(v, v, left));
    if (!(norm > real(floors, j))) return j;
    const head = real(v, 0);
    const sign: f64 = head < 0.0 ? -1.0 : 1.0;
    putReal(v, 0, head + sign * norm);
    putReal(diagonal, j, 0.0 - sign * norm);
    putReal(tau, j, 1.0 / (norm * (norm + sign * head)));
    for (let k: i32 = j + 1; k < columns; k++) reflect(v, real(tau, j), realsFrom(matrix, k * rows + j), left);
  }
  return to;
}

/** Q'c: the reflectors in the order they were made. */
export function applyTransposed(matrix: Reals, rows: i32, columns: i32, tau: Reals, vector: Reals): void {
  for (let j: i32 = 0; j < columns; j++) {
    reflect(realsFrom(matrix, j * rows + j), real(tau, j), realsFrom(vector, j), rows - j);
  }
}

/** Qc: the reflectors in reverse. */
export function apply(matrix: Reals, rows: i32, columns: i32, tau: Reals, vector: Reals): void {
  for (let j: i32 = columns - 1; j >= 0; j--) {
    reflect(realsFrom(matrix, j * rows + j), real(tau, j), realsFrom(vector, j), rows - j);
  }
}

/** Solves R x = c in place. */
export function solveUpper(matrix: Reals, rows: i32, columns: i32, diagonal: Reals, vector: Reals): void {
  for (let j: i32 = columns - 1; j >= 0; j--) {
    const x: f64 = real(vector, j) / real(diagonal, j);
    putReal(vector, j, x);
    for (let i: i32 = 0; i < j; i++) putReal(vector, i, real(vector, i) - real(matrix, j * rows + i) * x);
  }
}

/** Solves R'x = c in place. */
export function solveLower(matrix: Reals, rows: i32, columns: i32, diagonal: Reals, vector: Reals): void {
  for (let j: i32 = 0; j < columns; j++) {
    let sum = real(vector, j);
    for (let i: i32 = 0; i < j; i++) sum -= real(matrix, j * rows + i) * real(vector, i);
    putReal(vector, j, sum / real(diagonal, j));
  }
}

function reflect(v: Reals, tau: f64, vector: Reals, count: i32): void {
  subtractScaled(vector, tau * dot(v, vector, count), v, count);
}
