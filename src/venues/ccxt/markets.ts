/**
 * Markets as ccxt loads them, checked against the directory's listings, and the exact decimals of their amounts and prices.
 *
 * An amount is in contracts where the market has a contract size: the decimal of one lot is the lot over that size, and must
 * come out even. Nothing is rounded, here or later.
 */
import { decimalPlaces, fromSteps, parseScaled, toSteps } from "../../domain/decimal.ts";
import type { Directory } from "../../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "../../domain/step-decimal.ts";
import { VenueError } from "../venue-error.ts";
import { type VenueListing, venueListings } from "../venue-listings.ts";
import type { MarketFacts } from "./messages.ts";
import { unitTicksOf } from "./prediction.ts";

export interface CcxtListing {
  readonly index: number;
  /** ccxt's symbol, or the outcome. */
  readonly symbol: string;
  readonly opposing: { readonly symbol: string; readonly unitTicks: number } | null;
  readonly tick: number;
  /** Lots of the instrument as the market's amounts. */
  readonly amount: StepDecimal;
  readonly px: StepDecimal;
}

export interface CcxtListings {
  readonly byIndex: readonly (CcxtListing | undefined)[];
  /** Opposing outcomes included. */
  readonly bySymbol: ReadonlyMap<string, CcxtListing>;
  readonly all: readonly CcxtListing[];
}

/** Throws `LISTING` naming the listing and the field when an order of ours could break the exchange's rules. */
export function ccxtListings(
  directory: Directory,
  venue: number,
  venueName: string,
  markets: readonly MarketFacts[],
): CcxtListings {
  const byIndex = venueListings(directory, venue).byIndex.map((ours, index) => {
    if (ours === undefined) return undefined;
    const facts = markets.find((each) => each.listing === index);
    if (facts === undefined) throw listingError(ours, venueName, "symbol", "the exchange lists no such market");
    return checkedListing(ours, venueName, facts);
  });
  const all = byIndex.filter((listing) => listing !== undefined);
  const bySymbol = new Map<string, CcxtListing>();
  for (const listing of all) {
    bySymbol.set(listing.symbol, listing);
    if (listing.opposing) bySymbol.set(listing.opposing.symbol, listing);
  }
  return { byIndex, bySymbol, all };
}

function checkedListing(ours: VenueListing, venueName: string, facts: MarketFacts): CcxtListing {
  const { listing, instrument, symbol } = ours;
  const refuse = (field: string, what: string): never => {
    throw listingError(ours, venueName, field, what);
  };
  if (!facts.active) refuse("status", "the exchange does not trade it now");
  if (facts.inverse) refuse("inverse", "its amounts are worth quote currency, and lots are of the base asset");
  const lotAmount = divided(instrument.lotSize, facts.contractSize);
  if (lotAmount === null)
    return refuse("contractSize", `a lot of ${instrument.lotSize} is no exact number of ${facts.contractSize}`);
  const { amountStep, priceStep, amountMin, costMin } = facts;
  if (amountStep === undefined) return refuse("amountStep", "the exchange does not say it");
  // Equal or finer at the exchange: each of our steps must be a whole number of its steps.
  const ourStep = fromSteps(listing.lotStep, lotAmount);
  if (toSteps(ourStep, amountStep) === null) refuse("lotSize", `is ${ourStep}, the exchange's is ${amountStep}`);
  const ourTick = fromSteps(listing.tickStep, instrument.tickSize);
  // Where prices have significant digits and no step the exchange refuses by itself what does not fit.
  if (priceStep !== undefined && toSteps(ourTick, priceStep) === null)
    refuse("tickSize", `is ${ourTick}, the exchange's is ${priceStep}`);
  // Equal or larger with us: an order we think large enough must not be too small for the exchange.
  const ourMin = fromSteps(listing.qtyLotsMin, lotAmount);
  if (amountMin !== undefined && Number(ourMin) < Number(amountMin))
    refuse("minQty", `is ${ourMin}, the exchange's is ${amountMin}`);
  if (costMin !== undefined && listing.notionalMin < Number(costMin))
    refuse("minNotional", `is ${listing.notionalMin}, the exchange's is ${costMin}`);
  return {
    index: listing.index,
    symbol: facts.symbol,
    opposing:
      facts.opposing === undefined
        ? null
        : { symbol: facts.opposing, unitTicks: unitTicksOf(instrument.tickSize, symbol) },
    tick: instrument.tick,
    amount: createStepDecimal(lotAmount),
    px: createStepDecimal(instrument.tickSize),
  };
}

function listingError({ symbol }: VenueListing, venueName: string, field: string, what: string): VenueError {
  return new VenueError("LISTING", field, `${symbol} at ${venueName}: ${field}: ${what}`);
}

/** More places than any exchange's amounts have. */
const PLACES_MAX = 18;

/** `value / divisor` as an exact decimal; null where it has none of at most 18 places, or the divisor is not positive. */
function divided(value: string, divisor: string): string | null {
  const places = Math.max(decimalPlaces(value), decimalPlaces(divisor));
  const [above, below] = [parseScaled(value, places), parseScaled(divisor, places)];
  if (above === null || below === null || below <= 0n) return null;
  for (let shift = 0; shift <= PLACES_MAX; shift++) {
    const scaled = above * 10n ** BigInt(shift);
    if (scaled % below !== 0n) continue;
    const digits = (scaled / below).toString().padStart(shift + 1, "0");
    return shift === 0 ? digits : `${digits.slice(0, -shift)}.${digits.slice(-shift)}`;
  }
  return null;
}
