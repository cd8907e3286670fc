/**
 * OKX V5 REST: market data, orders, account. Answers are `{code, msg, data}`, with `inTime` and `outTime` where orders are
 * placed or cancelled; a refused request has `data: []` and HTTP 200, 400 or 401 as documented.
 */
import type { PaperAccount } from "../../account.ts";
import { topLevels } from "../../depth-diff.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import { type Delivery, PROMPT } from "../../peer.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "../dialect.ts";
import { verifyRequest } from "./auth.ts";
import { failureOf, invalid, isOfItem } from "./errors.ts";
import { listOrders, type OrderListName, ofInstrument, page, wholeNumber } from "./lists.ts";
import type { Args, OkxOrders } from "./orders.ts";
import { uidOf } from "./private.ts";
import { renderFill } from "./render.ts";
import { renderAccountConfig, renderBalance, renderPosition } from "./render-account.ts";
import { renderBook, renderInstrument } from "./render-market.ts";

const ORDER_PATHS: Readonly<Record<string, "place" | "cancel">> = {
  "/api/v5/trade/order": "place",
  "/api/v5/trade/batch-orders": "place",
  "/api/v5/trade/cancel-order": "cancel",
  "/api/v5/trade/cancel-batch-orders": "cancel",
};

export class OkxRest {
  readonly #venue: VenueContext;
  readonly #orders: OkxOrders;

  constructor(venue: VenueContext, orders: OkxOrders) {
    this.#venue = venue;
    this.#orders = orders;
  }

  handle(request: RestRequest, http: HttpAnswer): void {
    const operation = request.method === "POST" ? ORDER_PATHS[request.path] : undefined;
    try {
      if (operation !== undefined) this.#order(operation, request, http);
      else if (request.method !== "GET") throw new Refusal(405, 50115, "Invalid request method.");
      else if (request.path === "/api/v5/trade/order") this.#query(request, http);
      else http.answer(200, rows(this.#read(request, argsOf(request.query))), {}, PROMPT);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(http, error.failure, PROMPT);
    }
  }

  #order(operation: "place" | "cancel", request: RestRequest, http: HttpAnswer): void {
    const args = bodyOf(request.body);
    const inMs = this.#venue.serverMs();
    const answer = (httpStatus: number, body: string, delivery: Delivery) =>
      http.answer(httpStatus, `{${body},"inTime":"${inMs}000","outTime":"${this.#venue.serverMs()}001"}`, {}, delivery);
    const expTime = request.headers["exptime"];
    this.#orders.run(
      {
        operation,
        args,
        expTime: typeof expTime === "string" ? expTime : undefined,
        authenticate: () => this.#account(request),
      },
      {
        result: (body, delivery) => answer(200, body, delivery),
        error: (failure, delivery) =>
          isOfItem(failure)
            ? answer(200, this.#orders.renderFailure(failure, args[0] ?? {}), delivery)
            : refuse(http, failure, delivery),
        cut: (delivered) => http.cut(delivered),
      },
    );
  }

  #query(request: RestRequest, http: HttpAnswer): void {
    const args = argsOf(request.query);
    this.#venue.operations.run(
      "query",
      typeof args["instId"] === "string" ? args["instId"] : undefined,
      () => rows([this.#orders.query(this.#account(request), args)]),
      {
        result: (text, delivery) => http.answer(200, text, {}, delivery),
        error: (failure, delivery) => refuse(http, failure, delivery),
        cut: (delivered) => http.cut(delivered),
      },
    );
  }

  /** Everything that is only read. */
  #read(request: RestRequest, args: Args): string[] {
    const nowMs = this.#venue.serverMs();
    switch (request.path) {
      case "/api/v5/public/time":
        return [`{"ts":"${nowMs}"}`];
      case "/api/v5/public/instruments":
        return this.#instruments(args);
      case "/api/v5/account/instruments":
        this.#account(request);
        return this.#instruments(args);
      case "/api/v5/market/books": {
        const listing = this.#listing(args);
        return [renderBook(listing, topLevels(listing, wholeNumber(args, "sz", 1, 400)), nowMs, listing.updateId)];
      }
      case "/api/v5/account/config":
        return [renderAccountConfig(uidOf(this.#account(request)), this.#venue.canWithdraw)];
      case "/api/v5/account/balance":
        return [renderBalance(this.#account(request), "USDT", nowMs)];
      case "/api/v5/account/positions":
        return this.#positions(this.#account(request), args);
      case "/api/v5/asset/currencies":
        this.#account(request);
        return [`{"ccy":"USDT","name":"Tether","chain":"USDT-TRC20","canDep":false,"canWd":false,"canInternal":false}`];
      case "/api/v5/trade/orders-pending":
      case "/api/v5/trade/orders-history":
      case "/api/v5/trade/orders-history-archive": {
        const list = request.path.slice("/api/v5/trade/orders-".length) as OrderListName;
        const found = listOrders(list, this.#account(request), args, nowMs);
        return found.map((order) => this.#orders.render(order));
      }
      case "/api/v5/trade/fills":
      case "/api/v5/trade/fills-history":
        return this.#fills(this.#account(request), args);
      default:
        throw new Refusal(404, 50005, `API endpoint ${request.path} is inactive or unavailable.`);
    }
  }

  #account(request: RestRequest): PaperAccount {
    return verifyRequest(this.#venue.keys, request, this.#venue.serverMs()).account;
  }

  #listing(args: Args): PaperListing {
    const found = this.#venue.exchange.listings.get(String(args["instId"]));
    if (found !== undefined) return found;
    const { httpStatus, code, msg } = failureOf({ rejected: "unknownSymbol", detail: "" });
    throw new Refusal(httpStatus, code, msg);
  }

  #instruments({ instType, instId }: Args): string[] {
    if (instType !== "SWAP") {
      if (typeof instType === "string" && /^(SPOT|MARGIN|FUTURES|OPTION|EVENTS)$/.test(instType)) return [];
      throw invalid("instType");
    }
    const found: string[] = [];
    for (const [code, listing] of this.#orders.instruments) {
      if (instId === undefined || instId === listing.symbol)
        found.push(renderInstrument(this.#venue.stated(listing), code, this.#venue.leverage));
    }
    return found;
  }

  #positions(account: PaperAccount, { instType = "SWAP", instId }: Args): string[] {
    if (instType !== "SWAP") return [];
    const wanted = typeof instId === "string" ? instId.split(",") : null;
    const found: string[] = [];
    for (const position of account.positions.values()) {
      const { listing, netLots } = position;
      if (netLots === 0 || (wanted !== null && !wanted.includes(listing.symbol))) continue;
      found.push(renderPosition(position, this.#venue.exchange.markPxTicks(listing), this.#venue.leverage));
    }
    return found;
  }

  #fills(account: PaperAccount, args: Args): string[] {
    const isListed = ofInstrument(args);
    const trades = [...account.trades()].filter(({ order }) => isListed(order));
    return page(
      trades,
      ({ tradeId }) => tradeId,
      ({ atMs }) => atMs,
      args,
    ).map(renderFill);
  }
}

function rows(data: readonly string[]): string {
  return `{"code":"0","msg":"","data":[${data.join(",")}]}`;
}

function refuse(http: HttpAnswer, { httpStatus, code, msg }: Failure, delivery: Delivery): void {
  http.answer(httpStatus, `{"code":"${code}","msg":${JSON.stringify(msg)},"data":[]}`, {}, delivery);
}

function argsOf(query: string): Args {
  return Object.fromEntries(new URLSearchParams(query));
}

/** One order, or a list of them. */
function bodyOf(body: string): Args[] {
  if (body === "") throw new Refusal(400, 50000, "Body for POST request cannot be empty.");
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Refusal(400, 50002, "JSON syntax error");
  }
  const list: unknown[] = Array.isArray(json) ? json : [json];
  return list.filter((each): each is Args => typeof each === "object" && each !== null);
}
