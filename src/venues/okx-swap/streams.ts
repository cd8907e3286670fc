/**
 * Private stream and market stream of OKX swaps, each on its own socket so that neither can hold up or bring down the other or
 * the orders.
 *
 * The private stream is live once its channel is confirmed: without it no order may be sent, for an order's answer says
 * nothing of its fills. Events lost while it was down are not replayed; whoever sees it come back asks for open orders.
 */
import { createOrderReport, type OrderReport, type Quote } from "../../domain/order.ts";
import { createQuote, type MarketStreamParts, type Stream, type StreamParts } from "../native/stream.ts";
import { VenueError } from "../venue-error.ts";
import { type Fields, isFields, millis, parseMessage } from "../venue-reports.ts";
import type { Link } from "../wire/link.ts";
import { QUOTES_QUIET_MS_MAX, VenueSocket } from "../wire/venue-socket.ts";
import { OkxMessages } from "./answers.ts";
import { OKX_CLOSING } from "./codes.ts";
import type { OkxListings } from "./listings.ts";
import type { OkxLogins } from "./logins.ts";

export interface PrivateStreamParts extends StreamParts<OkxListings> {
  readonly venue: number;
  readonly logins: OkxLogins;
  readonly onReport: (report: OrderReport) => void;
}

const SUBSCRIBE_ORDERS = '{"op":"subscribe","args":[{"channel":"orders","instType":"SWAP"}]}';

export function createPrivateStream(parts: PrivateStreamParts): Stream {
  const { logins, onReport, onFailure } = parts;
  const messages = new OkxMessages(parts.listings);
  const report = createOrderReport();
  report.venue = parts.venue;
  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, url: () => parts.url },
    {
      onOpen: (link) => logins.start(link),
      onLive: parts.onLive,
      onDown: (link) => logins.end(link),
      onMessage: (link, bytes) => {
        if (!messages.read(bytes)) return link.drop();
        const { event } = messages;
        if (event === undefined) {
          if (messages.channel === "orders") messages.readOrders(report, onReport);
        } else if (event === "subscribe") link.ready();
        else if (event === "notice") {
          if (messages.code === OKX_CLOSING) socket.renew(link);
        } else if (event === "login" || event === "error") {
          const cause = logins.answered(link, event, messages.code, "stream");
          if (cause === null) link.send(SUBSCRIBE_ORDERS);
          else {
            onFailure(cause);
            link.drop();
          }
        }
      },
      onFailure,
    },
  );
  return { open: () => socket.open(), close: () => socket.close() };
}

/** Top of book of every listing. A quote of no whole tick or lot is dropped: the next one replaces it anyway. */
export function createMarketStream(parts: MarketStreamParts<OkxListings>): Stream {
  const { listings, onQuote, onFailure } = parts;
  const quote = createQuote();
  const args = listings.all.map(({ symbol }) => ({ channel: "bbo-tbt", instId: symbol }));
  const subscribe = JSON.stringify({ op: "subscribe", args });
  /** Subscriptions still to be confirmed, by link: each has an answer of its own. */
  const awaited = new Map<Link, number>();
  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, quietMsMax: QUOTES_QUIET_MS_MAX, url: () => parts.url },
    {
      onOpen: (link) => {
        awaited.set(link, args.length);
        link.send(subscribe);
      },
      onLive: parts.onLive,
      onDown: (link) => awaited.delete(link),
      onMessage: (link, bytes) => {
        const message = parseMessage(bytes);
        if (!message) return link.drop();
        const { event, code } = message;
        if (event === undefined) {
          // Of a link and its successor only one speaks, or an older quote could follow a newer one. A first link's books come
          // between its confirmations, and one that stands still would not come again.
          const speaks = socket.active === null || link === socket.active;
          if (speaks && readQuote(listings, message, quote)) onQuote(quote);
        } else if (event === "subscribe") {
          const left = (awaited.get(link) ?? 0) - 1;
          awaited.set(link, left);
          if (left === 0) link.ready();
        } else if (event === "notice") {
          if (code === String(OKX_CLOSING)) socket.renew(link);
        } else if (event === "error") {
          onFailure(new VenueError("REFUSED", "quotes", `market stream refused with code ${String(code)}`));
          link.drop();
        }
      },
      onFailure,
    },
  );
  return { open: () => socket.open(), close: () => socket.close() };
}

/** A `bbo-tbt` message. False when it leaves no quote to tell: another channel, an empty side, or no whole tick or lot. */
export function readQuote(listings: OkxListings, message: Fields, quote: Quote): boolean {
  const { arg, data } = message;
  if (!isFields(arg) || arg["channel"] !== "bbo-tbt" || !Array.isArray(data)) return false;
  const listing = typeof arg["instId"] === "string" ? listings.bySymbol.get(arg["instId"]) : undefined;
  const row: unknown = data.at(-1);
  if (!listing || !isFields(row)) return false;
  const bid = best(row["bids"]);
  const ask = best(row["asks"]);
  if (!bid || !ask) return false;
  quote.listing = listing.listing.index;
  quote.bidTicks = listing.px.parse(bid[0]);
  quote.bidLots = listing.qty.parse(bid[1]);
  quote.askTicks = listing.px.parse(ask[0]);
  quote.askLots = listing.qty.parse(ask[1]);
  quote.venueMs = millis(row["ts"]);
  // NaN fails every comparison.
  return quote.bidTicks > 0 && quote.askTicks > 0 && quote.bidLots >= 0 && quote.askLots >= 0;
}

function best(side: unknown): readonly [px: string, size: string] | null {
  const level: unknown = Array.isArray(side) ? side[0] : undefined;
  if (!Array.isArray(level) || typeof level[0] !== "string" || typeof level[1] !== "string") return null;
  return [level[0], level[1]];
}
