/**
 * Intervals between bars, counted: the most frequent one is the file's, and longer ones are gaps.
 *
 * At most INTERVALS_MAX different ones are told apart; what comes after those is counted as `others`, so memory is bounded.
 */
const INTERVALS_MAX = 65_536;

export class IntervalCount {
  readonly #counts = new Map<number, number>();
  #last = 0;
  #lastRun = 0;
  #others = 0;

  /** Takes the interval between two neighbouring bars; above 0. */
  add(intervalMs: number): void {
    if (intervalMs === this.#last) {
      this.#lastRun++;
      return;
    }
    this.#settle();
    this.#last = intervalMs;
    this.#lastRun = 1;
  }

  /** The shorter of two that are equally frequent; null without any. */
  mostFrequentMs(): number | null {
    this.#settle();
    let best: number | null = null;
    let bestCount = 0;
    for (const [intervalMs, count] of this.#counts) {
      if (count > bestCount || (count === bestCount && best !== null && intervalMs < best)) {
        best = intervalMs;
        bestCount = count;
      }
    }
    return best;
  }

  /** Intervals longer than the most frequent one, and the bars that would have fitted into them. */
  gaps(): { readonly gaps: number; readonly missing: number } {
    const usual = this.mostFrequentMs();
    let gaps = this.#others;
    let missing = 0;
    for (const [intervalMs, count] of this.#counts) {
      if (usual === null || intervalMs <= usual) continue;
      gaps += count;
      missing += count * Math.max(Math.round(intervalMs / usual) - 1, 0);
    }
    return { gaps, missing };
  }

  #settle(): void {
    if (this.#lastRun === 0) return;
    const known = this.#counts.get(this.#last);
    if (known !== undefined || this.#counts.size < INTERVALS_MAX) {
      this.#counts.set(this.#last, (known ?? 0) + this.#lastRun);
    } else this.#others += this.#lastRun;
    this.#lastRun = 0;
  }
}
