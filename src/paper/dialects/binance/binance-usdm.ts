/**
 * Binance USDM dialect. Addresses, as on the real venue: `/fapi/…`, `/sapi/…` · `/ws-fapi/v1` · `/ws`, `/ws/<streams>`,
 * `/stream?streams=`, the same under `/public` and `/market` · `/private/ws?listenKey=`, `/ws/<listenKey>`.
 *
 * Acks are final: the answer to an order says what became of it, unless `newOrderRespType` is ACK.
 */

import type { Dialect, DialectMaker, Route, VenueContext } from "../dialect.ts";
import { BinanceListenKeys } from "./listen-keys.ts";
import { BinanceOrders } from "./orders.ts";
import { BinanceStreams } from "./streams.ts";
import { WORDING } from "./usdm-errors.ts";
import { USDM_ORDERS } from "./usdm-orders.ts";
import { USDM_MARKET } from "./usdm-render.ts";
import { BinanceUsdmRest } from "./usdm-rest.ts";
import { BinanceWsApi } from "./ws-api.ts";

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
  const streams = new BinanceStreams(venue.exchange, USDM_MARKET, () => venue.serverMs());
  const listenKeys = new BinanceListenKeys(venue.exchange, () => venue.serverMs());
  const api = new BinanceWsApi(orders, venue.keys, null);
  const rest = new BinanceUsdmRest(venue, orders, listenKeys);
  return {
    onRest: (request, http) => rest.handle(request, http),
    route: (path, query) => {
      if (path === "/ws-fapi/v1") {
        const shown = query.get("returnRateLimits") !== "false";
        return { kinds: ["orders"], attach: (peer) => api.attach(peer, shown) };
      }
      return privateRoute(path, query, listenKeys) ?? streams.route(path, query);
    },
    onClose: (peer) => {
      streams.detach(peer);
      listenKeys.detach(peer);
    },
    onUserEvent: (event, delivery) => listenKeys.publish(event, delivery),
    onBook: (listing) => streams.publishBook(listing),
    onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) => streams.publishTrade(listing, pxTicks, qtyLots, buyerIsMaker),
    publishDepth: () => streams.publishDepth(),
    housekeep: () => listenKeys.expire(),
  };
}

/** Null: no address of the private stream. */
function privateRoute(path: string, query: URLSearchParams, listenKeys: BinanceListenKeys): Route | null {
  const match = /^\/(?:(public|market|private)\/)?(ws|stream)(?:\/(.*))?$/.exec(path);
  if (match === null) return null;
  const tail = match[3] ?? "";
  const listenKey = query.get("listenKey") ?? (/^[0-9a-f]{64}$/.test(tail) ? tail : null);
  if (listenKey === null && match[1] !== "private") return null;
  return {
    kinds: ["user"],
    attach: (peer) => {
      peer.combined = match[2] === "stream";
      if (listenKey === null || !listenKeys.attach(peer, listenKey)) peer.close(1008);
    },
  };
}
