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
import type { OrderReport, OrderStatus } from "../domain/order.ts";
import { JsonScan } from "./json-scan.ts";
import { okxSwapOutcome } from "./okx-swap-codes.ts";
import type { OkxListings } from "./okx-swap-listings.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import { type Asked, isFields, millis, resetReport } from "./venue-reports.ts";

/** What the messages of one connection say: answers to orders, events of the connection, rows of the `orders` channel. */
export class OkxMessages {
  readonly #listings: OkxListings;
  readonly #message = new JsonScan(["id", "event", "code", "data", "inTime", "arg.channel"]);
  readonly #item = new JsonScan(["clOrdId", "sCode"]);
  readonly #row = new JsonScan(["instId", "clOrdId", "ordId", "state", "accFillSz", "avgPx", "uTime"]);
  readonly #fields = fieldsOf(this.#message, ["id", "event", "code", "data", "inTime", "arg.channel"]);
  readonly #itemFields = fieldsOf(this.#item, ["clOrdId", "sCode"]);
  readonly #rowFields = fieldsOf(this.#row, ["instId", "clOrdId", "ordId", "state", "accFillSz", "avgPx", "uTime"]);

  constructor(listings: OkxListings) {
    this.#listings = listings;
  }

  /** Reads one message; what follows is of this one. False: it is no JSON object. */
  read(bytes: Buffer): boolean {
    return this.#message.read(bytes);
  }

  /** `login`, `subscribe`, `error`, `notice` and others; undefined for answers to orders and for rows. */
  get event(): string | undefined {
    return this.#message.text(this.#fields.event);
  }

  /** The message's own code; NaN where it has none. */
  get code(): number {
    return codeOf(this.#message.text(this.#fields.code));
  }

  /** The request it answers; 0 where it names none of ours. */
  get requestId(): number {
    const id = this.#message.text(this.#fields.id);
    return id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : 0;
  }

  get channel(): string | undefined {
    return this.#message.text(this.#fields["arg.channel"]);
  }

  /** The answer to an order or a cancel of ours: of its one item, or, where the gateway refused it, of the message. */
  readAcknowledgement(request: Asked, report: OrderReport): void {
    const { clOrdId, sCode } = this.#itemFields;
    resetReport(report, request.clientOrderId, request.listing, "response");
    // Microseconds at the gateway.
    report.venueMs = Math.floor(millis(this.#message.text(this.#fields.inTime)) / 1000);
    let items = 0;
    let itemCode = Number.NaN;
    let isNamed = false;
    this.#message.each(this.#fields.data, this.#item, () => {
      items += 1;
      itemCode = codeOf(this.#item.text(sCode));
      isNamed = this.#item.isText(clOrdId, request.clientOrderId);
    });
    const { code } = this;
    const ofItem = items === 1 && (isNamed || itemCode !== 0) && (itemCode === 0) === (code === 0);
    const decisive = items === 0 && code !== 0 ? code : ofItem ? itemCode : Number.NaN;
    report.kind = Number.isNaN(decisive) ? "unknown" : okxSwapOutcome(request.operation, decisive);
    report.code = Number.isNaN(decisive) ? LOCAL_CODES.malformed : decisive;
  }

  /**
   * Calls back for every row of the `orders` channel: of our orders and of everybody else's on the account, since a
   * liquidation moves our position too.
   */
  readOrders(report: OrderReport, onReport: (report: OrderReport) => void): void {
    const row = this.#row;
    const { instId, clOrdId, ordId, state, accFillSz, avgPx, uTime } = this.#rowFields;
    this.#message.each(this.#fields.data, row, () => {
      const listing = this.#listings.bySymbol.get(row.text(instId) ?? "");
      const id = row.text(clOrdId) || (row.text(ordId) ?? "");
      resetReport(report, id, listing?.listing.index ?? -1, "stream");
      report.venueMs = millis(row.text(uTime));
      const cumQtyLots = listing ? row.steps(accFillSz, listing.qty) : Number.NaN;
      fillStatus(this.#listings, row.text(state), cumQtyLots, row.numberOfText(avgPx), report);
      onReport(report);
    });
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
  const { state, accFillSz, avgPx, uTime } = row;
  report.venueMs = millis(uTime);
  const cumQtyLots = typeof accFillSz === "string" ? listing.qty.parse(accFillSz) : Number.NaN;
  fillStatus(listings, state, cumQtyLots, typeof avgPx === "string" ? Number(avgPx) : Number.NaN, report);
}

/** A query that was answered with a code. */
export function readQueryRefusal(request: Asked, code: number, report: OrderReport): void {
  resetReport(report, request.clientOrderId, request.listing, "query");
  report.kind = okxSwapOutcome("query", code);
  report.code = code;
}

const STATUSES: ReadonlyMap<unknown, OrderStatus> = new Map([
  ["live", "open"],
  ["partially_filled", "partiallyFilled"],
  ["filled", "filled"],
  // An immediate order's remainder ends this way too, with whatever had filled.
  ["canceled", "canceled"],
  ["mmp_canceled", "canceled"],
]);

function fillStatus(
  listings: OkxListings,
  state: unknown,
  cumQtyLots: number,
  avgPx: number,
  report: OrderReport,
): void {
  const listing = listings.byIndex[report.listing];
  // Kept even where the state means nothing to us: a fill is a fill.
  if (cumQtyLots >= 0) report.cumQtyLots = cumQtyLots;
  if (cumQtyLots > 0 && listing && avgPx > 0) report.avgPxTicks = avgPx / listing.instrument.tick;
  const known = STATUSES.get(state);
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

function codeOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
}

function fieldsOf<Path extends string>(scan: JsonScan, paths: readonly Path[]): Readonly<Record<Path, number>> {
  return Object.fromEntries(paths.map((path) => [path, scan.field(path)])) as Record<Path, number>;
}
