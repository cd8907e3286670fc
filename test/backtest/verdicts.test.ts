/** Verdicts on results made by hand: what is met, missed, meaningless, or too little to say. */
import { describe, expect, test } from "vitest";
import { Effectiveness, type PairsResult } from "../../src/backtest/effectiveness.ts";
import { pairsVerdicts, TRADES_NEEDED } from "../../src/backtest/verdicts.ts";
import { TERMS } from "./pairs-rig.ts";

type Part<T> = { readonly [K in keyof T]?: T[K] extends object ? Part<T[K]> : T[K] };

/** A result in which everything is as promised, changed where a test says so. */
function resultWith(changes: Part<PairsResult>): PairsResult {
  const good = new Effectiveness(TERMS).result(105_120);
  const promised: Part<PairsResult> = {
    n_trades: TRADES_NEEDED,
    hedge_ratio_accuracy: { ratio_minus_1: -0.02, passes_10pct: true },
    delta_neutrality: { mean_abs_beta_adjusted: 0.01, passes_3pct: true },
    hedge_cost_drag: { drag_vs_gross_hedged: 0.1, gross_pnl_hedged: 500, meaningful: true },
    slippage_capture: { mean_signed: 0.001, passes_0p5pct: true },
    drawdown: { reduction: 0.4, passes_25pct: true },
    sharpe: { hedged: 2, unhedged: 1, ratio_raw: 2, ratio_meaningful: true },
  };
  const merge = (into: object, from: object): object =>
    Object.fromEntries(
      Object.entries(into).map(([key, value]) => {
        const change = (from as Record<string, unknown>)[key];
        if (change === undefined) return [key, value];
        return [key, typeof change === "object" && change !== null ? merge(value as object, change) : change];
      }),
    );
  return merge(merge(good, promised), changes) as PairsResult;
}

const verdictsOf = (changes: Part<PairsResult>) =>
  Object.fromEntries(pairsVerdicts(resultWith(changes)).map(({ metric, verdict }) => [metric, verdict]));

test("what was promised and kept is met, six times", () => {
  expect(Object.values(verdictsOf({}))).toEqual(Array(6).fill("met"));
});

test("one trade too few, and nothing can be said", () => {
  expect(new Set(Object.values(verdictsOf({ n_trades: TRADES_NEEDED - 1 })))).toEqual(new Set(["not enough trades"]));
});

describe("each metric is missed by itself", () => {
  const misses: readonly (readonly [string, Part<PairsResult>])[] = [
    ["hedge ratio accuracy", { hedge_ratio_accuracy: { ratio_minus_1: 0.11, passes_10pct: false } }],
    ["delta neutrality", { delta_neutrality: { mean_abs_beta_adjusted: 0.03, passes_3pct: false } }],
    ["hedge cost drag", { hedge_cost_drag: { drag_vs_gross_hedged: 0.15 } }],
    ["slippage", { slippage_capture: { mean_signed: 0.005, passes_0p5pct: false } }],
    ["drawdown reduction", { drawdown: { reduction: 0.25, passes_25pct: false } }],
    ["Sharpe improvement", { sharpe: { ratio_raw: 1.2 } }],
  ];
  test.each(misses)("%s", (metric, changes) => {
    expect(verdictsOf(changes)).toEqual({ ...verdictsOf({}), [metric]: "missed" });
  });
});

describe("a number that answers nothing never passes", () => {
  test("a drag on no profit", () => {
    const { "hedge cost drag": verdict } = verdictsOf({
      hedge_cost_drag: { drag_vs_gross_hedged: -3, gross_pnl_hedged: -10, meaningful: false },
    });
    expect(verdict).toBe("not meaningful");
  });

  test("a ratio of two losses", () => {
    const { "Sharpe improvement": verdict } = verdictsOf({
      sharpe: { hedged: -40, unhedged: -20, ratio_raw: 2, ratio_meaningful: false },
    });
    expect(verdict).toBe("not meaningful");
  });

  test("drawdowns and ratios of the ruined", () => {
    const verdicts = verdictsOf({ sharpe: { ruined_unhedged: true, ratio_meaningful: false } });
    expect([verdicts["drawdown reduction"], verdicts["Sharpe improvement"]]).toEqual([
      "not meaningful",
      "not meaningful",
    ]);
    expect(verdicts["slippage"]).toBe("met");
  });

  test("what has no value, however many trades", () => {
    const [first] = pairsVerdicts(resultWith({ hedge_ratio_accuracy: { ratio_minus_1: null, passes_10pct: false } }));
    expect(first).toMatchObject({ verdict: "not meaningful", value: null, why: expect.stringContaining("no value") });
  });
});

test("a result without a single trade is all null where a ratio would be", () => {
  const nothing = new Effectiveness(TERMS).result(105_120);
  expect(JSON.stringify(nothing)).not.toMatch(/NaN|Infinity/);
  expect(pairsVerdicts(nothing).map(({ verdict }) => verdict)).not.toContain("met");
  expect(nothing).toMatchObject({ n_trades: 0, final_equity_hedged: 10_000, threshold_margin: {} });
});
