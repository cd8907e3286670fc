/** The Bybit dialect as a client sees it: authentication, acknowledgements that are none of matching, codes, limits, topics. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PaperServer, PaperVenueOptions } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import {
  API_KEY,
  authArgs,
  call,
  create,
  history,
  type Json,
  limit,
  nextRow,
  openPrivate,
  quote,
  realtime,
  rows,
  stamped,
  startBybit,
  subscribe,
  Trade,
  told,
  Wire,
} from "./bybit-client.ts";

let server: PaperServer;
let venue: PaperVenue;
const wires: Wire[] = [];

async function start(over: Partial<PaperVenueOptions> = {}): Promise<void> {
  ({ server, venue } = await startBybit(over));
  quote(venue, 600_000, 600_001);
}

beforeEach(() => start());
afterEach(async () => {
  for (const wire of wires.splice(0)) await wire.close();
  await server.close();
});

const kept = <Kept extends Wire>(wire: Kept): Kept => {
  wires.push(wire);
  return wire;
};
const openTrade = async () => {
  const trade = await Trade.open(venue);
  kept(trade.wire);
  return trade;
};
const position = async () =>
  rows(await call(venue, "GET", "/v5/position/list", { category: "linear", symbol: "BTCUSDT" }))[0]!;

describe("authentication", () => {
  test("of an order socket is asked for once and holds for every order after it", async () => {
    const wire = kept(await Wire.open(venue, "/v5/trade"));
    const ask = async (frame: Json, reqId: string) => {
      wire.socket.send(JSON.stringify({ ...frame, reqId }));
      return wire.next((message) => message["reqId"] === reqId);
    };
    const order = { op: "order.create", args: [limit()], header: stamped() };
    expect((await ask(order, "1"))["retCode"]).toBe(10003);
    expect((await ask({ op: "auth", args: authArgs(undefined, "wrong") }, "2"))["retCode"]).toBe(10004);
    expect((await ask({ op: "auth", args: authArgs(Date.now() - 50) }, "3"))["retCode"]).toBe(10004);
    expect((await ask({ op: "auth", args: authArgs(undefined, undefined, "nobody") }, "4"))["retCode"]).toBe(10003);
    expect((await ask(order, "5"))["retCode"]).toBe(10003);
    expect((await ask({ op: "auth", args: authArgs() }, "6"))["retCode"]).toBe(0);
    expect((await ask(order, "7"))["retCode"]).toBe(0);
    expect((await ask({ op: "auth", args: authArgs() }, "8"))["retCode"]).toBe(20001);
    expect((await position())["size"]).toBe("0.010");
  });

  test("of a private stream comes before its topics", async () => {
    const wire = kept(await Wire.open(venue, "/v5/private"));
    expect(await subscribe(wire, ["order"])).toMatchObject({ success: false, op: "subscribe" });
    wire.socket.send(JSON.stringify({ op: "auth", args: authArgs(undefined, "wrong"), req_id: "bad" }));
    expect(await wire.next(({ req_id }) => req_id === "bad")).toMatchObject({ success: false, op: "auth" });
    wire.socket.send(JSON.stringify({ op: "auth", args: authArgs(), req_id: "good" }));
    expect(await wire.next(({ req_id }) => req_id === "good")).toMatchObject({ success: true, op: "auth" });
    expect(await subscribe(wire, ["order"])).toMatchObject({ success: true });
    expect(await subscribe(wire, ["orders"])).toMatchObject({ success: false });
  });

  test("of a REST request covers the query or body as it was sent", async () => {
    const query = { category: "linear", symbol: "BTCUSDT" };
    expect((await call(venue, "GET", "/v5/position/list", query)).retCode).toBe(0);
    expect((await call(venue, "GET", "/v5/position/list", query, { secret: "wrong" })).retCode).toBe(10004);
    expect((await call(venue, "GET", "/v5/position/list", query, { key: "nobody" })).retCode).toBe(10003);
    expect((await create(venue, {}, { secret: "wrong" })).retCode).toBe(10004);
    const answer = await create(venue);
    expect([answer.status, answer.retCode]).toEqual([200, 0]);
  });

  test("ends where a stamp leaves its window, on REST and on every order of a socket", async () => {
    const trade = await openTrade();
    const now = Date.now();
    for (const [stampMs, window, code] of [
      [now - 4000, "5000", 0],
      [now - 2000, "1000", 10002],
      [now + 2500, "5000", 10002],
      [now - 4000, null, 0],
      [now - 6500, null, 10002],
    ] as const) {
      expect((await create(venue, {}, { stampMs, window })).retCode).toBe(code);
      const header = { "X-BAPI-TIMESTAMP": String(stampMs), ...(window !== null && { "X-BAPI-RECV-WINDOW": window }) };
      expect((await trade.create({}, header))["retCode"]).toBe(code);
    }
    expect((await position())["size"]).toBe("0.040");
  });
});

describe("an acknowledgement", () => {
  test("says nothing of fills; order and execution topics do, and a query", async () => {
    const stream = kept(await openPrivate(venue, ["order", "execution", "execution.fast"]));
    const trade = await openTrade();
    const ack = await trade.create({ orderLinkId: "filled", qty: "0.025" });
    expect(ack).toMatchObject({ retCode: 0, op: "order.create", data: { orderLinkId: "filled" } });
    expect(Object.keys(ack["data"] as Json)).toEqual(["orderId", "orderLinkId"]);

    const { orderId } = ack["data"] as Json;
    const end = await nextRow(stream, "order", ({ orderStatus }) => orderStatus === "Filled");
    expect(end).toMatchObject({ orderId, orderLinkId: "filled", cumExecQty: "0.025", leavesQty: "0.000" });
    expect(end).toMatchObject({ avgPrice: "60000.10000", cumExecValue: "1500.00250000", cumExecFee: "0.75000125" });
    expect(told(stream, "execution")).toMatchObject([
      { orderId, execQty: "0.025", execPrice: "60000.1", isMaker: false, execType: "Trade", execFee: "0.75000125" },
    ]);
    expect(told(stream, "execution.fast")).toMatchObject([{ orderId, execQty: "0.025", orderLinkId: "filled" }]);
    expect(rows(await realtime(venue, "filled"))).toMatchObject([{ orderStatus: "Filled", cumExecQty: "0.025" }]);
  });

  test("is given for what matching then ends: IOC and FOK without takers, post-only that would trade", async () => {
    const stream = kept(await openPrivate(venue, ["order"]));
    const trade = await openTrade();
    for (const [orderLinkId, over, reason] of [
      ["ioc", { price: "59999.0" }, "EC_NoImmediateQtyToFill"],
      ["fok", { timeInForce: "FOK", qty: "5.000" }, "EC_NoEnoughQtyToFill"],
      ["post", { timeInForce: "PostOnly", price: "60010.0" }, "EC_PostOnlyWillTakeLiquidity"],
    ] as const) {
      expect((await trade.create({ orderLinkId, ...over }))["retCode"]).toBe(0);
      const ended = (row: Json) => row["orderLinkId"] === orderLinkId && row["orderStatus"] === "Cancelled";
      expect(await nextRow(stream, "order", ended)).toMatchObject({
        ...{ rejectReason: reason, cumExecQty: "0.000", leavesQty: "0.000", avgPrice: "" },
      });
      expect(rows(await realtime(venue, orderLinkId))).toMatchObject([{ orderStatus: "Cancelled" }]);
    }
    expect((await position())["size"]).toBe("0.000");
  });

  test("of a cancel says that it was asked for; the topic says that it is done", async () => {
    const stream = kept(await openPrivate(venue, ["order"]));
    const trade = await openTrade();
    await trade.create({ orderLinkId: "rests", timeInForce: "GTC", price: "59000.0" });
    expect(await trade.cancel("rests")).toMatchObject({
      retCode: 0,
      op: "order.cancel",
      data: { orderLinkId: "rests" },
    });
    const done = await nextRow(stream, "order", ({ orderStatus }) => orderStatus === "Cancelled");
    expect(done).toMatchObject({ cancelType: "CancelByUser", rejectReason: "EC_PerCancelRequest" });
    for (const again of ["rests", "never"]) expect((await trade.cancel(again))["retCode"]).toBe(110001);
  });
});

test("order ids are texts that no float holds", async () => {
  const first = (await create(venue)).result["orderId"] as string;
  const second = (await create(venue)).result["orderId"] as string;
  expect(BigInt(second) - BigInt(first)).toBe(1n);
  expect(Number.isSafeInteger(Number(first))).toBe(false);
  const found = await call(venue, "GET", "/v5/order/realtime", {
    category: "linear",
    symbol: "BTCUSDT",
    orderId: first,
  });
  expect(rows(found)).toMatchObject([{ orderId: first }]);
});

test("an orderLinkId is taken for good: among open orders and after its order has ended", async () => {
  await create(venue, { orderLinkId: "open", timeInForce: "GTC", price: "59000.0" });
  await create(venue, { orderLinkId: "ended" });
  for (const orderLinkId of ["open", "ended"]) expect((await create(venue, { orderLinkId })).retCode).toBe(110072);
  expect((await position())["size"]).toBe("0.010");
});

test.each([
  ["an unknown symbol", { symbol: "DOGEUSDT" }, 10001],
  ["another category", { category: "inverse" }, 10001],
  ["no category", { category: "" }, 10001],
  ["a side of its own", { side: "BUY" }, 10001],
  ["a time in force of its own", { timeInForce: "GTX" }, 10001],
  ["a conditional order", { orderType: "Stop" }, 10001],
  ["a price off its tick", { price: "60000.25" }, 10001],
  ["no price", { price: undefined }, 10001],
  ["a number for a quantity", { qty: 0.01 }, 10001],
  ["a quantity off its lot", { qty: "0.0105" }, 10001],
  ["too small a quantity", { qty: "0" }, 10001],
  ["too small a value", { qty: "0.001" }, 110094],
  ["too much for its margin", { qty: "900000" }, 110007],
  ["reduce-only without a position", { reduceOnly: true }, 110017],
  ["hedge mode", { positionIdx: 1 }, 10001],
  ["an orderLinkId of 37", { orderLinkId: "a".repeat(37) }, 10001],
  ["an orderLinkId with a dot", { orderLinkId: "a.b" }, 10001],
])("%s is refused with its code, over REST and WebSocket alike", async (_what, over, code) => {
  const trade = await openTrade();
  expect((await create(venue, over)).retCode).toBe(code);
  expect((await trade.create(over))["retCode"]).toBe(code);
  expect(venue.state().accounts[0]!.totals.orders).toBe(0);
});

test("accounts hear and see their own orders only", async () => {
  await server.close();
  const other = { key: "other-key", secret: "other-secret" };
  await start({ otherKeys: [{ apiKey: other.key, apiSecret: other.secret }] });
  const stream = kept(await openPrivate(venue, ["order", "execution", "position"]));
  await create(venue, { orderLinkId: "theirs" }, other);
  await create(venue, { orderLinkId: "ours" });
  await nextRow(stream, "order", ({ orderLinkId, orderStatus }) => orderLinkId === "ours" && orderStatus === "Filled");
  const heard = [...told(stream, "order"), ...told(stream, "execution")].map(({ orderLinkId }) => orderLinkId);
  expect(new Set(heard)).toEqual(new Set(["ours"]));
  expect(rows(await realtime(venue, "theirs"))).toEqual([]);
  expect((await position())["size"]).toBe("0.010");
});

test("a market order is taken as far as the venue protects it", async () => {
  expect((await create(venue, { orderType: "Market", price: undefined, orderLinkId: "m" })).retCode).toBe(0);
  expect(rows(await realtime(venue, "m"))).toMatchObject([{ orderType: "Market", orderStatus: "Filled" }]);
});

describe("limits", () => {
  test("as documented: ten new orders a second, counted over REST and WebSocket together and told by headers", async () => {
    await server.close();
    await start({ limits: "documented" });
    const trade = await openTrade();
    const left: unknown[] = [];
    for (let sent = 0; sent < 5; sent++) {
      left.push(((await trade.create())["header"] as Json)["X-Bapi-Limit-Status"]);
      left.push((await create(venue)).headers.get("x-bapi-limit-status"));
    }
    expect(left).toEqual(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    const refused = await trade.create();
    expect(refused).toMatchObject({ retCode: 10006, header: { "X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "0" } });
    const { "X-Bapi-Limit-Reset-Timestamp": resetMs, Timenow } = refused["header"] as Record<string, string>;
    expect(Number(resetMs)).toBeGreaterThan(Number(Timenow));
    expect((await create(venue)).retCode).toBe(10006);
    // Cancels and queries have limits of their own.
    expect((await trade.cancel("none"))["retCode"]).toBe(110001);
    expect((await realtime(venue, "none")).headers.get("x-bapi-limit")).toBe("50");
    expect((await position())["size"]).toBe("0.100");
  });

  test("a request id is good once on its connection", async () => {
    const trade = await openTrade();
    const frame = { op: "order.create", args: [limit()], header: stamped() };
    expect((await trade.ask({ ...frame, reqId: "same" }))["retCode"]).toBe(0);
    trade.wire.texts.length = 0;
    expect((await trade.ask({ ...frame, reqId: "same" }))["retCode"]).toBe(20006);
    expect((await position())["size"]).toBe("0.010");
  });
});

test("the realtime list forgets ended orders after five hundred more, the history does not", async () => {
  const trade = await openTrade();
  await trade.create({ orderLinkId: "first" });
  await trade.create({ orderLinkId: "resting", timeInForce: "GTC", price: "59000.0" });
  for (let at = 0; at < 499; at++)
    trade.wire.socket.send(
      JSON.stringify({ reqId: `b${at}`, op: "order.create", args: [limit({ price: "59999.0" })], header: stamped() }),
    );
  await trade.wire.next(({ reqId }) => reqId === "b498");
  expect(rows(await realtime(venue, "first"))).toEqual([]);
  expect(rows(await history(venue, "first"))).toMatchObject([{ orderStatus: "Filled", cumExecQty: "0.010" }]);
  expect(rows(await realtime(venue, "resting"))).toMatchObject([{ orderStatus: "New" }]);
  expect(rows(await history(venue, "resting"))).toEqual([]);
  const open = await call(venue, "GET", "/v5/order/realtime", { category: "linear", settleCoin: "USDT" });
  expect(rows(open)).toMatchObject([{ orderLinkId: "resting" }]);
});

test("positions are listed by symbol even when flat, and by coin only when there is one", async () => {
  const byCoin = () => call(venue, "GET", "/v5/position/list", { category: "linear", settleCoin: "USDT" });
  expect(rows(await byCoin())).toEqual([]);
  expect(await position()).toMatchObject({ symbol: "BTCUSDT", side: "", size: "0.000" });
  await create(venue, { side: "Sell", price: "59999.9", qty: "0.030" });
  expect(await position()).toMatchObject({ side: "Sell", size: "0.030", avgPrice: "60000.00000" });
  expect(rows(await byCoin())).toMatchObject([{ symbol: "BTCUSDT", side: "Sell" }]);
  expect((await call(venue, "GET", "/v5/position/list", { category: "linear" })).retCode).toBe(10001);
});

test("a key says what it may do", async () => {
  const wallet = async () => ((await call(venue, "GET", "/v5/user/query-api")).result["permissions"] as Json)["Wallet"];
  expect(await wallet()).toEqual([]);
  await server.close();
  await start({ canWithdraw: true });
  expect(await wallet()).toContain("Withdraw");
  expect((await call(venue, "GET", "/v5/user/query-api")).result).toMatchObject({
    apiKey: API_KEY,
    readOnly: 0,
    uta: 1,
  });
});

test("every kind of socket answers a ping in its own words", async () => {
  const answer = async (path: string) => {
    const wire = kept(await Wire.open(venue, path));
    wire.socket.send('{"op":"ping"}');
    return wire.next(({ op, ret_msg }) => op === "pong" || ret_msg === "pong");
  };
  expect(await answer("/v5/trade")).toMatchObject({
    retCode: 0,
    op: "pong",
    data: [expect.stringMatching(/^\d{13}$/)],
  });
  expect(await answer("/v5/private")).toMatchObject({ op: "pong", args: [expect.stringMatching(/^\d{13}$/)] });
  expect(await answer("/v5/public/linear")).toMatchObject({ success: true, ret_msg: "pong", op: "ping" });
});

describe("public topics", () => {
  type Book = Map<string, string>;
  /** What a client knows that follows the documentation. */
  function follow(wire: Wire, topic: string): readonly [Book, Book] {
    let books: [Book, Book] = [new Map(), new Map()];
    for (const message of wire.all()) {
      if (message["topic"] !== topic) continue;
      if (message["type"] === "snapshot") books = [new Map(), new Map()];
      const { b, a } = message["data"] as { b: [string, string][]; a: [string, string][] };
      for (const [side, levels] of [b, a].entries())
        for (const [px, qty] of levels) {
          if (Number(qty) === 0) books[side]!.delete(px);
          else books[side]!.set(px, qty);
        }
    }
    return books;
  }

  test("books begin with a snapshot, and what changed of them leads to what REST shows", async () => {
    await create(venue, { timeInForce: "GTC", price: "59000.0", qty: "0.070" });
    const wire = kept(await Wire.open(venue, "/v5/public/linear"));
    const topics = ["orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT"];
    expect(await subscribe(wire, topics)).toMatchObject({ success: true });
    for (const [bid, ask] of [
      [600_010, 600_020],
      [599_990, 600_005],
      [600_004, 600_005],
    ] as const)
      quote(venue, bid, ask, bid % 97, ask % 89);
    await create(venue, { timeInForce: "GTC", price: "59001.0", qty: "0.020" });
    await wire.next(({ topic, data }) => topic === topics[1] && JSON.stringify(data).includes('"59001.0","0.020"'));

    const { result } = await call(venue, "GET", "/v5/market/orderbook", { category: "linear", symbol: "BTCUSDT" });
    const [bids, asks] = [new Map(result["b"] as [string, string][]), new Map(result["a"] as [string, string][])];
    expect(follow(wire, topics[1]!)).toEqual([bids, asks]);
    const top = (book: Book, sign: 1 | -1) => [...book].sort(([a], [b]) => sign * (Number(a) - Number(b))).slice(0, 1);
    expect(follow(wire, topics[0]!)).toEqual([new Map(top(bids, -1)), new Map(top(asks, 1))]);
    for (const name of topics) {
      const types = wire.all().flatMap(({ topic, type }) => (topic === name ? [type] : []));
      expect(types[0]).toBe("snapshot");
      expect(types).toContain("delta");
    }
  });

  test("trades and tickers are told, and what is no topic is refused", async () => {
    const wire = kept(await Wire.open(venue, "/v5/public/linear"));
    await subscribe(wire, ["publicTrade.BTCUSDT", "tickers.BTCUSDT"]);
    await create(venue, { side: "Sell", price: "59999.0" });
    const trade = await wire.next(({ topic }) => topic === "publicTrade.BTCUSDT");
    expect(trade["data"]).toMatchObject([{ s: "BTCUSDT", S: "Sell", p: "60000.0", v: "0.010" }]);
    const delta = await wire.next(({ topic, type }) => topic === "tickers.BTCUSDT" && type === "delta");
    expect(delta["data"]).toMatchObject({ symbol: "BTCUSDT", bid1Size: "0.990" });
    for (const name of [
      "orderbook.BTCUSDT",
      "orderbook.1.DOGEUSDT",
      "tickers.50.BTCUSDT",
      "invalid.topic.BTCUSDT",
      "order",
    ])
      expect(await subscribe(wire, [name])).toMatchObject({ success: false, op: "subscribe" });
    wire.socket.send("{");
    expect(await wire.next(({ success, op }) => success === false && op === "")).toBeDefined();
  });
});

describe("faults", () => {
  test("a server timeout is code 10000 and says nothing of the order, which was executed", async () => {
    venue.inject({ kind: "http503", variant: "unknown" });
    const trade = await openTrade();
    expect((await trade.create({ orderLinkId: "x" }))["retCode"]).toBe(10000);
    expect(rows(await realtime(venue, "x"))).toMatchObject([{ orderStatus: "Filled" }]);
  });

  test.each([
    [{ kind: "http503", variant: "internal" }, 10016],
    [{ kind: "http503", variant: "unavailable" }, 10019],
    [{ kind: "http503", variant: "throttled" }, 10429],
    [{ kind: "limited", status: "429" }, 10006],
    [{ kind: "reject", code: 170007, msg: "Timeout" }, 170007],
  ])("%o is code %i, and nothing was executed", async (fault, code) => {
    venue.inject(fault);
    const trade = await openTrade();
    expect((await trade.create())["retCode"]).toBe(code);
    expect(venue.state().accounts[0]!.totals.orders).toBe(0);
  });

  test("an answer lost after execution leaves the truth to topic and query", async () => {
    const stream = kept(await openPrivate(venue, ["order"]));
    const trade = await openTrade();
    venue.inject({ kind: "dropAck" });
    const args = [limit({ orderLinkId: "lost" })];
    trade.wire.socket.send(JSON.stringify({ reqId: "lost", op: "order.create", args, header: stamped() }));
    expect(await nextRow(stream, "order", ({ orderStatus }) => orderStatus === "Filled")).toMatchObject({
      orderLinkId: "lost",
    });
    expect(trade.wire.all().some(({ reqId }) => reqId === "lost")).toBe(false);
  });
});
