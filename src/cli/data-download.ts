/**
 * `outrigger data download`: candles of the past by ccxt, into one CSV. Asked again with the same file it goes on behind the last
 * whole row; Ctrl-C ends it between two pages and keeps what came.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { CandleError, type CandleSource } from "../market-data/candle-source.ts";
import { openCcxtCandles } from "../market-data/ccxt-candles.ts";
import { downloadCandles } from "../market-data/download.ts";
import { example } from "./config.ts";
import { jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { ProgressBar } from "./progress-bar.ts";
import type { Shell } from "./shell.ts";
import { timeOption } from "./time-option.ts";

interface Options {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly since: number;
  readonly until?: number;
  readonly out: string;
  readonly paper?: { readonly host: string; readonly port: number };
  readonly json?: boolean;
}

export function registerDownload(data: Command, shell: Shell): void {
  data
    .command("download")
    .description("Download candles of an exchange by ccxt. The same again goes on where it stopped; no key is needed.")
    .requiredOption("-e, --exchange <id>", "ccxt's id of the exchange, such as binanceusdm")
    .requiredOption("-s, --symbol <symbol>", "unified symbol: BTC/USDT, or BTC/USDT:USDT for its perpetual")
    .option("-t, --timeframe <length>", "of a candle: 1m, 5m, 1h, 1d, as the exchange has them", "1m")
    .requiredOption("--since <time>", "the first candle: RFC 3339, or a day such as 2024-01-01", timeOption)
    .option("--until <time>", "candles that begin before (else those that are over by now)", timeOption)
    .requiredOption("-o, --out <file>", "the CSV; its SHA-256 comes beside it once everything is there")
    .option("--paper <host:port>", "ask a paper exchange instead: no connection leaves for the exchange", placeOption)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      example("outrigger data download -e binanceusdm -s BTC/USDT:USDT -t 1m --since 2024-01-01 -o btc.csv"),
    )
    .action((options: Options) => download(options, shell));
}

async function download(options: Options, shell: Shell): Promise<void> {
  const path = resolve(shell.cwd, options.out);
  const interruption = new Interruption();
  const bar = new ProgressBar(process.stderr, () => performance.now());
  let source: CandleSource | null = null;
  try {
    source = await openCcxtCandles({ ...options, paper: options.paper ?? null });
    const result = await downloadCandles(source, {
      path,
      sinceMs: options.since,
      untilMs: options.until ?? Number.POSITIVE_INFINITY,
      nowMs: () => Date.now(),
      pause: (ms) => pause(ms, interruption),
      stopped: () => interruption.signal.aborted,
      onProgress: (share, rows) => bar.show(share, `${rows.toLocaleString("en")} candles`),
    });
    bar.clear();
    const { rows, added, missing, sha256 } = result;
    const done = sha256 !== null;
    if (options.json) shell.out(JSON.stringify({ ok: done, out: path, ...result }));
    else {
      const what = `${path}: ${rows} candles, ${added} of them new, ${missing} missing in between`;
      shell.out(done ? `${what}; checksum beside it` : `${what}; stopped: the same again goes on`);
    }
    shell.setExitCode(done ? EXIT_CODES.ok : EXIT_CODES.interrupted);
  } catch (error) {
    if (!(error instanceof CandleError)) throw error;
    const kept = existsSync(path) ? "; what came before is kept, the same again goes on" : "";
    const code = error.code === "UNAVAILABLE" ? EXIT_CODES.unreachable : EXIT_CODES.usage;
    throw new CommandFailure(
      code,
      error.code,
      error.code === "UNAVAILABLE" ? `${error.message}${kept}` : error.message,
    );
  } finally {
    bar.clear();
    interruption.end();
    await source?.close();
  }
}

/** Short steps, so that Ctrl-C need not wait for a backoff. */
async function pause(ms: number, interruption: Interruption): Promise<void> {
  const untilMs = performance.now() + ms;
  while (!interruption.signal.aborted && performance.now() < untilMs) {
    await new Promise((done) => setTimeout(done, Math.min(100, untilMs - performance.now())));
  }
}

function placeOption(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgumentError("It must be HOST:PORT.");
  return { host, port: Number(port) };
}
