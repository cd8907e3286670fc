import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BINANCE_USDM } from "../../src/paper/dialects/binance/binance-usdm.ts";
import { PaperExchange } from "../../src/paper/exchange.ts";
import { applyEvent, type MarketEvent, type MarketSource, runMarket } from "../../src/paper/market.ts";
import { createCsvMarket, MarketFileError, symbolOfFile } from "../../src/paper/market-csv.ts";
import { createSyntheticMarket } from "../../src/paper/market-synthetic.ts";
import { startPaper } from "../../src/paper/server.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { API_KEY, API_SECRET, BTC } from "./client.ts";

const QUOTES = "local_ts_ns,exch_event_ms,update_id,bid_px,bid_qty,ask_px,ask_qty";
const TRADES = "local_ts_ns,exch_event_ms,exch_trade_ms,trade_id,price,qty,buyer_is_maker";
const CANDLES = "timestamp_ms,open,high,low,close,volume";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "outrigger-market-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(name: string, ...rows: string[]): Promise<{ path: string; symbol: string }> {
  const path = join(dir, name);
  await writeFile(path, `${rows.join("\n")}\n`);
  return { path, symbol: "BTCUSDT" };
}

async function read(source: MarketSource, limit = 100_000): Promise<MarketEvent[]> {
  const events: MarketEvent[] = [];
  for await (const event of source.open()) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

function exchange(depthLevels = 0, trades: unknown[] = []): PaperExchange {
  const options = {
    rules: BINANCE_USDM.rules,
    symbols: [{ ...BTC, minNotional: "0" }],
    apiKeys: ["a"],
    balance: 1_000_000,
    leverage: 20,
    takerFeeBps: 5,
    makerFeeBps: 2,
    depth: { levels: depthLevels, spacingBps: 0.5 },
    openOrdersMax: 100,
    terminalOrdersMax: 100,
    tradesMax: 100,
  };
  return new PaperExchange(options, new SystemClock(), {
    onUserEvents: () => {},
    onBook: () => {},
    onTrade: (...args) => trades.push(args.slice(1)),
  });
}

function rest(venue: PaperExchange, side: "buy" | "sell", price: string, quantity: string) {
  const account = venue.accounts.get("a")!;
  const order = venue.place(account, {
    symbol: "BTCUSDT",
    side,
    price,
    quantity,
    timeInForce: "gtc",
    clientOrderId: undefined,
    reduceOnly: false,
    preventSelfTrade: false,
  });
  if ("rejected" in order) throw new Error(order.rejected);
  return order;
}

const at = (ms: number) => `${1_723_161_255_000 + ms}000000`;
const NO_SKEW = { offsetTicks: 0, spreadTicks: 0 };

test("a quote between two ticks is rounded against the taker on both sides, and sizes down", async () => {
  const source = createCsvMarket([await file("a.csv", QUOTES, `${at(0)},,1,59999.96,0.0019,60000.01,0.0029`)]);
  const venue = exchange();
  for (const event of await read(source)) applyEvent({ exchange: venue, skew: NO_SKEW }, event);
  const { engine } = venue.listings.get("BTCUSDT")!;
  expect(engine.bestBid()).toEqual({ pxTicks: 599_999, qtyLots: 1 });
  expect(engine.bestAsk()).toEqual({ pxTicks: 600_001, qtyLots: 2 });
  for (const event of await read(source))
    applyEvent({ exchange: venue, skew: { offsetTicks: 5, spreadTicks: 2 } }, event);
  expect(engine.bestBid()).toEqual({ pxTicks: 600_002, qtyLots: 1 });
  expect(engine.bestAsk()).toEqual({ pxTicks: 600_008, qtyLots: 2 });
});

test("each quote replaces the outside liquidity, and what a user took from the last one is gone until then", async () => {
  const venue = exchange(2);
  const listing = venue.listings.get("BTCUSDT")!;
  const top = { bidTicks: 600_000, bidLots: 5, askTicks: 600_010, askLots: 5 };
  venue.quote(listing, top);
  expect(listing.engine.depth(9).asks).toEqual([
    { pxTicks: 600_010, qtyLots: 5 },
    { pxTicks: 600_040, qtyLots: 5 },
    { pxTicks: 600_070, qtyLots: 5 },
  ]);
  const before = listing.updateId;
  venue.quote(listing, top);
  expect(listing.updateId).toBe(before);
  expect(rest(venue, "buy", "60001.0", "0.004").status).toBe("filled");
  expect(listing.engine.bestAsk()).toEqual({ pxTicks: 600_010, qtyLots: 1 });
  venue.quote(listing, { ...top, askTicks: 600_020, bidTicks: 600_015 });
  expect(listing.engine.bestBid()!.pxTicks).toBe(600_015);
  expect(listing.engine.bestAsk()).toEqual({ pxTicks: 600_020, qtyLots: 5 });
  expect(listing.engine.restingCount).toBe(6);
});

test("a resting user order fills at its price when the market goes through it, and waits its turn when it only touches", () => {
  const venue = exchange();
  const listing = venue.listings.get("BTCUSDT")!;
  const top = { bidTicks: 600_000, bidLots: 5, askTicks: 600_010, askLots: 5 };
  venue.quote(listing, top);
  const order = rest(venue, "buy", "60000.0", "0.003");
  venue.quote(listing, { ...top, bidLots: 9 });
  // Five outside lots were there first, four came after: seven sold reach two of the user's three.
  venue.trade(listing, "sell", 600_000, 7);
  expect(order).toMatchObject({ status: "partiallyFilled", cumLots: 2 });
  venue.quote(listing, { bidTicks: 599_990, bidLots: 5, askTicks: 599_995, askLots: 5 });
  expect(order).toMatchObject({ status: "filled", cumLots: 3, cumUnits: 3 * 600_000 });
});

test("a trade reaches only orders at its price or better", async () => {
  const rows = [`${at(0)},,,1,60000.05,1,1`, `${at(1)},,,2,60000,0.002,1`];
  const events = await read(createCsvMarket([await file("t.csv", TRADES, ...rows)]));
  const trades: unknown[] = [];
  const venue = exchange(0, trades);
  const order = rest(venue, "buy", "60000.0", "0.003");
  applyEvent({ exchange: venue, skew: NO_SKEW }, events[0]!);
  expect(order.cumLots).toBe(0);
  applyEvent({ exchange: venue, skew: NO_SKEW }, events[1]!);
  expect(order.cumLots).toBe(2);
  expect(trades.at(-1)).toEqual([600_000, 2, true]);
});

test("files are merged by time; a candle becomes four quotes, low before high when it closed up", async () => {
  const quotes = await file("q.csv", QUOTES, `${at(0)},,1,100,1,101,1`, `${at(20)},,2,100,1,101,1`);
  const trades = await file("t2.csv", TRADES, `${at(10)},,,1,100,1,0`);
  expect((await read(createCsvMarket([quotes, trades]))).map((event) => event.kind)).toEqual([
    "quote",
    "trade",
    "quote",
  ]);
  const candles = await file("c.csv", CANDLES, "1688426760000,100,120,90,110,8", "1688426820000,110,115,95,100,8");
  const mids = (await read(createCsvMarket([candles]))).map((event) =>
    event.kind === "quote" ? (event.bidE8 + event.askE8) / 2e8 : 0,
  );
  expect(mids).toEqual([100, 90, 120, 110, 110, 115, 95, 100]);
});

test.each([
  ["an unknown header", ["a,b,c"], 1, /unknown header/],
  ["a missing column", [QUOTES, `${at(0)},,1,100,1,101`], 2, /6 columns/],
  ["a price that is no number", [QUOTES, `${at(0)},,1,100,1,101,1`, `${at(1)},,1,1e2,1,101,1`], 3, /bid_px "1e2"/],
  ["a crossed quote", [QUOTES, `${at(0)},,1,101,1,101,1`], 2, /not below/],
  ["a bad time", [TRADES, "yesterday,,,1,100,1,0"], 2, /local_ts_ns/],
  ["a bad side", [TRADES, `${at(0)},,,1,100,1,maybe`], 2, /buyer_is_maker/],
  ["a candle that does not enclose itself", [CANDLES, "1688426760000,100,99,90,98,8"], 2, /enclose/],
  ["time that runs backwards", [QUOTES, `${at(5)},,1,100,1,101,1`, `${at(0)},,1,100,1,101,1`], 3, /backwards/],
])("%s is an error that names file and line", async (_, rows, line, message) => {
  const bad = await file("bad.csv", ...rows);
  const error = await read(createCsvMarket([bad])).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MarketFileError);
  expect(error).toMatchObject({ line, file: bad.path, message: expect.stringMatching(message) });
});

test("an absent file is an error of the same kind", async () => {
  await expect(read(createCsvMarket([{ path: join(dir, "absent.csv"), symbol: "BTCUSDT" }]))).rejects.toThrow(
    MarketFileError,
  );
});

test("a recording starts again in a loop, and stops on request", async () => {
  const source = createCsvMarket([await file("l.csv", QUOTES, `${at(0)},,1,100,1,101,1`, `${at(1)},,2,100,1,102,1`)]);
  const stop = new AbortController();
  const venue = exchange();
  const clock = new SystemClock();
  const pace = { speed: Number.POSITIVE_INFINITY, loop: true };
  const running = runMarket(source, [{ exchange: venue, skew: NO_SKEW }], pace, clock, stop.signal);
  setTimeout(() => stop.abort(), 100);
  expect((await running).events).toBeGreaterThan(2);
  const once = await runMarket(source, [], { ...pace, loop: false }, clock, new AbortController().signal);
  expect(once.events).toBe(2);
});

test("a recording is paced by its own time", async () => {
  const source = createCsvMarket([await file("p.csv", QUOTES, `${at(0)},,1,100,1,101,1`, `${at(400)},,2,100,1,102,1`)]);
  const clock = new SystemClock();
  const startedNs = clock.nowNs();
  await runMarket(source, [], { speed: 4, loop: false }, clock, new AbortController().signal);
  // A lower bound only: a timer may be late but never early.
  expect((clock.nowNs() - startedNs) / 1e6).toBeGreaterThan(95);
});

test("the synthetic market repeats with its seed, differs with another, and is never crossed", async () => {
  const options = {
    volatilityDaily: 0.5,
    intervalMs: 100,
    spreadBps: 1,
    symbols: [{ symbol: "BTCUSDT", initialPrice: 60_000, tick: 0.1, topNotional: 1e5 }],
  };
  const one = await read(createSyntheticMarket({ ...options, seed: 1 }), 2000);
  expect(await read(createSyntheticMarket({ ...options, seed: 1 }), 2000)).toEqual(one);
  expect(await read(createSyntheticMarket({ ...options, seed: 2 }), 2000)).not.toEqual(one);
  const mids = one.map((event) => (event.kind === "quote" ? (event.bidE8 + event.askE8) / 2e8 : 0));
  for (const event of one) expect(event.kind === "quote" && event.bidE8 < event.askE8).toBe(true);
  // Realised against configured volatility, within what 2,000 draws allow.
  const returns = mids.slice(1).map((mid, index) => Math.log(mid / mids[index]!));
  const deviation = Math.sqrt(returns.reduce((sum, each) => sum + each * each, 0) / returns.length);
  const expected = 0.5 * Math.sqrt(100 / 86_400_000);
  expect(deviation / expected).toBeGreaterThan(0.9);
  expect(deviation / expected).toBeLessThan(1.1);
});

test("a file's symbol is read off its name, or refused when it holds none or several", async () => {
  expect(symbolOfFile("x/perp_BTCUSDT_bbo_2024.csv", ["BTCUSDT", "ETHUSDT"])).toBe("BTCUSDT");
  expect(symbolOfFile("x/perp_BTCUSDTX.csv", ["BTCUSDT"])).toBeNull();
  expect(symbolOfFile("BTCUSDT-ETHUSDT.csv", ["BTCUSDT", "ETHUSDT"])).toBeNull();
  const venue = { name: "a", port: 0, apiKey: API_KEY, apiSecret: API_SECRET, symbols: [BTC] };
  for (const file of ["nothing.csv", { path: "nothing.csv", symbol: "NOPE" }]) {
    await expect(startPaper({ venues: [venue], market: { type: "csv", files: [file] } })).rejects.toMatchObject({
      code: "MARKET_FILE_BAD",
      message: expect.stringMatching(/^nothing\.csv: .*BTCUSDT: say FILE=SYMBOL$/),
    });
  }
});

const TICK = new URL("../../../shared/data/market/tick/", import.meta.url);
if (!existsSync(TICK)) console.log("skipped: recorded ticks need ../shared/data/market/tick");

test.skipIf(!existsSync(TICK))(
  "two recorded minutes of the Binance perpetual play whole into three venues",
  async () => {
    const files = ["perp_BTCUSDT_bbo_20240808_120s.csv", "perp_BTCUSDT_trades_20240808_120s.csv"].map((name) =>
      fileURLToPath(new URL(name, TICK)),
    );
    const venue = (name: string) => ({ name, port: 0, apiKey: API_KEY, apiSecret: API_SECRET, symbols: [BTC] });
    const paper = await startPaper({
      venues: [venue("a"), venue("b"), venue("c")],
      market: { type: "csv", files, speed: 1e9, loop: false },
    });
    const { events } = await paper.market;
    expect(events).toBeGreaterThan(20_000);
    const tops = paper.venues.map(({ exchange: { listings } }) => {
      const { engine } = listings.get("BTCUSDT")!;
      return [engine.bestBid()!.pxTicks, engine.bestAsk()!.pxTicks] as const;
    });
    expect(tops[1]).toEqual([tops[0]![0] - 1, tops[0]![1] + 1]);
    expect(tops[2]).toEqual([tops[0]![0] - 2, tops[0]![1] + 2]);
    await paper.close();
  },
);
