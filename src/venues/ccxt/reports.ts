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
import type { OrderReport, OrderStatus, Quote, VenueOrder } from "../../domain/order.ts";
import { lotsOf, OrderList } from "../order-list.ts";
import { type Asked, readState, resetReport } from "../venue-reports.ts";
import type { CcxtListing, CcxtListings } from "./markets.ts";
import type { CcxtAnswer, FromCcxt, ListedFacts, OrderFacts } from "./messages.ts";
import { opposingPx } from "./prediction.ts";

export function readAnswer(listings: CcxtListings, asked: Asked, answer: CcxtAnswer, report: OrderReport): void {
  const origin = answer.local ? "local" : asked.operation === "query" ? "query" : "response";
  resetReport(report, asked.clientOrderId, asked.listing, origin);
  report.kind = answer.kind;
  report.code = answer.code;
  const listing = listings.byIndex[asked.listing];
  if (answer.order !== null && listing) readStatus(listing, answer.order, report);
}

/** An order event of the private stream, of our orders and of everybody else's on the account. */
export function readEvent(listings: CcxtListings, order: OrderFacts, report: OrderReport): void {
  const listing = listings.bySymbol.get(order.symbol);
  resetReport(report, order.clientOrderId, listing?.index ?? -1, "stream");
  readStatus(listing, order, report);
}

/** Orders of the exchange's own lists, in terms of what is listed. Throws `MALFORMED` where a row cannot be read. */
export function readOrders(
  listings: CcxtListings,
  rows: readonly ListedFacts[],
  sinceMs: number,
): readonly VenueOrder[] {
  const list = new OrderList("order lists");
  for (const row of rows) {
    const listing = listings.bySymbol.get(row.symbol);
    if (listing === undefined || row.createdMs < sinceMs) continue;
    const cumQtyLots = lotsOf(listing.amount, row.filled);
    const side = row.side === "buy" || row.side === "sell" ? row.side : undefined;
    // Buying the opposing outcome is selling the listed one, and selling what is held of it buys back.
    const isOpposed = isOpposing(listing, row);
    list.add({
      clientOrderId: row.clientOrderId,
      listing: listing.index,
      side: isOpposed && side !== undefined ? (side === "buy" ? "sell" : "buy") : side,
      status: statusOf(row, cumQtyLots),
      qtyLots: lotsOf(listing.amount, row.amount),
      cumQtyLots,
      avgPxTicks: avgPxTicks(listing, row),
      reduceOnly: listing.opposing === null ? row.reduceOnly : side === "sell",
      venueMs: row.createdMs,
    });
  }
  return list.orders;
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

function readStatus(listing: CcxtListing | undefined, order: OrderFacts, report: OrderReport): void {
  report.venueMs = order.venueMs;
  const cumLots = listing && order.filled !== undefined ? listing.amount.parse(order.filled) : Number.NaN;
  readState(report, statusOf(order, cumLots), cumLots, listing ? avgPxTicks(listing, order) : Number.NaN);
}

function avgPxTicks(listing: CcxtListing, order: OrderFacts): number {
  const px = Number(order.average ?? Number.NaN) / listing.tick;
  if (!(px > 0)) return Number.NaN;
  return isOpposing(listing, order) ? opposingPx(px, listing.opposing!.unitTicks) : px;
}

const isOpposing = (listing: CcxtListing, order: OrderFacts): boolean => listing.opposing?.symbol === order.symbol;

/** Undefined: no meaning here. */
function statusOf({ status, filled, amount }: OrderFacts, cumLots: number): OrderStatus | undefined {
  switch (status) {
    case "open":
      return cumLots > 0 ? "partiallyFilled" : "open";
    case "closed":
      if (filled === undefined || amount === undefined) return undefined;
      return Number(filled) === Number(amount) ? "filled" : "canceled";
    case "canceled":
    case "expired":
    case "rejected":
      return status;
    default:
      return undefined;
  }
}
