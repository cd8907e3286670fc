/**
 * What the orders of one leg are measured against: the mid when their decision first ordered. An order that tries again what the one
 * before could not get at its price is measured against that one's mid: what was lost in between is slippage.
 */

/** Orders of one cause that follow each other within this are one attempt; later ones follow its age, or the market. */
const RETRY_MS_MAX = 10_000;

export class LegOrders {
  /** Of the newest orders, and how many there were. */
  cause = "";
  causeOrders = 0;
  #orderedMs = Number.NEGATIVE_INFINITY;
  #decidedPrice = Number.NaN;

  /** An order leaves while the mid is `price`. The price that it is measured against. */
  add(atMs: number, cause: string, price: number): number {
    if (this.cause !== cause || !(atMs - this.#orderedMs <= RETRY_MS_MAX)) this.#decidedPrice = price;
    this.causeOrders = this.cause === cause ? this.causeOrders + 1 : 1;
    this.cause = cause;
    this.#orderedMs = atMs;
    return this.#decidedPrice;
  }
}
