/**
 * `outrigger backtest run`: a configuration with its playbooks over recorded events, through the live core, with simulated
 * venues; or a live journal, decided again and compared.
 *
 * The exit code says whether the hedge did what was promised of it (0, 6 or 7); results are written in all three cases. An input
 * that is refused is code 2 and writes nothing, Ctrl-C is code 130 and writes nothing. A journal that does not give the same
 * decisions again is code 1.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { JournalFeed, journalSignals } from "../backtest/run/journal-feed.ts";
import { MarketFeed } from "../backtest/run/market-feed.ts";
import { type RunEnd, type RunInputs, runBacktest } from "../backtest/run/run.ts";
import { RunOutputs } from "../backtest/run/run-outputs.ts";
import type { RunSignal } from "../backtest/run/run-parts.ts";
import type { RunTerms } from "../backtest/run/run-terms.ts";
import { readSignals } from "../backtest/run/signal-feed.ts";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Directory } from "../domain/instrument.ts";
import { playbooksSha256 } from "../preflight/fingerprint.ts";
import { example } from "./config.ts";
import { configOption, configPath } from "./config-option.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { CommandFailure, reportFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { backtestJournal, mustBeJournal } from "./journal-report.ts";
import { feedFiles, pricedBy } from "./market-files.ts";
import { ProgressBar } from "./progress-bar.ts";
import {
  asUsageFailure,
  countsText,
  type ResultOptions,
  resultExitCode,
  resultPaths,
  resultText,
  withResultOptions,
} from "./result-options.ts";
import { configuredInputs } from "./run-inputs.ts";
import { type TermOptions, termRows, termsOf, withTermOptions } from "./run-term-options.ts";
import type { Shell } from "./shell.ts";
import { engineVersion } from "./version.ts";

interface Options extends ResultOptions, TermOptions {
  readonly config?: string;
  readonly market?: readonly string[];
  readonly signals?: string;
  readonly source?: string;
  readonly journal?: string;
  readonly simulate?: boolean;
  readonly analyses: boolean;
}

export function registerRun(backtest: Command, shell: Shell): void {
  const command = backtest
    .command("run")
    .summary("run a configuration over recorded events, through the live code")
    .description(
      "Run a configuration over recorded quotes, trades or bars and recorded webhooks: the live core, router and admission on a " +
        "virtual clock, with simulated venues. With --journal: decide a live journal again and compare.",
    )
    .addOption(configOption())
    .option("-m, --market <files...>", "FILE or FILE=SYMBOL or FILE=VENUE:SYMBOL; CSV of quotes, trades or bars")
    .option("--signals <file>", "recorded webhooks, one JSON object per line")
    .option("--source <name>", "whose webhooks those are that do not say (else the first source)")
    .option("--journal <dir>", "the journal of a live engine, in place of --market and --signals")
    .option("--simulate", "with --journal: its quotes and webhooks over simulated venues, not its own decisions again");
  withTermOptions(command);
  command.option("--no-analyses", "compute nothing outside the core: no half-lives, calibrations, ratios, weights");
  withResultOptions(command)
    .addHelpText(
      "after",
      example(
        "outrigger backtest run --config c.yaml --market perp_BTCUSDT.csv --signals hooks.jsonl --report out.html",
      ),
    )
    .action(async (options: Options) => {
      const code = await runCommand(options, shell).catch((error) =>
        reportFailure(asUsageFailure(error), false, shell),
      );
      shell.setExitCode(code);
    });
}

async function runCommand(options: Options, shell: Shell): Promise<ExitCode> {
  const file = configPath(options.config, shell);
  const { config } = openConfig(file);
  if (options.journal !== undefined) {
    if (options.market !== undefined || options.signals !== undefined) {
      const why = "--journal holds its own market and signals: leave --market and --signals out";
      throw new CommandFailure(EXIT_CODES.usage, "INPUTS_TWICE", why);
    }
    const directory = resolve(shell.cwd, options.journal);
    const { sampleS, capital = null } = options;
    if (!options.simulate)
      return backtestJournal({ config, directory, options, sampleMs: sampleS * 1000, capital }, shell);
    mustBeJournal(directory);
  }
  const inputs = inputsOf(config, options, shell.cwd);
  const outputs = new RunOutputs(resultPaths(options, shell.cwd));
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  try {
    const end = await driven(inputs, outputs);
    if (end === null) {
      shell.err("outrigger: interrupted; no results were written");
      return EXIT_CODES.interrupted;
    }
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const document = {
      engine: { name: "outrigger", version: engineVersion() },
      command: "backtest run",
      inputs: {
        config: file,
        // What a preflight knows its evidence by.
        playbooks_sha256: playbooksSha256(config),
        market: end.market,
        signals: options.signals === undefined ? null : resolve(shell.cwd, options.signals),
        journal: options.journal === undefined ? null : resolve(shell.cwd, options.journal),
        terms: inputs.terms,
        quote_age_ms_max: end.quoteAgeMsMax,
      },
      counts: end.counts,
      analyses: end.analyses,
      result: end.result,
    };
    outputs.finish("What hedging was worth: a backtest", inputRows(end, inputs.terms), document);
    shell.out(summaryOf(end, inputs.terms, seconds, (user + system) / 1e6));
    return resultExitCode(end.result);
  } finally {
    outputs.discard();
  }
}

/** Null when Ctrl-C came first. */
async function driven(inputs: RunInputs, outputs: RunOutputs): Promise<RunEnd | null> {
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const interruption = new Interruption();
  try {
    return await interruption.drive(runBacktest(inputs, outputs), ({ share, nowMs }) =>
      bar.show(share, Number.isNaN(nowMs) ? "" : new Date(nowMs).toISOString().slice(0, 19)),
    );
  } finally {
    bar.clear();
    interruption.end();
  }
}

function inputsOf(config: Config, options: Options, cwd: string): RunInputs {
  const { directory, ...configured } = configuredInputs(config, options.analyses);
  return {
    ...configured,
    ...recordingOf(config, directory, options, cwd),
    terms: termsOf(options, directory),
  };
}

/** Market and signals: of files, or of a journal. */
function recordingOf(
  config: Config,
  directory: Directory,
  { market, signals, journal, source = directory.sources[0]! }: Options,
  cwd: string,
): Pick<RunInputs, "market" | "signals" | "priced"> {
  if (journal !== undefined) {
    const path = resolve(cwd, journal);
    return {
      market: () => new JournalFeed(path, directory),
      signals: journalSignals(path, directory.sources),
      priced: new Set(directory.listings.map(({ instrument }) => instrument)),
    };
  }
  if (market === undefined) {
    throw new CommandFailure(EXIT_CODES.usage, "MARKET_MISSING", "name recorded prices with --market, or a --journal");
  }
  const files = feedFiles(market, directory, cwd);
  const priced = pricedBy(files, directory);
  mustBePriced(config, directory, priced);
  return {
    market: (terms) => new MarketFeed(files, terms, directory),
    signals: signals === undefined ? NO_SIGNALS.values() : readSignals(resolve(cwd, signals), source),
    priced,
  };
}

/** Every leg that is traded needs prices; what is only held is valued at its hedge's without. */
function mustBePriced(config: Config, directory: Directory, priced: ReadonlySet<number>): void {
  const legs = [
    ...config.shield.map(({ asset, hedge }) => [hedge, `which hedges ${asset}`] as const),
    ...[...config.signal, ...config.reversion].flatMap(({ primary, hedge }) => [
      [primary, "which is opened"] as const,
      [hedge, `which hedges ${primary}`] as const,
    ]),
  ];
  for (const [symbol, what] of legs) {
    if (priced.has(directory.instruments.findIndex((instrument) => instrument.symbol === symbol))) continue;
    const why = `no --market file has prices of ${symbol}, ${what}`;
    throw new CommandFailure(EXIT_CODES.usage, "MARKET_MISSING", why);
  }
}

const NO_SIGNALS: readonly RunSignal[] = [];

function inputRows(end: RunEnd, terms: RunTerms): (readonly [string, string])[] {
  return [
    ...end.market.map(
      ({ file, kind, rows, duplicate_rows: duplicates, stale_bars: stale, missing_bars: missing }) =>
        [file, `${rows} ${kind}, ${duplicates} repeated, ${stale} without volume, ${missing} missing`] as const,
    ),
    ...termRows(terms),
    ["quotes count as fresh for", `${end.quoteAgeMsMax} ms`],
    ["decisions", `${end.counts.decisions}, SHA-256 ${end.counts.decisions_sha256}`],
  ];
}

function summaryOf(
  { analyses, counts, market, result }: RunEnd,
  terms: RunTerms,
  seconds: number,
  cpuSeconds: number,
): string {
  const rows = market.reduce((sum, each) => sum + each.rows, 0);
  const lost = market.reduce((sum, each) => sum + each.missing_bars, 0);
  const perSecond = (duration: number) => Math.round(counts.events / duration).toLocaleString("en");
  return [
    `market: ${rows} rows of ${market.length} files, ${lost} bars missing; latency ${terms.latencyMs.min} to ${terms.latencyMs.max} ms one way`,
    `admission: ${countsText(counts.admission)}`,
    resultText(result),
    "",
    ...analyses.map(
      ({ analysis, done, failed, last }) => `analysis ${analysis}: ${done} done, ${failed} failed; last: ${last}`,
    ),
    `decisions: ${counts.decisions}, SHA-256 ${counts.decisions_sha256}`,
    `speed: ${counts.events} events in ${seconds.toFixed(2)} s with files: ${perSecond(seconds)} events/s, ${perSecond(cpuSeconds)} per second of processor time`,
  ].join("\n");
}
