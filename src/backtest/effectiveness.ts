/**
 * What hedging was worth: the metrics of SPEC §11, hedged against the shadow, gathered bar by bar in constant memory.
 *
 * The result's names are those of the reference study. What has no value is null; `meaningful` flags say where a number exists but
 * answers nothing (a ratio of two negative Sharpes, a drag on a loss). `passes_*` compare and nothing else: whether there were
 * enough trades to say so is `verdicts.ts`.
 */
import { Curve } from "./curve.ts";
import type { PairsWatch } from "./pairs-run.ts";
import type { PairsTerms } from "./pairs-terms.ts";
import { type Moments, Slope } from "./sums.ts";
import type { PairsTrade } from "./trade.ts";

type Maybe = number | null;

/** Shares are fractions: 0.05 is 5 %. Money is in quote units. */
export interface PairsResult {
  readonly fee: number;
  readonly slip: number;
  readonly band: Maybe;
  readonly cost_gate: boolean;
  readonly n_trades: number;
  readonly n_target: number;
  readonly n_stop: number;
  readonly n_eod: number;
  readonly n_rebalances: number;
  readonly hedge_ratio_accuracy: {
    readonly realized_beta: Maybe;
    readonly target_beta: Maybe;
    readonly ratio_minus_1: Maybe;
    readonly n_returns: number;
    readonly passes_10pct: boolean;
  };
  readonly delta_neutrality: {
    readonly mean_abs_beta_adjusted: Maybe;
    readonly max_abs_beta_adjusted: Maybe;
    readonly mean_abs_dollar: Maybe;
    readonly held_bars: number;
    readonly passes_3pct: boolean;
  };
  readonly hedge_cost_drag: {
    readonly hedge_costs: number;
    readonly primary_costs: number;
    readonly gross_pnl_hedged: number;
    readonly gross_pnl_primary_only: number;
    readonly drag_vs_gross_hedged: Maybe;
    readonly meaningful: boolean;
  };
  readonly slippage_capture: {
    readonly mean_signed: Maybe;
    readonly max_signed: Maybe;
    readonly mean_signed_hedge_leg: Maybe;
    readonly n_fills: number;
    readonly passes_0p5pct: boolean;
  };
  readonly drawdown: {
    readonly mdd_unhedged: Maybe;
    readonly mdd_hedged: Maybe;
    readonly mdd_unhedged_ccy: Maybe;
    readonly mdd_hedged_ccy: Maybe;
    readonly reduction: Maybe;
    readonly passes_25pct: boolean;
  };
  readonly sharpe: {
    readonly unhedged: Maybe;
    readonly hedged: Maybe;
    readonly ratio_raw: Maybe;
    readonly ratio_meaningful: boolean;
    readonly difference: Maybe;
    readonly unhedged_compounded_returns: Maybe;
    readonly hedged_compounded_returns: Maybe;
    readonly ruined_hedged: boolean;
    readonly ruined_unhedged: boolean;
  };
  readonly ederington_variance_reduction: Maybe;
  readonly final_equity_hedged: number;
  readonly final_equity_unhedged: number;
  readonly threshold_margin: {
    readonly min_distance_entry_or_stop_while_flat: Maybe;
    readonly min_distance_exit_or_stop_in_position: Maybe;
  };
}

export class Effectiveness implements PairsWatch {
  readonly hedged: Curve;
  readonly unhedged: Curve;
  undefinedBars = 0;
  readonly #terms: PairsTerms;
  readonly #reasons = { target: 0, stop: 0, eod: 0 };
  #trades = 0;
  #rebalances = 0;
  #grossY = 0;
  #grossX = 0;
  #costY = 0;
  #costX = 0;
  readonly #slope = new Slope();
  /** Of entry betas, each as often as its trade has returns. */
  #targetBetaSum = 0;
  #heldBars = 0;
  #neutralitySum = 0;
  #neutralityMax = 0;
  #neutralBars = 0;
  #dollarSum = 0;
  #fills = 0;
  #slippageSum = 0;
  #slippageMax = Number.NEGATIVE_INFINITY;
  #hedgeFills = 0;
  #hedgeSlippageSum = 0;
  #flatMargin = Number.POSITIVE_INFINITY;
  #heldMargin = Number.POSITIVE_INFINITY;

  constructor(terms: PairsTerms) {
    this.#terms = terms;
    this.hedged = new Curve(terms.capital);
    this.unhedged = new Curve(terms.capital);
  }

  onFill(leg: "primary" | "hedge", side: number, fillPrice: number, decidedClose: number): void {
    const slipped = side * (fillPrice / decidedClose - 1);
    this.#fills++;
    this.#slippageSum += slipped;
    if (slipped > this.#slippageMax) this.#slippageMax = slipped;
    if (leg === "primary") return;
    this.#hedgeFills++;
    this.#hedgeSlippageSum += slipped;
  }

  onRebalance(): void {
    this.#rebalances++;
  }

  onTrade(trade: PairsTrade): void {
    this.#trades++;
    this.#reasons[trade.reason]++;
    this.#grossY += trade.grossY;
    this.#grossX += trade.grossX;
    this.#costY += trade.costY;
    this.#costX += trade.costX;
  }

  onHeld(valueY: number, valueX: number, betaHeld: number): void {
    this.#heldBars++;
    this.#dollarSum += Math.abs(valueY + valueX) / Math.abs(valueY);
    if (betaHeld === 0) return;
    const off = Math.abs(valueY + valueX / betaHeld) / Math.abs(valueY);
    this.#neutralBars++;
    this.#neutralitySum += off;
    if (off > this.#neutralityMax) this.#neutralityMax = off;
  }

  onMove(moveY: number, moveX: number, entryBeta: number): void {
    this.#slope.add(moveX, moveY);
    this.#targetBetaSum += entryBeta;
  }

  onScore(z: number, u: number): void {
    const { entry, exit, stop } = this.#terms;
    if (Number.isNaN(u)) {
      const size = Math.abs(z);
      this.#flatMargin = Math.min(this.#flatMargin, Math.abs(size - entry), Math.abs(size - stop));
    } else this.#heldMargin = Math.min(this.#heldMargin, Math.abs(u - exit), Math.abs(u - stop));
  }

  onUndefined(): void {
    this.undefinedBars++;
  }

  onEquity(hedged: number, unhedged: number): void {
    this.hedged.add(hedged);
    this.unhedged.add(unhedged);
  }

  /** Of all that was heard so far. */
  result(barsPerYear: number): PairsResult {
    const { fee, slippage, band, costGate, capital } = this.#terms;
    const { hedged, unhedged } = this;
    return {
      fee,
      slip: slippage,
      band,
      cost_gate: costGate,
      n_trades: this.#trades,
      n_target: this.#reasons.target,
      n_stop: this.#reasons.stop,
      n_eod: this.#reasons.eod,
      n_rebalances: this.#rebalances,
      hedge_ratio_accuracy: this.#accuracy(),
      delta_neutrality: this.#neutrality(),
      hedge_cost_drag: this.#drag(),
      slippage_capture: this.#slippage(),
      drawdown: this.#drawdowns(),
      sharpe: this.#sharpe(barsPerYear),
      ederington_variance_reduction: defined(1 - hedged.changes.variance() / unhedged.changes.variance()),
      final_equity_hedged: capital + hedged.profit,
      final_equity_unhedged: capital + unhedged.profit,
      threshold_margin: {
        min_distance_entry_or_stop_while_flat: defined(this.#flatMargin),
        min_distance_exit_or_stop_in_position: defined(this.#heldMargin),
      },
    };
  }

  #accuracy(): PairsResult["hedge_ratio_accuracy"] {
    const count = this.#slope.count;
    const realized = this.#slope.value();
    const target = this.#targetBetaSum / count;
    const ratio = defined(realized / target - 1);
    return {
      realized_beta: defined(realized),
      target_beta: defined(target),
      ratio_minus_1: ratio,
      n_returns: count,
      passes_10pct: ratio !== null && Math.abs(ratio) <= 0.1,
    };
  }

  #neutrality(): PairsResult["delta_neutrality"] {
    const mean = defined(this.#neutralitySum / this.#neutralBars);
    return {
      mean_abs_beta_adjusted: mean,
      max_abs_beta_adjusted: this.#neutralBars === 0 ? null : this.#neutralityMax,
      mean_abs_dollar: defined(this.#dollarSum / this.#heldBars),
      held_bars: this.#heldBars,
      passes_3pct: mean !== null && mean < 0.03,
    };
  }

  #drag(): PairsResult["hedge_cost_drag"] {
    const gross = this.#grossY + this.#grossX;
    return {
      hedge_costs: this.#costX,
      primary_costs: this.#costY,
      gross_pnl_hedged: gross,
      gross_pnl_primary_only: this.#grossY,
      drag_vs_gross_hedged: defined(this.#costX / gross),
      meaningful: gross > 0,
    };
  }

  #slippage(): PairsResult["slippage_capture"] {
    const mean = defined(this.#slippageSum / this.#fills);
    return {
      mean_signed: mean,
      max_signed: defined(this.#slippageMax),
      mean_signed_hedge_leg: defined(this.#hedgeSlippageSum / this.#hedgeFills),
      n_fills: this.#fills,
      passes_0p5pct: mean !== null && mean < 0.005,
    };
  }

  #drawdowns(): PairsResult["drawdown"] {
    const [hedged, unhedged] = [this.hedged.drawdown, this.unhedged.drawdown];
    const reduction = defined(1 - hedged.worst / unhedged.worst);
    return {
      mdd_unhedged: unhedged.worst,
      mdd_hedged: hedged.worst,
      mdd_unhedged_ccy: unhedged.worstMoney,
      mdd_hedged_ccy: hedged.worstMoney,
      reduction,
      passes_25pct: reduction !== null && reduction > 0.25,
    };
  }

  #sharpe(barsPerYear: number): PairsResult["sharpe"] {
    const yearly = Math.sqrt(barsPerYear);
    const ratioOf = (moments: Moments) => (moments.mean() / Math.sqrt(moments.variance())) * yearly;
    const [hedged, unhedged] = [ratioOf(this.hedged.changes), ratioOf(this.unhedged.changes)];
    const ruined = this.hedged.ruined || this.unhedged.ruined;
    return {
      unhedged: defined(unhedged),
      hedged: defined(hedged),
      ratio_raw: defined(hedged / unhedged),
      ratio_meaningful: hedged > 0 && unhedged > 0 && !ruined,
      difference: defined(hedged - unhedged),
      unhedged_compounded_returns: this.unhedged.ruined ? null : defined(ratioOf(this.unhedged.returns)),
      hedged_compounded_returns: this.hedged.ruined ? null : defined(ratioOf(this.hedged.returns)),
      ruined_hedged: this.hedged.ruined,
      ruined_unhedged: this.unhedged.ruined,
    };
  }
}

/** Null for what is no finite number. */
function defined(value: number): Maybe {
  return Number.isFinite(value) ? value + 0 : null;
}
