import { describe, expect, it } from "vitest";
import { createOrderReport, type OrderReport, type Quote } from "../../../src/domain/order.ts";
import { AnswerReader, MarketEventReader, PrivateEventReader } from "../../../src/venues/binance-usdm/answers.ts";
import { LOCAL_CODES } from "../../../src/venues/outcome-codes.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";
import type { Asked } from "../../../src/venues/venue-reports.ts";
import { BTC, ETH, testDirectory } from "../support/directory.ts";
import { hasWireData, recorded, recordedNames } from "../support/wire-data.ts";

const listings = venueListings(testDirectory(), 0);
const answers = new AnswerReader(listings);
const events = new PrivateEventReader(listings);
const market = new MarketEventReader(listings);
type Fields = Readonly<Record<string, unknown>>;
const bytesOf = (message: unknown) => Buffer.from(JSON.stringify(message));
const placed: Asked = { operation: "place", clientOrderId: "testOrder123", listing: BTC };

/** What stands in a report before it is reused: none of it may show through. */
function dirtyReport(): OrderReport {
  const report = createOrderReport();
  return Object.assign(report, {
    status: "filled",
    cumQtyLots: 99,
    avgPxTicks: 99,
    code: 99,
    venueMs: 99,
    listing: 99,
  });
}

function update(fields: Fields): OrderReport {
  const report = dirtyReport();
  const order = { s: "BTCUSDT", c: "x", X: "NEW", z: "0", ap: "0", T: 5, ...fields };
  readUpdate({ e: "ORDER_TRADE_UPDATE", T: 6, o: order }, report);
  return report;
}

function readUpdate(message: unknown, report: OrderReport): void {
  expect(events.read(bytesOf(message))).toBe("order");
  events.report(report);
}

function readQuote(message: unknown, quote: Quote): boolean {
  return market.read(bytesOf(message), 1) === "quote" && market.quote(quote);
}

function answer(request: Asked, fields: Fields): OrderReport {
  const report = dirtyReport();
  expect(answers.read(bytesOf({ id: "1", ...fields }))).toBe(true);
  answers.report(request, report);
  return report;
}

const result = {
  clientOrderId: "testOrder123",
  symbol: "BTCUSDT",
  status: "NEW",
  executedQty: "0.000",
  avgPrice: "0.00",
  updateTime: 1_625_474_304_765,
};

describe.skipIf(!hasWireData)("recorded ORDER_TRADE_UPDATEs", () => {
  const names = recordedNames(
    "binance",
    /^(futures__user_data_json__order_update|ws_messages__ws_futures_order_update)/,
  );

  it("are all there", () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
  });

  it.each(names)("%s is read field by field", (name) => {
    const message = recorded(`binance/${name}`) as Fields;
    const event = (message["stream"] === undefined ? message : message["data"]) as Fields;
    const order = event["o"] as Record<string, string | number>;
    const report = dirtyReport();
    readUpdate(message, report);
    expect(report.clientOrderId).toBe(order["c"]);
    expect(report.origin).toBe("stream");
    expect(report.venueMs).toBe(order["T"]);
    const listing = { BTCUSDT: BTC, ETHUSDT: ETH }[String(order["s"])] ?? -1;
    expect(report.listing).toBe(listing);
    if (listing >= 0) expect(report.cumQtyLots).toBe(Math.round(Number(order["z"]) * 1000));
    const status = { NEW: "open", FILLED: "filled", PARTIALLY_FILLED: "partiallyFilled" }[String(order["X"])];
    if (status) {
      expect(report).toMatchObject({ kind: "status", status, code: 0 });
    } else {
      expect(report).toMatchObject({ kind: "unknown", status: "none", code: LOCAL_CODES.statusUnmapped });
    }
  });

  it("of an auto-deleveraging with a status of its own alarm and keep the filled quantity", () => {
    const message = recorded("binance/futures__user_data_json__order_update_adl.json") as Fields;
    const report = dirtyReport();
    readUpdate(message, report);
    expect(report).toMatchObject({
      kind: "unknown",
      code: LOCAL_CODES.statusUnmapped,
      clientOrderId: "adl_autoclose_12345",
      cumQtyLots: 5,
      avgPxTicks: 420_000,
    });
  });

  it("are told apart from the other events of the private stream", () => {
    for (const name of recordedNames("binance", /^futures__user_data_json__(account|algo|trade_lite)/)) {
      expect(events.read(bytesOf(recorded(`binance/${name}`)))).toBe("other");
    }
  });
});

describe.skipIf(!hasWireData)("recorded answers and quotes", () => {
  it("a recorded order answer becomes an open order", () => {
    const body = recorded("binance/futures__http_json__order_response.json") as Fields;
    expect(answer(placed, { status: 200, result: body })).toMatchObject({
      kind: "status",
      origin: "response",
      status: "open",
      cumQtyLots: 0,
      avgPxTicks: Number.NaN,
      venueMs: 1_625_474_304_765,
      listing: BTC,
    });
  });

  it("a recorded book ticker of a symbol we do not list is no quote", () => {
    const quote: Quote = { listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };
    const message = recorded("binance/futures__market_data_json__book_ticker_stream.json") as Fields;
    expect(readQuote(message, quote)).toBe(false);
    const ours = { ...message, s: "BTCUSDT" };
    expect(readQuote(ours, quote)).toBe(false);
    expect(readQuote({ ...ours, b: "25.3", a: "25.4" }, quote)).toBe(true);
    expect(quote).toEqual({
      listing: BTC,
      bidTicks: 253,
      askTicks: 254,
      bidLots: 31_210,
      askLots: 40_660,
      venueMs: 1_568_014_460_891,
    });
  });
});

describe("order updates", () => {
  it.each([
    ["NEW", "open"],
    ["PARTIALLY_FILLED", "partiallyFilled"],
    ["FILLED", "filled"],
    ["CANCELED", "canceled"],
    ["EXPIRED", "expired"],
    ["EXPIRED_IN_MATCH", "expired"],
    ["REJECTED", "rejected"],
  ])("%s is %s", (wire, status) => {
    expect(update({ X: wire })).toMatchObject({ kind: "status", status });
  });

  it.each(["NEW_ADL", "NEW_INSURANCE", "PENDING_CANCEL", "", "filled", null, 3, undefined])(
    "a status %j without meaning is unknown, never guessed",
    (wire) => {
      expect(update({ X: wire })).toMatchObject({ kind: "unknown", status: "none", code: LOCAL_CODES.statusUnmapped });
    },
  );

  it.each(["0.0005", "1e-3", "", "abc", null, 0.001, "-0.001", undefined])(
    "a filled quantity %j that is no whole lot is unknown and not rounded",
    (wire) => {
      const report = update({ X: "FILLED", z: wire });
      expect(report).toMatchObject({ kind: "unknown", status: "none", code: LOCAL_CODES.qtyNotLots, cumQtyLots: -1 });
    },
  );

  it("of a symbol we do not list are passed on with what can be said", () => {
    expect(update({ s: "DOGEUSDT", X: "FILLED", z: "5" })).toMatchObject({
      kind: "status",
      status: "filled",
      listing: -1,
      cumQtyLots: -1,
      clientOrderId: "x",
    });
  });

  it("average price is in ticks of the instrument, and unknown before the first fill", () => {
    expect(update({ X: "PARTIALLY_FILLED", z: "0.002", ap: "61800.25" }).avgPxTicks).toBeCloseTo(618_002.5, 6);
    expect(update({ X: "NEW", z: "0", ap: "0" }).avgPxTicks).toBeNaN();
    expect(update({ X: "FILLED", z: "0.002", ap: "junk" }).avgPxTicks).toBeNaN();
  });
});

describe("answers", () => {
  it("order ids above 2^53 do not matter", () => {
    const text = `{"id":"1","status":200,"result":${JSON.stringify(result).replace("{", '{"orderId":9007199254740993,')}}`;
    expect(answers.read(Buffer.from(text))).toBe(true);
    const report = dirtyReport();
    answers.report(placed, report);
    expect(report).toMatchObject({ kind: "status", status: "open" });
  });

  it("a final answer carries status, quantity and price", () => {
    const final = { ...result, status: "EXPIRED", executedQty: "0.004", avgPrice: "61800.10" };
    expect(answer(placed, { status: 200, result: final })).toMatchObject({
      kind: "status",
      status: "expired",
      cumQtyLots: 4,
      avgPxTicks: 618_001,
    });
  });

  it("a bare acknowledgement proves nothing about matching", () => {
    const ack = { clientOrderId: "testOrder123", symbol: "BTCUSDT", orderId: 1 };
    expect(answer(placed, { status: 200, result: ack })).toMatchObject({ kind: "ack", status: "none", cumQtyLots: -1 });
  });

  it("that contradict the request or miss it are unknown", () => {
    for (const wrong of [
      { ...result, clientOrderId: "other" },
      { ...result, symbol: "ETHUSDT" },
      {},
      null,
      undefined,
    ]) {
      expect(answer(placed, { status: 200, result: wrong })).toMatchObject({
        kind: "unknown",
        code: LOCAL_CODES.malformed,
        clientOrderId: "testOrder123",
      });
    }
  });

  it("errors keep the venue's raw code", () => {
    const error = { code: -4164, msg: "Order's notional must be no smaller than 100" };
    expect(answer(placed, { status: 400, error })).toMatchObject({ kind: "rejected", code: -4164, origin: "response" });
    expect(answer(placed, { status: 400, error: { code: "x" } })).toMatchObject({ kind: "unknown", code: 0 });
    expect(answer(placed, { status: 504, error: {} })).toMatchObject({ kind: "unknown" });
  });

  it("to a query have the origin query", () => {
    const asked: Asked = { ...placed, operation: "query" };
    expect(answer(asked, { status: 200, result })).toMatchObject({ kind: "status", origin: "query", status: "open" });
    const error = { code: -2013, msg: "Order does not exist." };
    expect(answer(asked, { status: 400, error })).toMatchObject({ kind: "notFound", origin: "query", code: -2013 });
  });

  it.each(["", "null", "3", "[]", '"x"', "{", "\u0000", "{}", '{"id":7}', '{"id":null,"status":401}'])(
    "%j is no answer to anybody",
    (text) => {
      expect(answers.read(Buffer.from(text))).toBe(false);
    },
  );

  it("carry the venue's counters, and those we have no rule for are left alone", () => {
    const rate = { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300, count: 7 };
    const rateLimits = [
      rate,
      { ...rate, interval: "MINUTE", intervalNum: 1, limit: 1200, count: 70 },
      { ...rate, rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 2400, count: 0 },
      { ...rate, interval: "DAY", intervalNum: 1 },
      { ...rate, intervalNum: 1 },
      { ...rate, count: "7" },
      null,
    ];
    const heard: unknown[] = [];
    answer(placed, { status: 200, result, rateLimits });
    answers.eachRate((...counter) => heard.push(counter));
    expect(heard).toEqual([
      ["orders10s", 7, 300],
      ["orders1m", 70, 1200],
      ["weight", 0, 2400],
    ]);
  });

  it("say when to ask again, and are found by their id", () => {
    answer(placed, {
      id: "0000000042",
      status: 429,
      error: { code: -1003, msg: "", data: { retryAfter: 1_700_000_000_000 } },
    });
    expect([answers.requestId, answers.status, answers.errorCode, answers.retryAfterMs, answers.isError]).toEqual([
      42,
      429,
      -1003,
      1_700_000_000_000,
      true,
    ]);
    answer(placed, { id: "auth", result });
    expect([answers.requestId, answers.status, answers.retryAfterMs, answers.isOf("auth")]).toEqual([
      Number.NaN,
      0,
      0,
      true,
    ]);
  });
});

describe("quotes", () => {
  const message = { e: "bookTicker", s: "ETHUSDT", b: "2500.01", B: "1.5", a: "2500.02", A: "0", T: 7 };
  const quote: Quote = { listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };

  it("are whole ticks and lots", () => {
    expect(readQuote(message, quote)).toBe(true);
    expect(quote).toEqual({
      listing: ETH,
      bidTicks: 250_001,
      askTicks: 250_002,
      bidLots: 1500,
      askLots: 0,
      venueMs: 7,
    });
  });

  it.each([
    { b: "2500.001" },
    { A: "0.0001" },
    { a: 2500.02 },
    { B: null },
    { b: "0" },
    { a: "0.00" },
    { s: 3 },
    { s: "toString" },
  ])("with %j are dropped", (fields) => {
    expect(readQuote({ ...message, ...fields }, quote)).toBe(false);
  });
});
