/**
 * What rolling statistics have in common: windows, the reasons why a window has no value, and what is not finite.
 *
 * A value that is NaN or infinite takes its place in the window like any other. While it is there the window has no statistics, with
 * reason `notFinite`; the tick after it has left, they are what they would be if it had never come.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import type { Resident } from "./resident.ts";
import type { Sample } from "./runtime.ts";

/** Why a window, or one statistic of it, has no value. */
export type UndefinedReason =
  /** The window is not full yet. */
  | "tooFewPoints"
  /** NaN or an infinity in the window. */
  | "notFinite"
  /** No variation to divide by: the values are equal, or the x of a line are. */
  | "constant"
  /** The legs of a line move as one: residuals are no more than the rounding of the inputs, so they have no z-score. */
  | "collinear"
  /** The squares of differences leave the doubles: differences beyond 1e150, or below 1e-135 and not 0. */
  | "outOfRange";

/** Longest window of a stream: its state takes 0.8 MiB (z-score) or 4 MiB (lines). */
export const WINDOW_MAX = 65_536;

/** BAD_ARGUMENT unless it is whole and within limits. */
export function checkWindow(window: number, windowMin: number, field = "window", windowMax = WINDOW_MAX): void {
  if (Number.isInteger(window) && window >= windowMin && window <= windowMax) return;
  const limit = window < windowMin ? windowMin : windowMax;
  throw new StatsError(
    "BAD_ARGUMENT",
    field,
    `is ${window}, must be whole, ${windowMin} to ${windowMax}`,
    window,
    limit,
  );
}

export function checkPairs(y: Sample, x: Sample): void {
  if (x.length === y.length) return;
  throw new StatsError("LENGTH_MISMATCH", "x", `has ${x.length} points, y has ${y.length}`, x.length, y.length);
}

/** Ticks of a slice: at 25 ns each, with their copies, a third of what a lane can spare. */
export const SLICE_TICKS = 1024;

/** A part of a sample, copied into the streams' memory. */
export function copySlice(memory: Resident, at: Reals, sample: Sample, from: number, count: number): void {
  const to = memory.view(at, count);
  if (sample instanceof Float64Array) to.set(sample.subarray(from, from + count));
  else for (let index = 0; index < count; index++) to[index] = sample[from + index] as number;
}

/** Whether a window is full, and of finite values. Counts them as they come. */
export class Completeness {
  readonly #window: number;
  #seen = 0;
  /** Length of the run of finite values that ends with the newest. */
  #finite = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /** Why the window with this tick has no statistics; undefined when it may have some. */
  take(finite: boolean): "tooFewPoints" | "notFinite" | undefined {
    if (this.#seen < this.#window) this.#seen++;
    this.#finite = finite ? Math.min(this.#finite + 1, this.#window) : 0;
    if (this.#finite === this.#window) return undefined;
    return this.#seen < this.#window ? "tooFewPoints" : "notFinite";
  }
}
