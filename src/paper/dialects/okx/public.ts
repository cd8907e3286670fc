/**
 * OKX V5 public channels: `bbo-tbt`, `books`, `books5`, `trades`, each by instrument.
 *
 * Deviations from the real venue, on purpose: every depth channel ticks at one interval, a book that stands still sends
 * nothing (OKX repeats itself after a minute), and there is no VIP-only channel.
 */
import { DepthDiff, type Sides, topLevels } from "../../depth-diff.ts";
import type { PaperListing } from "../../listing.ts";
import type { Peer } from "../../peer.ts";
import { type BookChain, bookChecksum, renderBook, renderPublicTrade } from "./render-market.ts";

export const PUBLIC_CHANNELS = ["bbo-tbt", "books", "books5", "trades"] as const;
export type PublicChannel = (typeof PUBLIC_CHANNELS)[number];

const BOOK_LEVELS = 400;

interface Stream {
  readonly channel: PublicChannel;
  readonly listing: PaperListing;
  /** The start of every message of it, up to the data. */
  readonly arg: string;
  readonly peers: Set<Peer>;
  readonly diff: DepthDiff;
  /** bbo-tbt: the last top sent. */
  lastTop: string;
  /** Depth: the update that the subscribers have. */
  lastUpdateId: number;
}

export class OkxPublic {
  readonly #serverMs: () => number;
  /** By instrument, so that a change of one book looks at its own only. At most every channel of every listing. */
  readonly #byListing = new Map<PaperListing, Map<PublicChannel, Stream>>();

  constructor(serverMs: () => number) {
    this.#serverMs = serverMs;
  }

  /** Adds a subscriber and sends it where the channel stands. Its acknowledgement must have been sent. */
  subscribe(peer: Peer, channel: PublicChannel, listing: PaperListing): void {
    const stream = this.#stream(channel, listing);
    // What changed since the last tick goes to the others first, so that all know the same afterwards.
    if (channel === "books") {
      this.#publishBook(stream);
      if (stream.peers.size === 0) stream.lastUpdateId = listing.updateId;
    }
    stream.peers.add(peer);
    if (channel === "trades") return;
    const snapshot = topLevels(listing, DEPTH[channel]);
    const action = channel === "books" ? `,"action":"snapshot"` : "";
    const book = channel === "books" ? { checksum: bookChecksum(listing, snapshot), previous: -1 } : undefined;
    peer.send(`{${stream.arg}${action},"data":[${this.#row(stream, snapshot, book)}]}`);
  }

  unsubscribe(peer: Peer, channel: PublicChannel, listing: PaperListing): void {
    const streams = this.#byListing.get(listing);
    const stream = streams?.get(channel);
    stream?.peers.delete(peer);
    if (stream?.peers.size === 0) streams?.delete(channel);
  }

  detach(peer: Peer): void {
    for (const [listing, streams] of this.#byListing) {
      for (const channel of [...streams.keys()]) this.unsubscribe(peer, channel, listing);
    }
  }

  onBook(listing: PaperListing): void {
    const stream = this.#byListing.get(listing)?.get("bbo-tbt");
    if (stream === undefined) return;
    const top = topLevels(listing, 1);
    const text = top.join(";");
    if (text === stream.lastTop) return;
    stream.lastTop = text;
    this.#send(stream, `{${stream.arg},"data":[${this.#row(stream, top)}]}`);
  }

  onTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean): void {
    const stream = this.#byListing.get(listing)?.get("trades");
    if (stream === undefined) return;
    const row = renderPublicTrade(listing, pxTicks, qtyLots, buyerIsMaker, this.#serverMs());
    this.#send(stream, `{${stream.arg},"data":[${row}]}`);
  }

  /** Tells what changed of every depth channel since the last call. */
  publishDepth(): void {
    for (const streams of this.#byListing.values()) {
      for (const stream of streams.values()) {
        if (stream.channel === "books") this.#publishBook(stream);
        else if (stream.channel === "books5" && stream.listing.updateId !== stream.lastUpdateId) {
          stream.lastUpdateId = stream.listing.updateId;
          this.#send(stream, `{${stream.arg},"data":[${this.#row(stream, topLevels(stream.listing, 5))}]}`);
        }
      }
    }
  }

  #publishBook(stream: Stream): void {
    const { listing } = stream;
    const changes = stream.diff.changes();
    if (stream.peers.size === 0 || changes[0].length + changes[1].length === 0) return;
    const book = { checksum: bookChecksum(listing, topLevels(listing, 25)), previous: stream.lastUpdateId };
    stream.lastUpdateId = listing.updateId;
    this.#send(stream, `{${stream.arg},"action":"update","data":[${this.#row(stream, changes, book)}]}`);
  }

  #stream(channel: PublicChannel, listing: PaperListing): Stream {
    let streams = this.#byListing.get(listing);
    if (streams === undefined) {
      streams = new Map();
      this.#byListing.set(listing, streams);
    }
    let stream = streams.get(channel);
    if (stream === undefined) {
      const arg = `"arg":{"channel":"${channel}","instId":"${listing.symbol}"}`;
      const diff = new DepthDiff(listing, BOOK_LEVELS);
      stream = { channel, listing, arg, peers: new Set(), diff, lastTop: "", lastUpdateId: listing.updateId };
      streams.set(channel, stream);
    }
    return stream;
  }

  /** A row that belongs to a chain of updates is numbered by the chain, which skips what its subscribers cannot see. */
  #row({ listing, lastUpdateId }: Stream, sides: Sides, book?: BookChain): string {
    return renderBook(listing, sides, this.#serverMs(), book === undefined ? listing.updateId : lastUpdateId, book);
  }

  #send(stream: Stream, text: string): void {
    for (const peer of stream.peers) peer.send(text);
  }
}

const DEPTH: Readonly<Record<Exclude<PublicChannel, "trades">, number>> = {
  "bbo-tbt": 1,
  books: BOOK_LEVELS,
  books5: 5,
};
