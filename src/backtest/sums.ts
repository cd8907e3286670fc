/**
 * Sums over series that are never held: moments of returns, drawdown, and the pooled slope of one series on another.
 *
 * Bar returns of an equity curve have means far below their deviations, so plain powers lose nothing that counts.
 */

/** Moments of a series about its mean. */
export class Moments {
  count = 0;
  #sum = 0;
  #squares = 0;
  #cubes = 0;
  #fourths = 0;

  add(value: number): void {
    const square = value * value;
    this.count++;
    this.#sum += value;
    this.#squares += square;
    this.#cubes += square * value;
    this.#fourths += square * square;
  }

  /** NaN without values. */
  mean(): number {
    return this.#sum / this.count;
  }

  /** ddof 1. Never below 0; NaN for fewer than two values. */
  variance(): number {
    if (this.count < 2) return Number.NaN;
    return Math.max(this.#squares - this.#sum * this.mean(), 0) / (this.count - 1);
  }

  /** Skew and raw kurtosis of the sample. NaN where nothing varies. */
  shape(): { readonly skew: number; readonly kurtosis: number } {
    const [mean, n] = [this.mean(), this.count];
    const second = this.#squares / n - mean * mean;
    const third = this.#cubes / n - (3 * mean * this.#squares) / n + 2 * mean ** 3;
    const fourth =
      this.#fourths / n - (4 * mean * this.#cubes) / n + (6 * mean * mean * this.#squares) / n - 3 * mean ** 4;
    return { skew: third / second ** 1.5, kurtosis: fourth / second ** 2 };
  }
}

/** Deepest fall of an equity curve from its peak so far, as a share of the peak and in money; each has its own worst time. */
export class Drawdown {
  peak = Number.NEGATIVE_INFINITY;
  worst = 0;
  worstMoney = 0;

  /** Returns the fall at this point, as a share. */
  add(equity: number): number {
    if (equity > this.peak) this.peak = equity;
    const fall = 1 - equity / this.peak;
    if (fall > this.worst) this.worst = fall;
    if (this.peak - equity > this.worstMoney) this.worstMoney = this.peak - equity;
    return fall;
  }
}

/** Least-squares slope of y on x with an intercept. */
export class Slope {
  count = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;

  add(x: number, y: number): void {
    this.count++;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#xy += x * y;
  }

  /** NaN where x does not vary. */
  value(): number {
    const meanX = this.#x / this.count;
    return (this.#xy - meanX * this.#y) / (this.#xx - meanX * this.#x);
  }
}
