/** Runs of the playbooks `signal` and `reversion`: their money by hand, against themselves, and through late webhooks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FileHistory } from "../../../src/analyses/history.ts";
import type { ScheduledTask } from "../../../src/analyses/schedule.ts";
import type { AnalysisTally, RunAnalyses } from "../../../src/backtest/run/run-analyst.ts";
import { lots } from "../../../src/domain/units.ts";
import { HEADERS } from "../../../src/market-data/format.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { BTC_PERP, ETH_PERP, SIGNAL } from "../../support/core-config.ts";
import { type RigOptions, run, START, testDirectory, webhook } from "./rig.ts";

const FILES = { "btc.csv": { listings: [0, 1, 2], asset: -1 }, "eth.csv": { listings: [3, 4, 5], asset: -1 } };
const LEGS = { primary: BTC_PERP, hedge: ETH_PERP } as const;

/** Quotes of both legs, one a step, by price; spreads of 0.2 and 0.02. */
function market(prices: readonly (readonly [quotes: number, btc: number, eth: number])[], stepMs = 1000) {
  const btc = [HEADERS.quotes];
  const eth = [HEADERS.quotes];
  let at = 0;
  for (const [quotes, y, x] of prices) {
    for (let n = 0; n < quotes; n++, at += stepMs) {
      const ns = (START + at) * 1e6;
      btc.push(`${ns},,${at},${(y - 0.1).toFixed(1)},500,${(y + 0.1).toFixed(1)},500`);
      eth.push(`${ns},,${at},${(x - 0.01).toFixed(2)},5000,${(x + 0.01).toFixed(2)},5000`);
    }
  }
  return { "btc.csv": btc.join("\n"), "eth.csv": eth.join("\n") };
}

/** Both legs walk together, the primary with a spread that comes back. */
function walk(count: number, { stepMs = 1000 } = {}) {
  const prng = createPrng(1);
  const prices: [number, number, number][] = [];
  let [common, spread] = [0, 0];
  for (let n = 0; n < count; n++) {
    common += (prng.float() - 0.5) * 0.0008;
    spread = 0.9 * spread + (prng.float() - 0.5) * 0.002;
    const round = (value: number, tick: number) => Math.round(value / tick) * tick;
    prices.push([1, round(60_000 * Math.exp(common + spread), 0.1), round(3000 * Math.exp(common), 0.01)]);
  }
  return market(prices, stepMs);
}

const open = (id: string, afterMs: number, changes: object = {}) =>
  webhook(id, afterMs, { kind: "open", quantity: "0.1", confidence: 0.8, time_horizon: "10m", ...changes });
const close = (id: string, afterMs: number) => webhook(id, afterMs, { kind: "close", direction: "flat" });

describe("a signal's position", () => {
  test("by hand: opened with its hedge, both move, both closed", () => {
    const { episodes, samples, result, counts } = run({
      market: market([
        [60, 60_000, 3000],
        [60, 60_600, 3060],
      ]),
      files: FILES,
      core: { shields: [], signals: [{ ...LEGS, policy: { policy: "full" } }] },
      signals: [open("a", 10_000), close("b", 100_000)],
      terms: { latencyMs: { min: 10, max: 10 }, sampleMs: 1000, capital: 10_000 },
    });
    expect(counts).toMatchObject({ signals: 2, orders: 4 });
    // Long 0.1 BTC at 60,000.1, short 2 ETH at 2,999.99; 600 and 60 up; sold and bought back at 60,599.9 and 3,060.01.
    const fees = { y: 0.0005 * 0.1 * (60_000.1 + 60_599.9), x: 0.0005 * 2 * (2999.99 + 3060.01) };
    expect(episodes).toHaveLength(1);
    const [trade] = episodes;
    expect(trade).toMatchObject({
      playbook: "signal",
      signalId: "a",
      source: "hook",
      kind: "open",
      model: "m",
      modelVersion: "1",
      score: expect.closeTo(0.8, 1),
      end: "closed by its sender",
      intensity: 1,
      targetLots: -200,
      orders: 4,
      fills: 4,
      exposure: 6000,
      firstFillMs: 20,
    });
    expect(trade!.profitPrimary).toBeCloseTo(60, 9);
    expect(trade!.profitHedge).toBeCloseTo(-120, 9);
    expect(trade!.costPrimary).toBeCloseTo(fees.y + 0.1 * 0.2, 9);
    expect(trade!.cost).toBeCloseTo(fees.x + 2 * 0.02, 9);
    const [, hedged, unhedged] = samples.at(-1)!;
    expect(unhedged).toBeCloseTo(60 - 0.02 - fees.y, 9);
    expect(hedged).toBeCloseTo(60 - 120 - 0.06 - fees.y - fees.x, 9);
    expect(result.metrics).toMatchObject({
      final_equity_hedged: expect.closeTo(10_000 + hedged, 9),
      final_equity_unhedged: expect.closeTo(10_000 + unhedged, 9),
    });
    const { mean_signed: mean, mean_signed_hedge_leg: hedgeMean } = result.metrics!.slippage_capture;
    expect(hedgeMean).toBeCloseTo((0.01 / 3000 + 0.01 / 3060) / 2, 12);
    expect(mean).toBeCloseTo((2 * hedgeMean! + 0.1 / 60_000 + 0.1 / 60_600) / 4, 12);
    expect(result.metrics!.hedge_cost_drag.primary_costs).toBeCloseTo(trade!.costPrimary, 9);
    expect(result.by_playbook).toMatchObject([{ group: "signal", trades: 1, comparable: 1 }]);
  });

  test("what never opens is no trade, and what the score refuses is said", () => {
    const { episodes, result } = run({
      market: market([[60, 60_000, 3000]]),
      files: FILES,
      core: { shields: [], signals: [LEGS] },
      signals: [open("low", 10_000, { confidence: 0.3 }), close("none", 20_000)],
    });
    expect(episodes).toHaveLength(0);
    expect(result.signal_outcomes).toEqual({ SCORE_BELOW_THRESHOLD: 1, absorbed: 1 });
    expect(result.reliability).toMatchObject([{ scored: 1, passed: 0, outcomes: 0, hit_rate: null }]);
  });

  test("what was to be opened and never filled is no trade", () => {
    const { result, counts, samples } = run({
      market: market([[60, 60_000, 3000]]),
      files: FILES,
      core: { shields: [], signals: [LEGS] },
      signals: [open("a", 10_000), close("b", 40_000)],
      terms: { reject: 1 },
    });
    expect(counts.orders).toBeGreaterThan(1);
    expect(result).toMatchObject({ trades: 0, comparable_trades: 0, never_filled: 1, by_playbook: [] });
    expect(samples.every(([, hedged, unhedged]) => hedged === 0 && unhedged === 0)).toBe(true);
  });

  test("is judged at the end of its horizon and not before", () => {
    const judged = (seconds: number) =>
      run({
        market: market([
          [20, 60_000, 3000],
          [seconds, 60_600, 3060],
        ]),
        files: FILES,
        core: { shields: [], signals: [LEGS] },
        signals: [open("a", 10_000, { time_horizon: "60s", generated_at: START + 10_000 })],
        terms: { latencyMs: { min: 0, max: 0 } },
      }).result.reliability[0]!;
    // Due at 70 s: the file ends a second before, and with it.
    expect(judged(50)).toMatchObject({ scored: 1, outcomes: 0, hit_rate: null, brier_stated: null });
    const row = judged(51);
    expect(row).toMatchObject({ outcomes: 1, hit_rate: 1, stated_mean: 0.8 });
    expect(row.brier_stated).toBeCloseTo(0.04, 12);
    expect(row.horizon_return_mean).toBeCloseTo(0.01, 12);
  });
});

describe("one run of both playbooks", () => {
  const REVERSION = { ...LEGS, lookback: 20, costMultiple: 0, entryZ: 1.5 };
  const signals = Array.from({ length: 30 }, (_, n) =>
    open(`s${n}`, 5000 + n * 37_000, { direction: n % 3 === 0 ? "short" : "long", time_horizon: "30s" }),
  );
  const options: RigOptions = {
    market: walk(1200),
    files: FILES,
    core: { shields: [], signals: [{ ...LEGS, policy: { policy: "full" } }] },
    signals,
    terms: { sampleMs: 5000, capital: 10_000, partial: 0.2, seed: 5 },
  };
  const full = run(options);

  test("that does something", () => {
    expect(full.episodes.length).toBeGreaterThan(20);
    expect(full.result.reliability[0]!.outcomes).toBeGreaterThan(20);
    expect(full.result.metrics!.hedge_ratio_accuracy.n_returns).toBeGreaterThan(20);
  });

  test("keeps every profit in its parts: equity is the sum of the trades", () => {
    const sum = full.episodes.reduce((total, each) => total + each.profitPrimary - each.costPrimary, 0);
    const hedges = full.episodes.reduce((total, each) => total + each.profitHedge - each.cost, 0);
    const { final_equity_hedged: hedged, final_equity_unhedged: unhedged } = full.result.metrics!;
    expect(unhedged - 10_000).toBeCloseTo(sum, 6);
    expect(hedged - 10_000).toBeCloseTo(sum + hedges, 6);
  });

  test.each(Array.from({ length: 20 }, (_, n) => 60 + ((n * 7919) % 1120)))(
    "knows nothing of what comes after row %i",
    (rows) => {
      const head = (text: string) =>
        text
          .split("\n")
          .slice(0, rows + 1)
          .join("\n");
      const cut = { "btc.csv": head(options.market["btc.csv"]!), "eth.csv": head(options.market["eth.csv"]!) };
      const prefix = run({ ...options, market: cut });
      const endMs = START + (rows - 1) * 1000;
      const until = (all: typeof full.samples) => all.filter(([atMs]) => atMs < endMs);
      expect(until(prefix.samples)).toEqual(until(full.samples));
      const ended = (all: typeof full.episodes) => all.filter((each) => each.endMs < endMs);
      expect(ended(prefix.episodes)).toEqual(ended(full.episodes));
    },
  );

  test("twice the quantity is exactly twice the money", () => {
    // One price for both legs, so that no rounding to lots stands between the two.
    const btc = options.market["btc.csv"]!;
    const same = (quantity: string) =>
      run({
        ...options,
        market: { "btc.csv": btc, "eth.csv": btc },
        signals: signals.map((each) => ({ ...each, body: { ...each.body, quantity } })),
        core: {
          shields: [],
          directory: testDirectory(),
          signals: [{ ...LEGS, notionalMax: 1e9, policy: { policy: "full" }, overHedgeLotsMax: lots(0) }],
        },
        terms: { sampleMs: 5000, capital: 1e6, latencyMs: { min: 0, max: 0 } },
      });
    const [once, twice] = [same("0.5"), same("1")];
    expect(once.episodes.length).toBeGreaterThan(20);
    expect(twice.samples.map(([, hedged, unhedged]) => [hedged, unhedged])).toEqual(
      once.samples.map(([, hedged, unhedged]) => [2 * hedged, 2 * unhedged]),
    );
  });

  test("without a hedge it is the shadow, bit by bit", () => {
    const { samples, episodes } = run({
      ...options,
      core: {
        shields: [],
        signals: [
          {
            ...LEGS,
            policy: { policy: "insurance", insurance: { fraction: 0, fractionMax: 0 } },
            decay: { ...SIGNAL.decay, boostPoints: 0, nearFull: 0 },
          },
        ],
      },
    });
    expect(episodes.length).toBeGreaterThan(20);
    expect(samples.every(([, hedged, unhedged]) => hedged === unhedged)).toBe(true);
  });

  test("what costs more leaves less, of both curves", () => {
    const ends = [0, 0.0005, 0.005].map((takerFee) => {
      const directory = testDirectory([{ takerFee }, { takerFee }, { takerFee }]);
      return run({ ...options, core: { ...options.core, directory } }).result.metrics!;
    });
    expect(ends[0]!.final_equity_unhedged).toBeGreaterThan(ends[1]!.final_equity_unhedged);
    expect(ends[1]!.final_equity_unhedged).toBeGreaterThan(ends[2]!.final_equity_unhedged);
    expect(ends[1]!.final_equity_hedged).toBeGreaterThan(ends[2]!.final_equity_hedged);
  });

  test("a reversion does not open without a half-life, and nothing is scored for it", () => {
    const { episodes, result } = run({
      ...options,
      signals: [],
      core: { shields: [], reversions: [REVERSION] },
    });
    expect(episodes).toHaveLength(0);
    expect(result).toMatchObject({ trades: 0, reliability: [] });
  });
});

describe("webhooks on their way", () => {
  const options: RigOptions = {
    market: market([[200, 60_000, 3000]]),
    files: FILES,
    core: { shields: [], signals: [LEGS] },
    signals: Array.from({ length: 8 }, (_, n) =>
      n % 2 === 0 ? open(`s${n}`, 20_000 * n + 500) : close(`s${n}`, 20_000 * n + 500),
    ),
  };
  const hooks = { delayMs: { min: 0, max: 0 }, drop: 0, outages: [] };

  test("late ones are decided late, stale ones are refused", () => {
    const { episodes } = run({ ...options, terms: { hooks: { ...hooks, delayMs: { min: 3000, max: 3000 } } } });
    expect(episodes.map(({ decidedMs }) => decidedMs - START)).toEqual([3500, 43_500, 83_500, 123_500]);
    const stale = run({ ...options, terms: { hooks: { ...hooks, delayMs: { min: 31_000, max: 31_000 } } } });
    expect(stale.counts.admission).toEqual({ STALE: 4, ACCEPTED: 4 });
    expect(stale.result.signal_outcomes).toEqual({ absorbed: 4 });
  });

  test("an outage of the receiver holds them until it is back, the lost never come", () => {
    const outage = { fromMs: START + 60_000, forMs: 45_000 };
    const { counts, episodes, result } = run({ ...options, terms: { hooks: { ...hooks, outages: [outage] } } });
    // The close of 60.5 s, the open of 80.5 s and its close all come at 105 s: the second meets a position that is being closed.
    expect(result.signal_outcomes).toMatchObject({ NOTHING_OPEN: 1 });
    expect(counts.admission).toEqual({ ACCEPTED: 8 });
    expect(episodes.map(({ decidedMs, endMs }) => [decidedMs - START, endMs - START > 105_000])).toEqual([
      [500, false],
      [40_500, true],
      [120_500, true],
    ]);
    const none = run({ ...options, terms: { hooks: { ...hooks, drop: 1 } } });
    expect(none.counts).toMatchObject({ signals: 0, admission: {} });
  });

  test("a model's new version waits for the operator, where there is one", () => {
    const signals = options.signals.map((each, n) =>
      n < 2 ? each : { ...each, body: { ...(each as { body: object }).body, model_version: "2" } },
    );
    const codes = (operatorMs: number | null) => run({ ...options, signals, terms: { operatorMs } });
    expect(codes(null).result.signal_outcomes).toMatchObject({ BREAKER_OPEN: 3 });
    expect(codes(30_000).result.signal_outcomes).toMatchObject({ BREAKER_OPEN: 1, hedged: 6 });
    expect(codes(30_000).episodes.map(({ modelVersion }) => modelVersion)).toEqual(["1", "2", "2"]);
  });
});

describe("analyses by the run's own clock", () => {
  const directory = testDirectory();
  const REVERSION = { ...LEGS, lookback: 20, barMs: 60_000, costMultiple: 0, entryZ: 1.5, halfLifeBarsMin: 0.01 };
  const terms = {
    intervalMs: 60_000,
    spanMs: 86_400_000,
    rowsMin: 30,
    halfLifeRows: 200,
    endAgeMsMax: 86_400_000,
    refitSignalsMin: 50,
    stopDistance: 0.05,
  };
  const task = (task: ScheduledTask["task"], everyMs: number) => ({ task, everyMs, firstAfterMs: 0 });
  const analyses = (...tasks: readonly ScheduledTask[]): RunAnalyses => ({
    tasks,
    terms,
    retryMs: 60_000,
    sources: directory.instruments.map(() => null),
    files: new FileHistory([], []),
  });
  const halfLives: RigOptions = {
    market: walk(800, { stepMs: 20_000 }),
    files: FILES,
    core: { shields: [], reversions: [REVERSION], router: { quoteAgeMsMax: 60_000 } },
    signals: [],
    terms: { sampleMs: 60_000 },
    analyses: analyses(task({ kind: "halfLife", reversion: 0 }, 1_800_000)),
  };
  const full = run(halfLives);

  test("a reversion opens once it has a half-life, measured on what was seen", () => {
    expect(full.analyses).toMatchObject([{ done: expect.any(Number), failed: expect.any(Number) }]);
    const [{ done, failed, last }] = full.analyses as [AnalysisTally];
    // 30 rows of a minute each come first; then every half hour.
    expect(failed).toBeGreaterThan(20);
    expect(done).toBeGreaterThan(5);
    expect(last).toMatch(/as the run saw it|bars of 60000 ms/);
    expect(full.counts.analyses).toBe(done);
    expect(full.episodes.length).toBeGreaterThan(5);
    expect(full.episodes[0]!.decidedMs).toBeGreaterThan(START + 30 * 60_000);
    expect(full.episodes[0]).toMatchObject({ playbook: "reversion", kind: "reversion", model: "" });
    expect(new Set(full.episodes.map(({ end }) => end))).toContain("the spread came back");
  });

  test.each(Array.from({ length: 6 }, (_, n) => 150 + n * 103))("knows nothing of what comes after row %i", (rows) => {
    const head = (text: string) =>
      text
        .split("\n")
        .slice(0, rows + 1)
        .join("\n");
    const { market: all } = halfLives;
    const prefix = run({
      ...halfLives,
      market: { "btc.csv": head(all["btc.csv"]!), "eth.csv": head(all["eth.csv"]!) },
    });
    const until = (samples: typeof full.samples) => samples.filter(([atMs]) => atMs < START + (rows - 1) * 20_000);
    expect(until(prefix.samples)).toEqual(until(full.samples));
  });

  test.each([200, 350, 500])("and nothing of what candle files hold after row %i", (rows) => {
    const dir = mkdtempSync(join(tmpdir(), "outrigger-candles-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const { market: all } = halfLives;
    /** Bars of a minute, of three quotes each. */
    const candlesOf = (name: string, text: string) => {
      const mids = text
        .split("\n")
        .slice(1)
        .map((line) => (Number(line.split(",")[3]) + Number(line.split(",")[5])) / 2);
      const lines = [HEADERS.bars];
      for (let at = 0; at + 3 <= mids.length; at += 3) {
        const [open, middle, last] = mids.slice(at, at + 3) as [number, number, number];
        const [high, low] = [Math.max(open, middle, last), Math.min(open, middle, last)];
        lines.push(`${START + at * 20_000},${open},${high},${low},${last},1`);
      }
      const path = join(dir, name);
      writeFileSync(path, lines.join("\n"));
      return { type: "file", path } as const;
    };
    const ranWith = (market: typeof all, texts: typeof all, name: string) => {
      const sources = directory.instruments.map(({ index }) => {
        if (index === BTC_PERP) return candlesOf(`${name}-btc.csv`, texts["btc.csv"]!);
        return index === ETH_PERP ? candlesOf(`${name}-eth.csv`, texts["eth.csv"]!) : null;
      });
      const own = analyses(task({ kind: "halfLife", reversion: 0 }, 120_000));
      return run({ ...halfLives, market, analyses: { ...own, sources, files: new FileHistory(sources, []) } });
    };
    const head = (text: string) =>
      text
        .split("\n")
        .slice(0, rows + 1)
        .join("\n");
    // The same market, with files that end where it ends and with files that go on.
    const market = { "btc.csv": head(all["btc.csv"]!), "eth.csv": head(all["eth.csv"]!) };
    const [cut, whole] = [ranWith(market, market, "cut"), ranWith(market, all, "whole")];
    expect(cut.analyses[0]!.done).toBeGreaterThan(rows / 12);
    expect(cut.counts.decisions).toBeGreaterThan(2);
    // Decisions hold the half-life that they went by.
    expect(whole.counts).toEqual(cut.counts);
    expect(whole.analyses).toEqual(
      cut.analyses.map((each) => ({ ...each, last: each.last.replaceAll("cut-", "whole-") })),
    );
  });

  test("a boastful model is taken down to what it was worth, once fifty of its horizons are over", () => {
    const prng = createPrng(3);
    const signals = Array.from({ length: 120 }, (_, n) =>
      open(`s${n}`, 5000 + n * 60_000, {
        direction: prng.int(2) === 0 ? "short" : "long",
        confidence: 0.7 + prng.int(25) / 100,
        time_horizon: "30s",
      }),
    );
    const boast = (every: RunAnalyses | null) =>
      run({
        ...halfLives,
        market: walk(800, { stepMs: 10_000 }),
        core: { shields: [], signals: [LEGS], router: { quoteAgeMsMax: 60_000 } },
        signals,
        analyses: every,
      });
    const [stated, calibrated] = [boast(null), boast(analyses(task({ kind: "calibration" }, 600_000)))];
    const [before, after] = [stated.result.reliability[0]!, calibrated.result.reliability[0]!];
    expect(before).toMatchObject({ scored: 120, calibrated: 0 });
    expect(before.brier_calibrated).toBe(before.brier_stated);
    expect(after.outcomes).toBe(before.outcomes);
    // Ten minutes' worth at most are decided before the next fit: 50 outcomes need 50 minutes.
    expect(after.calibrated).toBeGreaterThan(50);
    expect(after.calibrated).toBeLessThan(71);
    expect(after.brier_calibrated!).toBeLessThan(after.brier_stated!);
    expect(after.passed).toBeLessThan(before.passed);
  });
});
