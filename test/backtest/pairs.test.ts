/** The pairs study against its definition, computed slowly by other code, on pairs that nobody has seen. */
import { describe, expect, test } from "vitest";
import type { PairsTerms } from "../../src/backtest/pairs-terms.ts";
import { expectDefinition, slowTerms } from "./definition.ts";
import { oracle } from "./pairs-oracle.ts";
import { join2, makePair, type PairShape, runRows, TERMS } from "./pairs-rig.ts";

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
    expectDefinition(runRows(pair, terms), oracle(bars, slowTerms(terms)), terms, bars.length);
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
