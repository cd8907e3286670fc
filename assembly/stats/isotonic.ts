/** Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002). Portable. */

/**
 * Sums and weights of consecutive points are pooled in place into blocks whose means do not fall; returns how many blocks are
 * left, with their sums in `sums`, weights in `weights` and the number of points of each in `sizes`. O(count).
 */
export function poolViolators(sums: Reals, weights: Reals, count: i32, sizes: Reals): i32 {
  let blocks: i32 = 0;
  for (let at: i32 = 0; at < count; at++) {
    let sum: f64 = real(sums, at);
    let weight: f64 = real(weights, at);
    let size: f64 = 1.0;
    while (blocks > 0) {
      const before: i32 = blocks - 1;
      // Means compared without dividing: sums of outcomes and weights are whole numbers, so equal means are seen as equal.
      if (real(sums, before) * weight < sum * real(weights, before)) break;
      sum += real(sums, before);
      weight += real(weights, before);
      size += real(sizes, before);
      blocks = before;
    }
    putReal(sums, blocks, sum);
    putReal(weights, blocks, weight);
    putReal(sizes, blocks, size);
    blocks++;
  }
  return blocks;
}
