/**
 * Orders and what venues say of them. Quantities are lots and prices ticks of the *instrument*; the venue's adapter
 * converts at the socket.
 */
import type { EpochMs, Lots, Ticks } from "./units.ts";

export type Side = "buy" | "sell";
export type TimeInForce = "ioc" | "fok" | "gtc" | "postOnly";

export const sideSign = (side: Side): 1 | -1 => (side === "buy" ? 1 : -1);

/** One child order as it is handed to a venue. Everything in it is decided by the core, the stamp included. */
export interface OrderRequest {
  /** Our idempotency key: 32 lower-case hex (core/client-order-id.ts). */
  readonly clientOrderId: string;
  readonly listing: number;
  readonly side: Side;
  readonly qtyLots: Lots;
  readonly pxTicks: Ticks;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  /** Venue time at which it is stamped, and how long after that the venue may still accept it. */
  readonly stampMs: EpochMs;
  readonly validForMs: number;
}

/** The venue's word on an order's life. `none`: this report carries no status (a bare ack, an error). */
export const ORDER_STATUSES = ["none", "open", "partiallyFilled", "filled", "canceled", "expired", "rejected"] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/**
 * What one message from a venue says about one of our orders.
 *   status       carries `status` and `cumQtyLots`; terminal statuses are evidence
 *   ack          the gateway took it; proves nothing about the matching engine
 *   rejected     a code of the venue's definitive-reject table
 *   duplicateId  an order with that id exists: ask, never conclude
 *   notFound     a query's answer; not proof of absence by itself
 *   cancelUnknown the cancel found nothing: it may have filled
 *   unknown      timeout, socket loss or a code that proves nothing
 *   notSent      failed before the socket write: the only case where resending is free
 */
export const REPORT_KINDS = [
  "status",
  "ack",
  "rejected",
  "duplicateId",
  "notFound",
  "cancelUnknown",
  "unknown",
  "notSent",
] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** Where the knowledge comes from: the private stream, the answer to our request, or a later query. */
export const REPORT_ORIGINS = ["stream", "response", "query", "local"] as const;
export type ReportOrigin = (typeof REPORT_ORIGINS)[number];

/** Reused by its producer: copy what must outlive the call. */
export interface OrderReport {
  venue: number;
  clientOrderId: string;
  kind: ReportKind;
  origin: ReportOrigin;
  status: OrderStatus;
  /** Cumulative filled quantity; monotone per order. -1 where the message does not say. */
  cumQtyLots: number;
  /** Average price of the cumulative fill in ticks, a float for reporting. NaN where unknown. */
  avgPxTicks: number;
  /** The venue's raw code, 0 where there is none. */
  code: number;
  venueMs: number;
  /** The listing the message names, so that an order we do not know can be told apart; -1 where unknown. */
  listing: number;
}

/** An order as a venue's own list has it, to be compared with what we remember. */
export interface VenueOrder {
  readonly clientOrderId: string;
  readonly listing: number;
  readonly side: Side;
  readonly qtyLots: number;
  readonly status: OrderStatus;
  readonly cumQtyLots: number;
  /** NaN before the first fill. */
  readonly avgPxTicks: number;
  readonly reduceOnly: boolean;
  /** When it was made, by the venue's clock. */
  readonly venueMs: number;
}

export function createOrderReport(): OrderReport {
  return {
    venue: 0,
    clientOrderId: "",
    kind: "ack",
    origin: "local",
    status: "none",
    cumQtyLots: -1,
    avgPxTicks: Number.NaN,
    code: 0,
    venueMs: 0,
    listing: -1,
  };
}

/** Best bid and ask of one listing. Reused by its producer. */
export interface Quote {
  listing: number;
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
  /** When it was made, by the venue's clock; 0 where that is not said. */
  venueMs: number;
}
