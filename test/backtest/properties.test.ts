/** What must hold for every pair, whatever it came to: no look into the future, proportions, and the shadow. */
import { describe, expect, test } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";
import { makePair, type Ran, type Row, runRows, TERMS } from "./pairs-rig.ts";

const TERMS_SHORT = { ...TERMS, betaWindow: 120, lookback: 40, fee: 0.0002, slippage: 0.0001 };
const pair = makePair({ seed: 20, bars: 4000, levelY: 3000, levelX: 0.07, beta: 1.2, missing: 0.02, stale: 0.05 });

describe("no look-ahead", () => {
  const random = createPrng(21);
  const cuts = Array.from({ length: 24 }, () => pair.y[300 + random.int(pair.y.length - 300)]!.t);
  const whole = { plain: runRows(pair, TERMS_SHORT), banded: runRows(pair, { ...TERMS_SHORT, band: 0.02 }) };

  test.each(cuts)("a run that ends at %i is the whole run's beginning, bit for bit", (cut) => {
    const until = (rows: Row[]) => rows.filter(({ t }) => t <= cut);
    const prefix = { y: until(pair.y), x: until(pair.x) };
    expectBeginning(runRows(prefix, TERMS_SHORT), whole.plain);
    expectBeginning(runRows(prefix, { ...TERMS_SHORT, band: 0.02 }), whole.banded);
  });

  test("what comes after a cut changes nothing before it", () => {
    const cut = cuts[0]!;
    const spoil = (rows: Row[]) =>
      rows.map((row) => (row.t <= cut ? row : { ...row, open: row.open * 3, close: row.close / (1 + (row.t % 7)) }));
    const spoiled = runRows({ y: spoil(pair.y), x: spoil(pair.x) }, TERMS_SHORT);
    const bars = whole.plain.timestampMs.filter((t) => t <= cut).length;
    expect(bits(spoiled.hedged.slice(0, bars))).toEqual(bits(whole.plain.hedged.slice(0, bars)));
    expect(bits(spoiled.hedged)).not.toEqual(bits(whole.plain.hedged));
  });
});

describe("proportions", () => {
  test("twice the notional is twice the money of every trade, exactly", () => {
    const [once, twice] = [1000, 2000].map((notional) => runRows(pair, { ...TERMS_SHORT, notional, band: 0.02 }));
    const money = ({ trades }: Ran, factor: number) =>
      bits(trades.flatMap(({ grossY, grossX, costY, costX }) => [grossY, grossX, costY, costX].map((m) => m * factor)));
    expect(twice!.trades.length).toBeGreaterThan(50);
    expect(money(twice!, 1)).toEqual(money(once!, 2));
    for (const [at, equity] of twice!.hedged.entries()) {
      expect(Math.abs(equity - 10_000 - 2 * (once!.hedged[at]! - 10_000))).toBeLessThan(1e-11);
    }
  });

  test("prices in other units are the same trades and the same money", () => {
    const scaled = {
      y: pair.y.map((row) => ({ ...row, open: row.open * 2 ** -30, close: row.close * 2 ** -30 })),
      x: pair.x.map((row) => ({ ...row, open: row.open * 2 ** 20, close: row.close * 2 ** 20 })),
    };
    const [here, there] = [runRows(pair, TERMS_SHORT), runRows(scaled, TERMS_SHORT)];
    expect(there.trades.map(({ exitMs, reason }) => [exitMs, reason])).toEqual(
      here.trades.map(({ exitMs, reason }) => [exitMs, reason]),
    );
    for (const [at, equity] of there.hedged.entries()) {
      expect(Math.abs(equity / here.hedged[at]! - 1)).toBeLessThan(1e-10);
    }
  });

  test("dearer fills end lower, with the same trades", () => {
    const ends = [0, 1, 3, 10, 30].map((bps) =>
      runRows(pair, { ...TERMS_SHORT, fee: bps / 1e4, slippage: bps / 2e4, band: 0.02 }),
    );
    for (const [at, { outcome, trades }] of ends.slice(1).entries()) {
      expect(trades.length).toBe(ends[at]!.trades.length);
      expect(outcome.result.final_equity_hedged).toBeLessThan(ends[at]!.outcome.result.final_equity_hedged);
      expect(outcome.result.final_equity_unhedged).toBeLessThan(ends[at]!.outcome.result.final_equity_unhedged);
    }
  });
});

describe("the shadow", () => {
  test("is the run itself where nothing is hedged", () => {
    for (const costs of [{ fee: 0, slippage: 0 }, {}]) {
      const ran = runRows(pair, { ...TERMS_SHORT, ...costs, intensity: 0 });
      expect(ran.trades.length).toBeGreaterThan(50);
      expect(bits(ran.hedged)).toEqual(bits(ran.unhedged));
      expect(ran.outcome.result.hedge_cost_drag.hedge_costs).toBe(0);
      expect(ran.outcome.result.ederington_variance_reduction).toBe(0);
    }
  });

  test("does not depend on the hedge's corrections", () => {
    const [plain, banded] = [null, 0.01].map((band) => runRows(pair, { ...TERMS_SHORT, band }));
    expect(banded!.outcome.result.n_rebalances).toBeGreaterThan(50);
    expect(bits(banded!.unhedged)).toEqual(bits(plain!.unhedged));
    expect(bits(banded!.hedged)).not.toEqual(bits(plain!.hedged));
  });
});

describe("nothing to trade on", () => {
  const levels = { seed: 30, bars: 2000, levelY: 100, levelX: 100, beta: 1 };
  test.each([1, 3, 1e-7, 12_345.678])("legs that are equal up to the factor %d are refused", (factor) => {
    const { x } = makePair(levels);
    const y = x.map((row) => ({ ...row, open: row.open * factor, close: row.close * factor }));
    expect(() => runRows({ y, x }, TERMS_SHORT)).toThrow(expect.objectContaining({ code: "LEGS_IDENTICAL" }));
  });

  test("legs that are equal up to a factor and a rounding of prices never trade, or are refused", () => {
    const { x } = makePair(levels);
    const rounded = (price: number) => Number((price * 7).toPrecision(9));
    const y = x.map((row) => ({ ...row, open: rounded(row.open), close: rounded(row.close) }));
    expect(() => runRows({ y, x }, TERMS_SHORT)).toThrow(expect.objectContaining({ code: "LEGS_IDENTICAL" }));
  });

  test("one leg a power of the other never trades", () => {
    const { x } = makePair(levels);
    const y = x.map((row) => ({ ...row, open: row.open ** 2, close: row.close ** 2 }));
    expect(runRows({ y, x }, TERMS_SHORT).trades).toEqual([]);
  });

  test.each([
    [1, 100, 0.002],
    [3, 100, 0.002],
    [0.07, 5e11, 1e-5],
    [1e6, 1e-9, 1e-6],
  ])("a stretch in which the legs are one instrument, times %d, at %d, decides nothing", (factor, level, swing) => {
    const { y, x } = makePair({ ...levels, bars: 1500, levelY: factor * level, levelX: level, swing });
    const [from, to] = [500, 1200];
    const same = y.map((row, at) =>
      at < from || at >= to ? row : { ...row, open: x[at]!.open * factor, close: x[at]!.close * factor },
    );
    const { trades, outcome } = runRows({ y: same, x }, TERMS_SHORT);
    const [first, last] = [x[from + 160]!.t, x[to - 1]!.t];
    expect(trades.filter(({ decisionMs }) => decisionMs >= first && decisionMs <= last)).toEqual([]);
    expect(outcome.undefinedBars).toBeGreaterThanOrEqual(to - from - 160);
  });

  test("a hedge that never moves leaves every ratio undefined", () => {
    const { y, x } = makePair({ ...levels, flatX: [0, 2000] });
    const { outcome, trades, hedged } = runRows({ y, x }, TERMS_SHORT);
    expect(trades).toEqual([]);
    expect(outcome.undefinedBars).toBe(hedged.length);
    expect(outcome.result.sharpe.hedged).toBeNull();
    expect(outcome.result.hedge_ratio_accuracy.realized_beta).toBeNull();
    expect(outcome.result.delta_neutrality.passes_3pct).toBe(false);
  });

  test("too few bars for a first score are refused", () => {
    const few = makePair({ ...levels, bars: 158 });
    expect(() => runRows(few, TERMS_SHORT)).toThrow(expect.objectContaining({ code: "TOO_FEW_BARS" }));
    expect(runRows(makePair({ ...levels, bars: 159 }), TERMS_SHORT).hedged).toEqual([10_000]);
  });
});

test("a ruin is said, and a return on what is gone is not given", () => {
  const { outcome, hedged } = runRows(pair, { ...TERMS_SHORT, slippage: 0.02, notional: 20_000 });
  const { sharpe } = outcome.result;
  expect(Math.min(...hedged)).toBeLessThan(0);
  expect(sharpe.ruined_hedged).toBe(true);
  expect(sharpe.hedged_compounded_returns).toBeNull();
  expect(sharpe.hedged).not.toBeNull();
  expect(sharpe.ratio_meaningful).toBe(false);
});

/** Of the last bar only what was decided before: a position that is open there is closed because the data ends. */
function expectBeginning(prefix: Ran, whole: Ran): void {
  const bars = prefix.hedged.length - 1;
  expect(prefix.timestampMs).toEqual(whole.timestampMs.slice(0, bars + 1));
  expect(bits(prefix.hedged.slice(0, bars))).toEqual(bits(whole.hedged.slice(0, bars)));
  expect(bits(prefix.unhedged.slice(0, bars))).toEqual(bits(whole.unhedged.slice(0, bars)));
  expect(bits(prefix.z)).toEqual(bits(whole.z.slice(0, prefix.z.length)));
  expect(bits(prefix.beta)).toEqual(bits(whole.beta.slice(0, prefix.beta.length)));
  const closed = prefix.trades.filter(({ reason }) => reason !== "eod");
  expect(prefix.trades.length - closed.length).toBeLessThan(2);
  expect(closed).toEqual(whole.trades.slice(0, closed.length));
}

function bits(values: readonly number[]): Buffer {
  return Buffer.from(Float64Array.from(values).buffer);
}
