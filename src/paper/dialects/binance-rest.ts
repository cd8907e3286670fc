/**
 * Binance USDM REST: market data, orders, account, listen keys.
 *
 * Signed requests carry their parameters in the query or, as a form, in the body; the signature covers both as sent.
 */
import type { PaperAccount } from "../account.ts";
import type { PaperKey } from "../api-key.ts";
import { type Failure, Refusal } from "../failure.ts";
import type { PaperListing } from "../listing.ts";
import type { Reply } from "../operations.ts";
import { checkWindow, sentPayload, verifySignature } from "./binance-auth.ts";
import { type BinanceOrders, type Params, required } from "./binance-orders.ts";
import {
  parseOrderId,
  renderBalance,
  renderDepth,
  renderOrder,
  renderPosition,
  renderTrade,
} from "./binance-render.ts";
import type { BinanceStreams } from "./binance-streams.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "./dialect.ts";

const ORDER_OPERATIONS = { POST: "place", DELETE: "cancel", GET: "query" } as const;

export class BinanceRest {
  readonly #venue: VenueContext;
  readonly #orders: BinanceOrders;
  readonly #streams: BinanceStreams;

  constructor(venue: VenueContext, orders: BinanceOrders, streams: BinanceStreams) {
    this.#venue = venue;
    this.#orders = orders;
    this.#streams = streams;
  }

  handle(request: RestRequest, http: HttpAnswer): void {
    const params = paramsOf(request);
    const reply = replyOf(http, (failure) =>
      this.#orders.limits.headers(apiKeyOf(request), this.#orders.serverMs(), failure),
    );
    const operation = ORDER_OPERATIONS[request.method as keyof typeof ORDER_OPERATIONS];
    if (request.path === "/fapi/v1/order" && operation !== undefined)
      this.#orders.run(operation, params, () => this.#signed(request, params), reply);
    else this.#orders.runOther(params, () => this.#answer(request, params), reply);
  }

  #answer(request: RestRequest, params: Params): string {
    switch (`${request.method} ${request.path}`) {
      case "GET /fapi/v1/ping":
        return "{}";
      case "GET /fapi/v1/time":
        return `{"serverTime":${this.#orders.serverMs()}}`;
      case "GET /fapi/v1/exchangeInfo":
        return this.#exchangeInfo();
      case "GET /fapi/v1/depth":
        return renderDepth(this.#listing(params), wholeNumber(params, "limit", 500, 1000), this.#orders.serverMs());
      case "POST /fapi/v1/listenKey":
        return `{"listenKey":"${this.#streams.openListenKey(this.#keyed(request).account)}"}`;
      case "PUT /fapi/v1/listenKey": {
        const { account } = this.#keyed(request);
        if (!this.#streams.hasListenKey(account)) throw new Refusal(400, -1125, "This listenKey does not exist.");
        return `{"listenKey":"${this.#streams.openListenKey(account)}"}`;
      }
      case "DELETE /fapi/v1/listenKey":
        this.#streams.closeListenKey(this.#keyed(request).account);
        return "{}";
      case "GET /fapi/v1/openOrders":
        return this.#openOrders(this.#inTime(request, params), params.get("symbol"));
      case "GET /fapi/v1/userTrades":
        return this.#userTrades(this.#inTime(request, params), params);
      case "GET /fapi/v2/positionRisk":
        return this.#positions(this.#inTime(request, params), params.get("symbol"), true);
      case "GET /fapi/v3/positionRisk":
        return this.#positions(this.#inTime(request, params), params.get("symbol"), false);
      case "GET /fapi/v2/balance":
      case "GET /fapi/v3/balance":
        return `[${renderBalance(this.#inTime(request, params), "USDT")}]`;
      case "GET /sapi/v1/account/apiRestrictions":
        this.#inTime(request, params);
        return (
          `{"ipRestrict":false,"createTime":0,"enableReading":true,"enableWithdrawals":${this.#venue.canWithdraw},` +
          `"enableInternalTransfer":false,"enableMargin":false,"enableFutures":true,"permitsUniversalTransfer":false,` +
          `"enableVanillaOptions":false,"enableSpotAndMarginTrading":false,"enablePortfolioMarginTrading":false}`
        );
      default:
        throw new Refusal(404, -5000, `Path ${request.path}, Method ${request.method} is invalid`);
    }
  }

  /** The account of a request that is signed and within its window. */
  #inTime(request: RestRequest, params: Params): PaperAccount {
    const account = this.#signed(request, params);
    checkWindow(params, this.#orders.serverMs());
    return account;
  }

  #signed(request: RestRequest, params: Params): PaperAccount {
    const key = this.#keyed(request);
    verifySignature(key, sentPayload(request.query, request.body), required(params, "signature"));
    return key.account;
  }

  #keyed(request: RestRequest): PaperKey {
    const apiKey = apiKeyOf(request);
    if (apiKey === undefined || apiKey === "") throw new Refusal(401, -2014, "API-key format invalid.");
    const key = this.#venue.keys.get(apiKey);
    if (key === undefined) throw new Refusal(401, -2015, "Invalid API-key, IP, or permissions for action.");
    return key;
  }

  #listing(params: Params): PaperListing {
    const listing = this.#orders.exchange.listings.get(required(params, "symbol"));
    if (listing === undefined) throw new Refusal(400, -1121, "Invalid symbol.");
    return listing;
  }

  #openOrders(account: PaperAccount, symbol: string | undefined): string {
    const rows: string[] = [];
    for (const order of account.openByClientId.values()) {
      if (symbol === undefined || order.listing.symbol === symbol) rows.push(renderOrder(order));
    }
    return `[${rows.join(",")}]`;
  }

  #userTrades(account: PaperAccount, params: Params): string {
    const listing = this.#listing(params);
    const limit = wholeNumber(params, "limit", 500, 1000);
    const fromId = params.has("fromId") ? wholeNumber(params, "fromId", 0, Number.MAX_SAFE_INTEGER) : undefined;
    const orderId = params.has("orderId") ? parseOrderId(params.get("orderId")!) : undefined;
    let found: string[] = [];
    for (const trade of account.trades()) {
      if (trade.order.listing !== listing || (params.has("orderId") && trade.order.orderId !== orderId)) continue;
      if (fromId !== undefined && trade.tradeId < fromId) continue;
      found.push(renderTrade(trade));
      if (fromId !== undefined && found.length === limit) break;
    }
    if (fromId === undefined) found = found.slice(-limit);
    return `[${found.join(",")}]`;
  }

  /** Version 2 lists every symbol; version 3 only those with a position or an open order. */
  #positions(account: PaperAccount, symbol: string | undefined, everySymbol: boolean): string {
    const { exchange } = this.#orders;
    const busy = new Set<string>();
    for (const order of account.openByClientId.values()) busy.add(order.listing.symbol);
    const rows: string[] = [];
    for (const listing of exchange.listings.values()) {
      if (symbol !== undefined && listing.symbol !== symbol) continue;
      const position = account.position(listing);
      if (!everySymbol && position.netLots === 0 && !busy.has(listing.symbol)) continue;
      rows.push(renderPosition(position, exchange.markPxTicks(listing), this.#venue.leverage));
    }
    return `[${rows.join(",")}]`;
  }

  #exchangeInfo(): string {
    const symbols = [...this.#orders.exchange.listings.values()].map((listing) => {
      const { symbol, base, quote, tick, lot } = listing;
      const minQty = lot.format(listing.minQtyLots);
      const lotSize = { minQty, maxQty: lot.format(1_000_000_000), stepSize: lot.format(1) };
      return {
        symbol,
        pair: symbol,
        contractType: "PERPETUAL",
        deliveryDate: 4_133_404_800_000,
        onboardDate: 0,
        status: "TRADING",
        baseAsset: base,
        quoteAsset: quote,
        marginAsset: quote,
        pricePrecision: tick.places,
        quantityPrecision: lot.places,
        baseAssetPrecision: 8,
        quotePrecision: 8,
        underlyingType: "COIN",
        filters: [
          {
            filterType: "PRICE_FILTER",
            minPrice: tick.format(1),
            maxPrice: tick.format(1_000_000_000),
            tickSize: tick.format(1),
          },
          { filterType: "LOT_SIZE", ...lotSize },
          { filterType: "MARKET_LOT_SIZE", ...lotSize },
          { filterType: "MIN_NOTIONAL", notional: listing.minNotional },
        ],
        orderTypes: ["LIMIT", "MARKET"],
        timeInForce: ["GTC", "IOC", "FOK", "GTX"],
      };
    });
    return JSON.stringify({
      timezone: "UTC",
      serverTime: this.#orders.serverMs(),
      futuresType: "U_MARGINED",
      rateLimits: this.#orders.limits.published(),
      exchangeFilters: [],
      assets: [],
      symbols,
    });
  }
}

/** Query and form body together; the body wins. */
export function paramsOf({ query, body }: RestRequest): Params {
  const params = new Map(new URLSearchParams(query));
  for (const [name, value] of new URLSearchParams(body)) params.set(name, value);
  return params;
}

export function apiKeyOf({ headers }: RestRequest): string | undefined {
  const value = headers["x-mbx-apikey"];
  return typeof value === "string" ? value : undefined;
}

export function replyOf(http: HttpAnswer, headers: (failure: Failure | null) => Record<string, string>): Reply {
  return {
    result: (text, delivery) => http.answer(200, text, headers(null), delivery),
    error: (failure, delivery) => {
      const text = `{"code":${failure.code},"msg":${JSON.stringify(failure.msg)}}`;
      http.answer(failure.httpStatus, text, headers(failure), delivery);
    },
    cut: (delivered) => http.cut(delivered),
  };
}

function wholeNumber(params: Params, field: string, fallback: number, max: number): number {
  const text = params.get(field);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max)
    throw new Refusal(400, -1130, `Data sent for parameter '${field}' is not valid.`);
  return value;
}
