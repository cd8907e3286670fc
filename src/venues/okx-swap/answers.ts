/**
 * Answers and events of OKX V5, read into order reports.
 *
 * Invariants
 *   - An answer to a new order or a cancel is never a status: what became of an order is read from its own row only, of the
 *     `orders` channel or of a query.
 *   - Order ids of the venue, texts of 19 digits, stand for orders that have no client id, and are never numbers here.
 *   - A quantity is exact or the report is `unknown`; a state without meaning here is `unknown`, with a code.
 *   - `report` is filled completely by every function, so nothing of the message before shows through.
 *
 * No clock, no socket. It does not conclude: `okx-swap.ts` hands on what is read here.
 */
import type { OrderReport, OrderStatus } from "../../domain/order.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import { type Asked, type Fields, isFields, millis, parseMessage, readState, resetReport } from "../venue-reports.ts";
import { okxSwapOutcome } from "./codes.ts";
import type { OkxListings } from "./listings.ts";

/**
 * What the messages of one connection say: answers to orders, events of the connection, rows of the `orders` channel.
 *
 * Parsed whole: scanning for the wanted fields took more than twice as long here, because OKX repeats sixty of them in a row.
 */
export class OkxMessages {
  readonly #listings: OkxListings;
  #message: Fields = {};

  constructor(listings: OkxListings) {
    this.#listings = listings;
  }

  /** Reads one message; what follows is of this one. False: it is no JSON object. */
  read(bytes: Buffer): boolean {
    const message = parseMessage(bytes);
    this.#message = message ?? {};
    return message !== null;
  }

  /** `login`, `subscribe`, `error`, `notice` and others; undefined for answers to orders and for rows. */
  get event(): string | undefined {
    return textOf(this.#message["event"]);
  }

  /** The message's own code; NaN where it has none. */
  get code(): number {
    return codeOf(this.#message["code"]);
  }

  /** The request it answers; 0 where it names none of ours. */
  get requestId(): number {
    const { id } = this.#message;
    return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : 0;
  }

  get channel(): string | undefined {
    const { arg } = this.#message;
    return isFields(arg) ? textOf(arg["channel"]) : undefined;
  }

  /** The answer to an order or a cancel of ours: of its one item, or, where the gateway refused it, of the message. */
  readAcknowledgement(request: Asked, report: OrderReport): void {
    resetReport(report, request.clientOrderId, request.listing, "response");
    // Microseconds at the gateway.
    report.venueMs = Math.floor(millis(this.#message["inTime"]) / 1000);
    const { code } = this;
    const rows = this.#rows;
    const [item] = rows;
    const itemCode = isFields(item) ? codeOf(item["sCode"]) : Number.NaN;
    const isNamed = isFields(item) && item["clOrdId"] === request.clientOrderId;
    const ofItem = rows.length === 1 && (isNamed || itemCode !== 0) && (itemCode === 0) === (code === 0);
    const decisive = rows.length === 0 && code !== 0 ? code : ofItem ? itemCode : Number.NaN;
    report.kind = Number.isNaN(decisive) ? "unknown" : okxSwapOutcome(request.operation, decisive);
    report.code = Number.isNaN(decisive) ? LOCAL_CODES.malformed : decisive;
  }

  /**
   * Calls back for every row of the `orders` channel: of our orders and of everybody else's on the account, since a
   * liquidation moves our position too.
   */
  readOrders(report: OrderReport, onReport: (report: OrderReport) => void): void {
    // Of this message, whatever is read while one of its rows is told.
    for (const row of this.#rows) {
      if (!isFields(row)) continue;
      const listing = this.#listings.bySymbol.get(textOf(row["instId"]) ?? "")?.listing.index ?? -1;
      resetReport(report, textOf(row["clOrdId"]) || (textOf(row["ordId"]) ?? ""), listing, "stream");
      readRow(this.#listings, row, report);
      onReport(report);
    }
  }

  get #rows(): readonly unknown[] {
    const { data } = this.#message;
    return Array.isArray(data) ? (data as unknown[]) : [];
  }
}

/** The row that a query gave. */
export function readQueried(listings: OkxListings, request: Asked, row: unknown, report: OrderReport): void {
  const listing = listings.byIndex[request.listing];
  resetReport(report, request.clientOrderId, request.listing, "query");
  if (!listing || !isFields(row) || row["clOrdId"] !== request.clientOrderId || row["instId"] !== listing.symbol) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.malformed;
    return;
  }
  readRow(listings, row, report);
}

/** A query that was answered with a code. */
export function readQueryRefusal(request: Asked, code: number, report: OrderReport): void {
  resetReport(report, request.clientOrderId, request.listing, "query");
  report.kind = okxSwapOutcome("query", code);
  report.code = code;
}

export const OKX_STATUSES: ReadonlyMap<unknown, OrderStatus> = new Map([
  ["live", "open"],
  ["partially_filled", "partiallyFilled"],
  ["filled", "filled"],
  // An immediate order's remainder ends this way too, with whatever had filled.
  ["canceled", "canceled"],
  ["mmp_canceled", "canceled"],
]);

function readRow(listings: OkxListings, { state, accFillSz, avgPx, uTime }: Fields, report: OrderReport): void {
  const listing = listings.byIndex[report.listing];
  report.venueMs = millis(uTime);
  const cumQtyLots = listing && typeof accFillSz === "string" ? listing.qty.parse(accFillSz) : Number.NaN;
  const avgPxTicks = listing && typeof avgPx === "string" ? Number(avgPx) / listing.instrument.tick : Number.NaN;
  readState(report, OKX_STATUSES.get(state), cumQtyLots, avgPxTicks);
}

function codeOf(value: unknown): number {
  return typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
