/**
 * Which cell of a bar file is what.
 *
 * Without a header the order is ccxt's, which is also that of Binance Vision's klines (they have six more columns behind it): time,
 * open, high, low, close, volume. A header names them in any order.
 */
import { BarsError } from "./bars-error.ts";
import { CELLS_MAX } from "./row-cells.ts";

export interface BarColumns {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const IN_ORDER: BarColumns = { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 };

const NAMES: Readonly<Record<keyof BarColumns, readonly string[]>> = {
  time: ["timestamp_ms", "timestamp", "open_time", "opentime", "open time", "time", "ts", "date", "unix"],
  open: ["open", "o"],
  high: ["high", "h"],
  low: ["low", "l"],
  close: ["close", "c"],
  volume: ["volume", "vol", "v", "base_volume"],
};

/** From a file's first line; `isHeader` says whether that line is to be skipped. HEADER_BAD names what is missing. */
export function readColumns(line: string, file: string): { columns: BarColumns; isHeader: boolean } {
  const names = line.split(",").map((name) => name.trim().replaceAll('"', "").toLowerCase());
  if (!/^[a-z_]/.test(names[0] ?? "") || names[0] === "nan") return { columns: IN_ORDER, isHeader: false };
  const find = (column: keyof BarColumns): number => {
    const found = NAMES[column].map((name) => names.indexOf(name)).find((at) => at >= 0);
    if (found !== undefined && found < CELLS_MAX) return found;
    const known = NAMES[column].join(", ");
    throw new BarsError("HEADER_BAD", file, 1, `has no column for ${column} (known: ${known}); it has ${names}`);
  };
  const columns = {
    time: find("time"),
    open: find("open"),
    high: find("high"),
    low: find("low"),
    close: find("close"),
    volume: find("volume"),
  };
  return { columns, isHeader: true };
}
