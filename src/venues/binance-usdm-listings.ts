/**
 * Listings of one Binance USDM venue, prepared for the hot path: the venue's symbol, the exact decimals of lot and tick,
 * and whether the exchange's own rules fit what the directory says of them.
 */
import { fromSteps, toSteps } from "../domain/decimal.ts";
import type { Directory, Instrument, Listing } from "../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "./binance-usdm-decimals.ts";
import { BinanceError } from "./binance-usdm-error.ts";

export interface VenueListing {
  readonly listing: Listing;
  readonly instrument: Instrument;
  readonly symbol: string;
  /** Lots and ticks of the *instrument*: what `OrderRequest` counts in. */
  readonly qty: StepDecimal;
  readonly px: StepDecimal;
}

export interface VenueListings {
  readonly all: readonly VenueListing[];
  /** By index of the directory; undefined where the listing is another venue's. */
  readonly byIndex: readonly (VenueListing | undefined)[];
  readonly bySymbol: ReadonlyMap<string, VenueListing>;
}

export function venueListings(directory: Directory, venue: number): VenueListings {
  const byIndex = directory.listings.map((listing) => {
    const instrument = directory.instruments[listing.instrument];
    if (listing.venue !== venue || !instrument) return undefined;
    const qty = createStepDecimal(instrument.lotSize);
    return { listing, instrument, symbol: listing.symbol, qty, px: createStepDecimal(instrument.tickSize) };
  });
  const all = byIndex.filter((listing) => listing !== undefined);
  return { all, byIndex, bySymbol: new Map(all.map((listing) => [listing.symbol, listing])) };
}

/** The part of `/fapi/v1/exchangeInfo` that is checked. */
interface ExchangeSymbol {
  readonly symbol?: unknown;
  readonly status?: unknown;
  readonly filters?: unknown;
}

/** Throws `LISTING` with the listing and the field named when an order of ours could break the exchange's rules. */
export function checkExchangeInfo(listings: VenueListings, venueName: string, info: unknown): void {
  const symbols = (info as { symbols?: unknown } | null)?.symbols;
  if (!Array.isArray(symbols))
    throw new BinanceError("MALFORMED", "exchangeInfo.symbols", "exchangeInfo has no symbols");
  const bySymbol = new Map<unknown, ExchangeSymbol>(symbols.map((symbol: ExchangeSymbol) => [symbol?.symbol, symbol]));
  for (const listing of listings.all) checkListing(listing, venueName, bySymbol.get(listing.symbol));
}

function checkListing({ listing, instrument, symbol }: VenueListing, venueName: string, found?: ExchangeSymbol): void {
  const refuse = (field: string, ours: string, theirs: string) => {
    throw new BinanceError(
      "LISTING",
      field,
      `${symbol} at ${venueName}: ${field} is ${ours}, the exchange's is ${theirs}`,
    );
  };
  if (!found)
    throw new BinanceError("LISTING", "symbol", `${symbol} at ${venueName}: the exchange lists no such symbol`);
  if (found.status !== "TRADING") refuse("status", "TRADING", String(found.status));
  const filter = (type: string, field: string): string => {
    const filters: unknown[] = Array.isArray(found.filters) ? found.filters : [];
    const match = filters.find((item) => (item as { filterType?: unknown } | null)?.filterType === type);
    const value = (match as Record<string, unknown> | undefined)?.[field];
    if (typeof value !== "string" || !/^\d+(\.\d+)?$/.test(value)) {
      throw new BinanceError(
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
