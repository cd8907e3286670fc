/**
 * A text file, line by line and as bytes: what every reader of market data stands on.
 *
 * Invariants
 *   - Memory does not depend on the file's length: one buffer of 256 KiB plus the longest line.
 *   - Every byte is seen once and in order; the last line needs no newline, a byte order mark is passed over.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { BarsError } from "../backtest/bars-error.ts";

const BUFFER_BYTES = 1 << 18;
/** A line that is longer is no row of anything. */
const LINE_BYTES_MAX = 1 << 16;
const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

export class LineFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly bytes = Buffer.allocUnsafe(BUFFER_BYTES + LINE_BYTES_MAX);
  /** The line: bytes `from`..`to` - 1, without its end. Good until the next call of `next`. */
  from = 0;
  to = 0;
  /** Its number, from 1. */
  line = 0;
  readBytes = 0;
  readonly #descriptor: number;
  #at = 0;
  #end = 0;
  /** What of the buffer is read: made once per refill, not once per line. */
  #filled = this.bytes.subarray(0, 0);
  #atEnd = false;

  /** FILE_UNREADABLE. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, "r");
      this.sizeBytes = fstatSync(this.#descriptor).size;
    } catch (error) {
      throw new BarsError("FILE_UNREADABLE", path, null, (error as Error).message);
    }
  }

  /** Steps to the next line; false at the end. FILE_UNREADABLE, ROW_BAD for a line that does not end. */
  next(): boolean {
    const end = this.#lineEnd();
    if (this.#at >= this.#end && this.#atEnd) return false;
    this.line++;
    const marked = this.line === 1 && BYTE_ORDER_MARK.every((byte, at) => this.bytes[this.#at + at] === byte);
    this.from = this.#at + (marked ? BYTE_ORDER_MARK.length : 0);
    this.to = end > this.from && this.bytes[end - 1] === RETURN ? end - 1 : end;
    this.#at = end + 1;
    return true;
  }

  text(): string {
    return this.bytes.toString("utf8", this.from, this.to);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Where the line that starts at `#at` ends, reading on when it is not whole yet. */
  #lineEnd(): number {
    let searched = this.#at;
    for (;;) {
      const found = searched < this.#end ? this.#filled.indexOf(NEWLINE, searched) : -1;
      if (found >= 0) return found;
      if (this.#atEnd) return this.#end;
      if (this.#end - this.#at > LINE_BYTES_MAX) {
        throw new BarsError("ROW_BAD", this.path, this.line + 1, `is longer than ${LINE_BYTES_MAX} bytes`);
      }
      const kept = this.#end - this.#at;
      this.#refill();
      searched = kept;
    }
  }

  #refill(): void {
    this.bytes.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    try {
      const count = readSync(this.#descriptor, this.bytes, this.#end, this.bytes.length - this.#end, null);
      this.#end += count;
      this.readBytes += count;
      this.#filled = this.bytes.subarray(0, this.#end);
      this.#atEnd = count === 0;
    } catch (error) {
      throw new BarsError("FILE_UNREADABLE", this.path, null, (error as Error).message);
    }
  }
}
