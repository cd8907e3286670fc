/** Candles of what a run has seen: by hand, joined, and bounded. */
import { expect, test } from "vitest";
import { SeenCandles } from "../../../src/backtest/run/seen-candles.ts";
import { BTC, BTC_PERP, testDirectory } from "../../support/core-config.ts";

const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
const quote = (mid: number) => ({
  listing: 0,
  bidTicks: mid * 10 - 1,
  askTicks: mid * 10 + 1,
  bidLots: 1,
  askLots: 1,
  venueMs: 0,
});
const need = (intervalMs: number, spanMs = 1e9) => ({ instrument: BTC_PERP, intervalMs, spanMs });
const columns = ({ timestampMs, high, low, close }: ReturnType<SeenCandles["read"]>) =>
  Array.from(timestampMs, (at, row) => [(at - START) / MINUTE, high[row], low[row], close[row]]);

test("high, low and last price of each minute that was over, and of longer ones made of them", () => {
  const seen = new SeenCandles(testDirectory(), MINUTE, 1000);
  for (const [second, mid] of [
    [0, 100],
    [10, 130],
    [50, 90],
    [59, 110],
    [60, 105],
    [185, 120],
    [239, 125],
    [245, 500],
  ] as const) {
    seen.onQuote(quote(mid), START + second * 1000);
  }
  const nowMs = START + 250_000;
  expect(columns(seen.read(need(MINUTE), nowMs))).toEqual([
    [0, 130, 90, 110],
    [1, 105, 105, 105],
    [3, 125, 120, 125],
  ]);
  expect(columns(seen.read(need(2 * MINUTE), nowMs))).toEqual([
    [0, 130, 90, 105],
    [2, 125, 120, 125],
  ]);
  expect(columns(seen.read(need(MINUTE, 150_000), nowMs))).toEqual([[3, 125, 120, 125]]);
  expect(() => seen.read({ ...need(MINUTE), instrument: BTC }, nowMs)).toThrow(
    expect.objectContaining({ code: "NO_HISTORY" }),
  );
});

test("the oldest half goes where there are too many, and what is left is as it was", () => {
  const seen = new SeenCandles(testDirectory(), MINUTE, 3000);
  for (let minute = 0; minute < 10_000; minute++) seen.onQuote(quote(100 + minute), START + minute * MINUTE);
  const rows = columns(seen.read(need(MINUTE), START + 10_000 * MINUTE));
  expect(rows.length).toBeLessThanOrEqual(3000);
  expect(rows.length).toBeGreaterThanOrEqual(1500);
  expect(rows.at(-1)).toEqual([9999, 10_099, 10_099, 10_099]);
  rows.forEach(([minute, high], at) => {
    expect([minute, high]).toEqual([rows[0]![0]! + at, 100 + minute!]);
  });
});
