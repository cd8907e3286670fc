/**
 * Bybit V5: its retCode and text for everything the exchange refuses. The HTTP status is 200 for nearly all of them: the
 * answer's `retCode` is what counts.
 */
import type { Http503 } from "../faults.ts";
import type { Rejection, RejectReason } from "../order.ts";

export interface BybitError {
  readonly retCode: number;
  readonly retMsg: string;
}

/** A request refused before it reached the matching engine. */
export class BybitRefusal extends Error {
  override readonly name = "BybitRefusal";
  readonly error: BybitError;

  constructor(retCode: number, retMsg: string) {
    super(retMsg);
    this.error = { retCode, retMsg };
  }
}

const REASONS: Readonly<Record<RejectReason, (detail: string) => readonly [number, string]>> = {
  unknownSymbol: (symbol) => [10001, `params error: symbol invalid ${symbol}`],
  priceMalformed: () => [10001, "params error: price invalid"],
  priceTooPrecise: () => [10001, "params error: price invalid"],
  priceOffTick: () => [10001, "params error: price invalid"],
  priceNotPositive: () => [110003, "Order price exceeds the allowable range."],
  quantityMalformed: () => [10001, "Qty invalid"],
  quantityTooPrecise: () => [10001, "Qty invalid"],
  quantityOffLot: () => [10001, "Qty invalid"],
  quantityTooSmall: () => [10001, "The number of contracts exceeds minimum limit allowed"],
  notionalTooSmall: (limit) => [110094, `Order does not meet minimum order value ${limit}USDT`],
  clientOrderIdInvalid: () => [10001, "params error: orderLinkId invalid"],
  duplicateClientOrderId: () => [110072, "OrderLinkedID is duplicate"],
  reduceOnlyRejected: () => [110017, "current position is zero, cannot fix reduce-only order qty"],
  reduceOnlyConflict: () => [110017, "Reduce-only rule not satisfied"],
  marginInsufficient: () => [110007, "ab not enough for new order"],
  // Never answered: the gateway takes such an order and the private stream says that it was cancelled.
  postOnlyWouldTake: () => [110032, "Illegal order"],
  openOrdersExceeded: (limit) => [110020, `Cannot have more active orders: ${limit}`],
  orderNotFound: () => [110001, "order not exists or too late to cancel"],
  cancelUnknown: () => [110001, "order not exists or too late to cancel"],
};

export function errorOf(rejection: Rejection): BybitError {
  const [retCode, retMsg] = REASONS[rejection.rejected](rejection.detail);
  return { retCode, retMsg };
}

export const OK: BybitError = { retCode: 0, retMsg: "OK" };

/** What Bybit says where Binance answers 503. Of these only `unknown` and `internal` leave open whether it was executed. */
export const SERVICE_UNAVAILABLE: Readonly<Record<Http503, BybitError>> = {
  unknown: { retCode: 10000, retMsg: "Server Timeout" },
  unavailable: { retCode: 10019, retMsg: "ws trade service is restarting, please build a new connection" },
  throttled: { retCode: 10429, retMsg: "System level frequency protection" },
  internal: { retCode: 10016, retMsg: "Internal System Error." },
};

export function missing(field: string): BybitRefusal {
  return new BybitRefusal(10001, `params error: ${field} is missing`);
}

export function invalid(field: string): BybitRefusal {
  return new BybitRefusal(10001, `params error: ${field} invalid`);
}
