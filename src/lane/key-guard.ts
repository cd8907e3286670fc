/**
 * Key guard: a venue whose key must not be able to withdraw. Around the client of every live venue.
 *
 * Invariant: the core hears of nothing live, and no order leaves, before the exchange itself has said that the key can trade and
 * cannot take money out. A key that can, or whose rights are not told, fails `connect` with `AUTH`.
 */
import type { VenueStatus } from "../domain/venue-status.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import { VenueError } from "../venues/venue-error.ts";

export function guardKey(make: (events: VenueEvents) => Venue, events: VenueEvents): Venue {
  let passed = false;
  let latest: VenueStatus | null = null;
  const venue = make({
    onReport: (report) => events.onReport(report),
    onQuote: (quote) => events.onQuote(quote),
    onStatus: (status) => {
      if (passed) events.onStatus(status);
      else latest = { ...status };
    },
  });
  return {
    index: venue.index,
    name: venue.name,
    async connect() {
      await venue.connect();
      try {
        await refuseUnsafe(venue);
      } catch (cause) {
        await venue.close();
        throw cause;
      }
      passed = true;
      if (latest !== null) events.onStatus(latest);
    },
    close: () => venue.close(),
    place: (order) => passed && venue.place(order),
    cancel: (listing, clientOrderId) => venue.cancel(listing, clientOrderId),
    query: (listing, clientOrderId) => venue.query(listing, clientOrderId),
    positions: () => venue.positions(),
    ordersSince: (sinceMs) => venue.ordersSince(sinceMs),
    misfits: () => venue.misfits(),
    misfitsEveryMs: venue.misfitsEveryMs,
    permissions: () => venue.permissions(),
    rates: () => venue.rates?.() ?? [],
    links: () => venue.links?.() ?? [],
  };
}

async function refuseUnsafe(venue: Venue): Promise<void> {
  const { canTrade, canWithdraw } = await venue.permissions();
  const why = canWithdraw ? "can withdraw: use one that cannot" : canTrade ? null : "cannot trade";
  if (why !== null) throw new VenueError("AUTH", "apiKey", `${venue.name}: its API key ${why}`);
}
