/**
 * Binance USDM order operations, the same for REST and the WebSocket API: parameters in, answer text out, faults applied.
 *
 * Order of things for one request: lost on the way in → refused by a fault → authenticated and checked → executed →
 * answered → told on the private stream. A fault stops it at its own point and nowhere else.
 */
import type { Side, TimeInForce } from "../../domain/order.ts";
import type { Clock } from "../../time/clock.ts";
import type { PaperAccount } from "../account.ts";
import { isRejection, type OrderRef, type PaperExchange } from "../exchange.ts";
import type { FaultOperation, FaultPlane, SocketKind } from "../faults.ts";
import type { PaperOrder, Rejection } from "../order.ts";
import { checkWindow, missing } from "./binance-auth.ts";
import { type BinanceError, BinanceRefusal, errorOf, SERVICE_UNAVAILABLE } from "./binance-errors.ts";
import { parseOrderId, renderOrder } from "./binance-render.ts";
import type { OrderCounter } from "./order-counter.ts";

export type Params = ReadonlyMap<string, string>;

/** Where an answer goes. None of these is called when the answer is lost. */
export interface Reply {
  result(text: string, extraMs: number): void;
  error(error: BinanceError, extraMs: number): void;
  /** Sockets of these kinds are cut, and with them the connection the request came on. */
  kill(sockets: readonly SocketKind[]): void;
}

export class BinanceOrders {
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  readonly counter: OrderCounter;
  readonly #clock: Clock;

  constructor(exchange: PaperExchange, faults: FaultPlane, counter: OrderCounter, clock: Clock) {
    this.exchange = exchange;
    this.faults = faults;
    this.counter = counter;
    this.#clock = clock;
  }

  /** The venue's clock, skew included. */
  serverMs(): number {
    return this.#clock.wallMs() + (this.faults.active("clockSkew")?.ms ?? 0);
  }

  /** Runs one operation. `authenticate` yields the account or throws a `BinanceRefusal`. */
  run(operation: FaultOperation, params: Params, authenticate: () => PaperAccount, reply: Reply): void {
    const { faults } = this;
    if (faults.takeFor("dropBefore", operation) !== null) return;
    if (this.#killed(operation, "beforeExecute", reply)) return;
    const delayMs = faults.takeFor("delayAck", operation)?.ms ?? 0;
    const rejected = faults.takeFor("reject", operation);
    if (rejected !== null) {
      reply.error({ httpStatus: 400, code: rejected.code, msg: rejected.msg }, delayMs);
      return;
    }
    const unavailable = faults.takeFor("http503", operation);
    if (unavailable !== null && !unavailable.executes) {
      reply.error(SERVICE_UNAVAILABLE[unavailable.variant], delayMs);
      return;
    }

    const answer = this.#execute(operation, params, authenticate);
    const lost = faults.takeFor("dropAck", operation);
    if (lost === null && !this.#killed(operation, "afterExecute", reply)) {
      if (unavailable !== null) reply.error(SERVICE_UNAVAILABLE[unavailable.variant], delayMs);
      else if (typeof answer === "string") reply.result(answer, delayMs);
      else reply.error(answer, delayMs);
    }
    this.exchange.flush(!(lost?.userEvent ?? false));
  }

  #execute(operation: FaultOperation, params: Params, authenticate: () => PaperAccount): string | BinanceError {
    try {
      const account = authenticate();
      checkWindow(params, this.serverMs());
      if (operation === "place") return this.#place(account, params);
      const symbol = required(params, "symbol");
      const ref = orderRef(params);
      const answer =
        operation === "cancel" ? this.exchange.cancel(account, symbol, ref) : this.exchange.find(account, symbol, ref);
      return isRejection(answer) ? errorOf(answer) : renderOrder(answer);
    } catch (error) {
      if (error instanceof BinanceRefusal) return error.error;
      throw error;
    }
  }

  #place(account: PaperAccount, params: Params): string | BinanceError {
    const excess = this.counter.count(this.serverMs());
    if (excess !== null)
      return { httpStatus: 429, code: -1015, msg: `Too many new orders; current limit is ${excess}.` };
    if (required(params, "type") !== "LIMIT") throw new BinanceRefusal(400, -1116, "Invalid orderType.");
    const positionSide = params.get("positionSide") ?? "BOTH";
    if (positionSide !== "BOTH")
      throw new BinanceRefusal(400, -4061, "Order's position side does not match user's setting.");
    const prevention = params.get("selfTradePreventionMode") ?? "NONE";
    if (prevention !== "NONE" && prevention !== "EXPIRE_TAKER") throw invalid("selfTradePreventionMode");
    const respType = params.get("newOrderRespType") ?? "ACK";
    if (respType !== "ACK" && respType !== "RESULT") throw invalid("newOrderRespType");
    const reduceOnly = params.get("reduceOnly") ?? "false";
    if (reduceOnly !== "true" && reduceOnly !== "false") throw invalid("reduceOnly");
    const symbol = required(params, "symbol");
    const request = {
      symbol,
      side: sideOf(required(params, "side")),
      timeInForce: timeInForceOf(required(params, "timeInForce")),
      price: required(params, "price"),
      quantity: required(params, "quantity"),
      clientOrderId: params.get("newClientOrderId"),
      reduceOnly: reduceOnly === "true",
      preventSelfTrade: prevention === "EXPIRE_TAKER",
    };
    const available = this.#availableLots(symbol);
    const answer: PaperOrder | Rejection = this.exchange.place(
      account,
      available === undefined ? request : { ...request, takeLotsMax: available },
    );
    return isRejection(answer) ? errorOf(answer) : renderOrder(answer, respType === "ACK");
  }

  /** A `partial` fault's cap, in whole lots of the symbol. */
  #availableLots(symbol: string): number | undefined {
    const fault = this.faults.takeFor("partial", "place");
    const listing = this.exchange.listings.get(symbol);
    if (fault === null || listing === undefined) return undefined;
    return Math.max(0, listing.lot.parse(fault.quantity));
  }

  #killed(operation: FaultOperation, when: "beforeExecute" | "afterExecute", reply: Reply): boolean {
    const fault = this.faults.takeKill(operation, when);
    if (fault === null) return false;
    reply.kill(fault.sockets);
    return true;
  }
}

export function required(params: Params, field: string): string {
  const value = params.get(field);
  if (value === undefined || value === "") throw missing(field);
  return value;
}

function invalid(field: string): BinanceRefusal {
  return new BinanceRefusal(400, -1130, `Data sent for parameter '${field}' is not valid.`);
}

function orderRef(params: Params): OrderRef {
  const orderId = params.get("orderId");
  // An id that is none of ours finds nothing, which is what the venue says of it too.
  if (orderId !== undefined) return { orderId: parseOrderId(orderId) ?? -1 };
  const clientOrderId = params.get("origClientOrderId");
  if (clientOrderId === undefined || clientOrderId === "") throw missing("origClientOrderId");
  return { clientOrderId };
}

function sideOf(text: string): Side {
  if (text === "BUY") return "buy";
  if (text === "SELL") return "sell";
  throw new BinanceRefusal(400, -1117, "Invalid side.");
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
      throw new BinanceRefusal(400, -1115, "Invalid timeInForce.");
  }
}
