/**
 * Isotonic calibration: the rising step function nearest to the outcomes, by pooling adjacent violators.
 *
 * Between the steps' ends it is linear, outside it is clipped. Needs no shape, but about 1,000 outcomes; plattFit below that.
 */
import { ascending, type Outcomes, outcomesFor } from "./outcomes.ts";
import { compute, type Sample } from "./runtime.ts";

export interface IsotonicFit {
  /** Scores at which the fit has a corner, ascending, no two equal. */
  readonly x: number[];
  /** Probability there; never falls. */
  readonly y: number[];
  /** Probability at a score, between y's ends; NaN for a score that is NaN. */
  predict(score: number): number;
}

/** One point at least; equal scores count as one with the mean of their outcomes. LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT. */
export function isotonicFit(scores: Sample, outcomes: Outcomes): IsotonicFit {
  const hits = outcomesFor(scores, "scores", outcomes, 1);
  const { x, y } = compute((kernels, arena) => {
    arena.copyIn(scores, "scores");
    const points = distinct(scores, hits);
    const sums = arena.copyIn(points.sums, "sums");
    const weights = arena.copyIn(points.weights, "weights");
    const sizes = arena.reserve(points.scores.length);
    const blocks = kernels.poolViolators(sums, weights, points.scores.length, sizes);
    const x: number[] = [];
    const y: number[] = [];
    let from = 0;
    for (let block = 0; block < blocks; block++) {
      const level = arena.read(sums, block) / arena.read(weights, block);
      const to = from + arena.read(sizes, block) - 1;
      // A level needs its two ends only: between them the line is flat.
      for (const at of to > from ? [from, to] : [from]) {
        x.push(points.scores[at]!);
        y.push(level);
      }
      from = to + 1;
    }
    return { x, y };
  });
  return { x, y, predict: (score) => interpolate(x, y, score) };
}

function distinct(scores: Sample, hits: Float64Array): { scores: number[]; sums: number[]; weights: number[] } {
  const points = { scores: [] as number[], sums: [] as number[], weights: [] as number[] };
  for (const index of ascending(scores)) {
    const last = points.scores.length - 1;
    if (last >= 0 && points.scores[last] === scores[index]) {
      points.sums[last]! += hits[index]!;
      points.weights[last]! += 1;
    } else {
      points.scores.push(scores[index]!);
      points.sums.push(hits[index]!);
      points.weights.push(1);
    }
  }
  return points;
}

/** O(log corners). */
function interpolate(x: readonly number[], y: readonly number[], score: number): number {
  if (Number.isNaN(score)) return Number.NaN;
  const last = x.length - 1;
  if (score <= x[0]!) return y[0]!;
  if (score >= x[last]!) return y[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle]! <= score) low = middle;
    else high = middle;
  }
  // Halves, as the distance of two scores may leave the doubles.
  const share = (score / 2 - x[low]! / 2) / (x[high]! / 2 - x[low]! / 2);
  const between = y[low]! + (y[high]! - y[low]!) * share;
  // Rounding must not make a rising function fall by a digit.
  return Math.min(y[high]!, Math.max(y[low]!, between));
}
