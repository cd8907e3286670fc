/**
 * A run in the words of the pairs study, whose metrics it is judged by: what is held or opened is the primary leg, its hedges are the
 * hedge leg. A shield's primary costs nothing, because it is there anyway.
 */
import type { PairsTerms } from "../pairs-terms.ts";
import type { PairsTrade } from "../trade.ts";
import type { Episode } from "./episode.ts";

/** Of the study's terms its metrics read the capital; the others mean nothing here. */
export const runTerms = (capital: number): PairsTerms => ({
  betaWindow: 3,
  lookback: 2,
  entry: 2,
  exit: 0,
  stop: 3,
  notional: 1,
  capital,
  fee: 0,
  slippage: 0,
  band: null,
  costGate: false,
  intensity: 1,
});

/** An episode's money as the study's trade. */
export const episodeTrade = ({ profitPrimary, costPrimary, profitHedge, cost }: Episode): PairsTrade => ({
  ...NO_TRADE,
  grossY: profitPrimary,
  grossX: profitHedge,
  costY: costPrimary,
  costX: cost,
});

const NO_TRADE = {
  id: 0,
  direction: 1,
  decisionMs: 0,
  entryMs: 0,
  exitMs: 0,
  reason: "target",
  bars: 0,
  zEntry: Number.NaN,
  zExit: Number.NaN,
  beta: 1,
  entryFillY: 0,
  exitFillY: 0,
  unitsY: 0,
  entryFillX: 0,
  exitFillX: 0,
  unitsX: 0,
} as const;
