/** What the private and the market stream of every venue have in common: how they are made, opened and closed. */
import type { Quote } from "../../domain/order.ts";
import type { VenueListings } from "../venue-listings.ts";
import type { VenueSocketOptions } from "../wire/venue-socket.ts";

export interface Stream {
  open(): void;
  close(): void;
}

export interface StreamParts<Listings extends VenueListings = VenueListings> {
  readonly listings: Listings;
  readonly socket: Omit<VenueSocketOptions, "url" | "seats">;
  readonly url: string;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

export interface MarketStreamParts<Listings extends VenueListings = VenueListings> extends StreamParts<Listings> {
  /** The quote is reused. */
  readonly onQuote: (quote: Quote) => void;
}

export const createQuote = (): Quote => ({
  listing: -1,
  bidTicks: 0,
  askTicks: 0,
  bidLots: 0,
  askLots: 0,
  venueMs: 0,
});
