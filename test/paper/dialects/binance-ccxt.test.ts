/** ccxt's one Binance client on two paper venues at once: spot and USDM, by the hosts it calls. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { type CcxtClient, openCcxt } from "../ccxt-client.ts";
import { API_KEY, API_SECRET, fault, quote, startVenue } from "../client.ts";

const servers: PaperServer[] = [];
const venues = new Map<string, PaperVenue>();
let client: CcxtClient;

beforeAll(async () => {
  const spot = await startVenue({ name: "spot", dialect: "binance-spot", assets: { BTC: "5" } });
  const usdm = await startVenue({ name: "usdm" });
  servers.push(spot.server, usdm.server);
  venues.set("spot", spot.venue).set("usdm", usdm.venue);
  for (const venue of venues.values()) quote(venue, 600_000, 600_001);
  client = await openCcxt(
    "binance",
    {
      apiKey: API_KEY,
      secret: API_SECRET,
      enableRateLimit: false,
      options: {
        recvWindow: 1000,
        fetchCurrencies: false,
        fetchMargins: false,
        fetchMarkets: { types: ["spot", "linear"] },
        watchPositions: { fetchPositionsSnapshot: false },
        watchBalance: { fetchBalanceSnapshot: false },
      },
    },
    (host) => venues.get(HOSTS[host] ?? ""),
  );
  await client.loadMarkets();
});

const HOSTS: Readonly<Record<string, string>> = {
  "api.binance.com": "spot",
  "ws-api.binance.com": "spot",
  "stream.binance.com": "spot",
  "fapi.binance.com": "usdm",
  "ws-fapi.binance.com": "usdm",
  "fstream.binance.com": "usdm",
};

afterAll(async () => {
  await client.close();
  for (const server of servers) await server.close();
});

test("it reads the markets, their steps and limits", async () => {
  const markets = await client.loadMarkets();
  expect(Object.keys(markets).sort()).toEqual(["BTC/USDT", "BTC/USDT:USDT"]);
  const steps = { id: "BTCUSDT", precision: { amount: 0.001, price: 0.1 }, active: true };
  expect(markets["BTC/USDT"]).toMatchObject({ ...steps, spot: true, limits: { amount: { min: 0.001 } } });
  expect(markets["BTC/USDT:USDT"]).toMatchObject({ ...steps, swap: true, linear: true, contractSize: 1 });
});

describe.each([
  ["BTC/USDT", "spot"],
  ["BTC/USDT:USDT", "usdm"],
] as const)("%s", (symbol, name) => {
  const ioc = (clientOrderId: string) => ({ timeInForce: "IOC", clientOrderId });

  test("it places over REST and WebSocket, by limit and at market, and finds what it placed", async () => {
    const placed = await client.createOrder(symbol, "limit", "buy", 0.01, 60_000.1, {
      ...ioc("rest"),
      newOrderRespType: "RESULT",
    });
    expect(placed).toMatchObject({ clientOrderId: "rest", status: "closed", filled: 0.01, average: 60_000.1 });
    expect(BigInt(placed.id)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    expect(await client.fetchOrder(placed.id, symbol)).toMatchObject({ id: placed.id, status: "closed", filled: 0.01 });
    const overWs = await client.createOrderWs(symbol, "limit", "sell", 0.02, 60_000, {
      ...ioc("ws"),
      newOrderRespType: "RESULT",
    });
    expect(overWs).toMatchObject({ clientOrderId: "ws", status: "closed", filled: 0.02, average: 60_000 });
    const market = await client.createOrder(symbol, "market", "buy", 0.01, undefined, { newOrderRespType: "RESULT" });
    expect(market).toMatchObject({ type: "market", status: "closed", filled: 0.01 });
    const trades = await client.fetchMyTrades(symbol);
    expect(trades.map(({ amount }) => amount)).toEqual([0.01, 0.02, 0.01]);
  });

  test("it cancels over REST and WebSocket, and lists what is open", async () => {
    for (const cancel of ["cancelOrder", "cancelOrderWs"] as const) {
      const { id } = await client.createOrder(symbol, "limit", "buy", 0.01, 59_000);
      expect(await client.fetchOpenOrders(symbol)).toMatchObject([{ id, status: "open" }]);
      await client[cancel](id, symbol);
      expect(await client.fetchOrder(id, symbol)).toMatchObject({ status: "canceled", filled: 0 });
      expect(await client.fetchOpenOrders(symbol)).toEqual([]);
    }
  });

  test("it hears of its orders on the private stream", async () => {
    // ccxt does not say when it is subscribed: orders that expire at once are placed until it has heard of one.
    let heard = false;
    const watched = client.watchOrders(symbol).then((orders) => {
      heard = true;
      return orders;
    });
    for (let at = 0; !heard && at < 200; at++) {
      await client.createOrder(symbol, "limit", "buy", 0.01, 59_000, ioc(`probe-${at}`));
      await Promise.race([watched, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    expect((await watched).at(-1)!.clientOrderId).toMatch(/^probe-/);
    const next = client.watchOrders(symbol);
    await client.createOrder(symbol, "limit", "buy", 0.01, 60_000.1, ioc("heard"));
    expect((await next).map(({ clientOrderId }) => clientOrderId)).toContain("heard");
  });

  test("it follows the book and the best prices", async () => {
    const venue = venues.get(name)!;
    const { bids, asks } = await client.fetchOrderBook(symbol);
    expect([bids[0]?.[0], asks[0]?.[0]]).toEqual([60_000, 60_000.1]);
    const book = client.watchOrderBook(symbol);
    // It waits for a change before it takes its snapshot.
    let at = 0;
    const moving = setInterval(() => quote(venue, 600_000, 600_001, 1000 + (at++ % 7), 900), 30);
    expect((await book).bids[0]?.[0]).toBe(60_000);
    clearInterval(moving);
    const follow = async (): Promise<unknown> => {
      for (;;) {
        const now = await client.watchOrderBook(symbol);
        if (now.bids[0]?.[0] === 60_000.5) return [now.bids[0], now.asks[0]];
      }
    };
    const followed = follow();
    quote(venue, 600_005, 600_010, 70, 80);
    expect(await followed).toEqual([
      [60_000.5, 0.07],
      [60_001, 0.08],
    ]);
    const best = await client.watchBidsAsks([symbol]);
    expect(best[symbol]).toMatchObject({ bid: 60_000.5, ask: 60_001 });
    quote(venue, 600_000, 600_001);
  });

  test("it raises what it documents for the venue's codes", async () => {
    const venue = venues.get(name)!;
    const place = (params: object, amount = 0.01) => client.createOrder(symbol, "limit", "buy", amount, 59_000, params);
    await expect(place({}, 900_000)).rejects.toMatchObject({ name: "InsufficientFunds" });
    await expect(client.cancelOrder("1", symbol)).rejects.toMatchObject({ name: "OrderNotFound" });
    await fault(venue, { kind: "limited", status: 429, retryAfterMs: 1000 });
    await expect(place({})).rejects.toMatchObject({ name: "DDoSProtection" });
    await fault(venue, { kind: "http503", variant: "unknown", executes: false });
    await expect(place({})).rejects.toThrow(/-1000|503/);
    await fault(venue, { kind: "killSockets", sockets: "orders", when: "afterExecute" });
    await expect(client.createOrderWs(symbol, "limit", "buy", 0.01, 60_000.1, ioc("torn"))).rejects.toMatchObject({
      name: expect.stringMatching(/NetworkError|ExchangeClosedByUser/),
    });
    expect(venue.state().accounts[0]!.orders["torn"]).toMatchObject({ status: "filled" });
  });
});

test("spot holds balances, USDM positions", async () => {
  const balance = await client.fetchBalance({ type: "spot" });
  expect(balance["BTC"]!["free"]).toBeGreaterThan(4.9);
  const [position] = await client.fetchPositions(["BTC/USDT:USDT"]);
  expect(position).toMatchObject({ side: "long" });
  expect(position!["contracts"]).toBeCloseTo(venues.get("usdm")!.state().accounts[0]!.positions[0]!.netLots / 1000, 6);
});
