/** What a venue says of its own health: the core decides on it whether orders may flow there, and people look at it. */

/** Reported on every change, and for the clock at every new estimate. */
export interface VenueStatus {
  readonly venue: number;
  /** The order socket is open and authenticated. */
  readonly ordersLive: boolean;
  /** The private stream is confirmed live: without it no order may be sent. */
  readonly streamLive: boolean;
  readonly quotesLive: boolean;
  /** Venue clock minus ours in ms, and half the round trip it was measured over. NaN until known. */
  readonly clockOffsetMs: number;
  readonly clockErrorMs: number;
}

/** What of a listing's configuration the exchange's own rules no longer fit. */
export interface Misfit {
  readonly listing: number;
  /**
   * What it forbids, as a kill switch would: 1 what increases risk, for the exchange would refuse it · 2 every order, for its
   * quantity would mean something else · 0 nothing, but what is smaller than the exchange takes.
   */
  readonly level: 0 | 1 | 2;
  readonly field: string;
  /** For people: listing, field, our value and theirs. */
  readonly what: string;
}

/** How much of one limit of a venue is used now, by our own count and the venue's. */
export interface RateUsage {
  /** Of the rule, as the venue's table calls it. */
  readonly name: string;
  /** -1 where the limit is the whole venue's. */
  readonly listing: number;
  readonly used: number;
  readonly limit: number;
}

/** One connection of a venue's order socket. */
export interface OrderLink {
  /** Number of the connection, counted from the start; 0 for one that is still to be made. */
  readonly id: number;
  /** `draining`: replaced, and kept until what is under way on it has been answered. */
  readonly role: "active" | "standby" | "draining";
  /** Logged on: orders may go over it, or could at once. */
  readonly ready: boolean;
}

/** A venue as people see it. */
export interface VenueView {
  readonly status: VenueStatus;
  readonly rates: readonly RateUsage[];
  readonly links: readonly OrderLink[];
  readonly misfits: readonly Misfit[];
}
