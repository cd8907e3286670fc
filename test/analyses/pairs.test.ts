/** β and half-lives: against references, on pairs whose answer is known, without a look ahead, and out of sample on real ones. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Candles } from "../../src/analyses/candles.ts";
import { heldOutReduction } from "../../src/analyses/held-out.ts";
import { AnalysisMemory } from "../../src/analyses/memory.ts";
import { estimateBeta } from "../../src/analyses/ratio-estimates.ts";
import { runTasksNow } from "../../src/analyses/run-tasks.ts";
import type { AnalysisTask, AnalysisTerms, CandleNeed } from "../../src/analyses/task.ts";
import { BETA_RULE, BTC_PERP, coreConfig, ETH_PERP } from "../support/core-config.ts";
import { Random } from "../wasm/random.ts";
import { madePair } from "./made-pair.ts";
import { best, filePair, MARKET, outOfSample, spotAndPerp } from "./out-of-sample.ts";

const present = existsSync(MARKET);
if (!present) console.log("skipped: β out of sample needs ../shared/data/market");

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = 1_700_006_400_000;

const core = coreConfig({
  shields: [],
  reversions: [{ barMs: MINUTE_MS, beta: 1, betaRule: { ...BETA_RULE, method: "auto", holdingMs: 3 * DAY_MS } }],
});
const TERMS: AnalysisTerms = {
  core,
  intervalMs: MINUTE_MS,
  spanMs: 182 * DAY_MS,
  rowsMin: 200,
  halfLifeRows: 5000,
  endAgeMsMax: DAY_MS,
  refitSignalsMin: 50,
  stopDistance: 0.05,
};
const BETA: AnalysisTask = { kind: "beta", asset: BTC_PERP, hedge: ETH_PERP };
const HALF_LIFE: AnalysisTask = { kind: "halfLife", reversion: 0 };

function candlesOf(closes: readonly number[]): Candles {
  const close = Float64Array.from(closes);
  const timestampMs = close.map((_, row) => FIRST_MS + row * MINUTE_MS);
  const endMs = FIRST_MS + closes.length * MINUTE_MS;
  return { from: "made", intervalMs: MINUTE_MS, endMs, timestampMs, high: close, low: close, close };
}
const made = (fields: Partial<Parameters<typeof madePair>[0]> = {}) => {
  const { y, x } = madePair({
    beta: 0.8,
    halfLife: 12,
    step: 0.002,
    spread: 0.01,
    rows: 4000,
    intervalMs: MINUTE_MS,
    firstMs: FIRST_MS,
    seed: 3,
    y: 60_000,
    x: 6000,
    ...fields,
  });
  return [candlesOf(y), candlesOf(x)] as const;
};
const logs = ([y, x]: readonly [Candles, Candles]) => ({ y: y.close.map(Math.log), x: x.close.map(Math.log) });

/** Both tasks in their order at `nowMs`, over these candles. */
function found([y, x]: readonly [Candles, Candles], nowMs = y.endMs, terms = TERMS) {
  const read = ({ instrument }: CandleNeed) => (instrument === BTC_PERP ? y : x);
  return runTasksNow([BETA, HALF_LIFE], terms, new AnalysisMemory(terms.core), read, nowMs);
}
const analysesOf = (results: ReturnType<typeof found>) => results.flatMap((each) => (each.ok ? each.analyses : []));

describe("estimates", () => {
  it.skipIf(!present)("of ETH by BTC are the references of R and statsmodels", () => {
    const reference = JSON.parse(readFileSync(new URL("../hedge/pairs_reference.json", MARKET), "utf8")).results
      .C_ETH_BTC_spot_5m;
    const pair = filePair("spot5m_ETHUSDT_2024-04", "spot5m_BTCUSDT_2024-04", 5 * MINUTE_MS);
    expect(pair.y.length).toBe(reference.n);
    const { ols, johansen, cointegrationRank } = estimateBeta(pair);
    expect(ols / reference.ols_y_on_x.beta).toBeCloseTo(1, 8);
    expect([cointegrationRank, johansen]).toEqual([0, Number.NaN]);
  });

  it("of a made-up pair are its β by levels and by Johansen, and its half-life", () => {
    const [beta, halfLife] = analysesOf(found(made()));
    expect(beta).toMatchObject({ kind: "beta", cointegrationRank: 1, basis: { rows: 4000 } });
    if (beta?.kind !== "beta" || halfLife?.kind !== "halfLife") throw new Error("one of them is missing");
    expect(beta.ols).toBeCloseTo(0.8, 1);
    expect(beta.johansen).toBeCloseTo(0.8, 1);
    expect(beta.spanDays).toBeCloseTo(4000 / 1440, 2);
    expect(halfLife.bars).toBeGreaterThan(9);
    expect(halfLife.bars).toBeLessThan(15);
    expect(halfLife.basis!.method).toContain(`β ${beta.johansen}`);
  });

  it("are combined to the mean of a short and a long memory", () => {
    const pair = logs(made());
    const step = (levels: Float64Array) => levels.subarray(1).map((level, t) => level - levels[t]!);
    const [dy, dx] = [step(pair.y), step(pair.x)];
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const covariance = mean(dy.map((value, t) => value * dx[t]!)) - mean(dy) * mean(dx);
    const ratio = covariance / (mean(dx.map((value) => value * value)) - mean(dx) ** 2);
    const { returns, combined } = estimateBeta(pair);
    expect(Math.abs(ratio - returns)).toBeGreaterThan(1e-3);
    expect(combined).toBeCloseTo((ratio + returns) / 2, 12);
  });

  it("count half-lives in the bars of the reversion, whatever those of the history", () => {
    const bars = (barMs: number) => {
      const config = coreConfig({ shields: [], reversions: [{ barMs }] });
      const [halfLife] = analysesOf(found(made(), undefined, { ...TERMS, core: config })).filter(
        ({ kind }) => kind === "halfLife",
      );
      return halfLife?.kind === "halfLife" ? halfLife.bars : Number.NaN;
    };
    expect(bars(1000) / bars(MINUTE_MS)).toBeCloseTo(60, 9);
  });

  it("of two strangers have no half-life worth trading and no cointegration", () => {
    const random = new Random(2);
    const walk = () => {
      let level = 0;
      return Array.from({ length: 3000 }, () => {
        level += 0.001 * random.normal();
        return 6000 * Math.exp(level);
      });
    };
    const [beta, halfLife] = analysesOf(found([candlesOf(walk()), candlesOf(walk())]));
    expect(beta).toMatchObject({ cointegrationRank: 0, johansen: Number.NaN });
    expect(halfLife?.kind === "halfLife" && halfLife.bars > 60).toBe(true);
  });

  it("of a price that never moves refuse, with the reason, and the others go on", () => {
    const [y] = made();
    const results = found([y, candlesOf(new Array(4000).fill(6000))]);
    expect(results.map((each) => each.ok)).toEqual([true, true]);
    const [beta] = analysesOf(results);
    expect(beta).toMatchObject({ ols: Number.NaN, returns: Number.NaN, johansen: Number.NaN });
  });
});

describe("a sample", () => {
  it.each<[string, readonly [Candles, Candles], number, string, RegExp]>([
    ["of too few bars", made({ rows: 199 }), 0, "TOO_FEW_ROWS", /199 common bars.*200/],
    ["that ended too long ago", made(), DAY_MS + 1, "HISTORY_OLD", /made ends 2023-11-1\dT.*1 days ago/],
    ["of nothing in the span", made(), 400 * DAY_MS, "HISTORY_OLD", /400 days ago/],
  ])("%s is refused", (_, pair, laterMs, code, words) => {
    for (const result of found(pair, pair[0].endMs + laterMs)) {
      expect(result).toMatchObject({ ok: false, code });
      expect(result.ok ? "" : result.message).toMatch(words);
    }
  });

  it("that is short is estimated again when it may have doubled", () => {
    const [beta] = found(made());
    expect(beta).toMatchObject({ ok: true, againMs: 4000 * MINUTE_MS });
    const [short] = found(made({ rows: 300 }));
    expect(short).toMatchObject({ ok: true, againMs: DAY_MS });
    expect(short!.ok ? short!.words : "").toContain("182 are wished");
  });

  it("holds nothing that was not over: later candles, whatever they are, change no bit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 210, max: 1000 }), fc.integer({ min: 0, max: MINUTE_MS - 1 }), (rows, restMs) => {
        const [y, x] = made({ rows: 1100 });
        const nowMs = FIRST_MS + rows * MINUTE_MS + restMs;
        const wild = (candles: Candles, factor: number): Candles => {
          const close = candles.close.map((price, row) => (row < rows ? price : price * (1 + factor * (row % 7))));
          return { ...candles, close, high: close, low: close };
        };
        expect(analysesOf(found([wild(y, 3), wild(x, 5)], nowMs))).toEqual(analysesOf(found([y, x], nowMs)));
      }),
      { numRuns: 10 },
    );
  });
});

describe("held out", () => {
  it("knows a ratio by what it takes away where it was not estimated", () => {
    // A short step shows returns little of β, a long one shows it all: levels hedge this pair, returns do not.
    const long = heldOutReduction(logs(made({ spread: 0.003 })), 300, 1);
    expect(long.johansen).toBeGreaterThan(0.9);
    expect(long.johansen).toBeGreaterThan(long.returns);
    expect(heldOutReduction(logs(made({ spread: 0.003 })), 300, -1).fixed).toBeLessThan(0);
  });

  it("judges a ratio by what came after it was estimated, never by its own rows", () => {
    const random = new Random(7);
    const [y, x] = [new Float64Array(400), new Float64Array(400)];
    for (let t = 1; t < 400; t++) {
      const step = random.normal();
      x[t] = x[t - 1]! + step;
      // From the middle on it goes the other way: the ratio of before adds risk, one that had seen it would not.
      y[t] = y[t - 1]! + (t < 200 ? step : -step);
    }
    const { returns, fixed } = heldOutReduction({ y, x }, 1, -1);
    expect(returns).toBeLessThan(-0.2);
    expect(fixed).toBeCloseTo(1, 9);
  });

  it("has no share for a cointegration that is not there in every part", () => {
    const random = new Random(1);
    const walk = () => {
      let level = 0;
      return Float64Array.from({ length: 2000 }, () => {
        level += random.normal();
        return level;
      });
    };
    expect(heldOutReduction({ y: walk(), x: walk() }, 10, 1).johansen).toBeNaN();
  });
});

// Reported in the README. The bar is two points; what misses it is named with how much.
describe.skipIf(!present)("auto on real pairs, out of sample, is within two points of the best single method", () => {
  const five = 5 * MINUTE_MS;
  const eth = () => filePair("spot5m_ETHUSDT_2024-04", "spot5m_BTCUSDT_2024-04", HOUR_MS);
  const trx = (intervalMs: number) => filePair("spot5m_TRXBTC_2018-01", "spot5m_ETHBTC_2018-01", intervalMs);
  const trxByLtc = (intervalMs: number) => filePair("spot5m_TRXBTC_2018-01", "spot5m_LTCBTC_2018-01", intervalMs);
  const ltc = () => filePair("spot5m_LTCBTC_2018-01", "spot5m_ETHBTC_2018-01", five);
  it.each<[string, () => ReturnType<typeof filePair>, number, string, number]>([
    ["ETH by BTC, 1 h", eth, 1, "combined", 0.02],
    ["ETH by BTC, 1 h", eth, 48, "combined", 0.02],
    [
      "BTC by ETH, 1 h",
      () => filePair("spot5m_BTCUSDT_2024-04", "spot5m_ETHUSDT_2024-04", HOUR_MS),
      1,
      "combined",
      0.02,
    ],
    ["TRX by ETH, 5 min", () => trx(five), 1, "combined", 0.02],
    ["TRX by ETH, 5 min", () => trx(five), 48, "combined", 0.02],
    ["LTC by ETH, 5 min", ltc, 1, "combined", 0.02],
    ["TRX by LTC, 5 min", () => trxByLtc(five), 48, "combined", 0.02],
    ["BTC spot by perpetual, 1 s", () => spotAndPerp(10), 1, "combined", 0.02],
    ["BTC spot by perpetual, 1 s", () => spotAndPerp(10), 48, "johansen", 0.02],
    ["BTC spot by perpetual, 0.1 s", () => spotAndPerp(1), 48, "johansen", 0.02],
    ["TRX by ETH, 1 h", () => trx(HOUR_MS), 1, "combined", 0.02],
    ["TRX by LTC, 1 h", () => trxByLtc(HOUR_MS), 48, "combined", 0.02],
    // Ten days of a pair that came together in them and fell apart in the ten after: no rule could have known.
    ["LTC by ETH, 5 min", ltc, 48, "johansen", 0.0919],
    // 239 hours, and every method hedges worse than none.
    ["TRX by ETH, 1 h", () => trx(HOUR_MS), 48, "combined", 0.0286],
  ])("%s, case %#", (_, pair, horizon, chosen, shortMax) => {
    const shares = outOfSample(pair(), horizon);
    expect(shares.chosen).toBe(chosen);
    expect(best(shares) - shares.auto).toBeLessThanOrEqual(shortMax);
  });
});
