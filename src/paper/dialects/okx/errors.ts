/**
 * OKX V5: its code and text for everything the exchange refuses.
 *
 * Two places hold a code. What the trading system says of one order is the item's `sCode`, beside message code 1 (2 where a
 * batch failed in part) and an *empty* message; what the gateway says of a request is the message's own `code`. `isOfItem`
 * tells them apart: HTTP status 200 and a code below 60000 are the trading system's.
 */
import { type Failure, Refusal } from "../../failure.ts";
import type { Rejection, RejectReason } from "../../order.ts";
import type { FaultWording } from "../dialect.ts";

const REASONS: Readonly<Record<RejectReason, (detail: string) => readonly [number, string]>> = {
  unknownSymbol: () => [51001, "Instrument ID, Instrument ID code or Spread ID doesn't exist."],
  priceMalformed: () => [51000, "Parameter px error"],
  priceTooPrecise: () => [51150, "The precision of the number of trades or the price exceeds the limit."],
  priceOffTick: () => [51150, "The precision of the number of trades or the price exceeds the limit."],
  priceNotPositive: () => [51000, "Parameter px error"],
  quantityMalformed: () => [51000, "Parameter sz error"],
  quantityTooPrecise: () => [51121, "Order quantity must be a multiple of the lot size."],
  quantityOffLot: () => [51121, "Order quantity must be a multiple of the lot size."],
  quantityTooSmall: () => [51020, "Your order should meet or exceed the minimum order amount."],
  notionalTooSmall: () => [51020, "Your order should meet or exceed the minimum order amount."],
  clientOrderIdInvalid: () => [51000, "Parameter clOrdId error"],
  duplicateClientOrderId: () => [51016, "Client order ID already exists."],
  reduceOnlyRejected: () => [
    51169,
    "Order failed because you don't have any positions in this direction for this contract to reduce or close.",
  ],
  reduceOnlyConflict: () => [
    51205,
    "Reduce-only is not available: the order and those resting would exceed the position.",
  ],
  noMarketPrice: () => [51140, "Order failed: no asks or bids to take."],
  marginInsufficient: (ccy) => [51008, `Order failed. Insufficient ${ccy} balance in account`],
  postOnlyWouldTake: () => [51000, "Parameter ordType error"],
  openOrdersExceeded: () => [51025, "Order count exceeds the limit."],
  orderNotFound: () => [51603, "Order does not exist."],
  cancelUnknown: () => [51400, "Order cancellation failed as the order has been filled, canceled or does not exist."],
};

export function failureOf(rejection: Rejection): Failure {
  const [code, msg] = REASONS[rejection.rejected](rejection.detail);
  return { httpStatus: 200, code, msg };
}

export function isOfItem({ httpStatus, code }: Failure): boolean {
  return httpStatus === 200 && code < 60_000;
}

/** A parameter that is there and wrong. */
export function invalid(field: string): Refusal {
  return new Refusal(200, 51000, `Parameter ${field} error`);
}

export function missing(field: string): Refusal {
  return new Refusal(200, 50014, `Parameter ${field} can not be empty.`);
}

/** Of the four, only 50004 is documented, as saying nothing of the order; the others are plain failures here. */
export const OKX_WORDING: FaultWording = {
  rejected: (code, msg) => ({ httpStatus: code >= 50_100 && code < 50_200 ? 401 : 200, code, msg }),
  unavailable: (variant) =>
    ({
      unknown: {
        httpStatus: 400,
        code: 50004,
        msg: "API endpoint request timeout. (does not mean that the request was successful or failed, please check the request result).",
      },
      unavailable: { httpStatus: 503, code: 50001, msg: "Service temporarily unavailable. Please try again later." },
      throttled: { httpStatus: 429, code: 50013, msg: "Systems are busy. Please try again later." },
      internal: { httpStatus: 500, code: 50026, msg: "System error. Try again later" },
    })[variant],
  limited: (httpStatus, retryAfterMs) =>
    httpStatus === 429
      ? { httpStatus, code: 50011, msg: "Too Many Requests", retryAfterMs }
      : { httpStatus, code: 50121, msg: "You can't access our services through the IP address", retryAfterMs },
};
