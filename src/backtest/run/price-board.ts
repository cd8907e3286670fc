/** The newest price of every instrument: the median over the venues that have shown one, as the core takes it of the fresh ones. */
import type { Directory } from "../../domain/instrument.ts";
import type { Quote } from "../../domain/order.ts";

export class PriceBoard {
  readonly #directory: Directory;
  readonly #listingsOf: readonly (readonly number[])[];
  /** In ticks, by listing; in quote units, by instrument. NaN before the first. */
  readonly #mids: Float64Array;
  readonly #prices: Float64Array;
  readonly #sorted: Float64Array;

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#mids = new Float64Array(directory.listings.length).fill(Number.NaN);
    this.#sorted = new Float64Array(directory.listings.length);
    this.#prices = new Float64Array(directory.instruments.length).fill(Number.NaN);
    this.#listingsOf = directory.instruments.map(({ index }) =>
      directory.listings.filter(({ instrument }) => instrument === index).map((listing) => listing.index),
    );
  }

  /** In quote units; NaN before the first. */
  of(instrument: number): number {
    return this.#prices[instrument]!;
  }

  quote({ listing, bidTicks, askTicks }: Quote): void {
    const { instrument } = this.#directory.listings[listing]!;
    this.#mids[listing] = (bidTicks + askTicks) / 2;
    this.#prices[instrument] = this.#median(instrument) * this.#directory.instruments[instrument]!.tick;
  }

  /** Of an instrument without listings. */
  set(instrument: number, price: number): void {
    this.#prices[instrument] = price;
  }

  #median(instrument: number): number {
    const listings = this.#listingsOf[instrument]!;
    if (listings.length === 1) return this.#mids[listings[0]!]!;
    const sorted = this.#sorted;
    let count = 0;
    for (const listing of listings) {
      const mid = this.#mids[listing]!;
      if (Number.isNaN(mid)) continue;
      let at = count++;
      for (; at > 0 && sorted[at - 1]! > mid; at--) sorted[at] = sorted[at - 1]!;
      sorted[at] = mid;
    }
    const middle = count >> 1;
    return count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
}
