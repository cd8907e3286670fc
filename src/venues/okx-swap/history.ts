/**
 * What OKX remembers of an account's orders: pending ones, those of the last seven days that have ended, and before that the
 * archive, instrument by instrument.
 *
 * What was cancelled unfilled is forgotten after two hours, and the archive ends after three months: who asks for more is
 * refused, since what is missing could not be told from what never was. Reads only.
 */
import type { VenueOrder } from "../../domain/order.ts";
import { lotsOf, OrderList, whenAllowed } from "../order-list.ts";
import { VenueError } from "../venue-error.ts";
import { isFields, millis } from "../venue-reports.ts";
import { OKX_STATUSES } from "./answers.ts";
import type { OkxListing, OkxListings } from "./listings.ts";
import type { OkxRest } from "./rest.ts";

const ROWS_MAX = 100;
const PAGES_MAX = 1000;
const DAY_MS = 24 * 3_600_000;
const HISTORY_DAYS = 6;
const ARCHIVE_DAYS = 89;

/** `venueMs` is the venue's clock, asked for every request. Throws where a row is not readable, or too long ago is asked for. */
export async function ordersSince(
  rest: OkxRest,
  listings: OkxListings,
  sinceMs: number,
  venueMs: () => number,
): Promise<readonly VenueOrder[]> {
  const days = (venueMs() - sinceMs) / DAY_MS;
  if (days > ARCHIVE_DAYS)
    throw new VenueError("UNSUPPORTED", "ordersSince", `OKX keeps orders for ${ARCHIVE_DAYS} days, not for ${days}`);
  const parts = { rest, venueMs, list: new OrderList("order lists"), sinceMs };
  // Open ones first: one that ends meanwhile is in the history, which is asked after it.
  const names = ["orders-pending", "orders-history", ...(days > HISTORY_DAYS ? ["orders-history-archive"] : [])];
  for (const listing of listings.all) for (const name of names) await readPages(parts, listing, name);
  return parts.list.orders;
}

interface Parts {
  readonly rest: OkxRest;
  readonly venueMs: () => number;
  readonly list: OrderList;
  readonly sinceMs: number;
}

async function readPages(parts: Parts, listing: OkxListing, name: string): Promise<void> {
  const { rest, venueMs, list, sinceMs } = parts;
  const path = `/api/v5/trade/${name}`;
  const since = name === "orders-pending" ? "" : `&begin=${sinceMs}`;
  const query = `instType=SWAP&instId=${listing.symbol}${since}&limit=${ROWS_MAX}`;
  let after = "";
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const next = after === "" ? query : `${query}&after=${after}`;
    const rows = await whenAllowed(() => rest.get("lists", "reconcile", path, next, venueMs()));
    for (const row of rows) readRow(parts, listing, row);
    if (rows.length < ROWS_MAX) return;
    const last = rows.at(-1);
    const oldest = isFields(last) ? last["ordId"] : undefined;
    if (typeof oldest !== "string" || oldest === after) throw list.malformed(`${name} does not go on`);
    after = oldest;
  }
  throw list.malformed(`${name} has more than ${PAGES_MAX * ROWS_MAX} orders`);
}

function readRow({ list, sinceMs }: Parts, { listing, qty, instrument, symbol }: OkxListing, row: unknown): void {
  if (!isFields(row) || row["instId"] !== symbol) throw list.malformed(`a row that is not of ${symbol}`);
  const venueMs = millis(row["cTime"]);
  if (venueMs > 0 && venueMs < sinceMs) return;
  list.add({
    clientOrderId: row["clOrdId"],
    listing: listing.index,
    side: row["side"] === "buy" || row["side"] === "sell" ? row["side"] : undefined,
    status: OKX_STATUSES.get(row["state"]),
    qtyLots: lotsOf(qty, row["sz"]),
    cumQtyLots: lotsOf(qty, row["accFillSz"]),
    avgPxTicks: Number(row["avgPx"] ?? Number.NaN) / instrument.tick,
    reduceOnly: row["reduceOnly"] === "true",
    venueMs,
  });
}
