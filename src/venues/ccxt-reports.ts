/**
 * What ccxt told of an order or a quote, read into lots and ticks.
 *
 * Invariants
 *   - A quantity is exact or the report is `unknown`; a status without meaning here is `unknown`, with a code.
 *   - `closed` alone does not mean filled: exchanges end a partly filled order with it too.
 *   - Every field of the report is written, so nothing of the message before shows through.
 *
 * Pure.
 */
import type { OrderReport, OrderStatus, Quote, ReportOrigin } from "../domain/order.ts";
import type { CcxtListing, CcxtListings } from "./ccxt-markets.ts";
import type { CcxtAnswer, FromCcxt, OrderFacts } from "./ccxt-messages.ts";
import { opposingPx } from "./ccxt-prediction.ts";
import { LOCAL_CODES, type Operation } from "./outcome-codes.ts";

export interface AskedOrder {
  readonly operation: Operation;
  readonly clientOrderId: string;
  readonly listing: number;
}

export function readAnswer(listings: CcxtListings, asked: AskedOrder, answer: CcxtAnswer, report: OrderReport): void {
  const origin = answer.local ? "local" : asked.operation === "query" ? "query" : "response";
  reset(report, asked.clientOrderId, asked.listing, origin);
  report.kind = answer.kind;
  report.code = answer.code;
  const listing = listings.byIndex[asked.listing];
  if (answer.order !== null && listing) readStatus(listing, answer.order, report);
}

/** An order event of the private stream, of our orders and of everybody else's on the account. */
export function readEvent(listings: CcxtListings, order: OrderFacts, report: OrderReport): void {
  const listing = listings.bySymbol.get(order.symbol);
  reset(report, order.clientOrderId, listing?.index ?? -1, "stream");
  readStatus(listing, order, report);
}

/** A report that says only that we do not know, from this side of the thread. */
export function localUnknown(asked: AskedOrder, code: number, report: OrderReport): void {
  reset(report, asked.clientOrderId, asked.listing, "local");
  report.kind = "unknown";
  report.code = code;
}

type QuoteMessage = Extract<FromCcxt, { type: "quote" }>;

/** False when the message is no top of book of one of our listings: a side is empty, or something is no whole step. */
export function readQuote(listings: CcxtListings, message: QuoteMessage, quote: Quote): boolean {
  const listing = listings.bySymbol.get(message.symbol);
  if (listing === undefined || listing.symbol !== message.symbol) return false;
  quote.listing = listing.index;
  quote.bidTicks = listing.px.parse(message.bid);
  quote.askTicks = listing.px.parse(message.ask);
  // Of depth the whole lots: a quote decides and does not account, and some venues quote finer than they trade.
  quote.bidLots = wholeLots(listing, message.bidAmount);
  quote.askLots = wholeLots(listing, message.askAmount);
  quote.venueMs = message.venueMs;
  // NaN fails every comparison.
  return quote.bidTicks > 0 && quote.askTicks > 0;
}

function wholeLots(listing: CcxtListing, amount: string): number {
  const exact = listing.amount.parse(amount);
  if (exact >= 0) return exact;
  const lots = Math.floor(Number(amount) / Number(listing.amount.format(1)));
  return Number.isSafeInteger(lots) && lots > 0 ? lots : 0;
}

function reset(report: OrderReport, clientOrderId: string, listing: number, origin: ReportOrigin): void {
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

function readStatus(listing: CcxtListing | undefined, order: OrderFacts, report: OrderReport): void {
  report.venueMs = order.venueMs;
  const cumLots = listing && order.filled !== undefined ? listing.amount.parse(order.filled) : Number.NaN;
  // Kept even where the status means nothing to us: a fill is a fill.
  if (cumLots >= 0) report.cumQtyLots = cumLots;
  if (cumLots > 0 && listing && order.average !== undefined) {
    const px = Number(order.average) / listing.tick;
    if (px > 0) report.avgPxTicks = isOpposing(listing, order) ? opposingPx(px, listing.opposing!.unitTicks) : px;
  }
  const status = statusOf(order, cumLots);
  if (status === null) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.statusUnmapped;
  } else if (listing && report.cumQtyLots < 0) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.qtyNotLots;
  } else report.status = status;
}

const isOpposing = (listing: CcxtListing, order: OrderFacts): boolean => listing.opposing?.symbol === order.symbol;

/** Null: no meaning here. */
function statusOf({ status, filled, amount }: OrderFacts, cumLots: number): OrderStatus | null {
  switch (status) {
    case "open":
      return cumLots > 0 ? "partiallyFilled" : "open";
    case "closed":
      if (filled === undefined || amount === undefined) return null;
      return Number(filled) === Number(amount) ? "filled" : "canceled";
    case "canceled":
    case "expired":
    case "rejected":
      return status;
    default:
      return null;
  }
}
