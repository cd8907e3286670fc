/**
 * A file of bars, quotes or trades, row by row, as numbers and not yet judged: a cell that is no number is NaN.
 *
 * Times may be milliseconds, microseconds or nanoseconds since the epoch, also within one file (Binance Vision changed in 2025).
 * They are told apart by their size and come out as milliseconds, with a fraction where the file has one.
 */
import { cellText, RowCells } from "../backtest/row-cells.ts";
import { FIELDS, type MarketFormat, type MarketKind, readFormat } from "./format.ts";
import { LineFile } from "./line-file.ts";

const MS_MIN = 1e11;
const US_MIN = 1e14;
const NS_MIN = 1e17;
const NS_END = 1e20;

/** Milliseconds since the epoch; NaN for what is no time in ms, µs or ns. */
export function toMilliseconds(time: number): number {
  if (time >= MS_MIN && time < US_MIN) return time;
  if (time >= US_MIN && time < NS_MIN) return time / 1e3;
  if (time >= NS_MIN && time < NS_END) return time / 1e6;
  return Number.NaN;
}

export class MarketRows {
  readonly path: string;
  readonly format: MarketFormat;
  /** The row: fields of FIELDS[kind] by place; times in ms. A field the file does not have is NaN. */
  readonly values: Float64Array;
  readonly #file: LineFile;
  readonly #cells: RowCells;
  #pending: boolean;

  /** FILE_UNREADABLE, HEADER_BAD. */
  constructor(path: string) {
    this.path = path;
    this.#file = new LineFile(path);
    try {
      const any = this.#file.next();
      this.format = readFormat(any ? this.#file.text() : "", path);
      this.#pending = any && !this.format.isHeader;
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.values = new Float64Array(FIELDS[this.format.kind].length);
    this.#cells = new RowCells(this.format.cells.filter((cell) => cell >= 0));
  }

  get kind(): MarketKind {
    return this.format.kind;
  }

  get line(): number {
    return this.#file.line;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  get readBytes(): number {
    return this.#file.readBytes;
  }

  /** Steps to the next row that is not empty; false at the end. FILE_UNREADABLE, ROW_BAD for a line without end. */
  next(): boolean {
    const file = this.#file;
    do {
      if (this.#pending) this.#pending = false;
      else if (!file.next()) return false;
    } while (file.from === file.to);
    this.#cells.read(file.bytes, file.from, file.to);
    const { cells } = this.format;
    for (let field = 0; field < cells.length; field++) {
      const cell = cells[field]!;
      this.values[field] = cell < 0 ? Number.NaN : this.#cells.values[cell]!;
    }
    this.values[0] = toMilliseconds(this.values[0]!);
    return true;
  }

  /** A field's cell as written, without blanks and quotes; "" for one the file does not have. */
  text(field: number): string {
    const cell = this.format.cells[field]!;
    const { bytes, from, to } = this.#file;
    return cell < 0 ? "" : cellText(bytes, from, to, cell).replace(/^[\s"]+|[\s"]+$/g, "");
  }

  /** Another cell of the row, by its number in the file. */
  cell(at: number): string {
    const { bytes, from, to } = this.#file;
    return cellText(bytes, from, to, at).replace(/^[\s"]+|[\s"]+$/g, "");
  }

  close(): void {
    this.#file.close();
  }
}
