/**
 * What Binance USDM remembers of an account's orders: `GET /fapi/v1/allOrders`, symbol by symbol.
 *
 * The venue answers with at most 1,000 rows and does not say that there are more, so a full answer proves nothing: its span is
 * halved until each part is not full. Reads only; nothing is retried here.
 */
import type { OrderStatus, VenueOrder } from "../../domain/order.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import type { BinanceRest } from "./rest.ts";

const ROWS_MAX = 1000;
/** The venue refuses a longer span. */
const SPAN_MS_MAX = 7 * 24 * 3_600_000 - 1;

/** `venueMs` is the venue's clock, asked for every request. Throws where a row is not readable or a millisecond holds too many. */
export async function ordersSince(
  rest: BinanceRest,
  listings: VenueListings,
  sinceMs: number,
  venueMs: () => number,
): Promise<VenueOrder[]> {
  const found = new Map<string, VenueOrder>();
  const untilMs = venueMs() + 1000;
  for (const listing of listings.all) {
    for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += SPAN_MS_MAX + 1) {
      const toMs = Math.min(untilMs, fromMs + SPAN_MS_MAX);
      for (const order of await listed(rest, listing, fromMs, toMs, venueMs)) {
        // An id may have been used again after its order had ended: what filled counts, whoever filled it.
        const before = found.get(order.clientOrderId);
        if (before === undefined || before.cumQtyLots <= order.cumQtyLots) found.set(order.clientOrderId, order);
      }
    }
  }
  return [...found.values()];
}

async function listed(
  rest: BinanceRest,
  listing: VenueListing,
  fromMs: number,
  toMs: number,
  venueMs: () => number,
): Promise<VenueOrder[]> {
  const query = `symbol=${listing.symbol}&startTime=${fromMs}&endTime=${toMs}&limit=${ROWS_MAX}`;
  const call = { method: "GET", path: "/fapi/v1/allOrders", request: "allOrders", rateClass: "query", query } as const;
  const rows = await rest.request(call, venueMs());
  if (!Array.isArray(rows)) throw malformed("it is not a list");
  if (rows.length < ROWS_MAX) return rows.map((row) => orderOf(row, listing));
  if (fromMs >= toMs) throw malformed(`more than ${ROWS_MAX} orders in one millisecond`);
  const halfMs = Math.floor((fromMs + toMs) / 2);
  const older = await listed(rest, listing, fromMs, halfMs, venueMs);
  return [...older, ...(await listed(rest, listing, halfMs + 1, toMs, venueMs))];
}

function orderOf(row: unknown, { listing, qty, px }: VenueListing): VenueOrder {
  const { clientOrderId, side, status, origQty, executedQty, avgPrice, reduceOnly, time } = row as Record<
    string,
    unknown
  >;
  const statusWord = STATUSES[String(status)];
  const order = {
    clientOrderId: String(clientOrderId),
    listing: listing.index,
    side: side === "BUY" ? "buy" : "sell",
    qtyLots: qty.parse(String(origQty)),
    status: statusWord ?? "none",
    cumQtyLots: qty.parse(String(executedQty)),
    avgPxTicks: Number(avgPrice) > 0 ? Number(avgPrice) / Number(px.format(1)) : Number.NaN,
    reduceOnly: reduceOnly === true,
    venueMs: Number(time),
  } as const;
  const isWhole = Number.isSafeInteger(order.qtyLots) && Number.isSafeInteger(order.cumQtyLots);
  if (
    typeof clientOrderId !== "string" ||
    !isWhole ||
    statusWord === undefined ||
    (side !== "BUY" && side !== "SELL")
  ) {
    throw malformed(`an order that cannot be read: ${String(clientOrderId)}, ${String(status)}, ${String(origQty)}`);
  }
  return order;
}

const STATUSES: Readonly<Record<string, OrderStatus>> = {
  NEW: "open",
  PARTIALLY_FILLED: "partiallyFilled",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired",
  REJECTED: "rejected",
};

const malformed = (what: string): VenueError => new VenueError("MALFORMED", "allOrders", `allOrders: ${what}`);
