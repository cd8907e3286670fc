/**
 * A shield in the words of the pairs study, whose metrics it is judged by: the position held is the primary leg, which costs nothing
 * because it is there anyway, its hedges are the hedge leg.
 */
import type { PairsTerms } from "../pairs-terms.ts";
import type { PairsTrade } from "../trade.ts";

/** Of the study's terms its metrics read the capital; the others mean nothing here. */
export const shieldTerms = (capital: number): PairsTerms => ({
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
export const shieldTrade = (unhedged: number, hedge: number, cost: number): PairsTrade => ({
  ...NO_TRADE,
  grossY: unhedged,
  grossX: hedge,
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
  costY: 0,
} as const;
