/**
 * Dialect OKX V5, perpetual swaps: REST under `/api/v5`, WebSockets `/ws/v5/public` and `/ws/v5/private`.
 *
 * Sizes are in contracts (`contractSize` of a listing), instruments are called by `instId` or `instIdCode`, post-only that
 * would trade is accepted and then cancelled.
 */
import type { Dialect, DialectMaker, VenueContext } from "../dialect.ts";
import { OKX_WORDING } from "./errors.ts";
import { OkxOrders } from "./orders.ts";
import { OkxPrivate } from "./private.ts";
import { OkxPublic } from "./public.ts";
import { OkxRest } from "./rest.ts";
import { OkxSockets } from "./sockets.ts";

export const OKX_SWAP: DialectMaker = {
  rules: {
    settlement: "margin",
    clientOrderId: { form: /^[A-Za-z0-9]{1,32}$/, uniqueAmong: "open" },
    postOnly: "canceled",
    marketProtectionBps: 500,
  },
  wording: OKX_WORDING,
  limits: {
    // Per account and instrument; then per account.
    place: [
      { count: 60, windowMs: 2000 },
      { count: 1000, windowMs: 2000 },
    ],
    cancel: [{ count: 60, windowMs: 2000 }],
    query: [{ count: 60, windowMs: 2000 }],
    requests: [],
  },
  create,
};

function create(venue: VenueContext): Dialect {
  const serverMs = () => venue.serverMs();
  const orders = new OkxOrders(venue);
  const publicChannels = new OkxPublic(serverMs);
  const privateChannels = new OkxPrivate(venue.exchange, orders, venue.leverage, serverMs);
  const sockets = new OkxSockets(venue, orders, publicChannels, privateChannels);
  const rest = new OkxRest(venue, orders);
  return {
    onRest: (request, http) => rest.handle(request, http),
    route: (path) => sockets.route(path),
    onClose: (peer) => sockets.detach(peer),
    onUserEvent: (event, delivery) => privateChannels.publish(event, delivery),
    onBook: (listing) => publicChannels.onBook(listing),
    onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) =>
      publicChannels.onTrade(listing, pxTicks, qtyLots, buyerIsMaker),
    publishDepth: () => publicChannels.publishDepth(),
    housekeep: () => sockets.closeIdle(),
  };
}
