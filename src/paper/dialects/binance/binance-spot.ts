/**
 * Binance spot dialect. Addresses, as on the real venue: `/api/v3/…`, `/sapi/…` · `/ws-api/v3`, which is the private stream
 * too · `/ws`, `/ws/<streams>`, `/stream?streams=`.
 *
 * Acks are final and, unless asked for less, list their fills. An account holds assets instead of positions.
 */

import type { Dialect, DialectMaker, VenueContext } from "../dialect.ts";
import { BinanceOrders } from "./orders.ts";
import { SPOT_WORDING } from "./spot-errors.ts";
import { SpotOrders } from "./spot-orders.ts";
import { SPOT_MARKET } from "./spot-render.ts";
import { BinanceSpotRest } from "./spot-rest.ts";
import { SpotUserStreams } from "./spot-user-streams.ts";
import { BinanceStreams } from "./streams.ts";
import { BinanceWsApi } from "./ws-api.ts";

export const BINANCE_SPOT: DialectMaker = {
  rules: {
    settlement: "cash",
    clientOrderId: { form: /^[.A-Z:/a-z0-9_-]{1,36}$/, uniqueAmong: "open" },
    postOnly: "refused",
    marketProtectionBps: 500,
  },
  wording: SPOT_WORDING,
  limits: {
    place: [
      { count: 100, windowMs: 10_000 },
      { count: 200_000, windowMs: 86_400_000 },
    ],
    cancel: [],
    query: [],
    requests: [{ count: 6000, windowMs: 60_000 }],
  },
  create,
};

function create(venue: VenueContext): Dialect {
  const form = new SpotOrders();
  const orders = new BinanceOrders(venue, form);
  const streams = new BinanceStreams(venue.exchange, SPOT_MARKET, () => venue.serverMs());
  const userStreams = new SpotUserStreams(form);
  const api = new BinanceWsApi(orders, venue.keys, userStreams);
  const rest = new BinanceSpotRest(venue, orders);
  return {
    onRest: (request, http) => rest.handle(request, http),
    route: (path, query) => {
      if (path === "/ws-api/v3") {
        const shown = query.get("returnRateLimits") !== "false";
        return { kinds: ["orders", "user"], attach: (peer) => api.attach(peer, shown) };
      }
      return streams.route(path, query);
    },
    onClose: (peer) => {
      streams.detach(peer);
      userStreams.unsubscribe(peer, undefined);
    },
    onUserEvent: (event, delivery) => userStreams.publish(event, delivery),
    onBook: (listing) => streams.publishBook(listing),
    onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) => streams.publishTrade(listing, pxTicks, qtyLots, buyerIsMaker),
    publishDepth: () => streams.publishDepth(),
    housekeep: () => {},
  };
}
