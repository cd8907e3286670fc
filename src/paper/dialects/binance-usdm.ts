/**
 * Binance USDM dialect. Addresses, as on the real venue: `/fapi/…`, `/sapi/…` · `/ws-fapi/v1` · `/ws`, `/ws/<streams>`,
 * `/stream?streams=`, the same under `/public` and `/market` · `/private/ws?listenKey=`, `/ws/<listenKey>`.
 *
 * Acks are final: the answer to an order says what became of it, unless `newOrderRespType` is ACK.
 */
import { WORDING } from "./binance-errors.ts";
import { BinanceOrders } from "./binance-orders.ts";
import { BinanceRest } from "./binance-rest.ts";
import { BinanceStreams } from "./binance-streams.ts";
import { USDM_ORDERS } from "./binance-usdm-orders.ts";
import { BinanceWsApi } from "./binance-ws-api.ts";
import type { Dialect, DialectMaker, Route, VenueContext } from "./dialect.ts";

export const BINANCE_USDM: DialectMaker = {
  rules: {
    settlement: "margin",
    clientOrderId: { form: /^[.A-Z:/a-z0-9_-]{1,36}$/, uniqueAmong: "open" },
    postOnly: "refused",
    marketProtectionBps: 500,
  },
  wording: WORDING,
  limits: {
    place: [
      { count: 300, windowMs: 10_000 },
      { count: 1200, windowMs: 60_000 },
    ],
    cancel: [],
    query: [],
    requests: [{ count: 2400, windowMs: 60_000 }],
  },
  create,
};

function create(venue: VenueContext): Dialect {
  const orders = new BinanceOrders(venue, USDM_ORDERS);
  const streams = new BinanceStreams(venue.exchange, () => venue.serverMs());
  const api = new BinanceWsApi(orders, venue.keys);
  const rest = new BinanceRest(venue, orders, streams);
  return {
    onRest: (request, http) => rest.handle(request, http),
    route: (path, query) => routeOf(path, query, api, streams),
    onClose: (peer) => streams.detach(peer),
    onUserEvent: (event, delivery) => streams.publishUser(event, delivery),
    onBook: (listing) => streams.publishBook(listing),
    onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) => streams.publishTrade(listing, pxTicks, qtyLots, buyerIsMaker),
    publishDepth: () => streams.publishDepth(),
    housekeep: () => streams.expireListenKeys(),
  };
}

function routeOf(path: string, query: URLSearchParams, api: BinanceWsApi, streams: BinanceStreams): Route | null {
  if (path === "/ws-fapi/v1") {
    const shown = query.get("returnRateLimits") !== "false";
    return { kinds: ["orders"], attach: (peer) => api.attach(peer, shown) };
  }
  const match = /^\/(?:(public|market|private)\/)?(ws|stream)(?:\/(.*))?$/.exec(path);
  if (match === null) return null;
  const combined = match[2] === "stream";
  const tail = match[3] ?? "";
  const listenKey = query.get("listenKey") ?? (/^[0-9a-f]{64}$/.test(tail) ? tail : null);
  if (listenKey !== null || match[1] === "private") {
    return {
      kinds: ["user"],
      attach: (peer) => {
        peer.combined = combined;
        if (listenKey === null || !streams.attachPrivate(peer, listenKey)) peer.close(1008);
      },
    };
  }
  const names = [...tail.split("/"), ...(query.get("streams") ?? "").split("/")].filter((name) => name.includes("@"));
  return {
    kinds: ["market"],
    attach: (peer) => {
      peer.combined = combined;
      streams.attach(peer, names);
    },
  };
}
