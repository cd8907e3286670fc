/**
 * Quotes of a turn of the event loop, conflated: of several quotes of one listing only the last is taken, when the turn has read
 * all that its sockets had. Allocates nothing after construction but the turn's end.
 */
import type { Quote } from "../domain/order.ts";

export class QuoteTurn {
  /** By listing. */
  readonly #latest: readonly Quote[];
  readonly #fresh: number[] = [];
  readonly #take: (quote: Quote) => void;
  readonly #done: () => void;
  #end: NodeJS.Immediate | null = null;

  /** `done` comes behind the last `take` of a turn. */
  constructor(listings: number, take: (quote: Quote) => void, done: () => void) {
    this.#latest = Array.from({ length: listings }, (_, listing) => ({
      listing,
      bidTicks: 0,
      askTicks: 0,
      bidLots: 0,
      askLots: 0,
      venueMs: 0,
    }));
    this.#take = take;
    this.#done = done;
  }

  put(quote: Quote): void {
    if (!this.#fresh.includes(quote.listing)) this.#fresh.push(quote.listing);
    Object.assign(this.#latest[quote.listing]!, quote);
    this.#end ??= setImmediate(this.#over);
  }

  /** What was put since the last turn's end is lost. */
  close(): void {
    if (this.#end !== null) clearImmediate(this.#end);
    this.#end = null;
  }

  readonly #over = (): void => {
    this.#end = null;
    for (const listing of this.#fresh) this.#take(this.#latest[listing]!);
    this.#fresh.length = 0;
    this.#done();
  };
}
