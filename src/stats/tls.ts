/** Total least squares of a line: the slope that treats y and x alike (Pearson 1901; Golub & Van Loan 1980). */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { computeInSlices, type Sample, type Work } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";
import { copyIn, dot, moments, normalise, scaleShift, subtractScaled } from "./vectors.ts";

export interface TotalLeastSquaresFit {
  /** Slope of y on x; x on y has its inverse. In y's unit over x's, and it changes with the ratio of the units. */
  readonly beta: number;
  readonly alpha: number;
  /** sqrt(squared orthogonal distances / (n - 2)). */
  readonly residualStd: number;
}

/**
 * Line with an intercept that minimises orthogonal distances. Three points at least; CONSTANT when x and y both do not vary;
 * NO_SOLUTION when the line is vertical or every direction fits alike; LENGTH_MISMATCH, NOT_FINITE, TOO_FEW_POINTS.
 */
export function tls(y: Sample, x: Sample): TotalLeastSquaresFit {
  return drain(tlsSlices(y, x));
}

/** tls in slices. */
export function tlsSlices(y: Sample, x: Sample): Slices<TotalLeastSquaresFit> {
  return computeInSlices(function* (work) {
    if (x.length !== y.length) {
      throw new StatsError("LENGTH_MISMATCH", "x", `has ${x.length} points, y ${y.length}`, x.length, y.length);
    }
    if (y.length < 3) throw new StatsError("TOO_FEW_POINTS", "y", `has ${y.length} points`, y.length, 3);
    const count = y.length;
    const centredX = yield* centred(work, x, "x");
    const centredY = yield* centred(work, y, "y");
    // One scale for both, or the distances would no longer be orthogonal.
    const scale = Math.min(centredX.scale, centredY.scale);
    const [shareX, shareY] = [scale / centredX.scale, scale / centredY.scale];
    const xx = (yield* dot(work, centredX.at, centredX.at, count)) * shareX * shareX;
    const yy = (yield* dot(work, centredY.at, centredY.at, count)) * shareY * shareY;
    const xy = (yield* dot(work, centredX.at, centredY.at, count)) * shareX * shareY;
    if (xx === 0 && yy === 0) throw new StatsError("CONSTANT", "x", "and y do not vary");
    if (xy === 0 && yy >= xx) throw new StatsError("NO_SOLUTION", "y", "has no slope on x: the line is vertical");
    const difference = yy - xx;
    const root = Math.hypot(difference, 2 * xy);
    // Of the two equal forms the one that adds: the other cancels.
    const beta = difference > 0 ? (difference + root) / (2 * xy) : (2 * xy) / (root - difference);
    // Summed over the points, not from the sums above: on a close fit their difference has no digits left.
    yield* subtractScaled(work, centredY.at, (beta * centredY.scale) / centredX.scale, centredX.at, count);
    const residuals = Math.sqrt((yield* dot(work, centredY.at, centredY.at, count)) / (count - 2)) / centredY.scale;
    return {
      beta,
      alpha: centredY.mean - beta * centredX.mean,
      residualStd: residuals / Math.hypot(1, beta),
    };
  });
}

/** The sample minus its mean, times a power of two. */
function* centred(work: Work, sample: Sample, field: string): Slices<Centred> {
  const count = sample.length;
  const at = yield* copyIn(work, sample, field);
  const scale = yield* normalise(work, at, count);
  const { mean, rest } = yield* moments(work, at, count);
  yield* scaleShift(work, at, count, 1, mean);
  yield* scaleShift(work, at, count, 1, rest);
  return { at, scale, mean: (mean + rest) / scale };
}

interface Centred {
  readonly at: Reals;
  readonly scale: number;
  readonly mean: number;
}
