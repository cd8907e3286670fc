/**
 * What an exchange must offer through ccxt to be a venue, and which of its methods are used. Decided once, from `has`.
 *
 * Pure. A venue without a private stream, or without a way to ask for an order, is refused: fills would be learnt of too late.
 */

import { VenueError } from "../venue-error.ts";
import type { CcxtExchange } from "./exchange.ts";

export interface CcxtMethods {
  readonly create: "createOrderWs" | "createOrder";
  readonly cancel: "cancelOrderWs" | "cancelOrder";
  readonly query: "fetchOrderWs" | "fetchOrder" | "search";
  readonly quotes: "watchBidsAsks" | "watchOrderBook" | "watchTicker";
}

/** Throws `UNSUPPORTED` naming the first thing that is missing. */
export function methodsOf({ id, has }: CcxtExchange, venueName: string): CcxtMethods {
  const first = <Name extends string>(need: string, ...names: readonly [Name, ...Name[]]): Name => {
    const found = names.find((name) => has[name] === true);
    if (found !== undefined) return found;
    throw new VenueError("UNSUPPORTED", names[names.length - 1]!, `${venueName}: ${id} has no ${need} in ccxt`);
  };
  first("private stream of orders", "watchOrders");
  const create = first("order entry", "createOrderWs", "createOrder");
  const query = first("way to ask for an order", "fetchOrderWs", "fetchOrder", "fetchOpenOrders");
  return {
    create,
    // The order socket is kept for both: a cancel that goes another way may overtake its order.
    cancel:
      create === "createOrderWs"
        ? first("cancel", "cancelOrderWs", "cancelOrder")
        : first("cancel", "cancelOrder", "cancelOrderWs"),
    query: query === "fetchOpenOrders" ? "search" : query,
    quotes: first("stream of quotes", "watchBidsAsks", "watchOrderBook", "watchTicker"),
  };
}
