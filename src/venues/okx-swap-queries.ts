/**
 * Queries of OKX swaps: what the venue knows of one order id, over REST because the order socket has no such request.
 *
 * Invariants
 *   - Every query that was begun ends in exactly one report; those under way when the venue closes in `unknown`.
 *   - At most `queriesMax` are under way; beyond that, and beyond the venue's rate limits, nothing is asked.
 *
 * Nothing is asked twice. A report is never emitted from within `query`.
 */
import { createOrderReport, type OrderReport } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { InFlight } from "./in-flight.ts";
import { readQueried, readQueryRefusal } from "./okx-swap-answers.ts";
import type { OkxListing, OkxListings } from "./okx-swap-listings.ts";
import type { OkxRequest } from "./okx-swap-rates.ts";
import type { OkxRest } from "./okx-swap-rest.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import type { RateLimits } from "./rate-limits.ts";
import { VenueError } from "./venue-error.ts";
import { type Asked, localUnknown } from "./venue-reports.ts";

export interface OkxQueriesParts {
  readonly venue: number;
  readonly listings: OkxListings;
  readonly rest: OkxRest;
  readonly limits: RateLimits<OkxRequest>;
  readonly queriesMax: number;
  readonly clock: Clock;
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
}

const PATH = "/api/v5/trade/order";
/** Queries go over no link of ours. */
const NO_LINK = 0;

export class OkxQueries {
  readonly #parts: OkxQueriesParts;
  readonly #inFlight: InFlight;
  readonly #report: OrderReport = createOrderReport();
  #closed = false;

  constructor(parts: OkxQueriesParts) {
    this.#parts = parts;
    this.#inFlight = new InFlight(parts.queriesMax, 0);
    this.#report.venue = parts.venue;
  }

  query(listing: number, clientOrderId: string): boolean {
    const { clock, limits, listings } = this.#parts;
    const found = listings.byIndex[listing];
    if (!found || this.#closed || !limits.take("query", "query", listing)) return false;
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

  async #ask(requestId: number, asked: Asked, { symbol }: OkxListing): Promise<void> {
    const { listings, rest, venueMs } = this.#parts;
    try {
      const query = `instId=${symbol}&clOrdId=${asked.clientOrderId}`;
      const { code, data } = await rest.ask(PATH, query, venueMs());
      this.#end(requestId, (report) => {
        if (code !== 0) readQueryRefusal(asked, code, report);
        else readQueried(listings, asked, data[0], report);
      });
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
