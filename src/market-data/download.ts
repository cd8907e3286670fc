/**
 * Downloads candles into one CSV of this project's form, page by page, and goes on where an earlier download stopped.
 *
 * Beside FILE.csv lie FILE.csv.json, which says of what the candles are, and, once everything asked for is there, FILE.csv.sha256.
 *
 * Invariants
 *   - The file holds whole rows in order of time after every page, whatever ends the process: a torn last row is cut off by the next
 *     download, and no candle is asked for twice but the one behind the last.
 *   - A candle that is not over yet is not written: it would change.
 *   - A file that was not begun as the same download is never touched.
 *   - What is no candle ends the download with what came; nothing is mended.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { CandleError, type CandleRow, type CandleSource } from "./candle-source.ts";
import { checksumPath, sha256Of, writeChecksum } from "./checksum-file.ts";
import { HEADERS } from "./format.ts";
import { plainDecimal } from "./plain-decimal.ts";

export interface DownloadOptions {
  readonly path: string;
  readonly sinceMs: number;
  /** Candles that begin before. */
  readonly untilMs: number;
  /** Wall clock: what is over by then. */
  nowMs(): number;
  /** Waits between attempts; may end early when stopped. */
  pause(ms: number): Promise<void>;
  /** Asked between pages. */
  stopped(): boolean;
  onProgress(share: number, rows: number): void;
}

export interface DownloadResult {
  /** In the file, and of them new. */
  readonly rows: number;
  readonly added: number;
  /** Intervals without a candle between the first and the last. */
  readonly missing: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Null where the download was stopped before its end. */
  readonly sha256: string | null;
}

const ATTEMPTS_MAX = 8;
const BACKOFF_MS = 500;
const BACKOFF_MS_MAX = 30_000;
/** The longest row there may be: what is looked at of a file's end. */
const ROW_BYTES_MAX = 1024;

/** CandleError: FILE_TAKEN, CANDLE_BAD, UNKNOWN, and UNAVAILABLE after several attempts; what came before is kept. */
export async function downloadCandles(source: CandleSource, options: DownloadOptions): Promise<DownloadResult> {
  const { intervalMs } = source;
  const file = openFile(source, options.path);
  rmSync(checksumPath(options.path), { force: true });
  let { rows, firstMs, lastMs } = file;
  let added = 0;
  const result = (sha256: string | null): DownloadResult => {
    const whole = firstMs === null || lastMs === null ? 0 : Math.round((lastMs - firstMs) / intervalMs) + 1;
    return { rows, added, missing: whole - rows, firstMs, lastMs, sha256 };
  };
  try {
    let sinceMs = lastMs === null ? Math.ceil(options.sinceMs / intervalMs) * intervalMs : lastMs + intervalMs;
    for (;;) {
      // What begins later is not over yet.
      const endMs = Math.min(options.untilMs, options.nowMs() - intervalMs + 1);
      if (sinceMs >= endMs) break;
      if (options.stopped()) return result(null);
      const page = await attempted(source, sinceMs, options);
      if (page === null) continue;
      let text = "";
      let nextMs = page.length === 0 ? sinceMs + source.limit * intervalMs : sinceMs;
      for (const row of page) {
        const [atMs] = row;
        if (atMs < nextMs) continue;
        if (atMs >= endMs) break;
        text += `${rowText(row, source)}\n`;
        rows++;
        added++;
        firstMs ??= atMs;
        lastMs = atMs;
        nextMs = atMs + intervalMs;
      }
      // A page whose candles are all known or not over yet: nothing new will come of asking again.
      if (page.length > 0 && text === "") nextMs = Math.max(nextMs, page.at(-1)![0] + intervalMs);
      if (text !== "") {
        writeSync(file.descriptor, text);
        fdatasyncSync(file.descriptor);
      }
      sinceMs = nextMs;
      options.onProgress((sinceMs - options.sinceMs) / Math.max(1, endMs - options.sinceMs), rows);
    }
  } finally {
    closeSync(file.descriptor);
  }
  const sha256 = sha256Of(options.path);
  writeChecksum(options.path, sha256);
  return result(sha256);
}

/** Null when it was stopped meanwhile. */
async function attempted(
  source: CandleSource,
  sinceMs: number,
  options: DownloadOptions,
): Promise<readonly CandleRow[] | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await source.page(sinceMs);
    } catch (error) {
      const passes = error instanceof CandleError && error.code === "UNAVAILABLE";
      if (!passes || attempt === ATTEMPTS_MAX) throw error;
      await options.pause(Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt));
      if (options.stopped()) return null;
    }
  }
}

function rowText(row: CandleRow, { exchange }: CandleSource): string {
  const [atMs, ...texts] = row;
  const numbers = texts.map(plainDecimal);
  const [open, high, low, close, volume] = numbers.map(Number) as [number, number, number, number, number];
  const prices = open > 0 && high >= open && high >= close && low > 0 && low <= open && low <= close;
  if (!Number.isSafeInteger(atMs) || numbers.includes(null) || !prices || !(volume >= 0)) {
    throw new CandleError("CANDLE_BAD", `${exchange} sent what is no candle: ${JSON.stringify(row)}`);
  }
  return [atMs, ...numbers].join(",");
}

interface Kept {
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

/** A new file with its header, or one begun before, cut back to its last whole row. */
function openFile(source: CandleSource, path: string): Kept & { readonly descriptor: number } {
  const about = JSON.stringify({ exchange: source.exchange, symbol: source.symbol, timeframe: source.timeframe });
  const aboutPath = `${path}.json`;
  if (existsSync(path)) {
    const known = existsSync(aboutPath) ? readFileSync(aboutPath, "utf8").trim() : null;
    if (known !== about) {
      const what = known === null ? "was not begun by a download" : `holds ${known}`;
      throw new CandleError("FILE_TAKEN", `${path} ${what}, and this download is of ${about}`);
    }
  } else {
    writeFileSync(aboutPath, `${about}\n`);
    writeFileSync(path, HEADER);
  }
  return { ...cutToWholeRows(path), descriptor: openSync(path, "a") };
}

const HEADER = `${HEADERS.bars}\n`;

function cutToWholeRows(path: string): Kept {
  const descriptor = openSync(path, "r+");
  try {
    const { size } = fstatSync(descriptor);
    const read = (from: number, bytes: number) => {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, from)).toString("latin1");
    };
    const head = read(0, HEADER.length);
    if (!HEADER.startsWith(head)) throw new CandleError("FILE_TAKEN", `${path} does not begin with ${HEADERS.bars}`);
    if (head !== HEADER) {
      ftruncateSync(descriptor, 0);
      writeSync(descriptor, HEADER, 0);
      return NOTHING;
    }
    const tailFrom = Math.max(HEADER.length, size - ROW_BYTES_MAX);
    const tail = read(tailFrom, size - tailFrom);
    const end = tailFrom + tail.lastIndexOf("\n") + 1;
    ftruncateSync(descriptor, end);
    if (end === HEADER.length) return NOTHING;
    const lastRow = tail
      .slice(0, end - tailFrom)
      .trimEnd()
      .split("\n")
      .at(-1)!;
    return {
      rows: linesOf(descriptor, end) - 1,
      firstMs: Number(read(HEADER.length, ROW_BYTES_MAX).split(",")[0]),
      lastMs: Number(lastRow.split(",")[0]),
    };
  } finally {
    closeSync(descriptor);
  }
}

const NOTHING: Kept = { rows: 0, firstMs: null, lastMs: null };

function linesOf(descriptor: number, end: number): number {
  const buffer = Buffer.allocUnsafe(1 << 20);
  let lines = 0;
  for (let at = 0; at < end; ) {
    const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - at), at);
    for (let byte = 0; byte < count; byte++) if (buffer[byte] === NEWLINE) lines++;
    at += count;
  }
  return lines;
}

const NEWLINE = 10;
