/**
 * Bybit V5 REST: market data, orders, account. Answers are `{retCode, retMsg, result, retExtInfo, time}`; a refusal differs in
 * its retCode, not in its HTTP status. What an order request is limited to is told in the headers.
 */
import type { PaperAccount } from "../../account.ts";
import { topLevels } from "../../depth-diff.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import type { Reply } from "../../operations.ts";
import { PROMPT } from "../../peer.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "../dialect.ts";
import { verifyRest } from "./auth.ts";
import { invalid, refusal } from "./errors.ts";
import { isRecord } from "./frames.ts";
import { renderBook, renderInstrument, tickerFields } from "./market.ts";
import type { BybitOperation, BybitOrders } from "./orders.ts";
import { optional, type Params, text, wholeNumber } from "./params.ts";
import { renderPosition, renderTrade, renderWallet } from "./render.ts";

const ORDER_PATHS: Readonly<Record<string, BybitOperation>> = {
  "POST /v5/order/create": "place",
  "POST /v5/order/cancel": "cancel",
  "GET /v5/order/realtime": "realtime",
  "GET /v5/order/history": "history",
};

const ROWS_MAX = 100;

export class BybitRest {
  readonly #venue: VenueContext;
  readonly #orders: BybitOrders;

  constructor(venue: VenueContext, orders: BybitOrders) {
    this.#venue = venue;
    this.#orders = orders;
  }

  handle(request: RestRequest, http: HttpAnswer): void {
    const operation = ORDER_PATHS[`${request.method} ${request.path}`] ?? null;
    const reply = this.#reply(request, operation, http);
    let params: Params;
    try {
      params = paramsOf(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply.error(error.failure, PROMPT);
      return;
    }
    if (operation !== null) this.#orders.run(operation, params, () => this.#account(request), reply);
    else this.#orders.runOther(params, () => this.#answer(request, params), reply);
  }

  #reply(request: RestRequest, operation: BybitOperation | null, http: HttpAnswer): Reply {
    const body = (failure: Failure | null, result: string) =>
      `{"retCode":${failure?.code ?? 0},"retMsg":${JSON.stringify(failure?.msg ?? "OK")},"result":${result},"retExtInfo":{},"time":${this.#venue.serverMs()}}`;
    const headers = () => ({
      timenow: String(this.#venue.serverMs()),
      traceid: "paper",
      ...this.#orders.limitHeaders(operation, headerText(request, "x-bapi-api-key")),
    });
    return {
      result: (result, delivery) => http.answer(200, body(null, result), headers(), delivery),
      error: (failure, delivery) => http.answer(failure.httpStatus, body(failure, "{}"), headers(), delivery),
      cut: (delivered) => http.cut(delivered),
    };
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
        const sides = topLevels(this.#listing(params), wholeNumber(params, "limit", 25, 500));
        const nowMs = this.#orders.serverMs();
        return `{${renderBook(this.#listing(params), sides)},"ts":${nowMs},"cts":${nowMs}}`;
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
      case "GET /v5/asset/coin/query-info":
        // Deposits and withdrawals: there are none.
        this.#account(request);
        return '{"rows":[]}';
      case "GET /v5/user/query-api":
        this.#account(request);
        return this.#apiKey(headerText(request, "x-bapi-api-key") ?? "");
      default:
        throw refusal(10017, "Route not found.");
    }
  }

  #account(request: RestRequest): PaperAccount {
    const payload = request.method === "GET" ? request.query : request.body;
    const signed = {
      apiKey: headerText(request, "x-bapi-api-key"),
      timestamp: headerText(request, "x-bapi-timestamp"),
      recvWindow: headerText(request, "x-bapi-recv-window"),
      sign: headerText(request, "x-bapi-sign"),
    };
    return verifyRest(this.#venue.keys, signed, payload, this.#venue.serverMs());
  }

  #instruments(params: Params): string {
    const category = text(params, "category");
    const status = optional(params, "status") ?? "Trading";
    const listed = category === "linear" && status === "Trading" ? this.#chosen(params) : [];
    const rows = listed.map((listing) => renderInstrument(this.#venue.stated(listing), this.#venue.leverage));
    return `{"category":"${category}","list":[${rows.join(",")}],"nextPageCursor":""}`;
  }

  /** Symbols without a position are listed only when they are asked for, as the venue does it. */
  #positions(account: PaperAccount, params: Params): string {
    if (text(params, "category") !== "linear") throw invalid("category");
    const symbol = optional(params, "symbol");
    if (symbol === undefined && optional(params, "settleCoin") === undefined)
      throw refusal(10001, "Missing some parameters that must be filled in, symbol or settleCoin");
    const rows = [];
    for (const listing of symbol === undefined ? this.#orders.exchange.listings.values() : [this.#listing(params)]) {
      const position = account.position(listing);
      if (symbol === undefined && position.netLots === 0) continue;
      rows.push(renderPosition(position, this.#orders.exchange.markPxTicks(listing), this.#venue.leverage));
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
    const wallet = this.#venue.canWithdraw ? ["AccountTransfer", "Withdraw"] : [];
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
    if (listing === undefined) throw refusal(10001, `params error: symbol invalid ${symbol}`);
    return listing;
  }

  #chosen(params: Params): readonly PaperListing[] {
    return optional(params, "symbol") === undefined
      ? [...this.#orders.exchange.listings.values()]
      : [this.#listing(params)];
  }
}

function headerText({ headers }: RestRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

function paramsOf({ method, query, body }: RestRequest): Params {
  if (method !== "POST") return Object.fromEntries(new URLSearchParams(query));
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw refusal(10001, "Params Error: not JSON");
  }
  if (!isRecord(json)) throw refusal(10001, "Params Error: not an object");
  return json;
}
