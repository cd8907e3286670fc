/**
 * Bybit V5 REST: market data, orders, account. Answers are `{retCode, retMsg, result, retExtInfo, time}`; a refusal differs in
 * its retCode, not in its HTTP status. What an order request is limited to is told in the headers.
 */
import type { PaperAccount } from "../account.ts";
import type { PaperListing } from "../listing.ts";
import { type BybitKeys, type SignedHeaders, verifyRest } from "./bybit-auth.ts";
import { type BybitError, BybitRefusal, invalid, OK } from "./bybit-errors.ts";
import { isRecord } from "./bybit-frames.ts";
import type { LimitState } from "./bybit-limits.ts";
import { bookLevels, renderBook, renderInstrument, tickerFields } from "./bybit-market.ts";
import { type BybitAnswer, type BybitOrders, optional, type Params, type Reply, text } from "./bybit-orders.ts";
import { renderPosition, renderTrade, renderWallet } from "./bybit-render.ts";

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body: string;
  readonly signed: SignedHeaders;
}

export interface AccountTraits {
  readonly leverage: number;
  readonly canWithdraw: boolean;
}

const ORDER_PATHS = {
  "POST /v5/order/create": { operation: "place", scope: "realtime" },
  "POST /v5/order/cancel": { operation: "cancel", scope: "realtime" },
  "GET /v5/order/realtime": { operation: "query", scope: "realtime" },
  "GET /v5/order/history": { operation: "query", scope: "history" },
} as const;

const ROWS_MAX = 100;

export class BybitRest {
  readonly #orders: BybitOrders;
  readonly #keys: BybitKeys;
  readonly #traits: AccountTraits;

  constructor(orders: BybitOrders, keys: BybitKeys, traits: AccountTraits) {
    this.#orders = orders;
    this.#keys = keys;
    this.#traits = traits;
  }

  handle(request: RestRequest, reply: Reply): void {
    try {
      const params = paramsOf(request);
      const order = ORDER_PATHS[`${request.method} ${request.path}` as keyof typeof ORDER_PATHS];
      if (order !== undefined)
        this.#orders.run(order.operation, params, () => this.#account(request), reply, order.scope);
      else reply.answer({ error: OK, result: this.#answer(request, params), limit: null }, 0);
    } catch (error) {
      if (!(error instanceof BybitRefusal)) throw error;
      reply.answer({ error: error.error, result: "{}", limit: null }, 0);
    }
  }

  #answer(request: RestRequest, params: Params): string {
    switch (`${request.method} ${request.path}`) {
      case "GET /v5/market/time": {
        const nowMs = this.#orders.serverMs();
        return `{"timeSecond":"${Math.floor(nowMs / 1000)}","timeNano":"${nowMs}000000"}`;
      }
      case "GET /v5/market/instruments-info":
        return this.#instruments(params);
      case "GET /v5/market/orderbook": {
        const [bids, asks] = bookLevels(this.#listing(params), wholeNumber(params, "limit", 25, 500));
        const nowMs = this.#orders.serverMs();
        return `{${renderBook(this.#listing(params), bids, asks)},"ts":${nowMs},"cts":${nowMs}}`;
      }
      case "GET /v5/market/tickers":
        return `{"category":"linear","list":[${this.#chosen(params).map((each) => JSON.stringify(tickerFields(each)))}]}`;
      case "GET /v5/position/list":
        return this.#positions(this.#account(request), params);
      case "GET /v5/execution/list":
        return this.#executions(this.#account(request), params);
      case "GET /v5/account/wallet-balance":
        return `{"list":[${renderWallet(this.#account(request), "USDT")}]}`;
      case "GET /v5/account/info":
        this.#account(request);
        return (
          `{"marginMode":"REGULAR_MARGIN","updatedTime":"${this.#orders.serverMs()}","unifiedMarginStatus":6,"dcpStatus":"OFF",` +
          `"timeWindow":10,"smpGroup":0,"isMasterTrader":false,"spotHedgingStatus":"OFF"}`
        );
      case "GET /v5/user/query-api":
        this.#account(request);
        return this.#apiKey(request.signed.apiKey ?? "");
      default:
        throw new BybitRefusal(10017, "Route not found.");
    }
  }

  #account(request: RestRequest): PaperAccount {
    const payload = request.method === "GET" ? request.query : request.body;
    return verifyRest(this.#keys, request.signed, payload, this.#orders.serverMs());
  }

  #instruments(params: Params): string {
    const category = text(params, "category");
    const status = optional(params, "status") ?? "Trading";
    const listed = category === "linear" && status === "Trading" ? this.#chosen(params) : [];
    const rows = listed.map((listing) => renderInstrument(listing, this.#traits.leverage));
    return `{"category":"${category}","list":[${rows.join(",")}],"nextPageCursor":""}`;
  }

  /** Symbols without a position are listed only when they are asked for, as the venue does it. */
  #positions(account: PaperAccount, params: Params): string {
    if (text(params, "category") !== "linear") throw invalid("category");
    const symbol = optional(params, "symbol");
    if (symbol === undefined && optional(params, "settleCoin") === undefined)
      throw new BybitRefusal(10001, "Missing some parameters that must be filled in, symbol or settleCoin");
    const rows = [];
    for (const listing of symbol === undefined ? this.#orders.exchange.listings.values() : [this.#listing(params)]) {
      const position = account.position(listing);
      if (symbol === undefined && position.netLots === 0) continue;
      rows.push(renderPosition(position, this.#orders.exchange.markPxTicks(listing), this.#traits.leverage));
    }
    return `{"list":[${rows.join(",")}],"nextPageCursor":"","category":"linear"}`;
  }

  #executions(account: PaperAccount, params: Params): string {
    if (text(params, "category") !== "linear") throw invalid("category");
    const symbol = optional(params, "symbol");
    const orderLinkId = optional(params, "orderLinkId");
    const trades = [...account.trades()].filter(
      ({ order }) =>
        (symbol === undefined || order.listing.symbol === symbol) &&
        (orderLinkId === undefined || order.clientOrderId === orderLinkId),
    );
    const rows = trades
      .reverse()
      .slice(0, wholeNumber(params, "limit", 50, ROWS_MAX))
      .map(renderTrade);
    return `{"list":[${rows.join(",")}],"nextPageCursor":"","category":"linear"}`;
  }

  #apiKey(apiKey: string): string {
    const wallet = this.#traits.canWithdraw ? ["AccountTransfer", "Withdraw"] : [];
    const none = ["Options", "CopyTrading", "BlockTrade", "Exchange", "NFT", "Affiliate", "Earn", "FiatP2P"];
    const fiat = ["FiatBybitPay", "FiatConvertBroker", "FiatGlobalPay", "FiatBitPay", "BitCard", "ByXPost"];
    const permissions = {
      ContractTrade: ["Order", "Position"],
      Spot: ["SpotTrade"],
      Wallet: wallet,
      Derivatives: ["DerivativesTrade"],
      ...Object.fromEntries([...none, ...fiat].map((name) => [name, []])),
    };
    return JSON.stringify({
      ...{ id: "1", note: "paper", apiKey, readOnly: 0, secret: "", permissions, ips: ["*"], type: 1, deadlineDay: 83 },
      ...{ expiredAt: "2030-01-01T00:00:00Z", createdAt: "2026-01-01T00:00:00Z", unified: 0, uta: 1, userID: 1 },
      ...{ inviterID: 0, vipLevel: "No VIP", mktMakerLevel: "0", affiliateID: 0, rsaPublicKey: "", isMaster: true },
      ...{ parentUid: "0", kycLevel: "LEVEL_1", kycRegion: "", userIDInt64: "1", inviterIDInt64: "0" },
      affiliateIDInt64: "0",
    });
  }

  #listing(params: Params): PaperListing {
    const symbol = text(params, "symbol");
    const listing = this.#orders.exchange.listings.get(symbol);
    if (listing === undefined) throw new BybitRefusal(10001, `params error: symbol invalid ${symbol}`);
    return listing;
  }

  #chosen(params: Params): readonly PaperListing[] {
    return optional(params, "symbol") === undefined
      ? [...this.#orders.exchange.listings.values()]
      : [this.#listing(params)];
  }
}

/** The whole answer of a request as it is sent. */
export function renderAnswer({ error, result }: Pick<BybitAnswer, "error" | "result">, nowMs: number): string {
  return `{"retCode":${error.retCode},"retMsg":${JSON.stringify(error.retMsg)},"result":${result},"retExtInfo":{},"time":${nowMs}}`;
}

export function renderError(error: BybitError, nowMs: number): string {
  return renderAnswer({ error, result: "{}" }, nowMs);
}

export function answerHeaders(limit: LimitState | null, nowMs: number): Record<string, string> {
  const always = { timenow: String(nowMs), traceid: "paper" };
  if (limit === null) return always;
  return {
    ...always,
    "x-bapi-limit": String(limit.limit),
    "x-bapi-limit-status": String(limit.left),
    "x-bapi-limit-reset-timestamp": String(limit.resetMs),
  };
}

function paramsOf({ method, query, body }: RestRequest): Params {
  if (method !== "POST") return Object.fromEntries(new URLSearchParams(query));
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new BybitRefusal(10001, "Params Error: not JSON");
  }
  if (!isRecord(json)) throw new BybitRefusal(10001, "Params Error: not an object");
  return json;
}

function wholeNumber(params: Params, field: string, fallback: number, max: number): number {
  const value = optional(params, field);
  if (value === undefined) return fallback;
  if (!/^\d{1,6}$/.test(value) || Number(value) < 1) throw invalid(field);
  return Math.min(Number(value), max);
}
