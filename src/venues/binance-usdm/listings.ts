/** The exchange's own rules, as `/fapi/v1/exchangeInfo` states them, beside what the directory says of its listings. */
import type { Misfit } from "../../domain/venue-status.ts";
import { compareRules, misfit, unlike } from "../market-rules.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";

/** The part of `/fapi/v1/exchangeInfo` that is checked. */
interface ExchangeSymbol {
  readonly symbol?: unknown;
  readonly status?: unknown;
  readonly filters?: unknown;
}

/** Throws `MALFORMED` where it cannot be read. */
export function exchangeMisfits(listings: VenueListings, venueName: string, info: unknown): Misfit[] {
  const symbols = (info as { symbols?: unknown } | null)?.symbols;
  if (!Array.isArray(symbols)) throw new VenueError("MALFORMED", "exchangeInfo.symbols", "exchangeInfo has no symbols");
  const bySymbol = new Map<unknown, ExchangeSymbol>(symbols.map((symbol: ExchangeSymbol) => [symbol?.symbol, symbol]));
  return listings.all.flatMap((listing) => symbolMisfits(listing, venueName, bySymbol.get(listing.symbol)));
}

function symbolMisfits(ours: VenueListing, venueName: string, found?: ExchangeSymbol): Misfit[] {
  if (!found) return [misfit(ours, venueName, 1, "symbol", "the exchange lists no such symbol")];
  const filter = (type: string, field: string): string => {
    const filters: unknown[] = Array.isArray(found.filters) ? found.filters : [];
    const match = filters.find((item) => (item as { filterType?: unknown } | null)?.filterType === type);
    const value = (match as Record<string, unknown> | undefined)?.[field];
    if (typeof value === "string" && /^\d+(\.\d+)?$/.test(value)) return value;
    const what = `${ours.symbol} at ${venueName}: exchangeInfo has no decimal ${type}.${field}`;
    throw new VenueError("MALFORMED", field, what);
  };
  const { status } = found;
  return [
    ...(status === "TRADING" ? [] : [misfit(ours, venueName, 1, "status", unlike("status", "TRADING", status))]),
    ...compareRules(ours, venueName, {
      lot: ours.instrument.lotSize,
      tickSize: filter("PRICE_FILTER", "tickSize"),
      lotSize: filter("LOT_SIZE", "stepSize"),
      minQty: filter("LOT_SIZE", "minQty"),
      minNotional: filter("MIN_NOTIONAL", "notional"),
    }),
  ];
}
