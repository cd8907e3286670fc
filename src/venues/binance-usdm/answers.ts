/**
 * Answers and events of Binance USDM, read from their bytes into order reports and quotes.
 *
 * Invariants
 *   - Order ids of the venue are never used: they pass 2^53 and a number would round them. Orders are told apart by client
 *     order id.
 *   - A quantity is exact or the report is `unknown`; a status without meaning here is `unknown`, with a code.
 *   - A report is filled completely by every function, so nothing of the message before shows through.
 *
 * Pure: no clock, no socket. It does not conclude: the channels hand on what is read here.
 */
import type { OrderReport, OrderStatus, Quote } from "../../domain/order.ts";
import { createStepDecimal } from "../../domain/step-decimal.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { type Asked, millis, readState, resetReport } from "../venue-reports.ts";
import { JsonScan } from "../wire/json-scan.ts";
import { binanceUsdmOutcome } from "./codes.ts";
import { type BinanceRule, RATE_RULES } from "./rates.ts";

const WHOLE = createStepDecimal("1");

/** Answers of the order API, `{id, status, result | error, rateLimits}`. */
export class AnswerReader {
  readonly #listings: VenueListings;
  readonly #scan = new JsonScan([
    "id",
    "status",
    "result.clientOrderId",
    "result.symbol",
    "result.status",
    "result.executedQty",
    "result.avgPrice",
    "result.updateTime",
    "error.code",
    "error.msg",
    "error.data.serverTime",
    "error.data.retryAfter",
    "rateLimits",
  ]);
  readonly #id = this.#scan.field("id");
  readonly #status = this.#scan.field("status");
  readonly #result = this.#scan.field("result");
  readonly #clientOrderId = this.#scan.field("result.clientOrderId");
  readonly #symbol = this.#scan.field("result.symbol");
  readonly #orderStatus = this.#scan.field("result.status");
  readonly #executedQty = this.#scan.field("result.executedQty");
  readonly #avgPrice = this.#scan.field("result.avgPrice");
  readonly #updateTime = this.#scan.field("result.updateTime");
  readonly #error = this.#scan.field("error");
  readonly #code = this.#scan.field("error.code");
  readonly #msg = this.#scan.field("error.msg");
  readonly #serverTime = this.#scan.field("error.data.serverTime");
  readonly #retryAfter = this.#scan.field("error.data.retryAfter");
  readonly #rateLimits = this.#scan.field("rateLimits");
  readonly #rate = new JsonScan(["rateLimitType", "interval", "intervalNum", "limit", "count"]);

  constructor(listings: VenueListings) {
    this.#listings = listings;
  }

  /** False when the bytes are no answer to anybody: no JSON object, or one without a textual id. */
  read(bytes: Uint8Array): boolean {
    return this.#scan.read(bytes) && this.#scan.kind(this.#id) === "text";
  }

  /** NaN where it is not a number of ours. */
  get requestId(): number {
    return this.#scan.steps(this.#id, WHOLE);
  }

  isOf(requestId: string): boolean {
    return this.#scan.isText(this.#id, requestId);
  }

  /** The HTTP-like status, 0 where it says none. */
  get status(): number {
    return this.#scan.number(this.#status) || 0;
  }

  get isError(): boolean {
    return this.#scan.kind(this.#error) === "object";
  }

  /** The venue's raw code, 0 where there is none. */
  get errorCode(): number {
    return this.#scan.number(this.#code) || 0;
  }

  /** When the venue may be asked again, on its clock; 0 where it does not say. */
  get retryAfterMs(): number {
    return millis(this.#scan.number(this.#retryAfter));
  }

  /** What it says of the order that `asked` was about. */
  report(asked: Asked, report: OrderReport): void {
    const scan = this.#scan;
    resetReport(report, asked.clientOrderId, asked.listing, asked.operation === "query" ? "query" : "response");
    if (this.isError) {
      report.code = this.errorCode;
      report.venueMs = millis(scan.number(this.#serverTime));
      report.kind = binanceUsdmOutcome(asked.operation, this.status, report.code, scan.text(this.#msg) ?? "");
      return;
    }
    const listing = this.#listings.byIndex[asked.listing];
    const matches =
      scan.kind(this.#result) === "object" &&
      scan.isText(this.#clientOrderId, asked.clientOrderId) &&
      listing !== undefined &&
      scan.isText(this.#symbol, listing.symbol);
    if (!matches) {
      report.kind = "unknown";
      report.code = LOCAL_CODES.malformed;
      return;
    }
    report.venueMs = millis(scan.number(this.#updateTime));
    if (!scan.has(this.#orderStatus) && asked.operation === "place") {
      report.kind = "ack";
      return;
    }
    readStatus(scan, listing, report, this.#orderStatus, this.#executedQty, this.#avgPrice);
  }

  /** The venue's counters that it carries, by the rules they belong to. */
  eachRate(callback: (rule: BinanceRule, used: number, limit: number) => void): void {
    const rate = this.#rate;
    this.#scan.each(this.#rateLimits, rate, () => {
      const rule = RATE_RULES.find(
        ({ type, interval, intervals }) =>
          rate.number(RATE_INTERVALS) === intervals &&
          rate.isText(RATE_INTERVAL, interval) &&
          rate.isText(RATE_TYPE, type),
      );
      const [used, limit] = [rate.number(RATE_COUNT), rate.number(RATE_LIMIT)];
      if (rule && used >= 0 && limit > 0) callback(rule.name, used, limit);
    });
  }
}

// Fields of a scan without dots are numbered in the order of its paths.
const RATE_TYPE = 0;
const RATE_INTERVAL = 1;
const RATE_INTERVALS = 2;
const RATE_LIMIT = 3;
const RATE_COUNT = 4;

const ACCOUNT_UPDATE = Buffer.from('{"e":"ACCOUNT_UPDATE",');

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  for (let at = 0; at < head.length; at += 1) if (bytes[at] !== head[at]) return false;
  return true;
}

export type PrivateEvent = "order" | "keyExpired" | "other";

/** Events of the private stream. */
export class PrivateEventReader {
  readonly #listings: VenueListings;
  readonly #scan = new JsonScan(["e", "T", "o.s", "o.c", "o.X", "o.z", "o.ap", "o.T", "stream", "data"]);
  readonly #event = this.#scan.field("e");
  readonly #eventMs = this.#scan.field("T");
  readonly #order = this.#scan.field("o");
  readonly #symbol = this.#scan.field("o.s");
  readonly #clientOrderId = this.#scan.field("o.c");
  readonly #status = this.#scan.field("o.X");
  readonly #cumQty = this.#scan.field("o.z");
  readonly #avgPx = this.#scan.field("o.ap");
  readonly #orderMs = this.#scan.field("o.T");
  readonly #stream = this.#scan.field("stream");
  readonly #data = this.#scan.field("data");

  constructor(listings: VenueListings) {
    this.#listings = listings;
  }

  /** Null when the bytes are no JSON object. */
  read(bytes: Uint8Array): PrivateEvent | null {
    // Every fill brings one, and nothing of it is used.
    if (startsWith(bytes, ACCOUNT_UPDATE)) return "other";
    const scan = this.#scan;
    if (!scan.read(bytes)) return null;
    unwrap(scan, this.#stream, this.#data);
    if (scan.isText(this.#event, "ORDER_TRADE_UPDATE") && scan.kind(this.#order) === "object") return "order";
    return scan.isText(this.#event, "listenKeyExpired") ? "keyExpired" : "other";
  }

  /**
   * What an `order` event says, of our orders and of everybody else's on the account: a liquidation moves our position too.
   */
  report(report: OrderReport): void {
    const scan = this.#scan;
    const listing = this.#listings.bySymbol.get(scan.text(this.#symbol) ?? "");
    resetReport(report, scan.text(this.#clientOrderId) ?? "", listing?.listing.index ?? -1, "stream");
    report.venueMs = millis(scan.number(this.#orderMs)) || millis(scan.number(this.#eventMs));
    readStatus(scan, listing, report, this.#status, this.#cumQty, this.#avgPx);
  }
}

export type MarketEvent = "quote" | "subscribed" | "refused" | "other";

/** Events of the market stream. */
export class MarketEventReader {
  readonly #listings: VenueListings;
  readonly #scan = new JsonScan(["e", "s", "b", "B", "a", "A", "T", "E", "id", "result", "stream", "data"]);
  readonly #event = this.#scan.field("e");
  readonly #symbol = this.#scan.field("s");
  readonly #bidPx = this.#scan.field("b");
  readonly #bidQty = this.#scan.field("B");
  readonly #askPx = this.#scan.field("a");
  readonly #askQty = this.#scan.field("A");
  readonly #tradeMs = this.#scan.field("T");
  readonly #eventMs = this.#scan.field("E");
  readonly #id = this.#scan.field("id");
  readonly #result = this.#scan.field("result");
  readonly #stream = this.#scan.field("stream");
  readonly #data = this.#scan.field("data");

  constructor(listings: VenueListings) {
    this.#listings = listings;
  }

  /** Null when the bytes are no JSON object. `subscribed` and `refused` answer the request of id `subscribeId`. */
  read(bytes: Uint8Array, subscribeId: number): MarketEvent | null {
    const scan = this.#scan;
    if (!scan.read(bytes)) return null;
    if (scan.number(this.#id) === subscribeId) return scan.kind(this.#result) === "null" ? "subscribed" : "refused";
    unwrap(scan, this.#stream, this.#data);
    return scan.isText(this.#event, "bookTicker") ? "quote" : "other";
  }

  /** False when it is no top of book of one of our listings: a side is empty, or something is no whole step. */
  quote(quote: Quote): boolean {
    const scan = this.#scan;
    const listing = this.#listings.bySymbol.get(scan.text(this.#symbol) ?? "");
    if (!listing) return false;
    quote.listing = listing.listing.index;
    quote.bidTicks = scan.steps(this.#bidPx, listing.px);
    quote.askTicks = scan.steps(this.#askPx, listing.px);
    quote.bidLots = scan.steps(this.#bidQty, listing.qty);
    quote.askLots = scan.steps(this.#askQty, listing.qty);
    quote.venueMs = millis(scan.number(this.#tradeMs)) || millis(scan.number(this.#eventMs));
    // NaN fails every comparison.
    return quote.bidTicks > 0 && quote.askTicks > 0 && quote.bidLots >= 0 && quote.askLots >= 0;
  }
}

/** Combined streams wrap their events as `{stream, data}`. */
function unwrap(scan: JsonScan, stream: number, data: number): void {
  if (scan.has(stream) && scan.kind(data) === "object") scan.descend(data);
}

export const BINANCE_STATUSES: readonly (readonly [string, OrderStatus])[] = [
  ["FILLED", "filled"],
  ["EXPIRED", "expired"],
  ["NEW", "open"],
  ["PARTIALLY_FILLED", "partiallyFilled"],
  ["CANCELED", "canceled"],
  ["EXPIRED_IN_MATCH", "expired"],
  ["REJECTED", "rejected"],
];

function readStatus(
  scan: JsonScan,
  listing: VenueListing | undefined,
  report: OrderReport,
  statusField: number,
  cumQtyField: number,
  avgPxField: number,
): void {
  const cumQtyLots = listing === undefined ? Number.NaN : scan.steps(cumQtyField, listing.qty);
  const avgPxTicks =
    listing !== undefined && cumQtyLots > 0 ? scan.numberOfText(avgPxField) / listing.instrument.tick : Number.NaN;
  readState(report, statusOf(scan, statusField), cumQtyLots, avgPxTicks);
}

/** Undefined for what no status of ours is. Compared where it stands: the first two are nearly all there are. */
function statusOf(scan: JsonScan, field: number): OrderStatus | undefined {
  for (let index = 0; index < BINANCE_STATUSES.length; index += 1) {
    const [wire, status] = BINANCE_STATUSES[index]!;
    if (scan.isText(field, wire)) return status;
  }
  return undefined;
}
