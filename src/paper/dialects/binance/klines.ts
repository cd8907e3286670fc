/** Binance's history of candles, spot and USDM alike: the rows of /api/v3/klines and /fapi/v1/klines. */
import { Refusal } from "../../failure.ts";
import type { VenueContext } from "../dialect.ts";
import { listingOf, wholeNumber } from "./http.ts";
import type { Params } from "./orders.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const TIME_MAX = 8.64e15;

/** What nobody recorded (quote volume, number of trades, takers' share) is 0. `limitMax` is the product's own. */
export function renderKlines(venue: VenueContext, params: Params, limitMax: number): string {
  const listing = listingOf(venue, params);
  const intervalMs = intervalOf(params.get("interval") ?? "");
  const history = venue.history.get(listing.marketSymbol);
  const limit = wholeNumber(params, "limit", 500, limitMax);
  const startMs = params.has("startTime") ? wholeNumber(params, "startTime", 0, TIME_MAX) : undefined;
  const endMs = wholeNumber(params, "endTime", venue.serverMs(), TIME_MAX);
  if (history === undefined) return "[]";
  if (!history.serves(intervalMs)) throw new Refusal(400, -1120, "Invalid interval.");
  const rows = history.page(intervalMs, startMs, endMs, limit).map(({ atMs, open, high, low, close, volume }) => {
    return `[${atMs},"${open}","${high}","${low}","${close}","${volume}",${atMs + intervalMs - 1},"0",0,"0","0","0"]`;
  });
  return `[${rows.join(",")}]`;
}

function intervalOf(text: string): number {
  const [, count, unit] = /^(\d{1,2})([smhdw])$/.exec(text) ?? [];
  const intervalMs = Number(count) * (UNITS_MS[unit ?? ""] ?? Number.NaN);
  if (!(intervalMs > 0)) throw new Refusal(400, -1120, "Invalid interval.");
  return intervalMs;
}
