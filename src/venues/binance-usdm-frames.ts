/**
 * Frames of the Binance USDM order API: one order in, one JSON text out.
 *
 * Everything that does not change from order to order is a fragment prepared once per listing; an order costs one
 * concatenation of the signed payload, one signature (HMAC keys only) and one concatenation of the frame. The parameters
 * are in alphabetical order by construction, because that is the order they are signed in.
 *
 * Pure: no clock, no socket. Answers are read in `binance-usdm-answers.ts`.
 */
import type { OrderRequest, Side, TimeInForce } from "../domain/order.ts";
import { assert } from "../domain/units.ts";
import type { BinanceSigner } from "./binance-usdm-signer.ts";
import type { VenueListing, VenueListings } from "./venue-listings.ts";

export interface BinanceFrames {
  place(requestId: string, order: OrderRequest): string;
  cancel(requestId: string, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  query(requestId: string, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  logon(requestId: string, stampMs: number): string;
}

/** How long a cancel or a query may travel. Generous: executing one late does no harm. */
const REQUEST_WINDOW_MS = 5000;

export function createBinanceFrames(listings: VenueListings, signer: BinanceSigner): BinanceFrames {
  const templates = listings.byIndex.map((listing) => listing && placeTemplates(listing));
  const signedKey = signer.sessionLogon ? "" : `apiKey=${signer.apiKey}&`;
  const jsonKey = signer.sessionLogon ? "" : `"apiKey":"${signer.apiKey}",`;
  const signature = (payload: () => string) => (signer.sessionLogon ? "" : `,"signature":"${signer.sign(payload())}"`);

  const byClientOrderId = (
    method: string,
    requestId: string,
    symbol: string,
    clientOrderId: string,
    stampMs: number,
  ) => {
    assertId(clientOrderId);
    const signed = signature(
      () =>
        `${signedKey}origClientOrderId=${clientOrderId}&recvWindow=${REQUEST_WINDOW_MS}&symbol=${symbol}&timestamp=${stampMs}`,
    );
    return `{"id":"${requestId}","method":"${method}","params":{${jsonKey}"origClientOrderId":"${clientOrderId}","recvWindow":${REQUEST_WINDOW_MS},"symbol":"${symbol}","timestamp":${stampMs}${signed}}}`;
  };

  return {
    place(requestId, order) {
      const listing = listings.byIndex[order.listing];
      const template = templates[order.listing]?.[order.side][order.timeInForce];
      assert(listing && template, `listing ${order.listing} is not of this venue`);
      assert(order.qtyLots > 0 && order.pxTicks > 0, `order of ${order.qtyLots} lots at ${order.pxTicks} ticks`);
      assertId(order.clientOrderId);
      const id = order.clientOrderId;
      const price = listing.px.format(order.pxTicks);
      const quantity = listing.qty.format(order.qtyLots);
      const signed = signature(
        () =>
          `${signedKey}newClientOrderId=${id}&newOrderRespType=RESULT&price=${price}&quantity=${quantity}&recvWindow=${order.validForMs}${order.reduceOnly ? "&reduceOnly=true" : ""}${template.payload}${order.stampMs}&type=LIMIT`,
      );
      return `{"id":"${requestId}","method":"order.place","params":{${jsonKey}"newClientOrderId":"${id}","newOrderRespType":"RESULT","price":"${price}","quantity":"${quantity}","recvWindow":${order.validForMs}${order.reduceOnly ? ',"reduceOnly":"true"' : ""}${template.json}${order.stampMs},"type":"LIMIT"${signed}}}`;
    },
    cancel(requestId, { symbol }, clientOrderId, stampMs) {
      return byClientOrderId("order.cancel", requestId, symbol, clientOrderId, stampMs);
    },
    query(requestId, { symbol }, clientOrderId, stampMs) {
      return byClientOrderId("order.status", requestId, symbol, clientOrderId, stampMs);
    },
    logon(requestId, stampMs) {
      const signed = signer.sign(`apiKey=${signer.apiKey}&timestamp=${stampMs}`);
      return `{"id":"${requestId}","method":"session.logon","params":{"apiKey":"${signer.apiKey}","signature":"${signed}","timestamp":${stampMs}}}`;
    },
  };
}

/** The run of parameters from `side` to `timestamp=`, as signed and as sent. */
interface PlaceTemplate {
  readonly payload: string;
  readonly json: string;
}

const SIDES = { buy: "BUY", sell: "SELL" } as const satisfies Record<Side, string>;
const TIMES_IN_FORCE = { ioc: "IOC", fok: "FOK", gtc: "GTC", postOnly: "GTX" } as const satisfies Record<
  TimeInForce,
  string
>;

function placeTemplates({ symbol }: VenueListing): Record<Side, Record<TimeInForce, PlaceTemplate>> {
  assert(/^[A-Z0-9_]{1,40}$/.test(symbol), `"${symbol}" is no Binance symbol`);
  const template = (side: Side, timeInForce: TimeInForce): PlaceTemplate => ({
    payload: `&side=${SIDES[side]}&symbol=${symbol}&timeInForce=${TIMES_IN_FORCE[timeInForce]}&timestamp=`,
    json: `,"side":"${SIDES[side]}","symbol":"${symbol}","timeInForce":"${TIMES_IN_FORCE[timeInForce]}","timestamp":`,
  });
  const ofSide = (side: Side): Record<TimeInForce, PlaceTemplate> => ({
    ioc: template(side, "ioc"),
    fok: template(side, "fok"),
    gtc: template(side, "gtc"),
    postOnly: template(side, "postOnly"),
  });
  return { buy: ofSide("buy"), sell: ofSide("sell") };
}

/** Ids are written into frames without escaping: what Binance accepts as an id needs none, and nothing else may pass. */
function assertId(clientOrderId: string): void {
  assert(/^[.A-Z:/a-z0-9_-]{1,36}$/.test(clientOrderId), "client order id has characters Binance does not accept");
}
