/**
 * Queries of Bybit linear: what the venue knows of one order id, over REST because the order socket has no such request.
 *
 * Open orders and the latest ended ones are in the realtime list, older ones and those from before a restart of the venue only
 * in the history: an id is `notFound` when neither has it.
 *
 * Invariants
 *   - Every query that was begun ends in exactly one report; those under way when the venue closes in `unknown`.
 *   - At most `queriesMax` are under way; beyond that, and beyond the venue's rate limits, nothing is asked.
 *
 * Nothing is asked twice. A report is never emitted from within `query`.
 */
import { createOrderReport, type OrderReport } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { readNotFound, readQueried, readQueryRefusal } from "./bybit-linear-answers.ts";
import type { BybitRates } from "./bybit-linear-rates.ts";
import type { BybitAnswer, BybitRest } from "./bybit-linear-rest.ts";
import { InFlight, type InFlightRequest } from "./in-flight.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import { VenueError } from "./venue-error.ts";
import type { VenueListing, VenueListings } from "./venue-listings.ts";
import { type Asked, localUnknown } from "./venue-reports.ts";

export interface BybitQueriesParts {
  readonly venue: number;
  readonly listings: VenueListings;
  readonly rest: BybitRest;
  readonly rates: BybitRates;
  readonly queriesMax: number;
  readonly clock: Clock;
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
}

const REALTIME = "/v5/order/realtime";
const HISTORY = "/v5/order/history";
/** Queries go over no link of ours. */
const NO_LINK = 0;

export class BybitQueries {
  readonly #parts: BybitQueriesParts;
  readonly #inFlight: InFlight;
  readonly #report: OrderReport = createOrderReport();
  #closed = false;

  constructor(parts: BybitQueriesParts) {
    this.#parts = parts;
    this.#inFlight = new InFlight(parts.queriesMax, 0);
    this.#report.venue = parts.venue;
  }

  query(listing: number, clientOrderId: string): boolean {
    const found = this.#parts.listings.byIndex[listing];
    if (!found || this.#closed || !this.#parts.rates.take("query", "query")) return false;
    const request = this.#inFlight.open("query", clientOrderId, listing, NO_LINK, this.#parts.clock.nowNs());
    if (!request) return false;
    // Its slot is given to another query once this one has ended: what is needed later is kept here.
    const asked = { operation: "query", clientOrderId, listing } as const;
    void this.#ask(request.id, asked, found);
    return true;
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#inFlight.takeOf(NO_LINK)) {
      localUnknown(request, LOCAL_CODES.closed, this.#report);
      this.#parts.onReport(this.#report);
    }
  }

  async #ask(requestId: number, asked: Asked, listing: VenueListing): Promise<void> {
    try {
      const realtime = await this.#list(REALTIME, asked, listing);
      const isThere = realtime.retCode !== 0 || rowsOf(realtime).length > 0;
      const answer = isThere ? realtime : await this.#list(HISTORY, asked, listing);
      this.#end(requestId, (report) => this.#read(asked, answer, report));
    } catch (cause) {
      const code = cause instanceof VenueError && cause.code === "MALFORMED" ? "malformed" : "socketLost";
      this.#end(requestId, (report) => localUnknown(asked, LOCAL_CODES[code], report));
      if (!(cause instanceof VenueError)) throw cause;
    }
  }

  async #list(path: string, asked: Asked, { symbol }: VenueListing): Promise<BybitAnswer> {
    const query = `category=linear&symbol=${symbol}&orderLinkId=${asked.clientOrderId}`;
    const answer = await this.#parts.rest.ask(path, query, this.#parts.venueMs());
    const header = (name: string) => Number(answer.headers.get(name) ?? Number.NaN);
    this.#parts.rates.answered(path === REALTIME ? "realtime" : "history", answer.retCode, {
      limit: header("x-bapi-limit"),
      left: header("x-bapi-limit-status"),
      resetMs: header("x-bapi-limit-reset-timestamp"),
    });
    return answer;
  }

  #read(asked: Asked, answer: BybitAnswer, report: OrderReport): void {
    const rows = rowsOf(answer);
    if (answer.retCode !== 0) readQueryRefusal(asked, answer.retCode, report);
    else if (!Array.isArray(answer.result["list"])) localUnknown(asked, LOCAL_CODES.malformed, report);
    else if (rows.length === 0) readNotFound(asked, answer.time, report);
    else readQueried(this.#parts.listings, asked, rows[0], report);
  }

  /** Says it, unless the venue was closed meanwhile and has said that it does not know. */
  #end(requestId: number, read: (report: OrderReport) => void): void {
    const request: InFlightRequest | undefined = this.#inFlight.find(requestId);
    if (!request) return;
    this.#inFlight.end(request);
    read(this.#report);
    this.#parts.onReport(this.#report);
  }
}

function rowsOf({ result }: BybitAnswer): readonly unknown[] {
  return Array.isArray(result["list"]) ? (result["list"] as unknown[]) : [];
}
