import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { lots } from "../../../src/domain/units.ts";
import { SystemClock } from "../../../src/time/clock.ts";
import { createOkxSwap, type OkxSwapOptions } from "../../../src/venues/okx-swap/okx-swap.ts";
import { LOCAL_CODES } from "../../../src/venues/outcome-codes.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { OKX_BTC, OKX_INSTRUMENTS, okxDirectory } from "../support/okx-directory.ts";
import { connectError, orderOf } from "../support/orders.ts";
import { eventually, Recorder } from "../support/recorder.ts";
import { acknowledge, CLOCK_AHEAD_MS, type ScriptedOkx, startScriptedOkx } from "../support/scripted-okx.ts";

const SECRET = "canary-secret-of-the-account";
const PASSPHRASE = "canary-phrase-of-the-account";
const clock = new SystemClock();
let exchange: ScriptedOkx;
let heard: Recorder;
let venue: Venue;

function create(more: Partial<OkxSwapOptions> = {}): Venue {
  const { host } = exchange;
  const options: OkxSwapOptions = {
    index: 0,
    name: "alpha",
    endpoints: {
      restUrl: `http://${host}`,
      orderUrl: `ws://${host}/ws/v5/private`,
      streamUrl: `ws://${host}/ws/v5/private`,
      marketUrl: `ws://${host}/ws/v5/public`,
    },
    credentials: { apiKey: "test-key", secret: SECRET, passphrase: PASSPHRASE },
    heartbeatMs: 50,
    staleAfterMs: 1000,
    reconnectBackoff: { baseMs: 10, maxMs: 50 },
    random: () => 0.5,
    connectTimeoutMs: 5000,
    ...more,
  };
  venue = createOkxSwap(options, heard, okxDirectory(), clock);
  return venue;
}

const order = (clientOrderId: string, fields: Partial<OrderRequest> = {}) =>
  orderOf(clientOrderId, { qtyLots: lots(137), ...fields });

const restAnswer = (path: string, body: unknown, status = 200) => {
  exchange.onRest = (asked, _request, response) => {
    if (asked !== path) return false;
    response.writeHead(status).end(JSON.stringify(body));
    return true;
  };
};

beforeEach(async () => {
  exchange = await startScriptedOkx();
  heard = new Recorder();
});

afterEach(async () => {
  await venue.close();
  await exchange.close();
});

describe("connecting", () => {
  it("resolves when orders with a standby, private stream, quotes and clock are live", async () => {
    await create().connect();
    expect(heard.status).toMatchObject({ venue: 0, ordersLive: true, streamLive: true, quotesLive: true });
    const { clockOffsetMs, clockErrorMs } = heard.status!;
    expect(Math.abs(clockOffsetMs - CLOCK_AHEAD_MS)).toBeLessThanOrEqual(clockErrorMs + 2);
    await eventually(() => exchange.connections("private") === 3, "active, standby and stream");
    expect(exchange.connections("public")).toBe(1);
  });

  it("signs the login with the venue's time and REST with its path, and asks for the environment it is told to", async () => {
    let login: Record<string, unknown> = {};
    const accept = exchange.onLogin;
    exchange.onLogin = (frame, socket) => {
      login = frame.args[0]!;
      accept(frame, socket);
    };
    await create({ restHeaders: { "x-simulated-trading": "1" } }).connect();
    const signature = (payload: string) => createHmac("sha256", SECRET).update(payload).digest("base64");
    const { timestamp } = login;
    expect(login).toEqual({
      apiKey: "test-key",
      passphrase: PASSPHRASE,
      timestamp,
      sign: signature(`${timestamp}GET/users/self/verify`),
    });
    expect(Math.abs(Number(timestamp) * 1000 - Date.now() - CLOCK_AHEAD_MS)).toBeLessThan(2000);
    const headers = exchange.headers.get("/api/v5/account/config")!;
    expect(headers["ok-access-sign"]).toBe(signature(`${headers["ok-access-timestamp"]}GET/api/v5/account/config`));
    expect(headers).toMatchObject({ "ok-access-passphrase": PASSPHRASE, "x-simulated-trading": "1" });
    const open = exchange.headers.get("/api/v5/public/time")!;
    expect(open["ok-access-sign"]).toBeUndefined();
    expect(open["x-simulated-trading"]).toBe("1");
  });

  it.each([
    [
      "a listing that does not fit",
      "/api/v5/public/instruments",
      [{ ...OKX_INSTRUMENTS[0], lotSz: "1" }, OKX_INSTRUMENTS[1]],
      "LISTING",
      "lotSize",
    ],
    ["long/short mode", "/api/v5/account/config", [{ posMode: "long_short_mode", acctLv: "2" }], "REFUSED", "posMode"],
    ["spot mode", "/api/v5/account/config", [{ posMode: "net_mode", acctLv: "1" }], "REFUSED", "acctLv"],
    ["no configuration", "/api/v5/account/config", [], "MALFORMED", "account/config"],
    ["no time", "/api/v5/public/time", [{ ts: "now" }], "MALFORMED", "ts"],
  ])("refuses %s before any socket is opened", async (_what, path, data, code, field) => {
    restAnswer(path, { code: "0", msg: "", data });
    create();
    expect((await connectError(venue)).error).toMatchObject({ code, field });
    expect(exchange.connections("private") + exchange.connections("public")).toBe(0);
  });

  it.each([
    ["60007", "AUTH"],
    ["60024", "AUTH"],
  ])("gives up at once on a key that is refused with %s, and shows no secret", async (code, expected) => {
    exchange.onLogin = (_frame, socket) =>
      socket.send(JSON.stringify({ event: "error", code, msg: "no", connId: "a" }));
    create();
    const { error, shown } = await connectError(venue);
    expect(error).toMatchObject({ code: expected, venueCode: Number(code) });
    expect(shown).not.toMatch(/canary/);
  });

  it("says which socket did not come up, and why", async () => {
    exchange.onSubscribe = ({ args }, socket) => {
      const code = args[0]!["channel"] === "bbo-tbt" ? "60018" : "60011";
      socket.send(JSON.stringify({ event: "error", code, msg: "no", connId: "a" }));
    };
    create({ connectTimeoutMs: 1000 });
    const { error } = await connectError(venue);
    expect(error).toMatchObject({ code: "UNREACHABLE", field: "stream, quotes" });
    expect(error.message).toMatch(/refused with code 600(18|11)/);
  });

  it("has no quotes before every instrument's channel is confirmed", async () => {
    let confirmRest = () => {};
    exchange.onSubscribe = ({ args }, socket) => {
      const [first, ...rest] = args.map((arg) => JSON.stringify({ event: "subscribe", arg, connId: "a" }));
      socket.send(first!);
      if (rest.length > 0) confirmRest = () => socket.send(rest[0]!);
    };
    const connected = create().connect();
    await eventually(() => heard.status?.ordersLive && heard.status.streamLive);
    await eventually(() => exchange.sockets("public").length === 1);
    expect(heard.statuses.some(({ quotesLive }) => quotesLive)).toBe(false);
    // Behind the first confirmation in any case: a whole heartbeat later.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.status).toMatchObject({ quotesLive: false });
    confirmRest();
    await connected;
  });

  it("refuses credentials that cannot be right, without showing them", () => {
    for (const credentials of [
      { apiKey: "", secret: SECRET, passphrase: PASSPHRASE },
      { apiKey: "k", secret: "", passphrase: PASSPHRASE },
      { apiKey: "k", secret: SECRET, passphrase: "" },
      { apiKey: "k", secret: SECRET, passphrase: "canary\n" },
    ]) {
      try {
        create({ credentials });
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: "AUTH" });
        expect(inspect(error)).not.toMatch(/canary/);
      }
    }
    create();
  });
});

describe("orders", () => {
  it("go out as one frame with their deadline, and are acknowledged and no more", async () => {
    exchange.onOrder = (frame, socket) => socket.send(acknowledge(frame));
    await create().connect();
    const sent = order("a1");
    expect(venue.place(sent)).toBe(true);
    expect(venue.cancel(0, "a1")).toBe(true);
    await eventually(() => heard.of("a1").length === 2);
    expect(exchange.orders[0]).toMatchObject({
      op: "order",
      expTime: String(sent.stampMs + 400),
      args: [{ instIdCode: 10_459, clOrdId: "a1", sz: "13.7", px: "61800.1", ordType: "ioc", side: "buy" }],
    });
    expect(exchange.orders[1]).toMatchObject({ op: "cancel-order", args: [{ instIdCode: 10_459, clOrdId: "a1" }] });
    expect(heard.of("a1").map(({ kind, origin, status }) => [kind, origin, status])).toEqual([
      ["ack", "response", "none"],
      ["ack", "response", "none"],
    ]);
  });

  it("that are unanswered when their link goes are unknown, once, and the standby takes the next one at once", async () => {
    await create().connect();
    await eventually(() => exchange.connections("private") === 3);
    venue.place(order("a1"));
    venue.place(order("a2"));
    await eventually(() => exchange.orders.length === 2);
    const [first] = exchange.sockets("private");
    first!.terminate();
    await eventually(() => heard.of("a2").length > 0);
    for (const id of ["a1", "a2"])
      expect(heard.of(id)).toMatchObject([{ kind: "unknown", origin: "local", code: LOCAL_CODES.socketLost }]);
    expect(
      heard.statuses.every(({ ordersLive }, at) => ordersLive || at < heard.statuses.findIndex((s) => s.ordersLive)),
    ).toBe(true);
    exchange.onOrder = (frame, socket) => socket.send(acknowledge(frame));
    expect(venue.place(order("a3"))).toBe(true);
    await eventually(() => heard.find("a3", { kind: "ack" }));
  });

  it("are unknown with the code for it when the venue is closed", async () => {
    await create().connect();
    venue.place(order("a1"));
    await venue.close();
    expect(heard.of("a1")).toMatchObject([{ kind: "unknown", code: LOCAL_CODES.closed }]);
    expect(venue.place(order("a2"))).toBe(false);
    expect(venue.query(0, "a1")).toBe(false);
  });

  it.each([
    ["nonsense", "{"],
    ["an error that names no request", '{"event":"error","code":"60012","msg":"Invalid request","connId":"a"}'],
  ])("in flight are unknown when the peer sends %s, and the link is replaced", async (_what, text) => {
    exchange.onOrder = (_frame, socket) => socket.send(text);
    await create().connect();
    venue.place(order("a1"));
    expect(await eventually(() => heard.of("a1")[0])).toMatchObject({ kind: "unknown", code: LOCAL_CODES.socketLost });
  });

  it("ignore answers to nothing, channel-conn-count and the like", async () => {
    exchange.onOrder = (frame, socket) => {
      socket.send('{"event":"channel-conn-count","channel":"orders","connCount":"1","connId":"a"}');
      socket.send(acknowledge({ ...frame, id: "0000009999" }));
      socket.send(acknowledge(frame));
      socket.send(acknowledge(frame));
    };
    await create().connect();
    venue.place(order("a1"));
    await eventually(() => heard.find("a1", { kind: "ack" }));
    venue.place(order("a2"));
    await eventually(() => heard.find("a2", { kind: "ack" }));
    expect(heard.reports.map(({ clientOrderId }) => clientOrderId)).toEqual(["a1", "a2"]);
  });

  it("are refused here beyond the venue's own limit, reduce-only ones last, other instruments not at all", async () => {
    await create().connect();
    const placed = (fields: Partial<OrderRequest> = {}) => {
      let count = 0;
      while (count < 100 && venue.place(order(`a${count}`, fields))) count += 1;
      return count;
    };
    expect(placed()).toBe(48);
    expect(placed({ reduceOnly: true })).toBe(12);
    expect(placed({ listing: 1, qtyLots: lots(10) })).toBe(48);
    expect(venue.cancel(0, "a1")).toBe(true);
  });

  it("are held back after the venue's rate limit, cancels are not", async () => {
    exchange.onOrder = (frame, socket) => socket.send(acknowledge(frame, frame.op === "order" ? "50011" : "0"));
    await create().connect();
    venue.place(order("a1"));
    expect(await eventually(() => heard.of("a1")[0])).toMatchObject({ kind: "rejected", code: 50_011 });
    expect(venue.place(order("a2"))).toBe(false);
    expect(venue.cancel(0, "a1")).toBe(true);
  });
});

describe("the sockets", () => {
  it("are replaced without a gap when the venue says that it will close them", async () => {
    await create().connect();
    await eventually(() => exchange.connections("private") === 3);
    for (const socket of [...exchange.sockets("private"), ...exchange.sockets("public")])
      socket.send('{"event":"notice","code":"64008","msg":"The connection will soon be closed.","connId":"a"}');
    await eventually(() => exchange.connections("private") === 6 && exchange.connections("public") === 2);
    // The old ones end once their successors are ready.
    await eventually(() => exchange.sockets("private").length === 3 && exchange.sockets("public").length === 1);
    const live = heard.statuses.findIndex((each) => each.ordersLive && each.streamLive && each.quotesLive);
    for (const each of heard.statuses.slice(live))
      expect(each).toMatchObject({ ordersLive: true, streamLive: true, quotesLive: true });
  });

  it("that fall silent are hung up on and replaced", async () => {
    await create({ staleAfterMs: 150 }).connect();
    const before = heard.statuses.length;
    exchange.onPing = () => {};
    const told = () => heard.statuses.slice(before);
    await eventually(
      () => told().some(({ streamLive }) => !streamLive) && told().some(({ quotesLive }) => !quotesLive),
      "the hang-up",
    );
    exchange.onPing = undefined;
    await eventually(() => heard.status?.ordersLive && heard.status.streamLive && heard.status.quotesLive);
  });

  it("tell a book that comes between two confirmations: it may not come again", async () => {
    const book = { bids: [["61800", "1", "0", "1"]], asks: [["61800.1", "2", "0", "1"]], ts: "7" };
    exchange.onSubscribe = ({ args }, socket) => {
      for (const arg of args) {
        socket.send(JSON.stringify({ event: "subscribe", arg, connId: "a" }));
        if (arg["channel"] === "bbo-tbt") socket.send(JSON.stringify({ arg, data: [book] }));
      }
    };
    await create().connect();
    expect(heard.quotes.map(({ listing }) => listing)).toContain(0);
  });

  it("tell of orders on the private stream, of quotes on the public one", async () => {
    await create().connect();
    const arg = { channel: "orders", instType: "SWAP", uid: "1" };
    const data = [
      { instId: OKX_BTC, clOrdId: "a1", ordId: "1", state: "filled", accFillSz: "13.7", avgPx: "61800", uTime: "5" },
    ];
    for (const socket of exchange.sockets("private")) socket.send(JSON.stringify({ arg, data }));
    expect(await eventually(() => heard.of("a1")[0])).toMatchObject({
      kind: "status",
      origin: "stream",
      status: "filled",
      cumQtyLots: 137,
      avgPxTicks: 618_000,
    });
    const book = { bids: [["61800", "1", "0", "1"]], asks: [["61800.1", "2", "0", "1"]], ts: "7" };
    const [market] = exchange.sockets("public");
    market!.send(JSON.stringify({ arg: { channel: "bbo-tbt", instId: OKX_BTC }, data: [book] }));
    expect(await eventually(() => heard.quotes[0])).toMatchObject({ listing: 0, bidLots: 10, askLots: 20, venueMs: 7 });
    // The order socket hears such rows too where it is not subscribed: they are told once.
    expect(heard.of("a1")).toHaveLength(1);
  });
});

describe("queries", () => {
  const queried = async (body: unknown, status = 200) => {
    restAnswer("/api/v5/trade/order", body, status);
    expect(venue.query(0, "q1")).toBe(true);
    return eventually(() => heard.of("q1").at(-1));
  };

  it("ask for one instrument and id, signed, and tell what they find", async () => {
    await create().connect();
    const found = { instId: OKX_BTC, clOrdId: "q1", state: "canceled", accFillSz: "0.1", avgPx: "61800", uTime: "9" };
    expect(await queried({ code: "0", msg: "", data: [found] })).toMatchObject({
      kind: "status",
      origin: "query",
      status: "canceled",
      cumQtyLots: 1,
    });
    const target = `/api/v5/trade/order?instId=${OKX_BTC}&clOrdId=q1`;
    expect(exchange.requests).toContain(`GET ${target}`);
    const headers = exchange.headers.get("/api/v5/trade/order")!;
    const payload = `${headers["ok-access-timestamp"]}GET${target}`;
    expect(headers["ok-access-sign"]).toBe(createHmac("sha256", SECRET).update(payload).digest("base64"));
  });

  it.each([
    ["not found", { code: "51603", msg: "Order does not exist", data: [] }, 200, "notFound", 51_603],
    ["throttled", { code: "50011", msg: "Too Many Requests", data: [] }, 429, "unknown", 50_011],
    ["a system error", { code: "50026", msg: "System error", data: [] }, 500, "unknown", 50_026],
    ["no row", { code: "0", msg: "", data: [] }, 200, "unknown", LOCAL_CODES.malformed],
    ["no code", { ok: true }, 200, "unknown", LOCAL_CODES.malformed],
    ["a proxy's page", "<html>", 502, "unknown", LOCAL_CODES.socketLost],
  ])("answered with %s", async (_what, body, status, kind, code) => {
    await create().connect();
    expect(await queried(body, status)).toMatchObject({ kind, code, status: "none", cumQtyLots: -1 });
  });

  it("under way when the venue closes are unknown, and told once", async () => {
    await create().connect();
    exchange.onRest = (path) => path === "/api/v5/trade/order";
    venue.query(0, "q1");
    await venue.close();
    expect(heard.of("q1")).toMatchObject([{ kind: "unknown", code: LOCAL_CODES.closed, origin: "local" }]);
  });

  it("beyond their bound are not asked", async () => {
    await create({ queriesMax: 2 }).connect();
    exchange.onRest = (path) => path === "/api/v5/trade/order";
    expect([venue.query(0, "q1"), venue.query(0, "q2"), venue.query(0, "q3")]).toEqual([true, true, false]);
  });
});

describe("the account", () => {
  it("has net positions in lots, flat where nothing is told", async () => {
    await create().connect();
    const rows = [
      { instId: OKX_BTC, posSide: "net", pos: "-13.7" },
      { instId: OKX_BTC, posSide: "long", pos: "5" },
      { instId: OKX_BTC, posSide: "short", pos: "1.3" },
      { instId: "DOGE-USDT-SWAP", posSide: "net", pos: "7" },
    ];
    restAnswer("/api/v5/account/positions", { code: "0", msg: "", data: rows });
    expect(await venue.positions()).toEqual(
      new Map([
        [0, -100],
        [1, 0],
      ]),
    );
  });

  it.each([
    ["a size of no whole lot", { posSide: "net", pos: "0.05" }],
    ["a side that is none", { posSide: "both", pos: "1" }],
  ])("with %s has no position that could be believed", async (_what, row) => {
    await create().connect();
    restAnswer("/api/v5/account/positions", { code: "0", msg: "", data: [{ instId: OKX_BTC, ...row }] });
    await expect(venue.positions()).rejects.toMatchObject({ code: "MALFORMED", field: "pos" });
  });

  it.each([
    ["read_only,trade", true, false],
    ["read_only", false, false],
    ["read_only,withdraw,trade", true, true],
    ["trade,something_new", true, true],
    [undefined, false, true],
  ])("with permissions %s", async (perm, canTrade, canWithdraw) => {
    await create().connect();
    restAnswer("/api/v5/account/config", { code: "0", msg: "", data: [{ perm, posMode: "net_mode" }] });
    expect(await venue.permissions()).toEqual({ canTrade, canWithdraw });
  });
});
