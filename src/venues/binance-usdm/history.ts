/**
 * What Binance USDM remembers of an account's orders: `GET /fapi/v1/allOrders`, symbol by symbol.
 *
 * The venue answers with at most 1,000 rows and does not say that there are more, so a full answer proves nothing: its span is
 * halved until each part is not full. What ended unfilled is forgotten after three days, everything after ninety: who asks for
 * more is refused, since what is missing could not be told from what never was. Reads only.
 */
import type { OrderStatus, VenueOrder } from "../../domain/order.ts";
import { lotsOf, OrderList, whenAllowed } from "../order-list.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { isFields } from "../venue-reports.ts";
import { BINANCE_STATUSES } from "./answers.ts";
import type { BinanceRest } from "./rest.ts";

const ROWS_MAX = 1000;
const DAY_MS = 24 * 3_600_000;
/** The venue refuses a longer span. */
const SPAN_MS_MAX = 7 * DAY_MS - 1;
const DAYS_MAX = 89;
const STATUSES: ReadonlyMap<unknown, OrderStatus> = new Map(BINANCE_STATUSES);

/** `venueMs` is the venue's clock, asked for every request. Throws where a row is not readable or a millisecond holds too many. */
export async function ordersSince(
  rest: BinanceRest,
  listings: VenueListings,
  sinceMs: number,
  venueMs: () => number,
): Promise<readonly VenueOrder[]> {
  const days = (venueMs() - sinceMs) / DAY_MS;
  if (days > DAYS_MAX)
    throw new VenueError("UNSUPPORTED", "ordersSince", `Binance keeps orders for ${DAYS_MAX} days, not for ${days}`);
  const list = new OrderList("allOrders");
  const untilMs = venueMs() + 1000;
  for (const listing of listings.all) {
    for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += SPAN_MS_MAX + 1) {
      await readSpan({ rest, venueMs, list }, listing, fromMs, Math.min(untilMs, fromMs + SPAN_MS_MAX));
    }
  }
  return list.orders;
}

interface Parts {
  readonly rest: BinanceRest;
  readonly venueMs: () => number;
  readonly list: OrderList;
}

async function readSpan(parts: Parts, listing: VenueListing, fromMs: number, toMs: number): Promise<void> {
  const { rest, venueMs, list } = parts;
  const query = `symbol=${listing.symbol}&startTime=${fromMs}&endTime=${toMs}&limit=${ROWS_MAX}`;
  const call = {
    method: "GET",
    path: "/fapi/v1/allOrders",
    request: "allOrders",
    rateClass: "reconcile",
    query,
  } as const;
  const rows = await whenAllowed(() => rest.request(call, venueMs()));
  if (!Array.isArray(rows)) throw list.malformed("it is not a list");
  if (rows.length < ROWS_MAX) {
    for (const row of rows) readRow(list, row, listing);
    return;
  }
  if (fromMs >= toMs) throw list.malformed(`more than ${ROWS_MAX} orders in one millisecond`);
  const halfMs = Math.floor((fromMs + toMs) / 2);
  await readSpan(parts, listing, fromMs, halfMs);
  await readSpan(parts, listing, halfMs + 1, toMs);
}

function readRow(list: OrderList, row: unknown, { listing, qty, instrument }: VenueListing): void {
  if (!isFields(row)) throw list.malformed("a row that is no order");
  list.add({
    clientOrderId: row["clientOrderId"],
    listing: listing.index,
    side: row["side"] === "BUY" ? "buy" : row["side"] === "SELL" ? "sell" : undefined,
    status: STATUSES.get(row["status"]),
    qtyLots: lotsOf(qty, row["origQty"]),
    cumQtyLots: lotsOf(qty, row["executedQty"]),
    avgPxTicks: Number(row["avgPrice"] ?? Number.NaN) / instrument.tick,
    reduceOnly: row["reduceOnly"] === true,
    venueMs: Number(row["time"]),
  });
}
