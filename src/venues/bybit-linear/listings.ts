/** Whether the exchange's own rules, as `/v5/market/instruments-info` states them, fit what the directory says of its listings. */
import { fromSteps, toSteps } from "../../domain/decimal.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing } from "../venue-listings.ts";
import { type Fields, isFields } from "../venue-reports.ts";

/** `result` of the answer for this listing's symbol. Throws `LISTING` with listing and field named, or `MALFORMED`. */
export function checkInstrument(
  { listing, instrument, symbol }: VenueListing,
  venueName: string,
  result: Fields,
): void {
  const rows = Array.isArray(result["list"]) ? (result["list"] as unknown[]) : [];
  const found = rows.find((row) => isFields(row) && row["symbol"] === symbol) as Fields | undefined;
  const where = `${symbol} at ${venueName}`;
  if (!found) throw new VenueError("LISTING", "symbol", `${where}: the exchange lists no such symbol`);
  const refuse = (field: string, ours: string, theirs: string) => {
    throw new VenueError("LISTING", field, `${where}: ${field} is ${ours}, the exchange's is ${theirs}`);
  };
  if (found["contractType"] !== "LinearPerpetual")
    refuse("contractType", "LinearPerpetual", String(found["contractType"]));
  if (found["status"] !== "Trading") refuse("status", "Trading", String(found["status"]));
  const decimal = (group: string, field: string): string => {
    const fields = found[group];
    const value = isFields(fields) ? fields[field] : undefined;
    if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
    throw new VenueError("MALFORMED", field, `${where}: instruments-info has no decimal ${group}.${field}`);
  };
  const tickSize = fromSteps(listing.tickStep, instrument.tickSize);
  const lotSize = fromSteps(listing.lotStep, instrument.lotSize);
  const minQty = fromSteps(listing.qtyLotsMin, instrument.lotSize);
  const venueTick = decimal("priceFilter", "tickSize");
  const venueLot = decimal("lotSizeFilter", "qtyStep");
  const venueMinQty = decimal("lotSizeFilter", "minOrderQty");
  const venueMinNotional = decimal("lotSizeFilter", "minNotionalValue");
  // Equal or finer at the exchange: each of our steps must be a whole number of its steps.
  if (toSteps(tickSize, venueTick) === null) refuse("tickSize", tickSize, venueTick);
  if (toSteps(lotSize, venueLot) === null) refuse("lotSize", lotSize, venueLot);
  // Equal or larger with us: an order we think large enough must not be too small for the exchange.
  if (Number(minQty) < Number(venueMinQty)) refuse("minQty", minQty, venueMinQty);
  if (listing.notionalMin < Number(venueMinNotional))
    refuse("minNotional", String(listing.notionalMin), venueMinNotional);
}
