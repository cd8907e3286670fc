/** Ranking of hedge candidates: by what each would have taken away outside its sample, less what it costs. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCandleFile } from "../../src/analyses/candle-file.ts";
import type { Candles } from "../../src/analyses/candles.ts";
import { bestHedge, type HedgeCandidate, type JudgedHedge, rankHedges } from "../../src/analyses/hedge-rank.ts";
import { createPrng } from "../../src/sim/prng.ts";

const HOUR_MS = 3_600_000;
const ROWS = 1200;
const COSTS = { takerFee: 0.0005, slippage: 0.002 };
const RULE = {
  method: "returns" as const,
  driftMax: 0.1,
  revalidateMs: 1,
  holdingMs: 24 * HOUR_MS,
  longHoldingMs: 48 * HOUR_MS,
};
const TERMS = { rule: RULE, fixed: 1, rowsMin: 200 };

/** Closes that move by `of` of the market (negative: against it) and by something of their own, 1 % an hour in all. */
function candles(name: string, of: number, seed: number, rows = ROWS): Candles {
  const market = createPrng(1);
  const own = createPrng(seed);
  let log = 0;
  const close = Float64Array.from({ length: rows }, () => {
    log += 0.01 * Math.sqrt(12) * (of * (market.float() - 0.5) + Math.sqrt(1 - of * of) * (own.float() - 0.5));
    return Math.exp(log);
  });
  const timestampMs = Float64Array.from({ length: rows }, (_, i) => i * HOUR_MS);
  return {
    from: `${name}.csv`,
    intervalMs: HOUR_MS,
    endMs: rows * HOUR_MS,
    timestampMs,
    high: close,
    low: close,
    close,
  };
}
const EXPOSURE = candles("exposure", 0.95, 7);
const of = (name: string, load: number, seed: number, costs = COSTS): HedgeCandidate => ({
  name,
  candles: candles(name, load, seed),
  costs,
});
const names = (all: readonly { candidate: string }[]) => all.map(({ candidate }) => candidate);

describe("candidates", () => {
  it("are ordered by what they take away, whatever the order they are named in", () => {
    const all = [of("loose", 0.5, 11), of("close", 0.97, 12), of("other", 0, 13), of("against", -0.9, 14)];
    for (const given of [all, all.toReversed()]) {
      const { ranked, unjudged } = rankHedges(EXPOSURE, given, TERMS);
      expect(names(ranked)).toEqual(["close", "against", "loose", "other"]);
      expect(unjudged).toEqual([]);
    }
    const [close, against] = rankHedges(EXPOSURE, all, TERMS).ranked as [JudgedHedge, JudgedHedge];
    // ρ² of 0.95 · 0.97, held out
    expect(close.reduction).toBeCloseTo((0.95 * 0.97) ** 2, 1);
    expect(close.beta).toBeGreaterThan(0.8);
    expect(against.beta).toBeLessThan(-0.7);
  });

  it("are judged by score = reduction − 2 |β| (fee + half spread + slippage) / σ", () => {
    const [judged] = rankHedges(EXPOSURE, [of("close", 0.97, 12)], TERMS).ranked as [JudgedHedge];
    expect(judged.cost).toBe(2 * Math.abs(judged.beta) * (0.0005 + judged.halfSpread + 0.002));
    expect(judged.score).toBe(judged.reduction - judged.cost / judged.sigma);
    // 1 % an hour is 4.9 % a day.
    expect(judged.sigma).toBeCloseTo(0.01 * Math.sqrt(24), 2);
    expect(judged).toMatchObject({ rows: ROWS, method: "returns", takerFee: 0.0005, slippage: 0.002, spanDays: 50 });
  });

  it("that follow closely and cost too much come behind those that follow less", () => {
    const dear = of("dear", 0.97, 12, { takerFee: 0.02, slippage: 0.002 });
    const cheap = of("cheap", 0.85, 15);
    expect(names(rankHedges(EXPOSURE, [dear, cheap], TERMS).ranked)).toEqual(["cheap", "dear"]);
    expect(names(rankHedges(EXPOSURE, [{ ...dear, costs: COSTS }, cheap], TERMS).ranked)).toEqual(["dear", "cheap"]);
  });

  it("that are equal keep their order", () => {
    const twins = ["first", "second", "third"].map((name) => ({ ...of("twin", 0.9, 20), name }));
    expect(names(rankHedges(EXPOSURE, twins, TERMS).ranked)).toEqual(["first", "second", "third"]);
  });

  it("whose prices bounce between bid and ask pay half their spread", () => {
    const calm = of("calm", 0.97, 12);
    const close = calm.candles.close.map((price, i) => price * (i % 2 === 0 ? 1.002 : 0.998));
    const bouncing = { ...calm, name: "bouncing", candles: { ...calm.candles, close } };
    const { ranked } = rankHedges(EXPOSURE, [bouncing, calm], TERMS);
    expect(names(ranked)).toEqual(["calm", "bouncing"]);
    // Moves of ±0.4 % in turn have a covariance of −0.004²: a spread of 0.8 %, and half of it is paid.
    expect(ranked[1]!.halfSpread).toBeGreaterThan(0.0035);
    expect(ranked[1]!.halfSpread).toBeLessThan(0.0045);
  });

  it("go by a fixed ratio where the rule says so", () => {
    const [judged] = rankHedges(EXPOSURE, [of("close", 0.97, 12)], {
      ...TERMS,
      fixed: -1,
      rule: { ...RULE, method: "fixed" },
    }).ranked as [JudgedHedge];
    expect(judged.beta).toBe(-1);
    expect(judged.reduction).toBeLessThan(-1);
  });

  it("that cannot be judged are named, and leave the others alone", () => {
    const short = { ...of("short", 0.9, 30), candles: candles("short", 0.9, 30, 150) };
    const flat = of("flat", 0.9, 31);
    const still = { ...flat, candles: { ...flat.candles, close: new Float64Array(ROWS).fill(3) } };
    const { ranked, unjudged } = rankHedges(EXPOSURE, [short, still, of("close", 0.97, 12)], TERMS);
    expect(names(ranked)).toEqual(["close"]);
    expect(unjudged.map(({ candidate, code }) => [candidate, code])).toEqual([
      ["short", "TOO_FEW_ROWS"],
      ["flat", "SAMPLE_BAD"],
    ]);
  });
});

describe("the best", () => {
  it("is the first that takes any variance away", () => {
    const all = rankHedges(EXPOSURE, [of("other", 0, 13), of("close", 0.97, 12)], TERMS);
    expect(bestHedge(all)?.candidate).toBe("close");
    const worse = rankHedges(EXPOSURE, [of("close", 0.97, 12)], {
      ...TERMS,
      fixed: -1,
      rule: { ...RULE, method: "fixed" },
    });
    expect(worse.ranked).toHaveLength(1);
    expect(bestHedge(worse)).toBeNull();
    expect(bestHedge({ ranked: [], unjudged: [] })).toBeNull();
  });

  it("of a score below 0 still is the best there is: what it costs is said", () => {
    const dear = of("dear", 0.6, 12, { takerFee: 0.05, slippage: 0 });
    const best = bestHedge(rankHedges(EXPOSURE, [dear], TERMS));
    expect(best!.score).toBeLessThan(0);
    expect(best!.reduction).toBeGreaterThan(0);
  });
});

const market = (name: string) => new URL(`../../../shared/data/market/${name}`, import.meta.url).pathname;
const [ETH, BTC] = [market("spot5m_ETHUSDT_2024-04.csv"), market("spot5m_BTCUSDT_2024-04.csv")];
describe.skipIf(!existsSync(ETH))("of real candles (needs ../shared/data/market)", () => {
  it("BTC takes from ETH about what numerics.md §7 measured, over the next bar", () => {
    const read = (path: string) => readCandleFile(path, Number.NEGATIVE_INFINITY);
    const rule = { ...RULE, holdingMs: 300_000 };
    const candidate = { name: "BTC", candles: read(BTC), costs: COSTS };
    const [judged] = rankHedges(read(ETH), [candidate], { ...TERMS, rule }).ranked as [JudgedHedge];
    // EWMA 0.99 re-estimated at every bar: .717; here five times.
    expect(judged.reduction).toBeGreaterThan(0.6);
    expect(judged.reduction).toBeLessThan(0.8);
  });
});
