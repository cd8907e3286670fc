/**
 * Mean, standard deviation and lag-1 autocorrelation of one sample, to the digits that its binary64 values hold.
 *
 * All throw StatsError: TOO_FEW_POINTS, NOT_FINITE, OVERFLOW (a range beyond the doubles), CONSTANT where they divide by variation.
 */
import { StatsError } from "./error.ts";
import { isOrdinary, MEAN_MAX } from "./line.ts";
import { compute, computeInSlices, type Sample } from "./runtime.ts";
import { BLOCK_VALUES, drain, type Slices } from "./sliced.ts";
import { copyIn, moments, tame } from "./vectors.ts";

/** Arithmetic mean, in the sample's unit. One point at least. */
export function mean(sample: Sample): number {
  const quick = quickMoments(sample, 1, "mean");
  return quick === undefined ? drain(meanSlices(sample)) : quick.mean;
}

/** Sample standard deviation (divided by n - 1), in the sample's unit; 0 for equal values. Two points at least. */
export function std(sample: Sample): number {
  const quick = quickMoments(sample, 2, "std");
  return quick === undefined ? drain(stdSlices(sample)) : Math.sqrt(quick.squares / (sample.length - 1));
}

/** sum (x[i] - m)(x[i+1] - m) / sum (x[i] - m)^2: NIST's r1. Two points at least; CONSTANT for equal values. */
export function autocorrelation1(sample: Sample): number {
  return drain(autocorrelation1Slices(sample));
}

/** mean in slices. */
export function* meanSlices(sample: Sample): Slices<number> {
  return (yield* momentsOf(sample, 1, "mean", false)).mean;
}

/** std in slices. */
export function* stdSlices(sample: Sample): Slices<number> {
  const { squares, scale } = yield* momentsOf(sample, 2, "std", false);
  return Math.sqrt(squares / (sample.length - 1)) / scale;
}

/** autocorrelation1 in slices. */
export function* autocorrelation1Slices(sample: Sample): Slices<number> {
  const { squares, products } = yield* momentsOf(sample, 2, "autocorrelation1", true);
  if (squares === 0) throw new StatsError("CONSTANT", "sample", "has no variation, so no autocorrelation");
  return products / squares;
}

/** Of a sample of one run and ordinary size; undefined where a closer look is needed. The same bits as momentsOf. */
function quickMoments(sample: Sample, pointsMin: number, statistic: string): QuickMoments | undefined {
  checkPoints(sample, pointsMin, statistic);
  if (sample.length > BLOCK_VALUES) return undefined;
  return compute((kernels, arena) => {
    const x = arena.reserve(sample.length);
    const out = arena.reserve(4);
    arena.copyUnchecked(x, sample, 0, sample.length);
    kernels.moments(x, sample.length, out);
    const mean = arena.read(out, 0) + arena.read(out, 1);
    const squares = arena.read(out, 2);
    return isOrdinary(squares) && Math.abs(mean) < MEAN_MAX ? { mean, squares } : undefined;
  });
}

interface QuickMoments {
  readonly mean: number;
  readonly squares: number;
}

interface Moments extends QuickMoments {
  /** 0 unless asked for; like the squares in units of the sample times `scale`, squared. */
  readonly products: number;
  readonly scale: number;
}

function momentsOf(sample: Sample, pointsMin: number, statistic: string, withProducts: boolean): Slices<Moments> {
  return computeInSlices(function* (work) {
    checkPoints(sample, pointsMin, statistic);
    const { kernels, meter } = work;
    const count = sample.length;
    const x = yield* copyIn(work, sample, "sample");
    // Squares of 1e-200 or 1e200 are no doubles: a power of two takes them there and back without a rounding.
    const scale = yield* tame(work, x, count);
    const { mean, rest, squares } = yield* moments(work, x, count);
    let products = 0;
    for (let from = 0; withProducts && from < count - 1; from += BLOCK_VALUES) {
      const to = Math.min(from + BLOCK_VALUES + 1, count);
      products = kernels.neighbourProducts(x + from * 8, to - from, mean, rest, products);
      if (meter.due(4 * (to - from))) yield;
    }
    return { mean: (mean + rest) / scale, squares, products, scale };
  });
}

function checkPoints(sample: Sample, pointsMin: number, statistic: string): void {
  if (sample.length >= pointsMin) return;
  const why = `has ${sample.length} points, ${statistic} needs ${pointsMin}`;
  throw new StatsError("TOO_FEW_POINTS", "sample", why, sample.length, pointsMin);
}
