/** What venues show of recorded files: which prices, in which order, rounded against whoever trades. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FeedQuote, MarketFeed } from "../../../src/backtest/run/market-feed.ts";
import { HEADERS } from "../../../src/market-data/format.ts";
import { temporary } from "../../cli/support.ts";
import { testDirectory } from "../../support/core-config.ts";

const T = 1_700_000_100_000;
const TERMS = { spreadBps: 10, depthNotional: 6000 };

/** BTC's perpetual at the first venue from the first file, at the second from the second: tick 0.1, lot 0.001. */
function shown(
  texts: readonly string[],
  directory = testDirectory(),
  listings: readonly (readonly number[])[] = [[0], [1]],
) {
  const dir = temporary();
  const files = texts.map((text, at) => {
    const path = join(dir, `${at}.csv`);
    writeFileSync(path, text);
    return { path, listings: listings[at]!, asset: -1 };
  });
  const feed = new MarketFeed(files, TERMS, directory);
  const quotes: FeedQuote[] = [];
  for (let quote = feed.next(); quote !== null; quote = feed.next()) quotes.push({ ...quote });
  feed.close();
  return quotes;
}

const quote = (ms: number, bid: number, ask: number, qty = 1) => `${(T + ms) * 1e6},,${ms},${bid},${qty},${ask},${qty}`;
const book = ({ atMs, listing, bidTicks, askTicks, bidLots, askLots }: FeedQuote) =>
  [atMs - T, listing, bidTicks, askTicks, bidLots, askLots] as const;

describe("quotes", () => {
  test("bids round down, asks up, quantities down, to each venue's own steps", () => {
    const directory = testDirectory([{}, { tickSize: "0.5", lotSize: "0.002" }, {}]);
    const text = [HEADERS.quotes, quote(0, 100.19, 100.21, 0.0057), quote(1, 100.2, 100.3, 0.003)].join("\n");
    expect(shown([text], directory, [[0, 1]]).map(book)).toEqual([
      [0, 0, 1001, 1003, 5, 5],
      [0, 1, 1000, 1005, 4, 4],
      [1, 0, 1002, 1003, 3, 3],
      [1, 1, 1000, 1005, 2, 2],
    ]);
  });

  test("files are joined by time, and at one time the earlier file goes first", () => {
    const first = [HEADERS.quotes, quote(0, 100, 101), quote(5, 100, 101), quote(9, 100, 101)].join("\n");
    const second = [HEADERS.quotes, quote(1, 200, 201), quote(5, 200, 201), quote(7, 200, 201)].join("\n");
    expect(shown([first, second]).map(({ atMs, listing }) => [atMs - T, listing])).toEqual([
      [0, 0],
      [1, 1],
      [5, 0],
      [5, 1],
      [7, 1],
      [9, 0],
    ]);
  });
});

describe("bars and trades", () => {
  const bars = (...rows: string[]) => [HEADERS.bars, ...rows].join("\n");
  const prices = (quotes: readonly FeedQuote[]) =>
    quotes.map(({ atMs, price }) => [atMs - T, Math.round(price * 10) / 10]);

  test("a bar that rises goes by its low, one that falls by its high, each point a quarter later", () => {
    const rising = `${T},100,110,90,105,4`;
    const falling = `${T + 60_000},105,111,80,81,4`;
    expect(prices(shown([bars(rising, falling)]))).toEqual([
      [0, 100],
      [15_000, 90],
      [30_000, 110],
      [45_000, 105],
      [60_000, 105],
      [75_000, 111],
      [90_000, 80],
      [105_000, 81],
    ]);
    const [first] = shown([bars(rising, falling)]);
    // Half of 10 bps on either side, and a quarter of the volume.
    expect(book(first!)).toEqual([0, 0, 999, 1001, 1000, 1000]);
  });

  test("a bar that comes too early waits for the one before", () => {
    const rows = [0, 1, 2, 3, 3.5, 5].map((at) => `${T + at * 60_000},100,100,100,100,4`);
    const times = shown([bars(...rows)]).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("a trade is a quote around its price, with the stated depth", () => {
    const text = [HEADERS.trades, `${T * 1e6},,,1,60,0.5,1`].join("\n");
    expect(shown([text]).map(book)).toEqual([[0, 0, 599, 601, 100_000, 100_000]]);
  });
});
