/** Quotes on their way from a venue to us, in the order in which they arrive. A ring that grows to the most there ever were. */
import type { Quote } from "../../domain/order.ts";
import { AssertionError, assert } from "../../domain/units.ts";

interface Arriving extends Quote {
  atMs: number;
}

export class QuoteQueue {
  /** Of the newest quote; times never fall. */
  lastMs = Number.NEGATIVE_INFINITY;
  /** A power of two of them. */
  #slots: Arriving[] = Array.from({ length: 16 }, emptySlot);
  #first = 0;
  #count = 0;

  /** Infinity when nothing is on its way. */
  get nextMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#slots[this.#first]!.atMs;
  }

  /** Copies the quote. */
  push(atMs: number, quote: Quote): void {
    // The words only where they are needed: making them of numbers costs more than all the rest.
    if (!(atMs >= this.lastMs)) throw new AssertionError(`a quote at ${atMs} would overtake one at ${this.lastMs}`);
    if (this.#count === this.#slots.length) this.#grow();
    const slot = this.#slots[(this.#first + this.#count) & (this.#slots.length - 1)]!;
    slot.atMs = atMs;
    slot.listing = quote.listing;
    slot.bidTicks = quote.bidTicks;
    slot.askTicks = quote.askTicks;
    slot.bidLots = quote.bidLots;
    slot.askLots = quote.askLots;
    slot.venueMs = quote.venueMs;
    this.#count++;
    this.lastMs = atMs;
  }

  /** The next one. Overwritten by a later `push`: copy what must outlive the call. */
  shift(): Quote {
    assert(this.#count > 0, "no quote is on its way");
    const slot = this.#slots[this.#first]!;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    this.#count--;
    return slot;
  }

  #grow(): void {
    const { length } = this.#slots;
    const inOrder = this.#slots.map((_, at) => this.#slots[(this.#first + at) & (length - 1)]!);
    this.#slots = [...inOrder, ...Array.from({ length }, emptySlot)];
    this.#first = 0;
  }
}

function emptySlot(): Arriving {
  return { atMs: 0, listing: 0, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };
}
