/**
 * Binance spot: its code and text for everything the exchange refuses. Broken filters share one code; new orders refused by
 * the account or the book share another.
 */
import type { Failure } from "../../failure.ts";
import type { Rejection, RejectReason } from "../../order.ts";
import type { FaultWording } from "../dialect.ts";
import { WORDING as USDM_WORDING } from "./usdm-errors.ts";

const REASONS: Readonly<Record<RejectReason, (detail: string) => readonly [number, string]>> = {
  unknownSymbol: () => [-1121, "Invalid symbol."],
  priceMalformed: (field) => [
    -1100,
    `Illegal characters found in parameter '${field}'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.`,
  ],
  priceTooPrecise: () => filter("PRICE_FILTER"),
  priceOffTick: () => filter("PRICE_FILTER"),
  priceNotPositive: () => [-1013, "Invalid price."],
  quantityMalformed: (field) => [
    -1100,
    `Illegal characters found in parameter '${field}'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.`,
  ],
  quantityTooPrecise: () => filter("LOT_SIZE"),
  quantityOffLot: () => filter("LOT_SIZE"),
  quantityTooSmall: () => filter("LOT_SIZE"),
  notionalTooSmall: () => filter("NOTIONAL"),
  clientOrderIdInvalid: (field) => [
    -1100,
    `Illegal characters found in parameter '${field}'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.`,
  ],
  duplicateClientOrderId: () => [-2010, "Duplicate order sent."],
  reduceOnlyRejected: () => [-1104, "Not all sent parameters were read."],
  reduceOnlyConflict: () => [-1104, "Not all sent parameters were read."],
  marginInsufficient: () => [-2010, "Account has insufficient balance for requested action."],
  noMarketPrice: () => filter("MARKET_LOT_SIZE"),
  postOnlyWouldTake: () => [-2010, "Order would immediately match and take."],
  openOrdersExceeded: () => filter("MAX_NUM_ORDERS"),
  orderNotFound: () => [-2013, "Order does not exist."],
  cancelUnknown: () => [-2011, "Unknown order sent."],
};

export function spotErrorOf(rejection: Rejection): Failure {
  const [code, msg] = REASONS[rejection.rejected](rejection.detail);
  return { httpStatus: 400, code, msg };
}

function filter(name: string): readonly [number, string] {
  return [-1013, `Filter failure: ${name}`];
}

/** Spot documents only that a 5XX says nothing of execution, and overload as -1008. */
export const SPOT_WORDING: FaultWording = {
  ...USDM_WORDING,
  unavailable: (variant) =>
    variant === "throttled"
      ? {
          httpStatus: 503,
          code: -1008,
          msg: "Spot server is currently overloaded with other requests. Please try again in a few minutes.",
        }
      : USDM_WORDING.unavailable(variant),
};
