/**
 * Binance USDM REST: market data, orders, account, funding, listen keys.
 */
import type { PaperAccount } from "../../account.ts";
import { Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import { formatMoney } from "../../order-decimal.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "../dialect.ts";
import {
  type BinanceProduct,
  inTime,
  keyed,
  listingOf,
  notServed,
  priceAndLotFilters,
  serveHttp,
  wholeNumber,
} from "./http.ts";
import { renderKlines } from "./klines.ts";
import type { BinanceListenKeys } from "./listen-keys.ts";
import { parseOrderId } from "./order-id.ts";
import type { BinanceOrders, Params } from "./orders.ts";
import {
  renderBalance,
  renderBookRow,
  renderDepth,
  renderOrder,
  renderPosition,
  renderPremium,
  renderTrade,
} from "./usdm-render.ts";

export class BinanceUsdmRest {
  readonly #venue: VenueContext;
  readonly #orders: BinanceOrders;
  readonly #product: BinanceProduct = {
    ...{ name: "usdm", base: "/fapi/v1", renderOrder: renderOrder },
    answer: (request, params) => this.#answer(request, params),
  };
  readonly #listenKeys: BinanceListenKeys;

  constructor(venue: VenueContext, orders: BinanceOrders, listenKeys: BinanceListenKeys) {
    this.#venue = venue;
    this.#orders = orders;
    this.#listenKeys = listenKeys;
  }

  handle(request: RestRequest, http: HttpAnswer): void {
    serveHttp(this.#venue, this.#orders, this.#product, request, http);
  }

  #answer(request: RestRequest, params: Params): string {
    const venue = this.#venue;
    switch (`${request.method} ${request.path}`) {
      case "GET /fapi/v1/exchangeInfo":
        return this.#exchangeInfo();
      case "GET /fapi/v1/depth":
        return renderDepth(listingOf(venue, params), wholeNumber(params, "limit", 500, 1000), venue.serverMs());
      case "GET /fapi/v1/klines":
        return renderKlines(venue, params, 1500);
      case "GET /fapi/v1/ticker/bookTicker":
        return this.#eachListing(params, (listing) => renderBookRow(listing, venue.serverMs()));
      case "GET /fapi/v1/premiumIndex":
        return this.#eachListing(params, (listing) =>
          renderPremium(listing, venue.exchange.markPxTicks(listing), venue.funding, venue.serverMs()),
        );
      case "POST /fapi/v1/listenKey":
        return `{"listenKey":"${this.#listenKeys.open(keyed(venue, request).account)}"}`;
      case "PUT /fapi/v1/listenKey": {
        const { account } = keyed(venue, request);
        if (!this.#listenKeys.has(account)) throw new Refusal(400, -1125, "This listenKey does not exist.");
        return `{"listenKey":"${this.#listenKeys.open(account)}"}`;
      }
      case "DELETE /fapi/v1/listenKey":
        this.#listenKeys.close(keyed(venue, request).account);
        return "{}";
      case "GET /fapi/v1/allOrders":
        return this.#allOrders(inTime(venue, request, params), params);
      case "GET /fapi/v1/userTrades":
        return this.#userTrades(inTime(venue, request, params), params);
      case "GET /fapi/v1/income":
        return this.#income(inTime(venue, request, params), params);
      case "GET /fapi/v2/positionRisk":
        return this.#positions(inTime(venue, request, params), params.get("symbol"), true);
      case "GET /fapi/v3/positionRisk":
        return this.#positions(inTime(venue, request, params), params.get("symbol"), false);
      case "GET /fapi/v2/balance":
      case "GET /fapi/v3/balance":
        return `[${renderBalance(inTime(venue, request, params), "USDT")}]`;
      case "GET /fapi/v1/positionSide/dual":
        inTime(venue, request, params);
        return '{"dualSidePosition":false}';
      case "GET /fapi/v1/leverageBracket":
        inTime(venue, request, params);
        return this.#leverageBrackets();
      default:
        throw notServed(request);
    }
  }

  /** One row of a named symbol, or rows of all of them. */
  #eachListing(params: Params, render: (listing: PaperListing) => string): string {
    if (params.has("symbol")) return render(listingOf(this.#venue, params));
    return `[${[...this.#venue.exchange.listings.values()].map(render).join(",")}]`;
  }

  /** Oldest first; with more than `limit` in the span, the newest of them. */
  #allOrders(account: PaperAccount, params: Params): string {
    const listing = listingOf(this.#venue, params);
    const limit = wholeNumber(params, "limit", 500, 1000);
    const fromMs = wholeNumber(params, "startTime", 0, Number.MAX_SAFE_INTEGER);
    const toMs = wholeNumber(params, "endTime", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const rows: string[] = [];
    for (const order of account.orders()) {
      const isAsked = order.listing === listing && order.createdMs >= fromMs && order.createdMs <= toMs;
      if (isAsked) rows.push(renderOrder(order));
    }
    return `[${rows.slice(-limit).join(",")}]`;
  }

  #userTrades(account: PaperAccount, params: Params): string {
    const listing = listingOf(this.#venue, params);
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

  /** Funding payments only, oldest first. */
  #income(account: PaperAccount, params: Params): string {
    const type = params.get("incomeType") ?? "FUNDING_FEE";
    if (type !== "FUNDING_FEE") return "[]";
    const symbol = params.get("symbol");
    const rows: string[] = [];
    for (const { id, listing, amountE8, atMs } of account.funding()) {
      if (symbol !== undefined && listing.symbol !== symbol) continue;
      rows.push(
        `{"symbol":"${listing.symbol}","incomeType":"FUNDING_FEE","income":"${formatMoney(amountE8)}","asset":"${listing.quote}",` +
          `"info":"FUNDING_FEE","time":${atMs},"tranId":${id},"tradeId":""}`,
      );
    }
    return `[${rows.slice(-wholeNumber(params, "limit", 100, 1000)).join(",")}]`;
  }

  /** One bracket for everything: this venue knows no tiers. */
  #leverageBrackets(): string {
    const rows = [...this.#venue.exchange.listings.keys()].map((symbol) => ({
      symbol,
      brackets: [
        {
          bracket: 1,
          initialLeverage: this.#venue.leverage,
          notionalCap: 100_000_000,
          notionalFloor: 0,
          maintMarginRatio: 0.004,
          cum: 0,
        },
      ],
    }));
    return JSON.stringify(rows);
  }

  /** Version 2 lists every symbol; version 3 only those with a position or an open order. */
  #positions(account: PaperAccount, symbol: string | undefined, everySymbol: boolean): string {
    const { exchange } = this.#venue;
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
    const symbols = [...this.#venue.exchange.listings.values()].map((listing) => {
      const { symbol, base, quote, tick, lot } = listing;
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
          ...priceAndLotFilters(this.#venue.stated(listing)),
          { filterType: "MIN_NOTIONAL", notional: listing.minNotional },
        ],
        orderTypes: ["LIMIT", "MARKET"],
        timeInForce: ["GTC", "IOC", "FOK", "GTX"],
      };
    });
    return JSON.stringify({
      timezone: "UTC",
      serverTime: this.#venue.serverMs(),
      futuresType: "U_MARGINED",
      rateLimits: this.#orders.limits.published(),
      exchangeFilters: [],
      assets: [],
      symbols,
    });
  }
}
