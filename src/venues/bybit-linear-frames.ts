/**
 * Frames of the Bybit V5 order entry: one order in, one JSON text out.
 *
 * Nothing is signed but the connection's `auth`, so an order is one concatenation: what does not change from order to order is
 * prepared once per listing, side, time in force and reduce-only. Stamp and window travel with every order, and the venue
 * refuses it outside them.
 *
 * Pure: no clock, no socket. Answers are read in `bybit-linear-answers.ts`.
 */
import type { OrderRequest, Side, TimeInForce } from "../domain/order.ts";
import { assert } from "../domain/units.ts";
import type { VenueListing, VenueListings } from "./venue-listings.ts";

export interface BybitFrames {
  place(requestId: string, order: OrderRequest): string;
  cancel(requestId: string, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  /** `expiresMs` is venue time; the same frame for every kind of socket. */
  auth(expiresMs: number): string;
}

/** How long a cancel may travel. Generous: executing one late does no harm. */
const REQUEST_WINDOW_MS = 5000;

export function createBybitFrames(
  listings: VenueListings,
  apiKey: string,
  sign: (payload: string) => string,
): BybitFrames {
  const templates = listings.byIndex.map((listing) => listing && placeTemplates(listing));
  return {
    place(requestId, order) {
      const listing = listings.byIndex[order.listing];
      const template = templates[order.listing]?.[order.side][order.timeInForce];
      assert(listing && template, `listing ${order.listing} is not of this venue`);
      assert(order.qtyLots > 0 && order.pxTicks > 0, `order of ${order.qtyLots} lots at ${order.pxTicks} ticks`);
      assertId(order.clientOrderId);
      return (
        `{"reqId":"${requestId}","header":{"X-BAPI-TIMESTAMP":"${order.stampMs}","X-BAPI-RECV-WINDOW":"${order.validForMs}"}${template}` +
        `"qty":"${listing.qty.format(order.qtyLots)}","price":"${listing.px.format(order.pxTicks)}","orderLinkId":"${order.clientOrderId}","reduceOnly":${order.reduceOnly}}]}`
      );
    },
    cancel(requestId, { symbol }, clientOrderId, stampMs) {
      assertId(clientOrderId);
      return `{"reqId":"${requestId}","header":{"X-BAPI-TIMESTAMP":"${stampMs}","X-BAPI-RECV-WINDOW":"${REQUEST_WINDOW_MS}"},"op":"order.cancel","args":[{"category":"linear","symbol":"${symbol}","orderLinkId":"${clientOrderId}"}]}`;
    },
    auth(expiresMs) {
      return `{"op":"auth","args":["${apiKey}",${expiresMs},"${sign(`GET/realtime${expiresMs}`)}"]}`;
    },
  };
}

const SIDES = { buy: "Buy", sell: "Sell" } as const satisfies Record<Side, string>;
const TIMES_IN_FORCE = { ioc: "IOC", fok: "FOK", gtc: "GTC", postOnly: "PostOnly" } as const satisfies Record<
  TimeInForce,
  string
>;

/** From behind the header to the quantity. */
function placeTemplates({ symbol }: VenueListing): Record<Side, Record<TimeInForce, string>> {
  assert(/^[A-Z0-9]{1,40}$/.test(symbol), `"${symbol}" is no Bybit symbol`);
  const template = (side: Side, timeInForce: TimeInForce) =>
    `,"op":"order.create","args":[{"category":"linear","symbol":"${symbol}","side":"${SIDES[side]}","orderType":"Limit","timeInForce":"${TIMES_IN_FORCE[timeInForce]}","positionIdx":0,`;
  const ofSide = (side: Side): Record<TimeInForce, string> => ({
    ioc: template(side, "ioc"),
    fok: template(side, "fok"),
    gtc: template(side, "gtc"),
    postOnly: template(side, "postOnly"),
  });
  return { buy: ofSide("buy"), sell: ofSide("sell") };
}

/** Ids are written into frames without escaping: what Bybit accepts as an id needs none, and nothing else may pass. */
function assertId(clientOrderId: string): void {
  assert(/^[A-Za-z0-9_-]{1,36}$/.test(clientOrderId), "client order id has characters Bybit does not accept");
}
