/** Lengths of candles that every exchange has. */
const TIMEFRAMES: readonly (readonly [name: string, ms: number])[] = [
  ["1m", 60_000],
  ["5m", 300_000],
  ["15m", 900_000],
  ["1h", 3_600_000],
  ["4h", 14_400_000],
  ["1d", 86_400_000],
];

/** The longest that is at most `ms`, or the shortest there is. */
export function timeframeWithin(ms: number): readonly [name: string, ms: number] {
  return TIMEFRAMES.findLast(([, lengthMs]) => lengthMs <= ms) ?? TIMEFRAMES[0]!;
}
