/**
 * Clock offset: how far a venue's clock is from ours, measured again and again, with the error of the measurement.
 *
 * It is kept against the monotonic clock, which nobody sets: what a venue is sent stays right whatever becomes of our wall clock.
 *
 * The sample with the shortest round trip is the one that says most: the server read its clock somewhere within it, so the
 * offset is known to half of it. After `FAILURES_MAX` refreshes in a row failed the offset counts as unknown again.
 */
import type { Clock } from "../time/clock.ts";

export interface ClockEstimate {
  /** Venue clock minus the monotonic clock of this machine. */
  readonly leadMs: number;
  /** Half the round trip it was measured over. */
  readonly errorMs: number;
}

export interface ClockOffsetParts {
  readonly clock: Clock;
  /** Asks the venue for its time in ms. */
  readonly serverTimeMs: () => Promise<number>;
  readonly refreshMs: number;
  /** Every new estimate; null when it has become unknown. */
  readonly onEstimate: (estimate: ClockEstimate | null) => void;
}

const SAMPLES_AT_FIRST = 5;
const SAMPLES_AT_REFRESH = 3;
const FAILURES_MAX = 3;

export class ClockOffset {
  readonly #parts: ClockOffsetParts;
  #leadMs = Number.NaN;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(parts: ClockOffsetParts) {
    this.#parts = parts;
  }

  /** Whole milliseconds of the venue's clock; of ours before the first estimate. */
  venueMs(): number {
    const { clock } = this.#parts;
    return Math.round(Number.isNaN(this.#leadMs) ? clock.wallMs() : clock.nowNs() / 1e6 + this.#leadMs);
  }

  /** First estimate. Throws what `serverTimeMs` throws. */
  measure(): Promise<void> {
    return this.#estimate(SAMPLES_AT_FIRST);
  }

  /** Measures again every `refreshMs` from now on. */
  keep(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#estimate(SAMPLES_AT_REFRESH)
        .catch(() => {
          this.#failures += 1;
          if (this.#failures === FAILURES_MAX && !this.#closed) this.#parts.onEstimate(null);
        })
        .finally(() => this.keep());
    }, this.#parts.refreshMs);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #estimate(samples: number): Promise<void> {
    const estimate = await estimateClock(this.#parts.clock, this.#parts.serverTimeMs, samples);
    if (this.#closed) return;
    this.#failures = 0;
    this.#leadMs = estimate.leadMs;
    this.#parts.onEstimate(estimate);
  }
}

async function estimateClock(
  clock: Clock,
  serverTimeMs: () => Promise<number>,
  samples: number,
): Promise<ClockEstimate> {
  let best: ClockEstimate = { leadMs: Number.NaN, errorMs: Number.POSITIVE_INFINITY };
  for (let taken = 0; taken < samples; taken += 1) {
    const sentNs = clock.nowNs();
    const serverMs = await serverTimeMs();
    const errorMs = (clock.nowNs() - sentNs) / 2e6;
    if (errorMs < best.errorMs) best = { leadMs: serverMs - (sentNs / 1e6 + errorMs), errorMs };
  }
  return best;
}
