/** A run of the pairs study against the slow reference: scores, equities, trades and every metric. */
import { expect } from "vitest";
import type { PairsTerms } from "../../src/backtest/pairs-terms.ts";
import type { OracleTerms, oracle } from "./pairs-oracle.ts";
import type { Ran } from "./pairs-rig.ts";

/** Terms as the slow reference takes them, for bars of five minutes. */
export function slowTerms(terms: PairsTerms): OracleTerms {
  const { betaWindow, lookback, entry, exit, stop, notional, capital, fee, slippage, band, costGate } = terms;
  return {
    W: betaWindow,
    L: lookback,
    entry,
    exit,
    stop,
    N: notional,
    C0: capital,
    fee,
    slip: slippage,
    band,
    gate: costGate,
    barsPerYear: 105_120,
  };
}

/** Everything that a run says, against the slow reference. */
export function expectDefinition(ran: Ran, slow: ReturnType<typeof oracle>, terms: PairsTerms, rows: number): void {
  const { outcome, trades } = ran;
  const { result } = outcome;
  expect(outcome.rows).toBe(rows);
  expect(outcome.barsPerYear).toBe(105_120);
  expect(ran.firstBar).toBe(terms.betaWindow + terms.lookback - 2);
  expectAll(ran.z, slow.z, 1e-9, 1e-9);
  expectAll(ran.beta, slow.beta, 1e-9, 0);
  expectAll(ran.hedged, slow.hedged, 1e-9, 0);
  expectAll(ran.unhedged, slow.unhedged, 1e-9, 0);
  expect(trades.map(({ direction, bars, reason }) => [direction, bars, reason])).toEqual(
    slow.trades.map(({ dir, entry, exit, reason }) => [dir, exit - entry, reason]),
  );
  expectAll(
    trades.flatMap(({ zEntry, zExit }) => [zEntry, zExit]),
    slow.trades.flatMap(({ zIn, zOut }) => [zIn, zOut]),
    0,
    1e-9,
  );
  expectAll(
    trades.flatMap(({ beta, unitsY, unitsX }) => [beta, unitsY, unitsX]),
    slow.trades.flatMap(({ beta, unitsY, unitsX }) => [beta, unitsY, unitsX]),
    1e-9,
    0,
  );
  // The slow cash is a difference of sums around 10,000, so it has no more digits than this.
  expectAll(
    trades.flatMap(({ grossY, costY, grossX, costX }) => [grossY - costY, grossX - costX]),
    slow.trades.flatMap(({ cashY, cashX }) => [cashY, cashX]),
    1e-9,
    1e-9,
  );
  const found = {
    n_trades: result.n_trades,
    n_target: result.n_target,
    n_stop: result.n_stop,
    n_eod: result.n_eod,
    n_rebalances: result.n_rebalances,
    realized_beta: result.hedge_ratio_accuracy.realized_beta,
    target_beta: result.hedge_ratio_accuracy.target_beta,
    neutrality: result.delta_neutrality.mean_abs_beta_adjusted,
    neutrality_max: result.delta_neutrality.max_abs_beta_adjusted,
    dollar_neutrality: result.delta_neutrality.mean_abs_dollar,
    held_bars: result.delta_neutrality.held_bars,
    n_returns: result.hedge_ratio_accuracy.n_returns,
    hedge_costs: result.hedge_cost_drag.hedge_costs,
    primary_costs: result.hedge_cost_drag.primary_costs,
    gross: result.hedge_cost_drag.gross_pnl_hedged,
    gross_primary: result.hedge_cost_drag.gross_pnl_primary_only,
    slippage: result.slippage_capture.mean_signed,
    slippage_max: result.slippage_capture.max_signed,
    slippage_hedge: result.slippage_capture.mean_signed_hedge_leg,
    n_fills: result.slippage_capture.n_fills,
    mdd_hedged: result.drawdown.mdd_hedged,
    mdd_unhedged: result.drawdown.mdd_unhedged,
    mdd_hedged_ccy: result.drawdown.mdd_hedged_ccy,
    mdd_unhedged_ccy: result.drawdown.mdd_unhedged_ccy,
    compounded_hedged: result.sharpe.hedged_compounded_returns,
    compounded_unhedged: result.sharpe.unhedged_compounded_returns,
    sharpe_hedged: result.sharpe.hedged,
    sharpe_unhedged: result.sharpe.unhedged,
    ederington: result.ederington_variance_reduction,
    margin_flat: result.threshold_margin.min_distance_entry_or_stop_while_flat,
    margin_held: result.threshold_margin.min_distance_exit_or_stop_in_position,
  };
  for (const [name, value] of Object.entries(slow.metrics)) {
    const here = found[name as keyof typeof found] ?? Number.NaN;
    expect(close(here, value, 1e-9, 1e-9), `${name}: ${here}, slowly ${value}`).toBe(true);
  }
}

function expectAll(found: readonly number[], wanted: readonly number[], relative: number, absolute: number): void {
  expect(found.length).toBe(wanted.length);
  const off = found.findIndex((value, at) => !close(value, wanted[at]!, relative, absolute));
  expect(off, `value ${off}: ${found[off]}, slowly ${wanted[off]}`).toBe(-1);
}

/** NaN and infinities stand for "no value" on both sides. */
function close(a: number, b: number, relative: number, absolute: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.isFinite(a) === Number.isFinite(b);
  return Math.abs(a - b) <= relative * Math.abs(b) + absolute;
}
