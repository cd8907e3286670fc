/**
 * Rolling z-score of a spread over whole bars: the closes of the last `lookback` bars give mean and deviation, and the spread
 * of now is held against them. Mean and deviation are computed anew at each close, in two passes, so nothing drifts.
 *
 * Allocates nothing after construction.
 */
export class SpreadWindow {
  readonly #closes: Float64Array;
  readonly #barMs: number;
  #count = 0;
  #next = 0;
  /** Bar, last spread, mean, deviation: in an array, because a field that holds a double is boxed anew at each change. */
  readonly #state = new Float64Array([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);

  constructor(lookback: number, barMs: number) {
    this.#closes = new Float64Array(lookback);
    this.#barMs = barMs;
  }

  /** The spread at `wallMs`. The last one seen in a bar is its close; a bar that saw none has none. */
  observe(spread: number, wallMs: number): void {
    const bar = Math.floor(wallMs / this.#barMs);
    // After a gap as long as itself the window says nothing of now.
    if (bar - this.#state[BAR]! > this.#closes.length) this.reset();
    if (bar > this.#state[BAR]!) this.#close(this.#state[LAST]!);
    // A clock that was set back goes on in the bar it was in.
    if (!(bar < this.#state[BAR]!)) this.#state[BAR] = bar;
    this.#state[LAST] = spread;
  }

  /** Deviations above the mean of the finished bars; NaN until there are `lookback` of them, or where they do not vary. */
  zscore(): number {
    const deviation = this.#state[DEVIATION]!;
    return this.#count === this.#closes.length && deviation > 0
      ? (this.#state[LAST]! - this.#state[MEAN]!) / deviation
      : Number.NaN;
  }

  get last(): number {
    return this.#state[LAST]!;
  }
  get mean(): number {
    return this.#state[MEAN]!;
  }
  get deviation(): number {
    return this.#state[DEVIATION]!;
  }

  /** Another spread from here on: what was seen says nothing about it. */
  reset(): void {
    this.#count = 0;
    this.#next = 0;
    this.#state.fill(Number.NaN);
  }

  #close(spread: number): void {
    const closes = this.#closes;
    closes[this.#next] = spread;
    this.#next = (this.#next + 1) % closes.length;
    if (this.#count < closes.length) this.#count++;
    if (this.#count < closes.length) return;
    let sum = 0;
    for (let i = 0; i < closes.length; i++) sum += closes[i]!;
    const mean = sum / closes.length;
    let squares = 0;
    for (let i = 0; i < closes.length; i++) squares += (closes[i]! - mean) * (closes[i]! - mean);
    this.#state[MEAN] = mean;
    this.#state[DEVIATION] = Math.sqrt(squares / (closes.length - 1));
  }
}

const BAR = 0;
const LAST = 1;
const MEAN = 2;
const DEVIATION = 3;
