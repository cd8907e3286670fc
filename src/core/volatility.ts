/**
 * Volatility of one instrument: EWMA of squared returns of its mid price, sampled no faster than `sampleMs`.
 *
 * A sample after a longer gap is scaled to the sampling interval, so that quiet feeds do not look wild. Simple returns, not
 * logarithms: the core computes no transcendentals (they differ between hosts in the last bit).
 */
import type { Ns } from "../domain/units.ts";
import type { CoreKernels, VolatilityConfig } from "./config.ts";

const DAY_MS = 86_400_000;

export class Volatility {
  readonly #kernels: CoreKernels;
  readonly #config: VolatilityConfig;
  /** A number from the start, so that it is written in place. */
  #variance = Number.NaN;
  #lastMid = Number.NaN;
  #lastNs = Number.NEGATIVE_INFINITY;

  constructor(kernels: CoreKernels, config: VolatilityConfig) {
    this.#kernels = kernels;
    this.#config = config;
    this.#variance = (config.dailyPrior * config.dailyPrior * config.sampleMs) / DAY_MS;
  }

  /** Allocates nothing. */
  observe(mid: number, nowNs: Ns): void {
    const elapsedMs = (nowNs - this.#lastNs) / 1e6;
    if (elapsedMs < this.#config.sampleMs) return;
    if (!Number.isNaN(this.#lastMid)) {
      const ret = (mid / this.#lastMid - 1) / Math.sqrt(elapsedMs / this.#config.sampleMs);
      this.#variance = this.#kernels.ewmaVariance(this.#variance, ret, this.#config.lambda);
    }
    this.#lastMid = mid;
    this.#lastNs = nowNs;
  }

  /** Standard deviation of a day's return. */
  daily(): number {
    return Math.sqrt((this.#variance * DAY_MS) / this.#config.sampleMs);
  }

  /** Standard deviation of one second's return. */
  perSqrtSec(): number {
    return Math.sqrt((this.#variance * 1000) / this.#config.sampleMs);
  }
}
