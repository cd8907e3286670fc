/** The doubles next to one, for edges that are held to one unit in the last place. Positive and finite only. */
export const above = (x: number): number => stepped(x, 1n);
export const below = (x: number): number => stepped(x, -1n);

function stepped(x: number, by: bigint): number {
  const bits = new BigInt64Array(1);
  const double = new Float64Array(bits.buffer);
  double[0] = x;
  bits[0]! += by;
  return double[0]!;
}
