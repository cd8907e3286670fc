/**
 * A file of bars, read in blocks: time, open and close of each row, checked and in order.
 *
 * Invariants
 *   - Times rise from row to row. An earlier row is refused, an equal one too, unless it repeats the row before it cell by cell:
 *     that one is dropped and counted.
 *   - Prices are finite and above 0, volumes finite and not below 0; anything else is refused with file and line.
 *   - Memory does not depend on the file's length: one line file and one block of rows.
 *
 * Times may be milliseconds or microseconds since the epoch, also within one file (Binance Vision changed in 2025): numbers from
 * 1e14 on are microseconds. A bar without volume is stale: counted, and used like any other, because its price is what the
 * venue showed.
 */
import { LineFile } from "../market-data/line-file.ts";
import { type BarColumns, readColumns } from "./bar-columns.ts";
import { BarsError } from "./bars-error.ts";
import { IntervalCount } from "./interval-count.ts";
import { cellText, RowCells } from "./row-cells.ts";

/** Rows of a block. */
const BLOCK_ROWS = 4096;
const MS_MIN = 1e11;
const US_MIN = 1e14;
const NS_MIN = 1e17;

/** What was found in a file. */
export interface BarFileCounts {
  readonly file: string;
  /** Rows that are bars of their own. */
  readonly bars: number;
  readonly duplicate_bars: number;
  /** Bars without volume. */
  readonly stale_bars: number;
  /** Bars whose high or low does not hold their open and close. */
  readonly inconsistent_bars: number;
  readonly first_inconsistent_line: number | null;
  readonly first_duplicate_line: number | null;
  readonly first_stale_line: number | null;
  readonly gaps: number;
  readonly missing_bars: number;
  readonly interval_ms: number | null;
  readonly first_timestamp_ms: number | null;
  readonly last_timestamp_ms: number | null;
}

export class BarFile {
  readonly path: string;
  /** The block: the first `rows` values of each. */
  readonly timestampMs = new Float64Array(BLOCK_ROWS);
  readonly open = new Float64Array(BLOCK_ROWS);
  readonly close = new Float64Array(BLOCK_ROWS);
  rows = 0;
  readonly #file: LineFile;
  readonly #columns: BarColumns;
  readonly #cells: RowCells;
  readonly #intervals = new IntervalCount();
  /** The first line is a row, and has not been taken yet. */
  #pending: boolean;
  readonly #previous = new Float64Array(6).fill(Number.NaN);
  #bars = 0;
  #firstMs: number | null = null;
  #duplicates = 0;
  #stale = 0;
  #inconsistent = 0;
  #duplicateLine: number | null = null;
  #staleLine: number | null = null;
  #inconsistentLine: number | null = null;

  /** FILE_UNREADABLE, HEADER_BAD. */
  constructor(path: string) {
    this.path = path;
    this.#file = new LineFile(path);
    try {
      const any = this.#file.next();
      const { columns, isHeader } = readColumns(any ? this.#file.text() : "", path);
      this.#columns = columns;
      this.#pending = any && !isHeader;
    } catch (error) {
      this.#file.close();
      throw error;
    }
    const { time, open, high, low, close, volume } = this.#columns;
    this.#cells = new RowCells([time, open, high, low, close, volume]);
  }

  /** Reads the next block; false when there is none. ROW_BAD, ROW_OUT_OF_ORDER, ROW_CONTRADICTED, FILE_UNREADABLE. */
  next(): boolean {
    this.rows = 0;
    const file = this.#file;
    while (this.rows < BLOCK_ROWS) {
      if (this.#pending) this.#pending = false;
      else if (!file.next()) break;
      this.#take(file.bytes, file.from, file.to);
    }
    return this.rows > 0;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** Bytes read so far. */
  get readBytes(): number {
    return this.#file.readBytes;
  }

  counts(): BarFileCounts {
    const { gaps, missing } = this.#intervals.gaps();
    return {
      file: this.path,
      bars: this.#bars,
      duplicate_bars: this.#duplicates,
      stale_bars: this.#stale,
      inconsistent_bars: this.#inconsistent,
      first_inconsistent_line: this.#inconsistentLine,
      first_duplicate_line: this.#duplicateLine,
      first_stale_line: this.#staleLine,
      gaps,
      missing_bars: missing,
      interval_ms: this.#intervals.mostFrequentMs(),
      first_timestamp_ms: this.#firstMs,
      last_timestamp_ms: this.#bars === 0 ? null : this.#previous[0]!,
    };
  }

  end(): void {
    this.#file.close();
  }

  #take(bytes: Buffer, from: number, to: number): void {
    // Files end with an empty line, or with several.
    if (from === to) return;
    const { values } = this.#cells;
    this.#cells.read(bytes, from, to);
    const { time, open, high, low, close, volume } = this.#columns;
    const timestampMs = this.#milliseconds(values[time]!, bytes, from, to);
    const [opened, highest, lowest, closed] = [values[open]!, values[high]!, values[low]!, values[close]!];
    const traded = values[volume]!;
    const positive = opened > 0 && highest > 0 && lowest > 0 && closed > 0 && traded >= 0;
    // Of finite values only; a sum of infinities minus itself is NaN.
    if (!positive || opened + highest + lowest + closed + traded === Number.POSITIVE_INFINITY) {
      this.#refuseCell(bytes, from, to);
    }
    const previous = this.#previous;
    if (timestampMs <= previous[0]!) {
      this.#repeated(timestampMs, opened, highest, lowest, closed, traded);
      return;
    }
    if (this.#bars > 0) this.#intervals.add(timestampMs - previous[0]!);
    else this.#firstMs = timestampMs;
    previous[0] = timestampMs;
    previous[1] = opened;
    previous[2] = highest;
    previous[3] = lowest;
    previous[4] = closed;
    previous[5] = traded;
    if (traded === 0) {
      this.#stale++;
      this.#staleLine ??= this.#file.line;
    }
    if (highest < opened || highest < closed || lowest > opened || lowest > closed) {
      this.#inconsistent++;
      this.#inconsistentLine ??= this.#file.line;
    }
    this.timestampMs[this.rows] = timestampMs;
    this.open[this.rows] = opened;
    this.close[this.rows] = closed;
    this.rows++;
    this.#bars++;
  }

  #milliseconds(time: number, bytes: Buffer, from: number, to: number): number {
    if (time >= MS_MIN && time < US_MIN && Number.isInteger(time)) return time;
    if (time >= US_MIN && time < NS_MIN) return Math.floor(time / 1000);
    const text = cellText(bytes, from, to, this.#columns.time);
    const what = `time is "${text}", not milliseconds or microseconds since 1970`;
    throw new BarsError("ROW_BAD", this.path, this.#file.line, what);
  }

  #refuseCell(bytes: Buffer, from: number, to: number): never {
    const { values } = this.#cells;
    for (const column of ["open", "high", "low", "close", "volume"] as const) {
      const cell = this.#columns[column];
      const value = values[cell]!;
      if (Number.isFinite(value) && (value > 0 || (value === 0 && column === "volume"))) continue;
      const text = cellText(bytes, from, to, cell);
      const needs = column === "volume" ? "a number from 0" : "a number above 0";
      throw new BarsError("ROW_BAD", this.path, this.#file.line, `${column} is "${text}", not ${needs}`);
    }
    throw new BarsError("ROW_BAD", this.path, this.#file.line, "prices are too large to add");
  }

  #repeated(timestampMs: number, ...cells: number[]): void {
    const previous = this.#previous;
    if (timestampMs < previous[0]!) {
      const what = `time ${timestampMs} is before ${previous[0]} of the row above: sort the file by time`;
      throw new BarsError("ROW_OUT_OF_ORDER", this.path, this.#file.line, what);
    }
    if (cells.some((cell, index) => cell !== previous[index + 1])) {
      const what = `time ${timestampMs} is that of the row above, with other numbers: one of them is wrong`;
      throw new BarsError("ROW_CONTRADICTED", this.path, this.#file.line, what);
    }
    this.#duplicates++;
    this.#duplicateLine ??= this.#file.line;
  }
}
