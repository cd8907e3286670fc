/**
 * Market: replays one source of quotes and trades into the books of every paper venue, paced by recorded time.
 *
 * Invariants
 *   - Prices reach a venue's tick honestly: a bid rounds down and an ask up, so no venue is ever better than the source.
 *   - Memory is bounded by the source's own buffer; the driver holds one event.
 *   - Events reach the venues in recorded order, and every venue sees the same ones.
 *
 * Sources are `market-synthetic.ts` and `market-csv.ts`. Event times on the wire are the time of emission, not of recording.
 */
import type { Clock } from "../time/clock.ts";
import type { PaperExchange } from "./exchange.ts";
import type { PaperListing } from "./listing.ts";

/** Prices and quantities in units of 10^-8, exact. */
export type MarketEvent =
  | {
      readonly kind: "quote";
      readonly symbol: string;
      readonly atMs: number;
      readonly bidE8: number;
      readonly bidQtyE8: number;
      readonly askE8: number;
      readonly askQtyE8: number;
    }
  | {
      readonly kind: "trade";
      readonly symbol: string;
      readonly atMs: number;
      readonly pxE8: number;
      readonly qtyE8: number;
      readonly buyerIsMaker: boolean;
    };

export interface MarketSource {
  /** Events in time order. Each call starts again from the beginning; a recording ends, a generator does not. */
  open(): AsyncIterable<MarketEvent> | Iterable<MarketEvent>;
}

/** How one venue's prices differ from the source. */
export interface VenueSkew {
  /** Added to both sides. */
  readonly offsetTicks: number;
  /** Taken from the bid and added to the ask. */
  readonly spreadTicks: number;
}

export interface MarketVenue {
  readonly exchange: PaperExchange;
  readonly skew: VenueSkew;
}

export interface MarketPace {
  /** Times recorded speed; Infinity does not wait at all. */
  readonly speed: number;
  readonly loop: boolean;
}

/** Events applied between two turns of the event loop, so that catching up never starves the sockets. */
const BATCH_EVENTS = 64;

/** Plays the source until it ends (a recording without loop) or the signal aborts. Rejects when the source is bad. */
export async function runMarket(
  source: MarketSource,
  venues: readonly MarketVenue[],
  pace: MarketPace,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly events: number }> {
  let events = 0;
  do {
    const startNs = clock.nowNs();
    let firstMs = Number.NaN;
    const before = events;
    for await (const event of source.open()) {
      if (signal.aborted) return { events };
      if (Number.isNaN(firstMs)) firstMs = event.atMs;
      if (pace.speed !== Number.POSITIVE_INFINITY) {
        const dueMs = (event.atMs - firstMs) / pace.speed - (clock.nowNs() - startNs) / 1e6;
        if (dueMs > 0.5) await sleep(dueMs, signal);
        if (signal.aborted) return { events };
      }
      for (const venue of venues) applyEvent(venue, event);
      if (++events % BATCH_EVENTS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (events === before) return { events };
  } while (pace.loop && !signal.aborted);
  return { events };
}

/** Puts one event into one venue's book. A symbol the venue does not list is no business of its. */
export function applyEvent({ exchange, skew }: MarketVenue, event: MarketEvent): void {
  const listing = exchange.moved(event.symbol);
  if (listing === undefined) return;
  const shift = skew.offsetTicks;
  if (event.kind === "quote") {
    exchange.quote(listing, {
      bidTicks: floorTicks(listing, event.bidE8) + shift - skew.spreadTicks,
      bidLots: floorLots(listing, event.bidQtyE8),
      askTicks: ceilTicks(listing, event.askE8) + shift + skew.spreadTicks,
      askLots: floorLots(listing, event.askQtyE8),
    });
  } else {
    const aggressor = event.buyerIsMaker ? "sell" : "buy";
    // Rounded against the aggressor: a sale at 100.05 did not reach a bid of 100.
    const pxTicks = (event.buyerIsMaker ? ceilTicks(listing, event.pxE8) : floorTicks(listing, event.pxE8)) + shift;
    const qtyLots = floorLots(listing, event.qtyE8);
    if (qtyLots > 0 && pxTicks > 0) exchange.trade(listing, aggressor, pxTicks, qtyLots);
  }
  exchange.flush();
}

function floorTicks(listing: PaperListing, pxE8: number): number {
  const stepE8 = listing.tickE8;
  return (pxE8 - (pxE8 % stepE8)) / stepE8;
}

function ceilTicks(listing: PaperListing, pxE8: number): number {
  const rest = pxE8 % listing.tickE8;
  return (pxE8 - rest) / listing.tickE8 + (rest === 0 ? 0 : 1);
}

function floorLots(listing: PaperListing, qtyE8: number): number {
  return (qtyE8 - (qtyE8 % listing.lotE8)) / listing.lotE8;
}

/** Ends early, without throwing, when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, 2_147_483_647));
    signal.addEventListener("abort", done);
  });
}
