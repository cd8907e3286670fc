/**
 * Binance spot REST: market data, orders, account. Without listen keys: the venue has retired them for spot.
 */
import type { PaperAccount } from "../../account.ts";
import type { PaperListing } from "../../listing.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "../dialect.ts";
import {
  type BinanceProduct,
  inTime,
  listingOf,
  notServed,
  priceAndLotFilters,
  serveHttp,
  wholeNumber,
} from "./http.ts";
import { renderKlines } from "./klines.ts";
import { parseOrderId } from "./order-id.ts";
import type { BinanceOrders, Params } from "./orders.ts";
import {
  renderBalanceRow,
  renderSpotBookRow,
  renderSpotDepth,
  renderSpotOrder,
  renderSpotTrade,
} from "./spot-render.ts";

export class BinanceSpotRest {
  readonly #venue: VenueContext;
  readonly #orders: BinanceOrders;
  readonly #product: BinanceProduct = {
    ...{ name: "spot", base: "/api/v3", renderOrder: renderSpotOrder },
    answer: (request, params) => this.#answer(request, params),
  };

  constructor(venue: VenueContext, orders: BinanceOrders) {
    this.#venue = venue;
    this.#orders = orders;
  }

  handle(request: RestRequest, http: HttpAnswer): void {
    serveHttp(this.#venue, this.#orders, this.#product, request, http);
  }

  #answer(request: RestRequest, params: Params): string {
    const venue = this.#venue;
    switch (`${request.method} ${request.path}`) {
      case "GET /api/v3/exchangeInfo":
        return this.#exchangeInfo();
      case "GET /api/v3/depth":
        return renderSpotDepth(listingOf(venue, params), wholeNumber(params, "limit", 100, 5000));
      case "GET /api/v3/klines":
        return renderKlines(venue, params, 1000);
      case "GET /api/v3/ticker/bookTicker":
        return params.has("symbol")
          ? renderSpotBookRow(listingOf(venue, params))
          : `[${[...venue.exchange.listings.values()].map(renderSpotBookRow).join(",")}]`;
      case "GET /api/v3/account":
        return this.#account(inTime(venue, request, params));
      case "GET /api/v3/myTrades":
        return this.#myTrades(inTime(venue, request, params), params);
      default:
        throw notServed(request);
    }
  }

  #account(account: PaperAccount): string {
    const { takerFeeBps, makerFeeBps } = this.#venue.fees;
    const rate = (bps: number) => (bps / 10_000).toFixed(8);
    const balances = [...(account.cash ?? new Map()).keys()].map((asset) =>
      renderBalanceRow(account.assetBalance(asset)),
    );
    return (
      `{"makerCommission":${Math.round(makerFeeBps)},"takerCommission":${Math.round(takerFeeBps)},"buyerCommission":0,"sellerCommission":0,` +
      `"commissionRates":{"maker":"${rate(makerFeeBps)}","taker":"${rate(takerFeeBps)}","buyer":"0.00000000","seller":"0.00000000"},` +
      `"canTrade":true,"canWithdraw":${this.#venue.canWithdraw},"canDeposit":true,"brokered":false,"requireSelfTradePrevention":false,` +
      `"preventSor":false,"updateTime":${this.#venue.serverMs()},"accountType":"SPOT","balances":[${balances.join(",")}],` +
      `"permissions":["SPOT"],"uid":${account.owner}}`
    );
  }

  #myTrades(account: PaperAccount, params: Params): string {
    const listing = listingOf(this.#venue, params);
    const limit = wholeNumber(params, "limit", 500, 1000);
    const fromId = wholeNumber(params, "fromId", 0, Number.MAX_SAFE_INTEGER);
    const orderId = params.has("orderId") ? parseOrderId(params.get("orderId")!) : undefined;
    const found: string[] = [];
    for (const trade of account.trades()) {
      if (trade.order.listing !== listing || (params.has("orderId") && trade.order.orderId !== orderId)) continue;
      if (trade.tradeId >= fromId) found.push(renderSpotTrade(trade));
    }
    return `[${(fromId > 0 ? found.slice(0, limit) : found.slice(-limit)).join(",")}]`;
  }

  #exchangeInfo(): string {
    return JSON.stringify({
      timezone: "UTC",
      serverTime: this.#venue.serverMs(),
      rateLimits: this.#orders.limits.published(),
      exchangeFilters: [],
      symbols: [...this.#venue.exchange.listings.values()].map(symbolOf),
    });
  }
}

function symbolOf(listing: PaperListing) {
  const { symbol, base, quote } = listing;
  return {
    symbol,
    status: "TRADING",
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET"],
    icebergAllowed: false,
    ocoAllowed: false,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: false,
    allowTrailingStop: false,
    cancelReplaceAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      ...priceAndLotFilters(listing),
      { filterType: "NOTIONAL", minNotional: listing.minNotional, applyMinToMarket: true, avgPriceMins: 5 },
    ],
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "NONE",
    allowedSelfTradePreventionModes: ["NONE", "EXPIRE_TAKER"],
  };
}
