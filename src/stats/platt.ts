/**
 * Platt scaling: the probability of an outcome as a logistic function of one score, by maximum likelihood.
 *
 * Without Platt's smoothed targets: with them the fit is biased toward one half, and a fit that needs them has too few outcomes.
 * Prefer it to isotonicFit below about 1,000 outcomes. Refit for every version of what makes the scores.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { copyOutcomes, type Outcomes } from "./outcomes.ts";
import { compute, computeInSlices, type Sample, type Work } from "./runtime.ts";
import { drain, LOOP_COST, LOOP_VALUES, type Slices } from "./sliced.ts";
import { copyIn } from "./vectors.ts";

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
  return drain(plattFitSlices(scores, outcomes));
}

/** plattFit in slices. */
export function plattFitSlices(scores: Sample, outcomes: Outcomes): Slices<PlattFit> {
  return computeInSlices(function* (work) {
    const hits = yield* copyOutcomes(work, scores, "scores", outcomes, 3);
    const s = yield* copyIn(work, scores, "scores");
    const count = scores.length;
    const { centre, width } = yield* rangeOf(work, s, hits, count);
    // To about 1: Newton's steps are then well conditioned whatever the score's unit. Halves, as a range may leave the doubles.
    const scaled = (score: number) => (score / 2 - centre / 2) / (width / 2);
    yield* eachRun(work, count, (from, to) => {
      for (let at = from; at < to; at++) work.arena.write(s, at, scaled(work.arena.read(s, at)));
    });
    const { a, b, loss, iterations } = yield* minimise(work, s, hits, count);
    const slope = b / width;
    return {
      intercept: a - slope * centre,
      slope,
      logLoss: loss / count,
      iterations,
      // From the scaled form: a score near a far-away centre keeps its digits.
      predict: (score) => compute((kernels) => kernels.logistic(a + b * scaled(score))),
    };
  });
}

function* eachRun({ meter }: Work, count: number, run: (from: number, to: number) => void): Slices<void> {
  for (let from = 0; from < count; from += LOOP_VALUES) {
    const to = Math.min(from + LOOP_VALUES, count);
    run(from, to);
    if (meter.due(LOOP_COST * (to - from))) yield;
  }
}

/**
 * Mean of the scores, and half their range. The mean, not the middle: one far score must not leave the others in a corner.
 * Refuses scores of the two outcomes that do not overlap: then there is no maximum (Albert & Anderson 1984).
 */
function* rangeOf(work: Work, s: Reals, hits: Reals, count: number): Slices<{ centre: number; width: number }> {
  const { arena } = work;
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] as [number, number];
  yield* eachRun(work, count, (from, to) => {
    for (let at = from; at < to; at++) {
      const score = arena.read(s, at);
      const hit = arena.read(hits, at) as 0 | 1;
      if (score < low[hit]) low[hit] = score;
      if (score > high[hit]) high[hit] = score;
    }
  });
  refuseSeparated(low, high);
  const least = Math.min(...low);
  let above = 0;
  yield* eachRun(work, count, (from, to) => {
    for (let at = from; at < to; at++) above += (arena.read(s, at) / 2 - least / 2) / count;
  });
  return { centre: (least / 2 + above) * 2, width: Math.max(...high) / 2 - least / 2 };
}

function refuseSeparated(low: readonly [number, number], high: readonly [number, number]): void {
  if (Math.min(...low) === Math.max(...high)) throw new StatsError("CONSTANT", "scores", "are all equal");
  for (const outcome of [0, 1] as const) {
    if (low[outcome] > high[outcome]) {
      throw new StatsError("NO_SOLUTION", "outcomes", `are all ${1 - outcome}: no finite likelihood maximum`);
    }
  }
  if (high[0] <= low[1] || high[1] <= low[0]) {
    const border = high[0] <= low[1] ? low[1] : low[0];
    throw new StatsError("NO_SOLUTION", "outcomes", `are separated by the score ${border}: no finite maximum`, border);
  }
}

const ITERATIONS_MAX = 200;
const HALVINGS_MAX = 60;

interface Minimum {
  readonly a: number;
  readonly b: number;
  readonly loss: number;
  readonly iterations: number;
}

/** Newton's method on a convex loss, each step halved until the loss falls. */
function* minimise(work: Work, s: Reals, hits: Reals, count: number): Slices<Minimum> {
  const { arena } = work;
  const out = arena.reserve(6);
  let a = 0;
  let b = 0;
  let loss = yield* lossAt(work, s, hits, count, a, b, out);
  for (let iterations = 1; iterations <= ITERATIONS_MAX; iterations++) {
    const [ga, gb, aa, ab, bb] = [1, 2, 3, 4, 5].map((index) => arena.read(out, index)) as FiveNumbers;
    const determinant = aa * bb - ab * ab;
    // Flat to the last digit: the maximum lies so far out that doubles no longer tell it from infinity.
    if (!(determinant > 1e-14 * aa * bb)) break;
    const stepA = (bb * ga - ab * gb) / determinant;
    const stepB = (aa * gb - ab * ga) / determinant;
    // What a full step can still gain is below the loss's own rounding: take it, it costs nothing and adds digits.
    const last = (ga * stepA + gb * stepB) / 2 <= 1e-15 * count;
    if (last) return { a: a - stepA, b: b - stepB, loss, iterations };
    let share = 1;
    let next = yield* lossAt(work, s, hits, count, a - stepA, b - stepB, out);
    for (let halving = 0; next > loss && halving < HALVINGS_MAX; halving++) {
      share /= 2;
      next = yield* lossAt(work, s, hits, count, a - share * stepA, b - share * stepB, out);
    }
    if (next > loss) break;
    a -= share * stepA;
    b -= share * stepB;
    loss = next;
  }
  throw new StatsError("NO_SOLUTION", "outcomes", "are so nearly separated that the fit does not settle");
}

type FiveNumbers = [number, number, number, number, number];

/** Loss at (a, b); its slopes go to `out`, from place 1 on. */
function* lossAt(
  { kernels, arena, meter }: Work,
  s: Reals,
  hits: Reals,
  count: number,
  a: number,
  b: number,
  out: Reals,
): Slices<number> {
  arena.fill(out, 6, 0);
  for (let from = 0; from < count; from += RUN) {
    const run = Math.min(RUN, count - from);
    kernels.logisticLoss(s + from * 8, hits + from * 8, run, a, b, out);
    if (meter.due(100 * run)) yield;
  }
  return arena.read(out, 0);
}

// Three exponentials and a logarithm per point: about 100 ns.
const RUN = 64;
