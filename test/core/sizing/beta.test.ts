import { describe, expect, it } from "vitest";
import { Beta, type BetaEstimates, type BetaMethod, type BetaRule, chooseBeta } from "../../../src/core/sizing/beta.ts";

const DAY_MS = 86_400_000;
const RULE: BetaRule = {
  method: "auto",
  driftMax: 0.1,
  revalidateMs: 30 * DAY_MS,
  holdingMs: 3 * DAY_MS,
  longHoldingMs: 2 * DAY_MS,
};
const FOUND: BetaEstimates = {
  asset: 0,
  hedge: 1,
  ols: 0.7,
  returns: 0.8,
  combined: 0.85,
  johansen: 0.9,
  cointegrationRank: 1,
  rankTest: "case 2, Osterwald-Lenum",
  spanDays: 200,
};

describe("β", () => {
  it.each<[BetaMethod, Partial<BetaEstimates>, Partial<BetaRule>, BetaMethod | null, number]>([
    ["fixed", {}, {}, "fixed", 1],
    ["ols", {}, {}, "ols", 0.7],
    ["returns", {}, {}, "returns", 0.8],
    ["combined", {}, {}, "combined", 0.85],
    ["johansen", {}, {}, "johansen", 0.9],
    ["johansen", { cointegrationRank: 2 }, {}, "johansen", 0.9],
    ["johansen", { cointegrationRank: 0 }, {}, "returns", 0.8],
    ["johansen", { johansen: Number.NaN }, {}, "returns", 0.8],
    ["auto", {}, {}, "johansen", 0.9],
    ["auto", {}, { holdingMs: 2 * DAY_MS }, "johansen", 0.9],
    ["auto", {}, { holdingMs: 2 * DAY_MS - 1 }, "combined", 0.85],
    ["auto", { cointegrationRank: 0 }, {}, "combined", 0.85],
    ["ols", { ols: Number.NaN }, {}, null, 0],
    ["returns", { returns: 101 }, {}, null, 0],
    ["combined", { combined: 101 }, {}, null, 0],
    ["johansen", { cointegrationRank: 0, returns: Number.NaN }, {}, null, 0],
    ["returns", { returns: 0 }, {}, null, 0],
    ["auto", { cointegrationRank: 0, combined: Number.NaN }, {}, null, 0],
  ])("by %s with %o and %o is %s %d", (method, estimates, rule, chosen, value) => {
    const choice = chooseBeta({ ...RULE, ...rule, method }, 1, { ...FOUND, ...estimates });
    if (chosen === null) expect(choice).toBeNull();
    else expect(choice).toMatchObject({ method: chosen, value });
  });

  it("names its fallback, with case and table", () => {
    expect(chooseBeta({ ...RULE, method: "johansen" }, 1, { ...FOUND, cointegrationRank: 0 })!.why).toBe(
      "no cointegration by case 2, Osterwald-Lenum, rank 0",
    );
  });

  it.each([
    [0.9, false],
    [0.8999, true],
    [1.1, false],
    [1.1001, true],
    [-1, true],
  ])("that goes from 1 to %d has drifted beyond a tenth: %s", (returns, drifted) => {
    const beta = new Beta(1, { ...RULE, method: "returns" });
    expect(beta.take({ ...FOUND, returns }, 5)).toMatchObject({ drifted });
    expect(beta).toMatchObject({ value: returns, method: "returns", estimatedMs: 5 });
  });

  it("that is fixed stays, and is held against what minimises variance", () => {
    const beta = new Beta(1, { ...RULE, method: "fixed" });
    expect(beta.take({ ...FOUND, combined: 0.8 }, 0)).toMatchObject({ drifted: true });
    expect(beta.value).toBe(1);
    expect(beta.take({ ...FOUND, combined: 0.95 }, 0)).toMatchObject({ drifted: false });
  });

  it("stays where no estimate is fit for use, and says so", () => {
    const beta = new Beta(1, { ...RULE, method: "ols" });
    expect(beta.take({ ...FOUND, ols: Number.NaN }, 9)).toMatchObject({ drifted: true });
    expect(beta.value).toBe(1);
    expect(beta.estimatedMs).toBeNaN();
  });

  it("says that it is on little data", () => {
    const words = (spanDays: number) => new Beta(1, RULE).take({ ...FOUND, spanDays }, 0).words;
    expect(words(181)).toContain("on only 181 days");
    expect(words(182)).not.toContain("days");
  });

  it("is overdue for revalidation after 30 days, said once per estimate", () => {
    const beta = new Beta(1, RULE);
    expect(beta.becameOverdue(1e15)).toBe(false);
    beta.take(FOUND, 0);
    expect(beta.becameOverdue(30 * DAY_MS)).toBe(false);
    expect(beta.becameOverdue(30 * DAY_MS + 1)).toBe(true);
    expect(beta.becameOverdue(30 * DAY_MS + 2)).toBe(false);
    beta.take(FOUND, 40 * DAY_MS);
    expect(beta.becameOverdue(70 * DAY_MS + 1)).toBe(true);
  });
});
