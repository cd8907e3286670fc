/**
 * One leg of a pair on the books: what it holds, and what the running trade earned at unslipped prices and cost in fills.
 *
 * Profit is added up from price differences, not from the flows of money: the difference of two large sums would keep fewer digits
 * than the prices have. It counts from 0, not from the capital, so a position of twice the size gives exactly twice the numbers.
 */
export class Leg {
  /** Signed. */
  units = 0;
  /** Of the running trade: profit up to the last fill, and fees and slippage. */
  gross = 0;
  cost = 0;
  /** Net profit of the trades before. */
  #settled = 0;
  /** Unslipped price of the last fill: up to there, profit is in `gross`. */
  #markPrice = 0;
  readonly #fee: number;
  readonly #slippage: number;

  constructor(fee: number, slippage: number) {
    this.#fee = fee;
    this.#slippage = slippage;
  }

  /** What a fill of that side pays or gets; side 0 is nobody's. */
  fillPrice(price: number, side: number): number {
    return price * (1 + side * this.#slippage);
  }

  /** Fills `units` (signed) at the unslipped `price` and returns the price of the fill. */
  fill(units: number, price: number): number {
    const filled = this.fillPrice(price, Math.sign(units));
    const size = Math.abs(units);
    this.gross += this.units * (price - this.#markPrice);
    this.cost += this.#slippage * size * price + this.#fee * size * filled;
    this.units += units;
    this.#markPrice = price;
    return filled;
  }

  /** The running trade is over; nothing is held. */
  settle(): void {
    this.#settled += this.gross - this.cost;
    this.gross = 0;
    this.cost = 0;
    this.units = 0;
  }

  /** Net profit since the start, the holding valued at `price`. */
  worth(price: number): number {
    return this.#settled + (this.gross - this.cost + this.units * (price - this.#markPrice));
  }
}
