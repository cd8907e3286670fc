/**
 * The linear model's weights under a weekly refit (S3, SPEC §5): a proposal from outside the core is taken over only where it
 * lies on the simplex and no weight moves by more than five points within a week. The version before can be gone back to; the
 * number of one that was left is not given again.
 */
import type { LinearConfig } from "../config.ts";
import type { Alarm } from "../event.ts";

export type Weights = LinearConfig["weights"];

export interface WeightProposal {
  /** Rising; that of the weights before those in use goes back to them, whatever `weights` are. */
  readonly version: number;
  readonly weights: readonly number[];
}

export const WEIGHT_MOVE_MAX = 0.05;
export const REFIT_EVERY_MS = 7 * 86_400_000;
/** Sums and differences of decimal fractions. */
const TOLERANCE = 1e-9;

export interface Version {
  readonly version: number;
  readonly weights: Weights;
}

/** Is a policy itself: the linear model, with the weights in use. */
export class LinearWeights {
  readonly policy = "linear";
  linear: LinearConfig;
  #current: Version;
  #before: Version | null = null;
  #newest = 0;
  #changedMs = Number.NEGATIVE_INFINITY;

  constructor(linear: LinearConfig) {
    this.linear = linear;
    this.#current = { version: 0, weights: linear.weights };
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

  /** Of all that were ever in use. */
  get newest(): number {
    return this.#newest;
  }

  /** What a snapshot keeps of it. */
  save() {
    return { current: this.#current, before: this.#before, newest: this.#newest, changedMs: this.#changedMs };
  }
  /** Version 0 is the configuration's, whatever that says now. */
  load({ current, before, newest, changedMs }: ReturnType<LinearWeights["save"]>): void {
    const configured = this.#current;
    if (before !== null) this.#before = before.version === 0 ? configured : before;
    if (current.version !== 0) this.#use(current);
    this.#newest = newest;
    this.#changedMs = changedMs;
  }

  /** Takes a proposal over; what is worth saying of that: a refusal, or that older weights are in use again. */
  hear(name: string, proposal: WeightProposal, wallMs: number): Alarm | null {
    const { version: value } = proposal;
    const isBack = value <= this.#newest;
    const problem = this.take(proposal, wallMs);
    if (problem !== null) return { code: "ANALYSIS_REFUSED", message: `weights of ${name}: ${problem}`, value };
    const message = `weights of ${name} are those of version ${value} again`;
    return isBack ? { code: "WEIGHTS_REVERTED", message, value } : null;
  }

  /** Null when the proposal is in use from now on; else why not. */
  take({ version, weights }: WeightProposal, wallMs: number): string | null {
    if (this.#before !== null && version === this.#before.version) {
      this.#use(this.#before);
      this.#before = null;
      this.#changedMs = wallMs;
      return null;
    }
    if (weights.length === 0) return `there is no version ${version} to go back to`;
    if (!(version > this.#newest)) return `version ${version} is not above ${this.#newest}`;
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
    this.#use({ version, weights: [w1!, w2!, w3!, w4!, w5!] });
    this.#newest = version;
    this.#changedMs = wallMs;
    return null;
  }

  #use(version: Version): void {
    this.#current = version;
    this.linear = { ...this.linear, weights: version.weights };
  }
}
