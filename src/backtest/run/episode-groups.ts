/** Episodes added up by something that they have in common: what hedging was worth there. */
import { type Episode, isComparable, profitUnhedged } from "./episode.ts";

/** Money in quote units, shares as fractions, null for what has no value. */
export interface EpisodeGroup {
  readonly group: string;
  readonly trades: number;
  readonly comparable: number;
  readonly pnl_unhedged: number;
  readonly pnl_hedge_gross: number;
  readonly hedge_cost: number;
  readonly pnl_hedged: number;
  /** Deepest loss within one episode. */
  readonly worst_unhedged: number;
  readonly worst_hedged: number;
  /** Sum over episodes of the deepest loss: what the hedge took off it, as a share. */
  readonly loss_reduction: number | null;
  readonly slippage_mean: number | null;
  readonly first_fill_ms_mean: number | null;
  readonly first_fill_ms_max: number | null;
}

/** Different names that are told apart; what comes after those is one group, so that memory is bounded. */
const GROUPS_MAX = 1000;
const OTHERS = "(others)";

interface Sums {
  trades: number;
  comparable: number;
  unhedged: number;
  hedge: number;
  cost: number;
  worstUnhedged: number;
  worstHedged: number;
  worstUnhedgedSum: number;
  worstHedgedSum: number;
  notional: number;
  slipped: number;
  filled: number;
  firstFillMsSum: number;
  firstFillMsMax: number;
}

export class EpisodeGroups {
  readonly #keyOf: (episode: Episode) => string;
  readonly #sums = new Map<string, Sums>();

  constructor(keyOf: (episode: Episode) => string) {
    this.#keyOf = keyOf;
  }

  add(episode: Episode): void {
    const sums = this.#sumsOf(this.#keyOf(episode));
    sums.trades++;
    if (isComparable(episode)) sums.comparable++;
    sums.unhedged += profitUnhedged(episode);
    sums.hedge += episode.profitHedge;
    sums.cost += episode.cost;
    sums.worstUnhedged = Math.max(sums.worstUnhedged, episode.worstUnhedged);
    sums.worstHedged = Math.max(sums.worstHedged, episode.worstHedged);
    sums.worstUnhedgedSum += episode.worstUnhedged;
    sums.worstHedgedSum += episode.worstHedged;
    if (episode.fills === 0) return;
    sums.notional += episode.filledNotional;
    sums.slipped += episode.slippage * episode.filledNotional;
    sums.filled++;
    sums.firstFillMsSum += episode.firstFillMs;
    sums.firstFillMsMax = Math.max(sums.firstFillMsMax, episode.firstFillMs);
  }

  /** By name. */
  list(): readonly EpisodeGroup[] {
    return [...this.#sums]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([group, sums]) => ({
        group,
        trades: sums.trades,
        comparable: sums.comparable,
        pnl_unhedged: sums.unhedged,
        pnl_hedge_gross: sums.hedge,
        hedge_cost: sums.cost,
        pnl_hedged: sums.unhedged + sums.hedge - sums.cost,
        worst_unhedged: sums.worstUnhedged,
        worst_hedged: sums.worstHedged,
        loss_reduction: ratio(sums.worstUnhedgedSum - sums.worstHedgedSum, sums.worstUnhedgedSum),
        slippage_mean: ratio(sums.slipped, sums.notional),
        first_fill_ms_mean: ratio(sums.firstFillMsSum, sums.filled),
        first_fill_ms_max: sums.filled === 0 ? null : sums.firstFillMsMax,
      }));
  }

  #sumsOf(name: string): Sums {
    const key = this.#sums.has(name) || this.#sums.size < GROUPS_MAX ? name : OTHERS;
    let sums = this.#sums.get(key);
    if (sums === undefined) {
      sums = {
        trades: 0,
        comparable: 0,
        unhedged: 0,
        hedge: 0,
        cost: 0,
        worstUnhedged: 0,
        worstHedged: 0,
        worstUnhedgedSum: 0,
        worstHedgedSum: 0,
        notional: 0,
        slipped: 0,
        filled: 0,
        firstFillMsSum: 0,
        firstFillMsMax: 0,
      };
      this.#sums.set(key, sums);
    }
    return sums;
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
