/**
 * `outrigger backtest pairs`: the mean-reversion pairs study over two files of bars, hedged against its shadow.
 *
 * The exit code says whether the hedge did what was promised of it (exit-codes.ts: 0, 6 or 7); results are written in all three
 * cases. An input that is refused is code 2 and writes nothing, Ctrl-C is code 130 and writes nothing.
 */
import { type Command, InvalidArgumentError } from "commander";
import { BarsError } from "../backtest/bars-error.ts";
import { OutputFileError } from "../backtest/output-file.ts";
import type { PairsDocument } from "../backtest/pairs-document.ts";
import { type PairsStudy, type StudyEnd, studyPairs } from "../backtest/pairs-study.ts";
import { type PairsTerms, PairsTermsError } from "../backtest/pairs-terms.ts";
import { type SweepReport, sweepPairs } from "../backtest/sweep.ts";
import { DEFAULT_GRID, expandGrid, SweepGridError } from "../backtest/sweep-grid.ts";
import { example } from "./config.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { CommandFailure, reportFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { ProgressBar } from "./progress-bar.ts";
import { verdictTable } from "./result-options.ts";
import type { Shell } from "./shell.ts";
import { engineVersion } from "./version.ts";

interface Options {
  readonly primary: string;
  readonly hedge: string;
  readonly betaWindow: number;
  readonly lookback: number;
  readonly entry: number;
  readonly exit: number;
  readonly stop: number;
  readonly notional: number;
  readonly capital: number;
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly band?: number;
  readonly costGate?: boolean;
  readonly intensity: number;
  readonly sweep?: string | true;
  readonly json?: string;
  readonly trades?: string;
  readonly equity?: string;
  readonly report?: string;
}

const BPS = 10_000;

export function registerPairs(backtest: Command, shell: Shell): void {
  backtest
    .command("pairs")
    .summary("trade the spread of two instruments, hedged and not")
    .description(
      "Trade the spread of two instruments over recorded bars, once with the hedge leg and once without, by the rules of the " +
        "reference study: least squares of ln primary on ln hedge, z-score of the spread, fills at the next open.",
    )
    .requiredOption(
      "--primary <file>",
      "bars of the traded leg: CSV in ccxt's order or Binance Vision klines, ms or µs",
    )
    .requiredOption("--hedge <file>", "bars of the hedge leg; joined by time")
    .option("--beta-window <bars>", "bars of the regression", number, 288)
    .option("--lookback <bars>", "spreads of the z-score", number, 60)
    .option("--entry <z>", "open from this |z| on", number, 2)
    .option("--exit <z>", "close at this z of the position or below", number, 0.5)
    .option("--stop <z>", "close at this z or above, and wait until |z| is below the entry", number, 3.5)
    .option("--notional <quote>", "of the primary leg of each trade", number, 1000)
    .option("--capital <quote>", "equity at the start", number, 10_000)
    .option("--fee-bps <bps>", "fee of each fill of each leg", number, 10)
    .option("--slippage-bps <bps>", "by which each fill is worse than the open", number, 20)
    .option("--band <share>", "correct the hedge when it is off by more than this share of the primary", number)
    .option("--cost-gate", "open only where the way back to the exit covers the costs of the round trip")
    .option("--intensity <0..1>", "share of the hedge ratio that is hedged", number, 1)
    .option(
      "--sweep [grid]",
      `also try combinations of parameters and say how much of the best one is luck (default grid: "${DEFAULT_GRID}")`,
    )
    .option("--json <file>", "write the result")
    .option("--trades <file>", "write the trade list as CSV")
    .option("--equity <file>", "write both equities at every bar as CSV")
    .option("--report <file>", "write a report with plots as one HTML file")
    .addHelpText(
      "after",
      example(
        "outrigger backtest pairs --primary ETHUSDT.csv --hedge BTCUSDT.csv --json out.json --report report.html",
      ),
    )
    .action(async (options: Options) => {
      // `--json` is a file here, so a failure is always told to people.
      const code = await pairs(options, shell).catch((error) => reportFailure(asFailure(error), false, shell));
      shell.setExitCode(code);
    });
}

async function pairs(options: Options, shell: Shell): Promise<ExitCode> {
  const { primary, hedge, json, trades, equity, report } = options;
  const study = { primary, hedge, terms: termsOf(options), outputs: {}, version: engineVersion(), sweep: null };
  const run = new StudyRun();
  try {
    const sweep = options.sweep === undefined ? null : await sweepOf(options.sweep, study, run);
    const started = performance.now();
    const end = await run.toEnd({ ...study, outputs: { json, trades, equity, report }, sweep });
    run.clear();
    shell.out(summaryOf(end, (performance.now() - started) / 1000));
    return exitCodeOf(end.document);
  } catch (error) {
    if (!run.interrupted) throw error;
    run.clear();
    shell.err("outrigger: interrupted; no results were written");
    return EXIT_CODES.interrupted;
  } finally {
    run.end();
  }
}

/** A first run without outputs finds what would be refused, and how long the pair is. */
async function sweepOf(given: string | true, study: PairsStudy, run: StudyRun): Promise<SweepReport> {
  const grid = given === true ? DEFAULT_GRID : given;
  expandGrid(grid, study.terms);
  const { outcome } = await run.toEnd(study);
  const { primary, hedge, terms: base } = study;
  const { rows, barsPerYear } = outcome;
  return sweepPairs({ primary, hedge, base, grid, rows, barsPerYear }, run.onTrial, run.signal);
}

/** Drives studies to their end, with a bar and an ear for Ctrl-C. */
class StudyRun {
  readonly #bar = new ProgressBar(process.stderr, () => performance.now());
  readonly #interruption = new Interruption();
  readonly onTrial = (done: number, total: number): void => this.#bar.show(done / total, `${done} of ${total} trials`);

  get interrupted(): boolean {
    return this.#interruption.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** What studyPairs throws, and AbortError once interrupted. */
  async toEnd(study: PairsStudy): Promise<StudyEnd> {
    const steps = studyPairs(study, process.hrtime.bigint);
    const end = await this.#interruption.drive(steps, ({ bars, readBytes, totalBytes }) =>
      this.#bar.show(readBytes / totalBytes, `${bars.toLocaleString("en")} bars`),
    );
    if (end === null) throw this.signal.reason;
    return end;
  }

  clear(): void {
    this.#bar.clear();
  }

  end(): void {
    this.clear();
    this.#interruption.end();
  }
}

function termsOf(options: Options): PairsTerms {
  const { betaWindow, lookback, entry, exit, stop, notional, capital, feeBps, slippageBps, intensity } = options;
  return {
    betaWindow,
    lookback,
    entry,
    exit,
    stop,
    notional,
    capital,
    fee: feeBps / BPS,
    slippage: slippageBps / BPS,
    band: options.band ?? null,
    costGate: options.costGate ?? false,
    intensity,
  };
}

function exitCodeOf({ verdicts }: PairsDocument): ExitCode {
  if (!verdicts.enough_trades) return EXIT_CODES.targetsUndecided;
  return verdicts.all_met ? EXIT_CODES.ok : EXIT_CODES.targetsMissed;
}

function summaryOf({ document, outcome }: StudyEnd, seconds: number): string {
  const { pair, rows, runs, costs, verdicts, dropped_bars, stale_bars, undefined_bars } = document;
  const { n_trades, n_target, n_stop, n_eod, final_equity_hedged, final_equity_unhedged, sharpe } = runs.run;
  const ruined = [sharpe.ruined_hedged ? "hedged" : "", sharpe.ruined_unhedged ? "shadow" : ""].filter(Boolean);
  const speed = (duration: number) => Math.round(rows / duration).toLocaleString("en");
  return [
    `${pair}: ${rows} aligned bars (${dropped_bars} dropped, ${stale_bars} stale, ${undefined_bars} undefined)`,
    `costs: fee ${costs.fee_bps} bps, slippage ${costs.slippage_bps} bps on every fill of both legs`,
    `trades: ${n_trades} (${n_target} target, ${n_stop} stop, ${n_eod} end of data)`,
    `equity: ${document.C0} → ${final_equity_hedged.toFixed(2)} hedged, ${final_equity_unhedged.toFixed(2)} shadow`,
    ...(ruined.length === 0 ? [] : [`ruined: ${ruined.join(" and ")}`]),
    "",
    verdictTable(verdicts.metrics),
    "",
    ...sweepLines(document),
    `speed: ${speed(outcome.computeNs / 1e9)} bars/s computed, ${speed(seconds)} bars/s with files`,
  ].join("\n");
}

function sweepLines({ sweep }: PairsDocument): string[] {
  if (sweep === undefined) return [];
  const { trials, best, overfitting, walk_forward } = sweep;
  const percent = (value: number | null | undefined) =>
    value === null || value === undefined ? "-" : `${(value * 100).toFixed(1)} %`;
  const ratio = (value: number | null | undefined) => value?.toFixed(3) ?? "-";
  const chosen = best === null ? "none has a ratio" : JSON.stringify(trials[best.trial]!.varied);
  return [
    `sweep: ${trials.length} trials; best ${chosen}, Sharpe ratio ${ratio(best?.sharpe_per_year)} a year (luck alone: ${ratio(best?.luck_per_year)})`,
    `  better than luck with probability ${percent(best?.dsr)}, overfit with probability ${percent(overfitting.pbo)}`,
    `  walk-forward: Sharpe ratio ${ratio(walk_forward?.sharpe_per_year)} a year, profit ${walk_forward?.profit.toFixed(2) ?? "-"}`,
    "",
  ];
}

function asFailure(error: unknown): unknown {
  if (error instanceof PairsTermsError) {
    const option = OPTION_OF[error.field] ?? error.field;
    return new CommandFailure(EXIT_CODES.usage, error.code, error.message.replace(error.field, `--${option}`));
  }
  if (error instanceof BarsError || error instanceof OutputFileError || error instanceof SweepGridError) {
    return new CommandFailure(EXIT_CODES.usage, error.code, error.message);
  }
  return error;
}

/** Options that are spelled otherwise than their term. */
const OPTION_OF: Readonly<Partial<Record<keyof PairsTerms, string>>> = {
  betaWindow: "beta-window",
  fee: "fee-bps",
  slippage: "slippage-bps",
};

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}
