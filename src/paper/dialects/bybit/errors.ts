/**
 * Bybit V5: its retCode and text for everything the exchange refuses. The HTTP status is 200 for nearly all of them: the
 * answer's `retCode` is what counts.
 */
import { type Failure, Refusal } from "../../failure.ts";
import type { Http503 } from "../../fault-forms.ts";
import type { Rejection, RejectReason } from "../../order.ts";
import type { FaultWording } from "../dialect.ts";

const OK_STATUS = 200;

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
  noMarketPrice: () => [110003, "Order price exceeds the allowable range."],
  openOrdersExceeded: (limit) => [110020, `Cannot have more active orders: ${limit}`],
  orderNotFound: () => [110001, "order not exists or too late to cancel"],
  cancelUnknown: () => [110001, "order not exists or too late to cancel"],
};

export function failureOf(rejection: Rejection): Failure {
  const [code, msg] = REASONS[rejection.rejected](rejection.detail);
  return failure(code, msg);
}

/** What Bybit says where Binance answers 503. Of these only `unknown` and `internal` leave open whether it was executed. */
const UNAVAILABLE: Readonly<Record<Http503, Failure>> = {
  unknown: failure(10000, "Server Timeout"),
  unavailable: failure(10019, "ws trade service is restarting, please build a new connection"),
  throttled: failure(10429, "System level frequency protection"),
  internal: failure(10016, "Internal System Error."),
};

export const WORDING: FaultWording = {
  rejected: failure,
  unavailable: (variant) => UNAVAILABLE[variant],
  limited: (httpStatus, retryAfterMs) => ({ ...LIMITED[httpStatus], retryAfterMs }),
};

export const TOO_MANY = failure(10006, "Too many visits. Exceeded the API Rate Limit.");
const LIMITED: Readonly<Record<429 | 418 | 403, Failure>> = {
  429: TOO_MANY,
  418: failure(10009, "IP has been banned."),
  403: { httpStatus: 403, code: 10018, msg: "Exceeded the IP Rate Limit." },
};

export function refusal(code: number, msg: string): Refusal {
  return new Refusal(OK_STATUS, code, msg);
}

export function missing(field: string): Refusal {
  return refusal(10001, `params error: ${field} is missing`);
}

export function invalid(field: string): Refusal {
  return refusal(10001, `params error: ${field} invalid`);
}

function failure(code: number, msg: string): Failure {
  return { httpStatus: OK_STATUS, code, msg };
}
