/**
 * What each venue shows, and what of it is on its way to us: a quote is the venue's book from the moment it is shown, and an event
 * of ours one latency later.
 */
import type { Directory } from "../../domain/instrument.ts";
import type { Quote } from "../../domain/order.ts";
import type { FeedQuote } from "./market-feed.ts";
import { QuoteQueue } from "./quote-queue.ts";

export class ShownQuotes {
  readonly #directory: Directory;
  readonly #delayMs: number;
  readonly #onTheWay = new QuoteQueue();
  /** What each listing shows now, and whether its venue's book has been told. */
  readonly #shown: Quote[];
  readonly #isDirty: Uint8Array;
  readonly #dirty: number[] = [];

  constructor(directory: Directory, delayMs: number) {
    this.#directory = directory;
    this.#delayMs = delayMs;
    this.#shown = directory.listings.map(({ index }) => ({
      listing: index,
      bidTicks: 0,
      askTicks: 0,
      bidLots: 0,
      askLots: 0,
      venueMs: 0,
    }));
    this.#isDirty = new Uint8Array(directory.listings.length);
  }

  /** When the next one arrives; Infinity when nothing is on its way. */
  get nextMs(): number {
    return this.#onTheWay.nextMs;
  }

  /** The venue shows a price; nobody has seen it yet. */
  show(quote: FeedQuote): void {
    const shown = this.#shown[quote.listing]!;
    shown.bidTicks = quote.bidTicks;
    shown.askTicks = quote.askTicks;
    shown.bidLots = quote.bidLots;
    shown.askLots = quote.askLots;
    shown.venueMs = Math.floor(quote.atMs);
    if (this.#isDirty[quote.listing] === 0) {
      this.#isDirty[quote.listing] = 1;
      this.#dirty.push(quote.listing);
    }
    this.#onTheWay.push(quote.atMs + this.#delayMs, shown);
  }

  /** The one that arrives now. Overwritten by a later `show`. */
  arrive(): Quote {
    return this.#onTheWay.shift();
  }

  /** A connection begins with the newest price of everything there. */
  connect(venue: number, nowMs: number): void {
    for (const shown of this.#shown) {
      if (this.#directory.listings[shown.listing]!.venue !== venue || shown.bidTicks === 0) continue;
      this.#onTheWay.push(Math.max(this.#onTheWay.lastMs, nowMs + this.#delayMs), shown);
    }
  }

  /** Tells `book` of what has changed since the last time: before an order meets it. */
  tell(book: (listing: number, quote: Quote) => void): void {
    for (const listing of this.#dirty) {
      book(listing, this.#shown[listing]!);
      this.#isDirty[listing] = 0;
    }
    this.#dirty.length = 0;
  }
}
