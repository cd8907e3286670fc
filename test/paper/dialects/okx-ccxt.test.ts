/**
 * ccxt's real client against the OKX dialect, its production addresses untouched: only the transport is turned to loopback,
 * so nothing can reach the real venue.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { type CcxtClient, openCcxt } from "../ccxt-client.ts";
import { BTC, KEY, quote, startOkx } from "./okx-client.ts";

const SYMBOL = "BTC/USDT:USDT";

let server: PaperServer;
let venue: PaperVenue;
let okx: CcxtClient;
let markets: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  ({ server, venue } = await startOkx({ symbols: [BTC] }));
  quote(venue, 600_000, 600_001);
  const { apiKey, apiSecret: secret, passphrase: password } = KEY;
  const options = { createOrderWs: { op: "order" }, fetchMarkets: { types: ["spot", "swap"] } };
  const settings = { apiKey, secret, password, enableRateLimit: false, newUpdates: true, options };
  okx = await openCcxt("okx", settings, (host) => (host.endsWith("okx.com") ? venue : undefined));
  markets = await okx.loadMarkets();
});

afterAll(async () => {
  await okx.close();
  await server.close();
});

test("markets have their contract size, lot and tick", () => {
  expect(markets[SYMBOL]).toMatchObject({ contractSize: 0.01, precision: { amount: 0.1, price: 0.1 } });
});

test("an order over REST and one over WebSocket are acknowledged, filled and found", async () => {
  for (const method of ["createOrder", "createOrderWs"] as const) {
    const order = await okx[method](SYMBOL, "limit", "buy", 1.5, 60_001, {
      timeInForce: "IOC",
      clOrdId: `via${method}`,
    });
    expect(order.clientOrderId).toBe(`via${method}`);
    expect(order.filled).toBeUndefined();
    expect(await okx.fetchOrder(order.id, SYMBOL)).toMatchObject({
      clientOrderId: `via${method}`,
      status: "closed",
      amount: 1.5,
      filled: 1.5,
      average: 60_000.1,
    });
  }
  expect(await okx.fetchPositions([SYMBOL])).toMatchObject([{ side: "long", contracts: 3 }]);
  expect((await okx.fetchBalance())["USDT"]!["total"]).toBeLessThan(10_000_000);
});

test("a resting order is listed and cancelled, by id over REST and by client id over WebSocket", async () => {
  const resting = async (clOrdId: string) => okx.createOrder(SYMBOL, "limit", "buy", 1, 50_000, { clOrdId });
  const first = await resting("rest1");
  await resting("rest2");
  expect((await okx.fetchOpenOrders(SYMBOL)).map(({ clientOrderId }) => clientOrderId).sort()).toEqual([
    "rest1",
    "rest2",
  ]);
  await okx.cancelOrder(first.id, SYMBOL);
  await okx.cancelOrderWs("", SYMBOL, { clOrdId: "rest2" });
  expect(await okx.fetchOpenOrders(SYMBOL)).toEqual([]);
  expect(await okx.fetchOrder(first.id, SYMBOL)).toMatchObject({ status: "canceled", filled: 0 });
});

test("refusals become ccxt's own error classes, over REST and over WebSocket", async () => {
  const tooMuch = { timeInForce: "IOC" };
  for (const method of ["createOrder", "createOrderWs"] as const)
    await expect(okx[method](SYMBOL, "limit", "buy", 900_000, 60_001, tooMuch)).rejects.toMatchObject({
      name: "InsufficientFunds",
    });
  await expect(okx.cancelOrder("", SYMBOL, { clOrdId: "never" })).rejects.toMatchObject({ name: "OrderNotFound" });
  await expect(okx.fetchOrder("", SYMBOL, { clOrdId: "never" })).rejects.toMatchObject({ name: "OrderNotFound" });
});

test("watchOrders hears of an order, watchOrderBook keeps the book", async () => {
  const book = await okx.watchOrderBook(SYMBOL);
  expect([book.bids[0], book.asks[0]]).toEqual([
    [60_000, 100],
    [60_000.1, 97],
  ]);
  const heard = okx.watchOrders(SYMBOL);
  // The subscription's own acknowledgement is not told by ccxt: a second request on the same socket comes after it.
  await expect(okx.cancelOrderWs("", SYMBOL, { clOrdId: "never" })).rejects.toThrow();
  await okx.createOrderWs(SYMBOL, "limit", "sell", 1, 70_000, { clOrdId: "watched" });
  expect((await heard).map(({ clientOrderId }) => clientOrderId)).toContain("watched");
  quote(venue, 600_005, 600_007, 30);
  let updated = await okx.watchOrderBook(SYMBOL);
  while (updated.bids[0]?.[0] !== 60_000.5) updated = await okx.watchOrderBook(SYMBOL);
  expect(updated.bids[0]).toMatchObject([60_000.5, 3]);
  expect(updated.asks[0]?.[0]).toBe(60_000.7);
});
