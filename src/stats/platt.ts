/**
 * Platt scaling: the probability of an outcome as a logistic function of one score, by maximum likelihood.
 *
 * Without Platt's smoothed targets: with them the fit is biased toward one half, and a fit that needs them has too few outcomes.
 * Prefer it to isotonicFit below about 1,000 outcomes. Refit for every version of what makes the scores.
 */
import { StatsError } from "./error.ts";
import { type Outcomes, outcomesFor } from "./outcomes.ts";
import { compute, type Sample } from "./runtime.ts";

export interface PlattFit {
  /** p = 1 / (1 + exp(-(intercept + slope * score))). */
  readonly intercept: number;
  /** Per unit of the score. */
  readonly slope: number;
  /** Negative log likelihood per outcome, in nats. */
  readonly logLoss: number;
  readonly iterations: number;
  /** Probability of outcome 1 at a score; NaN for a score that is NaN. */
  predict(score: number): number;
}

/**
 * Three points at least. CONSTANT when all scores are equal. NO_SOLUTION, `field` outcomes, when all outcomes are equal or one
 * score separates them: the likelihood then grows without end and has no maximum. LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT.
 */
export function plattFit(scores: Sample, outcomes: Outcomes): PlattFit {
  const hits = outcomesFor(scores, "scores", outcomes, 3);
  const { a, b, centre, width, loss, iterations } = compute((kernels, arena) => {
    const s = arena.copyIn(scores, "scores");
    refuseSeparated(scores, hits);
    const o = arena.copyIn(hits, "outcomes");
    const { centre, width } = rangeOf(scores);
    // To about 1: Newton's steps are then well conditioned whatever the score's unit. Halves, as a range may leave the doubles.
    scores.forEach((score, index) => {
      arena.write(s, index, (score / 2 - centre / 2) / (width / 2));
    });
    const slopes = arena.reserve(5);
    const lossAt = (a: number, b: number) => kernels.logisticLoss(s, o, scores.length, a, b, slopes);
    return { centre, width, ...minimise(lossAt, (index) => arena.read(slopes, index), scores.length) };
  });
  const slope = b / width;
  const intercept = a - slope * centre;
  return {
    intercept,
    slope,
    logLoss: loss / scores.length,
    iterations,
    // From the scaled form: a score near a far-away centre keeps its digits.
    predict: (score) => compute((kernels) => kernels.logistic(a + b * ((score / 2 - centre / 2) / (width / 2)))),
  };
}

/** A maximum exists if and only if the scores of the two outcomes overlap (Albert & Anderson 1984). */
function refuseSeparated(scores: Sample, hits: Float64Array): void {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  scores.forEach((score, index) => {
    const hit = hits[index]!;
    low[hit] = Math.min(low[hit]!, score);
    high[hit] = Math.max(high[hit]!, score);
  });
  if (Math.min(...low) === Math.max(...high)) throw new StatsError("CONSTANT", "scores", "are all equal");
  for (const outcome of [0, 1]) {
    if (low[outcome]! > high[outcome]!) {
      throw new StatsError("NO_SOLUTION", "outcomes", `are all ${1 - outcome}: no finite likelihood maximum`);
    }
  }
  if (high[0]! <= low[1]! || high[1]! <= low[0]!) {
    const border = high[0]! <= low[1]! ? low[1]! : low[0]!;
    throw new StatsError("NO_SOLUTION", "outcomes", `are separated by the score ${border}: no finite maximum`, border);
  }
}

/** Mean and half the range. The mean, not the middle: one far score must not leave the others in a corner. */
function rangeOf(scores: Sample): { centre: number; width: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  let above = 0;
  for (const score of scores) above += (score / 2 - low / 2) / scores.length;
  return { centre: (low / 2 + above) * 2, width: high / 2 - low / 2 };
}

const ITERATIONS_MAX = 200;
const HALVINGS_MAX = 60;

/** Newton's method on a convex loss, each step halved until the loss falls. */
function minimise(lossAt: (a: number, b: number) => number, slope: (index: number) => number, count: number) {
  let a = 0;
  let b = 0;
  let loss = lossAt(a, b);
  for (let iterations = 1; iterations <= ITERATIONS_MAX; iterations++) {
    const [ga, gb, aa, ab, bb] = [slope(0), slope(1), slope(2), slope(3), slope(4)];
    const determinant = aa * bb - ab * ab;
    // Flat to the last digit: the maximum lies so far out that doubles no longer tell it from infinity.
    if (!(determinant > 1e-14 * aa * bb)) break;
    const stepA = (bb * ga - ab * gb) / determinant;
    const stepB = (aa * gb - ab * ga) / determinant;
    // What a full step can still gain is below the loss's own rounding: take it, it costs nothing and adds digits.
    const last = (ga * stepA + gb * stepB) / 2 <= 1e-15 * count;
    if (last) return { a: a - stepA, b: b - stepB, loss, iterations };
    let share = 1;
    let next = lossAt(a - stepA, b - stepB);
    for (let halving = 0; next > loss && halving < HALVINGS_MAX; halving++) {
      share /= 2;
      next = lossAt(a - share * stepA, b - share * stepB);
    }
    if (next > loss) break;
    a -= share * stepA;
    b -= share * stepB;
    loss = next;
  }
  throw new StatsError("NO_SOLUTION", "outcomes", "are so nearly separated that the fit does not settle");
}
