/** Runs of the live core over recorded markets: by hand, against themselves, and under faults. */
import { describe, expect, test } from "vitest";
import { lots } from "../../../src/domain/units.ts";
import { HEADERS } from "../../../src/market-data/format.ts";
import { quoteTicks, run, START, testDirectory, webhook } from "./rig.ts";

/** Quotes of one price until the next is given, one a second; the spread is 0.2. */
function steps(...prices: readonly (readonly [seconds: number, mid: number])[]): string {
  const lines = [HEADERS.quotes];
  let at = 0;
  for (const [seconds, mid] of prices) {
    for (let second = 0; second < seconds; second++, at += 1000) {
      lines.push(`${(START + at) * 1e6},,${at},${(mid - 0.1).toFixed(1)},50,${(mid + 0.1).toFixed(1)},50`);
    }
  }
  return lines.join("\n");
}

describe("by hand", () => {
  // Long 1 BTC. At 10 s half of it is hedged at 60,000; at 60 s the price falls by 1,000; at 100 s the hedge is taken off.
  const options = {
    market: { "btc.csv": steps([60, 60_000], [60, 59_000]) },
    signals: [webhook("a", 10_000), webhook("b", 100_000, { kind: "close", direction: "flat" })],
    terms: { latencyMs: { min: 10, max: 10 }, sampleMs: 1000 },
  };

  test("the money is what the fills and prices say", () => {
    const { episodes, samples, result, counts } = run(options);
    expect(counts).toMatchObject({ signals: 2, orders: 2, admission: { ACCEPTED: 2 } });
    expect(result.signal_outcomes).toEqual({ hedged: 2 });
    const fee = 0.0005 * 0.5;
    const sold = { cost: 0.5 * 0.1 + fee * 59_999.9, profitHedge: 500 };
    expect(episodes).toHaveLength(2);
    expect(episodes[0]).toMatchObject({
      signalId: "a",
      source: "hook",
      kind: "hedge",
      model: "m",
      modelVersion: "1",
      exposure: 60_000,
      intensity: 0.5,
      targetLots: -500,
      orders: 1,
      fills: 1,
      end: "next signal",
      profitPrimary: -1000,
    });
    expect(episodes[0]!.profitHedge).toBeCloseTo(sold.profitHedge, 9);
    expect(episodes[0]!.cost).toBeCloseTo(sold.cost, 9);
    expect(episodes[0]!.slippage).toBeCloseTo(0.1 / 60_000, 12);
    // There and back: what a quote and an order each need one way, and the answer.
    expect(episodes[0]!.firstFillMs).toBe(20);
    const bought = 0.5 * 0.1 + fee * 59_000.1;
    expect(episodes[1]).toMatchObject({ signalId: "b", targetLots: 0, end: "end of data", profitPrimary: 0 });
    expect(episodes[1]!.cost).toBeCloseTo(bought, 9);
    const [, hedged, unhedged] = samples.at(-1)!;
    expect(unhedged).toBe(-1000);
    expect(hedged).toBeCloseTo(-500 - sold.cost - bought, 9);
    expect(result).toMatchObject({ capital: 60_000, trades: 2, comparable_trades: 2 });
    expect(result.metrics?.final_equity_hedged).toBeCloseTo(60_000 + hedged, 9);
    expect(result.metrics?.drawdown.mdd_unhedged_ccy).toBe(1000);
    expect(result.verdicts).toMatchObject({
      enough: false,
      all_met: false,
      missing: ["2 of 200 trades", "2 of 50 comparable trades", "0.0 of 14 days"],
    });
  });

  test("a fill happens at the price of when it arrives, not of when it was decided", () => {
    // The price falls while the order is on its way: 10 ms after the decision, 10 ms before it arrives.
    const market = [HEADERS.quotes];
    for (let ms = 0; ms <= 5000; ms += 10) {
      const mid = ms >= 1000 ? 59_990 : 60_000;
      market.push(`${(START + ms) * 1e6},,${ms},${(mid - 0.1).toFixed(1)},50,${(mid + 0.1).toFixed(1)},50`);
    }
    const { episodes } = run({
      ...options,
      market: { "btc.csv": market.join("\n") },
      signals: [webhook("a", 990)],
      terms: { latencyMs: { min: 15, max: 15 }, sampleMs: 1000 },
    });
    expect(episodes[0]!.slippage).toBeCloseTo(10.1 / 60_000, 9);
  });

  test("a price is known one way after the venue showed it, and not before", () => {
    const market = [HEADERS.quotes];
    for (let ms = 0; ms <= 3000; ms += 10) {
      const mid = ms >= 1000 ? 59_000 : 60_000;
      market.push(`${(START + ms) * 1e6},,${ms},${(mid - 0.1).toFixed(1)},50,${(mid + 0.1).toFixed(1)},50`);
    }
    const seenBy = (afterMs: number) =>
      run({
        market: { "btc.csv": market.join("\n") },
        signals: [webhook("a", afterMs)],
        terms: { latencyMs: { min: 50, max: 50 }, sampleMs: 1000 },
      }).episodes[0]!.price;
    expect(seenBy(1049)).toBeCloseTo(60_000, 6);
    expect(seenBy(1051)).toBeCloseTo(59_000, 6);
  });

  test("the position is valued at its own price where there is one", () => {
    const held = steps([60, 60_100], [60, 59_300]).replaceAll("59300", "59300");
    const { samples } = run({
      ...options,
      market: { ...options.market, "spot.csv": held },
      files: { "spot.csv": { listings: [], asset: 0 } },
    });
    expect(samples.at(-1)![2]).toBeCloseTo(-800, 9);
  });

  test("without a signal there is no trade, and the hedged portfolio is the shadow", () => {
    const { samples, result, counts } = run({ ...options, signals: [] });
    expect(counts.orders).toBe(0);
    expect(samples.every(([, hedged, unhedged]) => hedged === unhedged)).toBe(true);
    expect(result).toMatchObject({ trades: 0, verdicts: { enough: false } });
  });
});

describe("one run is one sequence of decisions", () => {
  const market = { "btc.csv": quoteTicks(2400) };
  const signals = Array.from({ length: 40 }, (_, n) =>
    webhook(`s${n}`, 5000 + n * 27_000, { strength: ((n * 37) % 90) / 100, time_horizon: "2m" }),
  );
  const full = run({ market, signals, terms: { sampleMs: 5000, partial: 0.3, seed: 5 } });

  test("that does something", () => {
    expect(full.counts.signals).toBe(40);
    expect(full.counts.orders).toBeGreaterThan(40);
    expect(full.counts.timers).toBeGreaterThan(10);
    expect(full.result.by_venue.some(({ partial_fills: partial }) => partial > 0)).toBe(true);
  });

  test("the same again, byte for byte; another with another seed", () => {
    const again = run({ market, signals, terms: { sampleMs: 5000, partial: 0.3, seed: 5 } });
    expect(again.counts).toEqual(full.counts);
    expect(again.samples).toEqual(full.samples);
    const other = run({ market, signals, terms: { sampleMs: 5000, partial: 0.3, seed: 6 } });
    expect(other.counts.decisions_sha256).not.toBe(full.counts.decisions_sha256);
  });

  test.each(Array.from({ length: 20 }, (_, n) => 100 + ((n * 7919) % 2250)))(
    "knows nothing of what comes after row %i",
    (rows) => {
      const cut = {
        "btc.csv": market["btc.csv"]
          .split("\n")
          .slice(0, rows + 1)
          .join("\n"),
      };
      const prefix = run({ market: cut, signals, terms: { sampleMs: 5000, partial: 0.3, seed: 5 } });
      const endMs = START + (rows - 1) * 500;
      const ended = <T extends { readonly endMs: number }>(all: readonly T[]) =>
        all.filter((each) => each.endMs < endMs);
      expect(ended(prefix.episodes)).toEqual(ended(full.episodes));
      const until = (all: typeof full.samples) => all.filter(([atMs]) => atMs < endMs);
      expect(until(prefix.samples)).toEqual(until(full.samples));
      expect(until(prefix.samples).length).toBe(Math.ceil((endMs - full.samples[0]![0]) / 5000));
    },
  );

  test("twice the holdings are twice the exposure and twice the hedge", () => {
    const twice = run({ market, signals, terms: { sampleMs: 5000 }, core: { shields: [{ holdings: 2 }] } });
    const once = run({ market, signals, terms: { sampleMs: 5000 } });
    expect(twice.samples.map(([, , unhedged]) => unhedged)).toEqual(once.samples.map(([, , unhedged]) => 2 * unhedged));
    expect(twice.episodes.map(({ intensity }) => intensity)).toEqual(once.episodes.map(({ intensity }) => intensity));
    expect(Math.abs(twice.episodes[3]!.targetLots / once.episodes[3]!.targetLots - 2)).toBeLessThan(0.01);
  });

  test("what costs more leaves less", () => {
    const ends = [0, 0.0005, 0.005].map((takerFee) => {
      const directory = testDirectory([{ takerFee }, { takerFee }, { takerFee }]);
      return run({ market, signals, core: { directory } }).result.metrics!.final_equity_hedged;
    });
    expect(ends[0]).toBeGreaterThan(ends[1]!);
    expect(ends[1]).toBeGreaterThan(ends[2]!);
  });
});

describe("what venues do", () => {
  const market = { "btc.csv": quoteTicks(1200) };
  const signals = Array.from({ length: 10 }, (_, n) => webhook(`s${n}`, 5000 + n * 50_000, { strength: 0.1 + n / 20 }));

  test("an outage keeps its venue's quotes and orders away, and the others hedge", () => {
    const only = (venue: number) => ({ venue, fromMs: START + 1, forMs: 700_000 });
    const { result, episodes } = run({ market, signals, terms: { outages: [only(0), only(1)] } });
    expect(result.by_venue.map(({ orders }) => orders > 0)).toEqual([false, false, true]);
    expect(episodes.every(({ fills }) => fills > 0)).toBe(true);
    expect(run({ market, signals, terms: { outages: [only(0), only(1)] } }).counts.quotes).toBe(1200);
    const none = run({ market, signals, terms: { outages: [only(0), only(1), only(2)] } });
    expect(none.counts.orders).toBe(0);
    expect(none.result.signal_outcomes).toMatchObject({ deferred: 10 });
  });

  test("lost answers are asked for and nothing is bought twice", () => {
    const lossy = run({ market, signals, terms: { dropAnswer: 0.3, reject: 0.4 } });
    expect(lossy.result.alarms).toMatchObject({ UNKNOWN_OUTCOME: expect.any(Number) });
    expect(lossy.result.by_venue.some(({ rejected }) => rejected > 0)).toBe(true);
    for (const { targetLots, exposure } of lossy.episodes) expect(Math.abs(targetLots)).toBeLessThan(exposure);
    expect(lossy.result.alarms["OVER_FILL"]).toBeUndefined();
  });

  test("thin books fill in parts", () => {
    const thin = { "btc.csv": quoteTicks(1200, { depth: 0.05 }) };
    const { episodes } = run({ market: thin, signals, core: { shields: [{ overHedgeLotsMax: lots(0) }] } });
    expect(episodes[0]!.fills).toBeGreaterThan(1);
  });
});

describe("admission is the receiver's", () => {
  test("duplicates, stale, unknown and malformed signals get their codes and no order", () => {
    const { counts, result } = run({
      market: { "btc.csv": steps([120, 60_000]) },
      signals: [
        webhook("a", 10_000),
        webhook("a", 11_000, { generated_at: START + 9980 }),
        webhook("b", 50_000, { generated_at: START + 1000 }),
        webhook("c", 51_000, { asset: "DOGE/USDT" }),
        { ...webhook("d", 52_000), source: "nobody" },
        { ...webhook("e", 53_000), body: "{" },
        webhook("f", 54_000, { direction: "short" }),
      ],
    });
    expect(counts.admission).toEqual({
      ACCEPTED: 2,
      DUPLICATE: 1,
      STALE: 1,
      UNKNOWN_ASSET: 1,
      NO_SUCH_SOURCE: 1,
      MALFORMED: 1,
    });
    expect(result.signal_outcomes).toEqual({ hedged: 1, DIRECTION_MISMATCH: 1 });
    expect(counts.orders).toBe(1);
  });

  test("what comes faster than its source may is limited, as a receiver would", () => {
    const at = [10_000, 10_000, 10_000, 10_001, 12_000];
    const signals = at.map((ms, n) => webhook(`s${n}`, ms));
    const { counts } = run({ market: { "btc.csv": steps([60, 60_000]) }, signals, ratePerSecMax: 2 });
    expect(counts.admission).toEqual({ ACCEPTED: 3, RATE_LIMITED: 2 });
  });
});

describe("bars", () => {
  const bars = (count: number, stepMs: number) => {
    const lines = [HEADERS.bars];
    for (let n = 0; n < count; n++) {
      const open = 60_000 + (n % 7) * 10;
      lines.push(`${START + n * stepMs},${open},${open + 20},${open - 20},${open + 5},1000`);
    }
    return lines.join("\n");
  };

  test("of five minutes can be traded on at any time, and their quotes count as fresh between them", () => {
    const signals = Array.from({ length: 20 }, (_, n) => webhook(`s${n}`, 400_000 + n * 137_000));
    const { episodes, market, quoteAgeMsMax, counts } = run({ market: { "btc.csv": bars(20, 300_000) }, signals });
    expect(quoteAgeMsMax).toBe(150_000);
    expect(market).toMatchObject([{ kind: "bars", rows: 20, gaps: 0 }]);
    expect(counts.quotes).toBe(20 * 4 * 3);
    expect(episodes).toHaveLength(20);
    expect(episodes[0]!.fills).toBeGreaterThan(0);
  });

  test("gaps are counted, and over a long one nothing is traded on", () => {
    const rows = bars(20, 300_000).split("\n");
    const text = [...rows.slice(0, 6), ...rows.slice(12)].join("\n");
    const { market, result } = run({ market: { "btc.csv": text }, signals: [webhook("s", 2_500_000)] });
    expect(market).toMatchObject([{ rows: 14, gaps: 1, missing_bars: 6 }]);
    expect(result.signal_outcomes).toEqual({ deferred: 1 });
  });

  test.each([
    ["out of order", (rows: string[]) => [...rows.slice(0, 5), rows[6], rows[5]], "ROW_OUT_OF_ORDER", /:7: /],
    ["contradicted", (rows: string[]) => [...rows.slice(0, 4), `${rows[3]}9`], "ROW_CONTRADICTED", /btc\.csv:5: /],
    [
      "no number",
      (rows: string[]) => [...rows.slice(0, 4), rows[4]!.replace(/,\d+,/, ",x,")],
      "ROW_BAD",
      /:5: open is "x"/,
    ],
  ])("a file that is %s is refused with its line", (_name, spoil, code, message) => {
    const text = spoil(bars(20, 300_000).split("\n")).join("\n");
    const attempt = () => run({ market: { "btc.csv": text }, signals: [] });
    expect(attempt).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
