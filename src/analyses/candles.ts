/**
 * Candles: bars of one instrument as columns, oldest first, each of them over.
 *
 * Invariants
 *   - Times rise by multiples of the interval and name the beginning of a candle.
 *   - `until(nowMs)` holds no candle that was not over at `nowMs`: who computes by it cannot look ahead.
 */
import { AnalysisError } from "./task.ts";

export interface Candles {
  /** Where they came from, for people. */
  readonly from: string;
  readonly intervalMs: number;
  /** When the last candle that the source has was over, whether it is among these or not. */
  readonly endMs: number;
  readonly timestampMs: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/** Those that begin at `sinceMs` or later and were over at `nowMs`. A view: nothing is copied. */
export function candlesWithin(candles: Candles, sinceMs: number, nowMs: number): Candles {
  const from = firstFrom(candles.timestampMs, sinceMs);
  const to = Math.max(from, firstFrom(candles.timestampMs, nowMs - candles.intervalMs + 1));
  return {
    from: candles.from,
    intervalMs: candles.intervalMs,
    endMs: candles.endMs,
    timestampMs: candles.timestampMs.subarray(from, to),
    high: candles.high.subarray(from, to),
    low: candles.low.subarray(from, to),
    close: candles.close.subarray(from, to),
  };
}

/**
 * Longer candles put together of shorter ones. One that lacks some of its parts stays, as its close is still the last price;
 * one that is not over is left out, as is the first where the history begins inside it.
 */
export function joinedCandles(candles: Candles, intervalMs: number): Candles {
  const { timestampMs, high, low, close } = candles;
  const rows: { atMs: number; high: number; low: number; close: number }[] = [];
  for (let i = 0; i < timestampMs.length; i++) {
    const atMs = Math.floor(timestampMs[i]! / intervalMs) * intervalMs;
    const last = rows.at(-1);
    if (last?.atMs !== atMs) rows.push({ atMs, high: high[i]!, low: low[i]!, close: close[i]! });
    else {
      last.high = Math.max(last.high, high[i]!);
      last.low = Math.min(last.low, low[i]!);
      last.close = close[i]!;
    }
  }
  const endMs = timestampMs.length === 0 ? 0 : timestampMs.at(-1)! + candles.intervalMs;
  if (rows.length > 0 && rows.at(-1)!.atMs + intervalMs > endMs) rows.pop();
  if (rows.length > 0 && rows[0]!.atMs < timestampMs[0]!) rows.shift();
  return {
    from: candles.from,
    intervalMs,
    endMs: candles.endMs,
    timestampMs: Float64Array.from(rows, ({ atMs }) => atMs),
    high: Float64Array.from(rows, (row) => row.high),
    low: Float64Array.from(rows, (row) => row.low),
    close: Float64Array.from(rows, (row) => row.close),
  };
}

/** Natural logarithms of the closes of two instruments at the times that both have: never by row number. */
export interface LogPair {
  readonly from: string;
  readonly intervalMs: number;
  readonly timestampMs: Float64Array;
  readonly y: Float64Array;
  readonly x: Float64Array;
}

/** NO_HISTORY for candles of different lengths that do not fit into one another. */
export function logPair(primary: Candles, hedge: Candles): LogPair {
  const { columns, ...rest } = logColumns([primary, hedge]);
  return { ...rest, y: columns[0]!, x: columns[1]! };
}

/** The same of any number of instruments, one column each. */
export interface LogColumns {
  readonly from: string;
  readonly intervalMs: number;
  readonly timestampMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** NO_HISTORY for candles of different lengths that do not fit into one another. */
export function logColumns(given: readonly Candles[]): LogColumns {
  const longest = given.reduce((one, other) => (other.intervalMs > one.intervalMs ? other : one));
  const { intervalMs } = longest;
  const all = given.map((candles) => {
    if (intervalMs % candles.intervalMs !== 0) {
      const what = `${candles.from} has candles of ${candles.intervalMs} ms and ${longest.from} of ${intervalMs}`;
      throw new AnalysisError("NO_HISTORY", what);
    }
    return candles.intervalMs === intervalMs ? candles : joinedCandles(candles, intervalMs);
  });
  const times: number[] = [];
  const rows = all.map((): number[] => []);
  const at = new Uint32Array(all.length);
  for (const atMs of all[0]!.timestampMs) {
    const shared = all.every(({ timestampMs }, k) => {
      while (timestampMs[at[k]!]! < atMs) at[k]!++;
      return timestampMs[at[k]!] === atMs;
    });
    if (!shared) continue;
    times.push(atMs);
    for (const [k, { close }] of all.entries()) rows[k]!.push(Math.log(close[at[k]!]!));
  }
  return {
    from: given.map(({ from }) => from).join(" and "),
    intervalMs,
    timestampMs: Float64Array.from(times),
    columns: rows.map((column) => Float64Array.from(column)),
  };
}

/** Index of the first time that is not before `ms`. */
export function firstFrom(times: Float64Array, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
