/**
 * Frames of the Binance USDM order API: one order in, the bytes of one message out.
 *
 * Everything that does not change from order to order is prepared once per listing, side and time in force. An order copies
 * it and writes id, stamp, price and quantity; with an HMAC key the same values go into the payload that is signed, whose
 * parameters are in alphabetical order because that is the order they are signed in. In the message their order is free:
 * there, what has a fixed length stands first and is patched in place.
 *
 * Pure: no clock, no socket. Answers are read in `answers.ts`.
 */
import type { OrderRequest, Side, TimeInForce } from "../../domain/order.ts";
import { assert } from "../../domain/units.ts";
import { REQUEST_ID_DIGITS } from "../in-flight.ts";
import { listingOfOrder, type OrderTemplates, orderTemplates } from "../native/order-templates.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { writeBytes, writeDigits, writeText, writeWhole } from "../wire/ascii.ts";
import { FRAME_HEAD_BYTES } from "../wire/client-frame.ts";
import type { BinanceSigner } from "./signer.ts";

export interface BinanceFrames {
  /** Writes the message from `FRAME_HEAD_BYTES` on into a buffer of `ORDER_FRAME_BYTES`; returns its length. */
  place(frame: Buffer, requestId: number, order: OrderRequest): number;
  cancel(requestId: string, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  query(requestId: string, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  logon(requestId: string, stampMs: number): string;
}

/** Enough for the longest key, symbol, id and numbers there can be: 128 + 40 + 36 + 3 × 17, and what stands between them. */
export const ORDER_FRAME_BYTES = 1024;
/** How long a cancel or a query may travel. Generous: executing one late does no harm. */
const REQUEST_WINDOW_MS = 5000;

export function createBinanceFrames(listings: VenueListings, signer: BinanceSigner): BinanceFrames {
  const templates = listings.byIndex.map((listing) => listing && placeTemplates(listing, signer));
  const signedKey = signer.sessionLogon ? "" : `apiKey=${signer.apiKey}&`;
  const jsonKey = signer.sessionLogon ? "" : `"apiKey":"${signer.apiKey}",`;
  const payload = Buffer.alloc(ORDER_FRAME_BYTES);
  const payloadStart = payload.write(`${signedKey}newClientOrderId=`, "latin1");

  const byClientOrderId = (
    method: string,
    requestId: string,
    symbol: string,
    clientOrderId: string,
    stampMs: number,
  ) => {
    assertId(clientOrderId);
    const signed = signer.sessionLogon
      ? ""
      : `,"signature":"${signer.sign(
          `${signedKey}origClientOrderId=${clientOrderId}&recvWindow=${REQUEST_WINDOW_MS}&symbol=${symbol}&timestamp=${stampMs}`,
        )}"`;
    return `{"id":"${requestId}","method":"${method}","params":{${jsonKey}"origClientOrderId":"${clientOrderId}","recvWindow":${REQUEST_WINDOW_MS},"symbol":"${symbol}","timestamp":${stampMs}${signed}}}`;
  };

  /** The payload of an order; returns its length. */
  function writePayload({ px, qty }: VenueListing, template: PlaceTemplate, order: OrderRequest): number {
    let at = writeText(payload, payloadStart, order.clientOrderId);
    at = writeBytes(payload, at, SIGNED_PRICE);
    at = px.write(payload, at, order.pxTicks);
    at = writeBytes(payload, at, SIGNED_QUANTITY);
    at = qty.write(payload, at, order.qtyLots);
    at = writeBytes(payload, at, SIGNED_WINDOW);
    at = writeWhole(payload, at, order.validForMs);
    if (order.reduceOnly) at = writeBytes(payload, at, SIGNED_REDUCE_ONLY);
    at = writeBytes(payload, at, template.signed);
    at = writeWhole(payload, at, order.stampMs);
    return writeBytes(payload, at, SIGNED_TYPE);
  }

  return {
    place(frame, requestId, order) {
      const listing = listingOfOrder(listings.byIndex, order);
      const template = templates[order.listing]![order.side][order.timeInForce];
      assertId(order.clientOrderId);
      let at = writeBytes(frame, FRAME_HEAD_BYTES, template.json);
      writeDigits(frame, FRAME_HEAD_BYTES + ID_AT, requestId, REQUEST_ID_DIGITS);
      at = writeText(frame, at, order.clientOrderId);
      at = writeBytes(frame, at, JSON_PRICE);
      at = listing.px.write(frame, at, order.pxTicks);
      at = writeBytes(frame, at, JSON_QUANTITY);
      at = listing.qty.write(frame, at, order.qtyLots);
      at = writeBytes(frame, at, JSON_WINDOW);
      at = writeWhole(frame, at, order.validForMs);
      if (order.reduceOnly) at = writeBytes(frame, at, JSON_REDUCE_ONLY);
      at = writeBytes(frame, at, JSON_STAMP);
      at = writeWhole(frame, at, order.stampMs);
      if (!signer.sessionLogon) {
        at = writeBytes(frame, at, JSON_SIGNATURE);
        at = signer.signInto(payload, writePayload(listing, template, order), frame, at);
        at = writeBytes(frame, at, JSON_QUOTE);
      }
      return writeBytes(frame, at, JSON_END) - FRAME_HEAD_BYTES;
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

const ID_AT = '{"id":"'.length;
const SIGNED_PRICE = Buffer.from("&newOrderRespType=RESULT&price=");
const SIGNED_QUANTITY = Buffer.from("&quantity=");
const SIGNED_WINDOW = Buffer.from("&recvWindow=");
const SIGNED_REDUCE_ONLY = Buffer.from("&reduceOnly=true");
const SIGNED_TYPE = Buffer.from("&type=LIMIT");
const JSON_PRICE = Buffer.from('","price":"');
const JSON_QUANTITY = Buffer.from('","quantity":"');
const JSON_WINDOW = Buffer.from('","recvWindow":');
const JSON_REDUCE_ONLY = Buffer.from(',"reduceOnly":"true"');
const JSON_STAMP = Buffer.from(',"timestamp":');
const JSON_SIGNATURE = Buffer.from(',"signature":"');
const JSON_QUOTE = Buffer.from('"');
const JSON_END = Buffer.from("}}");

/** What of an order is known before it. */
interface PlaceTemplate {
  /** The message up to the client order id, with a request id of zeros at `ID_AT`. */
  readonly json: Uint8Array;
  /** The run of signed parameters from `side` to `timestamp=`. */
  readonly signed: Uint8Array;
}

const SIDES = { buy: "BUY", sell: "SELL" } as const satisfies Record<Side, string>;
const TIMES_IN_FORCE = { ioc: "IOC", fok: "FOK", gtc: "GTC", postOnly: "GTX" } as const satisfies Record<
  TimeInForce,
  string
>;

function placeTemplates(
  { symbol }: VenueListing,
  { apiKey, sessionLogon }: BinanceSigner,
): OrderTemplates<PlaceTemplate> {
  assert(/^[A-Z0-9_]{1,40}$/.test(symbol), `"${symbol}" is no Binance symbol`);
  const key = sessionLogon ? "" : `"apiKey":"${apiKey}",`;
  const template = (side: Side, timeInForce: TimeInForce): PlaceTemplate => {
    const [wireSide, wireTime] = [SIDES[side], TIMES_IN_FORCE[timeInForce]];
    return {
      json: Buffer.from(
        `{"id":"${"0".repeat(REQUEST_ID_DIGITS)}","method":"order.place","params":{${key}"newOrderRespType":"RESULT","side":"${wireSide}","symbol":"${symbol}","timeInForce":"${wireTime}","type":"LIMIT","newClientOrderId":"`,
      ),
      signed: Buffer.from(`&side=${wireSide}&symbol=${symbol}&timeInForce=${wireTime}&timestamp=`),
    };
  };
  return orderTemplates(template);
}

/** 1 for the characters that Binance accepts in an id, none of which needs escaping. */
const ID_CHARS = Uint8Array.from({ length: 128 }, (_, code) =>
  /[.A-Z:/a-z0-9_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const ID_CHARS_MAX = 36;

/** Ids are written into frames as they are, so nothing else may pass. */
function assertId(clientOrderId: string): void {
  const { length } = clientOrderId;
  let plain = 0;
  while (plain < length && ID_CHARS[clientOrderId.charCodeAt(plain)] === 1) plain += 1;
  const isPlain = plain === length && length >= 1 && length <= ID_CHARS_MAX;
  assert(isPlain, "client order id has characters Binance does not accept");
}
