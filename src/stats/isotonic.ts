/**
 * Isotonic calibration: the rising step function nearest to the outcomes, by pooling adjacent violators.
 *
 * Between the steps' ends it is linear, outside it is clipped. Needs no shape, but about 1,000 outcomes; plattFit below that.
 */
import { copyOutcomes, groupEqual, type Outcomes } from "./outcomes.ts";
import { computeInSlices, type Sample } from "./runtime.ts";
import { BLOCK_VALUES, drain, LOOP_COST, type Slices } from "./sliced.ts";
import { copyIn } from "./vectors.ts";

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
  return drain(isotonicFitSlices(scores, outcomes));
}

/** isotonicFit in slices. */
export function isotonicFitSlices(scores: Sample, outcomes: Outcomes): Slices<IsotonicFit> {
  return computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const hits = yield* copyOutcomes(work, scores, "scores", outcomes, 1);
    const keys = yield* copyIn(work, scores, "scores");
    const groups = yield* groupEqual(work, keys, hits, scores.length);
    const sizes = arena.reserve(groups.count);
    let blocks = 0;
    for (let from = 0; from < groups.count; from += BLOCK_VALUES / 8) {
      const to = Math.min(from + BLOCK_VALUES / 8, groups.count);
      blocks = kernels.poolViolators(groups.hits, groups.counts, blocks, from, to, sizes);
      if (meter.due(8 * (to - from))) yield;
    }
    const x: number[] = [];
    const y: number[] = [];
    let from = 0;
    for (let block = 0; block < blocks; block++) {
      const level = arena.read(groups.hits, block) / arena.read(groups.counts, block);
      const to = from + arena.read(sizes, block) - 1;
      // A level needs its two ends only: between them the line is flat.
      for (const at of to > from ? [from, to] : [from]) {
        x.push(arena.read(groups.keys, at));
        y.push(level);
      }
      from = to + 1;
      if (meter.due(4 * LOOP_COST)) yield;
    }
    return { x, y, predict: (score) => interpolate(x, y, score) };
  });
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
