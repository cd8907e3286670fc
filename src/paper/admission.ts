/**
 * Admission: what an exchange checks of a new order before it may touch the book.
 *
 * Pure: nothing is changed here, so a refused order leaves no trace. The order of checks is the order in which a client
 * hears of them: steps, limits, client order id, position and margin.
 */
import type { Side, TimeInForce } from "../domain/order.ts";
import type { PaperAccount } from "./account.ts";
import type { PaperListing } from "./listing.ts";
import { type Rejection, type RejectReason, reject } from "./order.ts";
import { NOT_DECIMAL, OFF_STEP, TOO_PRECISE } from "./step-decimal.ts";

export interface PlaceRequest {
  readonly symbol: string;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  /** Decimal text, as sent. */
  readonly price: string;
  readonly quantity: string;
  readonly clientOrderId: string | undefined;
  readonly reduceOnly: boolean;
  readonly preventSelfTrade: boolean;
  /** A fault's cap on what is there to be taken. */
  readonly takeLotsMax?: number;
}

export interface AdmissionLimits {
  readonly openOrdersMax: number;
  readonly leverage: number;
  readonly rules: { readonly clientOrderIdUnique: "open" | "always" };
}

export interface Admitted {
  readonly listing: PaperListing;
  readonly pxTicks: number;
  readonly qtyLots: number;
  /** What it may take on entry: reduce-only no more than the position, and a fault may allow less. */
  readonly takeLotsMax: number;
}

export function admit(
  account: PaperAccount,
  listing: PaperListing | undefined,
  request: PlaceRequest,
  limits: AdmissionLimits,
): Admitted | Rejection {
  if (listing === undefined) return reject("unknownSymbol", request.symbol);
  const pxTicks = listing.tick.parse(request.price);
  if (pxTicks < 0) return reject(PRICE_FAULTS[pxTicks]!, "price");
  if (pxTicks === 0) return reject("priceNotPositive", "price");
  const qtyLots = listing.lot.parse(request.quantity);
  if (qtyLots < 0) return reject(QUANTITY_FAULTS[qtyLots]!, "quantity");
  if (qtyLots < listing.minQtyLots) return reject("quantityTooSmall", "quantity");
  if (!Number.isSafeInteger(pxTicks * qtyLots)) return reject("quantityMalformed", "quantity");
  if (!request.reduceOnly && pxTicks * qtyLots < listing.minNotionalUnits)
    return reject("notionalTooSmall", listing.minNotional);
  const refused =
    refusedByOrders(account, request, limits) ?? refusedByPosition(account, listing, request, pxTicks, qtyLots, limits);
  if (refused !== null) return refused;
  const heldLots = Math.abs(account.position(listing).netLots);
  const takeLotsMax = Math.min(qtyLots, request.reduceOnly ? heldLots : qtyLots, request.takeLotsMax ?? qtyLots);
  return { listing, pxTicks, qtyLots, takeLotsMax };
}

const PRICE_FAULTS: Readonly<Record<number, RejectReason>> = {
  [NOT_DECIMAL]: "priceMalformed",
  [TOO_PRECISE]: "priceTooPrecise",
  [OFF_STEP]: "priceOffTick",
};

const QUANTITY_FAULTS: Readonly<Record<number, RejectReason>> = {
  [NOT_DECIMAL]: "quantityMalformed",
  [TOO_PRECISE]: "quantityTooPrecise",
  [OFF_STEP]: "quantityOffLot",
};

const CLIENT_ORDER_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

function refusedByOrders(account: PaperAccount, { clientOrderId }: PlaceRequest, limits: AdmissionLimits) {
  if (clientOrderId !== undefined) {
    if (!CLIENT_ORDER_ID.test(clientOrderId)) return reject("clientOrderIdInvalid", "newClientOrderId");
    const known =
      limits.rules.clientOrderIdUnique === "open"
        ? account.openByClientId.has(clientOrderId)
        : account.orderByClientId(clientOrderId) !== undefined;
    if (known) return reject("duplicateClientOrderId", "newClientOrderId");
  }
  return account.openByClientId.size >= limits.openOrdersMax ? reject("openOrdersExceeded", "open orders") : null;
}

function refusedByPosition(
  account: PaperAccount,
  listing: PaperListing,
  request: PlaceRequest,
  pxTicks: number,
  qtyLots: number,
  limits: AdmissionLimits,
): Rejection | null {
  const { netLots } = account.position(listing);
  const signedLots = request.side === "buy" ? qtyLots : -qtyLots;
  if (request.reduceOnly) {
    if (netLots * signedLots >= 0) return reject("reduceOnlyRejected", listing.symbol);
    const rests = request.timeInForce === "gtc" || request.timeInForce === "postOnly";
    const overbooked = qtyLots + restingReduceOnlyLots(account, listing) > Math.abs(netLots);
    return rests && overbooked ? reject("reduceOnlyConflict", listing.symbol) : null;
  }
  const heldLots = Math.abs(netLots + signedLots);
  if (heldLots <= Math.abs(netLots)) return null;
  const marginE8 = (BigInt(heldLots) * BigInt(pxTicks) * listing.unitE8) / BigInt(limits.leverage);
  return marginE8 > account.balanceE8 ? reject("marginInsufficient", listing.quote) : null;
}

function restingReduceOnlyLots(account: PaperAccount, listing: PaperListing): number {
  let total = 0;
  for (const order of account.openByClientId.values()) {
    if (order.reduceOnly && order.listing === listing) total += listing.engine.leavesLots(order.orderId);
  }
  return total;
}
