/**
 * Bars that cannot be used: a coded error that names the file, the line and what is wrong there. Nothing is mended in silence.
 */
export type BarsErrorCode =
  /** The file cannot be opened or read. */
  | "FILE_UNREADABLE"
  /** The first line names columns, but not those of bars. */
  | "HEADER_BAD"
  /** A cell is missing or is not the number that its column needs. */
  | "ROW_BAD"
  /** A row is earlier than the one before it. */
  | "ROW_OUT_OF_ORDER"
  /** Two rows of one time say different things. */
  | "ROW_CONTRADICTED"
  /** Too few bars that both files have. */
  | "TOO_FEW_BARS"
  /** The legs are the same instrument up to a factor: their spread is rounding. */
  | "LEGS_IDENTICAL";

export class BarsError extends Error {
  override readonly name = "BarsError";
  readonly code: BarsErrorCode;
  readonly file: string;
  /** From 1; null when the whole file is meant. */
  readonly line: number | null;

  constructor(code: BarsErrorCode, file: string, line: number | null, what: string) {
    super(line === null ? `${file}: ${what}` : `${file}:${line}: ${what}`);
    this.code = code;
    this.file = file;
    this.line = line;
  }
}
