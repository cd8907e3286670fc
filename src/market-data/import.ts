/**
 * Brings files of market data into this project's form: one CSV with this project's header, plain decimals, times in ms (bars) or
 * ns (ticks), in order, without repetitions, and its checksum beside it.
 *
 * Several files become one, in the order in which they are given: months of one instrument. Numbers keep their digits, moved
 * where an exponent stood, never rounded. A row that is no row of its kind, is out of order or contradicts the one before it is
 * refused with file and line, and nothing is left behind: what to do about it is for people.
 */
import { BarsError } from "../backtest/bars-error.ts";
import { ChecksumFile } from "./checksum-file.ts";
import { FIELDS, HEADERS, type MarketKind } from "./format.ts";
import { plainDecimal } from "./plain-decimal.ts";
import { MarketRows } from "./rows.ts";

export interface ImportResult {
  readonly kind: MarketKind;
  readonly rows: number;
  /** Rows that repeated the one before them. */
  readonly duplicates: number;
  readonly sha256: string;
}

/** BarsError with file and line. `paths` are of one kind. */
export function importFiles(paths: readonly string[], out: string): ImportResult {
  const writer = new ChecksumFile(out);
  try {
    const state = {
      kind: null as MarketKind | null,
      rows: 0,
      duplicates: 0,
      lastMs: Number.NEGATIVE_INFINITY,
      last: "",
    };
    for (const path of paths) {
      const rows = new MarketRows(path);
      try {
        if (state.kind === null) writer.line(HEADERS[rows.kind]);
        else if (state.kind !== rows.kind) {
          throw new BarsError("HEADER_BAD", path, 1, `holds ${rows.kind}, and the files before it ${state.kind}`);
        }
        state.kind = rows.kind;
        while (rows.next()) {
          const text = rowText(rows);
          const timeMs = rows.values[0]!;
          if (timeMs < state.lastMs) {
            const what = `time ${timeMs} is before ${state.lastMs} of the row above`;
            throw new BarsError("ROW_OUT_OF_ORDER", path, rows.line, what);
          }
          if (text === state.last) {
            state.duplicates++;
            continue;
          }
          if (timeMs === state.lastMs && rows.kind === "bars") {
            const what = `time ${timeMs} is that of the row above, with other numbers: one of them is wrong`;
            throw new BarsError("ROW_CONTRADICTED", path, rows.line, what);
          }
          writer.line(text);
          state.rows++;
          state.lastMs = timeMs;
          state.last = text;
        }
      } finally {
        rows.close();
      }
    }
    const { kind, rows, duplicates } = state;
    if (kind === null || rows === 0) throw new BarsError("TOO_FEW_BARS", paths[0] ?? out, null, "holds no rows");
    return { kind, rows, duplicates, sha256: writer.finish() };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function rowText(rows: MarketRows): string {
  const numbers = FIELDS[rows.kind].map((_, field) => numberText(rows, field));
  if (rows.kind === "bars") {
    const [, open, high, low, close, volume] = numbers;
    return `${Math.floor(rows.values[0]!)},${open},${high},${low},${close},${volume}`;
  }
  const timeNs = nanoseconds(rows.text(0));
  if (rows.kind === "quotes") {
    const [, bid, ask, bidQty, askQty, id] = numbers;
    return `${timeNs},,${id},${bid},${bidQty},${ask},${askQty}`;
  }
  const [, price, quantity, id] = numbers;
  return `${timeNs},,,${id},${price},${quantity},${makerFlag(rows)}`;
}

/** The field's digits. ROW_BAD where it is no number that its column can hold. */
function numberText(rows: MarketRows, field: number): string {
  const value = rows.values[field]!;
  const name = FIELDS[rows.kind][field]!;
  const isAbsent = rows.format.cells[field]! < 0 || (name === "id" && rows.text(field) === "");
  if (isAbsent) return name === "id" ? "" : "0";
  const text = plainDecimal(rows.text(field));
  const isSize = /volume|Qty|quantity|id/.test(name);
  if (text === null || !Number.isFinite(value) || value < 0 || (value === 0 && !isSize)) {
    const what = field === 0 ? "no time in ms, µs or ns" : isSize ? "not a number from 0" : "not a number above 0";
    throw new BarsError("ROW_BAD", rows.path, rows.line, `${name} is "${rows.text(field)}", ${what}`);
  }
  return text;
}

/** All digits of the time, in ns. */
function nanoseconds(text: string): string {
  const whole = text.split(".")[0]!;
  return whole.padEnd(19, "0");
}

/** Whether the buyer was the maker, where the file says it; "0" is what a reader may assume otherwise. */
function makerFlag(rows: MarketRows): string {
  const at = rows.format.makerCell;
  return at >= 0 && /^(1|true)$/i.test(rows.cell(at)) ? "1" : "0";
}
