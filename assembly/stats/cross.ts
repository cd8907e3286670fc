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
    // Eight sums at once: one alone would wait for its own last addition, and loads are shared four and two ways. Two pairs of rows
    // per turn, whose distance is part of the instruction: addresses would cost as much as the sums.
    let row: i32 = rowFrom;
    let x: Reals = realsFrom(b0, row);
    let y: Reals = realsFrom(b1, row);
    let p0: Reals = realsFrom(a0, row);
    let p1: Reals = realsFrom(a1, row);
    let p2: Reals = realsFrom(a2, row);
    let p3: Reals = realsFrom(a3, row);
    for (; row + 4 <= rowTo; row += 4) {
      const x0 = firstPair(x);
      const y0 = firstPair(y);
      s00 = pairAdd(s00, pairMul(firstPair(p0), x0));
      s01 = pairAdd(s01, pairMul(firstPair(p0), y0));
      s10 = pairAdd(s10, pairMul(firstPair(p1), x0));
      s11 = pairAdd(s11, pairMul(firstPair(p1), y0));
      s20 = pairAdd(s20, pairMul(firstPair(p2), x0));
      s21 = pairAdd(s21, pairMul(firstPair(p2), y0));
      s30 = pairAdd(s30, pairMul(firstPair(p3), x0));
      s31 = pairAdd(s31, pairMul(firstPair(p3), y0));
      const x1 = secondPair(x);
      const y1 = secondPair(y);
      s00 = pairAdd(s00, pairMul(secondPair(p0), x1));
      s01 = pairAdd(s01, pairMul(secondPair(p0), y1));
      s10 = pairAdd(s10, pairMul(secondPair(p1), x1));
      s11 = pairAdd(s11, pairMul(secondPair(p1), y1));
      s20 = pairAdd(s20, pairMul(secondPair(p2), x1));
      s21 = pairAdd(s21, pairMul(secondPair(p2), y1));
      s30 = pairAdd(s30, pairMul(secondPair(p3), x1));
      s31 = pairAdd(s31, pairMul(secondPair(p3), y1));
      x = realsFrom(x, 4);
      y = realsFrom(y, 4);
      p0 = realsFrom(p0, 4);
      p1 = realsFrom(p1, 4);
      p2 = realsFrom(p2, 4);
      p3 = realsFrom(p3, 4);
    }
    for (; row < rowTo; row += 2) {
      const x0 = pair(b0, row);
      const y0 = pair(b1, row);
      s00 = pairAdd(s00, pairMul(pair(a0, row), x0));
      s01 = pairAdd(s01, pairMul(pair(a0, row), y0));
      s10 = pairAdd(s10, pairMul(pair(a1, row), x0));
      s11 = pairAdd(s11, pairMul(pair(a1, row), y0));
      s20 = pairAdd(s20, pairMul(pair(a2, row), x0));
      s21 = pairAdd(s21, pairMul(pair(a2, row), y0));
      s30 = pairAdd(s30, pairMul(pair(a3, row), x0));
      s31 = pairAdd(s31, pairMul(pair(a3, row), y0));
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
