/**
 * Ordinary least squares by Householder QR with column scaling, rank test and refinement (assembly/stats/least-squares.ts).
 *
 * Digits are those that the data hold: all NIST sets, Filip included, keep 13 or more where their values are exact in binary64.
 */
import { StatsError } from "./error.ts";
import type { Reals, StatsKernels } from "./kernels.ts";
import { type Arena, compute, type Sample } from "./runtime.ts";

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
  const intercept = options.intercept ?? true;
  return compute((kernels, arena) => {
    if (intercept && columns.length === 1) return fitLine(kernels, arena, y, columns[0]!).fit;
    const regression = regress(kernels, arena, y, columns, intercept);
    const { coef, stderr, rSquared, residualStd, rank } = regression;
    return { coef, stderr, rSquared, residualStd, rank };
  });
}

/** A fit whose residuals are still in the arena, scaled by `residualScale`. */
export interface Regression extends OlsFit {
  readonly residual: Reals;
  readonly residualScale: number;
}

export function regress(
  kernels: StatsKernels,
  arena: Arena,
  y: Sample,
  columns: readonly Sample[],
  intercept: boolean,
): Regression {
  const rows = y.length;
  const first = intercept ? 1 : 0;
  const rank = columns.length + first;
  if (intercept && rank === 2) {
    const { fit, x, scaledY, residual, out, residualScale } = fitLine(kernels, arena, y, columns[0]!);
    kernels.lineResiduals(x, scaledY, rows, residual, out);
    return { ...fit, residual, residualScale };
  }

  checkShape(y, columns, rank);
  const matrix = arena.reserve(rows * rank);
  const scales = new Array<number>(rank).fill(1);
  if (intercept) arena.copyTo(matrix, new Float64Array(rows).fill(1), "intercept");
  for (let j = first; j < rank; j++) {
    const column = matrix + j * rows * 8;
    arena.copyTo(column, columns[j - first]!, `columns[${j - first}]`);
    scales[j] = kernels.normalise(column, rows);
  }
  const scaledY = arena.copyIn(y, "y");
  const scaleY = kernels.normalise(scaledY, rows);

  const residual = arena.reserve(rows);
  const coefficients = arena.reserve(rank);
  const inverse = arena.reserve(rank);
  const factored = arena.reserve(rows * rank);
  const work = arena.reserve(2 * rows + 5 * rank);
  const tolerance = rankTolerance(rows);
  const found = kernels.leastSquares(
    matrix,
    factored,
    rows,
    rank,
    scaledY,
    residual,
    coefficients,
    inverse,
    tolerance,
    work,
  );
  if (found < rank) {
    throw new StatsError("COLLINEAR", `columns[${found - first}]`, "depends on the columns before it", found, rank);
  }

  const residualSquares = kernels.dot(residual, residual, rows);
  const variance = residualSquares / (rows - rank);
  const totalSquares = squaresOf(kernels, arena, scaledY, rows, intercept);
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
  return { coef, stderr, rSquared, residualStd, rank, residual, residualScale: scaleY };
}

/** One regressor with an intercept: no matrix is needed (assembly/stats/line.ts). */
function fitLine(kernels: StatsKernels, arena: Arena, y: Sample, x: Sample): LineFit {
  checkShape(y, [x], 2);
  const rows = y.length;
  const atX = arena.copyIn(x, "columns[0]");
  const scaleX = kernels.tame(atX, rows);
  const scaledY = arena.copyIn(y, "y");
  const scaleY = kernels.tame(scaledY, rows);
  const residual = arena.reserve(rows);
  const out = arena.reserve(9);
  if (kernels.fitLine(atX, scaledY, rows, rankTolerance(rows), residual, out) === 0) {
    throw new StatsError("COLLINEAR", "columns[0]", "does not vary, as the intercept does not", 1, 2);
  }
  const [beta, alpha, squares, squaresX, squaresY, meanX] = arena.copyOut(out, 6) as unknown as LineSums;
  const residualStd = Math.sqrt(squares / (rows - 2));
  const coef = [alpha / scaleY, (beta * scaleX) / scaleY];
  const stderr = [
    (residualStd * Math.sqrt(1 / rows + (meanX / squaresX) * meanX)) / scaleY,
    ((residualStd / Math.sqrt(squaresX)) * scaleX) / scaleY,
  ];
  if (![...coef, ...stderr].every(Number.isFinite)) {
    throw new StatsError("OVERFLOW", "coef", "leaves the range of a double");
  }
  const rSquared = squaresY > 0 ? Math.max(0, 1 - squares / squaresY) : undefined;
  const fit = { coef, stderr, rSquared, residualStd: residualStd / scaleY, rank: 2 };
  return { fit, x: atX, scaledY, residual, out, residualScale: scaleY };
}

/** A line, and where its parts lie; the residual has its room but may not be filled yet. */
interface LineFit {
  readonly fit: OlsFit;
  readonly x: Reals;
  readonly scaledY: Reals;
  readonly residual: Reals;
  readonly out: Reals;
  readonly residualScale: number;
}

type LineSums = readonly [
  beta: number,
  alpha: number,
  squares: number,
  squaresX: number,
  squaresY: number,
  meanX: number,
];

/** What rounding alone may leave of a dependent column: some units in its last place, more of them in long sums. */
export function rankTolerance(rows: number): number {
  return Number.EPSILON * Math.max(64, 2 * Math.sqrt(rows));
}

function squaresOf(kernels: StatsKernels, arena: Arena, y: Reals, rows: number, centred: boolean): number {
  if (!centred) return kernels.dot(y, y, rows);
  const out = arena.reserve(4);
  kernels.moments(y, rows, out);
  return arena.read(out, 2);
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
