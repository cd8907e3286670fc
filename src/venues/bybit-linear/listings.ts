/** The exchange's own rules, as `/v5/market/instruments-info` states them, beside what the directory says of its listings. */
import type { Misfit } from "../../domain/venue-status.ts";
import { compareRules, misfit, unlike } from "../market-rules.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing } from "../venue-listings.ts";
import { type Fields, isFields } from "../venue-reports.ts";

const EXPECTED = { contractType: "LinearPerpetual", status: "Trading" };

/** `result` of the answer for this listing's symbol. Throws `MALFORMED` where it cannot be read. */
export function instrumentMisfits(ours: VenueListing, venueName: string, result: Fields): Misfit[] {
  const rows = Array.isArray(result["list"]) ? (result["list"] as unknown[]) : [];
  const found = rows.find((row) => isFields(row) && row["symbol"] === ours.symbol) as Fields | undefined;
  if (!found) return [misfit(ours, venueName, 1, "symbol", "the exchange lists no such symbol")];
  const decimal = (group: string, field: string): string => {
    const fields = found[group];
    const value = isFields(fields) ? fields[field] : undefined;
    if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
    const what = `${ours.symbol} at ${venueName}: instruments-info has no decimal ${group}.${field}`;
    throw new VenueError("MALFORMED", field, what);
  };
  return [
    ...Object.entries(EXPECTED)
      .filter(([field, expected]) => found[field] !== expected)
      .map(([field, expected]) => misfit(ours, venueName, 1, field, unlike(field, expected, found[field]))),
    ...compareRules(ours, venueName, {
      lot: ours.instrument.lotSize,
      tickSize: decimal("priceFilter", "tickSize"),
      lotSize: decimal("lotSizeFilter", "qtyStep"),
      minQty: decimal("lotSizeFilter", "minOrderQty"),
      minNotional: decimal("lotSizeFilter", "minNotionalValue"),
    }),
  ];
}
