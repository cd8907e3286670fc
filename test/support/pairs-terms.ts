import type { PairsTerms } from "../../src/backtest/pairs-terms.ts";

/** By which the pairs study is tested and measured. */
export const PAIRS_TERMS: PairsTerms = {
  betaWindow: 288,
  lookback: 60,
  entry: 2,
  exit: 0.5,
  stop: 3.5,
  notional: 1000,
  capital: 10_000,
  fee: 0.001,
  slippage: 0.002,
  band: null,
  costGate: false,
  intensity: 1,
};
