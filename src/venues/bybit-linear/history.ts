/**
 * What Bybit remembers of an account's orders: open ones, the latest 500 that ended, and the history, symbol by symbol.
 *
 * The history may lag behind and the realtime list forgets when the venue restarts, so both are asked. What was cancelled
 * unfilled stays in the history for a day, everything else for two years. Reads only.
 */
import type { VenueOrder } from "../../domain/order.ts";
import { lotsOf, OrderList, whenAllowed } from "../order-list.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { isFields, millis } from "../venue-reports.ts";
import { BYBIT_STATUSES } from "./answers.ts";
import type { BybitRest } from "./rest.ts";

const ROWS_MAX = 50;
const PAGES_MAX = 2000;
/** The venue refuses a longer span, and takes seven days where none is named. */
const SPAN_MS_MAX = 7 * 24 * 3_600_000 - 1;
const REALTIME = "/v5/order/realtime";
const HISTORY = "/v5/order/history";

/** `venueMs` is the venue's clock, asked for every request. Throws where a row is not readable. */
export async function ordersSince(
  rest: BybitRest,
  listings: VenueListings,
  sinceMs: number,
  venueMs: () => number,
): Promise<readonly VenueOrder[]> {
  const list = new OrderList("order lists");
  const parts = { rest, venueMs, list, sinceMs };
  const untilMs = venueMs() + 1000;
  for (const listing of listings.all) {
    // Open ones first: one that ends meanwhile is in the lists of the ended, which are asked after it.
    await readPages(parts, listing, REALTIME, "openOnly=0");
    await readPages(parts, listing, REALTIME, "openOnly=1");
    for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += SPAN_MS_MAX + 1) {
      const toMs = Math.min(untilMs, fromMs + SPAN_MS_MAX);
      await readPages(parts, listing, HISTORY, `startTime=${fromMs}&endTime=${toMs}`);
    }
  }
  return list.orders;
}

interface Parts {
  readonly rest: BybitRest;
  readonly venueMs: () => number;
  readonly list: OrderList;
  readonly sinceMs: number;
}

async function readPages(parts: Parts, listing: VenueListing, path: string, asked: string): Promise<void> {
  const { rest, venueMs, list } = parts;
  const query = `category=linear&symbol=${listing.symbol}&${asked}&limit=${ROWS_MAX}`;
  let cursor = "";
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    // The cursor comes percent-encoded and is sent as it came.
    const next = cursor === "" ? query : `${query}&cursor=${cursor}`;
    const { result } = await whenAllowed(() => rest.read("reconcile", path, next, venueMs()));
    const rows = result["list"];
    if (!Array.isArray(rows)) throw list.malformed(`${path} gave no list`);
    for (const row of rows) readRow(parts, listing, row);
    const following = result["nextPageCursor"];
    // The last page has a cursor too: what follows it is empty.
    if (rows.length === 0 || following === undefined || following === "") return;
    if (typeof following !== "string" || following === cursor) throw list.malformed(`${path} does not go on`);
    cursor = following;
  }
  throw list.malformed(`${path} has more than ${PAGES_MAX * ROWS_MAX} orders`);
}

function readRow({ list, sinceMs }: Parts, { listing, qty, instrument, symbol }: VenueListing, row: unknown): void {
  if (!isFields(row) || row["symbol"] !== symbol) throw list.malformed(`a row that is not of ${symbol}`);
  const venueMs = millis(row["createdTime"]);
  if (venueMs > 0 && venueMs < sinceMs) return;
  list.add({
    clientOrderId: row["orderLinkId"],
    listing: listing.index,
    side: row["side"] === "Buy" ? "buy" : row["side"] === "Sell" ? "sell" : undefined,
    status: BYBIT_STATUSES.get(row["orderStatus"]),
    qtyLots: lotsOf(qty, row["qty"]),
    cumQtyLots: lotsOf(qty, row["cumExecQty"]),
    avgPxTicks: Number(row["avgPrice"] ?? Number.NaN) / instrument.tick,
    reduceOnly: row["reduceOnly"] === true,
    venueMs,
  });
}
