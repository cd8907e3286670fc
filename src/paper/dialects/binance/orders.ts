/**
 * Binance order operations, the same for REST and the WebSocket API, USDM and spot: parameters in, answer text out.
 *
 * What the two products say differently is an `OrderForm`; which faults strike when is `Operations`.
 */
import type { Side } from "../../../domain/order.ts";
import type { PaperAccount } from "../../account.ts";
import type { PlaceRequest } from "../../admission.ts";
import { isRejection, type OrderRef, type PaperExchange } from "../../exchange.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { FaultOperation } from "../../fault-forms.ts";
import type { Reply } from "../../operations.ts";
import type { PaperOrder, Rejection } from "../../order.ts";
import type { VenueContext } from "../dialect.ts";
import { checkWindow, missing } from "./auth.ts";
import { BinanceLimits } from "./limits.ts";
import { parseOrderId } from "./order-id.ts";

export type Params = ReadonlyMap<string, string>;

/** What USDM and spot take and say of an order. */
export interface OrderForm {
  /** Of a query, and of a placement or cancel that fails; one that succeeds weighs nothing. */
  readonly weights: { readonly query: number; readonly failure: number };
  /** Whether an order that fills at once gives its place in the order count back. */
  readonly unfilledOnly: boolean;
  /** Throws a `Refusal` for what this product does not take. */
  request(params: Params): PlaceRequest;
  placed(order: PaperOrder, params: Params): string;
  canceled(order: PaperOrder, params: Params): string;
  found(order: PaperOrder): string;
  refused(rejection: Rejection): Failure;
}

export class BinanceOrders {
  readonly exchange: PaperExchange;
  readonly limits: BinanceLimits;
  readonly #venue: VenueContext;
  readonly #form: OrderForm;

  constructor(venue: VenueContext, form: OrderForm) {
    this.exchange = venue.exchange;
    this.limits = new BinanceLimits(venue.limits);
    this.#venue = venue;
    this.#form = form;
  }

  serverMs(): number {
    return this.#venue.serverMs();
  }

  /** Runs an order operation. `authenticate` yields the account or throws a `Refusal`. */
  run(
    operation: Exclude<FaultOperation, "other">,
    params: Params,
    authenticate: () => PaperAccount,
    reply: Reply,
  ): void {
    const execute = () => this.#execute(operation, params, authenticate);
    this.#venue.operations.run(operation, params.get("symbol"), execute, reply);
  }

  /** Runs a request that is no order operation. */
  runOther(params: Params, execute: () => string, reply: Reply): void {
    const weighed = () => this.limits.countWeight(1, this.serverMs()) ?? execute();
    this.#venue.operations.run("other", params.get("symbol"), weighed, reply);
  }

  #execute(
    operation: Exclude<FaultOperation, "other">,
    params: Params,
    authenticate: () => PaperAccount,
  ): string | Failure {
    const nowMs = this.serverMs();
    const tooMuch = this.limits.countWeight(operation === "query" ? this.#form.weights.query : 0, nowMs);
    if (tooMuch !== null) return tooMuch;
    const answer = this.#authenticated(operation, params, authenticate, nowMs);
    if (typeof answer !== "string" && operation !== "query") this.limits.countWeight(this.#form.weights.failure, nowMs);
    return answer;
  }

  #authenticated(
    operation: Exclude<FaultOperation, "other">,
    params: Params,
    authenticate: () => PaperAccount,
    nowMs: number,
  ): string | Failure {
    const account = authenticate();
    checkWindow(params, nowMs);
    if (operation === "place") return this.#place(account, params, nowMs);
    const symbol = required(params, "symbol");
    const ref = orderRef(params);
    const answer =
      operation === "cancel" ? this.exchange.cancel(account, symbol, ref) : this.exchange.find(account, symbol, ref);
    if (isRejection(answer)) return this.#form.refused(answer);
    return operation === "cancel" ? this.#form.canceled(answer, params) : this.#form.found(answer);
  }

  #place(account: PaperAccount, params: Params, nowMs: number): string | Failure {
    const tooMany = this.limits.countOrder(account.apiKey, nowMs);
    if (tooMany !== null) return tooMany;
    const answer = this.#venue.operations.place(account, this.#form.request(params));
    if (isRejection(answer)) return this.#form.refused(answer);
    if (this.#form.unfilledOnly && answer.cumLots > 0) this.limits.uncountOrder(account.apiKey, nowMs);
    return this.#form.placed(answer, params);
  }
}

export function required(params: Params, field: string): string {
  const value = params.get(field);
  if (value === undefined || value === "") throw missing(field);
  return value;
}

export function invalid(field: string): Refusal {
  return new Refusal(400, -1130, `Data sent for parameter '${field}' is not valid.`);
}

/** `name` must be one of `values`. */
export function choice<Value extends string>(params: Params, name: string, values: readonly Value[], fallback: Value) {
  const value = (params.get(name) ?? fallback) as Value;
  if (!values.includes(value)) throw invalid(name);
  return value;
}

function orderRef(params: Params): OrderRef {
  const orderId = params.get("orderId");
  // An id that is none of ours finds nothing, which is what the venue says of it too.
  if (orderId !== undefined) return { orderId: parseOrderId(orderId) ?? -1 };
  const clientOrderId = params.get("origClientOrderId");
  if (clientOrderId === undefined || clientOrderId === "") throw missing("origClientOrderId");
  return { clientOrderId };
}

export function sideOf(params: Params): Side {
  const text = required(params, "side");
  if (text === "BUY") return "buy";
  if (text === "SELL") return "sell";
  throw new Refusal(400, -1117, "Invalid side.");
}
