/**
 * Regression of y on one column with an intercept: no matrix is needed (assembly/stats/line.ts).
 *
 * `quickLine` is for samples of one run and ordinary size, which is nearly all of them: it copies, fits, and sees from the sums that
 * nothing was infinite or out of range. What it cannot take, `line` does step by step, with the same bits where both could.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import type { OlsFit } from "./ols.ts";
import { type Arena, compute, type Sample, type Work } from "./runtime.ts";
import { BLOCK_VALUES, type Slices } from "./sliced.ts";
import { copyIn, tame } from "./vectors.ts";

/** Undefined where the fit needs a closer look; y and x are of one length, more than 2. */
export function quickLine(y: Sample, x: Sample): OlsFit | undefined {
  const rows = y.length;
  if (rows > BLOCK_VALUES) return undefined;
  return compute((kernels, arena) => {
    const atX = arena.reserve(rows);
    const atY = arena.reserve(rows);
    const residual = arena.reserve(rows);
    const out = arena.reserve(9);
    arena.copyUnchecked(atX, x, 0, rows);
    arena.copyUnchecked(atY, y, 0, rows);
    if (kernels.fitLine(atX, atY, rows, rankTolerance(rows), residual, out) === 0) return undefined;
    // A value that is not finite is in both sums of its sample; a range beyond this is scaled first.
    const ordinary =
      isOrdinary(arena.read(out, 3)) &&
      isOrdinary(arena.read(out, 4)) &&
      Math.abs(arena.read(out, 5)) < MEAN_MAX &&
      Math.abs(arena.read(out, 6)) < MEAN_MAX;
    return ordinary ? fitOf(arena, out, rows, 1, 1) : undefined;
  });
}

/** Sums of squares that neither overflowed nor lost digits below the doubles. */
export function isOrdinary(squares: number): boolean {
  return squares > 1e-200 && squares < 1e200;
}

export const MEAN_MAX = 1e120;

/** A fit whose residuals are still in the arena where they were asked for, times `residualScale`. */
export interface Line {
  readonly fit: OlsFit;
  readonly residual: Reals;
  readonly residualScale: number;
}

/** Like quickLine, for any sample. COLLINEAR when x does not vary, NOT_FINITE, OVERFLOW. */
export function* line(work: Work, y: Sample, x: Sample, withResidual: boolean): Slices<Line> {
  const { kernels, arena, meter } = work;
  const rows = y.length;
  const atX = yield* copyIn(work, x, "columns[0]");
  const scaleX = yield* tame(work, atX, rows);
  const atY = yield* copyIn(work, y, "y");
  const scaleY = yield* tame(work, atY, rows);
  const residual = arena.reserve(rows);
  const out = arena.reserve(9);
  kernels.startLine(atX, atY, rows, out);
  yield* square(work, atX, atY, rows, out);
  if (kernels.recentreLine(rows, out) === 1) yield* square(work, atX, atY, rows, out);
  const solved = kernels.solveLine(rows, rankTolerance(rows), out);
  if (solved === 0) throw new StatsError("COLLINEAR", "columns[0]", "does not vary, as the intercept does not", 1, 2);
  const squares = arena.read(out, 2);
  if (solved === 2 || withResidual) {
    for (let from = 0; from < rows; from += BLOCK_VALUES) {
      const to = Math.min(from + BLOCK_VALUES, rows);
      kernels.lineResiduals(atX, atY, from, to, residual, out);
      if (meter.due(2 * (to - from))) yield;
    }
  }
  if (solved === 1) arena.write(out, 2, squares);
  return { fit: fitOf(arena, out, rows, scaleX, scaleY), residual, residualScale: scaleY };
}

function* square({ kernels, meter }: Work, x: Reals, y: Reals, rows: number, out: Reals): Slices<void> {
  for (let from = 0; from < rows; from += BLOCK_VALUES) {
    const to = Math.min(from + BLOCK_VALUES, rows);
    kernels.squareLine(x, y, from, to, out);
    if (meter.due(2 * (to - from))) yield;
  }
}

function fitOf(arena: Arena, out: Reals, rows: number, scaleX: number, scaleY: number): OlsFit {
  const squaresX = arena.read(out, 3);
  const squaresY = arena.read(out, 4);
  const meanX = arena.read(out, 5);
  const squares = arena.read(out, 2);
  const residualStd = Math.sqrt(squares / (rows - 2));
  const alpha = arena.read(out, 1) / scaleY;
  const beta = (arena.read(out, 0) * scaleX) / scaleY;
  const alphaError = (residualStd * Math.sqrt(1 / rows + (meanX / squaresX) * meanX)) / scaleY;
  const betaError = ((residualStd / Math.sqrt(squaresX)) * scaleX) / scaleY;
  if (!(Number.isFinite(alpha) && Number.isFinite(beta) && Number.isFinite(alphaError) && Number.isFinite(betaError))) {
    throw new StatsError("OVERFLOW", "coef", "leaves the range of a double");
  }
  const rSquared = squaresY > 0 ? Math.max(0, 1 - squares / squaresY) : undefined;
  return {
    coef: [alpha, beta],
    stderr: [alphaError, betaError],
    rSquared,
    residualStd: residualStd / scaleY,
    rank: 2,
  };
}

/** What rounding alone may leave of a dependent column: some units in its last place, more of them in long sums. */
export function rankTolerance(rows: number): number {
  return Number.EPSILON * Math.max(64, 2 * Math.sqrt(rows));
}
