/** Candles: what is over and what is not, longer ones of shorter ones, two instruments by time, and files that are none. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readCandleFile } from "../../src/analyses/candle-file.ts";
import { type Candles, candlesWithin, joinedCandles, logPair } from "../../src/analyses/candles.ts";
import { FileHistory, History } from "../../src/analyses/history.ts";

const directory = mkdtempSync(join(tmpdir(), "outrigger-candles-"));
afterAll(() => rmSync(directory, { recursive: true }));

const MINUTE_MS = 60_000;
/** Candles that begin at the given minutes; each closes at its index + 1, a tenth above its low and below its high. */
function candlesAt(minutes: readonly number[], intervalMs = MINUTE_MS): Candles {
  const close = Float64Array.from(minutes, (_, i) => i + 1);
  return {
    from: "made",
    intervalMs,
    endMs: (minutes.at(-1) ?? 0) * MINUTE_MS + intervalMs,
    timestampMs: Float64Array.from(minutes, (minute) => minute * MINUTE_MS),
    high: close.map((price) => price + 0.1),
    low: close.map((price) => price - 0.1),
    close,
  };
}
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const HEADER = "timestamp_ms,open,high,low,close,volume\n";
const rowsOf = (minutes: readonly number[]) =>
  minutes.map((minute) => `${1_700_000_040_000 + minute * MINUTE_MS},1,2,0.5,1.5,9`).join("\n");

describe("within a time", () => {
  // A candle of minute 2 is over at minute 3.
  it.each([
    [0, 3 * MINUTE_MS, [0, 1, 2]],
    [0, 3 * MINUTE_MS - 1, [0, 1]],
    [MINUTE_MS, 3 * MINUTE_MS, [1, 2]],
    [MINUTE_MS + 1, 3 * MINUTE_MS, [2]],
    [0, 0, []],
    [9 * MINUTE_MS, 3 * MINUTE_MS, []],
  ])("from %d to %d there are the minutes %o", (sinceMs, nowMs, minutes) => {
    const seen = candlesWithin(candlesAt([0, 1, 2, 3, 4]), sinceMs, nowMs);
    expect([...seen.timestampMs]).toEqual(minutes.map((minute) => minute * MINUTE_MS));
    expect([seen.high.length, seen.low.length, seen.close.length]).toEqual(new Array(3).fill(minutes.length));
  });

  it("joining before or after the look changes nothing that is over", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 0, max: 70 * MINUTE_MS }),
        fc.constantFrom(2, 5, 15),
        (minutes, nowMs, times) => {
          const candles = candlesAt(minutes.sort((a, b) => a - b));
          const intervalMs = times * MINUTE_MS;
          const early = joinedCandles(candlesWithin(candles, 0, nowMs), intervalMs);
          const late = candlesWithin(joinedCandles(candles, intervalMs), 0, nowMs);
          // A look at the end of a gap may not show that a candle is over; what it shows is the same.
          const count = early.timestampMs.length;
          expect([...late.timestampMs].slice(0, count)).toEqual([...early.timestampMs]);
          expect([...late.close].slice(0, count)).toEqual([...early.close]);
          expect([...late.low].slice(0, count)).toEqual([...early.low]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

it("longer candles have the extremes and the last price of their parts, and none is half a candle", () => {
  const joined = joinedCandles(candlesAt([3, 5, 6, 7, 8, 10, 11]), 5 * MINUTE_MS);
  // The history begins inside the first, and the last has not ended.
  expect([...joined.timestampMs]).toEqual([5 * MINUTE_MS]);
  expect([...joined.close]).toEqual([5]);
  expect([...joined.high]).toEqual([5.1]);
  expect([...joined.low]).toEqual([1.9]);
});

it("two instruments meet at the times that both have, in candles of the longer one", () => {
  const pair = logPair(candlesAt([0, 1, 3, 4]), candlesAt([1, 2, 3, 5]));
  expect([...pair.timestampMs]).toEqual([MINUTE_MS, 3 * MINUTE_MS]);
  expect([...pair.y]).toEqual([Math.log(2), Math.log(3)]);
  expect([...pair.x]).toEqual([Math.log(1), Math.log(3)]);
  const mixed = logPair(candlesAt([0, 1, 2, 3, 4, 5]), candlesAt([0, 2, 4], 2 * MINUTE_MS));
  expect([...mixed.y]).toEqual([2, 4, 6].map(Math.log));
  expect(mixed.intervalMs).toBe(2 * MINUTE_MS);
  expect(() => logPair(candlesAt([0, 2], 2 * MINUTE_MS), candlesAt([0, 3], 3 * MINUTE_MS))).toThrow(/120000.*180000/);
});

describe("a file", () => {
  it("of candles is read from a time on, repetitions once", () => {
    const path = file("a.csv", `${HEADER}${rowsOf([0, 1, 1, 2, 4])}\n`);
    const candles = readCandleFile(path, 1_700_000_040_000 + MINUTE_MS);
    expect(candles.intervalMs).toBe(MINUTE_MS);
    expect([...candles.timestampMs].map((ms) => (ms - 1_700_000_040_000) / MINUTE_MS)).toEqual([1, 2, 4]);
    expect(candles.endMs).toBe(1_700_000_040_000 + 5 * MINUTE_MS);
    expect([candles.high[0], candles.low[0], candles.close[0]]).toEqual([2, 0.5, 1.5]);
  });

  it.each([
    ["out of order", rowsOf([0, 2, 1]), /:4/],
    ["with a price of 0", `${rowsOf([0])}\n1700000100000,1,2,0,1,9`, /:3/],
    ["with a low above its high", `${rowsOf([0])}\n1700000100000,1,2,3,1,9`, /:3/],
    ["with a word for a price", `${rowsOf([0])}\n1700000100000,1,2,1,none,9`, /:3/],
    ["of one candle", rowsOf([0]), /fewer than two/],
  ])("%s is refused", (name, rows, words) => {
    expect(() => readCandleFile(file(`${name}.csv`, `${HEADER}${rows}\n`), 0)).toThrow(words);
  });

  it("of quotes is none", () => {
    const path = file("q.csv", "local_ts_ns,exch_event_ms,update_id,bid_px,bid_qty,ask_px,ask_qty\n");
    expect(() => readCandleFile(path, 0)).toThrow(/quotes, not candles/);
  });
});

describe("a history", () => {
  const path = file("h.csv", `${HEADER}${rowsOf(Array.from({ length: 30 }, (_, i) => i))}\n`);
  const nowMs = 1_700_000_040_000 + 30 * MINUTE_MS;
  const options = { sources: [{ type: "file", path } as const, null], directory };
  const need = { instrument: 0, intervalMs: 5 * MINUTE_MS, spanMs: 1e9 };

  it("gives candles of the length asked for where they can be put together, live and to a backtest alike", async () => {
    const live = await new History(options, ["A", "B"], nowMs, 1e9).read(need);
    const files = new FileHistory(options.sources, ["A", "B"]).read(need);
    expect(live).toEqual(files);
    expect(live.intervalMs).toBe(5 * MINUTE_MS);
    const finer = await new History(options, ["A", "B"], nowMs, 1e9).read({ ...need, intervalMs: 1000 });
    expect(finer.intervalMs).toBe(MINUTE_MS);
  });

  it("says whose prices it does not have", async () => {
    const of = { ...need, instrument: 1 };
    await expect(new History(options, ["A", "B"], nowMs, 1e9).read(of)).rejects.toThrow(/no candles of B/);
    expect(() => new FileHistory(options.sources, ["A", "B"]).read(of)).toThrow(/no candles of B/);
  });
});
