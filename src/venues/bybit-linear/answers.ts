/**
 * Answers and events of Bybit V5, read from their bytes into order reports.
 *
 * Invariants
 *   - An answer to a new order or a cancel is never a status: what became of an order is read from its own row only, of the
 *     private `order` topic or of a query.
 *   - Order ids of the venue are never used: orders are told apart by client order id (orderLinkId).
 *   - A quantity is exact or the report is `unknown`; a status without meaning here is `unknown`, with a code.
 *   - `report` is filled completely by every function, so nothing of the message before shows through.
 *
 * Pure: no clock, no socket. It does not conclude: `bybit-linear.ts` hands on what is read here.
 */
import type { OrderReport, OrderStatus, ReportOrigin } from "../../domain/order.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import type { VenueListings } from "../venue-listings.ts";
import { type Asked, type Fields, isFields, millis, parseMessage, readState, resetReport } from "../venue-reports.ts";
import { JsonScan } from "../wire/json-scan.ts";
import { bybitLinearOutcome } from "./codes.ts";
import type { BybitUsage } from "./rates.ts";

/** Answers of the order entry, `{reqId, retCode, retMsg, op, data, header}`. */
export class BybitAckReader implements BybitUsage {
  readonly #scan = new JsonScan([
    "reqId",
    "op",
    "retCode",
    "data.orderLinkId",
    "header.Timenow",
    "header.X-Bapi-Limit",
    "header.X-Bapi-Limit-Status",
    "header.X-Bapi-Limit-Reset-Timestamp",
  ]);
  readonly #reqId = this.#scan.field("reqId");
  readonly #op = this.#scan.field("op");
  readonly #retCode = this.#scan.field("retCode");
  readonly #clientOrderId = this.#scan.field("data.orderLinkId");
  readonly #timeNow = this.#scan.field("header.Timenow");
  readonly #limit = this.#scan.field("header.X-Bapi-Limit");
  readonly #left = this.#scan.field("header.X-Bapi-Limit-Status");
  readonly #resetMs = this.#scan.field("header.X-Bapi-Limit-Reset-Timestamp");

  /** False when the bytes are no JSON object. */
  read(bytes: Uint8Array): boolean {
    return this.#scan.read(bytes);
  }

  get isAuth(): boolean {
    return this.#scan.isText(this.#op, "auth");
  }

  get reqId(): string | undefined {
    return this.#scan.text(this.#reqId);
  }

  /** NaN where it has none. */
  get retCode(): number {
    return this.#scan.number(this.#retCode);
  }

  get limit(): number {
    return this.#scan.numberOfText(this.#limit);
  }

  get left(): number {
    return this.#scan.numberOfText(this.#left);
  }

  get resetMs(): number {
    return this.#scan.numberOfText(this.#resetMs);
  }

  /** What it says of the request that `asked` was. */
  report(asked: Asked, report: OrderReport): void {
    const { retCode } = this;
    resetReport(report, asked.clientOrderId, asked.listing, "response");
    report.venueMs = millis(this.#scan.numberOfText(this.#timeNow));
    const isNamed = this.#scan.isText(this.#clientOrderId, asked.clientOrderId);
    if (Number.isNaN(retCode) || (retCode === 0 && !isNamed)) {
      report.kind = "unknown";
      report.code = LOCAL_CODES.malformed;
      return;
    }
    report.code = retCode;
    report.kind = bybitLinearOutcome(asked.operation, retCode);
  }
}

export type PrivateEvent = "authorized" | "subscribed" | "refused" | "rows" | "other";

/**
 * Messages of the private stream: `{topic, data}`, and answers `{op, success}`. Parsed whole: of a row so many fields are
 * wanted that scanning for them costs more.
 */
export class BybitPrivateReader {
  readonly #listings: VenueListings;
  #message: Fields | null = null;

  constructor(listings: VenueListings) {
    this.#listings = listings;
  }

  /** Null when the bytes are no JSON object. */
  read(bytes: Buffer): PrivateEvent | null {
    const message = parseMessage(bytes);
    this.#message = message;
    if (!message) return null;
    if (message["topic"] !== undefined) return "rows";
    const { op, success } = message;
    if (op !== "auth" && op !== "subscribe") return "other";
    if (success !== true) return "refused";
    return op === "auth" ? "authorized" : "subscribed";
  }

  /** Calls back after filling `report` from each row that says something of an order. */
  eachReport(report: OrderReport, callback: () => void): void {
    const { topic, data } = this.#message ?? {};
    const read = topic === "order" ? readOrderEvent : topic === "execution" ? readForeignExecution : null;
    if (!read || !Array.isArray(data)) return;
    for (const row of data as unknown[]) if (read(this.#listings, row, report)) callback();
  }
}

/**
 * One row of a query's list, or null where the list was empty: `found` false says that neither the open and latest orders
 * nor the history know the id.
 */
export function readQueried(listings: VenueListings, request: Asked, row: unknown, report: OrderReport): void {
  const listing = listings.byIndex[request.listing];
  resetReport(report, request.clientOrderId, request.listing, "query");
  if (!isFields(row) || row["orderLinkId"] !== request.clientOrderId || row["symbol"] !== listing?.symbol) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.malformed;
    return;
  }
  readRow(listings, row, report);
}

export function readNotFound(request: Asked, venueMs: unknown, report: OrderReport): void {
  resetReport(report, request.clientOrderId, request.listing, "query");
  report.kind = "notFound";
  report.venueMs = millis(venueMs);
}

/** A query that was answered with a code. */
export function readQueryRefusal(request: Asked, retCode: number, report: OrderReport): void {
  resetReport(report, request.clientOrderId, request.listing, "query");
  report.kind = bybitLinearOutcome("query", retCode);
  report.code = retCode;
}

/**
 * One row of the private `order` topic, of our orders and of everybody else's on the account: a liquidation moves our
 * position too, and goes by the venue's own order id. False where it is of another category or no order at all.
 */
function readOrderEvent(listings: VenueListings, row: unknown, report: OrderReport): boolean {
  if (!isFields(row) || row["category"] !== "linear") return false;
  reset(listings, row, "stream", report);
  readRow(listings, row, report);
  return true;
}

/**
 * One row of the private `execution` topic that no order explains, such as auto-deleveraging, reported as the filled order of
 * somebody else. False for an ordinary trade: the `order` topic tells of it with its cumulative quantity.
 */
function readForeignExecution(listings: VenueListings, row: unknown, report: OrderReport): boolean {
  if (!isFields(row) || row["category"] !== "linear" || row["execType"] === "Trade" || row["execType"] === "Funding")
    return false;
  reset(listings, row, "stream", report);
  report.venueMs = millis(row["execTime"]);
  readStatus(listings, report, "Filled", row["execQty"], row["execPrice"]);
  return true;
}

function reset(listings: VenueListings, row: Fields, origin: ReportOrigin, report: OrderReport): void {
  const { orderLinkId, orderId, symbol } = row;
  const listing = typeof symbol === "string" ? listings.bySymbol.get(symbol)?.listing.index : undefined;
  const id = typeof orderLinkId === "string" && orderLinkId !== "" ? orderLinkId : String(orderId ?? "");
  resetReport(report, id, listing ?? -1, origin);
}

export const BYBIT_STATUSES: ReadonlyMap<unknown, OrderStatus> = new Map([
  ["New", "open"],
  ["PartiallyFilled", "partiallyFilled"],
  ["Filled", "filled"],
  // Contracts end an IOC's remainder this way too, with whatever had filled.
  ["Cancelled", "canceled"],
  ["PartiallyFilledCanceled", "canceled"],
  ["Rejected", "rejected"],
]);

function readRow(listings: VenueListings, row: Fields, report: OrderReport): void {
  report.venueMs = millis(row["updatedTime"]);
  readStatus(listings, report, row["orderStatus"], row["cumExecQty"], row["avgPrice"]);
}

function readStatus(
  listings: VenueListings,
  report: OrderReport,
  status: unknown,
  cumQty: unknown,
  avgPx: unknown,
): void {
  const listing = listings.byIndex[report.listing];
  const cumQtyLots = listing && typeof cumQty === "string" ? listing.qty.parse(cumQty) : Number.NaN;
  const avgPxTicks = listing && typeof avgPx === "string" ? Number(avgPx) / listing.instrument.tick : Number.NaN;
  readState(report, BYBIT_STATUSES.get(status), cumQtyLots, avgPxTicks);
}
