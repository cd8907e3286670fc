/**
 * Mean, standard deviation and lag-1 autocorrelation of one sample, to the digits that its binary64 values hold.
 *
 * All throw StatsError: TOO_FEW_POINTS, NOT_FINITE, OVERFLOW (a range beyond the doubles), CONSTANT where they divide by variation.
 */
import { StatsError } from "./error.ts";
import { compute, type Sample } from "./runtime.ts";

/** Arithmetic mean, in the sample's unit. One point at least. */
export function mean(sample: Sample): number {
  return momentsOf(sample, 1, "mean", false).mean;
}

/** Sample standard deviation (divided by n - 1), in the sample's unit; 0 for equal values. Two points at least. */
export function std(sample: Sample): number {
  const { squares, scale } = momentsOf(sample, 2, "std", false);
  return Math.sqrt(squares / (sample.length - 1)) / scale;
}

/** sum (x[i] - m)(x[i+1] - m) / sum (x[i] - m)^2: NIST's r1. Two points at least; CONSTANT for equal values. */
export function autocorrelation1(sample: Sample): number {
  const { squares, products } = momentsOf(sample, 2, "autocorrelation1", true);
  if (squares === 0) throw new StatsError("CONSTANT", "sample", "has no variation, so no autocorrelation");
  return products / squares;
}

interface Moments {
  readonly mean: number;
  /** Both in units of the sample times `scale`, squared. */
  readonly squares: number;
  /** 0 unless asked for. */
  readonly products: number;
  readonly scale: number;
}

function momentsOf(sample: Sample, pointsMin: number, statistic: string, withProducts: boolean): Moments {
  if (sample.length < pointsMin) {
    const why = `has ${sample.length} points, ${statistic} needs ${pointsMin}`;
    throw new StatsError("TOO_FEW_POINTS", "sample", why, sample.length, pointsMin);
  }
  return compute((kernels, arena) => {
    const x = arena.copyIn(sample, "sample");
    const out = arena.reserve(4);
    // Squares of 1e-200 or 1e200 are no doubles: a power of two takes them there and back without a rounding.
    const scale = kernels.tame(x, sample.length);
    kernels.moments(x, sample.length, out);
    const [mean, rest] = [arena.read(out, 0), arena.read(out, 1)];
    const products = withProducts ? kernels.neighbourProducts(x, sample.length, mean, rest) : 0;
    return { mean: (mean + rest) / scale, squares: arena.read(out, 2), products, scale };
  });
}
