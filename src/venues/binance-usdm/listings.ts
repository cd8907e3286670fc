/** Whether the exchange's own rules, as `/fapi/v1/exchangeInfo` states them, fit what the directory says of its listings. */
import { fromSteps, toSteps } from "../../domain/decimal.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";

/** The part of `/fapi/v1/exchangeInfo` that is checked. */
interface ExchangeSymbol {
  readonly symbol?: unknown;
  readonly status?: unknown;
  readonly filters?: unknown;
}

/** Throws `LISTING` with the listing and the field named when an order of ours could break the exchange's rules. */
export function checkExchangeInfo(listings: VenueListings, venueName: string, info: unknown): void {
  const symbols = (info as { symbols?: unknown } | null)?.symbols;
  if (!Array.isArray(symbols)) throw new VenueError("MALFORMED", "exchangeInfo.symbols", "exchangeInfo has no symbols");
  const bySymbol = new Map<unknown, ExchangeSymbol>(symbols.map((symbol: ExchangeSymbol) => [symbol?.symbol, symbol]));
  for (const listing of listings.all) checkListing(listing, venueName, bySymbol.get(listing.symbol));
}

function checkListing({ listing, instrument, symbol }: VenueListing, venueName: string, found?: ExchangeSymbol): void {
  const refuse = (field: string, ours: string, theirs: string) => {
    throw new VenueError(
      "LISTING",
      field,
      `${symbol} at ${venueName}: ${field} is ${ours}, the exchange's is ${theirs}`,
    );
  };
  if (!found) throw new VenueError("LISTING", "symbol", `${symbol} at ${venueName}: the exchange lists no such symbol`);
  if (found.status !== "TRADING") refuse("status", "TRADING", String(found.status));
  const filter = (type: string, field: string): string => {
    const filters: unknown[] = Array.isArray(found.filters) ? found.filters : [];
    const match = filters.find((item) => (item as { filterType?: unknown } | null)?.filterType === type);
    const value = (match as Record<string, unknown> | undefined)?.[field];
    if (typeof value !== "string" || !/^\d+(\.\d+)?$/.test(value)) {
      throw new VenueError(
        "MALFORMED",
        field,
        `${symbol} at ${venueName}: exchangeInfo has no decimal ${type}.${field}`,
      );
    }
    return value;
  };
  const tickSize = fromSteps(listing.tickStep, instrument.tickSize);
  const lotSize = fromSteps(listing.lotStep, instrument.lotSize);
  const minQty = fromSteps(listing.qtyLotsMin, instrument.lotSize);
  const venueTick = filter("PRICE_FILTER", "tickSize");
  const venueLot = filter("LOT_SIZE", "stepSize");
  const venueMinQty = filter("LOT_SIZE", "minQty");
  const venueMinNotional = filter("MIN_NOTIONAL", "notional");
  // Equal or finer at the exchange: each of our steps must be a whole number of its steps.
  if (toSteps(tickSize, venueTick) === null) refuse("tickSize", tickSize, venueTick);
  if (toSteps(lotSize, venueLot) === null) refuse("lotSize", lotSize, venueLot);
  // Equal or larger with us: an order we think large enough must not be too small for the exchange.
  if (Number(minQty) < Number(venueMinQty)) refuse("minQty", minQty, venueMinQty);
  if (listing.notionalMin < Number(venueMinNotional))
    refuse("minNotional", String(listing.notionalMin), venueMinNotional);
}
