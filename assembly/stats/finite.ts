/** Whether a vector may be computed with at all. Portable: compiled by asc and by tsc, bit for bit the same. */

/** Index of the first value that is NaN or infinite; -1 when all are finite. */
export function firstNotFinite(x: Reals, count: i32): i32 {
  let at: i32 = 0;
  // v - v is 0 for finite values and NaN else, and NaN spreads: four at a time, then the culprit is looked for.
  for (; at + 4 <= count; at += 4) {
    const a = pair(x, at);
    const b = pair(x, at + 2);
    if (pairSum(pairAdd(pairSub(a, a), pairSub(b, b))) != 0.0) break;
  }
  for (; at < count; at++) {
    const value = real(x, at);
    if (value - value != 0.0) return at;
  }
  return -1;
}
