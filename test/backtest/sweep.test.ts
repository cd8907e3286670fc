/** Parameter sweeps: the grid, its trials on real threads, and what the best of them is worth. */
import { describe, expect, test } from "vitest";
import { runTrials } from "../../src/backtest/analysis-pool.ts";
import { judgeSweep, PERIODS_MAX, periodsOf, sweepPairs } from "../../src/backtest/sweep.ts";
import { DEFAULT_GRID, expandGrid, TRIALS_MAX } from "../../src/backtest/sweep-grid.ts";
import runTrial from "../../src/backtest/sweep-trial.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { csvOf, filesOf, makePair, runFiles, TERMS } from "./pairs-rig.ts";

const SMALL = { ...TERMS, betaWindow: 60, lookback: 20, fee: 0.0002, slippage: 0.0001 };

describe("the grid", () => {
  test("is every combination, in its own order", () => {
    const trials = expandGrid("entry=1.5,2 ; beta-window=60,120", SMALL);
    expect(trials.map(({ varied }) => varied)).toEqual([
      { entry: 1.5, "beta-window": 60 },
      { entry: 1.5, "beta-window": 120 },
      { entry: 2, "beta-window": 60 },
      { entry: 2, "beta-window": 120 },
    ]);
    expect(trials[1]!.terms).toEqual({ ...SMALL, entry: 1.5, betaWindow: 120 });
    expect(expandGrid(DEFAULT_GRID, TERMS)).toHaveLength(27);
  });

  test.each([
    ["", "varies nothing"],
    ["entry", "no number"],
    ["entry=1,two", "no number"],
    ["entry=1,,2", "no number"],
    ["fee=0,1", "varies nothing"],
    ["entry=1=2", "varies nothing"],
    ["entry=1,1", "value twice"],
    ["entry=1,2;entry=1,3", "varied twice"],
    ["entry=2", "1 combinations"],
    [`lookback=${Array.from({ length: TRIALS_MAX + 1 }, (_, at) => at + 2)}`, `${TRIALS_MAX + 1} combinations`],
    ["entry=2,4", "with entry 4: stop is 3.5"],
    ["lookback=30.5,60", "with lookback 30.5"],
  ])("%s is refused", (grid, message) => {
    expect(() => expandGrid(grid, { ...SMALL, stop: 3.5, exit: 0.5 })).toThrow(
      expect.objectContaining({ code: "GRID_BAD", message: expect.stringContaining(message) }),
    );
  });
});

test("periods are bars at which every trial has a score, and never too many", () => {
  const trials = expandGrid("lookback=20,50;beta-window=60,100", SMALL);
  expect(periodsOf(trials, 1000)).toEqual({ firstBar: 149, barsEach: 1, count: 851 });
  const long = periodsOf(trials, 10_000_000);
  expect(long.count).toBeLessThanOrEqual(PERIODS_MAX);
  expect(long.count * long.barsEach).toBeGreaterThan(9_990_000);
  expect(periodsOf(trials, 100).count).toBe(0);
});

describe("trials", () => {
  const pair = makePair({ seed: 50, bars: 2000, levelY: 10, levelX: 20, beta: 1, missing: 0.01 });
  const place = () => {
    const at = filesOf({ "y.csv": csvOf(pair.y), "x.csv": csvOf(pair.x) });
    return { primary: at("y.csv"), hedge: at("x.csv") };
  };

  test.each([1, 7])("profits per period of %d bars are those of the run", (barsEach) => {
    const { primary, hedge } = place();
    const whole = runFiles(primary, hedge, SMALL);
    const periods = { firstBar: 150, barsEach, count: Math.floor((whole.outcome.rows - 150) / barsEach) };
    const { profits, trades, finalEquity } = runTrial({ primary, hedge, terms: SMALL, periods });
    expect([trades, finalEquity]).toEqual([whole.trades.length, whole.outcome.result.final_equity_hedged]);
    const equity = (bar: number) => whole.hedged[bar - whole.firstBar]!;
    expect([...profits]).toEqual(
      Array.from({ length: periods.count }, (_, at) => equity(149 + (at + 1) * barsEach) - equity(149 + at * barsEach)),
    );
  });

  test("come back from their threads in order, each as if it ran alone", async () => {
    const files = place();
    const grid = "entry=1.5,2.5;lookback=20,40";
    const done: number[] = [];
    const request = { ...files, base: SMALL, grid, rows: 1960, barsPerYear: 105_120 };
    const report = await sweepPairs(request, (count) => done.push(count), new AbortController().signal);
    expect(done).toEqual([1, 2, 3, 4]);
    for (const [at, { terms, varied }] of expandGrid(grid, SMALL).entries()) {
      const { result } = runFiles(files.primary, files.hedge, terms).outcome;
      expect(report.trials[at]).toMatchObject({
        varied,
        trades: result.n_trades,
        final_equity: result.final_equity_hedged,
      });
    }
  });

  test("end at once when they are aborted or one of them fails", async () => {
    const files = place();
    const periods = { firstBar: 150, barsEach: 1, count: 100 };
    const tasks = Array.from({ length: 6 }, () => ({ ...files, terms: SMALL, periods }));
    await expect(runTrials(tasks, () => undefined, AbortSignal.abort())).rejects.toThrow(/abort/i);
    const broken = tasks.with(2, { ...tasks[2]!, hedge: `${files.hedge}.none` });
    await expect(runTrials(broken, () => undefined, new AbortController().signal)).rejects.toThrow(/none/);
  });
});

describe("the verdict", () => {
  const periods = { firstBar: 100, barsEach: 2, count: 1200 };
  const trials = expandGrid(`entry=${Array.from({ length: 20 }, (_, at) => 1 + at / 10)}`, SMALL);
  const noise = (seed: number, drift: number) => {
    const random = createPrng(seed);
    return Float64Array.from(
      { length: periods.count },
      () => drift + random.float() + random.float() + random.float() + random.float() - 2,
    );
  };
  const resultsOf = (drift: (trial: number) => number) =>
    trials.map((_, at) => ({ trades: 10, finalEquity: 10_000, profits: noise(100 + at, drift(at)) }));

  test("on luck alone: the best is no better than the best of as many would be", () => {
    const report = judgeSweep(
      trials,
      resultsOf(() => 0),
      periods,
      52_560,
    );
    expect(report.best!.dsr).toBeLessThan(0.9);
    expect(report.best!.luck_per_year).toBeGreaterThan(report.best!.sharpe_per_year / 2);
    expect(report.overfitting.pbo).toBeGreaterThan(0.2);
  });

  test("on skill: it is found before every part, and survives its deflation", () => {
    const report = judgeSweep(
      trials,
      resultsOf((trial) => (trial === 7 ? 0.2 : 0)),
      periods,
      52_560,
    );
    expect(report.best).toMatchObject({ trial: 7 });
    expect(report.best!.dsr).toBeGreaterThan(0.99);
    expect(report.overfitting.pbo).toBeLessThan(0.02);
    expect(report.walk_forward!.folds.map(({ chosen }) => chosen)).toEqual([7, 7, 7, 7, 7]);
    const { profits } = resultsOf((trial) => (trial === 7 ? 0.2 : 0))[7]!;
    const after = [...profits.subarray(200)].reduce((sum, profit) => sum + profit, 0);
    expect(report.walk_forward!.profit).toBeCloseTo(after, 9);
  });

  test("a choice knows nothing of the part that it is made for", () => {
    const results = resultsOf(() => 0);
    const report = judgeSweep(trials, results, periods, 52_560);
    // From the last part on everything is turned around.
    const turned = results.map((result) => ({
      ...result,
      profits: result.profits.map((profit, at) => (at >= 1000 ? -100 * profit : profit)),
    }));
    const other = judgeSweep(trials, turned, periods, 52_560);
    const chosen = (from: typeof report) => from.walk_forward!.folds.map((fold) => fold.chosen);
    expect(chosen(other)).toEqual(chosen(report));
    expect(other.walk_forward!.folds.at(-1)!.profit_in).toBeCloseTo(
      -100 * report.walk_forward!.folds.at(-1)!.profit_in,
      9,
    );
  });

  test("trials that never trade take no part, and nothing but such trials is no sweep", () => {
    const flat = { trades: 0, finalEquity: 10_000, profits: new Float64Array(periods.count) };
    const some = judgeSweep(trials, resultsOf(() => 0.01).with(3, flat), periods, 52_560);
    expect(some.trials[3]!.sharpe_per_year).toBeNull();
    expect(some.overfitting.pbo).not.toBeNull();
    const none = judgeSweep(
      trials,
      trials.map(() => flat),
      periods,
      52_560,
    );
    expect([none.best, none.overfitting.pbo, none.walk_forward]).toEqual([null, null, null]);
    const short = judgeSweep(
      trials,
      trials.map(() => ({ ...flat, profits: new Float64Array(0) })),
      { ...periods, count: 0 },
      1,
    );
    expect([short.best, short.walk_forward]).toEqual([null, null]);
  });
});
