/**
 * The linear model's weights under a weekly refit (S3, SPEC §5): a proposal from outside the core is taken over only where it
 * lies on the simplex and no weight moves by more than five points within a week. The version before can be gone back to.
 */
import type { LinearConfig } from "../config.ts";

export type Weights = LinearConfig["weights"];

export interface WeightProposal {
  /** Rising; that of the weights in use means nothing, that of those before goes back to them. */
  readonly version: number;
  readonly weights: readonly number[];
}

export const WEIGHT_MOVE_MAX = 0.05;
export const REFIT_EVERY_MS = 7 * 86_400_000;
/** Sums and differences of decimal fractions. */
const TOLERANCE = 1e-9;

interface Version {
  readonly version: number;
  readonly weights: Weights;
}

export class LinearWeights {
  #current: Version;
  #before: Version | null = null;
  #changedMs = Number.NEGATIVE_INFINITY;

  constructor(weights: Weights) {
    this.#current = { version: 0, weights };
  }

  get values(): Weights {
    return this.#current.weights;
  }

  /** Of the last change; -Infinity before the first. */
  get changedMs(): number {
    return this.#changedMs;
  }

  get version(): number {
    return this.#current.version;
  }

  /** Null when the proposal is in use from now on; else why not. */
  take({ version, weights }: WeightProposal, wallMs: number): string | null {
    if (this.#before !== null && version === this.#before.version) {
      [this.#current, this.#before] = [this.#before, null];
      return null;
    }
    if (!(version > this.#current.version)) return `version ${version} is not above ${this.#current.version}`;
    if (weights.length !== 5) return `${weights.length} weights`;
    let sum = 0;
    for (const weight of weights) {
      if (!(weight >= 0 && weight <= 1)) return `a weight of ${weight}`;
      sum += weight;
    }
    if (Math.abs(sum - 1) > TOLERANCE) return `weights that sum to ${sum}`;
    if (wallMs - this.#changedMs < REFIT_EVERY_MS) return "less than a week after the last change";
    for (let k = 0; k < 5; k++) {
      const move = weights[k]! - this.#current.weights[k]!;
      if (Math.abs(move) > WEIGHT_MOVE_MAX + TOLERANCE) return `weight ${k} moves by ${move}`;
    }
    const [w1, w2, w3, w4, w5] = weights;
    this.#before = this.#current;
    this.#current = { version, weights: [w1!, w2!, w3!, w4!, w5!] };
    this.#changedMs = wallMs;
    return null;
  }
}
