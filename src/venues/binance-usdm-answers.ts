/**
 * Answers and events of Binance USDM, read into order reports and quotes.
 *
 * Invariants
 *   - Order ids of the venue are never used: they pass 2^53 and JSON.parse would round them. Orders are told apart by
 *     client order id.
 *   - A quantity is exact or the report is `unknown`; a status without meaning here is `unknown`, with a code.
 *   - `report` is filled completely by every function, so nothing of the message before shows through.
 *
 * Pure: no clock, no socket. It does not conclude: `binance-usdm.ts` hands on what is read here.
 */
import type { OrderReport, OrderStatus, Quote, ReportOrigin } from "../domain/order.ts";
import { binanceUsdmOutcome, LOCAL_CODES, type Operation } from "./outcome-codes.ts";
import type { VenueListings } from "./venue-listings.ts";

/** What of a request its answer is read with. */
export interface Asked {
  readonly operation: Operation;
  readonly clientOrderId: string;
  readonly listing: number;
}

/** A parsed message whose fields are all still to be checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Null when the text is no JSON object. */
export function parseMessage(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** The answer `{id, status, result | error}` to one of our requests. */
export function readAnswer(listings: VenueListings, request: Asked, answer: Fields, report: OrderReport): void {
  const origin = request.operation === "query" ? "query" : "response";
  resetReport(report, request.clientOrderId, request.listing, origin);
  const error = answer["error"];
  if (typeof error === "object" && error !== null) {
    const { code, msg, data } = error as Fields;
    report.code = typeof code === "number" ? code : 0;
    report.venueMs = millis((data as Fields | null | undefined)?.["serverTime"]);
    const status = typeof answer["status"] === "number" ? answer["status"] : 0;
    report.kind = binanceUsdmOutcome(request.operation, status, report.code, typeof msg === "string" ? msg : "");
    return;
  }
  const result = answer["result"] as Fields | undefined;
  const listing = listings.byIndex[request.listing];
  const matches = result?.["clientOrderId"] === request.clientOrderId && result["symbol"] === listing?.symbol;
  if (!result || !matches) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.malformed;
    return;
  }
  report.venueMs = millis(result["updateTime"]);
  if (result["status"] === undefined && request.operation === "place") {
    report.kind = "ack";
    return;
  }
  readStatus(listings, report, result["status"], result["executedQty"], result["avgPrice"]);
}

/**
 * An `ORDER_TRADE_UPDATE` of the private stream, of our orders and of everybody else's on the account: a liquidation moves
 * our position too. False when the message is another kind of event.
 */
export function readOrderUpdate(listings: VenueListings, message: Fields, report: OrderReport): boolean {
  const order = message["o"];
  if (message["e"] !== "ORDER_TRADE_UPDATE" || typeof order !== "object" || order === null) return false;
  const { s: symbol, c: id, X: status, z: cumQty, ap: avgPx, T: orderMs } = order as Fields;
  const listing = typeof symbol === "string" ? listings.bySymbol.get(symbol)?.listing.index : undefined;
  resetReport(report, typeof id === "string" ? id : "", listing ?? -1, "stream");
  report.venueMs = millis(orderMs) || millis(message["T"]);
  readStatus(listings, report, status, cumQty, avgPx);
  return true;
}

/** False when the message is no top of book of one of our listings: a side is empty, or something is no whole step. */
export function readQuote(listings: VenueListings, message: Fields, quote: Quote): boolean {
  const { s: symbol, b: bidPx, B: bidQty, a: askPx, A: askQty } = message;
  const listing = typeof symbol === "string" ? listings.bySymbol.get(symbol) : undefined;
  if (!listing || typeof bidPx !== "string" || typeof askPx !== "string") return false;
  if (typeof bidQty !== "string" || typeof askQty !== "string") return false;
  quote.listing = listing.listing.index;
  quote.bidTicks = listing.px.parse(bidPx);
  quote.askTicks = listing.px.parse(askPx);
  quote.bidLots = listing.qty.parse(bidQty);
  quote.askLots = listing.qty.parse(askQty);
  quote.venueMs = millis(message["T"]) || millis(message["E"]);
  // NaN fails every comparison.
  return quote.bidTicks > 0 && quote.askTicks > 0 && quote.bidLots >= 0 && quote.askLots >= 0;
}

/** Combined streams wrap their events as `{stream, data}`. */
export function unwrapEvent(message: Fields): Fields {
  const data = message["data"];
  return message["stream"] !== undefined && typeof data === "object" && data !== null ? (data as Fields) : message;
}

/** A report that says only that we do not know, from this side of the socket. */
export function localUnknown(request: Asked, code: number, report: OrderReport): void {
  resetReport(report, request.clientOrderId, request.listing, "local");
  report.kind = "unknown";
  report.code = code;
}

function resetReport(report: OrderReport, clientOrderId: string, listing: number, origin: ReportOrigin): void {
  report.clientOrderId = clientOrderId;
  report.listing = listing;
  report.origin = origin;
  report.kind = "status";
  report.status = "none";
  report.cumQtyLots = -1;
  report.avgPxTicks = Number.NaN;
  report.code = 0;
  report.venueMs = 0;
}

const STATUSES: ReadonlyMap<unknown, OrderStatus> = new Map([
  ["NEW", "open"],
  ["PARTIALLY_FILLED", "partiallyFilled"],
  ["FILLED", "filled"],
  ["CANCELED", "canceled"],
  ["EXPIRED", "expired"],
  ["EXPIRED_IN_MATCH", "expired"],
  ["REJECTED", "rejected"],
]);

function readStatus(
  listings: VenueListings,
  report: OrderReport,
  status: unknown,
  cumQty: unknown,
  avgPx: unknown,
): void {
  const listing = listings.byIndex[report.listing];
  const cumQtyLots = listing && typeof cumQty === "string" ? listing.qty.parse(cumQty) : Number.NaN;
  // Kept even where the status means nothing to us: a fill is a fill.
  if (cumQtyLots >= 0) report.cumQtyLots = cumQtyLots;
  if (cumQtyLots > 0 && listing && typeof avgPx === "string") {
    const px = Number(avgPx);
    report.avgPxTicks = px > 0 ? px / listing.instrument.tick : Number.NaN;
  }
  const known = STATUSES.get(status);
  if (known === undefined) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.statusUnmapped;
  } else if (listing && report.cumQtyLots < 0) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.qtyNotLots;
  } else {
    report.status = known;
  }
}

function millis(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
