/** The pairs study against its definition, computed slowly by other code, on pairs that nobody has seen. */
import { describe, expect, test } from "vitest";
import type { PairsTerms } from "../../src/backtest/pairs-terms.ts";
import { type OracleTerms, oracle } from "./pairs-oracle.ts";
import { join2, makePair, type PairShape, type Ran, runRows, TERMS } from "./pairs-rig.ts";

const SMALL: PairsTerms = { ...TERMS, betaWindow: 60, lookback: 20 };

const PAIRS: Readonly<Record<string, PairShape>> = {
  "a plain pair": { seed: 1, bars: 2500, levelY: 3000, levelX: 60_000, beta: 1.1 },
  "gaps in both files and different ends": {
    seed: 2,
    bars: 2500,
    levelY: 3000,
    levelX: 60_000,
    beta: 0.8,
    missing: 0.1,
    startY: 100,
    endX: 2400,
  },
  "stale bars": { seed: 3, bars: 2500, levelY: 100, levelX: 20, beta: 1, stale: 0.4 },
  "tiny prices": { seed: 4, bars: 2500, levelY: 5e-9, levelX: 3e-7, beta: 1.4 },
  "huge prices": { seed: 5, bars: 2500, levelY: 4e12, levelX: 7e9, beta: 0.5 },
  "a negative hedge ratio": { seed: 6, bars: 2500, levelY: 9e-5, levelX: 0.1, beta: -0.6 },
  "a hedge that stands still for longer than the window": {
    seed: 7,
    bars: 2500,
    levelY: 50,
    levelX: 70,
    beta: 1,
    flatX: [900, 1100],
  },
  "a position at the end": { seed: 8, bars: 2500, levelY: 50, levelX: 70, beta: 1 },
};

const VARIANTS: Readonly<Record<string, Partial<PairsTerms>>> = {
  "seed costs": {},
  "maker costs": { fee: 0.0002, slippage: 0.0001 },
  "no costs": { fee: 0, slippage: 0 },
  "a band": { fee: 0.0002, slippage: 0.0001, band: 0.05 },
  "the cost gate": { costGate: true },
  "other thresholds": { entry: 1.5, exit: -0.25, stop: 2.75 },
};

describe.each(Object.entries(PAIRS))("%s", (name, shape) => {
  const pair = makePair(shape);
  const bars = join2(pair);
  // Ends where a trade of the whole run is open.
  if (name === "a position at the end") {
    const trade = oracle(bars, slowTerms(SMALL)).trades.at(-3)!;
    pair.y.length = pair.y.findIndex(({ t }) => t === bars[trade.exit]!.t);
    bars.length = trade.exit;
  }
  test.each(Object.entries(VARIANTS))("with %s is what the definition says", (_, variant) => {
    const terms = { ...SMALL, ...variant };
    expectDefinition(runRows(pair, terms), oracle(bars, slowTerms(terms)), bars.length);
  });
});

test("the pairs exercise every reason, corrections, the gate and undefined bars", () => {
  const pairs = Object.values(PAIRS).map((shape) => makePair(shape));
  const run = (terms: PairsTerms) => pairs.map((pair) => runRows(pair, terms).outcome);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [banded, gated] = [run({ ...SMALL, band: 0.05 }), run({ ...SMALL, costGate: true })];
  expect(sum(banded.map(({ result }) => result.n_target))).toBeGreaterThan(100);
  expect(sum(banded.map(({ result }) => result.n_stop))).toBeGreaterThan(15);
  expect(sum(banded.map(({ result }) => result.n_rebalances))).toBeGreaterThan(100);
  expect(sum(banded.map(({ undefinedBars }) => undefinedBars))).toBeGreaterThan(20);
  const open = sum(gated.map(({ result }) => result.n_trades));
  expect(open).toBeGreaterThan(50);
  expect(open).toBeLessThan(sum(banded.map(({ result }) => result.n_trades)));
});

function slowTerms(terms: PairsTerms): OracleTerms {
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

function expectDefinition(ran: Ran, slow: ReturnType<typeof oracle>, rows: number): void {
  const { outcome, trades } = ran;
  const { result } = outcome;
  expect(outcome.rows).toBe(rows);
  expect(outcome.barsPerYear).toBe(105_120);
  expect(ran.firstBar).toBe(SMALL.betaWindow + SMALL.lookback - 2);
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
    held_bars: result.delta_neutrality.held_bars,
    n_returns: result.hedge_ratio_accuracy.n_returns,
    hedge_costs: result.hedge_cost_drag.hedge_costs,
    primary_costs: result.hedge_cost_drag.primary_costs,
    gross: result.hedge_cost_drag.gross_pnl_hedged,
    gross_primary: result.hedge_cost_drag.gross_pnl_primary_only,
    slippage: result.slippage_capture.mean_signed,
    n_fills: result.slippage_capture.n_fills,
    mdd_hedged: result.drawdown.mdd_hedged,
    mdd_unhedged: result.drawdown.mdd_unhedged,
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
