/**
 * OKX V5 order operations, the same for REST and WebSocket: what a request asks in, the body of its answer out.
 *
 * Semantics
 *   - The answer to place and cancel is an acknowledgement: order id and `sCode`, never a fill. What became of the order
 *     comes on the `orders` channel, or is asked for by `query`.
 *   - A client order id is unique among pending orders; a query by a reused one finds the latest order.
 *   - `expTime` in the past refuses the request before it reaches the book.
 *   - Limits count per account and instrument (50011), and beyond that per account (50061); a batch counts its orders.
 */
import type { Side, TimeInForce } from "../../../domain/order.ts";
import type { PaperAccount, PaperTrade } from "../../account.ts";
import { isRejection, type OrderRef } from "../../exchange.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import type { Reply } from "../../operations.ts";
import type { PaperOrder } from "../../order.ts";
import { RateLimiter } from "../../rate-limits.ts";
import type { VenueContext } from "../dialect.ts";
import { failureOf, invalid, isOfItem, missing } from "./errors.ts";
import { clientIdOf, type OrderNotes, parseOrderId, renderItem, renderOrder, wireOrderId } from "./render.ts";

/** Arguments of one order, as parsed from JSON or a query. */
export type Args = Readonly<Record<string, unknown>>;

export interface OrderRequests {
  readonly operation: "place" | "cancel";
  readonly args: readonly Args[];
  /** Deadline in epoch milliseconds, as sent; undefined where none was. */
  readonly expTime: string | undefined;
  /** The account, or a `Refusal`. */
  readonly authenticate: () => PaperAccount;
}

/** The first code is where instrument codes start: any number will do, as long as it is no index. */
const INST_ID_CODE_BASE = 10_459;
const BATCH_MAX = 20;

export class OkxOrders {
  readonly #venue: VenueContext;
  readonly #byCode = new Map<number, PaperListing>();
  readonly #notes = new WeakMap<PaperOrder, OrderNotes>();
  readonly #perInstrument: Readonly<Record<"place" | "cancel" | "query", RateLimiter>>;
  readonly #perAccount: RateLimiter;

  constructor(venue: VenueContext) {
    this.#venue = venue;
    for (const listing of venue.exchange.listings.values()) {
      this.#byCode.set(INST_ID_CODE_BASE + this.#byCode.size, listing);
    }
    const { place, cancel, query } = venue.limits;
    this.#perInstrument = {
      place: new RateLimiter(place.slice(0, 1), "rolling"),
      cancel: new RateLimiter(cancel, "rolling"),
      query: new RateLimiter(query, "rolling"),
    };
    this.#perAccount = new RateLimiter(place.slice(1), "rolling");
  }

  /** Instruments with the number that WebSocket orders call them by. */
  get instruments(): ReadonlyMap<number, PaperListing> {
    return this.#byCode;
  }

  /** Runs place or cancel for one order or a batch. `reply.result` gets `"code":…,"msg":…,"data":[…]`, without braces. */
  run({ operation, args, expTime, authenticate }: OrderRequests, reply: Reply): void {
    const execute = (): string | Failure => {
      const account = authenticate();
      if (args.length === 0 || args.length > BATCH_MAX) throw new Refusal(200, 60013, "Invalid args");
      if (expTime !== undefined) this.#checkDeadline(expTime);
      const outcomes = args.map((each) => this.#attempt(operation, account, each));
      if (args.length === 1 && typeof outcomes[0] !== "string") return outcomes[0]!;
      const failed = outcomes.filter((outcome) => typeof outcome !== "string").length;
      const code = failed === 0 ? 0 : failed === args.length ? 1 : 2;
      const items = outcomes.map((outcome, at) =>
        typeof outcome === "string" ? outcome : this.#failedItem(args[at]!, outcome),
      );
      return `"code":"${code}","msg":"","data":[${items.join(",")}]`;
    };
    const symbol = this.#find(args[0] ?? {})?.symbol;
    this.#venue.operations.run(operation, symbol, execute, reply);
  }

  /** `"code":…,"msg":…,"data":[…]` of a failure: an item's, or the whole request's. */
  renderFailure(failure: Failure, first: Args): string {
    if (isOfItem(failure)) return `"code":"1","msg":"","data":[${this.#failedItem(first, failure)}]`;
    return `"code":"${failure.code}","msg":${JSON.stringify(failure.msg)},"data":[]`;
  }

  /** The order a query asks for, as JSON. Throws a `Refusal` where there is none. */
  query(account: PaperAccount, args: Args): string {
    const listing = this.#listing(args);
    this.#count("query", account, listing);
    const found = this.#venue.exchange.find(account, listing.symbol, orderRef(args));
    if (isRejection(found)) throw refusal(failureOf(found));
    return this.render(found);
  }

  render(order: PaperOrder): string {
    return renderOrder(order, this.notesOf(order), tradesOf(order), this.#venue.leverage);
  }

  notesOf(order: PaperOrder): OrderNotes {
    return this.#notes.get(order) ?? { tag: "", ordType: "limit", tdMode: "cross" };
  }

  /** The listing a request names, or null. */
  #find(args: Args): PaperListing | undefined {
    const { instId, instIdCode } = args;
    if (typeof instIdCode === "number") return this.#byCode.get(instIdCode);
    return typeof instId === "string" ? this.#venue.exchange.listings.get(instId) : undefined;
  }

  #listing(args: Args): PaperListing {
    if (args["instId"] === undefined && args["instIdCode"] === undefined) throw missing("instIdCode");
    const found = this.#find(args);
    if (found === undefined) throw refusal(failureOf({ rejected: "unknownSymbol", detail: "" }));
    return found;
  }

  #checkDeadline(expTime: string): void {
    if (!/^\d{13}$/.test(expTime)) throw invalid("expTime");
    if (Number(expTime) < this.#venue.serverMs())
      throw new Refusal(
        200,
        50036,
        "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
      );
  }

  #attempt(operation: "place" | "cancel", account: PaperAccount, args: Args): string | Failure {
    try {
      const listing = this.#listing(args);
      this.#count(operation, account, listing);
      const order = operation === "place" ? this.#place(account, listing, args) : this.#cancel(account, listing, args);
      if (isRejection(order)) return failureOf(order);
      const msg = operation === "place" ? "Order successfully placed." : "";
      return this.#item(clientIdOf(order), wireOrderId(order.orderId), this.notesOf(order).tag, 0, msg);
    } catch (error) {
      if (error instanceof Refusal) return error.failure;
      throw error;
    }
  }

  #place(account: PaperAccount, listing: PaperListing, args: Args) {
    const tdMode = oneOf(args, "tdMode", ["cross", "isolated"] as const);
    const posSide = args["posSide"] ?? "net";
    if (posSide !== "net" && posSide !== "") throw invalid("posSide");
    const { ordType, timeInForce } = orderType(args);
    const tag = optionalText(args, "tag") ?? "";
    if (!/^[A-Za-z0-9]{0,16}$/.test(tag)) throw invalid("tag");
    const stpMode = args["stpMode"] ?? "cancel_maker";
    if (stpMode !== "cancel_maker" && stpMode !== "cancel_taker") throw invalid("stpMode");
    const placed = this.#venue.operations.place(account, {
      symbol: listing.symbol,
      side: oneOf(args, "side", ["buy", "sell"] as const satisfies readonly Side[]),
      timeInForce: timeInForce ?? "ioc",
      price: timeInForce === null ? null : text(args, "px"),
      quantity: text(args, "sz"),
      clientOrderId: optionalText(args, "clOrdId"),
      reduceOnly: flag(args, "reduceOnly"),
      // The core knows the taker's side of it only: an account's default, cancel_maker, trades with itself here.
      preventSelfTrade: stpMode === "cancel_taker",
    });
    if (!isRejection(placed)) this.#notes.set(placed, { tag, ordType, tdMode });
    return placed;
  }

  #cancel(account: PaperAccount, listing: PaperListing, args: Args) {
    return this.#venue.exchange.cancel(account, listing.symbol, orderRef(args));
  }

  #count(operation: "place" | "cancel" | "query", account: PaperAccount, listing: PaperListing): void {
    const nowMs = this.#venue.serverMs();
    if (this.#perInstrument[operation].count(`${account.apiKey} ${listing.symbol}`, nowMs) !== null)
      throw new Refusal(
        200,
        50011,
        "Rate limit reached. Please refer to API documentation and throttle requests accordingly.",
      );
    if (operation === "place" && this.#perAccount.count(account.apiKey, nowMs) !== null)
      throw new Refusal(200, 50061, "You've reached the maximum order rate limit for this account.");
  }

  #failedItem(args: Args, { code, msg }: Failure): string {
    const { clOrdId, tag } = args;
    return this.#item(harmless(clOrdId), "", harmless(tag), code, msg);
  }

  #item(clOrdId: string, ordId: string, tag: string, sCode: number, sMsg: string): string {
    return renderItem({ clOrdId, ordId, tag, sCode, sMsg, tsMs: this.#venue.serverMs() });
  }
}

/** An order's own fills, oldest first. Looks through the account's trades: for queries, not for the order path. */
function tradesOf(order: PaperOrder): PaperTrade[] {
  if (order.cumLots === 0) return [];
  const found: PaperTrade[] = [];
  for (const trade of order.account.trades()) if (trade.order === order) found.push(trade);
  return found;
}

/** Null: a market order. */
function orderType(args: Args): { readonly ordType: string; readonly timeInForce: TimeInForce | null } {
  const ordType = text(args, "ordType");
  const timeInForce = TIME_IN_FORCE[ordType];
  if (timeInForce === undefined) throw invalid("ordType");
  return { ordType, timeInForce };
}

const TIME_IN_FORCE: Readonly<Record<string, TimeInForce | null>> = {
  limit: "gtc",
  ioc: "ioc",
  fok: "fok",
  post_only: "postOnly",
  market: null,
  optimal_limit_ioc: null,
};

/** By order id where both are given. */
function orderRef(args: Args): OrderRef {
  const ordId = optionalText(args, "ordId");
  if (ordId !== undefined) return { orderId: parseOrderId(ordId) };
  const clientOrderId = optionalText(args, "clOrdId");
  if (clientOrderId === undefined) throw new Refusal(200, 51003, "Either client order ID or order ID is required.");
  return { clientOrderId };
}

function refusal({ httpStatus, code, msg }: Failure): Refusal {
  return new Refusal(httpStatus, code, msg);
}

function text(args: Args, field: string): string {
  const value = optionalText(args, field);
  if (value === undefined) throw missing(field);
  return value;
}

function optionalText(args: Args, field: string): string | undefined {
  const value = args[field];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw invalid(field);
  return value;
}

function flag(args: Args, field: string): boolean {
  const value = args[field] ?? false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false" || value === "") return false;
  throw invalid(field);
}

function oneOf<Value extends string>(args: Args, field: string, values: readonly Value[]): Value {
  const value = text(args, field);
  if (!values.includes(value as Value)) throw invalid(field);
  return value as Value;
}

/** What a client sent, echoed only if it cannot break out of a JSON text. */
function harmless(value: unknown): string {
  return typeof value === "string" && /^[A-Za-z0-9]{1,32}$/.test(value) ? value : "";
}
