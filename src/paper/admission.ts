/**
 * Admission: what an exchange checks of a new order before it may touch the book.
 *
 * Pure: nothing is changed here, so a refused order leaves no trace. The order of checks is the order in which a client
 * hears of them: steps, limits, client order id, position and margin.
 */
import type { Side, TimeInForce } from "../domain/order.ts";
import type { PaperAccount } from "./account.ts";
import type { Lie } from "./fault-forms.ts";
import type { PaperListing } from "./listing.ts";
import { type Rejection, type RejectReason, reject } from "./order.ts";
import { NOT_DECIMAL, OFF_STEP, TOO_PRECISE } from "./order-decimal.ts";

export interface PlaceRequest {
  readonly symbol: string;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  /** Decimal text, as sent. Null: a market order, taken for an IOC that goes as far as the venue protects it. */
  readonly price: string | null;
  /** Decimal text, as sent: in contracts where the listing has them. */
  readonly quantity: string;
  readonly clientOrderId: string | undefined;
  readonly reduceOnly: boolean;
  readonly preventSelfTrade: boolean;
  /** A fault's cap on what is there to be taken. */
  readonly takeLotsMax?: number;
  readonly lie?: Lie;
}

/** How an exchange differs from others in what it takes. */
export interface ExchangeRules {
  /** margin: positions in contracts or perpetuals. cash: orders move balances of two assets (spot). */
  readonly settlement: "margin" | "cash";
  readonly clientOrderId: {
    readonly form: RegExp;
    /** ever: as far back as orders are known. */
    readonly uniqueAmong: "open" | "ever";
  };
  /** Post-only that would trade: refused in the answer, or accepted and then cancelled by an event. */
  readonly postOnly: "refused" | "canceled";
  /** How far behind the best price a market order goes. */
  readonly marketProtectionBps: number;
}

export interface AdmissionLimits {
  readonly rules: ExchangeRules;
  readonly openOrdersMax: number;
  readonly leverage: number;
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
  const pxTicks =
    request.price === null
      ? protectedPxTicks(listing, request.side, limits.rules.marketProtectionBps)
      : listing.tick.parse(request.price);
  if (pxTicks < 0) return reject(PRICE_FAULTS[pxTicks]!, "price");
  if (pxTicks === 0) return reject(request.price === null ? "noMarketPrice" : "priceNotPositive", "price");
  const qtyLots = listing.wireLot.parse(request.quantity);
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

/** The price up to which a market order takes; 0 where no price is known. */
function protectedPxTicks({ engine, lastPxTicks }: PaperListing, side: Side, protectionBps: number): number {
  const best = (side === "buy" ? engine.bestAsk() : engine.bestBid())?.pxTicks ?? lastPxTicks;
  if (best === 0) return 0;
  const reachTicks = Math.floor((best * protectionBps) / 10_000);
  return side === "buy" ? best + reachTicks : Math.max(1, best - reachTicks);
}

function refusedByOrders(account: PaperAccount, { clientOrderId }: PlaceRequest, limits: AdmissionLimits) {
  if (clientOrderId !== undefined) {
    const { form, uniqueAmong } = limits.rules.clientOrderId;
    if (!form.test(clientOrderId)) return reject("clientOrderIdInvalid", "newClientOrderId");
    const taken =
      uniqueAmong === "open"
        ? account.openByClientId.has(clientOrderId)
        : account.orderByClientId(clientOrderId) !== undefined;
    if (taken) return reject("duplicateClientOrderId", "newClientOrderId");
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
  if (account.cash !== null) return refusedByCash(account, listing, request.side, pxTicks, qtyLots);
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

/** What is paid must be there: quote for a buy, base for a sale. */
function refusedByCash(
  account: PaperAccount,
  listing: PaperListing,
  side: Side,
  pxTicks: number,
  qtyLots: number,
): Rejection | null {
  const { base, quote, unitE8, lotE8 } = listing;
  const asset = side === "buy" ? quote : base;
  const neededE8 = side === "buy" ? BigInt(pxTicks) * BigInt(qtyLots) * unitE8 : BigInt(qtyLots) * BigInt(lotE8);
  return account.assetBalance(asset).freeE8 < neededE8 ? reject("marginInsufficient", asset) : null;
}

function restingReduceOnlyLots(account: PaperAccount, listing: PaperListing): number {
  let total = 0;
  for (const order of account.openByClientId.values()) {
    if (order.reduceOnly && order.listing === listing) total += listing.engine.leavesLots(order.orderId);
  }
  return total;
}
