/**
 * `outrigger backtest run`: a configuration with its playbooks over recorded events, through the live core, with simulated
 * venues; or a live journal, decided again and compared.
 *
 * The exit code says whether the hedge did what was promised of it (0, 6 or 7); results are written in all three cases. An input
 * that is refused is code 2 and writes nothing, Ctrl-C is code 130 and writes nothing. A journal that does not give the same
 * decisions again is code 1.
 */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { holdsCandles } from "../analyses/candle-file.ts";
import { InlineAnalyst } from "../analyses/inline-analyst.ts";
import { JournalFeed, journalSignals } from "../backtest/run/journal-feed.ts";
import { MarketFeed } from "../backtest/run/market-feed.ts";
import { type RunEnd, type RunInputs, runBacktest } from "../backtest/run/run.ts";
import type { RunSignal, RunSource } from "../backtest/run/run-host.ts";
import { RunOutputs } from "../backtest/run/run-outputs.ts";
import { type OutageWindow, RUN_TERMS, type RunTerms } from "../backtest/run/run-terms.ts";
import { readSignals } from "../backtest/run/signal-feed.ts";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Directory } from "../domain/instrument.ts";
import { orderTagger } from "../lane/order-tag.ts";
import { createShared } from "../memory/shared.ts";
import { compileKernels, instantiateKernels } from "../wasm/kernels.ts";
import { decodeFrame } from "../wire/decode.ts";
import { parseTime } from "../wire/time-text.ts";
import { coreConfig, directoryOf, sourceAdapter, sourceRules } from "../wiring.ts";
import { inlineAnalystOptions } from "../wiring-analyses.ts";
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
  numberOption,
  type ResultOptions,
  resultExitCode,
  resultPaths,
  resultText,
  withResultOptions,
} from "./result-options.ts";
import type { Shell } from "./shell.ts";
import { engineVersion } from "./version.ts";

interface Options extends ResultOptions {
  readonly config?: string;
  readonly market?: readonly string[];
  readonly signals?: string;
  readonly source?: string;
  readonly journal?: string;
  readonly simulate?: boolean;
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly spreadBps: number;
  readonly depthNotional: number;
  readonly partial: number;
  readonly reject: number;
  readonly dropAnswer: number;
  readonly outage: readonly string[];
  readonly seed: number;
  readonly sampleS: number;
  readonly capital?: number;
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
    .option("--simulate", "with --journal: its quotes and webhooks over simulated venues, not its own decisions again")
    .option("--latency-ms <min..max>", "one way, to and from a venue", rangeOption, RUN_TERMS.latencyMs)
    .option("--spread-bps <bps>", "between bid and ask where a file has only prices", numberOption, RUN_TERMS.spreadBps)
    .option("--depth-notional <quote>", "shown where a file has no sizes", numberOption, RUN_TERMS.depthNotional)
    .option("--partial <share>", "of orders that find only part of what is shown", numberOption, RUN_TERMS.partial)
    .option("--reject <share>", "of orders that venues refuse", numberOption, RUN_TERMS.reject)
    .option("--drop-answer <share>", "of answers that are lost", numberOption, RUN_TERMS.dropAnswer)
    .option(
      "--outage <venue@time/seconds...>",
      "a venue cannot be reached, such as paper-a@2024-01-02T03:00:00Z/30",
      [],
    )
    .option("--seed <n>", "of the simulated venues", numberOption, RUN_TERMS.seed)
    .option("--sample-s <seconds>", "between two points of the equity curves", numberOption, RUN_TERMS.sampleMs / 1000)
    .option("--capital <quote>", "equity at the start (else the notional of what is held)", numberOption);
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
  const { config } = openConfig(file, shell.env);
  if (options.journal !== undefined) {
    if (options.market !== undefined || options.signals !== undefined) {
      const why = "--journal holds its own market and signals: leave --market and --signals out";
      throw new CommandFailure(EXIT_CODES.usage, "INPUTS_TWICE", why);
    }
    const directory = resolve(shell.cwd, options.journal);
    const capital = options.capital ?? null;
    if (!options.simulate) return backtestJournal(config, directory, options, options.sampleS * 1000, capital, shell);
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
        market: end.market,
        signals: options.signals === undefined ? null : resolve(shell.cwd, options.signals),
        journal: options.journal === undefined ? null : resolve(shell.cwd, options.journal),
        terms: inputs.terms,
        quote_age_ms_max: end.quoteAgeMsMax,
      },
      counts: end.counts,
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
  const steps = runBacktest(inputs, outputs);
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const interruption = new Interruption();
  let turned = performance.now();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - turned < TURN_MS) continue;
      const { share, nowMs } = step.value;
      bar.show(share, Number.isNaN(nowMs) ? "" : new Date(nowMs).toISOString().slice(0, 19));
      await interruption.turn();
      turned = performance.now();
      if (interruption.signal.aborted) return null;
    }
  } finally {
    bar.clear();
    interruption.end();
    steps.return(undefined as never);
  }
}

/** Signals are listened to and the bar is drawn so often. */
const TURN_MS = 30;

function inputsOf(config: Config, options: Options, cwd: string): RunInputs {
  const directory = directoryOf(config);
  return {
    core: coreConfig(config, directory),
    coreParts: {
      kernels: instantiateKernels(compileKernels(), createShared().memory),
      tagOf: orderTagger(config.engine.id),
      epoch: 1,
    },
    sources: runSources(config),
    dedupeIdsMax: config.receiver.dedupeIdsMax,
    analyses: analysesOf(config, directory, options, cwd),
    ...recordingOf(config, directory, options, cwd),
    terms: {
      latencyMs: options.latencyMs,
      spreadBps: options.spreadBps,
      depthNotional: options.depthNotional,
      partial: options.partial,
      reject: options.reject,
      dropAnswer: options.dropAnswer,
      outages: options.outage.map((text) => outageOf(text, directory)),
      seed: options.seed,
      sampleMs: options.sampleS * 1000,
      capital: options.capital ?? null,
    },
  };
}

/** By candles of the configuration's files, and of the market's own where it names none. */
function analysesOf(config: Config, directory: Directory, { market = [] }: Options, cwd: string): InlineAnalyst | null {
  if (!config.analyses.enabled) return null;
  const candles = new Map<number, string>();
  for (const { path, listings, asset } of feedFiles(market, directory, cwd)) {
    const instrument = asset >= 0 ? asset : directory.listings[listings[0]!]!.instrument;
    if (!candles.has(instrument) && holdsCandles(path)) candles.set(instrument, path);
  }
  return new InlineAnalyst(inlineAnalystOptions(config, coreConfig(config, directory), candles));
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
  const unpriced = config.shield.find(({ hedge }) => {
    return !priced.has(directory.instruments.findIndex(({ symbol }) => symbol === hedge));
  });
  if (unpriced !== undefined) {
    const why = `no --market file has prices of ${unpriced.hedge}, which hedges ${unpriced.asset}`;
    throw new CommandFailure(EXIT_CODES.usage, "MARKET_MISSING", why);
  }
  return {
    market: (terms) => new MarketFeed(files, terms, directory),
    signals: signals === undefined ? NO_SIGNALS.values() : readSignals(resolve(cwd, signals), source),
    priced,
  };
}

const NO_SIGNALS: readonly RunSignal[] = [];

function runSources(config: Config): readonly RunSource[] {
  return config.sources.map((source, index) => {
    const adapter = sourceAdapter(source);
    const isFeed = source.adapter === "feed";
    return {
      ...sourceRules(source, index),
      // Recorded frames are binary; a feed's signals in a file of webhooks are the schema's objects.
      decode: ({ body, isObject }) => (isFeed && !isObject ? decodeFrame(body) : adapter(body, "application/json")),
    };
  });
}

function outageOf(text: string, directory: Directory): OutageWindow {
  const [, name, time = "", seconds] = /^([A-Za-z0-9_-]+)@(.+)\/(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const venue = directory.venues.findIndex((each) => each.name === name);
  const fromMs = parseTime(time);
  if (venue >= 0 && !Number.isNaN(fromMs)) return { venue, fromMs, forMs: Number(seconds) * 1000 };
  const why = `--outage ${text}: must be VENUE@TIME/SECONDS with a configured venue and an RFC 3339 time`;
  throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", why);
}

function inputRows(end: RunEnd, terms: RunTerms): (readonly [string, string])[] {
  const { min, max } = terms.latencyMs;
  return [
    ...end.market.map(
      ({ file, kind, rows, duplicate_rows: duplicates, stale_bars: stale, missing_bars: missing }) =>
        [file, `${rows} ${kind}, ${duplicates} repeated, ${stale} without volume, ${missing} missing`] as const,
    ),
    ["latency, one way", `${min} to ${max} ms`],
    ["spread where a file has none", `${terms.spreadBps} bps`],
    ["orders filled in part, refused, unanswered", `${terms.partial}, ${terms.reject}, ${terms.dropAnswer}`],
    ["outages", String(terms.outages.length)],
    ["seed", String(terms.seed)],
    ["quotes count as fresh for", `${end.quoteAgeMsMax} ms`],
    ["decisions", `${end.counts.decisions}, SHA-256 ${end.counts.decisions_sha256}`],
  ];
}

function summaryOf({ counts, market, result }: RunEnd, terms: RunTerms, seconds: number, cpuSeconds: number): string {
  const rows = market.reduce((sum, each) => sum + each.rows, 0);
  const lost = market.reduce((sum, each) => sum + each.missing_bars, 0);
  const perSecond = (duration: number) => Math.round(counts.events / duration).toLocaleString("en");
  return [
    `market: ${rows} rows of ${market.length} files, ${lost} bars missing; latency ${terms.latencyMs.min} to ${terms.latencyMs.max} ms one way`,
    `admission: ${countsText(counts.admission)}`,
    resultText(result),
    "",
    `decisions: ${counts.decisions}, SHA-256 ${counts.decisions_sha256}`,
    `speed: ${counts.events} events in ${seconds.toFixed(2)} s with files: ${perSecond(seconds)} events/s, ${perSecond(cpuSeconds)} per second of processor time`,
  ].join("\n");
}

function rangeOption(text: string): { readonly min: number; readonly max: number } {
  const [, low, high = low] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (low === undefined || Number(high) < Number(low))
    throw new InvalidArgumentError("It must be MIN..MAX, or one number.");
  return { min: Number(low), max: Number(high) };
}
