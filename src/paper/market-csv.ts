/**
 * Recorded market: CSV files of best quotes, trades or candles, streamed and merged by time.
 *
 * A file's kind is read from its header. A row that is not what the header promises is a `MarketFileError` with file and
 * line; nothing is skipped in silence. At most one row per file is held, plus the read buffer.
 *
 * A candle becomes four quotes spread over its first minute: open, the nearer extreme, the other extreme, close (low first when
 * it closed up), each with an assumed spread and a quarter of the volume on each side. What happened inside a candle is
 * not recorded, so this is an assumption and not data.
 */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import type { MarketEvent, MarketSource } from "./market.ts";

export interface CsvFile {
  readonly path: string;
  readonly symbol: string;
}

export class MarketFileError extends Error {
  override readonly name = "MarketFileError";
  readonly code = "MARKET_FILE_BAD";
  readonly file: string;
  readonly line: number;

  /** Line 0 is the file as a whole. */
  constructor(file: string, line: number, what: string) {
    super(`${line === 0 ? file : `${file}:${line}`}: ${what}`);
    this.file = file;
    this.line = line;
  }
}

export function createCsvMarket(files: readonly CsvFile[]): MarketSource {
  return { open: () => merge(files) };
}

/** The one of `symbols` that a file's name holds between separators, or null: `perp_BTCUSDT_bbo.csv` → `BTCUSDT`. */
export function symbolOfFile(path: string, symbols: readonly string[]): string | null {
  const words = basename(path).split(/[^A-Za-z0-9]+/);
  const found = symbols.filter((symbol) => words.includes(symbol));
  return found.length === 1 ? found[0]! : null;
}

/** Merges the files by time; at equal times the earlier file of the list goes first. */
async function* merge(files: readonly CsvFile[]): AsyncGenerator<MarketEvent> {
  const readers = files.map((file) => readFile(file)[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(readers.map((reader) => reader.next()));
    for (;;) {
      let earliest = -1;
      for (const [at, head] of heads.entries()) {
        if (head.done) continue;
        const best = earliest < 0 ? undefined : heads[earliest];
        if (best === undefined || best.done || head.value.atMs < best.value.atMs) earliest = at;
      }
      const head = heads[earliest];
      if (head === undefined || head.done) return;
      yield head.value;
      heads[earliest] = await readers[earliest]!.next();
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return?.(undefined)));
  }
}

type RowReader = (cells: readonly string[], symbol: string, bad: (what: string) => never) => MarketEvent[];

const FORMATS: Readonly<Record<string, RowReader>> = {
  "local_ts_ns,exch_event_ms,update_id,bid_px,bid_qty,ask_px,ask_qty": readQuote,
  "local_ts_ns,exch_event_ms,exch_trade_ms,trade_id,price,qty,buyer_is_maker": readTrade,
  "timestamp_ms,open,high,low,close,volume": readCandle,
};

async function* readFile({ path, symbol }: CsvFile): AsyncGenerator<MarketEvent> {
  const input = createReadStream(path);
  let line = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let format: RowReader | undefined;
  let columns = 0;
  const bad = (what: string): never => {
    throw new MarketFileError(path, line, what);
  };
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (line === 1) {
        format = FORMATS[text.replace(/^\uFEFF/, "").trim()];
        columns = text.split(",").length;
        if (format === undefined) bad(`unknown header; known are ${Object.keys(FORMATS).join(" | ")}`);
        continue;
      }
      if (text === "") continue;
      const cells = text.split(",");
      if (cells.length !== columns) bad(`${cells.length} columns where the header has ${columns}`);
      for (const event of format!(cells, symbol, bad)) {
        if (event.atMs < lastMs) bad("time runs backwards");
        lastMs = event.atMs;
        yield event;
      }
    }
    if (line === 0) bad("empty file");
  } catch (error) {
    if (error instanceof MarketFileError) throw error;
    throw new MarketFileError(path, line, error instanceof Error ? error.message : String(error));
  } finally {
    input.destroy();
  }
}

function readQuote(cells: readonly string[], symbol: string, bad: (what: string) => never): MarketEvent[] {
  const bidE8 = exactE8(cells[3]!, "bid_px", "down", bad);
  const askE8 = exactE8(cells[5]!, "ask_px", "up", bad);
  if (bidE8 >= askE8) bad(`bid ${cells[3]} is not below ask ${cells[5]}`);
  const bidQtyE8 = exactE8(cells[4]!, "bid_qty", "down", bad);
  const askQtyE8 = exactE8(cells[6]!, "ask_qty", "down", bad);
  return [{ kind: "quote", symbol, atMs: nsToMs(cells[0]!, bad), bidE8, bidQtyE8, askE8, askQtyE8 }];
}

function readTrade(cells: readonly string[], symbol: string, bad: (what: string) => never): MarketEvent[] {
  const maker = cells[6]!.trim().toLowerCase();
  if (!["0", "1", "true", "false"].includes(maker)) bad(`buyer_is_maker "${cells[6]}" is neither 0 nor 1`);
  const buyerIsMaker = maker === "1" || maker === "true";
  const pxE8 = exactE8(cells[4]!, "price", buyerIsMaker ? "up" : "down", bad);
  const qtyE8 = exactE8(cells[5]!, "qty", "down", bad);
  return [{ kind: "trade", symbol, atMs: nsToMs(cells[0]!, bad), pxE8, qtyE8, buyerIsMaker }];
}

/** Assumed between bid and ask of a candle's prices. */
const CANDLE_HALF_SPREAD_BPS = 0.5;
/** A candle's four quotes stand a quarter of this apart. Files do not state their interval; a minute is the finest in use. */
const CANDLE_MS = 60_000;

function readCandle(cells: readonly string[], symbol: string, bad: (what: string) => never): MarketEvent[] {
  const atMs = Number(cells[0]);
  if (!Number.isSafeInteger(atMs) || atMs <= 0) bad(`timestamp_ms "${cells[0]}" is not a whole number`);
  const [open, high, low, close] = ["open", "high", "low", "close"].map((name, at) =>
    exactE8(cells[at + 1]!, name, "down", bad),
  ) as [number, number, number, number];
  if (low > Math.min(open, close) || high < Math.max(open, close)) bad("low and high do not enclose open and close");
  const volumeE8 = exactE8(cells[5]!, "volume", "down", bad);
  const path = close >= open ? [open, low, high, close] : [open, high, low, close];
  const qtyE8 = Math.max(1, Math.floor(volumeE8 / 4));
  return path.map((pxE8, quarter) => {
    const halfE8 = Math.max(1, Math.round((pxE8 * CANDLE_HALF_SPREAD_BPS) / 10_000));
    return {
      kind: "quote",
      symbol,
      atMs: atMs + (quarter * CANDLE_MS) / 4,
      bidE8: Math.max(1, pxE8 - halfE8),
      bidQtyE8: qtyE8,
      askE8: pxE8 + halfE8,
      askQtyE8: qtyE8,
    };
  });
}

const DECIMAL = /^(\d{1,15})(?:\.(\d{1,40}))?$/;

/** Positive decimal text in units of 10^-8. Digits beyond are rounded in the direction that flatters nobody. */
function exactE8(text: string, field: string, rounding: "down" | "up", bad: (what: string) => never): number {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return bad(`${field} "${text}" is not a plain decimal`);
  const fraction = match[2] ?? "";
  const kept = Number(match[1]! + fraction.slice(0, 8).padEnd(8, "0"));
  const value = kept + (rounding === "up" && /[1-9]/.test(fraction.slice(8)) ? 1 : 0);
  if (!Number.isSafeInteger(value)) bad(`${field} ${text} is too large`);
  if (value === 0 && field.endsWith("px")) bad(`${field} is zero`);
  return value;
}

/** Nanoseconds since the epoch exceed a double's whole numbers, milliseconds with a fraction do not. */
function nsToMs(text: string, bad: (what: string) => never): number {
  if (!/^\d{16,20}$/.test(text)) return bad(`local_ts_ns "${text}" is not a time in nanoseconds`);
  return Number(text.slice(0, -6)) + Number(text.slice(-6)) / 1e6;
}
