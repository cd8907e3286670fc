/**
 * Ordinary least squares by Householder QR with column scaling, rank test and refinement (least-squares.ts), a line by its sums (line.ts).
 *
 * Digits are those that the data hold: all NIST sets, Filip included, keep 13 or more where their values are exact in binary64.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { leastSquares } from "./least-squares.ts";
import { line, quickLine, rankTolerance } from "./line.ts";
import { computeInSlices, type Sample, type Work } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";
import { copyIn, dot, fill, moments, normalise } from "./vectors.ts";

export interface OlsOptions {
  /** Whether the model has a constant. Default true. */
  readonly intercept?: boolean;
}

export interface OlsFit {
  /** Intercept first when there is one, then one per column; y's unit over the column's. */
  readonly coef: number[];
  /** Standard errors of `coef`, in the same order and units. */
  readonly stderr: number[];
  /** Share of y's variation explained: about its mean with an intercept, about 0 without. Undefined when y does not vary. */
  readonly rSquared: number | undefined;
  /** sqrt(residual squares / (n - rank)), in y's unit. */
  readonly residualStd: number;
  /** Number of coefficients: a fit of lower rank is refused. */
  readonly rank: number;
}

/**
 * Regression of y on the columns. TOO_FEW_POINTS unless there are more points than coefficients; COLLINEAR names the first column
 * that those before it explain to the last digits (`columns[1]`); LENGTH_MISMATCH, NOT_FINITE, OVERFLOW, BAD_ARGUMENT.
 */
export function ols(y: Sample, columns: readonly Sample[], options: OlsOptions = {}): OlsFit {
  const [only] = columns;
  if (only !== undefined && columns.length === 1 && options.intercept !== false) {
    const fit = only.length === y.length && y.length > 2 ? quickLine(y, only) : undefined;
    if (fit !== undefined) return fit;
  }
  return drain(olsSlices(y, columns, options));
}

/** ols in slices. */
export function olsSlices(y: Sample, columns: readonly Sample[], options: OlsOptions = {}): Slices<OlsFit> {
  return computeInSlices(function* (work) {
    const { fit } = yield* regress(work, y, columns, options.intercept ?? true, false);
    return fit;
  });
}

export interface Regression {
  readonly fit: OlsFit;
  /** In the arena, times `residualScale`: filled where it was asked for. */
  readonly residual: Reals;
  readonly residualScale: number;
}

export function* regress(
  work: Work,
  y: Sample,
  columns: readonly Sample[],
  intercept: boolean,
  withResidual: boolean,
): Slices<Regression> {
  const { arena } = work;
  const rows = y.length;
  const first = intercept ? 1 : 0;
  const rank = columns.length + first;
  checkShape(y, columns, rank);
  if (intercept && rank === 2) return yield* line(work, y, columns[0]!, withResidual);

  const matrix = arena.reserve(rows * rank);
  const scales = new Array<number>(rank).fill(1);
  if (intercept) yield* fill(work, matrix, rows, 1);
  for (let j = first; j < rank; j++) {
    const column = matrix + j * rows * 8;
    yield* copyIn(work, columns[j - first]!, `columns[${j - first}]`, column);
    scales[j] = yield* normalise(work, column, rows);
  }
  const scaledY = yield* copyIn(work, y, "y");
  const scaleY = yield* normalise(work, scaledY, rows);

  const system = { matrix, rows, columns: rank, y: scaledY };
  const solution = yield* leastSquares(work, system, rankTolerance(rows));
  const { rank: found, coefficients, inverse, residual } = solution;
  if (found < rank) {
    throw new StatsError("COLLINEAR", `columns[${found - first}]`, "depends on the columns before it", found, rank);
  }

  const residualSquares = yield* dot(work, residual, residual, rows);
  const variance = residualSquares / (rows - rank);
  const totalSquares = intercept
    ? (yield* moments(work, scaledY, rows)).squares
    : yield* dot(work, scaledY, scaledY, rows);
  const coef: number[] = [];
  const stderr: number[] = [];
  for (let j = 0; j < rank; j++) {
    coef.push((arena.read(coefficients, j) * scales[j]!) / scaleY);
    stderr.push((Math.sqrt(variance * arena.read(inverse, j)) * scales[j]!) / scaleY);
  }
  const residualStd = Math.sqrt(variance) / scaleY;
  if (![...coef, ...stderr, residualStd].every(Number.isFinite)) {
    throw new StatsError("OVERFLOW", "coef", "leaves the range of a double");
  }
  const rSquared = totalSquares > 0 ? Math.max(0, 1 - residualSquares / totalSquares) : undefined;
  return { fit: { coef, stderr, rSquared, residualStd, rank }, residual, residualScale: scaleY };
}

function checkShape(y: Sample, columns: readonly Sample[], rank: number): void {
  if (rank === 0) throw new StatsError("BAD_ARGUMENT", "columns", "is empty and there is no intercept", 0, 1);
  for (const [index, { length }] of columns.entries()) {
    if (length === y.length) continue;
    const why = `has ${length} points, y has ${y.length}`;
    throw new StatsError("LENGTH_MISMATCH", `columns[${index}]`, why, length, y.length);
  }
  if (y.length > rank) return;
  const why = `has ${y.length} points, ${rank} coefficients need ${rank + 1}`;
  throw new StatsError("TOO_FEW_POINTS", "y", why, y.length, rank + 1);
}
