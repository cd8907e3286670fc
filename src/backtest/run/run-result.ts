/**
 * What a run or a live journal was worth: the metrics of SPEC §11, the tables beside them, and whether there is enough behind them
 * to say anything.
 *
 * A verdict needs 200 trades, 50 of them comparable, over 14 days; where there is less, what is missing is said. Undefined numbers
 * are null.
 */
import type { PairsResult } from "../effectiveness.ts";
import { type SharpeRecord, sharpeRecord } from "../pairs-document.ts";
import { pairsVerdicts, TRADES_NEEDED, type Verdict } from "../verdicts.ts";
import type { Account } from "./account.ts";
import type { Episode } from "./episode.ts";
import { type EpisodeGroup, EpisodeGroups } from "./episode-groups.ts";
import type { ReliabilityRow } from "./reliability.ts";
import type { VenueTally } from "./venue-tally.ts";

const VERDICT_NEEDS = { trades: TRADES_NEEDED, comparable: 50, days: 14 } as const;

/** The study's metrics without what only a pair has. */
export type RunMetrics = Pick<
  PairsResult,
  | "hedge_ratio_accuracy"
  | "delta_neutrality"
  | "hedge_cost_drag"
  | "slippage_capture"
  | "drawdown"
  | "sharpe"
  | "ederington_variance_reduction"
  | "final_equity_hedged"
  | "final_equity_unhedged"
>;

export interface RunResult {
  readonly trades: number;
  readonly comparable_trades: number;
  /** Positions that were to be opened and never filled: no trades. */
  readonly never_filled: number;
  readonly days: number;
  /** Quote units; null where no price was ever seen. */
  readonly capital: number | null;
  readonly samples: number;
  readonly metrics: RunMetrics | null;
  readonly verdicts: {
    readonly enough: boolean;
    /** What there is too little of, in words. */
    readonly missing: readonly string[];
    readonly all_met: boolean;
    readonly metrics: readonly Verdict[];
  };
  readonly deflated_sharpe: { readonly hedged: SharpeRecord; readonly unhedged: SharpeRecord } | null;
  readonly liquidation: { readonly rate: null; readonly why: string };
  readonly by_signal_kind: readonly EpisodeGroup[];
  readonly by_source: readonly EpisodeGroup[];
  readonly by_model_version: readonly EpisodeGroup[];
  readonly by_asset: readonly EpisodeGroup[];
  readonly by_playbook: readonly EpisodeGroup[];
  /** Why trades ended. */
  readonly by_end: readonly EpisodeGroup[];
  readonly by_venue: readonly VenueTally[];
  /** Of what was scored; empty without `signal` playbooks. */
  readonly reliability: readonly ReliabilityRow[];
  /** What the lane answered to signals, and what it alarmed, by code. */
  readonly signal_outcomes: Readonly<Record<string, number>>;
  readonly alarms: Readonly<Record<string, number>>;
}

export class RunTables {
  readonly #kinds = new EpisodeGroups(({ kind }) => kind);
  readonly #sources = new EpisodeGroups(({ source }) => source);
  readonly #models = new EpisodeGroups(({ model, modelVersion }) =>
    model === "" ? "(none)" : `${model}@${modelVersion}`,
  );
  readonly #assets = new EpisodeGroups(({ asset, hedge }) => `${asset} by ${hedge}`);
  readonly #playbooks = new EpisodeGroups(({ playbook }) => playbook);
  readonly #ends = new EpisodeGroups(({ end }) => end);

  add(episode: Episode): void {
    this.#kinds.add(episode);
    this.#sources.add(episode);
    this.#models.add(episode);
    this.#assets.add(episode);
    this.#playbooks.add(episode);
    this.#ends.add(episode);
  }

  /** Ends what the account has open. Once. */
  result(account: Account): RunResult {
    const all = account.finish();
    const days = account.firstMs < account.lastMs ? (account.lastMs - account.firstMs) / 86_400_000 : 0;
    const missing = missingOf(account, days);
    const enough = all !== null && missing.length === 0;
    const shapes = account.shapes();
    // A verdict on too few days or too little to compare is none, however many trades there were.
    const judged = all === null ? [] : pairsVerdicts({ ...all, n_trades: enough ? all.n_trades : 0 });
    const metrics = judged.map((each) =>
      each.verdict === "not enough trades" ? { ...each, why: missing.join(", ") } : each,
    );
    return {
      trades: account.episodes,
      comparable_trades: account.comparable,
      never_filled: account.neverFilled,
      days,
      capital: Number.isNaN(account.capital) ? null : account.capital,
      samples: account.samples,
      metrics: all === null ? null : ownMetrics(all),
      verdicts: { enough, missing, all_met: enough && metrics.every(({ verdict }) => verdict === "met"), metrics },
      deflated_sharpe:
        shapes === null ? null : { hedged: sharpeRecord(shapes.hedged), unhedged: sharpeRecord(shapes.unhedged) },
      liquidation: {
        rate: null,
        why: "a configuration states no margin; `backtest shield` counts liquidations by leverage",
      },
      by_signal_kind: this.#kinds.list(),
      by_source: this.#sources.list(),
      by_model_version: this.#models.list(),
      by_asset: this.#assets.list(),
      by_playbook: this.#playbooks.list(),
      by_end: this.#ends.list(),
      by_venue: account.venues.list(),
      reliability: account.reliability.list(),
      signal_outcomes: Object.fromEntries(account.verdicts),
      alarms: Object.fromEntries(account.alarms),
    };
  }
}

function missingOf(account: Account, days: number): readonly string[] {
  const needs: readonly (readonly [have: number, need: number, what: string])[] = [
    [account.episodes, VERDICT_NEEDS.trades, "trades"],
    [account.comparable, VERDICT_NEEDS.comparable, "comparable trades"],
    [days, VERDICT_NEEDS.days, "days"],
  ];
  return needs
    .filter(([have, need]) => have < need)
    .map(([have, need, what]) => `${what === "days" ? have.toFixed(1) : have} of ${need} ${what}`);
}

function ownMetrics(all: PairsResult): RunMetrics {
  return {
    hedge_ratio_accuracy: all.hedge_ratio_accuracy,
    delta_neutrality: all.delta_neutrality,
    hedge_cost_drag: all.hedge_cost_drag,
    slippage_capture: all.slippage_capture,
    drawdown: all.drawdown,
    sharpe: all.sharpe,
    ederington_variance_reduction: all.ederington_variance_reduction,
    final_equity_hedged: all.final_equity_hedged,
    final_equity_unhedged: all.final_equity_unhedged,
  };
}
