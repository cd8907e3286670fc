/**
 * Whether a hedge did what was promised of it: each metric of the effectiveness table against its target.
 *
 * A number that answers nothing is never a pass, and no verdict is given on fewer trades than TRADES_NEEDED: with twenty trades any
 * ratio can be had by luck.
 */
import type { PairsResult } from "./effectiveness.ts";

/** Trades from which a verdict is given. */
export const TRADES_NEEDED = 200;

export type VerdictState = "met" | "missed" | "not meaningful" | "not enough trades";

export interface Verdict {
  readonly metric: string;
  /** In words, with its limit. */
  readonly target: string;
  /** As a fraction or a ratio; null where undefined. */
  readonly value: number | null;
  readonly verdict: VerdictState;
  /** Why the number answers nothing, else null. */
  readonly why: string | null;
}

/** What is asked of one metric. */
export interface Claim {
  readonly metric: string;
  readonly target: string;
  readonly value: number | null;
  readonly holds: boolean;
  /** Why the number answers nothing; null when it does answer. */
  readonly meaningless: string | null;
}

/** Verdicts on the six metrics that a pair's hedge is judged by. */
export function pairsVerdicts(result: PairsResult): readonly Verdict[] {
  return claims(result).map((claim) => judge(claim, result.n_trades));
}

export function judge({ metric, target, value, holds, meaningless }: Claim, trades: number): Verdict {
  if (value === null || meaningless !== null) {
    return { metric, target, value, verdict: "not meaningful", why: meaningless ?? "it has no value here" };
  }
  if (trades < TRADES_NEEDED) {
    const why = `${trades} trades, ${TRADES_NEEDED} are needed`;
    return { metric, target, value, verdict: "not enough trades", why };
  }
  return { metric, target, value, verdict: holds ? "met" : "missed", why: null };
}

function claims(result: PairsResult): readonly Claim[] {
  const { hedge_ratio_accuracy: accuracy, delta_neutrality: neutrality, hedge_cost_drag: drag } = result;
  const { slippage_capture: slippage, drawdown, sharpe } = result;
  const ruined = sharpe.ruined_hedged || sharpe.ruined_unhedged ? "an equity fell to 0: the account was ruined" : null;
  const value = drag.drag_vs_gross_hedged;
  return [
    {
      metric: "hedge ratio accuracy",
      target: "realized within 10 % of target",
      value: accuracy.ratio_minus_1,
      holds: accuracy.passes_10pct,
      meaningless: null,
    },
    {
      metric: "delta neutrality",
      target: "below 3 % of the primary",
      value: neutrality.mean_abs_beta_adjusted,
      holds: neutrality.passes_3pct,
      meaningless: null,
    },
    {
      metric: "hedge cost drag",
      target: "below 15 % of gross profit",
      value,
      holds: value !== null && value < 0.15,
      meaningless: drag.meaningful ? null : "there is no gross profit for costs to be a share of",
    },
    {
      metric: "slippage",
      target: "below 0.5 % of the price",
      value: slippage.mean_signed,
      holds: slippage.passes_0p5pct,
      meaningless: null,
    },
    {
      metric: "drawdown reduction",
      target: "above 25 %",
      value: drawdown.reduction,
      holds: drawdown.passes_25pct,
      meaningless: ruined,
    },
    {
      metric: "Sharpe improvement",
      target: "above 1.2 times the shadow's",
      value: sharpe.ratio_raw,
      holds: sharpe.ratio_raw !== null && sharpe.ratio_raw > 1.2,
      meaningless:
        ruined ?? (sharpe.ratio_meaningful ? null : "a ratio says nothing unless both Sharpe ratios are above 0"),
    },
  ];
}
