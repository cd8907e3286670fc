/**
 * Candles of a CSV file, as `outrigger data download` and `import` write it, and as exchanges offer them. What is no candle, or
 * not in order of time, is refused with its line: an estimate on a broken file is worse than none.
 */
import { IntervalCount } from "../backtest/interval-count.ts";
import { MarketRows } from "../market-data/rows.ts";
import type { Candles } from "./candles.ts";
import { AnalysisError } from "./task.ts";

/** About a gigabyte of columns would be more than a thread may take. */
const ROWS_MAX = 4_000_000;

/** Those from `sinceMs` on. BarsError where it cannot be read as a market file, AnalysisError for what is in it. */
export function readCandleFile(path: string, sinceMs: number): Candles {
  const rows = new MarketRows(path);
  try {
    if (rows.kind !== "bars") throw new AnalysisError("NO_HISTORY", `${path} holds ${rows.kind}, not candles`);
    const columns: [number[], number[], number[], number[]] = [[], [], [], []];
    const intervals = new IntervalCount();
    let lastMs = Number.NEGATIVE_INFINITY;
    while (rows.next()) {
      const [atMs, open, high, low, close] = rows.values as unknown as readonly [
        number,
        number,
        number,
        number,
        number,
      ];
      if (!(low > 0 && high >= low && open > 0 && close > 0 && Number.isFinite(high) && atMs >= lastMs)) {
        throw new AnalysisError("SAMPLE_BAD", `${path}:${rows.line}: is no candle, or before the one above it`);
      }
      // A repeated row says nothing new.
      if (atMs === lastMs) continue;
      if (Number.isFinite(lastMs)) intervals.add(atMs - lastMs);
      lastMs = atMs;
      if (atMs < sinceMs) continue;
      if (columns[0].length >= ROWS_MAX) {
        throw new AnalysisError("SAMPLE_BAD", `${path}: more than ${ROWS_MAX} candles: longer ones serve as well`);
      }
      columns[0].push(atMs);
      columns[1].push(high);
      columns[2].push(low);
      columns[3].push(close);
    }
    const [times, highs, lows, closes] = columns.map((column) => Float64Array.from(column)) as Columns;
    const intervalMs = intervals.mostFrequentMs();
    if (intervalMs === null) throw new AnalysisError("NO_HISTORY", `${path} holds fewer than two candles`);
    return {
      from: path,
      intervalMs,
      endMs: lastMs + intervalMs,
      timestampMs: times,
      high: highs,
      low: lows,
      close: closes,
    };
  } finally {
    rows.close();
  }
}

type Columns = [Float64Array, Float64Array, Float64Array, Float64Array];
