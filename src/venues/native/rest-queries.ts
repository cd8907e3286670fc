/**
 * Queries over REST: what a venue knows of one order id, where its order socket has no such request.
 *
 * Invariants
 *   - Every query that was begun ends in exactly one report; those under way when the venue closes in `unknown`.
 *   - At most `queriesMax` are under way; beyond that, and beyond the venue's rate limits, nothing is asked.
 *
 * Nothing is asked twice. A report is never emitted from within `query`.
 */
import { createOrderReport, type OrderReport } from "../../domain/order.ts";
import type { Clock } from "../../time/clock.ts";
import { InFlight } from "../in-flight.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing } from "../venue-listings.ts";
import { type Asked, localUnknown } from "../venue-reports.ts";
import type { OrderRates } from "./order-socket.ts";

export interface RestQueriesParts<L extends VenueListing> {
  readonly venue: number;
  readonly listings: { readonly byIndex: readonly (L | undefined)[] };
  readonly rates: OrderRates;
  readonly queriesMax: number;
  readonly clock: Clock;
  /** The report is reused. */
  readonly onReport: (report: OrderReport) => void;
  /** The answer, as what fills a report in. Throws `VenueError` without one. */
  readonly ask: (asked: Asked, listing: L) => Promise<(report: OrderReport) => void>;
}

/** Queries go over no link of ours. */
const NO_LINK = 0;

export class RestQueries<L extends VenueListing> {
  readonly #parts: RestQueriesParts<L>;
  readonly #inFlight: InFlight;
  readonly #report: OrderReport = createOrderReport();
  #closed = false;

  constructor(parts: RestQueriesParts<L>) {
    this.#parts = parts;
    this.#inFlight = new InFlight(parts.queriesMax, 0);
    this.#report.venue = parts.venue;
  }

  query(listing: number, clientOrderId: string): boolean {
    const { clock, listings, rates } = this.#parts;
    const found = listings.byIndex[listing];
    if (!found || this.#closed || !rates.take("query", "query", listing)) return false;
    const request = this.#inFlight.open("query", clientOrderId, listing, NO_LINK, clock.nowNs());
    if (!request) return false;
    // Its slot is given to another query once this one has ended: what is needed later is kept here.
    void this.#ask(request.id, { operation: "query", clientOrderId, listing }, found);
    return true;
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#inFlight.takeOf(NO_LINK)) {
      localUnknown(request, LOCAL_CODES.closed, this.#report);
      this.#parts.onReport(this.#report);
    }
  }

  async #ask(requestId: number, asked: Asked, listing: L): Promise<void> {
    try {
      this.#end(requestId, await this.#parts.ask(asked, listing));
    } catch (cause) {
      const code = cause instanceof VenueError && cause.code === "MALFORMED" ? "malformed" : "socketLost";
      this.#end(requestId, (report) => localUnknown(asked, LOCAL_CODES[code], report));
      if (!(cause instanceof VenueError)) throw cause;
    }
  }

  /** Says it, unless the venue was closed meanwhile and has said that it does not know. */
  #end(requestId: number, read: (report: OrderReport) => void): void {
    const request = this.#inFlight.find(requestId);
    if (!request) return;
    this.#inFlight.end(request);
    read(this.#report);
    this.#parts.onReport(this.#report);
  }
}
