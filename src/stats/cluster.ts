/**
 * Cluster exposure: how much of a book hangs on one common movement (SPEC section 5, portfolio hedge). Reports, decides nothing.
 */
import { symmetricEigenSlices } from "./eigen.ts";
import { StatsError } from "./error.ts";
import type { Sample } from "./runtime.ts";
import { drain, LOOP_COST, Meter, type Slices } from "./sliced.ts";

export interface Cluster {
  /** Indices of the instruments, ascending. */
  readonly members: number[];
  /** Sum of |exposure|. */
  readonly gross: number;
  /** Exposure with the sign of the correlation to the member of largest |exposure|: what a common movement leaves open. */
  readonly net: number;
  /** gross over the gross of the book; 0 for an empty book. */
  readonly share: number;
}

export interface ClusterExposure {
  /** Largest eigenvalue over their sum: the share of common variance, whatever is held. */
  readonly largestEigenvalueShare: number;
  /** Share of the book's variance that lies along the first eigenvector; undefined for a book without variance. */
  readonly largestEigenvectorShare: number | undefined;
  /** The first eigenvector. */
  readonly direction: number[];
  /** Instruments chained by |rho| > threshold, two and more together; largest gross first. */
  readonly clusters: Cluster[];
}

export interface ClusterOptions {
  /** Default 0.8. */
  readonly threshold?: number;
}

/**
 * `exposures` are signed notionals in units of one standard deviation's loss, one per row of the correlation matrix.
 * LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT for a matrix that is no correlation matrix.
 */
export function clusterExposure(
  correlation: readonly (readonly number[])[],
  exposures: Sample,
  options: ClusterOptions = {},
): ClusterExposure {
  return drain(clusterExposureSlices(correlation, exposures, options));
}

/** clusterExposure in slices. */
export function* clusterExposureSlices(
  correlation: readonly (readonly number[])[],
  exposures: Sample,
  options: ClusterOptions = {},
): Slices<ClusterExposure> {
  const threshold = options.threshold ?? 0.8;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new StatsError("BAD_ARGUMENT", "threshold", "must lie in [0, 1]", threshold, 1);
  }
  yield* checkBook(correlation, exposures);
  const { values, vectors } = yield* symmetricEigenSlices(correlation);
  const direction = vectors[0]!;
  const along = sum(direction, (component, index) => component * exposures[index]!);
  let variance = 0;
  const meter = new Meter();
  for (const [i, row] of correlation.entries()) {
    variance += exposures[i]! * sum(row, (rho, j) => rho * exposures[j]!);
    if (meter.due(LOOP_COST * row.length)) yield;
  }
  return {
    largestEigenvalueShare: values[0]! / correlation.length,
    largestEigenvectorShare: variance > 0 ? Math.min(1, (values[0]! * along * along) / variance) : undefined,
    direction,
    clusters: clustersOf(correlation, exposures, threshold),
  };
}

function* checkBook(correlation: readonly (readonly number[])[], exposures: Sample): Slices<void> {
  const order = correlation.length;
  if (exposures.length !== order) {
    const why = `has ${exposures.length} entries, the matrix has ${order} rows`;
    throw new StatsError("LENGTH_MISMATCH", "exposures", why, exposures.length, order);
  }
  exposures.forEach((value, index) => {
    if (!Number.isFinite(value)) throw new StatsError("NOT_FINITE", `exposures[${index}]`, `is ${value}`, value);
  });
  const meter = new Meter();
  for (const [i, row] of correlation.entries()) {
    if (row[i] !== 1) throw new StatsError("BAD_ARGUMENT", `correlation[${i}][${i}]`, "must be 1", row[i], 1);
    row.forEach((rho, j) => {
      if (Math.abs(rho) > 1) throw new StatsError("BAD_ARGUMENT", `correlation[${i}][${j}]`, "is beyond 1", rho, 1);
    });
    if (meter.due(LOOP_COST * order)) yield;
  }
}

function clustersOf(correlation: readonly (readonly number[])[], exposures: Sample, threshold: number): Cluster[] {
  const book = sum(exposures, Math.abs);
  const seen = new Set<number>();
  const clusters: Cluster[] = [];
  for (let start = 0; start < correlation.length; start++) {
    if (seen.has(start)) continue;
    seen.add(start);
    const members = [start];
    for (const member of members) {
      correlation[member]!.forEach((rho, other) => {
        if (Math.abs(rho) <= threshold || seen.has(other)) return;
        seen.add(other);
        members.push(other);
      });
    }
    if (members.length > 1)
      clusters.push(
        clusterOf(
          members.sort((a, b) => a - b),
          correlation,
          exposures,
          book,
        ),
      );
  }
  return clusters.sort((a, b) => b.gross - a.gross);
}

function clusterOf(
  members: number[],
  correlation: readonly (readonly number[])[],
  exposures: Sample,
  book: number,
): Cluster {
  const lead = members.reduce((a, b) => (Math.abs(exposures[b]!) > Math.abs(exposures[a]!) ? b : a));
  const gross = sum(members, (member) => Math.abs(exposures[member]!));
  const net = sum(members, (member) => (correlation[lead]![member]! < 0 ? -1 : 1) * exposures[member]!);
  return { members, gross, net: net + 0, share: book > 0 ? gross / book : 0 };
}

function sum<Item>(items: Iterable<Item>, term: (item: Item, index: number) => number): number {
  let total = 0;
  let index = 0;
  for (const item of items) total += term(item, index++);
  return total;
}
