/**
 * Bybit V5 dialect, linear contracts of a unified account. Addresses, as on the real venue: `/v5/…` · `/v5/trade` (orders) ·
 * `/v5/private` · `/v5/public/linear`.
 *
 * Acks are not final: what became of an order is told on the private topics and by queries only.
 */

import type { Dialect, DialectMaker, Route, VenueContext } from "../dialect.ts";
import { WORDING } from "./errors.ts";
import { BybitOrders } from "./orders.ts";
import { BybitRest } from "./rest.ts";
import { BybitStreams } from "./streams.ts";
import { BybitTrade } from "./trade.ts";

export const BYBIT_LINEAR: DialectMaker = {
  rules: {
    settlement: "margin",
    clientOrderId: { form: /^[A-Za-z0-9_-]{1,36}$/, uniqueAmong: "ever" },
    postOnly: "canceled",
    marketProtectionBps: 500,
  },
  wording: WORDING,
  // Of an account without VIP level; over a rolling second, REST and WebSocket together.
  limits: {
    place: [{ count: 10, windowMs: 1000 }],
    cancel: [{ count: 10, windowMs: 1000 }],
    query: [{ count: 50, windowMs: 1000 }],
    requests: [],
  },
  create,
};

function create(venue: VenueContext): Dialect {
  const orders = new BybitOrders(venue);
  const streams = new BybitStreams(venue.exchange, venue.keys, venue.leverage, () => venue.serverMs());
  const rest = new BybitRest(venue, orders);
  const trade = new BybitTrade(orders, venue.keys);
  const routes: Readonly<Record<string, Route>> = {
    "/v5/trade": { kinds: ["orders"], attach: (peer) => trade.attach(peer) },
    "/v5/private": { kinds: ["user"], attach: (peer) => streams.attachPrivate(peer) },
    "/v5/public/linear": { kinds: ["market"], attach: (peer) => streams.attachPublic(peer) },
  };
  return {
    onRest: (request, http) => rest.handle(request, http),
    route: (path) => routes[path] ?? null,
    onClose: (peer) => streams.detach(peer),
    onUserEvent: (event, delivery) => streams.publishUser(event, delivery),
    onBook: (listing) => streams.publishBook(listing),
    onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) => streams.publishTrade(listing, pxTicks, qtyLots, buyerIsMaker),
    publishDepth: () => streams.publishDue(),
    housekeep: () => {},
  };
}
