/**
 * Top of book of every listing as one connection tells it: `orderbook.1`, a snapshot first, then what changed of it.
 *
 * A top belongs to the connection it came over: what another one says later continues that other one's snapshot.
 */
import type { Quote } from "../../domain/order.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { type Fields, isFields, millis } from "../venue-reports.ts";

interface Level {
  pxTicks: number;
  /** 0: this side is empty. NaN: it is no whole number of lots, or of ticks. */
  lots: number;
}

export class BybitTops {
  readonly #listings: VenueListings;
  readonly #bids: Level[];
  readonly #asks: Level[];

  constructor(listings: VenueListings) {
    this.#listings = listings;
    this.#bids = listings.byIndex.map(() => ({ pxTicks: 0, lots: 0 }));
    this.#asks = listings.byIndex.map(() => ({ pxTicks: 0, lots: 0 }));
  }

  /** False when the message leaves no quote to tell: another topic, an empty side, or something that is no whole step. */
  read(message: Fields, quote: Quote): boolean {
    const { topic, type, data } = message;
    if (typeof topic !== "string" || !topic.startsWith("orderbook.1.") || !isFields(data)) return false;
    const symbol = data["s"];
    const listing = typeof symbol === "string" ? this.#listings.bySymbol.get(symbol) : undefined;
    if (!listing) return false;
    const { index } = listing.listing;
    const bid = this.#bids[index]!;
    const ask = this.#asks[index]!;
    // After a restart of its service Bybit counts from 1 again: such a message is a snapshot, whatever it says.
    if (type === "snapshot" || data["u"] === 1) {
      bid.lots = 0;
      ask.lots = 0;
    }
    apply(listing, bid, data["b"]);
    apply(listing, ask, data["a"]);
    quote.listing = index;
    quote.bidTicks = bid.pxTicks;
    quote.bidLots = bid.lots;
    quote.askTicks = ask.pxTicks;
    quote.askLots = ask.lots;
    // A top that stands still is told again every three seconds: it is what it was at `cts`, and is so at `ts`.
    quote.venueMs = millis(message["ts"]) || millis(message["cts"]);
    // NaN fails every comparison.
    return bid.pxTicks > 0 && ask.pxTicks > 0 && bid.lots > 0 && ask.lots > 0;
  }
}

/** Of one side, in any order: the level that went has quantity 0, the one that came has its own. */
function apply(listing: VenueListing, level: Level, rows: unknown): void {
  if (!Array.isArray(rows)) return;
  let came: Level | null = null;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || typeof row[0] !== "string" || typeof row[1] !== "string") continue;
    const pxTicks = listing.px.parse(row[0]);
    const lots = listing.qty.parse(row[1]);
    if (lots !== 0) came ??= { pxTicks, lots };
    else if (pxTicks === level.pxTicks) level.lots = 0;
  }
  if (came) {
    level.pxTicks = came.pxTicks;
    level.lots = came.lots;
  }
}
