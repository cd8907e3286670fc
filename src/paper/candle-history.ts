/**
 * Candles of the past, as a paper venue's history endpoint serves them: those of a recorded CSV file, at the times that the file
 * has. A market that is made up has none.
 *
 * Digits go out as they stand in the file. Longer intervals are put together of whole ones: first open, highest high, lowest low,
 * last close, volumes added. Held in memory, at most CANDLES_MAX of a file.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const HEADER = "timestamp_ms,open,high,low,close,volume";
const CANDLES_MAX = 1_000_000;

export interface Candle {
  readonly atMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export class CandleHistory {
  readonly #candles: readonly Candle[];
  /** Between two candles of the file; the shortest there is. */
  readonly intervalMs: number;

  constructor(candles: readonly Candle[]) {
    this.#candles = candles;
    let shortest = Number.POSITIVE_INFINITY;
    for (let at = 1; at < candles.length; at++)
      shortest = Math.min(shortest, candles[at]!.atMs - candles[at - 1]!.atMs);
    this.intervalMs = shortest;
  }

  /** Whether candles of that length can be put together of these. */
  serves(intervalMs: number): boolean {
    return intervalMs % this.intervalMs === 0;
  }

  /** The first `limit` candles that begin within the two times, both included; without a start, the last ones. */
  page(intervalMs: number, fromMs: number | undefined, toMs: number, limit: number): readonly Candle[] {
    const found: Candle[] = [];
    const start = fromMs === undefined ? toMs - limit * intervalMs + 1 : fromMs;
    for (let at = this.#indexFrom(Math.ceil(start / intervalMs) * intervalMs); at < this.#candles.length; at++) {
      const candle = this.#candles[at]!;
      const atMs = candle.atMs - (candle.atMs % intervalMs);
      if (atMs > toMs) break;
      const last = found.at(-1);
      if (last?.atMs === atMs) found[found.length - 1] = joined(last, candle);
      else if (found.length === limit) break;
      else found.push({ ...candle, atMs });
    }
    return found;
  }

  /** Of the first candle at or after `fromMs`. */
  #indexFrom(fromMs: number): number {
    let low = 0;
    let high = this.#candles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#candles[middle]!.atMs < fromMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Null for a file that holds no candles: quotes and trades have no history to serve. */
export function readCandleHistory(path: string): CandleHistory | null {
  if (!startsWith(path, HEADER)) return null;
  const [, ...lines] = readFileSync(path, "utf8").split("\n");
  const rows = lines.filter((line) => line.trim() !== "").slice(0, CANDLES_MAX);
  const candles = rows.map((line): Candle => {
    const [time = "", open = "", high = "", low = "", close = "", volume = ""] = line.trim().split(",");
    return { atMs: Number(time), open, high, low, close, volume };
  });
  return new CandleHistory(candles);
}

/** Files of quotes may be huge: only their first bytes are read. */
function startsWith(path: string, text: string): boolean {
  const bytes = Buffer.alloc(text.length);
  const descriptor = openSync(path, "r");
  try {
    readSync(descriptor, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return bytes.toString("latin1") === text;
}

function joined(first: Candle, next: Candle): Candle {
  return {
    atMs: first.atMs,
    open: first.open,
    high: Number(next.high) > Number(first.high) ? next.high : first.high,
    low: Number(next.low) < Number(first.low) ? next.low : first.low,
    close: next.close,
    volume: String(Number(first.volume) + Number(next.volume)),
  };
}
