/**
 * Private stream and market stream of Binance USDM, each on its own socket so that neither can hold up or bring down the
 * other or the orders.
 *
 * The private stream counts as live from its first heartbeat answer, not from the handshake: without it no order may be
 * sent. Events lost while it was down are not replayed by Binance; whoever sees it come back asks for open orders.
 */
import { createOrderReport, type OrderReport } from "../../domain/order.ts";
import { createQuote, type MarketStreamParts, type Stream, type StreamParts } from "../native/stream.ts";
import { VenueError } from "../venue-error.ts";
import { QUOTES_QUIET_MS_MAX, VenueSocket } from "../wire/venue-socket.ts";
import { MarketEventReader, PrivateEventReader } from "./answers.ts";
import type { BinanceRest, RestCall } from "./rest.ts";

export interface PrivateStreamParts extends StreamParts {
  readonly venue: number;
  readonly rest: BinanceRest;
  /** Binance drops a listen key 60 minutes after its last sign of life. */
  readonly keepAliveMs: number;
  readonly onReport: (report: OrderReport) => void;
}

const LISTEN_KEY = { path: "/fapi/v1/listenKey", request: "listenKey", rateClass: "query" } as const;
const CREATE_KEY: RestCall = { method: "POST", ...LISTEN_KEY };
const KEEP_KEY_ALIVE: RestCall = { method: "PUT", ...LISTEN_KEY };
/** A failed keep-alive is tried again soon enough to save the key. */
const KEEP_ALIVE_RETRY_MS = 60_000;
const LISTEN_KEY_UNKNOWN = -1125;

export function createPrivateStream(parts: PrivateStreamParts): Stream {
  const report = createOrderReport();
  report.venue = parts.venue;
  const events = new PrivateEventReader(parts.listings);
  let keepAliveTimer: NodeJS.Timeout | null = null;

  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, url: async () => `${parts.url}?listenKey=${await createListenKey(parts.rest)}` },
    {
      onOpen: () => scheduleKeepAlive(parts.keepAliveMs),
      onPong: (link) => link.ready(),
      onLive: parts.onLive,
      onDown: () => {
        if (keepAliveTimer && !socket.active) clearTimeout(keepAliveTimer);
      },
      onMessage: (link, bytes) => {
        const event = events.read(bytes);
        if (event === "order") {
          events.report(report);
          parts.onReport(report);
        } else if (event === "keyExpired" || event === null) link.drop();
      },
      onFailure: parts.onFailure,
    },
  );

  // Binance gives the same key until it expires, so one timer serves a link and its successor.
  const scheduleKeepAlive = (delayMs: number) => {
    if (keepAliveTimer) clearTimeout(keepAliveTimer);
    keepAliveTimer = setTimeout(() => {
      parts.rest.request(KEEP_KEY_ALIVE).then(
        () => scheduleKeepAliveIfUp(parts.keepAliveMs),
        (cause: unknown) => {
          if (cause instanceof VenueError && cause.venueCode === LISTEN_KEY_UNKNOWN) socket.active?.drop();
          else scheduleKeepAliveIfUp(Math.min(parts.keepAliveMs, KEEP_ALIVE_RETRY_MS));
        },
      );
    }, delayMs);
  };
  const scheduleKeepAliveIfUp = (delayMs: number) => {
    if (socket.active) scheduleKeepAlive(delayMs);
  };

  return { open: () => socket.open(), close: () => socket.close() };
}

async function createListenKey(rest: BinanceRest): Promise<string> {
  const answer = await rest.request(CREATE_KEY);
  const key = (answer as { listenKey?: unknown } | null)?.listenKey;
  if (typeof key !== "string" || !/^[A-Za-z0-9_-]{1,256}$/.test(key)) {
    throw new VenueError("MALFORMED", "listenKey", "the exchange answered with no listen key");
  }
  return key;
}

const SUBSCRIBE_ID = 1;

/** Top of book of every listing. A quote of no whole tick or lot is dropped: the next one replaces it anyway. */
export function createMarketStream(parts: MarketStreamParts): Stream {
  const quote = createQuote();
  const events = new MarketEventReader(parts.listings);
  const subscribe = JSON.stringify({
    method: "SUBSCRIBE",
    params: parts.listings.all.map((listing) => `${listing.symbol.toLowerCase()}@bookTicker`),
    id: SUBSCRIBE_ID,
  });
  const socket = new VenueSocket(
    { ...parts.socket, seats: 1, quietMsMax: QUOTES_QUIET_MS_MAX, url: () => parts.url },
    {
      onOpen: (link) => void link.send(subscribe),
      onLive: parts.onLive,
      onDown: () => {},
      onMessage: (link, bytes) => {
        const event = events.read(bytes, SUBSCRIBE_ID);
        if (event === "quote") {
          // Of a link and its successor only one speaks, or an older quote could follow a newer one.
          if (link === socket.active && events.quote(quote)) parts.onQuote(quote);
        } else if (event === "subscribed") link.ready();
        else if (event === "refused" || event === null) link.drop();
      },
      onFailure: parts.onFailure,
    },
  );
  return { open: () => socket.open(), close: () => socket.close() };
}
