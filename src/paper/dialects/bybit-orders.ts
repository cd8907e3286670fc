/**
 * Bybit V5 order operations, the same for REST and the WebSocket order entry: parameters in, answer out, faults applied.
 *
 * Invariants
 *   - An answer to a new order or a cancel says that the gateway took it, never what became of it: fills and ends are told
 *     on the private topics and by queries only.
 *   - A post-only order that would trade is taken by the gateway and cancelled by the matching engine.
 *
 * Order of things for one request: lost on the way in → refused by a fault → authenticated, in its window, within the rate
 * limit → executed → answered → told on the private topics. A fault stops it at its own point and nowhere else.
 */
import type { Side, TimeInForce } from "../../domain/order.ts";
import type { Clock } from "../../time/clock.ts";
import type { PaperAccount } from "../account.ts";
import { isRejection, type OrderRef, type PaperExchange } from "../exchange.ts";
import type { FaultOperation, FaultPlane, SocketKind } from "../faults.ts";
import { isTerminal, type PaperOrder, type Rejection } from "../order.ts";
import { type BybitError, BybitRefusal, errorOf, invalid, missing, OK, SERVICE_UNAVAILABLE } from "./bybit-errors.ts";
import { type BybitRateLimits, type LimitState, RollingLimit } from "./bybit-limits.ts";
import { parseOrderId, renderOrder, wireOrderId } from "./bybit-render.ts";

/** Parameters of a request: of a query or a form texts only, of JSON whatever it held. */
export type Params = Readonly<Record<string, unknown>>;

export interface BybitAnswer {
  readonly error: BybitError;
  /** JSON text of `result` (REST) or `data` (WebSocket). */
  readonly result: string;
  /** Null where the request was refused before it was counted. */
  readonly limit: LimitState | null;
}

/** Where an answer goes. Neither is called when the answer is lost. */
export interface Reply {
  answer(answer: BybitAnswer, extraMs: number): void;
  /** Sockets of these kinds are cut, and with them the connection the request came on. */
  kill(sockets: readonly SocketKind[]): void;
}

/** Rows of a query that names no single order. */
const ROWS_MAX = 50;
/** So many of an account's latest orders stay in the realtime list when they have ended; older ones are in the history. */
const REALTIME_MAX = 500;

export class BybitOrders {
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  readonly #clock: Clock;
  readonly #limits: Readonly<Record<FaultOperation, RollingLimit>>;
  readonly #latest = new Map<PaperAccount, Set<PaperOrder>>();

  constructor(exchange: PaperExchange, faults: FaultPlane, limits: BybitRateLimits, clock: Clock) {
    this.exchange = exchange;
    this.faults = faults;
    this.#clock = clock;
    this.#limits = {
      place: new RollingLimit(limits.createPerSecond),
      cancel: new RollingLimit(limits.cancelPerSecond),
      query: new RollingLimit(limits.queryPerSecond),
    };
  }

  /** The venue's clock, skew included. */
  serverMs(): number {
    return this.#clock.wallMs() + (this.faults.active("clockSkew")?.ms ?? 0);
  }

  /** Runs one operation. `authenticate` yields the account or throws a `BybitRefusal`; it judges the time window too. */
  run(
    operation: FaultOperation,
    params: Params,
    authenticate: () => PaperAccount,
    reply: Reply,
    scope: "realtime" | "history" = "realtime",
  ): void {
    const { faults } = this;
    if (faults.takeFor("dropBefore", operation) !== null) return;
    if (this.#killed(operation, "beforeExecute", reply)) return;
    const delayMs = faults.takeFor("delayAck", operation)?.ms ?? 0;
    const refusal = (error: BybitError): BybitAnswer => ({ error, result: "{}", limit: null });
    const rejected = faults.takeFor("reject", operation);
    if (rejected !== null) {
      reply.answer(refusal({ retCode: rejected.code, retMsg: rejected.msg }), delayMs);
      return;
    }
    const unavailable = faults.takeFor("http503", operation);
    if (unavailable !== null && !unavailable.executes) {
      reply.answer(refusal(SERVICE_UNAVAILABLE[unavailable.variant]), delayMs);
      return;
    }

    const answer = this.#execute(operation, params, authenticate, scope);
    const lost = faults.takeFor("dropAck", operation);
    if (lost === null && !this.#killed(operation, "afterExecute", reply))
      reply.answer(unavailable === null ? answer : refusal(SERVICE_UNAVAILABLE[unavailable.variant]), delayMs);
    this.exchange.flush(!(lost?.userEvent ?? false));
  }

  #execute(
    operation: FaultOperation,
    params: Params,
    authenticate: () => PaperAccount,
    scope: "realtime" | "history",
  ): BybitAnswer {
    let limit: LimitState | null = null;
    try {
      const account = authenticate();
      limit = this.#limits[operation].count(account, this.serverMs());
      if (!limit.allowed) throw new BybitRefusal(10006, "Too many visits. Exceeded the API Rate Limit.");
      if (text(params, "category") !== "linear") throw invalid("category");
      if (operation === "query") return { error: OK, result: this.#list(account, params, scope), limit };
      const order = operation === "place" ? this.#place(account, params) : this.#cancel(account, params);
      const result = `{"orderId":"${wireOrderId(order.orderId)}","orderLinkId":"${optional(params, "orderLinkId") ?? ""}"}`;
      return { error: OK, result, limit };
    } catch (error) {
      if (error instanceof BybitRefusal) return { error: error.error, result: "{}", limit };
      throw error;
    }
  }

  #place(account: PaperAccount, params: Params): PaperOrder {
    const symbol = text(params, "symbol");
    if (text(params, "orderType") !== "Limit") throw invalid("orderType");
    const positionIdx = params["positionIdx"] ?? 0;
    if (positionIdx !== 0) throw new BybitRefusal(10001, "position idx not match position mode");
    const smpType = optional(params, "smpType") ?? "None";
    if (smpType !== "None" && smpType !== "CancelTaker") throw invalid("smpType");
    const clientOrderId = optional(params, "orderLinkId");
    if (clientOrderId !== undefined && !/^[A-Za-z0-9_-]{1,36}$/.test(clientOrderId)) throw invalid("orderLinkId");
    const request = {
      symbol,
      side: sideOf(text(params, "side")),
      timeInForce: timeInForceOf(optional(params, "timeInForce") ?? "GTC"),
      price: text(params, "price"),
      quantity: text(params, "qty"),
      clientOrderId,
      reduceOnly: flag(params, "reduceOnly"),
      preventSelfTrade: smpType === "CancelTaker",
    };
    const available = this.#availableLots(symbol);
    const answer = this.exchange.place(
      account,
      available === undefined ? request : { ...request, takeLotsMax: available },
    );
    if (isRejection(answer)) throw refusalOf(answer);
    this.#rememberLatest(account, answer);
    return answer;
  }

  #rememberLatest(account: PaperAccount, order: PaperOrder): void {
    const latest = this.#latest.get(account) ?? new Set();
    this.#latest.set(account, latest.add(order));
    if (latest.size > REALTIME_MAX) for (const oldest of latest) return void latest.delete(oldest);
  }

  #cancel(account: PaperAccount, params: Params): PaperOrder {
    const answer = this.exchange.cancel(account, text(params, "symbol"), orderRef(params));
    if (isRejection(answer)) throw refusalOf(answer);
    return answer;
  }

  /** Rows newest first. The realtime list has open orders and the latest ended ones, the history all that have ended. */
  #list(account: PaperAccount, params: Params, scope: "realtime" | "history"): string {
    const symbol = optional(params, "symbol");
    if (scope === "realtime" && symbol === undefined && optional(params, "settleCoin") === undefined)
      throw new BybitRefusal(10001, "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin");
    const orderId = optional(params, "orderId");
    const orderLinkId = optional(params, "orderLinkId");
    const listed = (order: PaperOrder) =>
      (symbol === undefined || order.listing.symbol === symbol) &&
      (scope === "history" ? isTerminal(order.status) : this.#isRealtime(account, order));
    let found: Iterable<PaperOrder>;
    if (orderId !== undefined) found = one(account.orderById(parseOrderId(orderId) ?? -1));
    else if (orderLinkId !== undefined) found = one(account.orderByClientId(orderLinkId));
    // Without an id, `openOnly` decides whether ended orders are listed in realtime.
    else if (scope === "realtime" && (params["openOnly"] ?? "0") === "0") found = account.openByClientId.values();
    else found = account.orders();
    const rows = [...found].filter(listed).reverse().slice(0, ROWS_MAX);
    return `{"list":[${rows.map(renderOrder).join(",")}],"nextPageCursor":"","category":"linear"}`;
  }

  #isRealtime(account: PaperAccount, order: PaperOrder): boolean {
    return !isTerminal(order.status) || (this.#latest.get(account)?.has(order) ?? false);
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

export function text(params: Params, field: string): string {
  const value = optional(params, field);
  if (value === undefined) throw missing(field);
  return value;
}

/** Undefined: absent or empty. Throws where it is no text. */
export function optional(params: Params, field: string): string | undefined {
  const value = params[field];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw invalid(field);
  return value;
}

function refusalOf(rejection: Rejection): BybitRefusal {
  const { retCode, retMsg } = errorOf(rejection);
  return new BybitRefusal(retCode, retMsg);
}

function one(order: PaperOrder | undefined): readonly PaperOrder[] {
  return order === undefined ? [] : [order];
}

function flag(params: Params, field: string): boolean {
  const value = params[field] ?? false;
  if (typeof value !== "boolean") throw invalid(field);
  return value;
}

function orderRef(params: Params): OrderRef {
  const orderId = optional(params, "orderId");
  // An id that is none of ours finds nothing, which is what the venue says of it too.
  if (orderId !== undefined) return { orderId: parseOrderId(orderId) ?? -1 };
  const clientOrderId = optional(params, "orderLinkId");
  if (clientOrderId === undefined) throw new BybitRefusal(10001, "OrderId or orderLinkId is required");
  return { clientOrderId };
}

function sideOf(side: string): Side {
  if (side === "Buy") return "buy";
  if (side === "Sell") return "sell";
  throw invalid("side");
}

function timeInForceOf(name: string): TimeInForce {
  switch (name) {
    case "IOC":
      return "ioc";
    case "FOK":
      return "fok";
    case "GTC":
      return "gtc";
    case "PostOnly":
      return "postOnly";
    default:
      throw invalid("timeInForce");
  }
}
