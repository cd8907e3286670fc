/**
 * Binance USDM streams: public market data by subscription, private events by listen key.
 *
 * Deviations from the real venue, on purpose: a bookTicker subscription is answered with the current quote at once (a paper
 * market may stand still), and every depth stream ticks at one interval whatever speed its name asks for.
 */
import { randomBytes } from "node:crypto";
import type { PaperAccount } from "../account.ts";
import type { PaperExchange } from "../exchange.ts";
import type { PaperListing } from "../listing.ts";
import type { UserEvent } from "../order.ts";
import type { Delivery, Peer } from "../peer.ts";
import {
  type Levels,
  renderAccountEvent,
  renderAggTrade,
  renderBookTicker,
  renderDepthUpdate,
  renderOrderEvent,
} from "./binance-render.ts";

const LISTEN_KEY_MS = 60 * 60 * 1000;
const STREAMS_MAX = 200;
/** Levels whose changes a differential depth stream tells. */
const DIFF_LEVELS = 1000;

interface Stream {
  readonly name: string;
  readonly listing: PaperListing;
  readonly kind: "bookTicker" | "aggTrade" | "depth" | "partialDepth";
  readonly levels: number;
  readonly peers: Set<Peer>;
  /** bookTicker: the last quote sent. Depth: the last update id, and what the subscribers know of each side. */
  lastTop: string;
  lastUpdateId: number;
  readonly known: readonly [Map<number, number>, Map<number, number>];
}

export class BinanceStreams {
  readonly #exchange: PaperExchange;
  readonly #serverMs: () => number;
  readonly #streams = new Map<string, Stream>();
  /** The same streams by symbol, so that a change of one book looks at its own only. */
  readonly #bySymbol = new Map<string, Set<Stream>>();
  readonly #listenKeys = new Map<
    string,
    { readonly account: PaperAccount; endsMs: number; readonly peers: Set<Peer> }
  >();

  constructor(exchange: PaperExchange, serverMs: () => number) {
    this.#exchange = exchange;
    this.#serverMs = serverMs;
  }

  /** Serves a market socket: the streams of its address, and SUBSCRIBE / UNSUBSCRIBE / LIST_SUBSCRIPTIONS on it. */
  attach(peer: Peer, names: readonly string[]): void {
    for (const name of names) this.#subscribe(peer, name);
    peer.onMessage((text) => {
      const request = parseRequest(text);
      if (request === null) return peer.send('{"code":2,"msg":"Invalid request: malformed JSON"}');
      const id = JSON.stringify(request.id);
      if (request.method === "LIST_SUBSCRIPTIONS") {
        const held = [...this.#streams.values()]
          .filter((stream) => stream.peers.has(peer))
          .map((stream) => stream.name);
        return peer.send(`{"result":${JSON.stringify(held)},"id":${id}}`);
      }
      if (request.method === "SUBSCRIBE") {
        peer.send(`{"result":null,"id":${id}}`);
        for (const name of request.params) this.#subscribe(peer, name);
      } else if (request.method === "UNSUBSCRIBE") {
        for (const name of request.params) this.#unsubscribe(peer, name);
        peer.send(`{"result":null,"id":${id}}`);
      } else peer.send(`{"code":2,"msg":"Invalid request: unknown method","id":${id}}`);
    });
  }

  detach(peer: Peer): void {
    for (const stream of [...this.#streams.values()]) this.#unsubscribe(peer, stream.name);
    for (const entry of this.#listenKeys.values()) entry.peers.delete(peer);
  }

  /** The account's listen key: the live one, its life extended, or a new one. */
  openListenKey(account: PaperAccount): string {
    const endsMs = this.#serverMs() + LISTEN_KEY_MS;
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.account !== account) continue;
      entry.endsMs = endsMs;
      return listenKey;
    }
    const listenKey = randomBytes(32).toString("hex");
    this.#listenKeys.set(listenKey, { account, endsMs, peers: new Set() });
    return listenKey;
  }

  /** False: the account has no listen key. */
  closeListenKey(account: PaperAccount): boolean {
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.account !== account) continue;
      this.#listenKeys.delete(listenKey);
      for (const peer of entry.peers) peer.close(1000);
      return true;
    }
    return false;
  }

  hasListenKey(account: PaperAccount): boolean {
    for (const entry of this.#listenKeys.values()) if (entry.account === account) return true;
    return false;
  }

  /** False: no such listen key. */
  attachPrivate(peer: Peer, listenKey: string): boolean {
    const entry = this.#listenKeys.get(listenKey);
    if (entry === undefined) return false;
    peer.account = entry.account;
    entry.peers.add(peer);
    return true;
  }

  /** Ends listen keys nobody kept alive. Called from time to time. */
  expireListenKeys(): void {
    const nowMs = this.#serverMs();
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.endsMs > nowMs) continue;
      this.#listenKeys.delete(listenKey);
      for (const peer of entry.peers) {
        peer.send(`{"e":"listenKeyExpired","E":${nowMs},"listenKey":"${listenKey}"}`);
        peer.close(1000);
      }
    }
  }

  publishUser(event: UserEvent, delivery: Delivery): void {
    const account = event.kind === "order" ? event.order.account : event.account;
    let text = "";
    for (const entry of this.#listenKeys.values()) {
      if (entry.account !== account) continue;
      for (const peer of entry.peers) {
        if (text === "") {
          text =
            event.kind === "order"
              ? renderOrderEvent(event)
              : renderAccountEvent(event, this.#exchange.markPxTicks(event.listing));
        }
        peer.send(
          peer.combined
            ? `{"stream":"${event.kind === "order" ? "ORDER_TRADE_UPDATE" : "ACCOUNT_UPDATE"}","data":${text}}`
            : text,
          delivery,
        );
      }
    }
  }

  publishBook(listing: PaperListing): void {
    const streams = this.#bySymbol.get(listing.symbol);
    if (streams === undefined) return;
    for (const stream of streams) if (stream.kind === "bookTicker") this.#publishTop(stream);
  }

  publishTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean): void {
    const streams = this.#bySymbol.get(listing.symbol);
    if (streams === undefined) return;
    for (const stream of streams) {
      if (stream.kind === "aggTrade")
        this.#send(stream, renderAggTrade(listing, pxTicks, qtyLots, buyerIsMaker, this.#serverMs()));
    }
  }

  /** Sends what changed on every depth stream since the last call. */
  publishDepth(): void {
    for (const stream of this.#streams.values()) {
      if (stream.kind !== "depth" && stream.kind !== "partialDepth") continue;
      if (stream.listing.updateId === stream.lastUpdateId) continue;
      const { listing } = stream;
      const previous = stream.lastUpdateId;
      stream.lastUpdateId = listing.updateId;
      const [bids, asks] = stream.kind === "depth" ? changes(stream) : topLevels(listing, stream.levels);
      if (stream.kind === "depth" && bids.length + asks.length === 0) {
        // Nothing within sight moved: the next update still has to follow on from this one.
        stream.lastUpdateId = previous;
        continue;
      }
      this.#send(stream, renderDepthUpdate(listing, previous + 1, previous, bids, asks, this.#serverMs()));
    }
  }

  #subscribe(peer: Peer, name: string): void {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const created = parseStream(name, this.#exchange);
      if (created === null || this.#streams.size >= STREAMS_MAX) return;
      stream = created;
      this.#streams.set(name, stream);
      const { symbol } = stream.listing;
      this.#bySymbol.set(symbol, (this.#bySymbol.get(symbol) ?? new Set()).add(stream));
      if (stream.kind === "depth") changes(stream);
      stream.lastUpdateId = stream.listing.updateId;
    }
    stream.peers.add(peer);
    if (stream.kind === "bookTicker") peer.send(framed(peer, name, renderBookTicker(stream.listing, this.#serverMs())));
  }

  #unsubscribe(peer: Peer, name: string): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    stream.peers.delete(peer);
    if (stream.peers.size > 0) return;
    this.#streams.delete(name);
    this.#bySymbol.get(stream.listing.symbol)?.delete(stream);
  }

  #publishTop(stream: Stream): void {
    const bid = stream.listing.engine.bestBid();
    const ask = stream.listing.engine.bestAsk();
    const top = `${bid?.pxTicks}:${bid?.qtyLots}:${ask?.pxTicks}:${ask?.qtyLots}`;
    if (top === stream.lastTop) return;
    stream.lastTop = top;
    this.#send(stream, renderBookTicker(stream.listing, this.#serverMs()));
  }

  #send(stream: Stream, text: string): void {
    for (const peer of stream.peers) peer.send(framed(peer, stream.name, text));
  }
}

function framed(peer: Peer, name: string, text: string): string {
  return peer.combined ? `{"stream":"${name}","data":${text}}` : text;
}

const STREAM = /^([a-z0-9_]{1,40})@(?:(bookTicker|aggTrade)|depth(5|10|20)?(?:@(?:0|100|250|500)ms)?)$/;

/** Null: not a stream of this venue. Binance ignores such a subscription too. */
function parseStream(name: string, exchange: PaperExchange): Stream | null {
  const match = STREAM.exec(name);
  const listing = match === null ? undefined : exchange.listings.get(match[1]!.toUpperCase());
  if (match === null || listing === undefined) return null;
  const kind =
    (match[2] as "bookTicker" | "aggTrade" | undefined) ?? (match[3] === undefined ? "depth" : "partialDepth");
  const levels = Number(match[3] ?? 0);
  return { name, listing, kind, levels, peers: new Set(), lastTop: "", lastUpdateId: 0, known: [new Map(), new Map()] };
}

function topLevels(listing: PaperListing, levels: number): readonly [Levels, Levels] {
  const { bids, asks } = listing.engine.depth(levels);
  return [
    bids.map((each) => [each.pxTicks, each.qtyLots] as const),
    asks.map((each) => [each.pxTicks, each.qtyLots] as const),
  ];
}

/** Levels that differ from what the subscribers know, a vanished one with quantity 0; they know the book afterwards. */
function changes(stream: Stream): readonly [Levels, Levels] {
  const now = topLevels(stream.listing, DIFF_LEVELS);
  return [diff(stream.known[0], now[0]), diff(stream.known[1], now[1])];
}

function diff(known: Map<number, number>, now: Levels): Levels {
  const current = new Map(now);
  const changed: (readonly [number, number])[] = [];
  for (const pxTicks of known.keys()) {
    if (current.has(pxTicks)) continue;
    changed.push([pxTicks, 0]);
    known.delete(pxTicks);
  }
  for (const [pxTicks, qtyLots] of current) {
    if (known.get(pxTicks) === qtyLots) continue;
    changed.push([pxTicks, qtyLots]);
    known.set(pxTicks, qtyLots);
  }
  return changed;
}

function parseRequest(text: string): { id: unknown; method: unknown; params: string[] } | null {
  try {
    const { id = null, method, params } = JSON.parse(text) as { id?: unknown; method?: unknown; params?: unknown };
    return { id, method, params: Array.isArray(params) ? params.map(String) : [] };
  } catch {
    return null;
  }
}
