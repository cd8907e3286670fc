import { describe, expect, it, test } from "vitest";
import { createDirectory } from "../../../src/domain/instrument.ts";
import { createOrderReport, type OrderReport, type Quote } from "../../../src/domain/order.ts";
import { OkxMessages, readQueried, readQueryRefusal } from "../../../src/venues/okx-swap/answers.ts";
import { okxListings } from "../../../src/venues/okx-swap/listings.ts";
import { readQuote } from "../../../src/venues/okx-swap/streams.ts";
import { LOCAL_CODES, type Operation } from "../../../src/venues/outcome-codes.ts";
import { OKX_BTC, OKX_INSTRUMENTS, okxDirectory } from "../support/okx-directory.ts";
import { hasWireData, recorded, recordedNames } from "../support/wire-data.ts";

const listings = okxListings(okxDirectory(), 0, "alpha", OKX_INSTRUMENTS);
const messages = new OkxMessages(listings);

const bytes = (json: unknown) => Buffer.from(JSON.stringify(json));

const item = (over: object = {}) => ({
  clOrdId: "a1",
  ordId: "2497956918703120386",
  tag: "",
  ts: "1695190491421",
  sCode: "0",
  sMsg: "",
  subCode: "",
  ...over,
});

const answer = (over: object = {}) => ({
  id: "0000000001",
  op: "order",
  data: [item()],
  code: "0",
  msg: "",
  inTime: "1695190491421339",
  outTime: "1695190491423240",
  ...over,
});

/** A report full of what the message before may have left. */
function dirtyReport(): OrderReport {
  const report = createOrderReport();
  Object.assign(report, { clientOrderId: "before", kind: "rejected", status: "filled", cumQtyLots: 5, avgPxTicks: 5 });
  Object.assign(report, { code: 5, venueMs: 5, listing: 5, origin: "query" });
  return report;
}

function acknowledged(json: unknown, operation: Operation = "place"): OrderReport {
  const report = dirtyReport();
  expect(messages.read(bytes(json))).toBe(true);
  messages.readAcknowledgement({ operation, clientOrderId: "a1", listing: 0 }, report);
  return report;
}

describe("the answer to an order", () => {
  it("is an acknowledgement without status, quantity or price, at the gateway's time", () => {
    expect(acknowledged(answer())).toEqual({
      venue: 0,
      clientOrderId: "a1",
      kind: "ack",
      origin: "response",
      status: "none",
      cumQtyLots: -1,
      avgPxTicks: Number.NaN,
      code: 0,
      venueMs: 1_695_190_491_421,
      listing: 0,
    });
  });

  it.each([
    ["a definitive refusal", { code: "1", data: [item({ sCode: "51008", ordId: "" })] }, "rejected", 51_008],
    [
      "a refusal that does not name the id",
      { code: "1", data: [item({ sCode: "51008", clOrdId: "" })] },
      "rejected",
      51_008,
    ],
    ["a duplicate id", { code: "1", data: [item({ sCode: "51016" })] }, "duplicateId", 51_016],
    ["a timeout of the trading system", { code: "1", data: [item({ sCode: "51149" })] }, "unknown", 51_149],
    ["a code to come", { code: "1", data: [item({ sCode: "51998" })] }, "unknown", 51_998],
    ["the gateway's refusal", { code: "60013", msg: "Invalid args", data: [] }, "rejected", 60_013],
    ["the gateway's rate limit", { code: "50011", msg: "Rate limit reached", data: [] }, "rejected", 50_011],
    ["the gateway's timeout", { code: "50004", msg: "timeout", data: [] }, "unknown", 50_004],
    ["the gateway's refusal without data", { code: "50026", data: undefined }, "unknown", 50_026],
  ] as const)("%s", (_what, over, kind, code) => {
    expect(acknowledged(answer(over))).toMatchObject({ kind, code, status: "none", cumQtyLots: -1 });
  });

  it.each([
    ["success without an item", { data: [] }],
    ["success for another id", { data: [item({ clOrdId: "other" })] }],
    ["success in the message, failure in the item", { data: [item({ sCode: "51008" })] }],
    ["failure in the message, success in the item", { code: "1" }],
    ["two items", { data: [item(), item()] }],
    ["no code", { code: undefined }],
    ["a code that is no number", { code: "0x", data: [item({ sCode: "ok" })] }],
    ["an item's code that is a number", { data: [item({ sCode: 0 })] }],
  ])("%s contradicts itself: unknown", (_what, over) => {
    expect(acknowledged(answer(over))).toMatchObject({ kind: "unknown", code: LOCAL_CODES.malformed });
  });

  it("to a cancel says that it was taken, or that nothing was found", () => {
    expect(acknowledged(answer(), "cancel")).toMatchObject({ kind: "ack", status: "none" });
    expect(acknowledged(answer({ code: "1", data: [item({ sCode: "51400" })] }), "cancel")).toMatchObject({
      kind: "cancelUnknown",
      code: 51_400,
    });
  });
});

const row = (over: object = {}) => ({
  instId: OKX_BTC,
  clOrdId: "a1",
  ordId: "2497956918703120386",
  state: "partially_filled",
  accFillSz: "13.7",
  avgPx: "61800.15",
  uTime: "1746947318502",
  ...over,
});

function pushed(...rows: object[]): OrderReport[] {
  const reports: OrderReport[] = [];
  expect(messages.read(bytes({ arg: { channel: "orders", instType: "SWAP", uid: "1" }, data: rows }))).toBe(true);
  expect(messages.channel).toBe("orders");
  messages.readOrders(dirtyReport(), (report) => reports.push({ ...report }));
  return reports;
}

describe("a row of the orders channel", () => {
  it.each([
    ["live", "open"],
    ["partially_filled", "partiallyFilled"],
    ["filled", "filled"],
    ["canceled", "canceled"],
    ["mmp_canceled", "canceled"],
  ] as const)("in state %s is %s, with contracts as lots", (state, status) => {
    expect(pushed(row({ state }))).toEqual([
      {
        venue: 0,
        clientOrderId: "a1",
        kind: "status",
        origin: "stream",
        status,
        cumQtyLots: 137,
        avgPxTicks: 618_001.5,
        code: 0,
        venueMs: 1_746_947_318_502,
        listing: 0,
      },
    ]);
  });

  it("that has filled nothing has no price", () => {
    for (const avgPx of ["0", ""])
      expect(pushed(row({ state: "live", accFillSz: "0", avgPx }))).toMatchObject([
        { status: "open", cumQtyLots: 0, avgPxTicks: Number.NaN },
      ]);
  });

  it("of somebody else goes by the venue's order id, every digit of it", () => {
    expect(pushed(row({ clOrdId: "", state: "filled" }), row({ clOrdId: "a2" }))).toMatchObject([
      { clientOrderId: "2497956918703120386", status: "filled", cumQtyLots: 137 },
      { clientOrderId: "a2" },
    ]);
  });

  it("of an instrument that is not ours has no listing", () => {
    expect(pushed(row({ instId: "DOGE-USDT-SWAP" }))).toMatchObject([{ listing: -1, cumQtyLots: -1 }]);
  });

  it("with a quantity that is no whole lot is unknown, never rounded", () => {
    for (const accFillSz of ["13.75", "1e1", "", "-0.1", undefined])
      expect(pushed(row({ accFillSz }))).toMatchObject([
        { kind: "unknown", code: LOCAL_CODES.qtyNotLots, cumQtyLots: -1, status: "none" },
      ]);
  });

  it("in a state without meaning is unknown, its fill kept", () => {
    for (const state of ["order_failed", "", undefined])
      expect(pushed(row({ state }))).toMatchObject([
        { kind: "unknown", code: LOCAL_CODES.statusUnmapped, cumQtyLots: 137, status: "none" },
      ]);
  });
});

describe("a query", () => {
  const asked = { operation: "query", clientOrderId: "a1", listing: 0 } as const;

  it("tells an order's state as the channel does", () => {
    const report = dirtyReport();
    readQueried(listings, asked, row({ state: "canceled" }), report);
    expect(report).toMatchObject({ kind: "status", origin: "query", status: "canceled", cumQtyLots: 137, code: 0 });
  });

  it.each([
    ["another id", row({ clOrdId: "other" })],
    ["another instrument", row({ instId: "ETH-USDT-SWAP" })],
    ["nothing", undefined],
  ])("answered with %s proves nothing", (_what, data) => {
    const report = dirtyReport();
    readQueried(listings, asked, data, report);
    expect(report).toMatchObject({ kind: "unknown", code: LOCAL_CODES.malformed, cumQtyLots: -1 });
  });

  it("answered with a code", () => {
    const report = dirtyReport();
    readQueryRefusal(asked, 51_603, report);
    expect(report).toMatchObject({ kind: "notFound", code: 51_603, origin: "query" });
    readQueryRefusal(asked, 50_026, report);
    expect(report).toMatchObject({ kind: "unknown", code: 50_026 });
  });
});

describe("a quote", () => {
  const quote: Quote = { listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };
  const message = (over: object = {}, arg: object = { channel: "bbo-tbt", instId: OKX_BTC }) => ({
    arg,
    data: [
      {
        bids: [["61800", "1.5", "0", "2"]],
        asks: [["61800.1", "20", "0", "1"]],
        ts: "1597026383085",
        seqId: 1,
        ...over,
      },
    ],
  });

  it("is ticks and lots", () => {
    expect(readQuote(listings, message(), quote)).toBe(true);
    expect(quote).toEqual({
      listing: 0,
      bidTicks: 618_000,
      bidLots: 15,
      askTicks: 618_001,
      askLots: 200,
      venueMs: 1_597_026_383_085,
    });
  });

  it.each([
    ["an empty side", message({ asks: [] })],
    ["a price between ticks", message({ bids: [["61800.05", "1", "0", "1"]] })],
    ["a size of no whole lot", message({ bids: [["61800", "0.05", "0", "1"]] })],
    ["no rows", { ...message(), data: [] }],
    ["another channel", message({}, { channel: "books", instId: OKX_BTC })],
    ["an instrument that is not ours", message({}, { channel: "bbo-tbt", instId: "X" })],
    ["a number where a text is promised", message({ bids: [[61_800, 1]] })],
  ])("with %s is none", (_what, json) => expect(readQuote(listings, json, quote)).toBe(false));
});

test("what is no JSON object is not read, and a message's id is a request's only if it is a number", () => {
  for (const text of ["", "pong", "[]", '"x"', "{"]) expect(messages.read(Buffer.from(text))).toBe(false);
  for (const [id, expected] of [
    ["0000000012", 12],
    ["x1", 0],
    [12, 0],
    [undefined, 0],
    ["-1", 0],
  ] as const) {
    expect(messages.read(bytes({ id }))).toBe(true);
    expect(messages.requestId).toBe(expected);
  }
});

test.skipIf(!hasWireData)("every recorded order of the channel is told with the quantity it has", () => {
  const names = recordedNames("okx/", /^ws_orders(_ioc|_fok|_adl|_liquidation|_optimal_limit_ioc)?\.json$/);
  expect(names.length).toBeGreaterThan(4);
  // Finer than the tests' other listings: hundredths of a contract.
  const listed = [{ venue: "alpha", symbol: OKX_BTC }];
  const spec = { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.0001", listings: listed };
  const row = { ...OKX_INSTRUMENTS[0], lotSz: "0.01", minSz: "0.01" };
  const fine = new OkxMessages(okxListings(createDirectory([], ["alpha"], [spec]), 0, "alpha", [row]));
  for (const name of names) {
    const recording = recorded(`okx/${name}`) as {
      data: Record<"instId" | "clOrdId" | "ordId" | "accFillSz", string>[];
    };
    const reports: OrderReport[] = [];
    expect(fine.read(bytes(recording))).toBe(true);
    fine.readOrders(dirtyReport(), (report) => reports.push({ ...report }));
    expect(reports.map(({ clientOrderId }) => clientOrderId)).toEqual(
      recording.data.map(({ clOrdId, ordId }) => clOrdId || ordId),
    );
    for (const [at, report] of reports.entries()) {
      const { instId, accFillSz } = recording.data[at]!;
      expect(report).toMatchObject({ kind: "status", listing: instId === OKX_BTC ? 0 : -1 });
      expect(report.cumQtyLots).toBe(instId === OKX_BTC ? Math.round(Number(accFillSz) * 100) : -1);
    }
  }
});
