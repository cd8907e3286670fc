import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { SystemClock } from "../../../src/time/clock.ts";
import { type BinanceUsdmOptions, createBinanceUsdm } from "../../../src/venues/binance-usdm/binance-usdm.ts";
import { LOCAL_CODES } from "../../../src/venues/outcome-codes.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { BTC, ETH, testDirectory } from "../support/directory.ts";
import { connectError, orderOf } from "../support/orders.ts";
import { eventually, Recorder } from "../support/recorder.ts";
import {
  EXCHANGE_INFO,
  type OrderMessage,
  type ScriptedBinance,
  startScriptedBinance,
} from "../support/scripted-binance.ts";

const SECRET = "canary-secret-of-the-account";
const clock = new SystemClock();
let exchange: ScriptedBinance;
let heard: Recorder;
let venue: Venue;

function optionsFor(url: string, more: Partial<BinanceUsdmOptions> = {}): BinanceUsdmOptions {
  return {
    index: 0,
    name: "alpha",
    endpoints: {
      restUrl: `http://${url}`,
      orderUrl: `ws://${url}/ws-fapi/v1`,
      streamUrl: `ws://${url}/private/ws`,
      marketUrl: `ws://${url}/public/ws`,
    },
    credentials: { apiKey: "test-key", secret: { type: "hmac", secret: SECRET } },
    heartbeatMs: 100,
    staleAfterMs: 1000,
    reconnectBackoff: { baseMs: 10, maxMs: 50 },
    random: () => 0.5,
    connectTimeoutMs: 5000,
    // One, so that its loss is a loss; what the standby changes has tests of its own.
    orderSockets: 1,
    ...more,
  };
}

function create(more: Partial<BinanceUsdmOptions> = {}, url = exchange.url): Venue {
  venue = createBinanceUsdm(optionsFor(url, more), heard, testDirectory(), clock);
  return venue;
}

const filled = ({ params }: OrderMessage) => ({
  status: 200,
  result: {
    orderId: 1,
    clientOrderId: params["newClientOrderId"] ?? params["origClientOrderId"],
    symbol: params["symbol"],
    status: "FILLED",
    executedQty: "0.010",
    avgPrice: "61800.1",
    updateTime: 1_700_000_000_000,
  },
});

beforeEach(async () => {
  exchange = await startScriptedBinance();
  heard = new Recorder();
});

afterEach(async () => {
  await venue.close();
  await exchange.close();
});

describe("connecting", () => {
  it("resolves when orders, private stream, quotes and clock are live", async () => {
    await create().connect();
    expect(heard.status).toMatchObject({ venue: 0, ordersLive: true, streamLive: true, quotesLive: true });
    const { clockOffsetMs, clockErrorMs } = heard.status!;
    expect(Math.abs(clockOffsetMs - 2500)).toBeLessThanOrEqual(clockErrorMs + 2);
    expect(exchange.requests.filter((request) => request === "GET /fapi/v1/time")).toHaveLength(5);
  });

  it("waits for a venue that is still starting", async () => {
    const port = Number(exchange.url.split(":")[1]);
    await exchange.close();
    let isConnected = false;
    const connected = create({ reconnectBackoff: { baseMs: 10, maxMs: 100 } })
      .connect()
      .then(() => {
        isConnected = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(isConnected).toBe(false);
    exchange = await startScriptedBinance(port);
    await connected;
    expect(heard.status).toMatchObject({ ordersLive: true, streamLive: true, quotesLive: true });
  });

  it("says that nothing listens, and where it asked", async () => {
    await exchange.close();
    create({ connectTimeoutMs: 100 });
    const { error } = await connectError(venue);
    expect(error).toMatchObject({ code: "UNREACHABLE", field: "GET /fapi/v1/time" });
    expect(error.message).toContain("ECONNREFUSED");
    exchange = await startScriptedBinance();
  });

  it.each([
    ["symbol", { ...EXCHANGE_INFO, symbols: EXCHANGE_INFO.symbols.slice(1) }, "BTCUSDT"],
    ["tickSize", withFilter("ETHUSDT", "PRICE_FILTER", "tickSize", "0.05"), "ETHUSDT"],
    ["lotSize", withFilter("BTCUSDT", "LOT_SIZE", "stepSize", "0.01"), "BTCUSDT"],
    ["minQty", withFilter("BTCUSDT", "LOT_SIZE", "minQty", "0.002"), "BTCUSDT"],
    ["minNotional", withFilter("ETHUSDT", "MIN_NOTIONAL", "notional", "50"), "ETHUSDT"],
    ["status", { symbols: EXCHANGE_INFO.symbols.map((symbol) => ({ ...symbol, status: "BREAK" })) }, "BTCUSDT"],
  ])("refuses a listing whose %s does not fit the exchange's, naming both", async (field, info, symbol) => {
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v1/exchangeInfo") return false;
      response.end(JSON.stringify(info));
      return true;
    };
    create();
    const { error } = await connectError(venue);
    expect(error).toMatchObject({ code: "LISTING", field });
    expect(error.message).toContain(`${symbol} at alpha`);
    expect(exchange.connections("/ws-fapi/v1")).toBe(0);
  });

  it("accepts an exchange whose steps are finer", async () => {
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v1/exchangeInfo") return false;
      response.end(JSON.stringify(withFilter("BTCUSDT", "PRICE_FILTER", "tickSize", "0.02000")));
      return true;
    };
    await create().connect();
    expect(heard.status?.ordersLive).toBe(true);
  });

  it("fails at once when the signature is refused, and says no secret", async () => {
    exchange.onAuth = (_message, reply) => reply({ status: 401, error: { code: -1022, msg: `bad ${SECRET}` } });
    create();
    const { error, shown } = await connectError(venue);
    expect(error).toMatchObject({ code: "AUTH", venueCode: -1022 });
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toMatch(/signature=|scriptedListenKey/);
  });

  it("fails with the path and the code of a refused REST request, without query or body", async () => {
    exchange.onRest = (key, _request, response) => {
      if (key !== "POST /fapi/v1/listenKey") return false;
      response.writeHead(401).end(JSON.stringify({ code: -2015, msg: SECRET }));
      return true;
    };
    create();
    const { error, shown } = await connectError(venue);
    expect(error).toMatchObject({ code: "AUTH", venueCode: -2015, httpStatus: 401, field: "POST /fapi/v1/listenKey" });
    expect(shown).not.toContain(SECRET);
  });

  it("gives up at its deadline and names the socket that is missing", async () => {
    exchange.onAuth = () => {};
    create({ connectTimeoutMs: 700 });
    const { error } = await connectError(venue);
    expect(error).toMatchObject({ code: "UNREACHABLE", field: "orders" });
  });

  it("does not wait for a body that stalls", async () => {
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v1/exchangeInfo") return false;
      response.writeHead(200).write('{"symbols":');
      return true;
    };
    create({ restTimeoutMs: 200 });
    const { error } = await connectError(venue);
    expect(error).toMatchObject({ code: "UNREACHABLE", field: "GET /fapi/v1/exchangeInfo" });
  });

  it("ends with CLOSED when closed meanwhile", async () => {
    exchange.onAuth = () => void venue.close();
    create();
    const { error } = await connectError(venue);
    expect(error.code).toBe("CLOSED");
  });
});

describe("orders", () => {
  it("go out as built, in the order of the calls, signed for the venue to check", async () => {
    await create().connect();
    expect(venue.place(orderOf("a"))).toBe(true);
    expect(venue.cancel(BTC, "a")).toBe(true);
    expect(venue.query(BTC, "a")).toBe(true);
    await eventually(() => exchange.orders.length === 3);
    expect(exchange.orders.map(({ method }) => method)).toEqual(["order.place", "order.cancel", "order.status"]);
    for (const { params } of exchange.orders) {
      const names = Object.keys(params).filter((name) => name !== "signature");
      const payload = names
        .sort()
        .map((name) => `${name}=${params[name]}`)
        .join("&");
      expect(params["signature"]).toBe(createHmac("sha256", SECRET).update(payload).digest("hex"));
    }
    const cancelStampMs = Number(exchange.orders[1]!.params["timestamp"]);
    expect(Math.abs(cancelStampMs - (Date.now() + 2500))).toBeLessThan(1500);
  });

  it("of an Ed25519 key are sent on a session that signed once", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const logons: OrderMessage[] = [];
    exchange.onAuth = (message, reply) => {
      logons.push(message);
      reply({ status: 200, result: { apiKey: "test-key" } });
    };
    await create({ credentials: { apiKey: "test-key", secret: { type: "ed25519", privateKeyPem } } }).connect();
    venue.place(orderOf("a"));
    await eventually(() => exchange.orders.length === 1);
    expect(exchange.orders[0]!.params).not.toHaveProperty("signature");
    expect(logons.map(({ method }) => method)).toEqual(["session.logon"]);
    const { timestamp, signature } = logons[0]!.params;
    const payload = Buffer.from(`apiKey=test-key&timestamp=${timestamp}`);
    expect(verify(null, payload, publicKey, Buffer.from(String(signature), "base64"))).toBe(true);
  });

  it("answers find their order though they come back in another order", async () => {
    const held: (() => void)[] = [];
    exchange.onOrder = (message, reply) => {
      held.push(() => reply(filled(message)));
      if (held.length === 3) for (const answer of held.reverse()) answer();
    };
    await create().connect();
    for (const id of ["a", "b", "c"]) venue.place(orderOf(id));
    await eventually(() => heard.reports.length === 3);
    expect(heard.reports.map((report) => report.clientOrderId)).toEqual(["c", "b", "a"]);
    for (const report of heard.reports) {
      expect(report).toMatchObject({ kind: "status", status: "filled", cumQtyLots: 10, avgPxTicks: 618_001, venue: 0 });
    }
  });

  it("in flight when the socket dies become unknown once each, and the socket comes back", async () => {
    exchange.onOrder = (message, _reply, socket) => {
      if (message.params["newClientOrderId"] === "b") socket.terminate();
    };
    await create().connect();
    venue.place(orderOf("a"));
    venue.query(BTC, "old");
    venue.place(orderOf("b"));
    await eventually(() => heard.find("b", { kind: "unknown" }));
    expect(heard.reports.map(({ clientOrderId, kind, origin, code }) => [clientOrderId, kind, origin, code])).toEqual([
      ["a", "unknown", "local", LOCAL_CODES.socketLost],
      ["old", "unknown", "local", LOCAL_CODES.socketLost],
      ["b", "unknown", "local", LOCAL_CODES.socketLost],
    ]);
    expect(heard.statuses.some((status) => !status.ordersLive && status.streamLive && status.quotesLive)).toBe(true);
    await eventually(() => heard.status?.ordersLive);
    exchange.onOrder = (message, reply) => reply(filled(message));
    venue.query(BTC, "b");
    await eventually(() => heard.find("b", { origin: "query", status: "filled" }));
    expect(exchange.orders.filter(({ params }) => params["newClientOrderId"] === "b")).toHaveLength(1);
    // What was reported lost stays reported once: a second loss finds nothing under way.
    const reported = heard.reports.length;
    for (const socket of exchange.sockets("/ws-fapi/v1")) socket.terminate();
    await eventually(() => exchange.connections("/ws-fapi/v1") === 3 && heard.status?.ordersLive);
    expect(heard.reports).toHaveLength(reported);
  });

  it("are refused before the write while the socket is down, and reported nowhere", async () => {
    expect(create().place(orderOf("early"))).toBe(false);
    await venue.connect();
    for (const socket of exchange.sockets("/ws-fapi/v1")) socket.terminate();
    await eventually(() => heard.status?.ordersLive === false);
    expect(venue.place(orderOf("late"))).toBe(false);
    expect(venue.cancel(BTC, "late")).toBe(false);
    expect(venue.query(BTC, "late")).toBe(false);
    await eventually(() => heard.status?.ordersLive);
    expect(heard.reports).toEqual([]);
    expect(exchange.orders).toEqual([]);
  });

  it("in flight are bounded: beyond the limit nothing is written", async () => {
    await create({ inFlightMax: 3 }).connect();
    expect(["a", "b", "c", "d"].map((id) => venue.place(orderOf(id)))).toEqual([true, true, true, false]);
    await eventually(() => exchange.orders.length === 3);
    exchange.send("/ws-fapi/v1", JSON.stringify({ id: exchange.orders[0]!.id, ...filled(exchange.orders[0]!) }));
    await eventually(() => heard.find("a", { status: "filled" }));
    expect(venue.place(orderOf("e"))).toBe(true);
  });

  it.each(["not json", "[]", '{"id":null,"status":401,"error":{"code":-2015}}', '{"id":7}'])(
    "the answer %j breaks trust: hung up, everything in flight unknown",
    async (text) => {
      await create().connect();
      venue.place(orderOf("a"));
      await eventually(() => exchange.orders.length === 1);
      exchange.send("/ws-fapi/v1", text);
      await eventually(() => heard.find("a", { kind: "unknown", code: LOCAL_CODES.socketLost }));
      await eventually(() => exchange.connections("/ws-fapi/v1") === 2 && heard.status?.ordersLive);
    },
  );

  it("an answer to a question nobody asked changes nothing", async () => {
    await create().connect();
    exchange.send("/ws-fapi/v1", JSON.stringify({ id: "999", ...filled({ id: "", method: "", params: {} }) }));
    exchange.onOrder = (message, reply) => reply(filled(message));
    venue.place(orderOf("a"));
    await eventually(() => heard.find("a", { status: "filled" }));
    expect(heard.reports).toHaveLength(1);
  });

  it("in flight at close are unknown, and nothing is sent after", async () => {
    await create().connect();
    venue.place(orderOf("a"));
    await venue.close();
    expect(heard.of("a")).toMatchObject([{ kind: "unknown", code: LOCAL_CODES.closed }]);
    expect(heard.status).toMatchObject({ ordersLive: false, streamLive: false, quotesLive: false });
    expect(venue.place(orderOf("b"))).toBe(false);
  });
});

describe("rate limits", () => {
  const limited = (limit: number) => ({
    ...EXCHANGE_INFO,
    rateLimits: [
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit },
      { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 1200 },
      { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 1 },
    ],
  });
  const publish = (info: unknown) => {
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v1/exchangeInfo") return false;
      response.end(JSON.stringify(info));
      return true;
    };
  };
  const placed = (count: number, fields: Partial<OrderRequest> = {}) =>
    Array.from({ length: count }, (_, index) =>
      venue.place(orderOf(`${fields.reduceOnly ? "r" : "h"}${index}`, fields)),
    );

  it("are the venue's own: hedges stop at four fifths, what reduces may use the rest, and no more is written", async () => {
    publish(limited(10));
    await create().connect();
    // All within one window of ten seconds, or the second half of the sum is another's.
    const soonOver = 10_000 - ((Date.now() + 2500) % 10_000);
    if (soonOver < 1500) await new Promise((resolve) => setTimeout(resolve, soonOver + 200));
    expect(placed(12).filter(Boolean)).toHaveLength(8);
    expect(placed(12, { reduceOnly: true }).filter(Boolean)).toHaveLength(2);
    expect(venue.cancel(BTC, "h0")).toBe(true);
    await eventually(() => exchange.orders.length === 11);
    expect(heard.reports).toEqual([]);
  });

  it("follow the venue's counter in its answers", async () => {
    await create().connect();
    exchange.onOrder = (message, reply) => {
      const rate = { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 1200, count: 1200 };
      reply({ ...filled(message), rateLimits: [rate] });
    };
    expect(venue.place(orderOf("a"))).toBe(true);
    await eventually(() => heard.find("a", { status: "filled" }));
    expect(venue.place(orderOf("b"))).toBe(false);
  });

  it("follow the counters in the headers of REST answers, and their refusals", async () => {
    await create().connect();
    let answer: [number, Record<string, string>, unknown] = [200, { "x-mbx-order-count-1m": "1200" }, []];
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v3/positionRisk") return false;
      const [status, headers, body] = answer;
      response.writeHead(status, headers).end(JSON.stringify(body));
      return true;
    };
    expect(venue.place(orderOf("a"))).toBe(true);
    await venue.positions();
    expect(venue.place(orderOf("b"))).toBe(false);
    answer = [429, { "retry-after": "60" }, { code: -1003, msg: "Too many requests." }];
    expect(venue.query(BTC, "a")).toBe(true);
    await expect(venue.positions()).rejects.toMatchObject({ code: "REFUSED", httpStatus: 429, venueCode: -1003 });
    expect([venue.query(BTC, "a"), venue.cancel(BTC, "a")]).toEqual([false, true]);
    await expect(venue.positions()).rejects.toMatchObject({ code: "LIMITED" });
  });

  it("hold hedges back after a 429, while cancels go on, and everything after a ban", async () => {
    await create().connect();
    let error: object = {
      status: 429,
      error: { code: -1003, msg: "Too many requests.", data: { retryAfter: Date.now() + 60_000 } },
    };
    exchange.onOrder = (_message, reply) => reply(error);
    venue.place(orderOf("a"));
    await eventually(() => heard.find("a", { kind: "rejected", code: -1003 }));
    expect([venue.place(orderOf("b")), venue.query(BTC, "a")]).toEqual([false, false]);
    error = { status: 418, error: { code: -1003, msg: "Way too many requests; IP banned." } };
    expect(venue.cancel(BTC, "a")).toBe(true);
    await eventually(() => heard.find("a", { kind: "unknown", code: -1003 }));
    expect([venue.cancel(BTC, "a"), venue.place(orderOf("c", { reduceOnly: true }))]).toEqual([false, false]);
    await expect(venue.positions()).rejects.toMatchObject({ code: "LIMITED", field: "GET /fapi/v3/positionRisk" });
  });
});

describe("the standby of the order socket", () => {
  const standing = () => eventually(() => exchange.sockets("/ws-fapi/v1").length === 2 && logons === 2, "both");
  let logons = 0;
  beforeEach(async () => {
    logons = 0;
    const { onAuth } = exchange;
    exchange.onAuth = (message, reply) => {
      onAuth(message, reply);
      logons += 1;
    };
    await create({ orderSockets: 2 }).connect();
    await standing();
  });

  it("takes the next order at once, while what the lost one carried is unknown", async () => {
    exchange.onOrder = (message, reply, socket) => {
      if (message.params["newClientOrderId"] === "a") socket.terminate();
      else reply(filled(message));
    };
    venue.place(orderOf("a"));
    await eventually(() => heard.find("a", { kind: "unknown", code: LOCAL_CODES.socketLost }));
    expect(venue.place(orderOf("b"))).toBe(true);
    await eventually(() => heard.find("b", { status: "filled" }));
    expect(heard.statuses.every(({ ordersLive }, at) => ordersLive || at < heard.statuses.length - 1)).toBe(true);
    expect(heard.status?.ordersLive).toBe(true);
    expect(heard.of("b")).toHaveLength(1);
    await eventually(() => exchange.connections("/ws-fapi/v1") === 3);
  });

  it("lost by itself costs nothing that is under way", async () => {
    const held: (() => void)[] = [];
    exchange.onOrder = (message, reply) => void held.push(() => reply(filled(message)));
    venue.place(orderOf("a"));
    await eventually(() => held.length === 1);
    exchange.sockets("/ws-fapi/v1")[1]!.terminate();
    await eventually(() => exchange.connections("/ws-fapi/v1") === 3);
    for (const answer of held) answer();
    await eventually(() => heard.find("a", { status: "filled" }));
    expect(heard.of("a")).toHaveLength(1);
  });
});

describe("sockets", () => {
  it("are replaced before the venue ends them, without a gap and without losing an answer", async () => {
    const held: (() => void)[] = [];
    exchange.onOrder = (message, reply) => void held.push(() => reply(filled(message)));
    await create({ heartbeatMs: 20, rotateAfterMs: 150 }).connect();
    const from = heard.statuses.length;
    venue.place(orderOf("a"));
    await eventually(() => exchange.connections("/ws-fapi/v1") >= 2 && exchange.connections("/private/ws") >= 2);
    await eventually(() => exchange.connections("/public/ws") >= 2);
    // Several heartbeats, after which nobody would wait any more who did not know of the order.
    await new Promise((resolve) => setTimeout(resolve, 120));
    for (const answer of held) answer();
    await eventually(() => heard.find("a", { origin: "response", status: "filled" }));
    expect(heard.of("a")).toHaveLength(1);
    const flags = heard.statuses
      .slice(from)
      .flatMap((status) => [status.ordersLive, status.streamLive, status.quotesLive]);
    expect(flags.filter((live) => !live)).toEqual([]);
  });

  it("of a quote's old and new one only the one in use is believed", async () => {
    await create({ heartbeatMs: 800, staleAfterMs: 2000, rotateAfterMs: 300 }).connect();
    const [old] = exchange.sockets("/public/ws");
    const quote = (bid: string) =>
      JSON.stringify({ e: "bookTicker", s: "BTCUSDT", b: bid, B: "1.000", a: "61800.1", A: "2.000", T: 9 });
    const successor = await eventually(() => exchange.sockets("/public/ws").find((socket) => socket !== old));
    await eventually(() => {
      successor.send(quote("61800.0"));
      return heard.quotes.length > 0;
    });
    expect(exchange.sockets("/public/ws")).toContain(old);
    old!.send(quote("61799.0"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard.quotes.every(({ bidTicks }) => bidTicks === 618_000)).toBe(true);
  });

  it("a silent venue is hung up on and dialled again", async () => {
    await create({ heartbeatMs: 40, staleAfterMs: 160 }).connect();
    // Below the library: pongs are sent by the server's receiver, so reading must stop for silence.
    for (const socket of exchange.sockets("/ws-fapi/v1")) socket.pause();
    venue.place(orderOf("a"));
    await eventually(() => heard.find("a", { kind: "unknown", code: LOCAL_CODES.socketLost }));
    await eventually(() => exchange.connections("/ws-fapi/v1") >= 2 && heard.status?.ordersLive);
    expect(exchange.connections("/public/ws")).toBe(1);
  });

  it("a private stream whose listen key expired gets a new one", async () => {
    await create().connect();
    exchange.send("/private/ws", '{"e":"listenKeyExpired","E":"1736996475556","listenKey":"scriptedListenKey"}');
    await eventually(() => exchange.connections("/private/ws") === 2 && heard.status?.streamLive);
    expect(exchange.requests.filter((request) => request === "POST /fapi/v1/listenKey")).toHaveLength(2);
    expect(heard.statuses.some((status) => !status.streamLive && status.ordersLive && status.quotesLive)).toBe(true);
  });

  it("the listen key is kept alive, and replaced when the venue no longer knows it", async () => {
    let keptAlive = 0;
    exchange.onRest = (key, _request, response) => {
      if (key !== "PUT /fapi/v1/listenKey") return false;
      keptAlive += 1;
      if (keptAlive < 3) return false;
      response.writeHead(400).end(JSON.stringify({ code: -1125, msg: "This listenKey does not exist." }));
      return true;
    };
    await create({ listenKeyKeepAliveMs: 30 }).connect();
    await eventually(() => keptAlive >= 3 && exchange.connections("/private/ws") >= 2);
  });

  it("the clock is measured again, and is unknown once it cannot be", async () => {
    await create({ clockRefreshMs: 20 }).connect();
    const known = heard.statuses.length;
    await eventually(() => heard.statuses.length > known + 2);
    expect(heard.status?.clockOffsetMs).not.toBeNaN();
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v1/time") return false;
      response.writeHead(500).end("{}");
      return true;
    };
    await eventually(() => Number.isNaN(heard.status?.clockOffsetMs));
    exchange.onRest = () => false;
    await eventually(() => !Number.isNaN(heard.status?.clockOffsetMs));
  });

  it("events of the private stream and quotes come through, wrapped or not", async () => {
    await create().connect();
    const update = {
      e: "ORDER_TRADE_UPDATE",
      T: 5,
      o: { s: "ETHUSDT", c: "foreign", X: "FILLED", z: "1.5", ap: "2500" },
    };
    exchange.send("/private/ws", JSON.stringify({ stream: "key", data: update }));
    exchange.send("/private/ws", '{"e":"ACCOUNT_UPDATE","T":1,"a":{}}');
    const quote = { e: "bookTicker", s: "BTCUSDT", b: "61800.0", B: "1.000", a: "61800.1", A: "2.000", T: 9 };
    exchange.send("/public/ws", JSON.stringify(quote));
    await eventually(() => heard.reports.length === 1 && heard.quotes.length === 1);
    expect(heard.reports[0]).toMatchObject({
      clientOrderId: "foreign",
      origin: "stream",
      listing: ETH,
      cumQtyLots: 1500,
    });
    expect(heard.quotes[0]).toEqual({
      listing: BTC,
      bidTicks: 618_000,
      askTicks: 618_001,
      bidLots: 1000,
      askLots: 2000,
      venueMs: 9,
    });
  });
});

describe("account", () => {
  it("positions are net lots per listing, flat where the venue says nothing", async () => {
    await create().connect();
    expect([...(await venue.positions())]).toEqual([
      [BTC, -250],
      [ETH, 0],
    ]);
  });

  it("a position of no whole lot is an error, never rounded", async () => {
    await create().connect();
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /fapi/v3/positionRisk") return false;
      response.end(JSON.stringify([{ symbol: "BTCUSDT", positionAmt: "0.0005" }]));
      return true;
    };
    await expect(venue.positions()).rejects.toMatchObject({ code: "MALFORMED", field: "positionAmt" });
  });

  it.each([
    [
      { enableFutures: true, enableWithdrawals: false },
      { canTrade: true, canWithdraw: false },
    ],
    [
      { enableFutures: true, enableWithdrawals: true },
      { canTrade: true, canWithdraw: true },
    ],
    [
      { enableFutures: false, enableWithdrawals: false },
      { canTrade: false, canWithdraw: false },
    ],
    [
      { enableWithdrawals: false, enableInternalTransfer: true },
      { canTrade: false, canWithdraw: true },
    ],
    [
      { enableWithdrawals: false, permitsUniversalTransfer: true },
      { canTrade: false, canWithdraw: true },
    ],
    [{}, { canTrade: false, canWithdraw: true }],
    [null, { canTrade: false, canWithdraw: true }],
  ])("permissions %j are read as %j: what is not denied is allowed", async (flags, wanted) => {
    await create().connect();
    exchange.onRest = (key, _request, response) => {
      if (key !== "GET /sapi/v1/account/apiRestrictions") return false;
      response.end(JSON.stringify(flags));
      return true;
    };
    expect(await venue.permissions()).toEqual(wanted);
  });

  it("shows no secret when the venue itself is printed", async () => {
    await create().connect();
    expect(inspect(venue, { depth: 20, showHidden: true })).not.toContain(SECRET);
    expect(JSON.stringify(venue)).not.toContain(SECRET);
  });
});

function withFilter(symbol: string, filterType: string, field: string, value: string): object {
  const symbols = EXCHANGE_INFO.symbols.map((entry) => ({
    ...entry,
    filters: entry.filters.map((filter) =>
      entry.symbol === symbol && filter.filterType === filterType ? { ...filter, [field]: value } : filter,
    ),
  }));
  return { symbols };
}
