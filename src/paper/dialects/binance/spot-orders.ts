/**
 * Binance spot: what it takes for an order, and how it answers. A cancel has a client id of its own, which its answer and the
 * private event carry in the place of the order's.
 */
import type { TimeInForce } from "../../../domain/order.ts";
import type { PlaceRequest } from "../../admission.ts";
import { Refusal } from "../../failure.ts";
import type { PaperOrder } from "../../order.ts";
import { choice, type OrderForm, type Params, required, sideOf } from "./orders.ts";
import { spotErrorOf } from "./spot-errors.ts";
import { renderCanceled, renderPlaced, renderSpotOrder } from "./spot-render.ts";

export class SpotOrders implements OrderForm {
  readonly weights = { query: 4, failure: 1 };
  readonly unfilledOnly = true;
  /** Until the event of the cancel is told. */
  readonly #cancelIds = new WeakMap<PaperOrder, string>();

  request(params: Params): PlaceRequest {
    const type = required(params, "type");
    if (type !== "LIMIT" && type !== "MARKET" && type !== "LIMIT_MAKER")
      throw new Refusal(400, -1116, "Invalid orderType.");
    const prevention = choice(params, "selfTradePreventionMode", ["NONE", "EXPIRE_TAKER"], "NONE");
    choice(params, "newOrderRespType", ["ACK", "RESULT", "FULL"], "FULL");
    return {
      symbol: required(params, "symbol"),
      side: sideOf(params),
      timeInForce: timeInForceOf(type, params),
      price: type === "MARKET" ? null : required(params, "price"),
      quantity: required(params, "quantity"),
      clientOrderId: params.get("newClientOrderId"),
      reduceOnly: false,
      preventSelfTrade: prevention === "EXPIRE_TAKER",
    };
  }

  placed(order: PaperOrder, params: Params): string {
    return renderPlaced(order, (params.get("newOrderRespType") ?? "FULL") as "ACK" | "RESULT" | "FULL");
  }

  canceled(order: PaperOrder, params: Params): string {
    const cancelId = params.get("newClientOrderId") ?? `cancel-${order.orderId}`;
    this.#cancelIds.set(order, cancelId);
    return renderCanceled(order, cancelId);
  }

  found(order: PaperOrder): string {
    return renderSpotOrder(order);
  }

  refused = spotErrorOf;

  /** The id of the request that cancelled an order; null where none did. */
  cancelIdOf(order: PaperOrder): string | null {
    return order.endReason === "asked" ? (this.#cancelIds.get(order) ?? null) : null;
  }
}

function timeInForceOf(type: string, params: Params): TimeInForce {
  if (type === "MARKET") return "ioc";
  if (type === "LIMIT_MAKER") return "postOnly";
  switch (required(params, "timeInForce")) {
    case "IOC":
      return "ioc";
    case "FOK":
      return "fok";
    case "GTC":
      return "gtc";
    default:
      throw new Refusal(400, -1115, "Invalid timeInForce.");
  }
}
