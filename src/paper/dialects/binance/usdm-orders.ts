/**
 * Binance USDM: what it takes for an order, and how it answers.
 */
import type { TimeInForce } from "../../../domain/order.ts";
import type { PlaceRequest } from "../../admission.ts";
import { Refusal } from "../../failure.ts";
import { choice, type OrderForm, type Params, required, sideOf } from "./orders.ts";
import { errorOf } from "./usdm-errors.ts";
import { renderOrder } from "./usdm-render.ts";

export const USDM_ORDERS: OrderForm = {
  weights: { query: 1, failure: 0 },
  unfilledOnly: false,
  request,
  placed: (order, params) => renderOrder(order, order.lie !== null || params.get("newOrderRespType") !== "RESULT"),
  canceled: (order) => renderOrder(order),
  found: (order) => renderOrder(order),
  refused: errorOf,
};

function request(params: Params): PlaceRequest {
  const type = required(params, "type");
  if (type !== "LIMIT" && type !== "MARKET") throw new Refusal(400, -1116, "Invalid orderType.");
  if ((params.get("positionSide") ?? "BOTH") !== "BOTH")
    throw new Refusal(400, -4061, "Order's position side does not match user's setting.");
  const prevention = choice(params, "selfTradePreventionMode", ["NONE", "EXPIRE_TAKER"], "NONE");
  choice(params, "newOrderRespType", ["ACK", "RESULT"], "ACK");
  return {
    symbol: required(params, "symbol"),
    side: sideOf(params),
    timeInForce: type === "MARKET" ? "ioc" : timeInForceOf(required(params, "timeInForce")),
    price: type === "MARKET" ? null : required(params, "price"),
    quantity: required(params, "quantity"),
    clientOrderId: params.get("newClientOrderId"),
    reduceOnly: choice(params, "reduceOnly", ["true", "false"], "false") === "true",
    preventSelfTrade: prevention === "EXPIRE_TAKER",
  };
}

function timeInForceOf(text: string): TimeInForce {
  switch (text) {
    case "IOC":
      return "ioc";
    case "FOK":
      return "fok";
    case "GTC":
      return "gtc";
    case "GTX":
      return "postOnly";
    default:
      throw new Refusal(400, -1115, "Invalid timeInForce.");
  }
}
