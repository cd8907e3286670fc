/**
 * What a run or a live journal was worth: the metrics of SPEC §11, the tables beside them, and whether there is enough behind them
 * to say anything.
 *
 * A target is met, missed, or not meaningful (two negative Sharpe ratios have no ratio); a verdict needs 200 trades, 50 of them
 * comparable, over 14 days, and says what is missing otherwise. Undefined numbers are null.
 */
import type { PairsResult } from "../effectiveness.ts";
import type { Account } from "./account.ts";
import type { Episode } from "./episode.ts";
import { type EpisodeGroup, EpisodeGroups } from "./episode-groups.ts";
import type { VenueTally } from "./venue-tally.ts";

export const VERDICT_NEEDS = { trades: 200, comparable: 50, days: 14 } as const;

export interface Target {
  readonly metric: string;
  /** What must hold of `value`, in words. */
  readonly must: string;
  readonly value: number | null;
  readonly state: "met" | "missed" | "not meaningful";
}

export interface Verdict {
  readonly verdict: "met" | "missed" | "not enough trades";
  /** What there is too little of, in words. */
  readonly missing: readonly string[];
}

export interface RunResult {
  readonly trades: number;
  readonly comparable_trades: number;
  readonly days: number;
  readonly capital: number | null;
  readonly samples: number;
  readonly metrics: Omit<
    PairsResult,
    "fee" | "slip" | "band" | "cost_gate" | "n_target" | "n_stop" | "n_eod" | "n_rebalances" | "threshold_margin"
  > | null;
  readonly ruined: { readonly hedged: boolean; readonly unhedged: boolean } | null;
  readonly targets: readonly Target[];
  readonly verdict: Verdict;
  readonly by_signal_kind: readonly EpisodeGroup[];
  readonly by_source: readonly EpisodeGroup[];
  readonly by_model_version: readonly EpisodeGroup[];
  readonly by_asset: readonly EpisodeGroup[];
  readonly by_venue: readonly VenueTally[];
  /** What the lane answered to signals, and what it alarmed, by code. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly alarms: Readonly<Record<string, number>>;
}

export class RunTables {
  readonly #kinds = new EpisodeGroups(({ kind }) => kind);
  readonly #sources = new EpisodeGroups(({ source }) => source);
  readonly #models = new EpisodeGroups(({ model, modelVersion }) => `${model}@${modelVersion}`);
  readonly #assets = new EpisodeGroups(({ asset, hedge }) => `${asset} by ${hedge}`);

  add(episode: Episode): void {
    this.#kinds.add(episode);
    this.#sources.add(episode);
    this.#models.add(episode);
    this.#assets.add(episode);
  }

  /** Ends what the account has open. Once. */
  result(account: Account): RunResult {
    const all = account.finish();
    const days = account.firstMs < account.lastMs ? (account.lastMs - account.firstMs) / 86_400_000 : 0;
    const targets = all === null ? [] : targetsOf(all);
    return {
      trades: account.episodes,
      comparable_trades: account.comparable,
      days,
      capital: Number.isNaN(account.capital) ? null : account.capital,
      samples: account.samples,
      metrics: all === null ? null : withoutPairs(all),
      ruined: all === null ? null : { hedged: all.sharpe.ruined_hedged, unhedged: all.sharpe.ruined_unhedged },
      targets,
      verdict: verdictOf(account, days, targets),
      by_signal_kind: this.#kinds.list(),
      by_source: this.#sources.list(),
      by_model_version: this.#models.list(),
      by_asset: this.#assets.list(),
      by_venue: account.venues.list(),
      verdicts: Object.fromEntries(account.verdicts),
      alarms: Object.fromEntries(account.alarms),
    };
  }
}

/** S2's table. */
function targetsOf(all: PairsResult): readonly Target[] {
  const { hedge_ratio_accuracy: ratio, delta_neutrality: neutrality, hedge_cost_drag: drag } = all;
  const { slippage_capture: slippage, drawdown, sharpe } = all;
  const ruined = sharpe.ruined_hedged || sharpe.ruined_unhedged;
  const target = (metric: string, must: string, value: number | null, holds: boolean, meaningful = true): Target => ({
    metric,
    must,
    value,
    state: value === null || !meaningful ? "not meaningful" : holds ? "met" : "missed",
  });
  const dragOf = drag.drag_vs_gross_hedged;
  return [
    target("hedge ratio accuracy", "within ±10 %", ratio.ratio_minus_1, ratio.passes_10pct),
    target("delta neutrality", "below 3 %", neutrality.mean_abs_beta_adjusted, neutrality.passes_3pct),
    target("hedge cost drag", "below 15 % of gross profit", dragOf, (dragOf ?? 1) < 0.15, drag.meaningful),
    target("slippage", "below 0.5 %", slippage.mean_signed, slippage.passes_0p5pct),
    target("drawdown reduction", "above 25 %", drawdown.reduction, drawdown.passes_25pct, !ruined),
    target(
      "Sharpe improvement",
      "above 1.2 times",
      sharpe.ratio_raw,
      (sharpe.ratio_raw ?? 0) > 1.2,
      sharpe.ratio_meaningful,
    ),
  ];
}

function verdictOf(account: Account, days: number, targets: readonly Target[]): Verdict {
  const needs: readonly (readonly [have: number, need: number, what: string])[] = [
    [account.episodes, VERDICT_NEEDS.trades, "trades"],
    [account.comparable, VERDICT_NEEDS.comparable, "comparable trades"],
    [days, VERDICT_NEEDS.days, "days"],
  ];
  const missing = needs
    .filter(([have, need]) => have < need)
    .map(([have, need, what]) => `${Number.isInteger(have) ? have : have.toFixed(1)} of ${need} ${what}`);
  if (missing.length > 0 || targets.length === 0) return { verdict: "not enough trades", missing };
  return { verdict: targets.every(({ state }) => state === "met") ? "met" : "missed", missing };
}

/** What only a study of pairs has is left out. */
function withoutPairs(all: PairsResult): RunResult["metrics"] {
  const { fee, slip, band, cost_gate, n_target, n_stop, n_eod, n_rebalances, threshold_margin, ...metrics } = all;
  return metrics;
}
