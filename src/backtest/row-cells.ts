/**
 * Cells of a CSV line as numbers, read from bytes without a string in between.
 *
 * A plain decimal whose digits fit 2^53 and that has at most 22 places is one exact integer divided by one exact power of ten: one
 * rounding, so the double is the one that `Number` gives. Times in nanoseconds are longer: two exact parts, added with one rounding.
 * Everything else goes through `Number` itself.
 */
import { isAscii } from "node:buffer";

const COMMA = 44;
const POINT = 46;
const MINUS = 45;
const ZERO = 48;
const SPACE = 32;
const QUOTE = 34;
const INTEGER_MAX = 2 ** 53;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, places) => Number(`1e${places}`));

const LONG_DIGITS_MAX = 19;
const LOW_DIGITS = 9;
const LOW_UNIT = 1e9;
/** Up to here a number times LOW_UNIT is exact: its odd part, times 5^9, fits 2^53. */
const HIGH_MAX = 4_600_000_000;

/** Cells of a line that are looked at, at most; more may follow and are ignored. */
export const CELLS_MAX = 32;

export class RowCells {
  /** Numbers of the last line; NaN for a cell that is none. */
  readonly values = new Float64Array(CELLS_MAX);
  readonly #wanted: Uint8Array;
  readonly #cells: number;

  /** `wanted`: indices of the cells that are read. */
  constructor(wanted: readonly number[]) {
    this.#cells = Math.max(...wanted) + 1;
    this.#wanted = new Uint8Array(this.#cells);
    for (const cell of wanted) this.#wanted[cell] = 1;
  }

  /** Reads the line in bytes `from`..`to` - 1. A missing cell is NaN. */
  read(bytes: Buffer, from: number, to: number): void {
    const values = this.values;
    let at = from;
    for (let cell = 0; cell < this.#cells; cell++) {
      if (at > to) {
        values[cell] = Number.NaN;
        continue;
      }
      if (this.#wanted[cell] === 0) {
        while (at < to && bytes[at] !== COMMA) at++;
        at++;
        continue;
      }
      const start = at;
      const negative = bytes[at] === MINUS;
      if (negative) at++;
      const digits = at;
      let whole = 0;
      let point = -1;
      for (; at < to; at++) {
        const byte = bytes[at]!;
        if (byte >= ZERO && byte <= ZERO + 9) whole = whole * 10 + (byte - ZERO);
        else if (byte === POINT && point < 0) point = at;
        else break;
      }
      const places = point < 0 ? 0 : at - point - 1;
      const plain = (at === to || bytes[at] === COMMA) && at - digits > (point < 0 ? 0 : 1);
      if (plain && whole < INTEGER_MAX && places <= 22) {
        const value = places === 0 ? whole : whole / POWERS_OF_TEN[places]!;
        values[cell] = negative ? -value : value;
      } else if (plain && places === 0 && point < 0 && at - digits <= LONG_DIGITS_MAX) {
        const value = longInteger(bytes, digits, at);
        values[cell] = negative ? -value : value;
      } else {
        while (at < to && bytes[at] !== COMMA) at++;
        values[cell] = numberOf(bytes, start, at);
      }
      at++;
    }
  }
}

/** 16 to 18 digits, or 19 that begin with a number below HIGH_MAX: enough for nanoseconds until the year 2115. */
function longInteger(bytes: Buffer, from: number, to: number): number {
  let [high, low] = [0, 0];
  const middle = to - LOW_DIGITS;
  for (let at = from; at < middle; at++) high = high * 10 + (bytes[at]! - ZERO);
  for (let at = middle; at < to; at++) low = low * 10 + (bytes[at]! - ZERO);
  return high < HIGH_MAX ? high * LOW_UNIT + low : numberOf(bytes, from, to);
}

/** The cell as written, for messages. */
export function cellText(bytes: Buffer, from: number, to: number, cell: number): string {
  return bytes.toString("latin1", from, to).split(",")[cell] ?? "";
}

/** Exponents, spaces and quotes around a number are understood; an empty cell is none. */
function numberOf(bytes: Buffer, from: number, to: number): number {
  if (from === to) return Number.NaN;
  let [start, end] = [from, to];
  while (start < end && blank(bytes[start]!)) start++;
  while (end > start && blank(bytes[end - 1]!)) end--;
  const text = bytes.subarray(start, end);
  if (!isAscii(text) || start === end) return Number.NaN;
  const written = text.toString("latin1");
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(written) ? Number(written) : Number.NaN;
}

function blank(byte: number): boolean {
  return byte === SPACE || byte === QUOTE || byte === 9;
}
