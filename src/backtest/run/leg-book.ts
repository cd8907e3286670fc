/**
 * What one leg of a position holds and what it has earned, at the prices that the decisions saw, and what it has cost.
 *
 * Gross profit counts every fill at the mid at which it was decided; the rest of its price (half spread, slippage, what
 * happened on the way) is cost, as is the fee. Gross minus cost is the money, exactly.
 */
export class LegBook {
  /** Signed base quantity. */
  units = 0;
  /** Fees, and fills worse than their mid, in quote units. */
  cost = 0;
  #gross = 0;
  /** Price up to which `#gross` counts. */
  #mark = 0;

  /** Counts from here on: what is held was there before. */
  open(price: number): void {
    this.#gross = 0;
    this.cost = 0;
    this.#mark = price;
  }

  /** `units` signed: bought is positive. */
  fill(units: number, decidedPrice: number, fillPrice: number, fee: number): void {
    if (this.units !== 0) this.#gross += this.units * (decidedPrice - this.#mark);
    this.cost += units * (fillPrice - decidedPrice) + fee;
    this.units += units;
    this.#mark = decidedPrice;
  }

  /** Profit before costs, what is held valued at `price`. */
  gross(price: number): number {
    return this.#gross + (this.units === 0 ? 0 : this.units * (price - this.#mark));
  }

  /** Signed quote notional of what is held. */
  value(price: number): number {
    return this.units === 0 ? 0 : this.units * price;
  }
}
