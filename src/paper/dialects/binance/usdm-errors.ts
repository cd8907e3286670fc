/**
 * Binance USDM: its code, HTTP status and text for everything the exchange refuses.
 */
import type { Failure } from "../../failure.ts";
import type { Http503 } from "../../fault-forms.ts";
import type { Rejection, RejectReason } from "../../order.ts";
import type { FaultWording } from "../dialect.ts";
import { limitedByFault } from "./limits.ts";

const REASONS: Readonly<Record<RejectReason, (detail: string) => readonly [number, string]>> = {
  unknownSymbol: () => [-1121, "Invalid symbol."],
  priceMalformed: (field) => [-1102, `Mandatory parameter '${field}' was not sent, was empty/null, or malformed.`],
  priceTooPrecise: () => [-1111, "Precision is over the maximum defined for this asset."],
  priceOffTick: () => [-4014, "Price not increased by tick size."],
  priceNotPositive: () => [-4001, "Price less than 0."],
  quantityMalformed: (field) => [-1102, `Mandatory parameter '${field}' was not sent, was empty/null, or malformed.`],
  quantityTooPrecise: () => [-1111, "Precision is over the maximum defined for this asset."],
  quantityOffLot: () => [-4023, "Qty not increased by step size."],
  quantityTooSmall: () => [-4004, "Quantity less than or equal to min quantity."],
  notionalTooSmall: (limit) => [
    -4164,
    `Order's notional must be no smaller than ${limit} (unless you choose reduce only).`,
  ],
  clientOrderIdInvalid: () => [-4015, "Client order id is not valid."],
  duplicateClientOrderId: () => [-4116, "ClientOrderId is duplicated."],
  reduceOnlyRejected: () => [-2022, "ReduceOnly Order is rejected."],
  reduceOnlyConflict: () => [-4118, "ReduceOnly Order Failed. Please check your existing position and open orders."],
  marginInsufficient: () => [-2019, "Margin is insufficient."],
  noMarketPrice: () => [-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."],
  postOnlyWouldTake: () => [
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history.",
  ],
  openOrdersExceeded: () => [-2025, "Reach max open order limit."],
  orderNotFound: () => [-2013, "Order does not exist."],
  cancelUnknown: () => [-2011, "Unknown order sent."],
};

export function errorOf(rejection: Rejection): Failure {
  const [code, msg] = REASONS[rejection.rejected](rejection.detail);
  return { httpStatus: 400, code, msg };
}

/** The documented 503 answers. Only `unknown` says nothing about execution; the others are certain failures. */
const SERVICE_UNAVAILABLE: Readonly<Record<Http503, Failure>> = {
  unknown: { httpStatus: 503, code: -1000, msg: "Unknown error, please check your request or try again later." },
  unavailable: { httpStatus: 503, code: -1016, msg: "Service Unavailable." },
  throttled: {
    httpStatus: 503,
    code: -1008,
    msg: "Server is currently overloaded with other requests. Please try again in a few minutes.",
  },
  internal: { httpStatus: 503, code: -1001, msg: "Internal error; unable to process your request. Please try again." },
};

export const WORDING: FaultWording = {
  rejected: (code, msg) => ({ httpStatus: 400, code, msg }),
  unavailable: (variant) => SERVICE_UNAVAILABLE[variant],
  limited: limitedByFault,
};
