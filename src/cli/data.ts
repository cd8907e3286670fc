/**
 * `outrigger data`: market data for backtests. `check` says what is wrong with files, `import` brings them into this project's
 * form, `download` fetches candles.
 */
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { BarsError } from "../backtest/bars-error.ts";
import { CHECK_LIMITS, checkFile, type FileCheck } from "../market-data/check.ts";
import { checksumPath } from "../market-data/checksum-file.ts";
import { importFiles } from "../market-data/import.ts";
import { example } from "./config.ts";
import { jsonOption } from "./config-option.ts";
import { registerDownload } from "./data-download.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";
import { textTable } from "./table.ts";

interface CheckOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly outlier: string;
}

export function register(program: Command, shell: Shell = processShell()): void {
  const data = program.command("data").description("Market data files: check, import or download them.");
  data
    .command("check")
    .description("Say what is wrong with files of bars, quotes or trades, with line numbers.")
    .argument("<files...>", "CSV files: Binance Vision klines, ccxt OHLCV, quote or trade ticks")
    .option("--strict", "exit 1 for warnings too")
    .option(
      "--outlier <x>",
      "a move of more than x times the usual one is an outlier",
      String(CHECK_LIMITS.outlierFactor),
    )
    .addOption(jsonOption())
    .addHelpText("after", `${example("outrigger data check BTCUSDT-1m-2024-01.csv")}\n\n${CHECK_CODES}`)
    .action((files: readonly string[], options: CheckOptions) => check(files, options, shell));
  data
    .command("import")
    .description("Bring files of one instrument into one CSV of this project's form, with its SHA-256 beside it.")
    .argument("<files...>", "in order of time")
    .requiredOption("-o, --out <file>", "the CSV to write; FILE.sha256 comes beside it")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger data import BTCUSDT-1m-2024-*.csv --out btc-2024.csv"))
    .action((files: readonly string[], options: { out: string; json?: boolean }) => importAll(files, options, shell));
  registerDownload(data, shell);
}

const CHECK_CODES = `Exit codes: 0 usable (warnings are printed), 1 not usable, or with --strict not clean, 2 not readable.
Errors:   NOT_A_NUMBER, TIME_BAD, NOT_POSITIVE, OUT_OF_ORDER, CONTRADICTED, CROSSED, INCONSISTENT
Warnings: DUPLICATE, GAP, OFF_GRID, ZERO_VOLUME, LOCKED, OUTLIER`;

function check(files: readonly string[], options: CheckOptions, shell: Shell): void {
  const outlierFactor = Number(options.outlier);
  if (!(outlierFactor > 0)) {
    throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", `--outlier: ${options.outlier} is not a number above 0`);
  }
  const limits = { ...CHECK_LIMITS, outlierFactor };
  const checks = files.map((file) => refusable(() => checkFile(resolve(shell.cwd, file), limits)));
  const fails = ({ usable, findings }: FileCheck) => !usable || (options.strict === true && findings.length > 0);
  const ok = !checks.some(fails);
  if (options.json) shell.out(JSON.stringify({ ok, files: checks }));
  else shell.out(checks.map(checkText).join("\n\n"));
  shell.setExitCode(ok ? EXIT_CODES.ok : EXIT_CODES.failure);
}

function checkText(check: FileCheck): string {
  const { file, kind, rows, interval_ms: interval, first_timestamp_ms: first, last_timestamp_ms: last } = check;
  const every = interval === null ? "" : `, one every ${interval / 1000} s`;
  const span = first === null || last === null ? "" : `, ${iso(first)} to ${iso(last)}`;
  const spread =
    check.roll_spread_bps === null ? "" : `, closes jump by ${check.roll_spread_bps.toFixed(1)} bps (Roll)`;
  const head = `${file}: ${rows} ${kind}${every}${span}${spread}: ${verdictOf(check)}`;
  if (check.findings.length === 0) return head;
  const table = check.findings.map(({ code, severity, count, lines, example }) => ({
    severity,
    code,
    count,
    lines: lines.join(" ") + (count > lines.length ? " ..." : ""),
    "for example": example,
  }));
  return `${head}\n${textTable(table)}`;
}

function verdictOf({ usable, findings }: FileCheck): string {
  return findings.length === 0 ? "clean" : usable ? "usable, with warnings" : "NOT USABLE";
}

function importAll(files: readonly string[], options: { out: string; json?: boolean }, shell: Shell): void {
  const out = resolve(shell.cwd, options.out);
  const paths = files.map((file) => resolve(shell.cwd, file));
  if (paths.includes(out)) {
    throw new CommandFailure(EXIT_CODES.usage, "OUT_IS_INPUT", `--out: ${options.out} is one of the files to read`);
  }
  const { kind, rows, duplicates, sha256 } = refusable(() => importFiles(paths, out));
  if (options.json) shell.out(JSON.stringify({ ok: true, out, kind, rows, duplicates, sha256 }));
  else
    shell.out(`${out}: ${rows} ${kind}, ${duplicates} repetitions left out; ${basename(checksumPath(out))} beside it`);
}

/** Files that cannot be used are the operator's to mend: nothing was written. */
function refusable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BarsError)) throw error;
    throw new CommandFailure(EXIT_CODES.usage, error.code, error.message);
  }
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
