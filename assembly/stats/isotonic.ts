/** Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002). Portable. */

/**
 * Sums and weights of consecutive points are pooled in place into blocks whose means do not fall: points from..to - 1 join the
 * `before` blocks that those in front of them made. Returns how many blocks there are, with their sums in `sums`, weights in
 * `weights` and the number of points of each in `sizes`. O(points), over all calls.
 */
export function poolViolators(sums: Reals, weights: Reals, before: i32, from: i32, to: i32, sizes: Reals): i32 {
  let blocks: i32 = before;
  for (let at: i32 = from; at < to; at++) {
    let sum: f64 = real(sums, at);
    let weight: f64 = real(weights, at);
    let size: f64 = 1.0;
    while (blocks > 0) {
      const last: i32 = blocks - 1;
      // Means compared without dividing: sums of outcomes and weights are whole numbers, so equal means are seen as equal.
      if (real(sums, last) * weight < sum * real(weights, last)) break;
      sum += real(sums, last);
      weight += real(weights, last);
      size += real(sizes, last);
      blocks = last;
    }
    putReal(sums, blocks, sum);
    putReal(weights, blocks, weight);
    putReal(sizes, blocks, size);
    blocks++;
  }
  return blocks;
}
