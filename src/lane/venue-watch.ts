/**
 * Venue watch: what people are shown of a lane's venues — their last word on their health, and how much of their limits is
 * used. It stands between the venues and the lane and hands everything on.
 */
import type { OrderReport, Quote } from "../domain/order.ts";
import type { Misfit, VenueStatus, VenueView } from "../domain/venue-status.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";

export class VenueWatch implements VenueEvents {
  readonly #next: VenueEvents;
  readonly #statuses: VenueStatus[];

  /** `count` venues, of which nothing is known yet. */
  constructor(next: VenueEvents, count: number) {
    this.#next = next;
    this.#statuses = Array.from({ length: count }, (_, venue) => ({ ...SILENT, venue }));
  }

  onReport(report: OrderReport): void {
    this.#next.onReport(report);
  }

  onQuote(quote: Quote): void {
    this.#next.onQuote(quote);
  }

  onStatus(status: VenueStatus): void {
    // The venue goes on writing to its own.
    this.#statuses[status.venue] = { ...status };
    this.#next.onStatus(status);
  }

  /** `venues` by index, as they are now: one that could not be reached is replaced by another client. `misfitsAt` by index too. */
  views(venues: readonly Venue[], misfitsAt: (venue: number) => readonly Misfit[]): VenueView[] {
    return this.#statuses.map((status, index) => {
      const venue = venues[index];
      return { status, rates: venue?.rates?.() ?? [], links: venue?.links?.() ?? [], misfits: misfitsAt(index) };
    });
  }
}

const SILENT = {
  ordersLive: false,
  streamLive: false,
  quotesLive: false,
  clockOffsetMs: Number.NaN,
  clockErrorMs: Number.NaN,
};
