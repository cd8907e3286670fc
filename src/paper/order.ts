/**
 * An order as a paper venue keeps it, and what happens to it, in the venue's own words but no venue's wire format.
 */
import type { Side, TimeInForce } from "../domain/order.ts";
import type { AssetBalance, PaperAccount } from "./account.ts";
import type { Lie } from "./fault-forms.ts";
import type { PaperListing } from "./listing.ts";

export type PaperOrderStatus = "new" | "partiallyFilled" | "filled" | "canceled" | "expired";

export interface PaperOrder {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly account: PaperAccount;
  readonly listing: PaperListing;
  readonly side: Side;
  readonly type: "limit" | "market";
  readonly timeInForce: TimeInForce;
  /** Of a market order: how far it may go. */
  readonly pxTicks: number;
  readonly qtyLots: number;
  readonly reduceOnly: boolean;
  readonly preventSelfTrade: boolean;
  /** The venue lies about it (a fault); null as a rule. */
  readonly lie: Lie | null;
  readonly createdMs: number;
  status: PaperOrderStatus;
  /** Why it ended without being filled; null while it has not. */
  endReason: EndReason | null;
  cumLots: number;
  /** Sum of price times quantity of its fills, in ticks x lots. */
  cumUnits: number;
  /** Sum of its fees, in 10^-8 quote units. */
  cumFeeE8: bigint;
  updatedMs: number;
}

/**
 *   asked       its owner cancelled it      postOnly  it would have traded, where that is no refusal
 *   reduceOnly  it could have opened a position; the others are the matching engine's, see `Outcome`
 */
export type EndReason = "asked" | "postOnly" | "reduceOnly" | "selfTrade" | "unfillable" | "noLiquidity" | "capped";

export interface OrderEvent {
  readonly kind: "order";
  readonly order: PaperOrder;
  readonly execution: "new" | "trade" | "canceled" | "expired";
  /** The order as it was at this event; the order itself may have moved on. */
  readonly status: PaperOrderStatus;
  readonly cumLots: number;
  readonly cumUnits: number;
  readonly lastLots: number;
  readonly lastPxTicks: number;
  readonly tradeId: number;
  readonly maker: boolean;
  readonly feeE8: bigint;
  readonly feeAsset: string;
  readonly realizedE8: bigint;
  readonly atMs: number;
}

/**
 * Money and position after a fill or a funding payment. Where there is cash: after everything that moves or locks some.
 */
export interface AccountEvent {
  readonly kind: "account";
  readonly reason: "order" | "funding";
  readonly account: PaperAccount;
  readonly listing: PaperListing;
  readonly balanceE8: bigint;
  /** Base and quote of the listing; empty where there is a margin balance. */
  readonly assets: readonly AssetBalance[];
  readonly netLots: number;
  readonly costUnits: number;
  /** What was paid (negative) or received; 0 unless for funding. */
  readonly fundingE8: bigint;
  readonly atMs: number;
}

export type UserEvent = OrderEvent | AccountEvent;

/** Why the exchange will not have a request. Each dialect has its own code and text for it. */
export type RejectReason =
  | "unknownSymbol"
  | "priceMalformed"
  | "priceTooPrecise"
  | "priceOffTick"
  | "priceNotPositive"
  | "quantityMalformed"
  | "quantityTooPrecise"
  | "quantityOffLot"
  | "quantityTooSmall"
  | "notionalTooSmall"
  | "clientOrderIdInvalid"
  | "duplicateClientOrderId"
  | "reduceOnlyRejected"
  | "reduceOnlyConflict"
  | "marginInsufficient"
  /** A market order and nothing to take its price from. */
  | "noMarketPrice"
  | "postOnlyWouldTake"
  | "openOrdersExceeded"
  | "orderNotFound"
  | "cancelUnknown";

export interface Rejection {
  readonly rejected: RejectReason;
  /** The field or limit at fault, for the text. */
  readonly detail: string;
}

export function reject(rejected: RejectReason, detail: string): Rejection {
  return { rejected, detail };
}

export function isTerminal(status: PaperOrderStatus): boolean {
  return status === "filled" || status === "canceled" || status === "expired";
}
