/**
 * Listings of one OKX venue as the exchange itself describes them: the instrument's code, and quantities in contracts.
 *
 * A contract is `ctVal` of the base asset, so a lot of the instrument is a fraction or a multiple of one. Where that is no
 * finite decimal the listing is refused: quantities are exact or not sent.
 */
import { fromSteps, parseScaled, toSteps } from "../../domain/decimal.ts";
import type { Directory, Instrument, Listing } from "../../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "../../domain/step-decimal.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { type Fields, isFields } from "../venue-reports.ts";

export interface OkxListing extends VenueListing {
  /** Lots of the instrument as contracts. */
  readonly qty: StepDecimal;
  /** What WebSocket orders name the instrument by; null where the exchange gives none and takes the name. */
  readonly instIdCode: number | null;
}

export interface OkxListings extends VenueListings {
  readonly all: readonly OkxListing[];
  readonly byIndex: readonly (OkxListing | undefined)[];
  readonly bySymbol: ReadonlyMap<string, OkxListing>;
}

/** `rows` is `data` of `/api/v5/public/instruments`. Throws `LISTING` with listing and field named, or `MALFORMED`. */
export function okxListings(
  directory: Directory,
  venue: number,
  venueName: string,
  rows: readonly unknown[],
): OkxListings {
  const byId = new Map<unknown, Fields>();
  for (const row of rows) if (isFields(row)) byId.set(row["instId"], row);
  const byIndex = directory.listings.map((listing) => {
    const instrument = directory.instruments[listing.instrument];
    if (listing.venue !== venue || !instrument) return undefined;
    return prepare(listing, instrument, byId.get(listing.symbol), `${listing.symbol} at ${venueName}`);
  });
  const all = byIndex.filter((listing) => listing !== undefined);
  return { all, byIndex, bySymbol: new Map(all.map((listing) => [listing.symbol, listing])) };
}

/** Digits after the point that a lot in contracts may need. */
const CONTRACT_PLACES_MAX = 9;

function prepare(listing: Listing, instrument: Instrument, found: Fields | undefined, where: string): OkxListing {
  if (!found) throw new VenueError("LISTING", "instId", `${where}: the exchange lists no such swap`);
  const refuse = (field: string, ours: string, theirs: string) =>
    new VenueError("LISTING", field, `${where}: ${field} is ${ours}, the exchange's is ${theirs}`);
  const expected = {
    state: "live",
    ctType: "linear",
    ctMult: "1",
    ctValCcy: instrument.base,
    settleCcy: instrument.quote,
  };
  for (const [field, ours] of Object.entries(expected)) {
    if (found[field] !== ours) throw refuse(field, ours, String(found[field]));
  }
  const decimal = (field: string): string => {
    const value = found[field];
    if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
    throw new VenueError("MALFORMED", field, `${where}: instruments has no decimal ${field}`);
  };
  const contract = decimal("ctVal");
  const inContracts = (base: string): string => {
    const quotient = exactQuotient(base, contract);
    if (quotient !== null) return quotient;
    throw new VenueError("LISTING", "lotSize", `${where}: ${base} is no finite decimal of contracts of ${contract}`);
  };
  const lot = inContracts(instrument.lotSize);
  const tickSize = fromSteps(listing.tickStep, instrument.tickSize);
  const lotSize = fromSteps(listing.lotStep, lot);
  const minQty = fromSteps(listing.qtyLotsMin, lot);
  const [venueTick, venueLot, venueMin] = [decimal("tickSz"), decimal("lotSz"), decimal("minSz")];
  // Equal or finer at the exchange: each of our steps must be a whole number of its steps.
  if (toSteps(tickSize, venueTick) === null) throw refuse("tickSize", tickSize, venueTick);
  if (toSteps(lotSize, venueLot) === null) throw refuse("lotSize", `${lotSize} contracts`, venueLot);
  // Equal or larger with us: an order we think large enough must not be too small for the exchange.
  if (Number(minQty) < Number(venueMin)) throw refuse("minQty", `${minQty} contracts`, venueMin);
  const code = found["instIdCode"];
  return {
    listing,
    instrument,
    symbol: listing.symbol,
    qty: createStepDecimal(lot),
    px: createStepDecimal(instrument.tickSize),
    instIdCode: typeof code === "number" && Number.isSafeInteger(code) && code >= 0 ? code : null,
  };
}

/** `dividend / divisor` as a plain decimal, or null where that is not exact within the places kept. */
function exactQuotient(dividend: string, divisor: string): string | null {
  const places = 18;
  const scaledDividend = parseScaled(dividend, places);
  const scaledDivisor = parseScaled(divisor, places);
  if (scaledDividend === null || scaledDivisor === null || scaledDivisor <= 0n) return null;
  const scaled = scaledDividend * 10n ** BigInt(CONTRACT_PLACES_MAX);
  if (scaled % scaledDivisor !== 0n) return null;
  const digits = (scaled / scaledDivisor).toString().padStart(CONTRACT_PLACES_MAX + 1, "0");
  return `${digits.slice(0, -CONTRACT_PLACES_MAX)}.${digits.slice(-CONTRACT_PLACES_MAX)}`.replace(/\.?0+$/, "");
}
