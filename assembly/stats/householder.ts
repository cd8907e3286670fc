/**
 * Householder QR of a matrix stored column by column (Golub & Van Loan, ch. 5). Squares are never formed. Portable.
 *
 * Column j keeps its reflector v in rows j.. and R's entries above; R's diagonal is in `diagonal`, 2/v'v in `tau`.
 */
import { dot, subtractScaled } from "./vector.ts";

/**
 * Factors a whole matrix. One that takes long is factored reflector by reflector with the functions below (src/stats/qr.ts).
 *
 * Returns `columns`, or the index of the first column whose part independent of those before it is at most `floors[j]`: the caller
 * says there what rounding alone could leave. Work may be cut into slices by `from` and `to`; the bits stay the same.
 */
export function factor(
  matrix: Reals,
  rows: i32,
  columns: i32,
  diagonal: Reals,
  tau: Reals,
  floors: Reals,
): i32 {
  for (let j: i32 = 0; j < columns; j++) {
    const v = realsFrom(matrix, j * rows + j);
    const left: i32 = rows - j;
    if (startReflector(v, dot(v, v, left), real(floors, j), realsFrom(diagonal, j), realsFrom(tau, j)) == 0) return j;
    reflectColumns(v, real(tau, j), realsFrom(v, rows), rows, columns - j - 1, left);
  }
  return columns;
}

/**
 * Turns a column, `squares` its length squared, into its reflector, R's diagonal entry and 2/v'v. Returns 1, or 0 and changes nothing
 * where the length is at most `floor`.
 */
export function startReflector(v: Reals, squares: f64, floor: f64, diagonal: Reals, tau: Reals): i32 {
  const norm = Math.sqrt(squares);
  if (!(norm > floor)) return 0;
  const head = real(v, 0);
  const sign: f64 = head < 0.0 ? -1.0 : 1.0;
  putReal(v, 0, head + sign * norm);
  putReal(diagonal, 0, 0.0 - sign * norm);
  putReal(tau, 0, 1.0 / (norm * (norm + sign * head)));
  return 1;
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

/** Turns a vector by one reflector. */
export function reflect(v: Reals, tau: f64, vector: Reals, count: i32): void {
  subtractScaled(vector, tau * dot(v, vector, count), v, count);
}

/** reflect for `columns` vectors, each `stride` behind the one before: the same bits, with v read once for two of them. */
export function reflectColumns(v: Reals, tau: f64, first: Reals, stride: i32, columns: i32, count: i32): void {
  let k: i32 = 0;
  for (; k + 2 <= columns; k += 2) {
    reflectTwo(v, tau, realsFrom(first, k * stride), realsFrom(first, (k + 1) * stride), count);
  }
  if (k < columns) reflect(v, tau, realsFrom(first, k * stride), count);
}

/** reflect for two columns at once: the same bits, with v read once. */
function reflectTwo(v: Reals, tau: f64, a: Reals, b: Reals, count: i32): void {
  let a0 = pairOf(0.0);
  let a1 = pairOf(0.0);
  let a2 = pairOf(0.0);
  let a3 = pairOf(0.0);
  let b0 = pairOf(0.0);
  let b1 = pairOf(0.0);
  let b2 = pairOf(0.0);
  let b3 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 8 <= count; at += 8) {
    const vs = realsFrom(v, at);
    const inA = realsFrom(a, at);
    const inB = realsFrom(b, at);
    const v0 = firstPair(vs);
    a0 = pairAdd(a0, pairMul(v0, firstPair(inA)));
    b0 = pairAdd(b0, pairMul(v0, firstPair(inB)));
    const v1 = secondPair(vs);
    a1 = pairAdd(a1, pairMul(v1, secondPair(inA)));
    b1 = pairAdd(b1, pairMul(v1, secondPair(inB)));
    const v2 = thirdPair(vs);
    a2 = pairAdd(a2, pairMul(v2, thirdPair(inA)));
    b2 = pairAdd(b2, pairMul(v2, thirdPair(inB)));
    const v3 = fourthPair(vs);
    a3 = pairAdd(a3, pairMul(v3, fourthPair(inA)));
    b3 = pairAdd(b3, pairMul(v3, fourthPair(inB)));
  }
  let sumA = pairSum(pairAdd(pairAdd(a0, a1), pairAdd(a2, a3)));
  let sumB = pairSum(pairAdd(pairAdd(b0, b1), pairAdd(b2, b3)));
  for (; at < count; at++) {
    sumA += real(v, at) * real(a, at);
    sumB += real(v, at) * real(b, at);
  }

  const factorA: f64 = tau * sumA;
  const factorB: f64 = tau * sumB;
  const factorsA = pairOf(factorA);
  const factorsB = pairOf(factorB);
  at = 0;
  for (; at + 4 <= count; at += 4) {
    const vs = realsFrom(v, at);
    const inA = realsFrom(a, at);
    const inB = realsFrom(b, at);
    const v0 = firstPair(vs);
    putFirstPair(inA, pairSub(firstPair(inA), pairMul(factorsA, v0)));
    putFirstPair(inB, pairSub(firstPair(inB), pairMul(factorsB, v0)));
    const v1 = secondPair(vs);
    putSecondPair(inA, pairSub(secondPair(inA), pairMul(factorsA, v1)));
    putSecondPair(inB, pairSub(secondPair(inB), pairMul(factorsB, v1)));
  }
  for (; at < count; at++) {
    putReal(a, at, real(a, at) - factorA * real(v, at));
    putReal(b, at, real(b, at) - factorB * real(v, at));
  }
}
