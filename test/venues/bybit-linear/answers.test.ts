/** What is read of Bybit's messages: acknowledgements, rows, tops of book; recorded ones included. */
import { beforeEach, describe, expect, it } from "vitest";
import { createOrderReport, type OrderReport, type Quote } from "../../../src/domain/order.ts";
import { BybitAckReader, BybitPrivateReader, readQueried } from "../../../src/venues/bybit-linear/answers.ts";
import { BybitTops } from "../../../src/venues/bybit-linear/book.ts";
import { LOCAL_CODES } from "../../../src/venues/outcome-codes.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";
import { BTC, ETH, testDirectory } from "../support/directory.ts";
import { hasWireData, recorded, recordedNames } from "../support/wire-data.ts";

const listings = venueListings(testDirectory(), 0);
const place = { operation: "place", clientOrderId: "id-1", listing: BTC } as const;
const bytes = (message: unknown) => Buffer.from(JSON.stringify(message));

/** A report full of another order's facts: whatever is not overwritten shows. */
const stale = (): OrderReport => ({
  ...createOrderReport(),
  ...{ venue: 0, clientOrderId: "other", kind: "status", origin: "query", status: "filled" },
  ...{ cumQtyLots: 77, avgPxTicks: 5, code: 42, venueMs: 1, listing: ETH },
});
let report: OrderReport;
beforeEach(() => {
  report = stale();
});

describe("an acknowledgement", () => {
  const read = (answer: unknown, asked: Parameters<BybitAckReader["report"]>[0] = place) => {
    const reader = new BybitAckReader();
    expect(reader.read(bytes(answer))).toBe(true);
    reader.report(asked, report);
    return report;
  };
  const ack = {
    reqId: "r",
    retCode: 0,
    op: "order.create",
    data: { orderLinkId: "id-1" },
    header: { Timenow: "1700" },
  };

  it("is one and no status, whatever else stands in it", () => {
    const claims = { orderStatus: "Filled", cumExecQty: "1" };
    expect(read({ ...ack, data: { ...ack.data, ...claims } })).toEqual({
      ...{ venue: 0, clientOrderId: "id-1", kind: "ack", origin: "response", status: "none" },
      ...{ cumQtyLots: -1, avgPxTicks: Number.NaN, code: 0, venueMs: 1700, listing: BTC },
    });
  });

  it.each([
    [{ ...ack, data: { orderLinkId: "id-2" } }, "of another order"],
    [{ ...ack, data: {} }, "of no order"],
    [{ ...ack, retCode: undefined }, "without a code"],
    [{ ...ack, retCode: "0" }, "with a text for a code"],
  ])("%o proves nothing: it is %s", (answer, _what) => {
    expect(read(answer)).toMatchObject({
      kind: "unknown",
      code: LOCAL_CODES.malformed,
      status: "none",
      cumQtyLots: -1,
    });
  });

  it("that is a refusal needs no order in it", () => {
    expect(read({ ...ack, retCode: 110007, data: {} })).toMatchObject({ kind: "rejected", code: 110007 });
    expect(read({ ...ack, retCode: 110001, data: {} }, { ...place, operation: "cancel" })).toMatchObject({
      ...{ kind: "cancelUnknown", code: 110001 },
    });
  });

  it("tells what is left of the limit it counted against", () => {
    const reader = new BybitAckReader();
    const header = {
      "X-Bapi-Limit": "10",
      "X-Bapi-Limit-Status": "3",
      "X-Bapi-Limit-Reset-Timestamp": "1711001595208",
    };
    reader.read(bytes({ ...ack, header }));
    expect([reader.limit, reader.left, reader.resetMs]).toEqual([10, 3, 1_711_001_595_208]);
    reader.read(bytes(ack));
    expect([reader.limit, reader.left, reader.resetMs]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it.skipIf(!hasWireData)("as recorded is one, its id of the venue above 2^53 left alone", () => {
    const asked = { ...place, clientOrderId: "client-order-1" };
    expect(read(recorded("bybit/ws_order_response.json"), asked)).toMatchObject({ kind: "ack", code: 0 });
  });
});

describe("a private event", () => {
  const row = {
    ...{ category: "linear", symbol: "BTCUSDT", orderId: "1726025498520715010", orderLinkId: "id-1" },
    ...{ orderStatus: "PartiallyFilled", cumExecQty: "0.025", avgPrice: "61800.15", updatedTime: "1700000000123" },
  };
  const reader = new BybitPrivateReader(listings);
  const read = (message: unknown): OrderReport[] => {
    const reports: OrderReport[] = [];
    expect(reader.read(bytes(message))).toBe("rows");
    reader.eachReport(report, () => {
      reports.push({ ...report });
    });
    return reports;
  };
  const order = (over: object) => read({ topic: "order", data: [{ ...row, ...over }] })[0];

  it("carries status, quantity, price and time of an order", () => {
    expect(order({})).toEqual({
      ...{ venue: 0, clientOrderId: "id-1", kind: "status", origin: "stream", status: "partiallyFilled" },
      ...{ cumQtyLots: 25, avgPxTicks: 618_001.5, code: 0, venueMs: 1_700_000_000_123, listing: BTC },
    });
  });

  it.each([
    ["New", "open", "0"],
    ["PartiallyFilled", "partiallyFilled", "0.010"],
    ["Filled", "filled", "0.010"],
    ["Cancelled", "canceled", "0.010"],
    ["PartiallyFilledCanceled", "canceled", "0.010"],
    ["Rejected", "rejected", "0"],
  ])("of status %s is %s", (orderStatus, status, cumExecQty) => {
    expect(order({ orderStatus, cumExecQty })).toMatchObject({ kind: "status", status });
  });

  it.each(["Untriggered", "Triggered", "Deactivated", "Active", "Canceled", "", undefined])(
    "of status %s is unknown, its fill kept",
    (orderStatus) => {
      expect(order({ orderStatus })).toMatchObject({
        ...{ kind: "unknown", status: "none", code: LOCAL_CODES.statusUnmapped, cumQtyLots: 25 },
      });
    },
  );

  it.each(["0.0255", "", "25", "-0.025x", undefined])("with a quantity of %s is exact or unknown", (cumExecQty) => {
    const found = order({ cumExecQty });
    if (cumExecQty === "25") expect(found).toMatchObject({ cumQtyLots: 25_000 });
    else expect(found).toMatchObject({ kind: "unknown", code: LOCAL_CODES.qtyNotLots, cumQtyLots: -1, status: "none" });
  });

  it("without an id of ours goes by the venue's, and one of a symbol we do not list is told apart", () => {
    expect(order({ orderLinkId: "" })).toMatchObject({ clientOrderId: "1726025498520715010", listing: BTC });
    expect(order({ symbol: "DOGEUSDT" })).toMatchObject({ listing: -1, cumQtyLots: -1 });
  });

  it("of several rows is told one by one, and of another category not at all", () => {
    const rows = [row, { ...row, category: "spot" }, { ...row, orderLinkId: "id-2", symbol: "ETHUSDT" }];
    expect(read({ topic: "order", data: rows })).toMatchObject([
      { clientOrderId: "id-1", listing: BTC },
      { clientOrderId: "id-2", listing: ETH },
    ]);
    expect(read({ topic: "wallet", data: rows })).toEqual([]);
  });

  it("of an ordinary execution says nothing: its order's own event does", () => {
    const execution = { ...row, execType: "Trade", execQty: "0.010", execPrice: "61800.1", execTime: "1700000000124" };
    expect(read({ topic: "execution", data: [execution, { ...execution, execType: "Funding" }] })).toEqual([]);
    expect(read({ topic: "execution", data: [{ ...execution, execType: "AdlTrade", orderLinkId: "" }] })).toMatchObject(
      [
        {
          kind: "status",
          status: "filled",
          cumQtyLots: 10,
          clientOrderId: "1726025498520715010",
          venueMs: 1_700_000_000_124,
        },
      ],
    );
  });

  it("is told from answers, and what is no JSON from both", () => {
    expect(reader.read(bytes({ op: "auth", success: true }))).toBe("authorized");
    expect(reader.read(bytes({ op: "subscribe", success: true }))).toBe("subscribed");
    for (const op of ["auth", "subscribe"]) expect(reader.read(bytes({ op, success: false }))).toBe("refused");
    expect(reader.read(bytes({ op: "pong" }))).toBe("other");
    expect(reader.read(Buffer.from("{"))).toBeNull();
  });

  it.skipIf(!hasWireData).each(recordedNames("bybit", /^ws_account_order/))("%s is read to the last lot", (file) => {
    const message = recorded(`bybit/${file}`) as { data: Record<string, string>[] };
    const [theirs] = message.data;
    const found = read(message);
    if (theirs!["category"] !== "linear") return expect(found).toEqual([]);
    const status = { Filled: "filled", Cancelled: "canceled", Untriggered: "none" }[theirs!["orderStatus"]!];
    expect(found).toMatchObject([
      {
        ...{
          clientOrderId: theirs!["orderLinkId"],
          listing: BTC,
          status,
          kind: status === "none" ? "unknown" : "status",
        },
        cumQtyLots: Math.round(Number(theirs!["cumExecQty"]) * 1000),
        venueMs: Number(theirs!["updatedTime"]),
      },
    ]);
  });

  it.skipIf(!hasWireData)("as recorded of an auto-deleveraging is a fill of somebody else", () => {
    expect(read(recorded("bybit/ws_account_execution_adl.json"))).toMatchObject([
      { clientOrderId: "9aac161b-8ed6-450d-9cab-c5cc67c21785", status: "filled", cumQtyLots: 500, listing: BTC },
    ]);
    expect(read(recorded("bybit/ws_account_execution.json"))).toEqual([]);
  });
});

describe("a queried row", () => {
  const row = {
    symbol: "BTCUSDT",
    orderLinkId: "id-1",
    orderStatus: "Filled",
    cumExecQty: "0.010",
    avgPrice: "61800.1",
  };
  const asked = { ...place, operation: "query" } as const;

  it("is read like an event, as the answer to a query", () => {
    readQueried(listings, asked, row, report);
    expect(report).toMatchObject({
      kind: "status",
      origin: "query",
      status: "filled",
      cumQtyLots: 10,
      avgPxTicks: 618_001,
    });
  });

  it.each([[{ ...row, orderLinkId: "id-2" }], [{ ...row, symbol: "ETHUSDT" }], [null], ["row"]])(
    "%o proves nothing",
    (other) => {
      readQueried(listings, asked, other, report);
      expect(report).toMatchObject({ kind: "unknown", code: LOCAL_CODES.malformed, cumQtyLots: -1, status: "none" });
    },
  );
});

describe("the top of book", () => {
  const quote = (): Quote => ({ listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 });
  const message = (type: string, b: unknown, a: unknown, u = 2) => ({
    ...{ topic: "orderbook.1.BTCUSDT", type, ts: 1_700_000_000_500, cts: 1_700_000_000_499 },
    data: { s: "BTCUSDT", b, a, u, seq: u },
  });
  let tops: BybitTops;
  let told: Quote;
  const read = (...parts: Parameters<typeof message>) => tops.read(message(...parts), told);
  beforeEach(() => {
    tops = new BybitTops(listings);
    told = quote();
    expect(read("snapshot", [["61800.0", "0.500"]], [["61800.1", "0.750"]])).toBe(true);
  });

  it("begins with a snapshot", () => {
    expect(told).toEqual({
      ...{ listing: BTC, bidTicks: 618_000, bidLots: 500, askTicks: 618_001, askLots: 750 },
      venueMs: 1_700_000_000_500,
    });
  });

  it("goes on with what changed, in whatever order the old and the new level are told", () => {
    expect(read("delta", [["61800.0", "0.400"]], [])).toBe(true);
    expect(told).toMatchObject({ bidTicks: 618_000, bidLots: 400, askTicks: 618_001, askLots: 750 });
    expect(
      read(
        "delta",
        [],
        [
          ["61800.1", "0"],
          ["61800.3", "0.010"],
        ],
      ),
    ).toBe(true);
    expect(told).toMatchObject({ askTicks: 618_003, askLots: 10 });
    expect(
      read(
        "delta",
        [
          ["61800.2", "0.020"],
          ["61800.0", "0"],
        ],
        [],
      ),
    ).toBe(true);
    expect(told).toMatchObject({ bidTicks: 618_002, bidLots: 20 });
  });

  it("is none while a side is empty, and none with half a lot or half a tick in it", () => {
    expect(read("delta", [], [["61800.1", "0"]])).toBe(false);
    expect(read("delta", [["61800.0", "0.600"]], [])).toBe(false);
    expect(read("delta", [], [["61800.2", "0.001"]])).toBe(true);
    expect(read("delta", [["61800.0", "0.0005"]], [])).toBe(false);
    expect(read("delta", [["61800.05", "0.001"]], [])).toBe(false);
    expect(read("snapshot", [["61800.0", "0.500"]], [])).toBe(false);
    expect(read("snapshot", [["61800.0", "0.500"]], [["61800.1", "0.500"]])).toBe(true);
  });

  it("begins anew where the venue counts from one, and is not moved by other topics", () => {
    expect(read("delta", [["61800.0", "0.500"]], [], 1)).toBe(false);
    expect(
      tops.read({ ...message("snapshot", [["1.0", "1"]], [["2.0", "1"]]), topic: "orderbook.50.BTCUSDT" }, told),
    ).toBe(false);
    expect(
      tops.read({ topic: "orderbook.1.DOGEUSDT", type: "snapshot", data: { s: "DOGEUSDT", b: [], a: [] } }, told),
    ).toBe(false);
  });

  it.skipIf(!hasWireData)("follows the recorded snapshot and change, which empties a side", () => {
    const fresh = new BybitTops(listings);
    expect(fresh.read(recorded("bybit/ws_orderbook_snapshot.json") as Record<string, unknown>, told)).toBe(true);
    expect(told).toMatchObject({ bidTicks: 274_500, bidLots: 500, askTicks: 274_510, askLots: 750 });
    expect(fresh.read(recorded("bybit/ws_orderbook_delta.json") as Record<string, unknown>, told)).toBe(false);
  });
});
