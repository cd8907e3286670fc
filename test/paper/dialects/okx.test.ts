import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { type Json, Wire } from "../client.ts";
import {
  INST_ID,
  item,
  KEY,
  limit,
  loginArg,
  OkxWire,
  openPrivate,
  quote,
  type RestAnswer,
  rest,
  sign,
  startOkx,
} from "./okx-client.ts";

let server: PaperServer;
let venue: PaperVenue;
let api: OkxWire;

beforeEach(async () => {
  ({ server, venue } = await startOkx());
  quote(venue, 600_000, 600_001);
  api = await openPrivate(venue);
});

afterEach(() => server.close());

const place = (over: Json = {}) => api.call("order", [limit(over)]);
const sCode = (answer: Json) => item(answer)["sCode"];
const query = (clOrdId: string) => rest(venue, `/api/v5/trade/order?instId=${INST_ID}&clOrdId=${clOrdId}`);
const row = ({ json }: RestAnswer) => (json["data"] as Json[])[0]!;

describe("orders", () => {
  test("the answer to an order is an acknowledgement and no more: ids, code and gateway times", async () => {
    const answer = await place({ clOrdId: "a1" });
    expect(answer).toMatchObject({ op: "order", code: "0", msg: "" });
    expect(item(answer)).toEqual({
      clOrdId: "a1",
      ordId: expect.stringMatching(/^\d{19}$/),
      tag: "",
      ts: expect.stringMatching(/^\d{13}$/),
      sCode: "0",
      sMsg: "Order successfully placed.",
      subCode: "",
    });
    expect(answer["inTime"]).toMatch(/^\d{16}$/);
    expect(BigInt(answer["outTime"] as string) >= BigInt(answer["inTime"] as string)).toBe(true);
  });

  test("what it acknowledged is told by the orders channel, after the answer, fill by fill, in contracts", async () => {
    await api.subscribe({ channel: "orders", instType: "SWAP" });
    quote(venue, 600_000, 600_001, 1000, 4);
    // 1 contract is 10 lots of 0.001 BTC: 4 of them are there.
    await place({ clOrdId: "a1" });
    const end = await api.row("orders", (each) => each["state"] === "canceled");
    expect(end).toMatchObject({ clOrdId: "a1", sz: "1", accFillSz: "0.4", avgPx: "60000.1", cancelSource: "14" });
    const states = api
      .rows("orders")
      .map((each) => [each["state"], each["accFillSz"], each["fillSz"], each["execType"]]);
    expect(states).toEqual([
      ["live", "0", "0", ""],
      ["partially_filled", "0.4", "0.4", "T"],
      ["canceled", "0.4", "0", ""],
    ]);
    const order = api.wire.texts.findIndex((text) => text.includes('"op":"order"'));
    const push = api.wire.texts.findIndex((text) => text.includes('"state":"live"'));
    expect(order).toBeLessThan(push);
    // 0.004 BTC at 60000.1, 5 bp, paid.
    expect(end).toMatchObject({ fee: "-0.1200002", feeCcy: "USDT" });
    expect(venue.state().accounts[0]!.positions).toEqual([{ symbol: INST_ID, netLots: 4, quantity: "0.004" }]);
  });

  test("order ids are texts above 2^53, and either id finds the order", async () => {
    const ordId = String(item(await place({ clOrdId: "a1" }))["ordId"]);
    const other = String(item(await place({ clOrdId: "a2" }))["ordId"]);
    expect(BigInt(ordId) > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(Number(ordId)).toBe(Number(other));
    expect(ordId).not.toBe(other);
    expect(row(await rest(venue, `/api/v5/trade/order?instId=${INST_ID}&ordId=${other}`))["clOrdId"]).toBe("a2");
    expect(row(await query("a1"))["ordId"]).toBe(ordId);
  });

  test("an order is found with what it has filled at what price, last fill and fee included", async () => {
    quote(venue, 600_000, 600_001, 1000, 10);
    await place({ clOrdId: "a1", ordType: "limit", sz: "1.5", px: "60000.1" });
    expect(row(await query("a1"))).toMatchObject({
      instId: INST_ID,
      instType: "SWAP",
      state: "partially_filled",
      ordType: "limit",
      px: "60000.1",
      sz: "1.5",
      accFillSz: "1",
      avgPx: "60000.1",
      fillPx: "60000.1",
      fillSz: "1",
      fee: "-0.3000005",
      side: "buy",
      posSide: "net",
      tdMode: "cross",
    });
    expect(item(await api.call("cancel-order", [{ instId: INST_ID, clOrdId: "a1" }]))).toMatchObject({ sCode: "0" });
    expect(row(await query("a1"))).toMatchObject({ state: "canceled", accFillSz: "1", cancelSource: "1" });
  });

  test("an order without a client id has an empty one", async () => {
    const { ordId, clOrdId } = item(await place());
    expect(clOrdId).toBe("");
    expect(row(await rest(venue, `/api/v5/trade/order?instId=${INST_ID}&ordId=${ordId}`))["clOrdId"]).toBe("");
  });

  test("a client order id is unique among pending orders, and a query by a reused one finds the latest", async () => {
    await place({ clOrdId: "dup", ordType: "limit", px: "59000" });
    expect(sCode(await place({ clOrdId: "dup" }))).toBe("51016");
    await api.call("cancel-order", [{ instId: INST_ID, clOrdId: "dup" }]);
    expect(sCode(await place({ clOrdId: "dup" }))).toBe("0");
    expect(row(await query("dup"))).toMatchObject({ state: "filled" });
    expect(venue.state().accounts[0]!.orders["dup"]).toMatchObject({ orders: 2, cumQtyLots: 10 });
  });

  test("post-only that would trade is acknowledged, and then cancelled by the system", async () => {
    await api.subscribe({ channel: "orders", instType: "ANY" });
    expect(sCode(await place({ clOrdId: "po", ordType: "post_only" }))).toBe("0");
    expect(await api.row("orders", (each) => each["state"] === "canceled")).toMatchObject({
      clOrdId: "po",
      accFillSz: "0",
      cancelSource: "31",
    });
  });

  test("fill-or-kill fills whole or is cancelled; a market order goes as far as it is protected", async () => {
    quote(venue, 600_000, 600_001, 1000, 15);
    await place({ clOrdId: "fok", ordType: "fok", sz: "2" });
    expect(row(await query("fok"))).toMatchObject({ state: "canceled", accFillSz: "0", cancelSource: "13" });
    await place({ clOrdId: "mkt", ordType: "market", px: undefined });
    expect(row(await query("mkt"))).toMatchObject({ state: "filled", ordType: "market", px: "", avgPx: "60000.1" });
  });

  test.each([
    ["more contracts' decimals than a lot has", { sz: "1.05" }, "51121"],
    ["less than the smallest order", { sz: "0" }, "51020"],
    ["no size", { sz: "" }, "50014"],
    ["a size that is no number", { sz: "1e1" }, "51000"],
    ["a size that is a number and no text", { sz: 1 }, "51000"],
    ["a price between ticks", { px: "60000.15" }, "51150"],
    ["a price of zero", { px: "0" }, "51000"],
    ["no price", { px: "" }, "50014"],
    ["an unknown instrument", { instId: "NOPE-USDT-SWAP" }, "51001"],
    ["an unknown instrument code", { instId: undefined, instIdCode: 1 }, "51001"],
    ["no instrument", { instId: undefined }, "50014"],
    ["an unknown side", { side: "long" }, "51000"],
    ["an unknown order type", { ordType: "gtd" }, "51000"],
    ["cash", { tdMode: "cash" }, "51000"],
    ["a long/short mode position side", { posSide: "long" }, "51000"],
    ["a client order id with a dash", { clOrdId: "a-b" }, "51000"],
    ["a client order id of 33 characters", { clOrdId: "a".repeat(33) }, "51000"],
    ["reduce-only without a position", { reduceOnly: true }, "51169"],
    ["more than the margin allows", { sz: "900000" }, "51008"],
  ])("refuses %s with its sCode, an empty message and nothing done", async (_what, over, expected) => {
    const answer = await place(over as Json);
    expect(answer).toMatchObject({ code: "1", msg: "" });
    expect(item(answer)).toMatchObject({ sCode: expected, ordId: "" });
    expect(item(answer)["sMsg"]).not.toBe("");
    expect(venue.state().accounts[0]!.totals.orders).toBe(0);
  });

  test("an order past its expTime is refused, one before it is taken", async () => {
    const now = Date.now();
    expect(sCode(await api.call("order", [limit()], { expTime: String(now - 50) }))).toBe("50036");
    expect(sCode(await api.call("order", [limit()], { expTime: String(now + 5000) }))).toBe("0");
    venue.inject({ kind: "clockSkew", ms: 10_000, durationMs: 60_000 });
    expect(sCode(await api.call("order", [limit()], { expTime: String(now + 5000) }))).toBe("50036");
    expect(sCode(await api.call("order", [limit()], { expTime: "soon" }))).toBe("51000");
    const late = await rest(venue, "/api/v5/trade/order", limit(), { expTime: String(now + 5000) });
    expect(sCode(late.json)).toBe("50036");
    expect(venue.state().accounts[0]!.totals.orders).toBe(1);
  });

  test("the instrument's code works as well as its name", async () => {
    const { json } = await rest(venue, "/api/v5/public/instruments?instType=SWAP");
    const code = (json["data"] as Json[]).find((each) => each["instId"] === INST_ID)!["instIdCode"];
    expect(typeof code).toBe("number");
    expect(sCode(await place({ instId: undefined, instIdCode: code, clOrdId: "c1" }))).toBe("0");
    expect(row(await query("c1"))).toMatchObject({ instId: INST_ID, state: "filled" });
  });

  test("a batch says of each order what became of it, and with code 2 that they differ", async () => {
    const batch = await api.call("batch-orders", [limit({ clOrdId: "b1" }), limit({ clOrdId: "b2", sz: "1.05" })]);
    expect(batch).toMatchObject({ code: "2", msg: "" });
    expect((batch["data"] as Json[]).map((each) => [each["clOrdId"], each["sCode"]])).toEqual([
      ["b1", "0"],
      ["b2", "51121"],
    ]);
    const { json } = await rest(venue, "/api/v5/trade/batch-orders", [limit({ clOrdId: "b3" }), limit({ sz: "" })]);
    expect(json).toMatchObject({ code: "2", data: [{ sCode: "0" }, { sCode: "50014" }] });
    expect(
      await api.call(
        "batch-orders",
        Array.from({ length: 21 }, () => limit()),
      ),
    ).toMatchObject({
      code: "60013",
      msg: "Invalid args",
      data: [],
    });
    expect(await api.call("order", [limit(), limit()])).toMatchObject({ code: "60013" });
  });

  test("a cancel of what is not pending is 51400, whatever became of it; a query of what never was is 51603", async () => {
    await place({ clOrdId: "done" });
    for (const clOrdId of ["done", "never"])
      expect(await api.call("cancel-order", [{ instId: INST_ID, clOrdId }])).toMatchObject({
        code: "1",
        data: [{ clOrdId, sCode: "51400" }],
      });
    expect(sCode(await api.call("cancel-order", [{ instId: INST_ID }]))).toBe("51003");
    expect(await query("never")).toMatchObject({ status: 200, json: { code: "51603", data: [] } });
  });

  test("reduce-only closes and cannot open more", async () => {
    await place({ clOrdId: "open" });
    const close = { side: "sell", px: "60000", reduceOnly: true };
    expect(sCode(await place({ ...close, side: "buy" }))).toBe("51169");
    expect(sCode(await place({ ...close, sz: "3", clOrdId: "close" }))).toBe("0");
    expect(row(await query("close"))).toMatchObject({ accFillSz: "1", reduceOnly: "true" });
    expect((await rest(venue, "/api/v5/account/positions")).json["data"]).toEqual([]);
  });
});

describe("limits", () => {
  test("60 orders per 2 s and instrument; cancels and other instruments have their own", async () => {
    await server.close();
    ({ server, venue } = await startOkx({ limits: { place: [{ count: 3, windowMs: 60_000 }] } }));
    quote(venue, 600_000, 600_001);
    api = await openPrivate(venue);
    const codes = [];
    for (let sent = 0; sent < 4; sent++) codes.push(sCode(await place()));
    expect(codes).toEqual(["0", "0", "0", "50011"]);
    expect(sCode(await place({ instId: "ETH-USDT-SWAP", px: "3000" }))).toBe("0");
    expect(sCode(await api.call("cancel-order", [{ instId: INST_ID, clOrdId: "x" }]))).toBe("51400");
    expect(venue.state().accounts[0]!.totals.orders).toBe(4);
  });

  test("an account's orders over all instruments are limited too", async () => {
    await server.close();
    const place = [
      { count: 60, windowMs: 60_000 },
      { count: 2, windowMs: 60_000 },
    ];
    ({ server, venue } = await startOkx({ limits: { place } }));
    api = await openPrivate(venue);
    const codes = [];
    for (const instId of [INST_ID, "ETH-USDT-SWAP", INST_ID])
      codes.push(sCode(await api.call("order", [limit({ instId, px: "3000" })])));
    expect(codes).toEqual(["0", "0", "50061"]);
  });
});

describe("sockets", () => {
  test.each([
    ["a wrong secret", { sign: sign("x", "y") }, "60007"],
    ["an unknown key", { apiKey: "nope" }, "60005"],
    ["a wrong passphrase", { passphrase: "nope" }, "60024"],
    ["a timestamp of another minute", { timestamp: String(Math.floor(Date.now() / 1000) - 60) }, "60006"],
    ["a timestamp in milliseconds", { timestamp: String(Date.now()) }, "60004"],
  ])("a login with %s is refused with its code and opens nothing", async (_what, over, code) => {
    const wire = await OkxWire.open(venue, "/ws/v5/private");
    expect(await wire.login(over)).toMatchObject({ event: "error", code });
    expect(await wire.call("order", [limit()])).toMatchObject({ event: "error", code: "60011" });
    expect(await wire.subscribe({ channel: "orders", instType: "SWAP" })).toMatchObject({ code: "60011" });
  });

  test("a login is answered with the connection's id, once", async () => {
    const wire = await OkxWire.open(venue, "/ws/v5/private");
    expect(await wire.login()).toEqual({
      event: "login",
      msg: "",
      code: "0",
      connId: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(await wire.call("login", [loginArg()])).toMatchObject({ event: "error", code: "60031" });
  });

  test("a text ping is answered with a text pong, before and after login", async () => {
    const wire = await Wire.open(venue, "/ws/v5/public");
    wire.socket.send("ping");
    while (wire.texts.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(wire.texts).toEqual(["pong"]);
  });

  test.each([
    ["no JSON", "{", "60012"],
    ["no args", '{"id":"1","op":"order"}', "60012"],
    ["an unknown op", '{"id":"1","op":"amend-order","args":[{}]}', "60019"],
    [
      "a private channel at the public address",
      '{"op":"subscribe","args":[{"channel":"orders","instType":"SWAP"}]}',
      "60018",
    ],
    [
      "a channel that is not there",
      '{"op":"subscribe","args":[{"channel":"candle1m","instId":"BTC-USDT-SWAP"}]}',
      "60018",
    ],
    ["an instrument that is not there", '{"op":"subscribe","args":[{"channel":"books","instId":"X"}]}', "60018"],
    ["an order at the public address", '{"id":"1","op":"order","args":[{}]}', "60028"],
  ])("answers %s with an error event", async (_what, text, code) => {
    const wire = await Wire.open(venue, "/ws/v5/public");
    wire.socket.send(text);
    expect(await wire.next((message) => message["event"] === "error")).toMatchObject({ code });
  });

  test("a fault that cuts private streams leaves order sockets alone, and the other way round", async () => {
    const stream = await openPrivate(venue);
    await stream.subscribe({ channel: "orders", instType: "SWAP" });
    const both = await openPrivate(venue);
    await both.subscribe({ channel: "orders", instType: "SWAP" });
    await both.call("order", [limit({ clOrdId: "b" })]);
    const closed = (wire: OkxWire) => new Promise((resolve) => wire.wire.socket.once("close", resolve));
    const ofOrders = [closed(api), closed(both)];
    venue.inject({ kind: "killSockets", sockets: "orders", when: "now" });
    await Promise.all(ofOrders);
    expect(await stream.subscribe({ channel: "positions", instType: "SWAP" })).toMatchObject({ event: "subscribe" });
    api = await openPrivate(venue);
    const ofUser = closed(stream);
    venue.inject({ kind: "killSockets", sockets: "user", when: "now" });
    await ofUser;
    expect(sCode(await place({ clOrdId: "still" }))).toBe("0");
  });

  test("a private stream hears of its own account only, and of a fill's fee once, however often it is told", async () => {
    await server.close();
    const other = { apiKey: "other", apiSecret: "other-secret", passphrase: "other-phrase" };
    ({ server, venue } = await startOkx({ otherKeys: [other] }));
    quote(venue, 600_000, 600_001);
    api = await openPrivate(venue);
    const stranger = await OkxWire.open(venue, "/ws/v5/private");
    const timestamp = String(Math.floor(Date.now() / 1000));
    const { apiKey, passphrase } = other;
    await stranger.login({
      apiKey,
      passphrase,
      timestamp,
      sign: sign(`${timestamp}GET/users/self/verify`, other.apiSecret),
    });
    for (const wire of [api, stranger])
      await wire.subscribe({ channel: "orders", instType: "SWAP" }, { channel: "positions", instType: "SWAP" });
    venue.inject({ kind: "duplicateEvents", times: 2 });
    await place({ clOrdId: "mine" });
    await place({ clOrdId: "next" });
    await api.row("orders", (each) => each["clOrdId"] === "next" && each["state"] === "filled");
    const fills = api.rows("orders").filter((each) => each["clOrdId"] === "mine" && each["state"] === "filled");
    expect(fills.map((each) => each["fee"])).toEqual(["-0.3000005", "-0.3000005"]);
    // Asked behind it, so what would have been told has been.
    await stranger.call("cancel-order", [{ instId: INST_ID, clOrdId: "x" }]);
    expect([...stranger.rows("orders"), ...stranger.rows("positions")]).toEqual([]);
  });

  test("positions and balance are pushed on subscription and with every fill", async () => {
    await place();
    await api.subscribe({ channel: "positions", instType: "SWAP" }, { channel: "account" });
    expect(await api.row("positions")).toMatchObject({ instId: INST_ID, pos: "1", posSide: "net", avgPx: "60000.1" });
    await place({ side: "sell", px: "60000", sz: "2.5" });
    expect(await api.row("positions", (each) => each["pos"] !== "1")).toMatchObject({ pos: "-1.5", avgPx: "60000" });
    const balances = api.rows("account").map((each) => (each["details"] as Json[])[0]!["cashBal"]);
    expect(new Set(balances).size).toBeGreaterThan(1);
  });
});

describe("market data", () => {
  test("books: a snapshot, then updates that follow on from it, for early and late subscribers alike", async () => {
    const early = await OkxWire.open(venue, "/ws/v5/public");
    await early.subscribe({ channel: "books", instId: INST_ID });
    quote(venue, 600_000, 600_002);
    await early.row("books", (each) => (each["asks"] as string[][]).some(([px]) => px === "60000.2"));
    // Moved and back between two ticks: the book's number rises, and early subscribers have nothing to be told.
    quote(venue, 600_000, 600_005);
    quote(venue, 600_000, 600_002);
    const late = await OkxWire.open(venue, "/ws/v5/public");
    await late.subscribe({ channel: "books", instId: INST_ID });
    quote(venue, 600_001, 600_003, 7);
    for (const wire of [early, late]) {
      await wire.row("books", (each) =>
        (each["bids"] as string[][]).some(([px, sz]) => px === "60000.1" && sz === "0.7"),
      );
      const book = new Map<string, string>();
      let seq = -1;
      for (const message of wire.wire.all()) {
        if ((message["arg"] as Json | undefined)?.["channel"] !== "books" || !message["data"]) continue;
        const data = item(message);
        expect(data["prevSeqId"]).toBe(message["action"] === "snapshot" ? -1 : seq);
        seq = data["seqId"] as number;
        for (const [px, sz] of [...(data["bids"] as string[][]), ...(data["asks"] as string[][])]) {
          if (sz === "0") book.delete(px!);
          else book.set(px!, sz!);
        }
        expect(Number.isInteger(data["checksum"])).toBe(true);
      }
      expect([...book].sort()).toEqual([
        ["60000.1", "0.7"],
        ["60000.3", "100"],
      ]);
    }
  });

  test("bbo-tbt has the top at once, and again when it has changed; trades say who took", async () => {
    const wire = await OkxWire.open(venue, "/ws/v5/public");
    await wire.subscribe({ channel: "bbo-tbt", instId: INST_ID }, { channel: "trades", instId: INST_ID });
    expect(await wire.row("bbo-tbt")).toMatchObject({
      bids: [["60000", "100", "0", "1"]],
      asks: [["60000.1", "100", "0", "1"]],
    });
    await place({ sz: "2" });
    expect(await wire.row("bbo-tbt", (each) => (each["asks"] as string[][])[0]![1] === "98")).toBeDefined();
    expect(await wire.row("trades")).toMatchObject({ instId: INST_ID, px: "60000.1", sz: "2", side: "buy" });
    const seen = wire.rows("bbo-tbt").length;
    await place({ instId: "ETH-USDT-SWAP", px: "3000", ordType: "limit" });
    await rest(venue, "/api/v5/public/time");
    expect(wire.rows("bbo-tbt")).toHaveLength(seen);
  });
});

describe("REST", () => {
  const timestamp = "2020-12-08T09:08:57.715Z";
  test.each([
    ["no key", { "OK-ACCESS-KEY": "" }, 401, "50103"],
    ["no passphrase", { "OK-ACCESS-PASSPHRASE": "" }, 401, "50104"],
    ["no signature", { "OK-ACCESS-SIGN": "" }, 401, "50106"],
    ["an unknown key", { "OK-ACCESS-KEY": "nope" }, 401, "50111"],
    ["a wrong passphrase", { "OK-ACCESS-PASSPHRASE": "nope" }, 401, "50105"],
    ["a wrong signature", { "OK-ACCESS-SIGN": sign("x") }, 401, "50113"],
    ["a timestamp that is none", { "OK-ACCESS-TIMESTAMP": "yesterday" }, 401, "50112"],
    ["a timestamp of another day", { "OK-ACCESS-TIMESTAMP": timestamp }, 401, "50102"],
    ["an environment that is none", { "x-simulated-trading": "2" }, 401, "50101"],
  ])("a request with %s is refused with its code", async (_what, headers, status, code) => {
    expect(await rest(venue, "/api/v5/account/config", undefined, headers as Record<string, string>)).toMatchObject({
      status,
      json: { code },
    });
    expect(await rest(venue, "/api/v5/trade/order", limit(), headers as Record<string, string>)).toMatchObject({
      status,
      json: { code, data: [] },
    });
  });

  test("the simulated-trading header is accepted, and the key's rights are told", async () => {
    const config = await rest(venue, "/api/v5/account/config", undefined, { "x-simulated-trading": "1" });
    expect(row(config)).toMatchObject({ perm: "read_only,trade", posMode: "net_mode" });
    await server.close();
    ({ server, venue } = await startOkx({ canWithdraw: true }));
    expect(row(await rest(venue, "/api/v5/account/config"))["perm"]).toBe("read_only,withdraw,trade");
  });

  test("what is not there and what cannot be read is said with the documented code", async () => {
    expect(await rest(venue, "/api/v5/asset/withdrawal", {})).toMatchObject({ status: 405, json: { code: "50115" } });
    expect(await rest(venue, "/api/v5/nothing")).toMatchObject({ status: 404, json: { code: "50005" } });
    expect(await rest(venue, "/api/v5/public/instruments?instType=X")).toMatchObject({ json: { code: "51000" } });
    const url = `http://127.0.0.1:${venue.port}/api/v5/trade/order`;
    expect(await (await fetch(url, { method: "POST", body: "{" })).json()).toMatchObject({ code: "50002" });
    expect(await (await fetch(url, { method: "POST" })).json()).toMatchObject({ code: "50000" });
  });

  test("pending and past orders, fills and positions are listed, latest first", async () => {
    await place({ clOrdId: "f1" });
    await place({ clOrdId: "f2", side: "sell", px: "60000", sz: "0.3" });
    await place({ clOrdId: "p1", ordType: "limit", px: "59000" });
    const ids = async (path: string) =>
      ((await rest(venue, path)).json["data"] as Json[]).map((each) => each["clOrdId"]);
    expect(await ids("/api/v5/trade/orders-pending?instType=SWAP")).toEqual(["p1"]);
    expect(await ids("/api/v5/trade/orders-history?instType=SWAP")).toEqual(["f2", "f1"]);
    expect(await ids("/api/v5/trade/fills")).toEqual(["f2", "f1"]);
    expect(row(await rest(venue, "/api/v5/account/positions"))).toMatchObject({
      pos: "0.7",
      markPx: "60000.05",
      lever: "20",
    });
  });

  test("a key of an account is of no use for another's orders", async () => {
    await server.close();
    const other = { apiKey: "other", apiSecret: "other-secret", passphrase: "other-phrase" };
    ({ server, venue } = await startOkx({ otherKeys: [other] }));
    api = await openPrivate(venue);
    await place({ clOrdId: "mine", ordType: "limit", px: "59000" });
    const path = `/api/v5/trade/order?instId=${INST_ID}&clOrdId=mine`;
    const stamp = new Date().toISOString();
    const headers = {
      "OK-ACCESS-KEY": other.apiKey,
      "OK-ACCESS-PASSPHRASE": other.passphrase,
      "OK-ACCESS-TIMESTAMP": stamp,
      "OK-ACCESS-SIGN": sign(`${stamp}GET${path}`, other.apiSecret),
    };
    expect((await rest(venue, path, undefined, headers)).json).toMatchObject({ code: "51603" });
    expect(row(await query("mine"))).toMatchObject({ state: "live" });
    expect(KEY.apiKey).not.toBe(other.apiKey);
  });
});

describe("faults", () => {
  test("an injected code is the item's, with an empty message", async () => {
    venue.inject({ kind: "reject", on: "place", code: 51008, msg: "Order failed." });
    expect(await place({ clOrdId: "r1" })).toMatchObject({
      code: "1",
      msg: "",
      data: [{ clOrdId: "r1", sCode: "51008", sMsg: "Order failed." }],
    });
  });

  test("a timeout says nothing of the order, which was executed", async () => {
    venue.inject({ kind: "http503", on: "place", variant: "unknown" });
    expect(await place({ clOrdId: "t1" })).toMatchObject({ code: "50004", data: [] });
    expect(row(await query("t1"))).toMatchObject({ state: "filled" });
  });

  test("an answer that is lost leaves the order to be found, and a request that is lost leaves nothing", async () => {
    await api.subscribe({ channel: "orders", instType: "SWAP" });
    venue.inject({ kind: "dropAck", on: "place" });
    api.send({ id: "x1", op: "order", args: [limit({ clOrdId: "x1" })] });
    await api.row("orders", (each) => each["state"] === "filled");
    venue.inject({ kind: "dropBefore", on: "place" });
    api.send({ id: "x2", op: "order", args: [limit({ clOrdId: "x2" })] });
    await place({ clOrdId: "x3" });
    expect(api.wire.all().map((message) => message["id"])).not.toContain("x1");
    expect((await query("x2")).json).toMatchObject({ code: "51603" });
  });
});
