/**
 * Products of all pairs of columns, two rows per instruction: the heart of correlation and covariance. Portable.
 *
 * `z` holds `order` columns (a multiple of 4) of `stride` rows (even) each. Work is cut into bands of rows, so that a band of all
 * columns stays in cache, and each band into strips of four columns against all columns up to them. A strip's sums are added to
 * `out`, so the order of additions is fixed by the bands alone: a caller may stop between any two strips and go on later.
 */

/**
 * Adds the products of columns strip*4 .. strip*4+3 with columns from..to (both even, to at most strip*4+4) over rows
 * rowFrom..rowTo (both even) to `out`, an order x order matrix of which the lower triangle counts; the first band (`rowFrom` 0)
 * overwrites what was there.
 */
export function crossStrip(
  z: Reals,
  stride: i32,
  order: i32,
  strip: i32,
  from: i32,
  to: i32,
  rowFrom: i32,
  rowTo: i32,
  out: Reals,
): void {
  const i: i32 = strip * 4;
  const a0 = realsFrom(z, i * stride);
  const a1 = realsFrom(a0, stride);
  const a2 = realsFrom(a1, stride);
  const a3 = realsFrom(a2, stride);
  for (let j: i32 = from; j < to; j += 2) {
    const b0 = realsFrom(z, j * stride);
    const b1 = realsFrom(b0, stride);
    let s00 = pairOf(0.0);
    let s10 = pairOf(0.0);
    let s20 = pairOf(0.0);
    let s30 = pairOf(0.0);
    let s01 = pairOf(0.0);
    let s11 = pairOf(0.0);
    let s21 = pairOf(0.0);
    let s31 = pairOf(0.0);
    // Eight sums at once: one alone would wait for its own last addition, and loads are shared four and two ways.
    for (let row: i32 = rowFrom; row < rowTo; row += 2) {
      const x = pair(b0, row);
      const y = pair(b1, row);
      const p0 = pair(a0, row);
      s00 = pairAdd(s00, pairMul(p0, x));
      s01 = pairAdd(s01, pairMul(p0, y));
      const p1 = pair(a1, row);
      s10 = pairAdd(s10, pairMul(p1, x));
      s11 = pairAdd(s11, pairMul(p1, y));
      const p2 = pair(a2, row);
      s20 = pairAdd(s20, pairMul(p2, x));
      s21 = pairAdd(s21, pairMul(p2, y));
      const p3 = pair(a3, row);
      s30 = pairAdd(s30, pairMul(p3, x));
      s31 = pairAdd(s31, pairMul(p3, y));
    }
    const c0 = realsFrom(out, j * order + i);
    const c1 = realsFrom(c0, order);
    addTo(c0, 0, pairSum(s00), rowFrom);
    addTo(c0, 1, pairSum(s10), rowFrom);
    addTo(c0, 2, pairSum(s20), rowFrom);
    addTo(c0, 3, pairSum(s30), rowFrom);
    addTo(c1, 0, pairSum(s01), rowFrom);
    addTo(c1, 1, pairSum(s11), rowFrom);
    addTo(c1, 2, pairSum(s21), rowFrom);
    addTo(c1, 3, pairSum(s31), rowFrom);
  }
}

function addTo(column: Reals, row: i32, value: f64, rowFrom: i32): void {
  putReal(column, row, rowFrom == 0 ? value : real(column, row) + value);
}

/** Sum over rows rowFrom..rowTo (both even) of the squared length of each row of `z`, squared: sum |z_k|^4. */
export function quarticRows(z: Reals, stride: i32, columns: i32, rowFrom: i32, rowTo: i32): f64 {
  let sum = pairOf(0.0);
  for (let row: i32 = rowFrom; row < rowTo; row += 2) {
    let squares = pairOf(0.0);
    for (let column: i32 = 0; column < columns; column++) {
      const value = pair(z, column * stride + row);
      squares = pairAdd(squares, pairMul(value, value));
    }
    sum = pairAdd(sum, pairMul(squares, squares));
  }
  return pairSum(sum);
}
