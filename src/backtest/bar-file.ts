/**
 * A file of bars, read in blocks: time, open and close of each row, checked and in order.
 *
 * Invariants
 *   - Times rise from row to row. An earlier row is refused, an equal one too, unless it repeats the row before it cell by cell:
 *     that one is dropped and counted.
 *   - Prices are finite and above 0, volumes finite and not below 0; anything else is refused with file and line.
 *   - Memory does not depend on the file's length: one read buffer and one block of rows.
 *
 * Times may be milliseconds or microseconds since the epoch, also within one file (Binance Vision changed in 2025): numbers from
 * 1e14 on are microseconds. A bar without volume is stale: counted, and used like any other, because its price is what the
 * venue showed.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type BarColumns, readColumns } from "./bar-columns.ts";
import { BarsError } from "./bars-error.ts";
import { IntervalCount } from "./interval-count.ts";
import { cellText, RowCells } from "./row-cells.ts";

/** Rows of a block. */
const BLOCK_ROWS = 4096;
const BUFFER_BYTES = 1 << 18;
/** A line that is longer is no bar. */
const LINE_BYTES_MAX = 1 << 16;
const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = "\uFEFF";
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
  readonly sizeBytes: number;
  /** The block: the first `rows` values of each. */
  readonly timestampMs = new Float64Array(BLOCK_ROWS);
  readonly open = new Float64Array(BLOCK_ROWS);
  readonly close = new Float64Array(BLOCK_ROWS);
  rows = 0;
  /** Bytes read so far. */
  readBytes = 0;
  readonly #descriptor: number;
  readonly #columns: BarColumns;
  readonly #cells: RowCells;
  readonly #intervals = new IntervalCount();
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES + LINE_BYTES_MAX);
  /** Of the buffer: the next line starts at `at`, bytes end at `end`. */
  #at = 0;
  #end = 0;
  #line = 0;
  #atEnd = false;
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
    const { descriptor, sizeBytes } = openBytes(path);
    this.#descriptor = descriptor;
    this.sizeBytes = sizeBytes;
    try {
      this.#refill();
      const to = this.#lineEnd();
      const first = this.#buffer.toString("utf8", 0, to);
      const marked = first.startsWith(BYTE_ORDER_MARK);
      const { columns, isHeader } = readColumns(marked ? first.slice(1) : first, path);
      this.#columns = columns;
      if (isHeader) {
        this.#at = to + 1;
        this.#line = 1;
      } else if (marked) this.#at = Buffer.byteLength(BYTE_ORDER_MARK);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    const { time, open, high, low, close, volume } = this.#columns;
    this.#cells = new RowCells([time, open, high, low, close, volume]);
  }

  /** Reads the next block; false when there is none. ROW_BAD, ROW_OUT_OF_ORDER, ROW_CONTRADICTED, FILE_UNREADABLE. */
  next(): boolean {
    this.rows = 0;
    while (this.rows < BLOCK_ROWS) {
      const to = this.#lineEnd();
      const from = this.#at;
      if (from >= this.#end && this.#atEnd) break;
      this.#line++;
      this.#at = to + 1;
      this.#take(this.#buffer, from, to > from && this.#buffer[to - 1] === RETURN ? to - 1 : to);
    }
    return this.rows > 0;
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
    closeSync(this.#descriptor);
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
      this.#staleLine ??= this.#line;
    }
    if (highest < opened || highest < closed || lowest > opened || lowest > closed) {
      this.#inconsistent++;
      this.#inconsistentLine ??= this.#line;
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
    throw new BarsError("ROW_BAD", this.path, this.#line, what);
  }

  #refuseCell(bytes: Buffer, from: number, to: number): never {
    const { values } = this.#cells;
    for (const column of ["open", "high", "low", "close", "volume"] as const) {
      const cell = this.#columns[column];
      const value = values[cell]!;
      if (Number.isFinite(value) && (value > 0 || (value === 0 && column === "volume"))) continue;
      const text = cellText(bytes, from, to, cell);
      const needs = column === "volume" ? "a number from 0" : "a number above 0";
      throw new BarsError("ROW_BAD", this.path, this.#line, `${column} is "${text}", not ${needs}`);
    }
    throw new BarsError("ROW_BAD", this.path, this.#line, "prices are too large to add");
  }

  #repeated(timestampMs: number, ...cells: number[]): void {
    const previous = this.#previous;
    if (timestampMs < previous[0]!) {
      const what = `time ${timestampMs} is before ${previous[0]} of the row above: sort the file by time`;
      throw new BarsError("ROW_OUT_OF_ORDER", this.path, this.#line, what);
    }
    if (cells.some((cell, index) => cell !== previous[index + 1])) {
      const what = `time ${timestampMs} is that of the row above, with other numbers: one of them is wrong`;
      throw new BarsError("ROW_CONTRADICTED", this.path, this.#line, what);
    }
    this.#duplicates++;
    this.#duplicateLine ??= this.#line;
  }

  /** Where the line that starts at `at` ends, reading on when it is not whole yet. */
  #lineEnd(): number {
    for (;;) {
      const found = this.#buffer.indexOf(NEWLINE, this.#at);
      if (found >= 0 && found < this.#end) return found;
      if (this.#atEnd) return this.#end;
      if (this.#end - this.#at > LINE_BYTES_MAX) {
        throw new BarsError("ROW_BAD", this.path, this.#line + 1, `is longer than ${LINE_BYTES_MAX} bytes`);
      }
      this.#refill();
    }
  }

  #refill(): void {
    this.#buffer.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    try {
      const count = readSync(this.#descriptor, this.#buffer, this.#end, this.#buffer.length - this.#end, null);
      this.#end += count;
      this.readBytes += count;
      this.#atEnd = count === 0;
    } catch (error) {
      throw new BarsError("FILE_UNREADABLE", this.path, null, (error as Error).message);
    }
  }
}

function openBytes(path: string): { descriptor: number; sizeBytes: number } {
  try {
    const descriptor = openSync(path, "r");
    return { descriptor, sizeBytes: fstatSync(descriptor).size };
  } catch (error) {
    throw new BarsError("FILE_UNREADABLE", path, null, (error as Error).message);
  }
}
