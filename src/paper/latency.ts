/**
 * Delay line: one direction of one connection's network path. First in, first out, like TCP, whatever the jitter draws.
 *
 * Without delay an action runs at once, inside the call: benches then measure the exchange and not a timer.
 */
export interface LatencyOptions {
  /** Each way. */
  readonly latencyMs: number;
  /** Uniform extra delay on top. */
  readonly jitterMs: number;
}

export class DelayLine {
  readonly #options: LatencyOptions;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #waiting: { readonly dueMs: number; readonly action: () => void }[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LatencyOptions, random: () => number, nowMs: () => number) {
    this.#options = options;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** Runs `action` after the path's delay, and `extraMs` more. */
  run(action: () => void, extraMs = 0): void {
    const { latencyMs, jitterMs } = this.#options;
    const delayMs = latencyMs + extraMs + (jitterMs > 0 ? jitterMs * this.#random() : 0);
    if (delayMs === 0 && this.#waiting.length === 0) {
      action();
      return;
    }
    this.#waiting.push({ dueMs: this.#nowMs() + delayMs, action });
    if (this.#timer === null) this.#arm();
  }

  /** How much is under way. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Loses everything under way. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
  }

  #arm(): void {
    const next = this.#waiting[0];
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next.dueMs - this.#nowMs()));
  }

  #deliver(): void {
    this.#timer = null;
    const nowMs = this.#nowMs();
    // Up to the first that is not due: what drew less jitter behind it waits, as behind a late packet.
    let due = 0;
    while (due < this.#waiting.length && this.#waiting[due]!.dueMs <= nowMs) due++;
    for (const { action } of this.#waiting.splice(0, due)) action();
    if (this.#timer === null) this.#arm();
  }
}
