/**
 * Binance's public streams, USDM and spot alike: market data by subscription. What the products say differently is a
 * `MarketForm`.
 *
 * Deviations from the real venue, on purpose: a bookTicker subscription is answered with the current quote at once (a paper
 * market may stand still), and every depth stream ticks at one interval whatever speed its name asks for.
 */
import { DepthDiff, type Level, topLevels } from "../../depth-diff.ts";
import type { PaperExchange } from "../../exchange.ts";
import type { PaperListing } from "../../listing.ts";
import type { Peer } from "../../peer.ts";
import type { Route } from "../dialect.ts";

export interface MarketForm {
  bookTicker(listing: PaperListing, nowMs: number): string;
  depthUpdate(
    listing: PaperListing,
    first: number,
    previous: number,
    bids: readonly Level[],
    asks: readonly Level[],
    nowMs: number,
  ): string;
  /** Null: a depth update says it. */
  readonly partialDepth: ((listing: PaperListing, levels: number, nowMs: number) => string) | null;
  aggTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean, nowMs: number): string;
  /** Null: there is no such stream. */
  readonly trade:
    | ((listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean, nowMs: number) => string)
    | null;
}

const STREAMS_MAX = 200;
/** Levels whose changes a differential depth stream tells. */
const DIFF_LEVELS = 1000;

interface Stream {
  readonly name: string;
  readonly listing: PaperListing;
  readonly kind: "bookTicker" | "aggTrade" | "trade" | "depth" | "partialDepth";
  readonly levels: number;
  readonly peers: Set<Peer>;
  /** bookTicker: the last quote sent. Depth: the last update id, and what the subscribers know of the book. */
  lastTop: string;
  lastUpdateId: number;
  readonly diff: DepthDiff;
}

export class BinanceStreams {
  readonly #exchange: PaperExchange;
  readonly #form: MarketForm;
  readonly #serverMs: () => number;
  readonly #streams = new Map<string, Stream>();
  /** The same streams by symbol, so that a change of one book looks at its own only. */
  readonly #bySymbol = new Map<string, Set<Stream>>();

  constructor(exchange: PaperExchange, form: MarketForm, serverMs: () => number) {
    this.#exchange = exchange;
    this.#form = form;
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

  /** `/ws`, `/ws/<streams>`, `/stream?streams=`, with or without `/public` or `/market` before. */
  route(path: string, query: URLSearchParams): Route | null {
    const match = /^(?:\/(?:public|market))?\/(ws|stream)(?:\/(.*))?$/.exec(path);
    if (match === null) return null;
    const given = [...(match[2] ?? "").split("/"), ...(query.get("streams") ?? "").split("/")];
    const names = given.filter((name) => name.includes("@"));
    return {
      kinds: ["market"],
      attach: (peer) => {
        peer.combined = match[1] === "stream";
        this.attach(peer, names);
      },
    };
  }

  detach(peer: Peer): void {
    for (const stream of [...this.#streams.values()]) this.#unsubscribe(peer, stream.name);
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
      const render =
        stream.kind === "aggTrade" ? this.#form.aggTrade : stream.kind === "trade" ? this.#form.trade : null;
      if (render !== null) this.#send(stream, render(listing, pxTicks, qtyLots, buyerIsMaker, this.#serverMs()));
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
      const { partialDepth } = this.#form;
      if (stream.kind === "partialDepth" && partialDepth !== null) {
        this.#send(stream, partialDepth(listing, stream.levels, this.#serverMs()));
        continue;
      }
      const [bids, asks] = stream.kind === "depth" ? stream.diff.changes() : topLevels(listing, stream.levels);
      if (stream.kind === "depth" && bids.length + asks.length === 0) {
        // Nothing within sight moved: the next update still has to follow on from this one.
        stream.lastUpdateId = previous;
        continue;
      }
      this.#send(stream, this.#form.depthUpdate(listing, previous + 1, previous, bids, asks, this.#serverMs()));
    }
  }

  #subscribe(peer: Peer, name: string): void {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const created = parseStream(name, this.#exchange, this.#form);
      if (created === null || this.#streams.size >= STREAMS_MAX) return;
      stream = created;
      this.#streams.set(name, stream);
      const { symbol } = stream.listing;
      this.#bySymbol.set(symbol, (this.#bySymbol.get(symbol) ?? new Set()).add(stream));
      if (stream.kind === "depth") stream.diff.changes();
      stream.lastUpdateId = stream.listing.updateId;
    }
    stream.peers.add(peer);
    if (stream.kind === "bookTicker")
      peer.send(framed(peer, name, this.#form.bookTicker(stream.listing, this.#serverMs())));
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
    this.#send(stream, this.#form.bookTicker(stream.listing, this.#serverMs()));
  }

  #send(stream: Stream, text: string): void {
    for (const peer of stream.peers) peer.send(framed(peer, stream.name, text));
  }
}

function framed(peer: Peer, name: string, text: string): string {
  return peer.combined ? `{"stream":"${name}","data":${text}}` : text;
}

const STREAM = /^([a-z0-9_]{1,40})@(?:(bookTicker|aggTrade|trade)|depth(5|10|20)?(?:@(?:0|100|250|500)ms)?)$/;

/** Null: not a stream of this venue. Binance ignores such a subscription too. */
function parseStream(name: string, exchange: PaperExchange, form: MarketForm): Stream | null {
  const match = STREAM.exec(name);
  const listing = match === null ? undefined : exchange.listings.get(match[1]!.toUpperCase());
  if (match === null || listing === undefined) return null;
  const kind =
    (match[2] as "bookTicker" | "aggTrade" | "trade" | undefined) ??
    (match[3] === undefined ? "depth" : "partialDepth");
  if (kind === "trade" && form.trade === null) return null;
  const levels = Number(match[3] ?? 0);
  const diff = new DepthDiff(listing, DIFF_LEVELS);
  return { name, listing, kind, levels, peers: new Set(), lastTop: "", lastUpdateId: 0, diff };
}

function parseRequest(text: string): { id: unknown; method: unknown; params: string[] } | null {
  try {
    const { id = null, method, params } = JSON.parse(text) as { id?: unknown; method?: unknown; params?: unknown };
    return { id, method, params: Array.isArray(params) ? params.map(String) : [] };
  } catch {
    return null;
  }
}
