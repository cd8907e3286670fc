/**
 * Bybit V5 order operations, the same for REST and the WebSocket order entry: parameters in, answer out.
 *
 * Invariants
 *   - An answer to a new order or a cancel says that the gateway took it, never what became of it: fills and ends are told
 *     on the private topics and by queries only.
 *   - Of the orders that have ended, the realtime list knows the latest `REALTIME_MAX`; the history knows them all.
 */
import type { Side, TimeInForce } from "../../../domain/order.ts";
import type { PaperAccount } from "../../account.ts";
import type { PlaceRequest } from "../../admission.ts";
import { isRejection, type OrderRef, type PaperExchange } from "../../exchange.ts";
import type { Failure } from "../../failure.ts";
import type { Reply } from "../../operations.ts";
import { isTerminal, type PaperOrder } from "../../order.ts";
import { RateLimiter } from "../../rate-limits.ts";
import type { VenueContext } from "../dialect.ts";
import { failureOf, invalid, refusal, TOO_MANY } from "./errors.ts";
import { askedSpan, EVER, page } from "./pages.ts";
import { flag, optional, type Params, text } from "./params.ts";
import { parseOrderId, renderOrder, wireOrderId } from "./render.ts";

/** `realtime` and `history` are the two lists a query can ask. */
export type BybitOperation = "place" | "cancel" | "realtime" | "history";

const REALTIME_MAX = 500;

export class BybitOrders {
  readonly exchange: PaperExchange;
  readonly #venue: VenueContext;
  readonly #limiters: Readonly<Record<BybitOperation, RateLimiter>>;
  readonly #latest = new Map<PaperAccount, Set<PaperOrder>>();

  constructor(venue: VenueContext) {
    this.exchange = venue.exchange;
    this.#venue = venue;
    const { place, cancel, query } = venue.limits;
    const limiter = (limits: typeof place) => new RateLimiter(limits, "rolling");
    this.#limiters = {
      place: limiter(place),
      cancel: limiter(cancel),
      realtime: limiter(query),
      history: limiter(query),
    };
  }

  serverMs(): number {
    return this.#venue.serverMs();
  }

  /** Runs an order operation. `authenticate` yields the account or throws a `Refusal`; it judges the time window too. */
  run(operation: BybitOperation, params: Params, authenticate: () => PaperAccount, reply: Reply): void {
    const kind = operation === "realtime" || operation === "history" ? "query" : operation;
    const execute = () => this.#execute(operation, params, authenticate);
    this.#venue.operations.run(kind, symbolOf(params), execute, reply);
  }

  /** Runs a request that is no order operation. */
  runOther(params: Params, execute: () => string, reply: Reply): void {
    this.#venue.operations.run("other", symbolOf(params), execute, reply);
  }

  /** What is left of an operation's limit, as headers say it; none where nobody is known to have asked, or nothing limits it. */
  limitHeaders(operation: BybitOperation | null, apiKey: string | undefined): Readonly<Record<string, string>> {
    if (operation === null || apiKey === undefined) return {};
    const nowMs = this.serverMs();
    const [usage] = this.#limiters[operation].usage(apiKey, nowMs);
    if (usage === undefined) return {};
    const { limit, used, endsMs } = usage;
    return {
      "X-Bapi-Limit": String(limit.count),
      "X-Bapi-Limit-Status": String(limit.count - used),
      "X-Bapi-Limit-Reset-Timestamp": String(Math.ceil(used < limit.count ? nowMs : endsMs)),
    };
  }

  #execute(operation: BybitOperation, params: Params, authenticate: () => PaperAccount): string | Failure {
    const account = authenticate();
    if (this.#limiters[operation].count(account.apiKey, this.serverMs()) !== null) return TOO_MANY;
    if (text(params, "category") !== "linear") throw invalid("category");
    if (operation === "realtime" || operation === "history") return this.#list(account, params, operation);
    const answer =
      operation === "place"
        ? this.#venue.operations.place(account, placeRequest(params))
        : this.exchange.cancel(account, text(params, "symbol"), orderRef(params));
    if (isRejection(answer)) return failureOf(answer);
    if (operation === "place") this.#rememberLatest(account, answer);
    return `{"orderId":"${wireOrderId(answer.orderId)}","orderLinkId":"${optional(params, "orderLinkId") ?? ""}"}`;
  }

  #rememberLatest(account: PaperAccount, order: PaperOrder): void {
    const latest = this.#latest.get(account) ?? new Set();
    this.#latest.set(account, latest.add(order));
    if (latest.size > REALTIME_MAX) latest.delete(latest.values().next().value!);
  }

  /** The realtime list has open orders and the latest ended ones, the history all that have ended. */
  #list(account: PaperAccount, params: Params, scope: "realtime" | "history"): string {
    const symbol = optional(params, "symbol");
    if (scope === "realtime" && symbol === undefined && optional(params, "settleCoin") === undefined)
      throw refusal(10001, "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin");
    const isNamed = optional(params, "orderId") !== undefined || optional(params, "orderLinkId") !== undefined;
    const span = scope === "history" && !isNamed ? askedSpan(params, this.serverMs()) : EVER;
    const listed = (order: PaperOrder) =>
      (symbol === undefined || order.listing.symbol === symbol) &&
      order.createdMs >= span.fromMs &&
      order.createdMs <= span.toMs &&
      (scope === "history" ? isTerminal(order.status) : this.#isRealtime(account, order));
    const { rows, nextPageCursor } = page([...this.#candidates(account, params, scope)].filter(listed), params);
    return `{"list":[${rows.map(renderOrder).join(",")}],"nextPageCursor":"${nextPageCursor}","category":"linear"}`;
  }

  #candidates(account: PaperAccount, params: Params, scope: "realtime" | "history"): Iterable<PaperOrder> {
    const orderId = optional(params, "orderId");
    if (orderId !== undefined) return one(account.orderById(parseOrderId(orderId) ?? -1));
    const orderLinkId = optional(params, "orderLinkId");
    if (orderLinkId !== undefined) return one(account.orderByClientId(orderLinkId));
    // Only where no order is named does `openOnly` decide whether the realtime list shows ended ones.
    const openOnly = scope === "realtime" && (params["openOnly"] ?? "0") === "0";
    return openOnly ? account.openByClientId.values() : account.orders();
  }

  #isRealtime(account: PaperAccount, order: PaperOrder): boolean {
    return !isTerminal(order.status) || (this.#latest.get(account)?.has(order) ?? false);
  }
}

function placeRequest(params: Params): PlaceRequest {
  const type = text(params, "orderType");
  if (type !== "Limit" && type !== "Market") throw invalid("orderType");
  if ((params["positionIdx"] ?? 0) !== 0) throw refusal(10001, "position idx not match position mode");
  const smpType = optional(params, "smpType") ?? "None";
  if (smpType !== "None" && smpType !== "CancelTaker") throw invalid("smpType");
  return {
    symbol: text(params, "symbol"),
    side: sideOf(text(params, "side")),
    timeInForce: type === "Market" ? "ioc" : timeInForceOf(optional(params, "timeInForce") ?? "GTC"),
    price: type === "Market" ? null : text(params, "price"),
    quantity: text(params, "qty"),
    clientOrderId: optional(params, "orderLinkId"),
    reduceOnly: flag(params, "reduceOnly"),
    preventSelfTrade: smpType === "CancelTaker",
  };
}

function symbolOf(params: Params): string | undefined {
  const symbol = params["symbol"];
  return typeof symbol === "string" ? symbol : undefined;
}

function one(order: PaperOrder | undefined): readonly PaperOrder[] {
  return order === undefined ? [] : [order];
}

function orderRef(params: Params): OrderRef {
  const orderId = optional(params, "orderId");
  // An id that is none of ours finds nothing, which is what the venue says of it too.
  if (orderId !== undefined) return { orderId: parseOrderId(orderId) ?? -1 };
  const clientOrderId = optional(params, "orderLinkId");
  if (clientOrderId === undefined) throw refusal(10001, "OrderId or orderLinkId is required");
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
