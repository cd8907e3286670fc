/** The Bybit client on a venue by script: what the paper exchange never does. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { SystemClock } from "../../../src/time/clock.ts";
import { type BybitLinearOptions, createBybitLinear } from "../../../src/venues/bybit-linear/bybit-linear.ts";
import { LOCAL_CODES } from "../../../src/venues/outcome-codes.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { BTC, ETH, testDirectory } from "../support/directory.ts";
import { orderOf } from "../support/orders.ts";
import { eventually, Recorder } from "../support/recorder.ts";
import { acknowledge, type ScriptedBybit, startScriptedBybit } from "../support/scripted-bybit.ts";

const TRADE = "/v5/trade";
const PRIVATE = "/v5/private";
const MARKET = "/v5/public/linear";

let scripted: ScriptedBybit;
let venue: Venue;
let heard: Recorder;

function make(over: Partial<BybitLinearOptions> = {}): Venue {
  const { address } = scripted;
  heard = new Recorder();
  return createBybitLinear(
    {
      ...{ index: 0, name: "alpha", heartbeatMs: 50, staleAfterMs: 400 },
      endpoints: {
        restUrl: `http://${address}`,
        orderUrl: `ws://${address}${TRADE}`,
        streamUrl: `ws://${address}${PRIVATE}`,
        marketUrl: `ws://${address}${MARKET}`,
      },
      credentials: { apiKey: "key", secret: "canary-secret" },
      reconnectBackoff: { baseMs: 5, maxMs: 20 },
      random: () => 0.5,
      ...over,
    },
    heard,
    testDirectory(),
    new SystemClock(),
  );
}

async function open(over: Partial<BybitLinearOptions> = {}): Promise<void> {
  venue = make(over);
  await venue.connect();
  // The standby is dialled once the first is ready.
  await eventually(() => scripted.sockets(TRADE).length === 2, "the standby");
}

beforeEach(async () => {
  scripted = await startScriptedBybit();
});
afterEach(async () => {
  await venue.close();
  await scripted.close();
});

const order = (clientOrderId: string, fields: Partial<OrderRequest> = {}) =>
  orderOf(clientOrderId, { validForMs: 1000, ...fields });

describe("the order socket", () => {
  it("that restarts hands over to its standby without a moment without one", async () => {
    await open();
    // Two heartbeats of each: the standby has heard that it may.
    const before = scripted.pings(TRADE);
    await eventually(() => scripted.pings(TRADE) >= before + 4, "heartbeats");
    // The first is kept waiting, the second is what the exchange takes no more of.
    const asked: (() => void)[] = [];
    scripted.onOrder = (message, socket) => {
      asked.push(() => acknowledge(message, socket));
      if (asked.length === 2) acknowledge(message, socket, { retCode: 10019, data: {} });
      if (asked.length > 2) acknowledge(message, socket);
    };
    expect(venue.place(order("early"))).toBe(true);
    expect(venue.place(order("a"))).toBe(true);
    expect(await eventually(() => heard.of("a")[0])).toMatchObject({ kind: "unknown", code: 10019 });
    const statusesThen = heard.statuses.length;
    expect(venue.place(order("b"))).toBe(true);
    expect(await eventually(() => heard.of("b")[0])).toMatchObject({ kind: "ack" });
    asked[0]!();
    expect(await eventually(() => heard.of("early")[0])).toMatchObject({ kind: "ack" });
    await eventually(() => scripted.connections(TRADE) === 3, "a new standby");
    expect(heard.statuses.slice(statusesThen).every(({ ordersLive }) => ordersLive)).toBe(true);
  });

  it("that says nothing any more is given up within its time, and what was under way is unknown", async () => {
    await open();
    scripted.answersPings = false;
    expect(venue.place(order("a"))).toBe(true);
    const lost = await eventually(() => heard.of("a")[0], "the loss");
    expect(lost).toMatchObject({ kind: "unknown", origin: "local", code: LOCAL_CODES.socketLost });
    scripted.answersPings = true;
    await eventually(() => heard.status?.ordersLive && heard.status.streamLive && heard.status.quotesLive, "all of it");
  });

  it.each(["nonsense", "[]", '{"op":"order.create","retCode":0}'])("that says %s is hung up on", async (text) => {
    await open({ orderSockets: 2 });
    scripted.onOrder = (_message, socket) => socket.send(text);
    expect(venue.place(order("a"))).toBe(true);
    expect(await eventually(() => heard.of("a")[0])).toMatchObject({ kind: "unknown", code: LOCAL_CODES.socketLost });
  });

  it("answers that belong to nobody are passed over, and one that comes twice is told once", async () => {
    await open();
    scripted.onOrder = (message, socket) => {
      acknowledge({ ...message, reqId: "0000000001" }, socket);
      acknowledge({ ...message, reqId: "other-0000000001" }, socket);
      acknowledge(message, socket);
      acknowledge(message, socket, { retCode: 110007 });
    };
    expect(venue.place(order("a"))).toBe(true);
    expect(venue.place(order("b"))).toBe(true);
    await eventually(() => heard.of("b")[0]);
    expect(heard.reports).toMatchObject([
      { clientOrderId: "a", kind: "ack" },
      { clientOrderId: "b", kind: "ack" },
    ]);
  });

  it("gives way to a younger one before the venue ends it, without a gap", async () => {
    scripted.onOrder = (message, socket) => acknowledge(message, socket);
    await open({ rotateAfterMs: 300 });
    const before = heard.statuses.length;
    await eventually(() => scripted.connections(TRADE) >= 4 && scripted.connections(PRIVATE) >= 2, "the successors");
    await eventually(() => scripted.sockets(PRIVATE).length === 1, "the end of the old ones");
    expect(venue.place(order("a"))).toBe(true);
    await eventually(() => heard.of("a")[0]);
    const { length } = heard.statuses.slice(before).filter((status) => !status.ordersLive || !status.streamLive);
    expect(length).toBe(0);
  });

  it("never repeats a request id, nor sends an order twice", async () => {
    scripted.onOrder = (message, socket) => acknowledge(message, socket);
    await open();
    for (const id of ["a", "b"]) expect(venue.place(order(id))).toBe(true);
    await eventually(() => heard.of("b")[0]);
    for (const socket of scripted.sockets(TRADE)) socket.terminate();
    await eventually(() => heard.statuses.at(-1)?.ordersLive && scripted.connections(TRADE) >= 4, "new sockets");
    expect(venue.place(order("c"))).toBe(true);
    await eventually(() => heard.of("c")[0]);
    const ids = scripted.orders.map((message) => message["reqId"]);
    expect(new Set(ids).size).toBe(3);
    expect(scripted.orders).toHaveLength(3);
  });
});

describe("rate limits", () => {
  it("keep a fifth of the orders for what makes positions smaller, and refuse before anything is sent", async () => {
    await open();
    const placed = Array.from({ length: 10 }, (_, index) => venue.place(order(`h${index}`)));
    expect(placed).toEqual([...new Array<boolean>(8).fill(true), false, false]);
    const unwinds = Array.from({ length: 3 }, (_, index) => venue.place(order(`u${index}`, { reduceOnly: true })));
    expect(unwinds).toEqual([true, true, false]);
    expect(venue.cancel(BTC, "h0")).toBe(true);
    await eventually(() => scripted.orders.length === 11, "what was sent");
    expect(heard.of("h8")).toEqual([]);
  });

  it("are the account's own once an answer has named them", async () => {
    await open();
    const header = { "X-Bapi-Limit": "20", "X-Bapi-Limit-Status": "18", "X-Bapi-Limit-Reset-Timestamp": "0" };
    scripted.onOrder = (message, socket) => acknowledge(message, socket, { header });
    expect(venue.place(order("a"))).toBe(true);
    await eventually(() => heard.of("a")[0]);
    scripted.onOrder = () => {};
    // Two are used, the venue says: ours, and one of somebody else's. Sixteen are for hedges.
    const placed = Array.from({ length: 16 }, (_, index) => venue.place(order(`b${index}`)));
    expect(placed.filter(Boolean)).toHaveLength(14);
  });

  it("that the venue says are reached hold hedges back, and unwinds not", async () => {
    await open();
    const header = { "X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "9" };
    const resetMs = Date.now() + 60_000;
    scripted.onOrder = (message, socket) =>
      acknowledge(message, socket, {
        retCode: 10006,
        header: { ...header, "X-Bapi-Limit-Reset-Timestamp": `${resetMs}` },
      });
    expect(venue.place(order("a"))).toBe(true);
    expect(await eventually(() => heard.of("a")[0])).toMatchObject({ kind: "rejected", code: 10006 });
    expect(venue.place(order("b"))).toBe(false);
    expect(venue.place(order("c", { reduceOnly: true }))).toBe(true);
  });
});

describe("a query", () => {
  const row = (fields: object) => ({
    ...{ symbol: "BTCUSDT", orderLinkId: "a", orderStatus: "Filled", cumExecQty: "0.010", avgPrice: "61800.1" },
    ...fields,
  });

  it("asks the history for what the realtime list has forgotten", async () => {
    await open();
    scripted.onRest = ({ pathname }) =>
      pathname === "/v5/order/realtime"
        ? { list: [] }
        : pathname === "/v5/order/history"
          ? { list: [row({})] }
          : undefined;
    expect(venue.query(BTC, "a")).toBe(true);
    expect(await eventually(() => heard.of("a")[0])).toMatchObject({
      origin: "query",
      status: "filled",
      cumQtyLots: 10,
    });
    const asked = scripted.requests.filter(({ pathname }) => pathname.startsWith("/v5/order/"));
    expect(asked.map(({ search }) => search)).toEqual(
      new Array(2).fill("?category=linear&symbol=BTCUSDT&orderLinkId=a"),
    );
  });

  it("that the realtime list answers does not ask the history", async () => {
    await open();
    scripted.onRest = ({ pathname }) => (pathname === "/v5/order/realtime" ? { list: [row({})] } : undefined);
    expect(venue.query(BTC, "a")).toBe(true);
    await eventually(() => heard.of("a")[0]);
    expect(scripted.requests.some(({ pathname }) => pathname === "/v5/order/history")).toBe(false);
  });

  it.each([
    ["an error of the realtime list", { "/v5/order/realtime": 10016 }, 10016],
    ["an error of the history", { "/v5/order/realtime": { list: [] }, "/v5/order/history": 10016 }, 10016],
    ["no list", { "/v5/order/realtime": { list: [] }, "/v5/order/history": {} }, LOCAL_CODES.malformed],
    ["another order", { "/v5/order/realtime": { list: [row({ orderLinkId: "b" })] } }, LOCAL_CODES.malformed],
    ["half a lot", { "/v5/order/realtime": { list: [row({ cumExecQty: "0.0105" })] } }, LOCAL_CODES.qtyNotLots],
    [
      "a status to come",
      { "/v5/order/realtime": { list: [row({ orderStatus: "Paused" })] } },
      LOCAL_CODES.statusUnmapped,
    ],
  ])("answered with %s proves nothing, least of all absence", async (_what, answers, code) => {
    await open();
    scripted.onRest = ({ pathname }) => (answers as Record<string, Record<string, unknown> | number>)[pathname];
    expect(venue.query(BTC, "a")).toBe(true);
    expect(await eventually(() => heard.of("a")[0])).toMatchObject({ kind: "unknown", code });
  });
});

describe("positions", () => {
  const position = (symbol: string, side: string, size: string) => ({ symbol, side, size });
  const answer = (btc: unknown[]) => {
    scripted.onRest = ({ pathname, searchParams }) =>
      pathname !== "/v5/position/list"
        ? undefined
        : { list: searchParams.get("symbol") === "BTCUSDT" ? btc : [position("ETHUSDT", "", "0")] };
  };

  it("are signed, and net of both sides in hedge mode", async () => {
    await open();
    answer([position("BTCUSDT", "Buy", "0.100"), position("BTCUSDT", "Sell", "0.350")]);
    expect(await venue.positions()).toEqual(
      new Map([
        [BTC, -250],
        [ETH, 0],
      ]),
    );
  });

  it.each([
    ["no row", []],
    ["a row of another symbol", [position("XRPUSDT", "Buy", "1")]],
    ["half a lot", [position("BTCUSDT", "Buy", "0.0005")]],
    ["a size without a side", [position("BTCUSDT", "", "0.001")]],
    ["no size", [{ symbol: "BTCUSDT", side: "Buy" }]],
  ])("answered with %s are an error and not flat", async (_what, rows) => {
    await open();
    answer(rows);
    await expect(venue.positions()).rejects.toMatchObject({ name: "VenueError", code: "MALFORMED" });
  });
});

describe("permissions", () => {
  const trading = { ContractTrade: ["Order", "Position"], Wallet: [], Derivatives: ["DerivativesTrade"] };

  it.each([
    ["trading only", { readOnly: 0, permissions: trading }, true, false],
    ["reading only", { readOnly: 1, permissions: trading }, false, false],
    [
      "positions but no orders",
      { readOnly: 0, permissions: { ...trading, ContractTrade: ["Position"] } },
      false,
      false,
    ],
    [
      "transfers on the account",
      { readOnly: 0, permissions: { ...trading, Wallet: ["AccountTransfer"] } },
      true,
      false,
    ],
    ["withdrawals", { readOnly: 0, permissions: { ...trading, Wallet: ["Withdraw"] } }, true, true],
    [
      "transfers to other accounts",
      { readOnly: 0, permissions: { ...trading, Wallet: ["SubMemberTransfer"] } },
      true,
      true,
    ],
    ["payments", { readOnly: 0, permissions: { ...trading, FiatBybitPay: ["FaitPayOrder"] } }, true, true],
    ["a group to come", { readOnly: 0, permissions: { ...trading, Teleport: ["Send"] } }, true, true],
    ["no word on the wallet", { readOnly: 0, permissions: { ContractTrade: ["Order"] } }, true, true],
    ["no word at all", {}, false, true],
  ])("of a key for %s are seen as what they are", async (_what, result, canTrade, canWithdraw) => {
    await open();
    scripted.onRest = ({ pathname }) => (pathname === "/v5/user/query-api" ? result : undefined);
    expect(await venue.permissions()).toEqual({ canTrade, canWithdraw });
  });
});

it("shows no secret however it is printed", async () => {
  await open();
  expect(inspect(venue, { depth: 12, showHidden: true })).not.toContain("canary");
});
