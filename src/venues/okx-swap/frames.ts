/**
 * Frames of the OKX V5 order entry, written in place: a login signs the connection, so an order is a template per listing,
 * side, time in force and reduce-only with its numbers patched in.
 *
 * `expTime` is the order's own deadline: the venue refuses the request once that has passed.
 *
 * Pure: no clock, no socket. Answers are read in `answers.ts`.
 */
import type { OrderRequest, Side, TimeInForce } from "../../domain/order.ts";
import { assert } from "../../domain/units.ts";
import { REQUEST_ID_DIGITS } from "../in-flight.ts";
import { listingOfOrder, type OrderTemplates, orderTemplates } from "../native/order-templates.ts";
import { writeBytes, writeDigits, writeText } from "../wire/ascii.ts";
import { FRAME_HEAD_BYTES } from "../wire/client-frame.ts";
import type { OkxListing, OkxListings } from "./listings.ts";

/** Room for a frame's head, the longest template and its fields. */
export const OKX_FRAME_BYTES = 512;

export interface OkxFrames {
  /** Writes the payload from `FRAME_HEAD_BYTES` on and returns how many bytes it has. */
  place(frame: Buffer, requestId: number, order: OrderRequest): number;
  cancel(requestId: number, listing: OkxListing, clientOrderId: string): string;
}

export function createOkxFrames(listings: OkxListings): OkxFrames {
  const templates = listings.byIndex.map((listing) => listing && placeTemplates(listing));
  return {
    place(frame, requestId, order) {
      const listing = listingOfOrder(listings.byIndex, order);
      const template = templates[order.listing]![order.side][order.timeInForce];
      frame.set(template, FRAME_HEAD_BYTES);
      writeDigits(frame, ID_AT, requestId, REQUEST_ID_DIGITS);
      writeDigits(frame, EXP_TIME_AT, order.stampMs + order.validForMs, EXP_TIME_DIGITS);
      let at = writeId(frame, FRAME_HEAD_BYTES + template.length, order.clientOrderId);
      at = writeBytes(frame, at, PX);
      at = listing.px.write(frame, at, order.pxTicks);
      at = writeBytes(frame, at, SZ);
      at = listing.qty.write(frame, at, order.qtyLots);
      at = writeBytes(frame, at, order.reduceOnly ? END_REDUCE_ONLY : END);
      return at - FRAME_HEAD_BYTES;
    },
    cancel(requestId, listing, clientOrderId) {
      assertId(clientOrderId);
      const id = String(requestId).padStart(REQUEST_ID_DIGITS, "0");
      return `{"id":"${id}","op":"cancel-order","args":[{${instrument(listing)},"clOrdId":"${clientOrderId}"}]}`;
    },
  };
}

const ID_BEFORE = '{"id":"';
const ID_AT = FRAME_HEAD_BYTES + ID_BEFORE.length;
const OP = '","op":"order","expTime":"';
const EXP_TIME_AT = ID_AT + REQUEST_ID_DIGITS + OP.length;
const EXP_TIME_DIGITS = 13;

const PX = Buffer.from('","px":"');
const SZ = Buffer.from('","sz":"');
const END = Buffer.from('"}]}');
const END_REDUCE_ONLY = Buffer.from('","reduceOnly":true}]}');

const ORDER_TYPES = { ioc: "ioc", fok: "fok", gtc: "limit", postOnly: "post_only" } as const satisfies Record<
  TimeInForce,
  string
>;

/** Up to the client order id. Positions are netted and cross-margined: what `connect` checks of the account. */
function placeTemplates(listing: OkxListing): OrderTemplates<Buffer> {
  const template = (side: Side, timeInForce: TimeInForce) =>
    Buffer.from(
      `${ID_BEFORE}${"0".repeat(REQUEST_ID_DIGITS)}${OP}${"0".repeat(EXP_TIME_DIGITS)}","args":[{${instrument(listing)},` +
        `"tdMode":"cross","side":"${side}","ordType":"${ORDER_TYPES[timeInForce]}","clOrdId":"`,
    );
  return orderTemplates(template);
}

function instrument({ symbol, instIdCode }: OkxListing): string {
  assert(/^[A-Z0-9_-]{1,40}$/.test(symbol), `"${symbol}" is no OKX instrument`);
  return instIdCode === null ? `"instId":"${symbol}"` : `"instIdCode":${instIdCode}`;
}

/** Ids are written without escaping: what OKX accepts as an id needs none, and nothing else may pass. */
function writeId(frame: Buffer, from: number, clientOrderId: string): number {
  assertId(clientOrderId);
  return writeText(frame, from, clientOrderId);
}

function assertId(clientOrderId: string): void {
  assert(/^[A-Za-z0-9]{1,32}$/.test(clientOrderId), "client order id has characters OKX does not accept");
}
