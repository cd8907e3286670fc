/**
 * ccxt's real Bybit client, unmodified and with its production addresses, on the paper venue: every connection it makes is
 * led to loopback below TLS (venues.md §2 B), so nothing can reach the real exchange.
 */
import { Agent } from "node:https";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { API_KEY, API_SECRET, quote, startBybit } from "./bybit-client.ts";

/** What is used of a ccxt client. */
interface Client {
  fetchDispatcher: unknown;
  undiciModule: { Agent: new (options: object) => unknown };
  agent: Agent;
  loadFetchImplementation(): Promise<void>;
  loadMarkets(): Promise<
    Record<string, { id: string; swap: boolean; linear: boolean; precision: object; limits: object }>
  >;
  createOrder(symbol: string, ...rest: readonly unknown[]): Promise<Order>;
  createOrderWs(symbol: string, ...rest: readonly unknown[]): Promise<Order>;
  cancelOrder(id: string, symbol: string): Promise<Order>;
  cancelOrderWs(id: string, symbol: string): Promise<Order>;
  fetchOrder(id: string, symbol: string, params: object): Promise<Order>;
  fetchPositions(symbols: readonly string[]): Promise<readonly { side: string; contracts: number }[]>;
  watchOrders(symbol: string): Promise<readonly Order[]>;
  watchOrderBook(symbol: string): Promise<{ bids: [number, number][]; asks: [number, number][] }>;
  close(): Promise<void>;
}

interface Order {
  readonly id: string;
  readonly clientOrderId: string;
  readonly status: string;
  readonly filled: number;
  readonly average: number;
}

const SYMBOL = "BTC/USDT:USDT";
let server: PaperServer;
let venue: PaperVenue;
let client: Client;

beforeAll(async () => {
  ({ server, venue } = await startBybit());
  quote(venue, 600_000, 600_001);
  const { default: Bybit } = (await import(new URL("./src/pro/bybit.js", import.meta.resolve("ccxt")).href)) as {
    default: new (options: object) => Client;
  };
  client = new Bybit({ apiKey: API_KEY, secret: API_SECRET, enableRateLimit: false, options: { recvWindow: 1000 } });
  await client.loadFetchImplementation();
  const { port } = venue;
  client.fetchDispatcher = new client.undiciModule.Agent({
    connect: (_options: object, done: (error: Error | null, socket: unknown) => void) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => done(null, socket));
      socket.on("error", (error) => done(error, null));
    },
  });
  client.agent = new (class extends Agent {
    override createConnection() {
      return connect({ host: "127.0.0.1", port, noDelay: true });
    }
  })();
  await client.loadMarkets();
});

afterAll(async () => {
  await client.close();
  await server.close();
});

test("it reads the instruments and their steps", async () => {
  const markets = await client.loadMarkets();
  expect(Object.keys(markets)).toEqual([SYMBOL]);
  expect(markets[SYMBOL]).toMatchObject({
    ...{ id: "BTCUSDT", swap: true, linear: true, precision: { amount: 0.001, price: 0.1 } },
    limits: { amount: { min: 0.001 }, cost: { min: 100 } },
  });
});

test("it places over REST and WebSocket, hears of it on the stream and finds it by a query", async () => {
  // ccxt does not say when it is subscribed: orders that rest far away are placed until it has heard of one.
  let heard: readonly Order[] = [];
  const watched = client.watchOrders(SYMBOL).then((orders) => {
    heard = orders;
  });
  for (let placed = 0; heard.length === 0 && placed < 200; placed += 1) {
    await client.createOrder(SYMBOL, "limit", "buy", 0.01, 59_000, { clientOrderId: `rest-${placed}` });
    await Promise.race([watched, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  expect(heard[0]).toMatchObject({ clientOrderId: expect.stringMatching(/^rest-\d+$/), status: "open", filled: 0 });
  const filled = client.watchOrders(SYMBOL);
  await client.createOrder(SYMBOL, "limit", "buy", 0.01, 60_000.1, { timeInForce: "IOC", clientOrderId: "fills" });
  expect((await filled).map(({ clientOrderId }) => clientOrderId)).toContain("fills");
  const params = { timeInForce: "IOC", clientOrderId: "ws" };
  const placed = await client.createOrderWs(SYMBOL, "limit", "sell", 0.03, 60_000, params);
  expect(placed).toMatchObject({ clientOrderId: "ws" });
  expect(Number.isSafeInteger(Number(placed.id))).toBe(false);
  const found = await client.fetchOrder(placed.id, SYMBOL, { acknowledged: true });
  expect(found).toMatchObject({ id: placed.id, clientOrderId: "ws", status: "closed", filled: 0.03, average: 60_000 });
  expect(await client.fetchPositions([SYMBOL])).toMatchObject([{ side: "short", contracts: 0.02 }]);
});

test("it cancels over REST and WebSocket", async () => {
  for (const cancel of ["cancelOrder", "cancelOrderWs"] as const) {
    const { id } = await client.createOrder(SYMBOL, "limit", "buy", 0.01, 59_000);
    await client[cancel](id, SYMBOL);
    expect(await client.fetchOrder(id, SYMBOL, { acknowledged: true })).toMatchObject({
      status: "canceled",
      filled: 0,
    });
  }
});

test("it raises what it documents for the venue's codes", async () => {
  const place = (params: object, amount = 0.01) => client.createOrder(SYMBOL, "limit", "buy", amount, 60_000, params);
  await place({ clientOrderId: "twice" });
  await expect(place({ clientOrderId: "twice" })).rejects.toMatchObject({ name: "InvalidOrder" });
  await expect(place({}, 900_000)).rejects.toMatchObject({ name: "InsufficientFunds" });
  await expect(client.cancelOrder("1", SYMBOL)).rejects.toMatchObject({ name: "OrderNotFound" });
});

test("it follows the book from snapshot and changes", async () => {
  const { bids, asks } = await client.watchOrderBook(SYMBOL);
  expect([bids[0]?.[0], asks[0]?.[0]]).toEqual([60_000, 60_000.1]);
  const changed = client.watchOrderBook(SYMBOL);
  quote(venue, 600_005, 600_010, 70, 80);
  const book = await changed;
  expect([book.bids[0], book.asks[0]]).toEqual([
    [60_000.5, 0.07],
    [60_001, 0.08],
  ]);
});
