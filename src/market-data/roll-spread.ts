/**
 * The spread that a series of closes was traded at, by Roll's estimator (1984): prices that jump between bid and ask move back more
 * often than not, so the spread is 2·√(−cov) of neighbouring moves. 0 where they do not.
 *
 * A run over bars that assumes less than this fills at prices that nobody could have had.
 */
export class RollSpread {
  #close = Number.NaN;
  #move = Number.NaN;
  #count = 0;
  #sum = 0;
  #sumBefore = 0;
  #products = 0;

  add(close: number): void {
    const move = Math.log(close / this.#close);
    this.#close = close;
    if (!Number.isNaN(this.#move) && !Number.isNaN(move)) {
      this.#count++;
      this.#sum += move;
      this.#sumBefore += this.#move;
      this.#products += move * this.#move;
    }
    this.#move = move;
  }

  /** Basis points of the price; NaN for fewer than two pairs of moves. */
  bps(): number {
    if (this.#count < 2) return Number.NaN;
    const covariance = (this.#products - (this.#sum * this.#sumBefore) / this.#count) / this.#count;
    return 20_000 * Math.sqrt(Math.max(0, -covariance));
  }
}
