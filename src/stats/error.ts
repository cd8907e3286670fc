/**
 * StatsError: why a statistic has no value. Thrown by the whole-sample functions; never a NaN that somebody trades on.
 *
 * `field` names the argument, as in the function's signature (`columns[2]`, `y[17]`); `value` is what was found and `limit`
 * what would have been accepted, where there are such numbers.
 */
export type StatsErrorCode =
  /** Fewer points than the statistic needs: `value` points, `limit` needed. */
  | "TOO_FEW_POINTS"
  /** NaN or an infinity among the inputs: `field` has its index. */
  | "NOT_FINITE"
  /** Linearly dependent columns: `value` is the rank found, `limit` the rank needed. */
  | "COLLINEAR"
  /** No variation where the statistic divides by it. */
  | "CONSTANT"
  /** The statistic does not exist for these values, as the maximum of a likelihood that has none. */
  | "NO_SOLUTION"
  /** Inputs of different lengths: `value` found, `limit` expected. */
  | "LENGTH_MISMATCH"
  /** An argument outside its range: `limit` is the range's end that was passed. */
  | "BAD_ARGUMENT"
  /** Finite inputs whose sums or squares are not. */
  | "OVERFLOW"
  /** The sample does not fit the library's memory: `value` bytes wanted, `limit` bytes at most. */
  | "TOO_LARGE";

export class StatsError extends Error {
  override readonly name = "StatsError";
  readonly code: StatsErrorCode;
  readonly field: string;
  readonly value: number | undefined;
  readonly limit: number | undefined;

  constructor(code: StatsErrorCode, field: string, why: string, value?: number, limit?: number) {
    super(`${field}: ${why}`);
    this.code = code;
    this.field = field;
    this.value = value;
    this.limit = limit;
  }
}
