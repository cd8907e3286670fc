/** What a venue says of its own health. The core decides on it whether orders may flow there. */

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
