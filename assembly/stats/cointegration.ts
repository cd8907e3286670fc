/**
 * Johansen's reduced-rank regression without ever forming a square (Doornik & O'Brien 2002, by QR throughout). Portable.
 *
 *   R = [Z | Y0 | Y1] after one QR: rows below Z's hold what Z leaves of the differences Y0 and of the levels Y1.
 *   There [R00 R01; 0 R11] gives Q0'Y1 = R01, and the small QR of [R01; R11] = [Qa; Qb] R1 gives Q0'Q1 = Qa.
 *   Singular values of Qa are the canonical correlations; columns of R1^-1 times right vectors are the cointegrating vectors.
 */
import { factor, reflect, solveUpper } from "./householder.ts";
import { dot } from "./vector.ts";

/**
 * Fills rows from..to - 1 of the regression's columns from series v: first differences, their lags, and lagged levels from their
 * shift.
 *
 * series: variables runs of `points` values. lags: order of the VAR in levels. rows = points - lags.
 * short: (lags - 1)*variables columns, lag 1 of all variables first. differences: `variables` columns. levels: `variables` columns
 * of x[t-1] - shift, where shift is each series' first value: an exact change of the constant's meaning, to be undone outside.
 */
export function fillSystem(
  series: Reals,
  points: i32,
  variables: i32,
  v: i32,
  from: i32,
  to: i32,
  lags: i32,
  short: Reals,
  differences: Reals,
  levels: Reals,
): void {
  const rows: i32 = points - lags;
  const x = realsFrom(series, v * points + lags + from);
  const place: i32 = v * rows + from;
  fillDifferences(realsFrom(differences, place), x, to - from);
  for (let lag: i32 = 1; lag < lags; lag++) {
    fillDifferences(realsFrom(short, (lag - 1) * variables * rows + place), realsFrom(x, -lag), to - from);
  }
  const shift = real(series, v * points);
  for (let t: i32 = 0; t < to - from; t++) putReal(levels, place + t, real(x, t - 1) - shift);
}

/** x[t] - x[t - 1]. */
function fillDifferences(to: Reals, x: Reals, rows: i32): void {
  const before = realsFrom(x, -1);
  let t: i32 = 0;
  for (; t + 2 <= rows; t += 2) putPair(to, t, pairSub(pair(x, t), pair(before, t)));
  for (; t < rows; t++) putReal(to, t, real(x, t) - real(before, t));
}

/**
 * From a factored system to the matrix whose singular values are the canonical correlations.
 *
 * matrix: rows × (short + variables + terms), factored whole; diagonal: of that QR. floors: `terms`, what rounding could leave.
 * stacked, basis: (variables + terms) * terms each; stacked and smallDiagonal (`terms`) are kept for cointegratingVectors.
 * turned: variables columns of `terms`, the matrix. tau: terms. Returns `terms`, or the first dependent level.
 */
export function stackLevels(
  matrix: Reals,
  rows: i32,
  short: i32,
  variables: i32,
  terms: i32,
  diagonal: Reals,
  floors: Reals,
  stacked: Reals,
  basis: Reals,
  turned: Reals,
  smallDiagonal: Reals,
  tau: Reals,
): i32 {
  const height: i32 = variables + terms;
  // [R01; R11] by columns: the rows of Y0 and Y1 in the factored levels.
  for (let c: i32 = 0; c < terms; c++) {
    const column: i32 = short + variables + c;
    for (let r: i32 = 0; r < height; r++) {
      const row: i32 = short + r;
      const value: f64 = row < column ? real(matrix, column * rows + row) : 0.0;
      putReal(stacked, c * height + r, row == column ? real(diagonal, column) : value);
    }
  }
  const found = factor(stacked, height, terms, smallDiagonal, tau, floors);
  if (found < terms) return found;

  for (let c: i32 = 0; c < terms; c++) {
    const column = realsFrom(basis, c * height);
    for (let r: i32 = 0; r < height; r++) putReal(column, r, r == c ? 1.0 : 0.0);
    for (let k: i32 = terms - 1; k >= 0; k--) {
      reflect(realsFrom(stacked, k * height + k), real(tau, k), realsFrom(column, k), height - k);
    }
    for (let v: i32 = 0; v < variables; v++) putReal(turned, v * terms + c, real(column, v));
  }
  return terms;
}

/**
 * One sweep of one-sided Jacobi (Hestenes 1958): turns the columns against each other and returns how many pairs were not yet
 * orthogonal. After a sweep that returns 0 their lengths are the singular values and their directions the left vectors, each to
 * high relative accuracy.
 */
export function orthogonalise(matrix: Reals, rows: i32, columns: i32): i32 {
  let turns: i32 = 0;
  for (let i: i32 = 0; i < columns - 1; i++) {
    for (let j: i32 = i + 1; j < columns; j++) turns += turn(realsFrom(matrix, i * rows), realsFrom(matrix, j * rows), rows);
  }
  return turns;
}

/**
 * Canonical correlations, largest first, and the cointegrating vectors from the orthogonalised matrix, which is sorted in place.
 *
 * correlations: `variables`. vectors: variables columns of `terms` values, scaled to v'S11 v = 1 with S11 = R1'R1 / rows.
 */
export function cointegratingVectors(
  turned: Reals,
  rows: i32,
  variables: i32,
  terms: i32,
  stacked: Reals,
  smallDiagonal: Reals,
  correlations: Reals,
  vectors: Reals,
): void {
  sortByLength(turned, terms, variables, correlations);
  const unit = Math.sqrt(rows);
  for (let v: i32 = 0; v < variables; v++) {
    const size = real(correlations, v);
    const vector = realsFrom(vectors, v * terms);
    for (let c: i32 = 0; c < terms; c++) {
      putReal(vector, c, size > 0.0 ? (real(turned, v * terms + c) / size) * unit : 0.0);
    }
    solveUpper(stacked, variables + terms, terms, smallDiagonal, vector);
  }
}

/** 1 when the two columns were not orthogonal to the last digits and have been turned. */
function turn(a: Reals, b: Reals, count: i32): i32 {
  const aa = dot(a, a, count);
  const bb = dot(b, b, count);
  const ab = dot(a, b, count);
  if (!(Math.abs(ab) > 1.0e-15 * Math.sqrt(aa) * Math.sqrt(bb))) return 0;
  const zeta: f64 = (bb - aa) / (2.0 * ab);
  const size: f64 = 1.0 / (Math.abs(zeta) + Math.sqrt(1.0 + zeta * zeta));
  const tangent: f64 = zeta < 0.0 ? 0.0 - size : size;
  const cosine: f64 = 1.0 / Math.sqrt(1.0 + tangent * tangent);
  const sine: f64 = cosine * tangent;
  for (let r: i32 = 0; r < count; r++) {
    const x = real(a, r);
    const y = real(b, r);
    putReal(a, r, cosine * x - sine * y);
    putReal(b, r, sine * x + cosine * y);
  }
  return 1;
}

/** Sorts columns by length, longest first; the lengths go to `lengths`. */
function sortByLength(matrix: Reals, rows: i32, columns: i32, lengths: Reals): void {
  for (let c: i32 = 0; c < columns; c++) {
    const column = realsFrom(matrix, c * rows);
    putReal(lengths, c, Math.sqrt(dot(column, column, rows)));
  }
  for (let c: i32 = 0; c < columns - 1; c++) {
    let longest: i32 = c;
    for (let k: i32 = c + 1; k < columns; k++) if (real(lengths, k) > real(lengths, longest)) longest = k;
    if (longest == c) continue;
    swap(lengths, c, lengths, longest);
    for (let r: i32 = 0; r < rows; r++) swap(matrix, c * rows + r, matrix, longest * rows + r);
  }
}

function swap(x: Reals, i: i32, y: Reals, j: i32): void {
  const kept = real(x, i);
  putReal(x, i, real(y, j));
  putReal(y, j, kept);
}

/**
 * Likelihood-ratio statistics from canonical correlations: maxEigen[i] = -rows ln(1 - r_i^2), trace[i] their sum from i on.
 * The logarithm makes these the only Johansen results that may differ from the TypeScript twin, by at most 2 ulp.
 */
export function rankStatistics(correlations: Reals, variables: i32, rows: i32, trace: Reals, maxEigen: Reals): void {
  let sum: f64 = 0.0;
  for (let v: i32 = variables - 1; v >= 0; v--) {
    const correlation = real(correlations, v);
    const statistic: f64 = 0.0 - rows * Math.log1p(0.0 - correlation * correlation);
    sum += statistic;
    putReal(maxEigen, v, statistic);
    putReal(trace, v, sum);
  }
}
