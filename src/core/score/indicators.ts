/**
 * Indicators of one instrument from its mid prices: distance from its slow mean, momentum, volatility regime. They only ever
 * enter scores.
 *
 * Sampled no faster than `sampleMs`; NaN until there were enough samples, because an indicator of three prices is noise.
 */
import type { Ns } from "../../domain/units.ts";
import type { CoreKernels } from "../config.ts";

export interface IndicatorConfig {
  readonly sampleMs: number;
  /** Weights of the past per sample: of the fast and of the slow averages. */
  readonly fastLambda: number;
  readonly slowLambda: number;
  readonly samplesMin: number;
}

export class Indicators {
  readonly #kernels: CoreKernels;
  readonly #config: IndicatorConfig;
  /** Fixed arrays: a field that holds a double is boxed anew at each change. */
  readonly #state = new Float64Array(8);

  constructor(kernels: CoreKernels, config: IndicatorConfig) {
    this.#kernels = kernels;
    this.#config = config;
    this.#state[LAST_NS] = Number.NEGATIVE_INFINITY;
  }

  /** Allocates nothing. */
  observe(mid: number, nowNs: Ns): void {
    const state = this.#state;
    const { sampleMs, fastLambda, slowLambda } = this.#config;
    if (nowNs - state[LAST_NS]! < sampleMs * 1e6) return;
    state[LAST_NS] = nowNs;
    if (state[SAMPLES] === 0) {
      state[FAST_MEAN] = mid;
      state[SLOW_MEAN] = mid;
    } else {
      const ret = mid / state[LAST_MID]! - 1;
      state[FAST_MEAN] = fastLambda * state[FAST_MEAN]! + (1 - fastLambda) * mid;
      // About the mean before this sample, so that one jump is not hidden by the mean it moved.
      const distance = mid / state[SLOW_MEAN]! - 1;
      state[SPREAD] = this.#kernels.ewmaVariance(state[SPREAD]!, distance, slowLambda);
      state[SLOW_MEAN] = slowLambda * state[SLOW_MEAN]! + (1 - slowLambda) * mid;
      state[FAST_VARIANCE] = this.#kernels.ewmaVariance(state[FAST_VARIANCE]!, ret, fastLambda);
      state[SLOW_VARIANCE] = this.#kernels.ewmaVariance(state[SLOW_VARIANCE]!, ret, slowLambda);
    }
    state[LAST_MID] = mid;
    state[SAMPLES]!++;
  }

  /** Standard deviations of `mid` above the slow mean. */
  zscore(mid: number): number {
    const deviation = Math.sqrt(this.#state[SPREAD]!);
    return this.#ready && deviation > 0 ? (mid / this.#state[SLOW_MEAN]! - 1) / deviation : Number.NaN;
  }

  /** Fast mean above the slow one, as a fraction of price. */
  momentum(): number {
    return this.#ready ? this.#state[FAST_MEAN]! / this.#state[SLOW_MEAN]! - 1 : Number.NaN;
  }

  /** Volatility of late over the usual one: 1 in a usual market. */
  volatilityRatio(): number {
    const usual = this.#state[SLOW_VARIANCE]!;
    return this.#ready && usual > 0 ? Math.sqrt(this.#state[FAST_VARIANCE]! / usual) : Number.NaN;
  }

  get #ready(): boolean {
    return this.#state[SAMPLES]! >= this.#config.samplesMin;
  }
}

const SAMPLES = 0;
const LAST_NS = 1;
const LAST_MID = 2;
const FAST_MEAN = 3;
const SLOW_MEAN = 4;
const SPREAD = 5;
const FAST_VARIANCE = 6;
const SLOW_VARIANCE = 7;
