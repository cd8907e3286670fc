/** Ledoit-Wolf shrinkage of a covariance matrix toward a multiple of the identity (2004, J. Multivariate Analysis 88:365). Portable. */

/**
 * Adds to `out`, over columns from..to - 1 of `s`, an order x order covariance: [0] its squares |S|^2, [1] its squared distance
 * |S - mean*I|^2. Running sums, so cuts between calls leave no trace.
 */
export function shrinkNorms(s: Reals, order: i32, from: i32, to: i32, mean: f64, out: Reals): void {
  let norm = real(out, 0);
  let distance = real(out, 1);
  for (let i: i32 = from; i < to; i++) {
    for (let j: i32 = 0; j < order; j++) {
      const value: f64 = real(s, i * order + j);
      const off: f64 = i == j ? value - mean : value;
      norm += value * value;
      distance += off * off;
    }
  }
  putReal(out, 0, norm);
  putReal(out, 1, distance);
}

/** Columns from..to - 1 of s become shrinkage * mean * I + (1 - shrinkage) * s. */
export function shrinkColumns(s: Reals, order: i32, from: i32, to: i32, mean: f64, shrinkage: f64): void {
  for (let i: i32 = from; i < to; i++) {
    for (let j: i32 = 0; j < order; j++) {
      const at: i32 = i * order + j;
      const kept: f64 = (1.0 - shrinkage) * real(s, at);
      putReal(s, at, i == j ? kept + shrinkage * mean : kept);
    }
  }
}
