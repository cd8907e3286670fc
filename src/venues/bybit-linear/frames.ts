/**
 * Frames of the Bybit V5 order entry: one order in, the bytes of one message out.
 *
 * Nothing is signed but the connection's `auth`, so an order is a copy of what does not change from order to order, prepared
 * once per listing, side, time in force and reduce-only, and the writing of id, quantity, price, stamp and window into it.
 * What has a fixed length stands first and is patched in place. Stamp and window travel with every order, and the venue
 * refuses it outside them.
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

export interface BybitFrames {
  /** Writes the message from `FRAME_HEAD_BYTES` on into a buffer of `BYBIT_FRAME_BYTES`; returns its length. */
  place(frame: Buffer, requestId: number, order: OrderRequest): number;
  cancel(requestId: number, listing: VenueListing, clientOrderId: string, stampMs: number): string;
  /** The number that an answer's `reqId` stands for; NaN where it is none of ours. */
  requestIdOf(reqId: string): number;
}

/** Enough for the longest symbol, id and numbers there can be: 40 + 36 + 36 + 4 × 17, and what stands between them. */
export const BYBIT_FRAME_BYTES = 768;
/** How long a cancel may travel. Generous: executing one late does no harm. */
const REQUEST_WINDOW_MS = 5000;

/** `run` tells one run of the engine from another: Bybit refuses a request id that it has seen before. */
export function createBybitFrames(listings: VenueListings, run: string): BybitFrames {
  assert(/^[a-z0-9]{1,12}$/.test(run), `"${run}" cannot begin a request id`);
  const idAt = FRAME_HEAD_BYTES + `{"reqId":"${run}-`.length;
  const templates = listings.byIndex.map((listing) => listing && placeTemplates(run, listing));
  const prefix = `${run}-`;
  return {
    place(frame, requestId, order) {
      const listing = listingOfOrder(listings.byIndex, order);
      const template = templates[order.listing]![order.side][order.timeInForce];
      assertId(order.clientOrderId);
      let at = writeBytes(frame, FRAME_HEAD_BYTES, order.reduceOnly ? template.reduces : template.opens);
      writeDigits(frame, idAt, requestId, REQUEST_ID_DIGITS);
      at = writeText(frame, at, order.clientOrderId);
      at = writeBytes(frame, at, QUANTITY);
      at = listing.qty.write(frame, at, order.qtyLots);
      at = writeBytes(frame, at, PRICE);
      at = listing.px.write(frame, at, order.pxTicks);
      at = writeBytes(frame, at, STAMP);
      at = writeWhole(frame, at, order.stampMs);
      at = writeBytes(frame, at, WINDOW);
      at = writeWhole(frame, at, order.validForMs);
      return writeBytes(frame, at, END) - FRAME_HEAD_BYTES;
    },
    cancel(requestId, { symbol }, clientOrderId, stampMs) {
      assertId(clientOrderId);
      const reqId = `${prefix}${String(requestId).padStart(REQUEST_ID_DIGITS, "0")}`;
      return `{"reqId":"${reqId}","op":"order.cancel","args":[{"category":"linear","symbol":"${symbol}","orderLinkId":"${clientOrderId}"}],"header":{"X-BAPI-TIMESTAMP":"${stampMs}","X-BAPI-RECV-WINDOW":"${REQUEST_WINDOW_MS}"}}`;
    },
    requestIdOf(reqId) {
      return reqId.startsWith(prefix) ? Number(reqId.slice(prefix.length)) : Number.NaN;
    },
  };
}

const QUANTITY = Buffer.from('","qty":"');
const PRICE = Buffer.from('","price":"');
const STAMP = Buffer.from('"}],"header":{"X-BAPI-TIMESTAMP":"');
const WINDOW = Buffer.from('","X-BAPI-RECV-WINDOW":"');
const END = Buffer.from('"}}');

/** The message up to the client order id, with a request id of zeros. */
interface PlaceTemplate {
  readonly opens: Uint8Array;
  readonly reduces: Uint8Array;
}

const SIDES = { buy: "Buy", sell: "Sell" } as const satisfies Record<Side, string>;
const TIMES_IN_FORCE = { ioc: "IOC", fok: "FOK", gtc: "GTC", postOnly: "PostOnly" } as const satisfies Record<
  TimeInForce,
  string
>;

function placeTemplates(run: string, { symbol }: VenueListing): OrderTemplates<PlaceTemplate> {
  assert(/^[A-Z0-9]{1,40}$/.test(symbol), `"${symbol}" is no Bybit symbol`);
  const bytes = (side: Side, timeInForce: TimeInForce, reduceOnly: boolean) =>
    Buffer.from(
      `{"reqId":"${run}-${"0".repeat(REQUEST_ID_DIGITS)}","op":"order.create","args":[{"category":"linear","symbol":"${symbol}",` +
        `"side":"${SIDES[side]}","orderType":"Limit","timeInForce":"${TIMES_IN_FORCE[timeInForce]}","positionIdx":0,` +
        `"reduceOnly":${reduceOnly},"orderLinkId":"`,
    );
  const template = (side: Side, timeInForce: TimeInForce): PlaceTemplate => ({
    opens: bytes(side, timeInForce, false),
    reduces: bytes(side, timeInForce, true),
  });
  return orderTemplates(template);
}

/** Ids are written into frames without escaping: what Bybit accepts as an id needs none, and nothing else may pass. */
function assertId(clientOrderId: string): void {
  assert(/^[A-Za-z0-9_-]{1,36}$/.test(clientOrderId), "client order id has characters Bybit does not accept");
}
