/**
 * History: where the candles of each instrument come from. A file is read as it is; what an exchange has is downloaded into a
 * file of the data directory and goes on from where the last download ended.
 *
 * One history serves one run of analyses: a file is read once, an exchange asked once per length of candle.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openCcxtCandles } from "../market-data/ccxt-candles.ts";
import { downloadCandles } from "../market-data/download.ts";
import { readCandleFile } from "./candle-file.ts";
import { type Candles, joinedCandles } from "./candles.ts";
import { AnalysisError, type CandleNeed } from "./task.ts";
import { timeframeWithin } from "./timeframes.ts";

export type HistorySource =
  | { readonly type: "file"; readonly path: string }
  | {
      readonly type: "exchange";
      /** ccxt's id, and the unified symbol there. */
      readonly exchange: string;
      readonly symbol: string;
      /** A paper exchange that stands in for it. */
      readonly paper: { readonly host: string; readonly port: number } | null;
    };

export interface HistoryOptions {
  /** By instrument index; null where no prices are to be had. */
  readonly sources: readonly (HistorySource | null)[];
  /** Where downloads are kept. */
  readonly directory: string;
}

export class History {
  readonly #options: HistoryOptions;
  readonly #symbols: readonly string[];
  readonly #nowMs: number;
  readonly #spanMs: number;
  readonly #read = new Map<string, { readonly sinceMs: number; readonly candles: Promise<Candles> }>();

  /** `symbols` of the instruments, for what is said of them. Nothing before `nowMs - spanMs` is looked at. */
  constructor(options: HistoryOptions, symbols: readonly string[], nowMs: number, spanMs: number) {
    this.#options = options;
    this.#symbols = symbols;
    this.#nowMs = nowMs;
    this.#spanMs = spanMs;
  }

  /** AnalysisError, BarsError, CandleError. */
  async read(need: CandleNeed): Promise<Candles> {
    const source = this.#options.sources[need.instrument] ?? null;
    if (source === null) throw noHistory(this.#symbols[need.instrument] ?? "");
    const [timeframe, intervalMs] = timeframeWithin(need.intervalMs);
    const key = source.type === "file" ? source.path : `${source.exchange} ${source.symbol} ${timeframe}`;
    const sinceMs = this.#nowMs - (source.type === "file" ? this.#spanMs : Math.min(this.#spanMs, need.spanMs));
    let read = this.#read.get(key);
    if (read === undefined || read.sinceMs > sinceMs) {
      const candles =
        source.type === "file" ? readFile(source.path, sinceMs) : this.#download(source, timeframe, sinceMs);
      read = { sinceMs, candles };
      this.#read.set(key, read);
    }
    return suited(await read.candles, Math.max(need.intervalMs, intervalMs));
  }

  async #download(
    { exchange, symbol, paper }: Extract<HistorySource, { type: "exchange" }>,
    timeframe: string,
    sinceMs: number,
  ): Promise<Candles> {
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true });
    const name = `${exchange}-${symbol.replace(/[^A-Za-z0-9]+/g, "_")}-${timeframe}.csv`;
    const path = join(directory, paper === null ? name : `paper-${name}`);
    // A download goes on at its end only, and a paper exchange may play another recording than last time.
    const sincePath = `${path}.since`;
    const reaches = existsSync(sincePath) && Number(readFileSync(sincePath, "utf8")) <= sinceMs;
    if (paper !== null || !reaches) for (const file of [path, `${path}.json`]) rmSync(file, { force: true });
    if (!existsSync(path)) writeFileSync(sincePath, String(sinceMs));
    const source = await openCcxtCandles({ exchange, symbol, timeframe, paper });
    try {
      const nowMs = this.#nowMs;
      await downloadCandles(source, {
        path,
        sinceMs,
        untilMs: nowMs,
        nowMs: () => nowMs,
        pause: (ms) => new Promise((done) => setTimeout(done, ms)),
        stopped: () => false,
        onProgress: () => {},
      });
    } finally {
      await source.close();
    }
    return { ...readCandleFile(path, sinceMs), from: basename(path) };
  }
}

/** Files alone, read at once: for a backtest, whose clock goes through all of them. */
export class FileHistory {
  readonly #sources: HistoryOptions["sources"];
  readonly #symbols: readonly string[];
  readonly #read = new Map<string, Candles>();
  readonly #suited = new Map<string, Candles>();

  constructor(sources: HistoryOptions["sources"], symbols: readonly string[]) {
    this.#sources = sources;
    this.#symbols = symbols;
  }

  read(need: CandleNeed): Candles {
    const source = this.#sources[need.instrument] ?? null;
    if (source?.type !== "file") throw noHistory(this.#symbols[need.instrument] ?? "");
    let candles = this.#read.get(source.path);
    if (candles === undefined) {
      candles = readCandleFile(source.path, Number.NEGATIVE_INFINITY);
      this.#read.set(source.path, candles);
    }
    const key = `${need.intervalMs} ${source.path}`;
    const made = this.#suited.get(key) ?? suited(candles, need.intervalMs);
    this.#suited.set(key, made);
    return made;
  }
}

async function readFile(path: string, sinceMs: number): Promise<Candles> {
  return readCandleFile(path, sinceMs);
}

/** Longer candles are put together where shorter ones fit into them; else what there is serves. */
function suited(candles: Candles, intervalMs: number): Candles {
  const fits = candles.intervalMs < intervalMs && intervalMs % candles.intervalMs === 0;
  return fits ? joinedCandles(candles, intervalMs) : candles;
}

const noHistory = (symbol: string): AnalysisError =>
  new AnalysisError("NO_HISTORY", `no candles of ${symbol}: name a file or an exchange under analyses.history`);
