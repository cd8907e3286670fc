/** Ledoit-Wolf shrinkage of a covariance matrix toward a multiple of the identity (2004, J. Multivariate Analysis 88:365). Portable. */

/**
 * Shrinks `s`, an order x order sample covariance with divisor `count`, to shrinkage * m * I + (1 - shrinkage) * S in place and
 * returns the shrinkage, in [0, 1]. `quartic` is the sum over observations of their squared length, squared.
 *
 *   m = trace(S)/p    d2 = |S - mI|^2    b2 = min(d2, (quartic/n - |S|^2)/n)    shrinkage = b2/d2, 1 where d2 is 0
 */
export function shrinkToIdentity(s: Reals, order: i32, count: i32, quartic: f64): f64 {
  let trace: f64 = 0.0;
  for (let i: i32 = 0; i < order; i++) trace += real(s, i * order + i);
  const mean: f64 = trace / order;
  let norm: f64 = 0.0;
  let distance: f64 = 0.0;
  for (let i: i32 = 0; i < order; i++) {
    for (let j: i32 = 0; j < order; j++) {
      const value: f64 = real(s, i * order + j);
      const off: f64 = i == j ? value - mean : value;
      norm += value * value;
      distance += off * off;
    }
  }
  let error: f64 = (quartic / count - norm) / count;
  // The mean of |xx' - S|^2 is no less than 0; rounding may say otherwise where all observations have one length.
  if (error < 0.0) error = 0.0;
  const shrinkage: f64 = error < distance ? error / distance : 1.0;
  for (let i: i32 = 0; i < order; i++) {
    for (let j: i32 = 0; j < order; j++) {
      const at: i32 = i * order + j;
      const kept: f64 = (1.0 - shrinkage) * real(s, at);
      putReal(s, at, i == j ? kept + shrinkage * mean : kept);
    }
  }
  return shrinkage;
}
