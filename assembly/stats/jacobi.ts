/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5).
 *
 * Slower than tridiagonal QL by a small factor, but small eigenvalues of a positive definite matrix keep their digits (Demmel &
 * Veselic 1992), and those decide whether a portfolio is hedgeable. A caller may stop between any two rows. Portable.
 */

/** The identity, column by column. */
export function identity(v: Reals, order: i32): void {
  for (let at: i32 = 0; at < order * order; at++) putReal(v, at, 0.0);
  for (let at: i32 = 0; at < order; at++) putReal(v, at * order + at, 1.0);
}

/**
 * Averages the entries of row i left of the diagonal with their mirror images. Returns i; or the column of the first pair that is
 * farther apart than `tolerance`, and changes nothing from there on.
 */
export function symmetriseRow(a: Reals, order: i32, i: i32, tolerance: f64): i32 {
  for (let j: i32 = 0; j < i; j++) {
    const low = real(a, i * order + j);
    const high = real(a, j * order + i);
    if (Math.abs(low - high) > tolerance) return j;
    const middle: f64 = (low + high) / 2.0;
    putReal(a, i * order + j, middle);
    putReal(a, j * order + i, middle);
  }
  return i;
}

/**
 * Rotates the entries of row p in columns from..to, right of the diagonal, to zero, `a` and `v` in place, and returns how many were
 * not yet negligible: those below 2^-53 of the geometric mean of their diagonal entries, or below `floor`. A sweep over all rows
 * that returns 0 is the end; the eigenvalues are then the diagonal of `a`, the eigenvectors the columns of `v`.
 */
export function jacobiRow(a: Reals, v: Reals, order: i32, p: i32, from: i32, to: i32, floor: f64): i32 {
  let rotations: i32 = 0;
  for (let q: i32 = from; q < to; q++) {
    const apq: f64 = real(a, p * order + q);
    const app: f64 = real(a, p * order + p);
    const aqq: f64 = real(a, q * order + q);
    const size: f64 = Math.abs(apq);
    if (size <= floor || size <= 1.1102230246251565e-16 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) continue;
    rotations++;
    rotate(a, v, order, p, q, tangent(app, apq, aqq));
  }
  return rotations;
}

/** Of the smaller of the two angles that make the entry zero. */
function tangent(app: f64, apq: f64, aqq: f64): f64 {
  const theta: f64 = (aqq - app) / (2.0 * apq);
  const size: f64 = Math.abs(theta);
  // Beyond this the square would overflow, and the 1 under the root is lost anyway.
  const t: f64 = size > 1.0e150 ? 0.5 / size : 1.0 / (size + Math.sqrt(size * size + 1.0));
  return theta < 0.0 ? 0.0 - t : t;
}

function rotate(a: Reals, v: Reals, order: i32, p: i32, q: i32, t: f64): void {
  const c: f64 = 1.0 / Math.sqrt(t * t + 1.0);
  const s: f64 = t * c;
  const ap = realsFrom(a, p * order);
  const aq = realsFrom(a, q * order);
  const shift: f64 = t * real(ap, q);
  const app: f64 = real(ap, p) - shift;
  const aqq: f64 = real(aq, q) + shift;
  turnRows(ap, aq, c, s, order);
  // The four entries where the two rows meet the two columns are wrong until they are put below.
  let down: Reals = realsFrom(a, p);
  let other: Reals = realsFrom(a, q);
  let k: i32 = 0;
  for (; k + 2 <= order; k += 2) {
    const x = pair(ap, k);
    const y = pair(aq, k);
    putReal(down, 0, pairLow(x));
    putReal(other, 0, pairLow(y));
    putReal(down, order, pairHigh(x));
    putReal(other, order, pairHigh(y));
    down = realsFrom(down, 2 * order);
    other = realsFrom(other, 2 * order);
  }
  for (; k < order; k++) {
    putReal(a, k * order + p, real(ap, k));
    putReal(a, k * order + q, real(aq, k));
  }
  putReal(ap, p, app);
  putReal(aq, q, aqq);
  putReal(ap, q, 0.0);
  putReal(aq, p, 0.0);
  turnRows(realsFrom(v, p * order), realsFrom(v, q * order), c, s, order);
}

/** x, y = c*x - s*y, s*x + c*y. */
function turnRows(x: Reals, y: Reals, c: f64, s: f64, count: i32): void {
  const cs = pairOf(c);
  const ss = pairOf(s);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    const x0 = firstPair(xs);
    const y0 = firstPair(ys);
    const x1 = secondPair(xs);
    const y1 = secondPair(ys);
    putFirstPair(xs, pairSub(pairMul(cs, x0), pairMul(ss, y0)));
    putFirstPair(ys, pairAdd(pairMul(ss, x0), pairMul(cs, y0)));
    putSecondPair(xs, pairSub(pairMul(cs, x1), pairMul(ss, y1)));
    putSecondPair(ys, pairAdd(pairMul(ss, x1), pairMul(cs, y1)));
  }
  for (; at < count; at++) {
    const x0 = real(x, at);
    const y0 = real(y, at);
    putReal(x, at, c * x0 - s * y0);
    putReal(y, at, s * x0 + c * y0);
  }
}
