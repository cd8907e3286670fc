/** What of the ccxt venue is decided without a socket: outcomes, markets, reports, ids and outcomes of prediction markets. */
import { describe, expect, it } from "vitest";
import { createDirectory } from "../../../src/domain/instrument.ts";
import { createOrderReport } from "../../../src/domain/order.ts";
import { ticks } from "../../../src/domain/units.ts";
import type { CcxtOutcome } from "../../../src/venues/ccxt/exchange.ts";
import { ccxtListings } from "../../../src/venues/ccxt/markets.ts";
import type { ListedFacts, MarketFacts, OrderFacts } from "../../../src/venues/ccxt/messages.ts";
import { failedOutcome } from "../../../src/venues/ccxt/outcome.ts";
import { contractOrder, opposingOutcome, opposingPx, unitTicksOf } from "../../../src/venues/ccxt/prediction.ts";
import { ANY_EXCHANGE, profileOf, type RawAnswer } from "../../../src/venues/ccxt/profiles.ts";
import { readEvent, readOrders, readQuote } from "../../../src/venues/ccxt/reports.ts";
import { LOCAL_CODES, type Operation } from "../../../src/venues/outcome-codes.ts";

const ID = "0123456789abcdef00000100010000c0";

describe("what an answer proves", () => {
  const binance = profileOf("binanceusdm", "pro")!;
  const over = (httpStatus: number, body: unknown): RawAnswer => ({ httpStatus, body });
  const failed = (operation: Operation, errorClass: string, raw: RawAnswer | null, profile = ANY_EXCHANGE) =>
    failedOutcome({ operation, written: true, raw, errorClass }, profile);

  it("an order that never left is not sent; a question that never left says nothing of its order", () => {
    const unwritten = { written: false, raw: null, errorClass: "InsufficientFunds" };
    expect(failedOutcome({ ...unwritten, operation: "place" }, binance).kind).toBe("notSent");
    expect(failedOutcome({ ...unwritten, operation: "query" }, binance).kind).toBe("unknown");
    expect(failedOutcome({ ...unwritten, operation: "cancel" }, binance).kind).toBe("unknown");
  });

  it("without an answer of the exchange no class proves anything", () => {
    for (const errorClass of ["InsufficientFunds", "AuthenticationError", "OrderNotFound", "ExchangeClosedByUser"]) {
      expect(failed("place", errorClass, null)).toEqual({ kind: "unknown", code: LOCAL_CODES.socketLost, local: true });
    }
  });

  it("the code decides where there is a table, over REST and over the socket alike", () => {
    const rest = (code: number, msg = "") => failed("place", "ExchangeError", over(400, { code, msg }), binance);
    const socket = (code: number, msg = "") =>
      failed("place", "InsufficientFunds", over(0, { id: "1", status: 400, error: { code, msg } }), binance);
    for (const answer of [rest, socket]) {
      expect(answer(-2019)).toEqual({ kind: "rejected", code: -2019, local: false });
      expect(answer(-4116)).toMatchObject({ kind: "duplicateId", code: -4116 });
      expect(answer(-2010, "Duplicate order sent.").kind).toBe("duplicateId");
      expect(answer(-1007).kind).toBe("unknown");
      // A class of ccxt that would prove a refusal, on a code that does not.
      expect(answer(-1000).kind).toBe("unknown");
    }
    const unavailable = { status: 503, error: { code: -1016, msg: "Service Unavailable." } };
    expect(failed("place", "ExchangeError", over(0, unavailable), binance).kind).toBe("rejected");
    expect(failed("query", "OrderNotFound", over(0, { error: { code: -2013 } }), binance).kind).toBe("notFound");
    expect(failed("cancel", "OrderNotFound", over(0, { error: { code: -2011 } }), binance).kind).toBe("cancelUnknown");
  });

  it("Bybit's server timeout is unknown, and its duplicate is no rejection", () => {
    const bybit = profileOf("bybit", "pro")!;
    const code = (retCode: number) => failed("place", "ExchangeError", over(0, { reqId: "1", retCode }), bybit).kind;
    expect([10000, 10016, 10019].map(code)).toEqual(["unknown", "unknown", "unknown"]);
    expect(code(110072)).toBe("duplicateId");
    expect(code(10006)).toBe("rejected");
  });

  it("without a table only classes that cannot stand for a live order prove a refusal", () => {
    const raw = over(400, { message: "no" });
    const kind = (operation: Operation, errorClass: string) => failed(operation, errorClass, raw).kind;
    expect(kind("place", "InsufficientFunds")).toBe("rejected");
    expect(kind("place", "DuplicateOrderId")).toBe("duplicateId");
    for (const wide of ["InvalidOrder", "BadRequest", "ExchangeError", "RequestTimeout", "NetworkError", "Error"])
      expect(kind("place", wide)).toBe("unknown");
    expect(kind("place", "OrderNotFound")).toBe("unknown");
    expect(kind("query", "OrderNotFound")).toBe("notFound");
    expect(kind("cancel", "OrderNotFound")).toBe("cancelUnknown");
    for (const operation of ["query", "cancel"] as const) expect(kind(operation, "InsufficientFunds")).toBe("unknown");
  });
});

it("only exchanges whose stamps are known say when a quote was made", () => {
  const stamped = ["binanceusdm", "bybit", "okx", "kraken"].map((id) => profileOf(id, "pro")!.quotesStamped);
  expect([...stamped, ANY_EXCHANGE.quotesStamped]).toEqual([true, true, true, false, false]);
});

describe("client order ids", () => {
  it("come back as they were, in every exchange's own form", () => {
    for (const exchange of ["binanceusdm", "bybit", "okx", "kraken", "gate", "hyperliquid", "kucoin"]) {
      const profile = profileOf(exchange, "pro")!;
      expect(profile.clientOrderIdOf(profile.venueIdOf(ID), 0xc0)).toBe(ID);
    }
  });

  it("fit the forms the exchanges demand", () => {
    expect(profileOf("gate", "pro")!.venueIdOf(ID)).toMatch(/^t-[0-9A-Za-z_.-]{1,28}$/);
    expect(profileOf("hyperliquid", "pro")!.venueIdOf(ID)).toMatch(/^0x[0-9a-f]{32}$/);
    expect(profileOf("okx", "pro")!.venueIdOf(ID)).toMatch(/^[0-9A-Za-z]{1,32}$/);
  });

  it("of somebody else are left as they are", () => {
    for (const exchange of ["gate", "hyperliquid"])
      expect(profileOf(exchange, "pro")!.clientOrderIdOf("autoclose-1", 1)).toBe("autoclose-1");
  });

  it("are refused where they do not fit", () => {
    expect(profileOf("htx", "pro")).toBeNull();
    expect(profileOf("dydx", "pro")).toBeNull();
    expect(profileOf("polymarket", "prediction")).toBeNull();
    expect(profileOf("kalshi", "prediction")).not.toBeNull();
  });
});

const directory = createDirectory(
  [],
  ["okx"],
  [
    {
      symbol: "BTC/USDT:USDT",
      tickSize: "0.1",
      lotSize: "0.0001",
      listings: [{ venue: "okx", symbol: "BTC-USDT-SWAP", lotSize: "0.0001", minNotional: 5 }],
    },
  ],
);

const facts: MarketFacts = {
  listing: 0,
  symbol: "BTC/USDT:USDT",
  active: true,
  contract: true,
  inverse: false,
  contractSize: "0.01",
  amountStep: "0.01",
  priceStep: "0.1",
  amountMin: "0.01",
  costMin: "5",
};

describe("markets", () => {
  it("amounts are contracts, exactly", () => {
    const [listing] = ccxtListings(directory, 0, "okx", [facts]).all;
    expect(listing?.amount.format(7)).toBe("0.07");
    expect(listing?.amount.parse("12.34")).toBe(1234);
    expect(listing?.amount.parse("0.001")).toBe(Number.NaN);
    expect(listing?.px.format(618_001)).toBe("61800.1");
  });

  it.each<[string, Partial<MarketFacts>, string]>([
    ["halted", { active: false }, "status"],
    ["inverse", { inverse: true }, "inverse"],
    ["a contract that lots do not divide", { contractSize: "0.03" }, "contractSize"],
    ["a contract of nothing", { contractSize: "0" }, "contractSize"],
    ["a coarser lot", { amountStep: "0.1" }, "lotSize"],
    ["a coarser tick", { priceStep: "0.5" }, "tickSize"],
    ["a larger minimum", { amountMin: "0.02" }, "minQty"],
    ["a larger minimum notional", { costMin: "5.01" }, "minNotional"],
  ])("%s: the listing is refused, and the field named", (_, change, field) => {
    const check = () => ccxtListings(directory, 0, "okx", [{ ...facts, ...change }]);
    expect(check).toThrow(expect.objectContaining({ code: "LISTING", field }));
    expect(check).toThrow(/BTC-USDT-SWAP at okx/);
  });

  it("a step the exchange does not say is refused, a market it does not have too", () => {
    const { amountStep: _, ...without } = facts;
    expect(() => ccxtListings(directory, 0, "okx", [without])).toThrow(
      expect.objectContaining({ code: "LISTING", field: "amountStep" }),
    );
    expect(() => ccxtListings(directory, 0, "okx", [])).toThrow(
      expect.objectContaining({ code: "LISTING", field: "symbol" }),
    );
  });
});

describe("reports", () => {
  const listings = ccxtListings(directory, 0, "okx", [facts]);
  const order = (fields: Partial<OrderFacts>): OrderFacts => ({
    clientOrderId: ID,
    symbol: "BTC/USDT:USDT",
    status: "open",
    filled: "0",
    amount: "1.00",
    average: undefined,
    venueMs: 5,
    ...fields,
  });
  const read = (fields: Partial<OrderFacts>) => {
    // Dirty on purpose: nothing of the message before may show through.
    const report = { ...createOrderReport(), cumQtyLots: 99, avgPxTicks: 99, code: 99, kind: "ack" as const };
    readEvent(listings, order(fields), report);
    return report;
  };

  it("rows of the exchange's lists are orders, those of other markets and of before are not, and none is guessed", () => {
    const row = (fields: Partial<ListedFacts> = {}): ListedFacts => ({
      ...order({ status: "canceled", filled: "0.25", average: "61800.1" }),
      ...{ side: "sell", reduceOnly: true, createdMs: 10 },
      ...fields,
    });
    const elsewhere = row({ clientOrderId: "b", symbol: "XRP/USDT:USDT" });
    expect(readOrders(listings, [row(), elsewhere, row({ clientOrderId: "c", createdMs: 9 })], 10)).toEqual([
      {
        ...{ clientOrderId: ID, listing: 0, side: "sell", qtyLots: 100, status: "canceled", cumQtyLots: 25 },
        ...{ avgPxTicks: 618_001, reduceOnly: true, venueMs: 10 },
      },
    ]);
    for (const fields of [{ side: undefined }, { status: "paused" }, { filled: "0.123" }, { amount: undefined }]) {
      expect(() => readOrders(listings, [row(fields)], 10)).toThrow(expect.objectContaining({ code: "MALFORMED" }));
    }
  });

  it("contracts come back as lots, prices as ticks", () => {
    expect(read({ filled: "0.25", average: "61800.05", status: "canceled" })).toMatchObject({
      kind: "status",
      status: "canceled",
      origin: "stream",
      cumQtyLots: 25,
      avgPxTicks: 618_000.5,
      code: 0,
      listing: 0,
      venueMs: 5,
    });
  });

  it.each<[Partial<OrderFacts>, string]>([
    [{ status: "open" }, "open"],
    [{ status: "open", filled: "0.50" }, "partiallyFilled"],
    [{ status: "closed", filled: "1", amount: "1.00" }, "filled"],
    [{ status: "closed", filled: "0.5" }, "canceled"],
    [{ status: "expired", filled: "0.5" }, "expired"],
    [{ status: "rejected" }, "rejected"],
  ])("%o is %s", (fields, status) => {
    expect(read(fields)).toMatchObject({ kind: "status", status });
  });

  it("what has no meaning or no exact quantity is unknown, and keeps its fill", () => {
    expect(read({ status: "NEW_ADL", filled: "0.5" })).toMatchObject({
      kind: "unknown",
      code: LOCAL_CODES.statusUnmapped,
      cumQtyLots: 50,
    });
    expect(read({ status: "closed", amount: undefined })).toMatchObject({ kind: "unknown" });
    expect(read({ status: "canceled", filled: "0.123" })).toMatchObject({
      kind: "unknown",
      code: LOCAL_CODES.qtyNotLots,
      cumQtyLots: -1,
    });
    expect(read({ status: "canceled", filled: undefined })).toMatchObject({ kind: "unknown" });
  });

  it("an order of a market we do not list is handed on without a listing", () => {
    expect(read({ symbol: "ETH/USDT:USDT" })).toMatchObject({ listing: -1, clientOrderId: ID });
  });

  it("a quote needs both prices in whole ticks; depth is counted in whole lots", () => {
    const quote = { listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };
    const message = {
      type: "quote",
      symbol: "BTC/USDT:USDT",
      bid: "61800",
      ask: "61800.1",
      bidAmount: "2",
      askAmount: "0.0199",
      venueMs: 9,
    } as const;
    expect(readQuote(listings, message, quote)).toBe(true);
    expect(quote).toEqual({ listing: 0, bidTicks: 618_000, askTicks: 618_001, bidLots: 200, askLots: 1, venueMs: 9 });
    expect(readQuote(listings, { ...message, ask: "" }, quote)).toBe(false);
    expect(readQuote(listings, { ...message, bid: "61800.05" }, quote)).toBe(false);
    expect(readQuote(listings, { ...message, symbol: "ETH/USDT:USDT" }, quote)).toBe(false);
  });
});

describe("prediction markets", () => {
  it("selling an outcome is buying the other, and reducing sells what was bought", () => {
    const of = (side: "buy" | "sell", reducing: boolean) => contractOrder(side, ticks(37), reducing, 100);
    expect(of("buy", false)).toEqual({ contract: "listed", side: "buy", pxTicks: 37 });
    expect(of("sell", false)).toEqual({ contract: "opposing", side: "buy", pxTicks: 63 });
    expect(of("sell", true)).toEqual({ contract: "listed", side: "sell", pxTicks: 37 });
    expect(of("buy", true)).toEqual({ contract: "opposing", side: "sell", pxTicks: 63 });
    expect(opposingPx(opposingPx(37.5, 100), 100)).toBe(37.5);
  });

  it("a pay-out of one must be whole ticks", () => {
    expect(unitTicksOf("0.01", "x")).toBe(100);
    expect(() => unitTicksOf("0.03", "x")).toThrow(expect.objectContaining({ code: "LISTING", field: "tickSize" }));
  });

  it("the opposing outcome is the only other of the same market", () => {
    const outcome = (outcomeId: string, market: string): CcxtOutcome => ({ outcome: outcomeId, outcomeId, market });
    const [yes, no, third] = [outcome("yes", "m"), outcome("no", "m"), outcome("third", "m")];
    expect(opposingOutcome(yes, [yes, no, outcome("other", "n")])).toBe(no);
    for (const all of [[yes], [yes, no, third]])
      expect(() => opposingOutcome(yes, all)).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED", field: "outcome" }),
      );
  });

  it("reports on the opposing outcome come back in terms of the listed one", () => {
    const binary = createDirectory(
      [],
      ["p"],
      [{ symbol: "RAIN/USD", tickSize: "0.01", lotSize: "1", listings: [{ venue: "p", symbol: "yes" }] }],
    );
    const market: MarketFacts = {
      listing: 0,
      symbol: "yes",
      opposing: "no",
      active: true,
      contract: false,
      inverse: false,
      contractSize: "1",
      amountStep: "1",
    };
    const listings = ccxtListings(binary, 0, "p", [market]);
    const report = createOrderReport();
    readEvent(
      listings,
      { clientOrderId: ID, symbol: "no", status: "closed", filled: "5", amount: "5", average: "0.63", venueMs: 0 },
      report,
    );
    expect(report).toMatchObject({ kind: "status", status: "filled", cumQtyLots: 5, listing: 0 });
    expect(report.avgPxTicks).toBeCloseTo(37, 9);
    const row = {
      clientOrderId: ID,
      symbol: "no",
      status: "closed",
      filled: "5",
      amount: "5",
      average: "0.63",
      venueMs: 0,
    };
    const told = (side: string) => readOrders(listings, [{ ...row, side, reduceOnly: false, createdMs: 1 }], 0)[0]!;
    expect(told("buy")).toMatchObject({ side: "sell", reduceOnly: false, cumQtyLots: 5 });
    expect(told("sell")).toMatchObject({ side: "buy", reduceOnly: true, cumQtyLots: 5 });
    expect(told("buy").avgPxTicks).toBeCloseTo(37, 9);
  });
});
