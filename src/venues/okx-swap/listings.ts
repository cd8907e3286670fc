/**
 * Listings of one OKX venue as the exchange itself describes them: the instrument's code, and quantities in contracts.
 *
 * A contract is `ctVal` of the base asset, so a lot of the instrument is a fraction or a multiple of one. Where that is no
 * finite decimal the listing is refused: quantities are exact or not sent.
 */
import { parseScaled } from "../../domain/decimal.ts";
import type { Directory } from "../../domain/instrument.ts";
import { createStepDecimal, type StepDecimal } from "../../domain/step-decimal.ts";
import { assert } from "../../domain/units.ts";
import type { Misfit } from "../../domain/venue-status.ts";
import { compareRules, listingError, misfit, refuseMisfits, unlike } from "../market-rules.ts";
import { VenueError } from "../venue-error.ts";
import { type VenueListing, type VenueListings, venueListings } from "../venue-listings.ts";
import { type Fields, isFields } from "../venue-reports.ts";

export interface OkxListing extends VenueListing {
  /** Lots of the instrument as contracts. */
  readonly qty: StepDecimal;
  /** Base asset of one contract, as the exchange said when connecting. */
  readonly contract: string;
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
  const byId = rowsById(rows);
  const byIndex = venueListings(directory, venue).byIndex.map(
    (ours) => ours && prepare(ours, venueName, byId.get(ours.symbol)),
  );
  const all = byIndex.filter((listing) => listing !== undefined);
  return { all, byIndex, bySymbol: new Map(all.map((listing) => [listing.symbol, listing])) };
}

/** What of newer `rows` does not fit the listings: whether a contract is still what it was, too. Throws `MALFORMED`. */
export function okxMisfits(listings: OkxListings, venueName: string, rows: readonly unknown[]): Misfit[] {
  const byId = rowsById(rows);
  return listings.all.flatMap((ours) => {
    const found = byId.get(ours.symbol);
    if (found === undefined) return [unlisted(ours, venueName)];
    const changed = [
      ...(Number(found["ctVal"]) === Number(ours.contract) ? [] : [["ctVal", ours.contract] as const]),
      ...(codeOf(found) === ours.instIdCode ? [] : [["instIdCode", String(ours.instIdCode)] as const]),
    ];
    return [
      ...changed.map(([field, before]) => misfit(ours, venueName, 2, field, unlike(field, before, found[field]))),
      ...rowMisfits(ours, venueName, found),
    ];
  });
}

function prepare(ours: VenueListing, venueName: string, found: Fields | undefined): OkxListing {
  if (found === undefined) throw listingError(unlisted(ours, venueName));
  refuseMisfits(rowMisfits(ours, venueName, found));
  const contract = decimal(ours, venueName, found, "ctVal");
  const lot = exactQuotient(ours.instrument.lotSize, contract);
  assert(lot !== null, "a listing that fits is counted in contracts");
  return { ...ours, qty: createStepDecimal(lot), contract, instIdCode: codeOf(found) };
}

function rowMisfits(ours: VenueListing, venueName: string, found: Fields): Misfit[] {
  const { base, quote, lotSize } = ours.instrument;
  const expected = [
    ["state", "live", 1],
    ["ctType", "linear", 2],
    ["ctMult", "1", 2],
    ["ctValCcy", base, 2],
    ["settleCcy", quote, 2],
  ] as const;
  const others = expected
    .filter(([field, wanted]) => found[field] !== wanted)
    .map(([field, wanted, level]) => misfit(ours, venueName, level, field, unlike(field, wanted, found[field])));
  const contract = decimal(ours, venueName, found, "ctVal");
  const lot = exactQuotient(lotSize, contract);
  if (lot === null) {
    const what = `${lotSize} is no finite decimal of contracts of ${contract}`;
    return [...others, misfit(ours, venueName, 2, "lotSize", what)];
  }
  const [tickSize, amountStep, minQty] = ["tickSz", "lotSz", "minSz"].map((field) =>
    decimal(ours, venueName, found, field),
  ) as [string, string, string];
  return [...others, ...compareRules(ours, venueName, { lot, tickSize, lotSize: amountStep, minQty })];
}

const unlisted = (ours: VenueListing, venueName: string): Misfit =>
  misfit(ours, venueName, 1, "instId", "the exchange lists no such swap");

function rowsById(rows: readonly unknown[]): ReadonlyMap<unknown, Fields> {
  return new Map(rows.filter(isFields).map((row) => [row["instId"], row]));
}

function decimal({ symbol }: VenueListing, venueName: string, found: Fields, field: string): string {
  const value = found[field];
  if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
  throw new VenueError("MALFORMED", field, `${symbol} at ${venueName}: instruments has no decimal ${field}`);
}

function codeOf({ instIdCode }: Fields): number | null {
  return typeof instIdCode === "number" && Number.isSafeInteger(instIdCode) && instIdCode >= 0 ? instIdCode : null;
}

/** Digits after the point that a lot in contracts may need. */
const CONTRACT_PLACES_MAX = 9;

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
