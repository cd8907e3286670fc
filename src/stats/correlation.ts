/**
 * Correlation of two samples, and the correlation matrix of many.
 *
 * Columns are centred and scaled once; the matrix is then their products, two rows per instruction and in a fixed order
 * (assembly/stats/cross.ts), so it is bitwise repeatable and bitwise symmetric. The diagonal is exactly 1, entries lie in [-1, 1].
 */
import { crossProducts, putColumns, standardise, symmetric } from "./columns.ts";
import { StatsError } from "./error.ts";
import { computeInSlices, type Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

/** Pearson correlation of x and y. LENGTH_MISMATCH, TOO_FEW_POINTS below 2, CONSTANT, NOT_FINITE. */
export function correlation(x: Sample, y: Sample): number;
/**
 * Correlation matrix of the columns: `matrix[i][j]` belongs to columns i and j. Same errors, `field` names the column
 * (`columns[3]`). 1..COLUMNS_MAX columns.
 */
export function correlation(columns: readonly Sample[]): number[][];
export function correlation(first: Sample | readonly Sample[], second?: Sample): number | number[][] {
  if (second !== undefined) return drain(correlationOf(first as Sample, second));
  return drain(correlationSlices(first as readonly Sample[]));
}

/** The correlation matrix in slices. */
export function correlationSlices(samples: readonly Sample[]): Slices<number[][]> {
  return computeInSlices(function* (work) {
    if (isSample(samples)) throw new StatsError("BAD_ARGUMENT", "columns", "must be an array of columns");
    const names = samples.map((_, index) => `columns[${index}]`);
    const columns = yield* putColumns(work, samples, names, standardise);
    const products = yield* crossProducts(work, columns);
    const entry = (value: number, i: number, j: number) => (i === j ? 1 : clampUnit(value));
    return yield* symmetric(work, products, columns.order, columns.count, entry);
  });
}

function isSample(value: unknown): boolean {
  return (
    value instanceof Float64Array || (Array.isArray(value) && (value.length === 0 || typeof value[0] === "number"))
  );
}

function correlationOf(x: Sample, y: Sample): Slices<number> {
  return computeInSlices(function* (work) {
    const columns = yield* putColumns(work, [x, y], ["x", "y"], standardise);
    const products = yield* crossProducts(work, columns);
    return clampUnit(work.arena.read(products, 1));
  });
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(-1, value)) + 0;
}
