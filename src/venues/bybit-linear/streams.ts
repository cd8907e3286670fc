/**
 * Private stream and market stream of Bybit linear, each on its own socket so that neither can hold up or bring down the
 * other or the orders.
 *
 * The private stream is live once its topics are confirmed: without it no order may be sent. Events lost while it was down are
 * not replayed by Bybit; whoever sees it come back asks for open orders.
 */
import { createOrderReport, type OrderReport } from "../../domain/order.ts";
import { Deadlines } from "../native/deadlines.ts";
import { createQuote, type MarketStreamParts, type Stream, type StreamParts } from "../native/stream.ts";
import { VenueError } from "../venue-error.ts";
import { parseMessage } from "../venue-reports.ts";
import type { Link } from "../wire/link.ts";
import { QUOTES_QUIET_MS_MAX, VenueSocket } from "../wire/venue-socket.ts";
import { BybitPrivateReader, type PrivateEvent } from "./answers.ts";
import { BybitTops } from "./book.ts";
import type { BybitSigner } from "./signer.ts";

export interface PrivateStreamParts extends StreamParts {
  readonly venue: number;
  readonly signer: BybitSigner;
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
}

const SUBSCRIBE_PRIVATE = '{"op":"subscribe","req_id":"private","args":["order","execution"]}';

export function createPrivateStream(parts: PrivateStreamParts): Stream {
  const report = createOrderReport();
  report.venue = parts.venue;
  const events = new BybitPrivateReader(parts.listings);
  const setUp = new Deadlines(parts.socket.staleAfterMs);
  const tell = () => parts.onReport(report);

  const onEvent = (link: Link, event: PrivateEvent | null) => {
    switch (event) {
      case "rows":
        return events.eachReport(report, tell);
      case "authorized":
        return void link.send(SUBSCRIBE_PRIVATE);
      case "subscribed":
        setUp.end(link);
        return link.ready();
      case "refused": {
        // Its topics are always the same ones: what is refused is the key.
        parts.onFailure(new VenueError("AUTH", "stream", "private stream refused the key"));
        return link.drop();
      }
      case null:
        return link.drop();
    }
  };

  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, url: () => parts.url },
    {
      onOpen: (link) => {
        setUp.start(link);
        link.send(parts.signer.authFrame(parts.venueMs()));
      },
      onLive: parts.onLive,
      onDown: (link) => setUp.end(link),
      onMessage: (link, bytes) => onEvent(link, events.read(bytes)),
      onFailure: parts.onFailure,
    },
  );
  return { open: () => socket.open(), close: () => socket.close() };
}

/** Top of book of every listing. A quote of no whole tick or lot is dropped: the next one replaces it anyway. */
export function createMarketStream(parts: MarketStreamParts): Stream {
  const quote = createQuote();
  const args = parts.listings.all.map(({ symbol }) => `orderbook.1.${symbol}`);
  const subscribe = JSON.stringify({ op: "subscribe", req_id: "market", args });
  const setUp = new Deadlines(parts.socket.staleAfterMs);
  const tops = new Map<Link, BybitTops>();

  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, quietMsMax: QUOTES_QUIET_MS_MAX, url: () => parts.url },
    {
      onOpen: (link) => {
        tops.set(link, new BybitTops(parts.listings));
        setUp.start(link);
        link.send(subscribe);
      },
      onLive: parts.onLive,
      onDown: (link) => {
        setUp.end(link);
        tops.delete(link);
      },
      onMessage: (link, bytes) => {
        const message = parseMessage(bytes);
        if (!message) return link.drop();
        if (message["topic"] !== undefined) {
          const isWhole = tops.get(link)?.read(message, quote) ?? false;
          // Of a link and its successor only one speaks, or an older quote could follow a newer one.
          if (isWhole && link === socket.active) parts.onQuote(quote);
        } else if (message["op"] === "subscribe") {
          setUp.end(link);
          if (message["success"] === true) return link.ready();
          parts.onFailure(new VenueError("REFUSED", "quotes", "market stream refused a topic"));
          link.drop();
        }
      },
      onFailure: parts.onFailure,
    },
  );
  return { open: () => socket.open(), close: () => socket.close() };
}
