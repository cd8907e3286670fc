/**
 * Whether an exchange's own rules of a market fit what the directory says of our listing there.
 *
 * A listing fits where no order of ours can break them: our steps are whole numbers of the exchange's, our minima are no
 * smaller. Looked at when connecting, where a misfit is refused, and again and again while connected.
 */
import { fromSteps, toSteps } from "../domain/decimal.ts";
import type { Misfit } from "../domain/venue-status.ts";
import { VenueError } from "./venue-error.ts";
import type { VenueListing } from "./venue-listings.ts";

/** Plain decimals. Absent where the exchange has no such rule. */
export interface MarketRules {
  /** What one lot of the instrument is in the amounts of its orders: of the base asset, or contracts. */
  readonly lot: string;
  readonly tickSize?: string | undefined;
  readonly lotSize: string;
  readonly minQty?: string | undefined;
  readonly minNotional?: string | undefined;
}

export function misfit(
  { listing, symbol }: VenueListing,
  venueName: string,
  level: Misfit["level"],
  field: string,
  what: string,
): Misfit {
  return { listing: listing.index, level, field, what: `${symbol} at ${venueName}: ${what}` };
}

export const unlike = (field: string, ours: string, theirs: unknown): string =>
  `${field} is ${ours}, the exchange's is ${String(theirs)}`;

export function compareRules(ours: VenueListing, venueName: string, rules: MarketRules): Misfit[] {
  const { listing, instrument } = ours;
  const tickSize = fromSteps(listing.tickStep, instrument.tickSize);
  const lotSize = fromSteps(listing.lotStep, rules.lot);
  const minQty = fromSteps(listing.qtyLotsMin, rules.lot);
  const found: Misfit[] = [];
  const say = (level: Misfit["level"], field: string, mine: string, theirs: string) =>
    found.push(misfit(ours, venueName, level, field, unlike(field, mine, theirs)));
  // Where prices have significant digits and no step the exchange refuses by itself what does not fit.
  if (rules.tickSize !== undefined && toSteps(tickSize, rules.tickSize) === null)
    say(1, "tickSize", tickSize, rules.tickSize);
  if (toSteps(lotSize, rules.lotSize) === null) say(1, "lotSize", lotSize, rules.lotSize);
  if (rules.minQty !== undefined && Number(minQty) < Number(rules.minQty)) say(0, "minQty", minQty, rules.minQty);
  if (rules.minNotional !== undefined && listing.notionalMin < Number(rules.minNotional))
    say(0, "minNotional", String(listing.notionalMin), rules.minNotional);
  return found;
}

/** Throws `LISTING` with the first of them. */
export function refuseMisfits([first]: readonly Misfit[]): void {
  if (first !== undefined) throw listingError(first);
}

export const listingError = ({ field, what }: Misfit): VenueError => new VenueError("LISTING", field, what);
