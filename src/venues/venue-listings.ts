/** Listings of one venue, prepared for the hot path: the venue's symbol and the exact decimals of lot and tick. */
import type { Directory, Instrument, Listing } from "../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "../domain/step-decimal.ts";

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
