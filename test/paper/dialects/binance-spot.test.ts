import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { ed25519, fault, type Json, limit, quote, rest, signed, startVenue, Wire } from "../client.ts";

const keys = generateKeyPairSync("ed25519");
const ED_KEY = "paper-ed25519";

let server: PaperServer;
let venue: PaperVenue;
let api: Wire;

beforeEach(async () => {
  const publicKeyPem = keys.publicKey.export({ type: "spki", format: "pem" }).toString();
  ({ server, venue } = await startVenue({
    dialect: "binance-spot",
    balance: 10_000,
    assets: { BTC: "0.5" },
    takerFeeBps: 10,
    makerFeeBps: 0,
    otherKeys: [{ apiKey: ED_KEY, publicKeyPem }],
  }));
  quote(venue, 600_000, 600_001);
  api = await Wire.open(venue, "/ws-api/v3");
});

afterEach(() => server.close());

const place = (over: Json = {}) => api.call("order.place", signed(limit(over)));
const result = (answer: Json) => answer["result"] as Json;
const code = (answer: Json) => (answer["error"] as Json | undefined)?.["code"];
const balances = async () => {
  const { json } = await rest(venue, "GET", "/api/v3/account");
  const rows = json["balances"] as { asset: string; free: string; locked: string }[];
  return Object.fromEntries(rows.map(({ asset, free, locked }) => [asset, [free, locked]]));
};
const report = (wanted: (event: Json) => boolean) =>
  api.next((message) => message["event"] !== undefined && wanted(message["event"] as Json));

test("a buy moves two balances and pays its fee in what it receives; a sale the other way round", async () => {
  const bought = result(await place({ quantity: "0.010", newOrderRespType: "FULL", newClientOrderId: "b" }));
  expect(bought).toMatchObject({
    status: "FILLED",
    executedQty: "0.01000000",
    cummulativeQuoteQty: "600.00100000",
    fills: [{ price: "60000.10000000", qty: "0.01000000", commission: "0.00001000", commissionAsset: "BTC" }],
  });
  expect(await balances()).toEqual({
    BTC: ["0.50999000", "0.00000000"],
    USDT: ["9399.99900000", "0.00000000"],
  });
  const sold = result(await place({ side: "SELL", price: "60000.0", quantity: "0.020", newOrderRespType: "FULL" }));
  expect(sold["fills"]).toMatchObject([{ commission: "1.20000000", commissionAsset: "USDT" }]);
  expect(await balances()).toEqual({
    BTC: ["0.48999000", "0.00000000"],
    USDT: ["10598.79900000", "0.00000000"],
  });
  expect(venue.state().accounts[0]).toMatchObject({
    assets: { BTC: "0.48999000", USDT: "10598.79900000" },
    positions: [{ symbol: "BTCUSDT", netLots: -10 }],
  });
});

test("what is not there cannot be spent, and what an open order holds back is not there", async () => {
  expect(code(await place({ quantity: "0.200" }))).toBe(-2010);
  expect(code(await place({ side: "SELL", price: "60000.0", quantity: "0.501" }))).toBe(-2010);
  const resting = { timeInForce: "GTC", price: "50000.0", newClientOrderId: "rest" };
  expect(result(await place({ ...resting, quantity: "0.150" }))).toMatchObject({ status: "NEW" });
  expect(await balances()).toMatchObject({ USDT: ["2500.00000000", "7500.00000000"] });
  expect(code(await place({ ...resting, newClientOrderId: "more", quantity: "0.060" }))).toBe(-2010);
  await api.call("order.cancel", signed({ symbol: "BTCUSDT", origClientOrderId: "rest" }));
  expect(await balances()).toMatchObject({ USDT: ["10000.00000000", "0.00000000"] });
});

test("an answer of many fills lists each of its own, and a market order goes through levels", async () => {
  quote(venue, 600_000, 600_001, 1000, 4);
  await place({ side: "SELL", timeInForce: "GTC", price: "60000.5", quantity: "0.006", newClientOrderId: "mine" });
  await api.call(
    "order.place",
    signed(limit({ price: "60001.0", quantity: "0.002" }), ED_KEY, ed25519(keys.privateKey)),
  );
  const { price: _price, timeInForce: _tif, ...market } = limit({ type: "MARKET", quantity: "0.005" });
  const answer = result(await api.call("order.place", signed({ ...market, newOrderRespType: "FULL" })));
  expect(answer).toMatchObject({ status: "FILLED", type: "MARKET", price: "0.00000000", timeInForce: "GTC" });
  expect(answer["fills"]).toMatchObject([
    { price: "60000.10000000", qty: "0.00200000" },
    { price: "60000.50000000", qty: "0.00300000" },
  ]);
});

test("the private stream is subscribed to on the order socket, numbers its events, and tells balances", async () => {
  const first = result(await api.call("userDataStream.subscribe.signature", signed({})));
  expect(result(await api.call("userDataStream.subscribe.signature", signed({})))).toEqual(first);
  await place({ newClientOrderId: "seen", quantity: "0.010" });
  const trade = await report((event) => event["x"] === "TRADE");
  expect(trade).toMatchObject({
    subscriptionId: first["subscriptionId"],
    event: { c: "seen", C: "", X: "FILLED", l: "0.01000000", Z: "600.00100000", n: "0.00001000", N: "BTC", m: false },
  });
  const told = api.all().filter((message) => message["event"] !== undefined);
  const last = told.at(-1)!["event"] as Json;
  expect(last).toMatchObject({ e: "outboundAccountPosition" });
  expect(last["B"]).toContainEqual({ a: "USDT", f: "9399.99900000", l: "0.00000000" });
  await api.call("userDataStream.unsubscribe", { subscriptionId: first["subscriptionId"] as number });
  await place({ newClientOrderId: "unseen" });
  await api.call("ping");
  expect(api.texts.some((text) => text.includes("executionReport") && text.includes("unseen"))).toBe(false);
});

test("a logged-on session subscribes without a signature; others hear nothing of it", async () => {
  expect(code(await api.call("userDataStream.subscribe"))).toBe(-2015);
  await api.call("session.logon", signed({}, ED_KEY, ed25519(keys.privateKey)));
  expect(result(await api.call("session.status"))).toMatchObject({ userDataStream: false });
  expect(result(await api.call("userDataStream.subscribe"))).toMatchObject({ subscriptionId: 0 });
  expect(result(await api.call("session.status"))).toMatchObject({ apiKey: ED_KEY, userDataStream: true });
  const other = await Wire.open(venue, "/ws-api/v3");
  await other.call("userDataStream.subscribe.signature", signed({}));
  await api.call("order.place", { ...limit({ newClientOrderId: "theirs" }), timestamp: Date.now() });
  await report((event) => event["c"] === "theirs");
  await other.call("ping");
  expect(other.texts.some((text) => text.includes("theirs"))).toBe(false);
});

test("a cancel has a client id of its own, in its answer and in the event", async () => {
  await api.call("userDataStream.subscribe.signature", signed({}));
  await place({ timeInForce: "GTC", price: "50000.0", newClientOrderId: "mine" });
  const ref = { symbol: "BTCUSDT", origClientOrderId: "mine", newClientOrderId: "undo" };
  expect(result(await api.call("order.cancel", signed(ref)))).toMatchObject({
    origClientOrderId: "mine",
    clientOrderId: "undo",
    status: "CANCELED",
  });
  expect(await report((event) => event["x"] === "CANCELED")).toMatchObject({ event: { c: "undo", C: "mine" } });
  expect(code(await api.call("order.cancel", signed(ref)))).toBe(-2011);
  expect(result(await api.call("order.status", signed(ref)))).toMatchObject({
    status: "CANCELED",
    clientOrderId: "mine",
  });
});

test.each([
  ["a price off the tick", { price: "60000.11" }, -1013],
  ["a quantity off the lot", { quantity: "0.0101" }, -1013],
  ["a price that is no number", { price: "6e4" }, -1100],
  ["no quantity", { quantity: "" }, -1102],
  ["a notional below the minimum", { quantity: "0.001" }, -1013],
  ["an unknown symbol", { symbol: "NOPE" }, -1121],
  ["USDM's post-only", { timeInForce: "GTX" }, -1115],
  ["a stop order", { type: "STOP_LOSS" }, -1116],
  ["a client order id with other characters", { newClientOrderId: "a b" }, -1100],
  ["LIMIT_MAKER that would trade", { type: "LIMIT_MAKER" }, -2010],
  ["a stamp out of its window", { timestamp: Date.now() - 60_000, recvWindow: 1000 }, -1021],
])("%s is refused", async (_, over, expected) => {
  expect(code(await place(over as Json))).toBe(expected);
  expect(venue.state().accounts[0]!.totals.orders).toBe(0);
});

test("a client order id is unique among open orders only; a maker order rests as LIMIT_MAKER and pays its own fee", async () => {
  const maker = { type: "LIMIT_MAKER", price: "59999.0", newClientOrderId: "dup", quantity: "0.010" };
  expect(result(await place(maker))).toMatchObject({ status: "NEW", type: "LIMIT_MAKER", timeInForce: "GTC" });
  expect(code(await place(maker))).toBe(-2010);
  quote(venue, 599_980, 599_985);
  expect(await balances()).toMatchObject({ BTC: ["0.51000000", "0.00000000"] });
  expect(result(await place({ ...maker, price: "59998.0" }))).toMatchObject({ status: "NEW" });
});

test("each depth update follows on from the one before, and from the snapshot it began with", async () => {
  const market = await Wire.open(venue, "/ws/btcusdt@depth@100ms");
  const snapshot = (await rest(venue, "GET", "/api/v3/depth", { symbol: "BTCUSDT" })).json;
  for (let step = 1; step <= 3; step++) {
    quote(venue, 600_000 + step, 600_005 + step);
    await market.next((message) => JSON.stringify(message["b"]).includes(`60000.${step}0000000`));
  }
  let previous = snapshot["lastUpdateId"] as number;
  for (const { U, u, e } of market.all()) {
    expect([e, U]).toEqual(["depthUpdate", previous + 1]);
    previous = u as number;
  }
});

test("published limits are enforced, filled orders give their place back, weight is counted, knocking is banned", async () => {
  const other = await startVenue({
    dialect: "binance-spot",
    limits: { place: [{ count: 3, windowMs: 86_400_000 }], requests: [{ count: 6, windowMs: 86_400_000 }] },
  });
  quote(other.venue, 600_000, 600_001);
  const wire = await Wire.open(other.venue, "/ws-api/v3");
  const put = (over: Json) => wire.call("order.place", signed(limit(over)));
  for (let at = 0; at < 4; at++) expect((await put({}))["status"]).toBe(200);
  for (let at = 0; at < 3; at++) expect((await put({ price: "50000.0" }))["status"]).toBe(200);
  const refused = await put({ price: "50000.0" });
  expect(refused).toMatchObject({ status: 429, error: { code: -1015 } });
  expect(refused["rateLimits"]).toContainEqual(
    expect.objectContaining({ rateLimitType: "ORDERS", interval: "DAY", limit: 3, count: 3 }),
  );
  // One weight for the refusal, four for a query: five of six are used.
  const found = await rest(other.venue, "GET", "/api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "none" });
  expect(found.json["code"]).toBe(-2013);
  const info = await fetch(`http://127.0.0.1:${other.venue.port}/api/v3/ping`);
  expect(info.headers.get("x-mbx-used-weight-1d")).toBe("6");
  const knock = () => fetch(`http://127.0.0.1:${other.venue.port}/api/v3/ping`);
  const first = await knock();
  expect([first.status, Number(first.headers.get("retry-after")) > 0]).toEqual([429, true]);
  let last = first;
  for (let at = 0; at < 10; at++) last = await knock();
  expect(last.status).toBe(418);
  expect(await put({})).toMatchObject({ status: 418, error: { code: -1003 } });
  await other.server.close();
});

test("faults strike spot as they strike USDM, in its own words", async () => {
  await fault(venue, { kind: "http503", variant: "throttled" });
  expect(await place()).toMatchObject({ status: 503, error: { code: -1008 } });
  await fault(venue, { kind: "lie", what: "neverTold" });
  expect(result(await place({ newClientOrderId: "hushed", newOrderRespType: "FULL" }))).toMatchObject({
    status: "NEW",
    executedQty: "0.00000000",
    fills: [],
  });
  const found = await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "hushed" }));
  expect(result(found)).toMatchObject({ status: "FILLED" });
  await fault(venue, { kind: "killSockets", sockets: "user" });
  await expect.poll(() => api.socket.readyState).toBe(api.socket.CLOSED);
});
