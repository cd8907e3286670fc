/**
 * A series of any length for a plot of some hundred pixels: lowest and highest value of each bucket of neighbouring points.
 *
 * Memory is constant: when the buckets are full, each two become one. So nothing that a plot of this width could show is lost.
 */
export const BUCKETS = 1024;

export class SampledSeries {
  /** Of the first `count` buckets: time of the first point, lowest and highest value. NaN where no point had a value. */
  readonly timeMs = new Float64Array(BUCKETS);
  readonly low = new Float64Array(BUCKETS);
  readonly high = new Float64Array(BUCKETS);
  count = 0;
  lastMs = Number.NaN;
  #points = 0;
  #perBucket = 1;

  /** Times rise. A value that is no finite number is a hole. */
  add(timeMs: number, value: number): void {
    if (this.#points === this.#perBucket) {
      if (this.count === BUCKETS) this.#halve();
      else this.#points = 0;
    }
    if (this.#points === 0) {
      this.timeMs[this.count] = timeMs;
      this.low[this.count] = Number.NaN;
      this.high[this.count] = Number.NaN;
      this.count++;
    }
    const at = this.count - 1;
    this.#points++;
    this.lastMs = timeMs;
    if (!Number.isFinite(value)) return;
    if (!(this.low[at]! <= value)) this.low[at] = value;
    if (!(this.high[at]! >= value)) this.high[at] = value;
  }

  #halve(): void {
    for (let at = 0; at < BUCKETS / 2; at++) {
      const [even, odd] = [2 * at, 2 * at + 1];
      this.timeMs[at] = this.timeMs[even]!;
      this.low[at] = least(this.low[even]!, this.low[odd]!);
      this.high[at] = -least(-this.high[even]!, -this.high[odd]!);
    }
    this.count = BUCKETS / 2;
    this.#perBucket *= 2;
    this.#points = 0;
  }
}

/** Of those that are numbers. */
function least(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.min(a, b);
}
