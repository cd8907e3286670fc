/** Correlation, shrinkage, eigenvalues and Johansen's test as plain JavaScript writes them. See matrix.c and johansen.c. */
import { plainQr, plainReflect } from "./plain-sample.ts";

export function plainCorrelation(columns: readonly Float64Array[]): number[][] {
  const standard = columns.map((column) => {
    const z = centred(column);
    const factor = 1 / Math.sqrt(dot(z, z));
    return z.map((value) => value * factor);
  });
  return standard.map((a, i) => standard.map((b, j) => (i === j ? 1 : j < i ? dot(a, b) : Number.NaN))).map(mirrored);
}

/** Upper half from the lower one. */
function mirrored(row: number[], i: number, rows: number[][]): number[] {
  return row.map((value, j) => (j > i ? rows[j]![i]! : value));
}

function centred(x: Float64Array): Float64Array {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / x.length;
  return x.map((value) => value - mean);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function plainLedoitWolf(columns: readonly Float64Array[]): { matrix: number[][]; shrinkage: number } {
  const n = columns[0]!.length;
  const p = columns.length;
  const z = columns.map(centred);
  const s = z.map((a, i) => z.map((b, j) => (j <= i ? dot(a, b) / n : Number.NaN))).map(mirrored);
  const mean = s.reduce((sum, row, i) => sum + row[i]!, 0) / p;
  let norm = 0;
  let distance = 0;
  s.forEach((row, i) => {
    row.forEach((value, j) => {
      norm += value * value;
      distance += (i === j ? value - mean : value) ** 2;
    });
  });
  let quartic = 0;
  for (let t = 0; t < n; t++) {
    let length = 0;
    for (const column of z) length += column[t]! * column[t]!;
    quartic += length * length;
  }
  const shrinkage = Math.min(1, (quartic / n - norm) / n / distance);
  const matrix = s.map((row, i) => row.map((value, j) => (1 - shrinkage) * value + (i === j ? shrinkage * mean : 0)));
  return { matrix, shrinkage };
}

/** Cyclic Jacobi; `a` is used up. */
export function plainEigen(a: readonly Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const p = a.length;
  const vectors = a.map((_, i) => Float64Array.from({ length: p }, (_, j) => (i === j ? 1 : 0)));
  for (let turned = true; turned; ) {
    turned = false;
    for (let i = 0; i + 1 < p; i++) {
      for (let j = i + 1; j < p; j++) {
        const [aij, aii, ajj] = [a[i]![j]!, a[i]![i]!, a[j]![j]!];
        if (Math.abs(aij) <= 1.1102230246251565e-16 * Math.sqrt(Math.abs(aii)) * Math.sqrt(Math.abs(ajj))) continue;
        turned = true;
        const theta = (ajj - aii) / (2 * aij);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotate(a[i]!, a[j]!, c, s);
        for (const row of a) {
          const [x, y] = [row[i]!, row[j]!];
          row[i] = c * x - s * y;
          row[j] = s * x + c * y;
        }
        rotate(vectors[i]!, vectors[j]!, c, s);
      }
    }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let k = 0; k < a.length; k++) {
    const x = a[k]!;
    const y = b[k]!;
    a[k] = c * x - s * y;
    b[k] = s * x + c * y;
  }
}

/** Unrestricted constant. */
export function plainJohansen(
  rows: readonly Float64Array[],
  lags: number,
): { eigenvalues: number[]; eigenvectors: number[][]; trace: number[] } {
  const k = rows[0]!.length;
  const count = rows.length - lags;
  const column = (value: (t: number) => number) => Float64Array.from({ length: count }, (_, t) => value(t + lags));
  const matrix = [column(() => 1)];
  for (let lag = 1; lag < lags; lag++) {
    for (let v = 0; v < k; v++) matrix.push(column((t) => rows[t - lag]![v]! - rows[t - lag - 1]![v]!));
  }
  const lead = matrix.length;
  for (let v = 0; v < k; v++) matrix.push(column((t) => rows[t]![v]! - rows[t - 1]![v]!));
  for (let v = 0; v < k; v++) matrix.push(column((t) => rows[t - 1]![v]! - rows[0]![v]!));
  const { diagonal } = plainQr(matrix);

  const stacked = Array.from({ length: k }, (_, c) => {
    const at = lead + k + c;
    return Float64Array.from({ length: 2 * k }, (_, r) => {
      const row = lead + r;
      if (row === at) return diagonal[at]!;
      return row < at ? matrix[at]![row]! : 0;
    });
  });
  const small = plainQr(stacked);
  const turned = Array.from({ length: k }, () => new Float64Array(k));
  for (let c = 0; c < k; c++) {
    const basis = new Float64Array(2 * k);
    basis[c] = 1;
    for (let j = k - 1; j >= 0; j--) plainReflect(stacked[j]!, small.beta[j]!, basis, j);
    for (let v = 0; v < k; v++) turned[v]![c] = basis[v]!;
  }
  orthogonalise(turned);
  const found = turned.map((vector) => ({ vector, eigenvalue: dot(vector, vector) }));
  found.sort((a, b) => b.eigenvalue - a.eigenvalue);
  const eigenvectors = found.map(({ vector, eigenvalue }) => {
    const x = Array.from(vector, (value) => (value / Math.sqrt(eigenvalue)) * Math.sqrt(count));
    for (let c = k - 1; c >= 0; c--) {
      x[c]! /= small.diagonal[c]!;
      for (let i = 0; i < c; i++) x[i]! -= stacked[c]![i]! * x[c]!;
    }
    return x;
  });
  const eigenvalues = found.map(({ eigenvalue }) => eigenvalue);
  const trace = eigenvalues.map((_, i) => -count * eigenvalues.slice(i).reduce((sum, e) => sum + Math.log1p(-e), 0));
  return { eigenvalues, eigenvectors, trace };
}

/** One-sided Jacobi. */
function orthogonalise(columns: readonly Float64Array[]): void {
  for (let again = true; again; ) {
    again = false;
    for (let i = 0; i + 1 < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) {
        const [a, b] = [columns[i]!, columns[j]!];
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (!(Math.abs(ab) > 1e-15 * Math.sqrt(aa) * Math.sqrt(bb))) continue;
        again = true;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(a, b, c, c * t);
      }
    }
  }
}
