/**
 * Correlation of the book (S1, SPEC §5): the shrunk matrix that an analysis outside the core brings, and what the portfolio
 * hedge reads off it.
 *
 *     β of i to the index = ρ(i, index) · σ(i) / σ(index)
 *     cluster             = instruments chained by |ρ| > threshold; the index is in none: it is what hedges them
 *     eigenvector share   = λ₁ · (v₁ · x)² / (x′Rx), x = exposures in units of their standard deviation
 *
 * Invariants
 *   - A matrix is used whole or not at all, and the one before stays.
 *   - Rows are put in the order of the instruments, so that the order they came in changes no bit.
 */

/** What an analysis found. Rows and columns are `instruments`; the index is among them. */
export interface CorrelationEstimate {
  readonly instruments: readonly number[];
  /** Shrunk, symmetric, a diagonal of 1. */
  readonly correlation: readonly (readonly number[])[];
  /** Standard deviation of a day's return by row. */
  readonly volatilityDaily: readonly number[];
  /** Largest eigenvalue of the matrix, and its eigenvector of length 1. */
  readonly eigenvalue: number;
  readonly eigenvector: readonly number[];
  /** Newest observation; age counts from there. */
  readonly untilMs: number;
  /** Share of the identity in it, for people. */
  readonly shrinkage: number;
}

/** Of no cluster. */
export const ALONE = -1;

export class Correlation {
  /** Null before the first. */
  estimate: CorrelationEstimate | null = null;
  /** By row, in the order of the instruments: instrument, β to the index, cluster or ALONE. */
  instruments: readonly number[] = [];
  betas = new Float64Array();
  clusterOf = new Int32Array();
  clusterCount = 0;
  readonly #index: number;
  readonly #threshold: number;
  /** Row of an instrument; -1 where it has none. */
  readonly #rowOf: Int32Array;
  /** σᵢσⱼρᵢⱼ and σᵢvᵢ: exposures need no scaling then. */
  #covariance: readonly Float64Array[] = [];
  #scaledVector = new Float64Array();
  #indexCorrelation = new Float64Array();

  constructor(index: number, threshold: number, instrumentCount: number) {
    this.#index = index;
    this.#threshold = threshold;
    this.#rowOf = new Int32Array(instrumentCount).fill(-1);
  }

  /** Null when it is in use from now on; else why not. `needed`: instruments that must have a row. */
  take(estimate: CorrelationEstimate, needed: readonly number[]): string | null {
    const problem = problemOf(estimate, [this.#index, ...needed], this.#rowOf.length);
    if (problem !== null) return problem;
    if (this.estimate !== null && estimate.untilMs < this.estimate.untilMs) return "it is older than the one in use";
    const { correlation, volatilityDaily, eigenvector } = estimate;
    const order = estimate.instruments.map((_, k) => k);
    order.sort((one, other) => estimate.instruments[one]! - estimate.instruments[other]!);
    const at = estimate.instruments.indexOf(this.#index);
    this.estimate = estimate;
    this.instruments = order.map((k) => estimate.instruments[k]!);
    this.#rowOf.fill(-1);
    this.instruments.forEach((instrument, row) => {
      this.#rowOf[instrument] = row;
    });
    this.#indexCorrelation = Float64Array.from(order, (k) => correlation[k]![at]!);
    this.betas = Float64Array.from(order, (k) => (correlation[k]![at]! * volatilityDaily[k]!) / volatilityDaily[at]!);
    this.#covariance = order.map((k) =>
      Float64Array.from(order, (j) => correlation[k]![j]! * volatilityDaily[k]! * volatilityDaily[j]!),
    );
    this.#scaledVector = Float64Array.from(order, (k) => eigenvector[k]! * volatilityDaily[k]!);
    const chained = order.filter((k) => k !== at);
    const clusters = chains(chained, (k, j) => Math.abs(correlation[k]![j]!) > this.#threshold);
    this.clusterOf = Int32Array.from(order, (k) => clusters.findIndex((members) => members.includes(k)));
    this.clusterCount = clusters.length;
    return null;
  }

  /** Row of an instrument; -1 where it has none. */
  rowOf(instrument: number): number {
    return this.#rowOf[instrument]!;
  }

  /** ρ of a row with the index. */
  withIndex(row: number): number {
    return this.#indexCorrelation[row]!;
  }

  /** Share of the variance of `exposures` (notional by row) along the first eigenvector, in [0, 1]; 0 for an empty book. */
  eigenvectorShare(exposures: Float64Array): number {
    let along = 0;
    let variance = 0;
    for (let row = 0; row < this.#scaledVector.length; row++) {
      const exposure = exposures[row]!;
      if (exposure === 0) continue;
      along += this.#scaledVector[row]! * exposure;
      const covariance = this.#covariance[row]!;
      let sum = 0;
      for (let other = 0; other < covariance.length; other++) sum += covariance[other]! * exposures[other]!;
      variance += exposure * sum;
    }
    return variance > 0 ? Math.min(1, (this.estimate!.eigenvalue * along * along) / variance) : 0;
  }
}

/** Groups of two and more that are linked by others, each and all in the order of `items`. */
function chains(items: readonly number[], linked: (one: number, other: number) => boolean): number[][] {
  const left = new Set(items);
  const groups: number[][] = [];
  for (const first of items) {
    if (!left.delete(first)) continue;
    const group = [first];
    // Grows while it is gone through.
    for (const member of group) {
      for (const other of left) {
        if (!linked(member, other)) continue;
        left.delete(other);
        group.push(other);
      }
    }
    if (group.length > 1) groups.push(group);
  }
  return groups;
}

/** A sum of squares of doubles is 1 to so much. */
const TOLERANCE = 1e-6;
/** Both halves of a matrix are the same numbers, but for the last digits. */
const SYMMETRY = 1e-9;

/** What is wrong with it; null where nothing is. Numbers that JSON could not carry come as null, so each is looked at. */
function problemOf(estimate: CorrelationEstimate, needed: readonly number[], instrumentCount: number): string | null {
  const { instruments, correlation, volatilityDaily, eigenvalue, eigenvector, untilMs } = estimate;
  const size = instruments.length;
  if (new Set(instruments).size !== size) return "an instrument has two rows";
  for (const instrument of instruments) {
    if (!(Number.isInteger(instrument) && instrument >= 0 && instrument < instrumentCount))
      return `there is no instrument ${instrument}`;
  }
  for (const instrument of needed) {
    if (!instruments.includes(instrument)) return `instrument ${instrument} has no row`;
  }
  if (correlation.length !== size || volatilityDaily.length !== size || eigenvector.length !== size)
    return `it has not ${size} rows of everything`;
  let length = 0;
  for (const [i, row] of correlation.entries()) {
    if (row.length !== size) return `row ${i} has ${row.length} entries, not ${size}`;
    if (row[i] !== 1) return `entry ${i} of its diagonal is ${row[i]}, not 1`;
    for (const [j, rho] of row.entries()) {
      if (!(Number.isFinite(rho) && Math.abs(rho) <= 1)) return `correlation ${i}, ${j} is ${rho}`;
      if (Math.abs(rho - correlation[j]![i]!) > SYMMETRY) return `correlation ${i}, ${j} differs from its mirror image`;
    }
    const sigma = volatilityDaily[i]!;
    if (!(Number.isFinite(sigma) && sigma > 0)) return `volatility ${i} is ${sigma}`;
    length += eigenvector[i]! * eigenvector[i]!;
  }
  if (!(Math.abs(length - 1) <= TOLERANCE)) return `its eigenvector has the squared length ${length}, not 1`;
  if (!(eigenvalue >= 1 - TOLERANCE && eigenvalue <= size + TOLERANCE))
    return `its largest eigenvalue is ${eigenvalue}`;
  return Number.isFinite(untilMs) ? null : `its newest observation is of ${untilMs}`;
}
