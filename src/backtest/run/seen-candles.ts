/**
 * Candles of what a run has seen so far, by instrument: the history that its analyses go by where no file holds an older one.
 *
 * Made of the mids of quotes as they arrive, so nothing is in them that was not known. A candle in which nothing was shown is
 * missing. Bounded: beyond `rowsMax` of an instrument the oldest half is let go.
 */
import { type Candles, candlesWithin, joinedCandles } from "../../analyses/candles.ts";
import { AnalysisError, type CandleNeed } from "../../analyses/task.ts";
import type { Directory } from "../../domain/instrument.ts";
import type { Quote } from "../../domain/order.ts";

const ROWS_FIRST = 1024;

export class SeenCandles {
  readonly #directory: Directory;
  readonly #intervalMs: number;
  readonly #rowsMax: number;
  readonly #series: Series[];

  constructor(directory: Directory, intervalMs: number, rowsMax: number) {
    this.#directory = directory;
    this.#intervalMs = intervalMs;
    this.#rowsMax = rowsMax;
    this.#series = directory.instruments.map(() => new Series());
  }

  /** Allocates nothing but when it grows. */
  onQuote({ listing, bidTicks, askTicks }: Quote, wallMs: number): void {
    const { instrument } = this.#directory.listings[listing]!;
    const price = ((bidTicks + askTicks) / 2) * this.#directory.instruments[instrument]!.tick;
    const atMs = Math.floor(wallMs / this.#intervalMs) * this.#intervalMs;
    this.#series[instrument]!.add(atMs, price, this.#rowsMax);
  }

  /** NO_HISTORY for an instrument that showed nothing. What is not over yet is for the reader to leave out. */
  read({ instrument, intervalMs, spanMs }: CandleNeed, nowMs: number): Candles {
    const { symbol } = this.#directory.instruments[instrument]!;
    const series = this.#series[instrument]!;
    if (series.rows === 0) throw new AnalysisError("NO_HISTORY", `no price of ${symbol} was seen`);
    const columns = series.columns();
    const endMs = columns.timestampMs.at(-1)! + this.#intervalMs;
    const all = { from: `${symbol} as the run saw it`, intervalMs: this.#intervalMs, endMs, ...columns };
    const seen = candlesWithin(all, nowMs - spanMs, nowMs);
    const fits = seen.intervalMs < intervalMs && intervalMs % seen.intervalMs === 0;
    return fits ? joinedCandles(seen, intervalMs) : seen;
  }
}

class Series {
  rows = 0;
  #time = new Float64Array(ROWS_FIRST);
  #high = new Float64Array(ROWS_FIRST);
  #low = new Float64Array(ROWS_FIRST);
  #close = new Float64Array(ROWS_FIRST);

  add(atMs: number, price: number, rowsMax: number): void {
    const last = this.rows - 1;
    if (last >= 0 && this.#time[last]! >= atMs) {
      if (price > this.#high[last]!) this.#high[last] = price;
      if (price < this.#low[last]!) this.#low[last] = price;
      this.#close[last] = price;
      return;
    }
    if (this.rows >= rowsMax) this.#keep(this.rows - (rowsMax >> 1), this.#time.length);
    else if (this.rows === this.#time.length) this.#keep(0, 2 * this.#time.length);
    const row = this.rows++;
    this.#time[row] = atMs;
    this.#high[row] = price;
    this.#low[row] = price;
    this.#close[row] = price;
  }

  columns(): Pick<Candles, "timestampMs" | "high" | "low" | "close"> {
    const of = (column: Float64Array) => column.subarray(0, this.rows);
    return { timestampMs: of(this.#time), high: of(this.#high), low: of(this.#low), close: of(this.#close) };
  }

  /** Those from row `from` on, in columns of `length`. */
  #keep(from: number, length: number): void {
    const kept = (column: Float64Array) => {
      const longer = new Float64Array(length);
      longer.set(column.subarray(from, this.rows));
      return longer;
    };
    this.#time = kept(this.#time);
    this.#high = kept(this.#high);
    this.#low = kept(this.#low);
    this.#close = kept(this.#close);
    this.rows -= from;
  }
}
