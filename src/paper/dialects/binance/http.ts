/**
 * Binance over HTTP, USDM and spot alike: where parameters, key and signature of a request are, and how it is answered.
 *
 * Signed requests carry their parameters in the query or, as a form, in the body; the signature covers both as sent.
 */
import type { PaperAccount } from "../../account.ts";
import type { PaperKey } from "../../api-key.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import type { Reply } from "../../operations.ts";
import type { PaperOrder } from "../../order.ts";
import type { HttpAnswer, RestRequest, VenueContext } from "../dialect.ts";
import { checkWindow, sentPayload, verifySignature } from "./auth.ts";
import { type BinanceOrders, invalid, type Params, required } from "./orders.ts";

const ORDER_OPERATIONS = { POST: "place", DELETE: "cancel", GET: "query" } as const;

/** Where a product's paths begin, and what of its own it answers at them. */
export interface BinanceProduct {
  readonly name: "spot" | "usdm";
  readonly base: "/api/v3" | "/fapi/v1";
  readonly renderOrder: (order: PaperOrder) => string;
  /** Everything that the products do not answer alike. */
  readonly answer: (request: RestRequest, params: Params) => string;
}

/** Serves one request: order operations and what both products answer alike here, everything else by `product.answer`. */
export function serveHttp(
  venue: VenueContext,
  orders: BinanceOrders,
  product: BinanceProduct,
  request: RestRequest,
  http: HttpAnswer,
): void {
  const params = paramsOf(request);
  const reply = replyOf(http, (failure) => orders.limits.headers(apiKeyOf(request), venue.serverMs(), failure));
  const operation = ORDER_OPERATIONS[request.method as keyof typeof ORDER_OPERATIONS];
  if (request.path === `${product.base}/order` && operation !== undefined)
    orders.run(operation, params, () => signed(venue, request, params), reply);
  else orders.runOther(params, () => answerOf(venue, product, request, params), reply);
}

function answerOf(venue: VenueContext, product: BinanceProduct, request: RestRequest, params: Params): string {
  switch (`${request.method} ${request.path}`) {
    case `GET ${product.base}/ping`:
      return "{}";
    case `GET ${product.base}/time`:
      return `{"serverTime":${venue.serverMs()}}`;
    case `GET ${product.base}/openOrders`: {
      const symbol = params.get("symbol");
      const open = [...inTime(venue, request, params).openByClientId.values()];
      const asked = open.filter(({ listing }) => symbol === undefined || listing.symbol === symbol);
      return `[${asked.map(product.renderOrder).join(",")}]`;
    }
    case "GET /sapi/v1/account/apiRestrictions":
      inTime(venue, request, params);
      return renderRestrictions(venue, product.name);
    default:
      return product.answer(request, params);
  }
}

/** Filters of a listing that both products have, in this order. */
export function priceAndLotFilters({ tick, lot, minQtyLots }: PaperListing): readonly object[] {
  const prices = { minPrice: tick.format(1), maxPrice: tick.format(1_000_000_000), tickSize: tick.format(1) };
  const lots = { minQty: lot.format(minQtyLots), maxQty: lot.format(1_000_000_000), stepSize: lot.format(1) };
  return [
    { filterType: "PRICE_FILTER", ...prices },
    { filterType: "LOT_SIZE", ...lots },
    { filterType: "MARKET_LOT_SIZE", ...lots },
  ];
}

/** The account of a request that is signed and within its window. */
export function inTime(venue: VenueContext, request: RestRequest, params: Params): PaperAccount {
  const account = signed(venue, request, params);
  checkWindow(params, venue.serverMs());
  return account;
}

/** The account of a request that is signed. */
export function signed(venue: VenueContext, request: RestRequest, params: Params): PaperAccount {
  const key = keyed(venue, request);
  verifySignature(key, sentPayload(request.query, request.body), required(params, "signature"));
  return key.account;
}

export function keyed(venue: VenueContext, request: RestRequest): PaperKey {
  const apiKey = apiKeyOf(request);
  if (apiKey === undefined || apiKey === "") throw new Refusal(401, -2014, "API-key format invalid.");
  const key = venue.keys.get(apiKey);
  if (key === undefined) throw new Refusal(401, -2015, "Invalid API-key, IP, or permissions for action.");
  return key;
}

export function listingOf(venue: VenueContext, params: Params): PaperListing {
  const listing = venue.exchange.listings.get(required(params, "symbol"));
  if (listing === undefined) throw new Refusal(400, -1121, "Invalid symbol.");
  return listing;
}

/** Permissions of the key, which another host answers for on the real venue. */
function renderRestrictions({ canWithdraw }: VenueContext, product: "spot" | "usdm"): string {
  return (
    `{"ipRestrict":false,"createTime":0,"enableReading":true,"enableWithdrawals":${canWithdraw},` +
    `"enableInternalTransfer":false,"enableMargin":false,"enableFutures":${product === "usdm"},"permitsUniversalTransfer":false,` +
    `"enableVanillaOptions":false,"enableSpotAndMarginTrading":${product === "spot"},"enablePortfolioMarginTrading":false}`
  );
}

export function notServed({ method, path }: RestRequest): Refusal {
  return new Refusal(404, -5000, `Path ${path}, Method ${method} is invalid`);
}

export function wholeNumber(params: Params, field: string, fallback: number, max: number): number {
  const text = params.get(field);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw invalid(field);
  return value;
}

/** Query and form body together; the body wins. */
function paramsOf({ query, body }: RestRequest): Params {
  const params = new Map(new URLSearchParams(query));
  for (const [name, value] of new URLSearchParams(body)) params.set(name, value);
  return params;
}

function apiKeyOf({ headers }: RestRequest): string | undefined {
  const value = headers["x-mbx-apikey"];
  return typeof value === "string" ? value : undefined;
}

function replyOf(http: HttpAnswer, headers: (failure: Failure | null) => Record<string, string>): Reply {
  return {
    result: (text, delivery) => http.answer(200, text, headers(null), delivery),
    error: (failure, delivery) => {
      const text = `{"code":${failure.code},"msg":${JSON.stringify(failure.msg)}}`;
      http.answer(failure.httpStatus, text, headers(failure), delivery);
    },
    cut: (delivered) => http.cut(delivered),
  };
}
