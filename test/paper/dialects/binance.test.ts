import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { ed25519, hmac, type Json, limit, quote, rest, signed, startVenue, Wire } from "../client.ts";

const keys = generateKeyPairSync("ed25519");
const ED_KEY = "paper-ed25519";

let server: PaperServer;
let venue: PaperVenue;
let api: Wire;

beforeEach(async () => {
  const publicKeyPem = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
  ({ server, venue } = await startVenue({ otherKeys: [{ apiKey: ED_KEY, publicKeyPem }] }));
  quote(venue, 600_000, 600_001);
  api = await Wire.open(venue, "/ws-fapi/v1");
});

afterEach(() => server.close());

const place = (over: Json = {}) => api.call("order.place", signed(limit(over)));
const result = (answer: Json) => answer["result"] as Json;
const code = (answer: Json) => (answer["error"] as Json | undefined)?.["code"];

async function userStream(): Promise<Wire> {
  const { json } = await rest(venue, "POST", "/fapi/v1/listenKey");
  return Wire.open(venue, `/private/ws?listenKey=${json["listenKey"]}`);
}

test("an IOC within the spread's reach fills at the resting price and says so in full", async () => {
  const answer = await place({ newClientOrderId: "a1", price: "60010.0", quantity: "0.010" });
  expect(answer).toMatchObject({ status: 200 });
  expect(result(answer)).toMatchObject({
    status: "FILLED",
    clientOrderId: "a1",
    executedQty: "0.010",
    avgPrice: "60000.10000",
    cumQuote: "600.00100000",
    origQty: "0.010",
    timeInForce: "IOC",
  });
  const limits = answer["rateLimits"] as Json[];
  expect(limits[0]).toMatchObject({ rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, count: 1 });
});

test("order ids on the wire are above 2^53, so that a client reading floats is found out", async () => {
  await place({ newClientOrderId: "a1" });
  await place({ newClientOrderId: "a2" });
  const ids = api.texts.map((text) => /"orderId":(\d+)/.exec(text)![1]!);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) {
    expect(BigInt(id) > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true);
    const found = await rest(venue, "GET", "/fapi/v1/order", { symbol: "BTCUSDT", orderId: id });
    expect(found.text).toContain(`"orderId":${id}`);
  }
});

test("what cannot fill now expires, in part or whole; GTC rests, is found, and is cancelled once", async () => {
  quote(venue, 600_000, 600_001, 1000, 4);
  expect(result(await place({ quantity: "0.010" }))).toMatchObject({ status: "EXPIRED", executedQty: "0.004" });
  expect(result(await place({ price: "59000.0" }))).toMatchObject({ status: "EXPIRED", executedQty: "0.000" });
  expect(result(await place({ timeInForce: "FOK", price: "59999.9" }))).toMatchObject({ status: "EXPIRED" });
  expect(result(await place({ timeInForce: "GTC", price: "59000.0", newClientOrderId: "rest" }))).toMatchObject({
    status: "NEW",
  });

  const ref = { symbol: "BTCUSDT", origClientOrderId: "rest" };
  expect(result(await api.call("order.status", signed(ref)))).toMatchObject({ status: "NEW", origQty: "0.010" });
  expect((await rest(venue, "GET", "/fapi/v1/openOrders")).json).toHaveLength(1);
  expect(result(await api.call("order.cancel", signed(ref)))).toMatchObject({ status: "CANCELED" });
  expect(code(await api.call("order.cancel", signed(ref)))).toBe(-2011);
  expect(result(await api.call("order.status", signed(ref)))).toMatchObject({ status: "CANCELED" });
  expect(code(await api.call("order.status", signed({ ...ref, origClientOrderId: "never" })))).toBe(-2013);
});

test("a resting order fills at its own price when the market moves through it, and pays the maker's fee", async () => {
  await place({ timeInForce: "GTC", price: "60000.0", newClientOrderId: "maker" });
  const user = await userStream();
  quote(venue, 599_980, 599_990);
  const event = await user.next((message) => message["e"] === "ORDER_TRADE_UPDATE");
  expect(event["o"]).toMatchObject({
    c: "maker",
    x: "TRADE",
    X: "FILLED",
    L: "60000.0",
    l: "0.010",
    m: true,
    n: "0.12000000",
  });
});

test("a client order id is unique among open orders only", async () => {
  await place({ timeInForce: "GTC", price: "59000.0", newClientOrderId: "dup" });
  expect(code(await place({ newClientOrderId: "dup" }))).toBe(-4116);
  await api.call("order.cancel", signed({ symbol: "BTCUSDT", origClientOrderId: "dup" }));
  expect(result(await place({ newClientOrderId: "dup" }))).toMatchObject({ status: "FILLED" });
  expect(result(await place({ newClientOrderId: "dup" }))).toMatchObject({ status: "FILLED" });
  expect(venue.state().accounts[0]!.orders["dup"]).toMatchObject({ orders: 3, cumQtyLots: 20 });
});

test.each([
  ["too many decimals in the price", { price: "60000.11" }, -1111],
  ["too many decimals in the quantity", { quantity: "0.0101" }, -1111],
  ["a price that is no number", { price: "6e4" }, -1102],
  ["no quantity", { quantity: "" }, -1102],
  ["a quantity of zero", { quantity: "0.000" }, -4004],
  ["a price of zero", { price: "0.0" }, -4001],
  ["a notional below the minimum", { quantity: "0.001" }, -4164],
  ["an unknown symbol", { symbol: "NOPE" }, -1121],
  ["an unknown side", { side: "LONG" }, -1117],
  ["an unknown time in force", { timeInForce: "GTD" }, -1115],
  ["a stop order", { type: "STOP" }, -1116],
  ["hedge mode", { positionSide: "LONG" }, -4061],
  ["a client order id with other characters", { newClientOrderId: "a b" }, -4015],
  ["a client order id of 37 characters", { newClientOrderId: "a".repeat(37) }, -4015],
  ["reduce-only without a position", { reduceOnly: "true" }, -2022],
  ["post-only that would trade", { timeInForce: "GTX" }, -5022],
  ["more than the margin allows", { quantity: "9000000.000" }, -2019],
  ["a stamp out of its window", { timestamp: Date.now() - 60_000, recvWindow: 1000 }, -1021],
  ["a stamp ahead of the server", { timestamp: Date.now() + 60_000 }, -1021],
  ["a window above the maximum", { recvWindow: 60_001 }, -1131],
])("%s is refused", async (_, over, expected) => {
  expect(code(await place(over as Json))).toBe(expected);
  expect(venue.state().accounts[0]!.totals.orders).toBe(0);
});

test("a tick that is no power of ten is enforced as a step", async () => {
  const coarse = { symbol: "ETHUSDT", tickSize: "0.5", lotSize: "0.02", initialPrice: "3000" };
  const other = await startVenue({ symbols: [coarse] });
  const wire = await Wire.open(other.venue, "/ws-fapi/v1");
  const eth = (over: Json) =>
    wire.call("order.place", signed(limit({ symbol: "ETHUSDT", price: "3000.5", quantity: "0.04", ...over })));
  expect(code(await eth({ price: "3000.3" }))).toBe(-4014);
  expect(code(await eth({ quantity: "0.03" }))).toBe(-4023);
  expect(result(await eth({}))).toMatchObject({ price: "3000.5", origQty: "0.04" });
  await other.server.close();
});

test("signatures are verified, over the alphabetical parameters and with the right key", async () => {
  const good = signed(limit());
  expect(code(await api.call("order.place", { ...good, quantity: "0.020" }))).toBe(-1022);
  expect(code(await api.call("order.place", { ...good, signature: hmac("other") }))).toBe(-1022);
  expect(code(await api.call("order.place", { ...good, signature: "" }))).toBe(-1102);
  expect(code(await api.call("order.place", signed(limit(), "stranger")))).toBe(-2015);
  expect(code(await api.call("order.place", signed(limit(), ED_KEY)))).toBe(-1022);
  expect(code(await api.call("order.place", limit()))).toBe(-1102);
  expect(venue.state().accounts[0]!.totals.orders).toBe(0);
  expect(result(await api.call("order.place", signed(limit(), ED_KEY, ed25519(keys.privateKey))))).toMatchObject({
    status: "FILLED",
  });
});

test("session.logon takes Ed25519 keys only and replaces the signature of later requests", async () => {
  expect(code(await api.call("session.logon", signed({})))).toBe(-4056);
  expect(
    code(
      await api.call(
        "session.logon",
        signed({}, ED_KEY, () => Buffer.alloc(64).toString("base64")),
      ),
    ),
  ).toBe(-1022);
  const logon = await api.call("session.logon", signed({}, ED_KEY, ed25519(keys.privateKey)));
  expect(result(logon)).toMatchObject({ apiKey: ED_KEY });
  expect(result(await api.call("order.place", { ...limit(), timestamp: Date.now() }))).toMatchObject({
    status: "FILLED",
  });
  expect(code(await api.call("order.place", { ...limit(), timestamp: Date.now() - 10_000 }))).toBe(-1021);
  expect(code(await api.call("order.place", limit()))).toBe(-1102);
  expect(result(await api.call("session.logout"))).toMatchObject({ apiKey: null });
  expect(code(await api.call("order.place", { ...limit(), timestamp: Date.now() }))).toBe(-1102);
});

test("malformed frames are answered and leave the socket usable", async () => {
  for (const frame of ["", "{", "null", "[]", "42", '{"method":7}', '{"method":"order.place","params":{"price":{}}}'])
    api.socket.send(frame);
  expect(code(await api.call("no.such.method"))).toBe(-1135);
  expect(await api.call("ping")).toMatchObject({ status: 200, result: {} });
  expect(api.texts.length).toBe(9);
});

test("an ACK shows the order as accepted, whatever it became", async () => {
  expect(result(await place({ newOrderRespType: "ACK" }))).toMatchObject({ status: "NEW", executedQty: "0.000" });
});

test("reduce-only never opens or flips a position, resting or not", async () => {
  await place({ quantity: "0.010" });
  const reduce = { side: "SELL", price: "59999.0", reduceOnly: "true" };
  expect(code(await place({ ...reduce, side: "BUY", price: "60001.0" }))).toBe(-2022);
  expect(result(await place({ ...reduce, quantity: "0.015" }))).toMatchObject({
    status: "EXPIRED",
    executedQty: "0.010",
  });
  expect(venue.state().accounts[0]!.positions).toMatchObject([{ symbol: "BTCUSDT", netLots: 0 }]);

  await place({ quantity: "0.010" });
  const resting = { ...reduce, timeInForce: "GTC", price: "61000.0" };
  expect(result(await place({ ...resting, quantity: "0.006", newClientOrderId: "ro1" }))).toMatchObject({
    status: "NEW",
  });
  expect(code(await place({ ...resting, quantity: "0.005" }))).toBe(-4118);
  await place({ side: "SELL", price: "59999.0", quantity: "0.005" });
  expect(result(await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "ro1" })))).toMatchObject(
    { status: "EXPIRED" },
  );
});

test("position, balance, fees and trades add up", async () => {
  quote(venue, 600_000, 600_001);
  await place({ quantity: "0.010" });
  quote(venue, 601_000, 601_001);
  await place({ side: "SELL", price: "60100.0", quantity: "0.004" });
  await place({ side: "SELL", price: "60100.0", quantity: "0.016" });
  const [position] = (await rest(venue, "GET", "/fapi/v3/positionRisk")).json as unknown as Json[];
  expect(position).toMatchObject({ positionAmt: "-0.010", entryPrice: "60100.00000", notional: "-601.00050000" });
  const trades = (await rest(venue, "GET", "/fapi/v1/userTrades", { symbol: "BTCUSDT" })).json as unknown as Json[];
  expect(trades.map((trade) => [trade["side"], trade["qty"], trade["realizedPnl"]])).toEqual([
    ["BUY", "0.010", "0.00000000"],
    ["SELL", "0.004", "0.39960000"],
    ["SELL", "0.016", "0.59940000"],
  ]);
  // 5 bps of 600.001, 240.4 and 961.6; bought at 60000.1, 0.010 of it sold at 60100.
  const fees = 0.3000005 + 0.1202 + 0.4808;
  expect(Number(venue.state().accounts[0]!.balance)).toBeCloseTo(10_000_000 - fees + 0.999, 8);
});

test("every price the venue tells is told the same by ticker, depth stream and depth request", async () => {
  const market = await Wire.open(venue, "/public/ws");
  market.socket.send(
    JSON.stringify({
      method: "SUBSCRIBE",
      params: ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@depth5", "nope@depth"],
      id: 7,
    }),
  );
  expect(await market.next((message) => message["id"] === 7)).toEqual({ result: null, id: 7 });
  expect(await market.next((message) => message["e"] === "bookTicker")).toMatchObject({
    b: "60000.0",
    B: "1.000",
    a: "60000.1",
  });
  quote(venue, 600_010, 600_012, 5, 6);
  expect(await market.next((message) => message["e"] === "bookTicker" && message["b"] === "60001.0")).toMatchObject({
    B: "0.005",
    a: "60001.2",
    A: "0.006",
  });
  const diff = await market.next(
    (message) => message["e"] === "depthUpdate" && (message["b"] as unknown[]).length === 2,
  );
  expect(diff["b"]).toEqual([
    ["60000.0", "0.000"],
    ["60001.0", "0.005"],
  ]);
  expect(diff["a"]).toEqual([
    ["60000.1", "0.000"],
    ["60001.2", "0.006"],
  ]);
  const snapshot = (await rest(venue, "GET", "/fapi/v1/depth", { symbol: "BTCUSDT", limit: 5 })).json;
  expect(snapshot).toMatchObject({
    bids: [["60001.0", "0.005"]],
    asks: [["60001.2", "0.006"]],
    lastUpdateId: diff["u"],
  });
  market.socket.send(JSON.stringify({ method: "UNSUBSCRIBE", params: ["btcusdt@bookTicker"], id: 8 }));
  await market.next((message) => message["id"] === 8);
  const before = market.texts.filter((text) => text.includes("bookTicker")).length;
  quote(venue, 600_020, 600_022);
  await market.next((message) => message["e"] === "depthUpdate" && JSON.stringify(message["b"]).includes("60002.0"));
  expect(market.texts.filter((text) => text.includes("bookTicker")).length).toBe(before);
});

test("a chain of depth updates rebuilds the venue's book", async () => {
  const market = await Wire.open(venue, "/stream?streams=btcusdt@depth@100ms");
  const snapshot = (await rest(venue, "GET", "/fapi/v1/depth", { symbol: "BTCUSDT", limit: 1000 })).json;
  const bids = new Map(snapshot["bids"] as [string, string][]);
  for (let step = 0; step < 4; step++) {
    quote(venue, 600_000 + step * 3, 600_005 + step * 3, 10 + step, 20);
    await market.next((message) => JSON.stringify(message).includes(`"${(600_000 + step * 3) / 10}`));
  }
  let previous = snapshot["lastUpdateId"] as number;
  for (const message of market.all()) {
    const data = message["data"] as { U: number; u: number; pu: number; b: [string, string][] };
    expect(data.U).toBe(data.pu + 1);
    if (data.u <= previous) continue;
    expect(data.pu).toBeLessThanOrEqual(previous);
    previous = data.u;
    for (const [price, quantity] of data.b) {
      // A level that vanished is told once, and only to those who knew it.
      if (Number(quantity) === 0) expect(bids.delete(price)).toBe(true);
      else bids.set(price, quantity);
    }
  }
  const now = (await rest(venue, "GET", "/fapi/v1/depth", { symbol: "BTCUSDT", limit: 1000 })).json;
  expect([...bids]).toEqual(now["bids"]);
});

test("the account's private stream tells every step of an order, and nobody else's", async () => {
  const user = await userStream();
  const publicKey = ed25519(keys.privateKey);
  await api.call("order.place", signed(limit({ newClientOrderId: "theirs" }), ED_KEY, publicKey));
  quote(venue, 600_000, 600_001, 1000, 4);
  await place({ newClientOrderId: "ours", quantity: "0.010" });
  await user.next((message) => (message["o"] as Json | undefined)?.["x"] === "EXPIRED");
  const steps = user
    .all()
    .map((message) =>
      message["o"]
        ? [(message["o"] as Json)["c"], (message["o"] as Json)["x"], (message["o"] as Json)["z"]]
        : [message["e"]],
    );
  expect(steps).toEqual([
    ["ours", "NEW", "0.000"],
    ["ACCOUNT_UPDATE"],
    ["ours", "TRADE", "0.004"],
    ["ours", "EXPIRED", "0.004"],
  ]);
});

test("listen keys: the same one while it lives, refused when unknown, closed on request", async () => {
  const first = (await rest(venue, "POST", "/fapi/v1/listenKey")).json["listenKey"];
  expect((await rest(venue, "POST", "/fapi/v1/listenKey")).json["listenKey"]).toBe(first);
  expect((await rest(venue, "PUT", "/fapi/v1/listenKey")).json["listenKey"]).toBe(first);
  const user = await Wire.open(venue, `/ws/${first}`);
  const closed = new Promise((resolve) => user.socket.on("close", resolve));
  await rest(venue, "DELETE", "/fapi/v1/listenKey");
  await closed;
  expect((await rest(venue, "PUT", "/fapi/v1/listenKey")).json["code"]).toBe(-1125);
  const stranger = await Wire.open(venue, "/private/ws?listenKey=unknown");
  await new Promise((resolve) => stranger.socket.on("close", resolve));
});

test("REST speaks the same orders, and refuses unsigned, unknown and oversized requests", async () => {
  const order = await rest(venue, "POST", "/fapi/v1/order", limit({ newClientOrderId: "r1" }));
  expect(order.json).toMatchObject({ status: "FILLED", clientOrderId: "r1" });
  expect(
    (await rest(venue, "GET", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "r1" })).json,
  ).toMatchObject({ status: "FILLED" });
  expect(
    (await rest(venue, "DELETE", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "r1" })).json["code"],
  ).toBe(-2011);
  expect((await rest(venue, "GET", "/fapi/v1/nothing")).status).toBe(404);
  expect((await rest(venue, "GET", "/sapi/v1/account/apiRestrictions")).json).toMatchObject({
    enableWithdrawals: false,
    enableFutures: true,
  });
  const base = `http://127.0.0.1:${venue.port}`;
  expect((await fetch(`${base}/fapi/v3/positionRisk?timestamp=${Date.now()}`)).status).toBe(401);
  const tampered = await fetch(`${base}/fapi/v3/positionRisk?timestamp=${Date.now()}&signature=00`, {
    headers: { "X-MBX-APIKEY": "paper-key" },
  });
  expect(await tampered.json()).toMatchObject({ code: -1022 });
  expect((await fetch(`${base}/fapi/v1/order`, { method: "POST", body: "x".repeat(70_000) })).status).toBe(413);
  const form = `${new URLSearchParams(limit() as Record<string, string>)}&timestamp=${Date.now()}`;
  const posted = await fetch(`${base}/fapi/v1/order`, {
    method: "POST",
    headers: { "X-MBX-APIKEY": "paper-key" },
    body: `${form}&signature=${hmac(form)}`,
  });
  expect(await posted.json()).toMatchObject({ status: "FILLED" });
});

test("exchangeInfo states the limits that are enforced", async () => {
  const info = (await rest(venue, "GET", "/fapi/v1/exchangeInfo")).json;
  const [symbol] = info["symbols"] as Json[];
  expect(symbol).toMatchObject({
    symbol: "BTCUSDT",
    status: "TRADING",
    baseAsset: "BTC",
    quoteAsset: "USDT",
    pricePrecision: 1,
    quantityPrecision: 3,
  });
  const filters = Object.fromEntries((symbol!["filters"] as Json[]).map((filter) => [filter["filterType"], filter]));
  expect(filters["PRICE_FILTER"]).toMatchObject({ tickSize: "0.1" });
  expect(filters["LOT_SIZE"]).toMatchObject({ stepSize: "0.001", minQty: "0.001" });
  expect(filters["MIN_NOTIONAL"]).toMatchObject({ notional: "100" });
});

test("the published order rate limit is the one enforced", async () => {
  const other = await startVenue({ limits: { place: [{ count: 3, windowMs: 10_000 }] } });
  const wire = await Wire.open(other.venue, "/ws-fapi/v1");
  const codes: unknown[] = [];
  // Nine in a row: wherever a window ends, at least one is over the limit and at most six are not.
  for (let at = 0; at < 9; at++) codes.push(code(await wire.call("order.place", signed(limit()))));
  expect(codes.filter((each) => each === -1015).length).toBeGreaterThanOrEqual(3);
  expect(other.venue.state().accounts[0]!.totals.orders).toBe(9 - codes.filter((each) => each === -1015).length);
  await other.server.close();
});
