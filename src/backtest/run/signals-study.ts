/**
 * The signals study: what the playbook `signal` makes of signals whose worth is known, because they were made up (see
 * `synthetic-signals.ts`), and what late webhooks, venues that are away and lost answers do to it.
 *
 * Every scenario is the same market and the same webhooks through the live core; only what the scenario names differs.
 */
import type { ReliabilityRow } from "./reliability.ts";
import type { RunEnd } from "./run.ts";
import { NO_DELAY, type OutageWindow, RUN_TERMS, type RunTerms } from "./run-terms.ts";

export interface SignalScenario {
  readonly name: string;
  /** In words, for the report. */
  readonly what: string;
  /** Whether calibrations and hedge ratios are computed as time goes by. */
  readonly analyses: boolean;
  terms(days: StudyDays): Partial<RunTerms>;
}

export interface StudyDays {
  readonly startMs: number;
  readonly days: number;
}

const DAY_MS = 86_400_000;
const NOTHING = () => ({});

/** Most outages a run is told of. */
const OUTAGES_MAX = 1000;

export const SIGNAL_SCENARIOS: readonly SignalScenario[] = [
  {
    name: "as built",
    what: "calibrated confidence, venues 5 to 15 ms away, webhooks as recorded",
    analyses: true,
    terms: NOTHING,
  },
  {
    name: "stated confidence",
    what: "no calibration: every model is believed what it says",
    analyses: false,
    terms: NOTHING,
  },
  {
    name: "slow venues",
    what: "venues 80 to 160 ms away; farther ones get no orders, as their clocks are not known well enough",
    analyses: true,
    terms: () => ({ latencyMs: { min: 80, max: 160 } }),
  },
  {
    name: "late webhooks",
    what: "webhooks come up to 60 s later; what is older than 30 s is refused",
    analyses: true,
    terms: () => ({ hooks: { ...NO_DELAY, delayMs: { min: 0, max: 60_000 } } }),
  },
  {
    name: "receiver away",
    what: "the receiver is away for 30 minutes each day, a tenth of all webhooks is lost",
    analyses: true,
    terms: (days) => ({
      hooks: { ...NO_DELAY, drop: 0.1, outages: daily(days, 13, 30 * 60_000) },
    }),
  },
  {
    name: "venue away",
    what: "the first venue is away for 20 minutes each day",
    analyses: true,
    terms: (days) => ({
      outages: daily(days, 7, 20 * 60_000).map((window): OutageWindow => ({ venue: 0, ...window })),
    }),
  },
  {
    name: "lost answers",
    what: "5 % of answers lost, 5 % of orders refused, 20 % filled in part",
    analyses: true,
    terms: () => ({ dropAnswer: 0.05, reject: 0.05, partial: 0.2 }),
  },
];

/** Breakers are acknowledged an hour after they tripped: somebody looks. */
const OPERATOR_MS = 3_600_000;

export const scenarioTerms = (scenario: SignalScenario, days: StudyDays, base: Partial<RunTerms>): RunTerms => ({
  ...RUN_TERMS,
  operatorMs: OPERATOR_MS,
  ...base,
  ...scenario.terms(days),
});

/** Shares of the capital where not said otherwise; null for what has no value. */
export interface SignalRow {
  readonly market: string;
  readonly scenario: string;
  readonly days: number;
  readonly signals: number;
  readonly refused_by_score: number;
  readonly refused_stale: number;
  readonly trades: number;
  readonly comparable: number;
  readonly profit_shadow: number | null;
  readonly profit_hedged: number | null;
  /** Fees and slippage of the hedges. */
  readonly hedge_cost: number | null;
  readonly drawdown_shadow: number | null;
  readonly drawdown_hedged: number | null;
  readonly sharpe_shadow: number | null;
  readonly sharpe_hedged: number | null;
  /** 1 − variance of the hedged equity's changes over the shadow's. */
  readonly variance_reduction: number | null;
  readonly slippage_mean: number | null;
  readonly first_fill_ms_mean: number | null;
  readonly targets_met: number;
  readonly targets: number;
  /** What there is too little of for a verdict, in words; empty where there is enough. */
  readonly missing: string;
}

export function signalRow(market: string, { name }: SignalScenario, { counts, result }: RunEnd): SignalRow {
  const { metrics, capital, verdicts } = result;
  const of = (value: number | null | undefined) => (value === undefined ? null : value);
  const share = (equity: number | undefined) =>
    equity === undefined || capital === null ? null : (equity - capital) / capital;
  const [signals] = result.by_playbook;
  return {
    market,
    scenario: name,
    days: result.days,
    signals: counts.signals,
    refused_by_score: result.signal_outcomes["SCORE_BELOW_THRESHOLD"] ?? 0,
    refused_stale: (counts.admission["STALE"] ?? 0) + (result.signal_outcomes["STALE"] ?? 0),
    trades: result.trades,
    comparable: result.comparable_trades,
    profit_shadow: share(metrics?.final_equity_unhedged),
    profit_hedged: share(metrics?.final_equity_hedged),
    hedge_cost: metrics === null || capital === null ? null : metrics.hedge_cost_drag.hedge_costs / capital,
    drawdown_shadow: of(metrics?.drawdown.mdd_unhedged),
    drawdown_hedged: of(metrics?.drawdown.mdd_hedged),
    sharpe_shadow: of(metrics?.sharpe.unhedged),
    sharpe_hedged: of(metrics?.sharpe.hedged),
    variance_reduction: of(metrics?.ederington_variance_reduction),
    slippage_mean: of(signals?.slippage_mean),
    first_fill_ms_mean: of(signals?.first_fill_ms_mean),
    targets_met: verdicts.metrics.filter(({ verdict }) => verdict === "met").length,
    targets: verdicts.metrics.length,
    missing: verdicts.missing.join(", "),
  };
}

export interface ModelRow extends ReliabilityRow {
  readonly market: string;
  readonly scenario: string;
}

export const modelRows = (market: string, { name }: SignalScenario, { result }: RunEnd): readonly ModelRow[] =>
  result.reliability.map((row) => ({ market, scenario: name, ...row }));

/** One window each day, at `hour` UTC. */
function daily({ startMs, days }: StudyDays, hour: number, forMs: number) {
  const firstMs = Math.floor(startMs / DAY_MS) * DAY_MS + hour * 3_600_000;
  const count = Math.min(OUTAGES_MAX, Math.ceil(days));
  return Array.from({ length: count }, (_, day) => ({ fromMs: firstMs + day * DAY_MS, forMs })).filter(
    ({ fromMs }) => fromMs > startMs,
  );
}
