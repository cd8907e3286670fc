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
 * Rotates every entry right of the diagonal in rows rowFrom..rowTo to zero, `a` and `v` in place, and returns how many were not
 * yet negligible: those below 2^-53 of the geometric mean of their diagonal entries, or below `floor`. A sweep over all rows that
 * returns 0 is the end; the eigenvalues are then the diagonal of `a`, the eigenvectors the columns of `v`.
 */
export function jacobiRows(a: Reals, v: Reals, order: i32, rowFrom: i32, rowTo: i32, floor: f64): i32 {
  let rotations: i32 = 0;
  for (let p: i32 = rowFrom; p < rowTo; p++) {
    for (let q: i32 = p + 1; q < order; q++) {
      const apq: f64 = real(a, p * order + q);
      const app: f64 = real(a, p * order + p);
      const aqq: f64 = real(a, q * order + q);
      const size: f64 = Math.abs(apq);
      if (size <= floor || size <= 1.1102230246251565e-16 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) continue;
      rotations++;
      rotate(a, v, order, p, q, tangent(app, apq, aqq));
    }
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
  for (let k: i32 = 0; k < order; k++) {
    if (k == p || k == q) continue;
    const x: f64 = real(ap, k);
    const y: f64 = real(aq, k);
    const newX: f64 = c * x - s * y;
    const newY: f64 = s * x + c * y;
    putReal(ap, k, newX);
    putReal(aq, k, newY);
    putReal(a, k * order + p, newX);
    putReal(a, k * order + q, newY);
  }
  putReal(ap, p, app);
  putReal(aq, q, aqq);
  putReal(ap, q, 0.0);
  putReal(aq, p, 0.0);
  const vp = realsFrom(v, p * order);
  const vq = realsFrom(v, q * order);
  for (let k: i32 = 0; k < order; k++) {
    const x: f64 = real(vp, k);
    const y: f64 = real(vq, k);
    putReal(vp, k, c * x - s * y);
    putReal(vq, k, s * x + c * y);
  }
}
