import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultError } from "../../src/paper/fault-forms.ts";
import { FaultPlane } from "../../src/paper/faults.ts";
import { type PaperServer, startPaper } from "../../src/paper/server.ts";
import type { PaperVenue } from "../../src/paper/venue-server.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import {
  API_KEY,
  API_SECRET,
  BTC,
  fault,
  hmac,
  type Json,
  limit,
  quote,
  rest,
  signed,
  startVenue,
  Wire,
} from "./client.ts";

let server: PaperServer;
let venue: PaperVenue;
let api: Wire;

beforeEach(async () => {
  ({ server, venue } = await startVenue());
  quote(venue, 600_000, 600_001);
  api = await Wire.open(venue, "/ws-fapi/v1");
});

afterEach(() => server.close());

const place = (newClientOrderId: string, over: Json = {}) =>
  api.call("order.place", signed(limit({ newClientOrderId, ...over })));
const send = (newClientOrderId: string) => api.send("order.place", signed(limit({ newClientOrderId })));
const truth = (clientOrderId: string) => venue.state().accounts[0]!.orders[clientOrderId];
const answered = (id: string) => api.all().some((message) => message["id"] === id);

async function userStream(): Promise<Wire> {
  const { json } = await rest(venue, "POST", "/fapi/v1/listenKey");
  return Wire.open(venue, `/private/ws?listenKey=${json["listenKey"]}`);
}

/** Once a later request is answered, an answer to an earlier one would have come already. */
const settled = (wire = api) => wire.call("ping");

/** A REST query with its signature, where the test needs the response itself. */
function signedQuery(params: Json): string {
  const query = new URLSearchParams(
    Object.entries({ timestamp: Date.now(), ...params }).map(([k, v]): [string, string] => [k, String(v)]),
  ).toString();
  return `${query}&signature=${hmac(query)}`;
}

test("dropBefore: neither executed nor answered, once", async () => {
  await fault(venue, { kind: "dropBefore", count: 1 });
  const lost = send("lost");
  expect(await place("next")).toMatchObject({ result: { status: "FILLED" } });
  expect(answered(lost)).toBe(false);
  expect(truth("lost")).toBeUndefined();
  expect(truth("next")).toMatchObject({ status: "filled", cumQtyLots: 10 });
});

test("delayBefore: not there until it arrives, though its socket is gone by then, unless its time is over", async () => {
  const status = async (origClientOrderId: string) =>
    (await rest(venue, "GET", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId })).json;
  await fault(venue, { kind: "delayBefore", ms: 120, count: 2 });
  send("late");
  api.send("order.place", signed(limit({ newClientOrderId: "tooLate", recvWindow: 50 })));
  await settled();
  expect(await status("late")).toMatchObject({ code: -2013 });
  venue.inject({ kind: "killSockets", sockets: "orders", when: "now" });
  await expect.poll(() => truth("late")).toMatchObject({ status: "filled", cumQtyLots: 10 });
  expect(await status("late")).toMatchObject({ status: "FILLED" });
  expect(truth("tooLate")).toBeUndefined();
  api = await Wire.open(venue, "/ws-fapi/v1");
  expect(await place("next")).toMatchObject({ result: { status: "FILLED" } });
});

test("dropAck: executed, the answer lost, the private stream still says it", async () => {
  const user = await userStream();
  await fault(venue, { kind: "dropAck" });
  const lost = send("silent");
  await user.next((message) => (message["o"] as Json | undefined)?.["X"] === "FILLED");
  await settled();
  expect(answered(lost)).toBe(false);
  expect(truth("silent")).toMatchObject({ status: "filled", executedQty: "0.010" });
});

test("dropAck with userEvent: executed and nothing is heard of it, but a query finds it", async () => {
  const user = await userStream();
  await fault(venue, { kind: "dropAck", userEvent: true });
  const lost = send("silent");
  await place("heard");
  await user.next((message) => (message["o"] as Json | undefined)?.["c"] === "heard");
  expect(answered(lost)).toBe(false);
  expect(user.texts.some((text) => text.includes("silent"))).toBe(false);
  const found = await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "silent" }));
  expect(found).toMatchObject({ result: { status: "FILLED" } });
});

test("delayAck: executed at once, answered later, the private stream first", async () => {
  const user = await userStream();
  await fault(venue, { kind: "delayAck", ms: 150 });
  const late = send("late");
  await user.next((message) => (message["o"] as Json | undefined)?.["X"] === "FILLED");
  expect(answered(late)).toBe(false);
  expect(await api.next((message) => message["id"] === late)).toMatchObject({ result: { clientOrderId: "late" } });
});

test("reject: the stated code that many times, nothing executed", async () => {
  await fault(venue, { kind: "reject", code: -2010, msg: "no", count: 2 });
  expect(await place("r1")).toMatchObject({ status: 400, error: { code: -2010, msg: "no" } });
  expect(await place("r2")).toMatchObject({ error: { code: -2010 } });
  expect(await place("r3")).toMatchObject({ result: { status: "FILLED" } });
  expect(truth("r1")).toBeUndefined();
});

test("partial: only the stated quantity is there to be taken", async () => {
  await fault(venue, { kind: "partial", quantity: "0.003" });
  expect(await place("p1")).toMatchObject({ result: { status: "EXPIRED", executedQty: "0.003" } });
  expect(await place("p2")).toMatchObject({ result: { status: "FILLED" } });
  await fault(venue, { kind: "partial", quantity: "0" });
  expect(await place("p3", { timeInForce: "GTC" })).toMatchObject({
    result: { status: "EXPIRED", executedQty: "0.000" },
  });
});

test.each([
  ["unknown", {}, true],
  ["unknown", { executes: false }, false],
  ["unavailable", {}, false],
  ["throttled", {}, false],
  ["internal", {}, false],
])("http503 %s %o: answered 503, executed: %s", async (variant, over, executed) => {
  await fault(venue, { kind: "http503", variant, ...over });
  expect((await place("h1"))["status"]).toBe(503);
  expect(truth("h1") !== undefined).toBe(executed);
  await fault(venue, { kind: "http503", variant, ...over });
  const answer = await rest(venue, "POST", "/fapi/v1/order", limit({ newClientOrderId: "h2" }));
  expect(answer.status).toBe(503);
  expect(truth("h2") !== undefined).toBe(executed);
});

test.each([
  ["beforeExecute", false],
  ["afterExecute", true],
] as const)("killSockets %s: the order socket dies with the order in flight, executed: %s", async (when, executed) => {
  const market = await Wire.open(venue, "/ws/btcusdt@bookTicker");
  await fault(venue, { kind: "killSockets", sockets: "orders", when });
  const closed = once(api.socket, "close");
  const id = send("cut");
  await closed;
  expect(answered(id)).toBe(false);
  expect(truth("cut") !== undefined).toBe(executed);
  expect(market.socket.readyState).toBe(market.socket.OPEN);
  api = await Wire.open(venue, "/ws-fapi/v1");
  expect(await place("after")).toMatchObject({ result: { status: "FILLED" } });
});

test("killSockets now cuts the named kind at once", async () => {
  const user = await userStream();
  const closed = once(user.socket, "close");
  await fault(venue, { kind: "killSockets", sockets: "user" });
  await closed;
  expect(await api.call("ping")).toMatchObject({ status: 200 });
  expect(venue.faults.pending()).toEqual([]);
});

test("clockSkew moves the venue's clock, and with it what is stale", async () => {
  await fault(venue, { kind: "clockSkew", ms: 8000, durationMs: 60_000 });
  const { json } = await rest(venue, "GET", "/fapi/v1/time");
  expect(json["serverTime"] as number).toBeGreaterThan(Date.now() + 7000);
  expect(await place("stale")).toMatchObject({ error: { code: -1021 } });
  expect(await place("lenient", { recvWindow: 20_000 })).toMatchObject({ result: { status: "FILLED" } });
});

test("otherRules states other rules of one symbol, until it ends, and trading goes on by the old", async () => {
  const ticks = async () => {
    const { json } = await rest(venue, "GET", "/fapi/v1/exchangeInfo");
    const symbols = json["symbols"] as { symbol: string; filters: { tickSize?: string }[] }[];
    return Object.fromEntries(symbols.map(({ symbol, filters }) => [symbol, filters[0]?.tickSize]));
  };
  const before = await ticks();
  const [symbol = ""] = Object.keys(before);
  await fault(venue, { kind: "otherRules", symbol: `${symbol}X`, tickSize: "0.3", durationMs: 60_000 });
  expect(await ticks()).toEqual(before);
  await fault(venue, { kind: "otherRules", symbol, tickSize: "0.7", durationMs: 60_000 });
  expect(await ticks()).toEqual({ ...before, [symbol]: "0.7" });
  expect(await place("by-the-old")).toMatchObject({ result: { status: "FILLED" } });
  venue.faults.clear();
  expect(await ticks()).toEqual(before);
});

test.each([
  [{ kind: "otherRules", tickSize: "0.5", durationMs: 1 }, "symbol"],
  [{ kind: "otherRules", symbol: "BTCUSDT", tickSize: "-1", durationMs: 1 }, "tickSize"],
  [{ kind: "otherRules", symbol: "BTCUSDT", lotSize: "0.5" }, "durationMs"],
  [{ kind: "lateQuotes", ms: -1, durationMs: 1 }, "ms"],
])("%j is refused by its %s", (form, field) => {
  expect(() => venue.inject(form)).toThrow(expect.objectContaining({ code: "FAULT_INVALID", field }));
});

test("userStreamDrop loses private events while the socket stays up", async () => {
  const user = await userStream();
  await fault(venue, { kind: "userStreamDrop", durationMs: 60_000 });
  await place("unheard");
  await fetch(`http://127.0.0.1:${venue.port}/paper/faults`, { method: "DELETE" });
  await place("heard");
  await user.next((message) => (message["o"] as Json | undefined)?.["c"] === "heard");
  expect(user.texts.some((text) => text.includes("unheard"))).toBe(false);
});

test("outage: every connection is cut, none is accepted, and the truth is still there afterwards", async () => {
  await place("before");
  const closed = once(api.socket, "close");
  await fault(venue, { kind: "outage", durationMs: 300 });
  await closed;
  await expect(Wire.open(venue, "/ws-fapi/v1")).rejects.toThrow();
  await expect.poll(() => venue.faults.pending().length).toBe(0);
  api = await Wire.open(venue, "/ws-fapi/v1");
  const found = await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "before" }));
  expect(found).toMatchObject({ result: { status: "FILLED" } });
});

test.each([
  ["afterAnswer", true, false],
  ["afterEvents", true, true],
] as const)("killSockets %s: answered: %s, told: %s, executed", async (when, isAnswered, told) => {
  const user = await userStream();
  await fault(venue, { kind: "killSockets", sockets: when === "afterEvents" ? "all" : "user", when });
  const closed = Promise.all([once(user.socket, "close"), once(api.socket, "close")]);
  const id = send("cut");
  await closed;
  expect(answered(id)).toBe(isAnswered);
  expect(user.texts.some((text) => text.includes("FILLED"))).toBe(told);
  expect(truth("cut")).toMatchObject({ status: "filled" });
});

test("what is under way when a socket is cut after the answer still arrives, also behind latency", async () => {
  const slow = await startVenue({ latencyMs: 20 });
  quote(slow.venue, 600_000, 600_001);
  const wire = await Wire.open(slow.venue, "/ws-fapi/v1");
  await fault(slow.venue, { kind: "killSockets", sockets: "orders", when: "afterAnswer" });
  const closed = once(wire.socket, "close");
  expect(await wire.call("order.place", signed(limit()))).toMatchObject({ result: { status: "FILLED" } });
  await closed;
  await slow.server.close();
});

test("stallBody: executed, the answer begun and never ended, on either wire", async () => {
  await fault(venue, { kind: "stallBody", count: 2 });
  const id = send("half");
  await expect.poll(() => truth("half")?.status).toBe("filled");
  // The first fragment is here and its message is not: nothing that the socket says later gets through either.
  api.send("ping");
  const other = await Wire.open(venue, "/ws-fapi/v1");
  await other.call("ping");
  expect(answered(id)).toBe(false);
  expect(api.texts).toEqual([]);
  expect(api.socket.readyState).toBe(api.socket.OPEN);

  const query = signedQuery(limit({ newClientOrderId: "rest" }));
  const response = await fetch(`http://127.0.0.1:${venue.port}/fapi/v1/order?${query}`, {
    method: "POST",
    headers: { "X-MBX-APIKEY": API_KEY },
  });
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  const first = await reader.read();
  expect(new TextDecoder().decode(first.value)).toContain('"orderId":');
  const rest = reader.read().then(
    () => "more",
    () => "broken",
  );
  expect(await Promise.race([rest, settled(other).then(() => "silent")])).toBe("silent");
  await reader.cancel();
  expect(truth("rest")).toMatchObject({ status: "filled" });
});

test.each([429, 418, 403])("limited %i: the status, when to come back, and nothing executed", async (status) => {
  await fault(venue, { kind: "limited", status, retryAfterMs: 2500, count: 2 });
  const answer = await place("l1");
  expect(answer).toMatchObject({ status, error: { code: -1003 } });
  const data = (answer["error"] as Json)["data"] as { serverTime: number; retryAfter: number };
  expect(data.retryAfter - data.serverTime).toBe(2500);
  const response = await fetch(`http://127.0.0.1:${venue.port}/fapi/v1/order?${signedQuery(limit())}`, {
    method: "POST",
    headers: { "X-MBX-APIKEY": API_KEY },
  });
  expect(response.status).toBe(status);
  expect(response.headers.get("retry-after")).toBe("3");
  expect(venue.state().accounts[0]!.totals.orders).toBe(0);
});

test("delayEvents: private events come late, after an answer that does not wait for them", async () => {
  const user = await userStream();
  await fault(venue, { kind: "delayEvents", ms: 150 });
  await place("late");
  expect(user.texts).toEqual([]);
  expect(await user.next((message) => message["e"] === "ORDER_TRADE_UPDATE")).toMatchObject({ o: { c: "late" } });
});

test("duplicateEvents: each private event of an order comes as often as stated, once", async () => {
  const user = await userStream();
  await fault(venue, { kind: "duplicateEvents", times: 3 });
  await place("many");
  await place("once");
  await user.next((message) => (message["o"] as Json | undefined)?.["c"] === "once");
  const of = (id: string, x: string) =>
    user.all().filter((message) => {
      const order = message["o"] as Json | undefined;
      return order?.["c"] === id && order["x"] === x;
    }).length;
  expect([of("many", "NEW"), of("many", "TRADE"), of("once", "NEW")]).toEqual([3, 3, 1]);
});

test("reorderEvents: an order's private events come last first", async () => {
  const user = await userStream();
  await fault(venue, { kind: "reorderEvents" });
  await place("back");
  await user.next((message) => (message["o"] as Json | undefined)?.["x"] === "NEW");
  expect(user.all().map((message) => (message["o"] as Json | undefined)?.["x"] ?? message["e"])).toEqual([
    "TRADE",
    "ACCOUNT_UPDATE",
    "NEW",
  ]);
});

test("lie neverMatched: accepted, then silence; the book never sees it, and only a cancel ends it", async () => {
  const user = await userStream();
  await fault(venue, { kind: "lie", what: "neverMatched" });
  expect(await place("ghost")).toMatchObject({ result: { status: "NEW", executedQty: "0.000" } });
  expect(await place("honest")).toMatchObject({ result: { status: "FILLED" } });
  await user.next((message) => (message["o"] as Json | undefined)?.["c"] === "honest");
  expect(user.texts.some((text) => text.includes("ghost"))).toBe(false);
  const ref = { symbol: "BTCUSDT", origClientOrderId: "ghost" };
  expect(await api.call("order.status", signed(ref))).toMatchObject({ result: { status: "NEW" } });
  expect(await api.call("order.cancel", signed(ref))).toMatchObject({ result: { status: "CANCELED" } });
  expect(truth("ghost")).toMatchObject({ status: "canceled", cumQtyLots: 0 });
});

test("lie neverTold: matched, but answer and private stream leave it as accepted; a query tells", async () => {
  const user = await userStream();
  await fault(venue, { kind: "lie", what: "neverTold" });
  expect(await place("hushed")).toMatchObject({ result: { status: "NEW", executedQty: "0.000" } });
  await place("honest");
  await user.next((message) => (message["o"] as Json | undefined)?.["c"] === "honest");
  expect(user.texts.some((text) => text.includes("hushed"))).toBe(false);
  // The position that the next honest event tells of holds both.
  expect(user.texts.filter((text) => text.includes("ACCOUNT_UPDATE"))).toHaveLength(1);
  expect(user.texts.find((text) => text.includes("ACCOUNT_UPDATE"))).toContain('"pa":"0.020"');
  const found = await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "hushed" }));
  expect(found).toMatchObject({ result: { status: "FILLED", executedQty: "0.010" } });
});

test("a filter strikes its operation and symbol only; other requests are struck where asked for", async () => {
  await fault(venue, { kind: "reject", code: -1, symbol: "ETHUSDT" });
  await fault(venue, { kind: "reject", code: -2, on: "cancel" });
  await fault(venue, { kind: "reject", code: -3, on: "other" });
  expect(await place("free")).toMatchObject({ result: { status: "FILLED" } });
  const ref = signed({ symbol: "BTCUSDT", origClientOrderId: "free" });
  expect(await api.call("order.status", ref)).toMatchObject({ result: { status: "FILLED" } });
  expect(await api.call("order.cancel", ref)).toMatchObject({ error: { code: -2 } });
  expect((await rest(venue, "GET", "/fapi/v3/positionRisk")).json).toMatchObject({ code: -3 });
  expect(await api.call("order.place", signed(limit({ symbol: "ETHUSDT" })))).toMatchObject({ error: { code: -1 } });
  expect(venue.faults.pending()).toEqual([]);
});

test("an outage may begin later, and is announced by nothing", async () => {
  const closed = once(api.socket, "close");
  await fault(venue, { kind: "outage", startsInMs: 200, durationMs: 300 });
  expect(await place("before")).toMatchObject({ result: { status: "FILLED" } });
  await closed;
  await expect(Wire.open(venue, "/ws-fapi/v1")).rejects.toThrow();
  await expect.poll(() => venue.faults.pending().length).toBe(0);
  api = await Wire.open(venue, "/ws-fapi/v1");
});

test("faults may be given by configuration", async () => {
  const other = await startVenue({ faults: [{ kind: "reject", code: -1, msg: "configured" }] });
  const wire = await Wire.open(other.venue, "/ws-fapi/v1");
  expect(await wire.call("order.place", signed(limit()))).toMatchObject({ error: { code: -1, msg: "configured" } });
  await other.server.close();
  await expect(startVenue({ faults: [{ kind: "nonsense" }] })).rejects.toThrow(FaultError);
});

test.each([
  [{ kind: "nonsense" }, "kind"],
  [{ kind: "dropAck", on: "everything" }, "on"],
  [{ kind: "dropAck", count: 0 }, "count"],
  [{ kind: "delayAck" }, "ms"],
  [{ kind: "partial" }, "quantity"],
  [{ kind: "partial", quantity: "-1" }, "quantity"],
  [{ kind: "outage" }, "durationMs"],
  [{ kind: "http503", variant: "x" }, "variant"],
  [{ kind: "lie" }, "what"],
  [{ kind: "lie", what: "always" }, "what"],
  [{ kind: "limited", status: 500 }, "status"],
  [{ kind: "limited", retryAfterMs: -1 }, "retryAfterMs"],
  [{ kind: "duplicateEvents", times: 1 }, "times"],
  [{ kind: "delayEvents" }, "ms"],
  [{ kind: "stallBody", on: "all" }, "on"],
  [{ kind: "dropAck", symbol: "" }, "symbol"],
  [{ kind: "dropAck", startsInMs: -1 }, "startsInMs"],
  [{ kind: "killSockets", startsInMs: 100 }, "startsInMs"],
  [{ kind: "dropAck", operation: "cancel" }, "operation"],
  [{ kind: "outage", durationMs: 100, count: 1 }, "count"],
  [[], "fault"],
])("a bad fault %o is refused naming %s", async (json, field) => {
  expect(await fault(venue, { faults: [json] })).toMatchObject({ error: { field } });
  expect(venue.faults.pending()).toEqual([]);
});

test("a fault's count and duration both end it", () => {
  const clock = new VirtualClock(1_000_000);
  const plane = new FaultPlane(clock);
  plane.add({ kind: "dropAck", durationMs: 100 });
  expect(plane.idle).toBe(false);
  for (let at = 0; at < 5; at++) expect(plane.takeFor("dropAck", "place", "X")).not.toBeNull();
  expect(plane.takeFor("dropAck", "cancel", "X")).toBeNull();
  clock.advance(100);
  expect(plane.takeFor("dropAck", "place", "X")).toBeNull();
  plane.add({ kind: "dropBefore", count: 2, on: "any" });
  expect(plane.takeFor("dropBefore", "query", "X")).not.toBeNull();
  expect(plane.takeFor("dropBefore", "cancel", "X")).not.toBeNull();
  expect(plane.takeFor("dropBefore", "place", "X")).toBeNull();
});

test("a fault that starts later strikes from then on, for its whole duration", () => {
  const clock = new VirtualClock(1_000_000);
  const plane = new FaultPlane(clock);
  plane.add({ kind: "dropAck", startsInMs: 50, durationMs: 100 });
  expect(plane.takeFor("dropAck", "place", "X")).toBeNull();
  clock.advance(50);
  expect(plane.takeFor("dropAck", "place", "X")).not.toBeNull();
  clock.advance(99);
  expect(plane.takeFor("dropAck", "place", "X")).not.toBeNull();
  clock.advance(1);
  expect(plane.takeFor("dropAck", "place", "X")).toBeNull();
});

test("the admin path refuses a web page, and states positions, orders and totals", async () => {
  await place("seen");
  const base = `http://127.0.0.1:${venue.port}/paper`;
  expect(await originated(`${base}/state`)).toBe(403);
  const state = (await (await fetch(`${base}/state`)).json()) as Json;
  expect(state).toMatchObject({
    venue: "paper-a",
    accounts: [
      {
        apiKey: API_KEY,
        positions: [{ symbol: "BTCUSDT", netLots: 10, quantity: "0.010" }],
        totals: { orders: 1, open: 0, forgotten: 0 },
        filledLots: { BTCUSDT: { bought: 10, sold: 0 } },
        orders: { seen: { status: "filled", qtyLots: 10, cumQtyLots: 10, executedQty: "0.010", orders: 1 } },
      },
    ],
  });
  const brief = (await (await fetch(`${base}/state?orders=none`)).json()) as { accounts: { orders: Json }[] };
  expect(brief.accounts[0]!.orders).toEqual({});
});

/** `fetch` may not set an Origin; a raw request may. */
function originated(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { origin: "http://evil.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

test("with latency, answers still come in the order of the requests", async () => {
  const slow = await startVenue({ latencyMs: 5, jitterMs: 15 });
  quote(slow.venue, 600_000, 600_001);
  const wire = await Wire.open(slow.venue, "/ws-fapi/v1");
  const ids = Array.from({ length: 20 }, (_, at) =>
    wire.send("order.place", signed(limit({ newClientOrderId: `l${at}` }))),
  );
  await wire.next((message) => message["id"] === ids.at(-1));
  expect(wire.all().map((message) => message["id"])).toEqual(ids);
  expect(Object.keys(slow.venue.state().accounts[0]!.orders)).toEqual(ids.map((_, at) => `l${at}`));
  await slow.server.close();
});

test("a port in use closes the venues already open", async () => {
  const base = { apiKey: API_KEY, apiSecret: API_SECRET, symbols: [BTC] };
  const first = { ...base, name: "first", port: 0 };
  const taken = { ...base, name: "second", port: venue.port };
  await expect(startPaper({ venues: [first, taken], market: { type: "none" } })).rejects.toThrow(/EADDRINUSE/);
});

test("terminal orders are remembered up to the bound, the oldest forgotten first", async () => {
  const small = await startVenue({ terminalOrdersMax: 3 });
  quote(small.venue, 600_000, 600_001);
  const wire = await Wire.open(small.venue, "/ws-fapi/v1");
  for (let at = 0; at < 5; at++) await wire.call("order.place", signed(limit({ newClientOrderId: `t${at}` })));
  const { orders, totals } = small.venue.state().accounts[0]!;
  expect(Object.keys(orders)).toEqual(["t2", "t3", "t4"]);
  expect(totals).toMatchObject({ orders: 5, forgotten: 2 });
  const gone = await wire.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "t1" }));
  expect(gone).toMatchObject({ error: { code: -2013 } });
  await small.server.close();
});
