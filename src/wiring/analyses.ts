/** Wiring of the engine's own analyses: which there are, how often, and where their candles come from. */
import { join } from "node:path";
import type { AnalystOptions } from "../analyses/analyst.ts";
import { FileHistory, type HistoryOptions, type HistorySource } from "../analyses/history.ts";
import { linearModels, pairsOf } from "../analyses/memory.ts";
import type { SampleTerms } from "../analyses/rank-from-history.ts";
import type { ScheduledTask } from "../analyses/schedule.ts";
import type { AnalysisTerms, CorrelationTask } from "../analyses/task.ts";
import { timeframeWithin } from "../analyses/timeframes.ts";
import type { RunAnalyses } from "../backtest/run/run-analyst.ts";
import { durationMs } from "../config/duration.ts";
import { analysisMemoryPath, candlesDirectory, journalDirectory } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import type { CoreConfig } from "../core/config.ts";
import { REFIT_EVERY_MS } from "../core/sizing/linear-weights.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** ccxt's exchange of each native venue type. */
const EXCHANGES = { "binance-usdm": "binanceusdm", "bybit-linear": "bybit", "okx-swap": "okx" } as const;

export function analystOptions(config: Config, core: CoreConfig): AnalystOptions {
  const { analyses } = config;
  return {
    tasks: analysisTasks(config, core),
    batch: {
      terms: analysisTerms(config, core),
      history: historyOptions(config, core),
      decisions: join(journalDirectory(config), "decisions"),
      kept: { file: analysisMemoryPath(config), write: true },
    },
    retryMs: analyses.retryMinutes * 60_000,
    timeoutMs: analyses.timeoutS * 1000,
  };
}

/** The same in a backtest, from files and from what the run has seen. */
export function runAnalyses(config: Config, core: CoreConfig): RunAnalyses {
  const { core: _, ...terms } = analysisTerms(config, core);
  const sources = historySources(config, core);
  const symbols = core.directory.instruments.map(({ symbol }) => symbol);
  return {
    tasks: analysisTasks(config, core),
    terms,
    retryMs: config.analyses.retryMinutes * 60_000,
    sources,
    files: new FileHistory(sources, symbols),
  };
}

/** Outcomes and decisions are in the journal, as is what was made of them last: the start has better things to do. */
const FROM_JOURNAL_AFTER_MS = 60_000;

/** Each where some playbook goes by it: what nobody would use is not computed. */
export function analysisTasks(config: Config, core: CoreConfig): ScheduledTask[] {
  const { analyses } = config;
  const pairs = pairsOf(core).filter(({ rule }) => rule.method !== "fixed");
  const insured = [
    ...core.signals.filter(({ policy }) => policy.policy === "insurance").map(({ asset, primary }) => [asset, primary]),
    ...core.reversions.filter(({ policy }) => policy.policy === "insurance").map(({ primary }) => [primary, primary]),
  ] as const;
  return [
    ...pairs.map(({ asset, hedge, rule }) => ({
      task: { kind: "beta", asset, hedge } as const,
      // Before it is overdue, with time to try again.
      everyMs: Math.max(rule.revalidateMs - DAY_MS, rule.revalidateMs / 2),
      firstAfterMs: 0,
    })),
    ...correlationTasks(config, core).map((task) => ({
      task,
      everyMs: analyses.correlationHours * HOUR_MS,
      firstAfterMs: 0,
    })),
    // Behind the ratios: the spread is that of the ratio in use.
    ...core.reversions.map((_, reversion) => ({
      task: { kind: "halfLife", reversion } as const,
      everyMs: analyses.halfLifeHours * HOUR_MS,
      firstAfterMs: 0,
    })),
    ...(core.signals.length > 0
      ? [
          {
            task: { kind: "calibration" } as const,
            everyMs: analyses.calibrationHours * HOUR_MS,
            firstAfterMs: FROM_JOURNAL_AFTER_MS,
          },
        ]
      : []),
    ...insured.map(([asset, instrument]) => ({
      task: { kind: "excursions", asset: asset!, instrument: instrument! } as const,
      everyMs: 7 * DAY_MS,
      firstAfterMs: FROM_JOURNAL_AFTER_MS,
    })),
    ...linearModels(core).map(({ owner }) => ({
      task: { kind: "weights", owner } as const,
      everyMs: REFIT_EVERY_MS,
      firstAfterMs: FROM_JOURNAL_AFTER_MS,
    })),
  ];
}

/** Of everything that positions stand in, and the index. What is held and has no candles goes by its hedge's. */
function correlationTasks(config: Config, core: CoreConfig): CorrelationTask[] {
  if (core.portfolio === undefined) return [];
  const { index } = core.portfolio;
  const sources = historySources(config, core);
  const held = core.shields.map(({ asset, hedge }) => (sources[asset] === null ? hedge : asset));
  const opened = [...core.signals, ...core.reversions].map(({ primary }) => primary);
  const instruments = [...new Set([...held, ...opened, index])].sort((one, other) => one - other);
  return [{ kind: "correlation", index, instruments }];
}

/** What every sample is: its candles, how far back it goes and how near it has to come. */
export const sampleTerms = ({ analyses }: Config): SampleTerms => ({
  intervalMs: timeframeWithin(durationMs(analyses.timeframe))[1],
  spanMs: analyses.spanDays * DAY_MS,
  endAgeMsMax: analyses.historyAgeDaysMax * DAY_MS,
});

export const historyOptions = (config: Config, core: Pick<CoreConfig, "directory">): HistoryOptions => ({
  sources: historySources(config, core),
  directory: candlesDirectory(config),
});

function analysisTerms(config: Config, core: CoreConfig): AnalysisTerms {
  const { analyses } = config;
  return {
    core,
    ...sampleTerms(config),
    rowsMin: analyses.rowsMin,
    halfLifeRows: analyses.halfLifeBars,
    refitSignalsMin: analyses.refitSignalsMin,
    stopDistance: analyses.stopDistance,
  };
}

/** By instrument: what is configured, else the venue of its first listing. */
function historySources(config: Config, { directory }: Pick<CoreConfig, "directory">): (HistorySource | null)[] {
  return directory.instruments.map(({ index, symbol }) => {
    const given = config.analyses.history.find(({ instrument }) => instrument === symbol);
    if (given?.file !== undefined) return { type: "file", path: given.file };
    if (given?.exchange !== undefined) {
      return { type: "exchange", exchange: given.exchange, symbol: given.symbol ?? symbol, paper: null };
    }
    const listing = directory.listings.find(({ instrument }) => instrument === index);
    const venue = listing === undefined ? undefined : config.venues[listing.venue];
    if (venue === undefined) return null;
    const exchange = venue.type === "ccxt" ? (venue.exchange ?? "") : EXCHANGES[venue.type];
    if (venue.environment !== "paper") return { type: "exchange", exchange, symbol, paper: null };
    const served = config.paper.venues.find(({ name }) => name === venue.name);
    if (served === undefined) return null;
    return { type: "exchange", exchange, symbol, paper: { host: config.paper.host, port: served.port } };
  });
}
