/**
 * Sharing a quantity out by weight, in whole steps: largest remainder, and nobody gets less than its least.
 *
 * Invariants
 *   - Every share is a whole number of its step; the shares sum to the quantity less what is smaller than any step.
 *   - A share is 0 or at least its minimum, unless one entry is left to take it all.
 *
 * Writes into arrays of the caller and allocates nothing. O(count²), count ≤ the venues of an instrument.
 */

/** `weights` are consumed: an entry that would get less than its minimum ends with weight 0. */
export function shareOut(
  quantity: number,
  count: number,
  weights: Float64Array,
  steps: Float64Array,
  minima: Float64Array,
  shares: Float64Array,
): void {
  for (;;) {
    const total = sum(weights, count);
    let least = -1;
    let entries = 0;
    for (let i = 0; i < count; i++) {
      if (weights[i] === 0) continue;
      entries++;
      const small = (quantity * weights[i]!) / total < Math.max(minima[i]!, steps[i]!);
      if (small && (least < 0 || weights[i]! < weights[least]!)) least = i;
    }
    if (least < 0 || entries === 1) break;
    weights[least] = 0;
  }
  const total = sum(weights, count);
  let left = quantity;
  for (let i = 0; i < count; i++) {
    const exact = total === 0 ? 0 : (quantity * weights[i]!) / total;
    shares[i] = Math.floor(exact / steps[i]!) * steps[i]!;
    left -= shares[i]!;
  }
  for (;;) {
    let next = -1;
    let missing = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      if (weights[i] === 0 || steps[i]! > left) continue;
      const lacks = (quantity * weights[i]!) / total - shares[i]!;
      if (lacks <= missing) continue;
      missing = lacks;
      next = i;
    }
    if (next < 0) return;
    shares[next]! += steps[next]!;
    left -= steps[next]!;
  }
}

function sum(values: Float64Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += values[i]!;
  return total;
}
