/**
 * Markets as ccxt loads them, checked against the directory's listings, and the exact decimals of their amounts and prices.
 *
 * An amount is in contracts where the market has a contract size: the decimal of one lot is the lot over that size, and must
 * come out even. Nothing is rounded, here or later.
 */
import { decimalPlaces, parseScaled } from "../../domain/decimal.ts";
import type { Directory } from "../../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "../../domain/step-decimal.ts";
import { assert } from "../../domain/units.ts";
import type { Misfit } from "../../domain/venue-status.ts";
import { compareRules, listingError, misfit, refuseMisfits, unlike } from "../market-rules.ts";
import { type VenueListing, venueListings } from "../venue-listings.ts";
import type { MarketFacts } from "./messages.ts";
import { unitTicksOf } from "./prediction.ts";

export interface CcxtListing {
  readonly index: number;
  readonly ours: VenueListing;
  /** ccxt's symbol, or the outcome. */
  readonly symbol: string;
  readonly opposing: { readonly symbol: string; readonly unitTicks: number } | null;
  readonly tick: number;
  /** Base asset of one contract; 1 where amounts are not in contracts. */
  readonly contractSize: string;
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
  const byIndex = venueListings(directory, venue).byIndex.map(
    (ours, index) =>
      ours &&
      prepare(
        ours,
        venueName,
        markets.find((each) => each.listing === index),
      ),
  );
  const all = byIndex.filter((listing) => listing !== undefined);
  const bySymbol = new Map<string, CcxtListing>();
  for (const listing of all) {
    bySymbol.set(listing.symbol, listing);
    if (listing.opposing) bySymbol.set(listing.opposing.symbol, listing);
  }
  return { byIndex, bySymbol, all };
}

/** What of newer `markets` does not fit the listings: whether a contract is still what it was, too. */
export function ccxtMisfits(listings: CcxtListings, venueName: string, markets: readonly MarketFacts[]): Misfit[] {
  return listings.all.flatMap(({ index, ours, contractSize }) => {
    const facts = markets.find(({ listing }) => listing === index);
    if (facts === undefined) return [unlisted(ours, venueName)];
    const isSame = Number(facts.contractSize) === Number(contractSize);
    const what = unlike("contractSize", contractSize, facts.contractSize);
    return [
      ...(isSame ? [] : [misfit(ours, venueName, 2, "contractSize", what)]),
      ...factMisfits(ours, venueName, facts),
    ];
  });
}

function prepare(ours: VenueListing, venueName: string, facts: MarketFacts | undefined): CcxtListing {
  if (facts === undefined) throw listingError(unlisted(ours, venueName));
  refuseMisfits(factMisfits(ours, venueName, facts));
  const { listing, instrument, symbol } = ours;
  const lot = divided(instrument.lotSize, facts.contractSize);
  assert(lot !== null, "a listing that fits is counted in the market's amounts");
  return {
    index: listing.index,
    ours,
    symbol: facts.symbol,
    opposing:
      facts.opposing === undefined
        ? null
        : { symbol: facts.opposing, unitTicks: unitTicksOf(instrument.tickSize, symbol) },
    tick: instrument.tick,
    contractSize: facts.contractSize,
    amount: createStepDecimal(lot),
    px: createStepDecimal(instrument.tickSize),
  };
}

function factMisfits(ours: VenueListing, venueName: string, facts: MarketFacts): Misfit[] {
  const { lotSize } = ours.instrument;
  const { active, inverse, contractSize, amountStep, priceStep, amountMin, costMin } = facts;
  const found: Misfit[] = [];
  const say = (level: 1 | 2, field: string, what: string) => found.push(misfit(ours, venueName, level, field, what));
  if (!active) say(1, "status", "the exchange does not trade it now");
  if (inverse) say(2, "inverse", "its amounts are worth quote currency, and lots are of the base asset");
  const lot = divided(lotSize, contractSize);
  if (lot === null) say(2, "contractSize", `a lot of ${lotSize} is no exact number of contracts of ${contractSize}`);
  else if (amountStep === undefined) say(1, "amountStep", "the exchange does not say its amountStep");
  else {
    const rules = { lot, tickSize: priceStep, lotSize: amountStep, minQty: amountMin, minNotional: costMin };
    found.push(...compareRules(ours, venueName, rules));
  }
  return found;
}

const unlisted = (ours: VenueListing, venueName: string): Misfit =>
  misfit(ours, venueName, 1, "symbol", "the exchange lists no such market");

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
