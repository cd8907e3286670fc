/**
 * Rolling Pearson correlation, from the lines of line-stream.ts: the square root of R2 with the slope's sign, which is exact where
 * the two samples move almost as one. O(1) per tick, like rolling-ols.ts.
 */
import { LINE_CONSTANT_X, LINE_CONSTANT_Y, LineStream, lineSlices } from "./line-stream.ts";
import { Completeness, type UndefinedReason } from "./rolling-window.ts";
import type { Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

/**
 * Correlation of x and y in the `window` points that end at each position; -1 to 1. NaN, never 0, for the first window - 1 positions
 * (warm-up) and for windows with something not finite or with equal x or equal y. 3 <= window <= WINDOW_MAX, else BAD_ARGUMENT;
 * LENGTH_MISMATCH.
 */
export function rollingCorrelation(x: Sample, y: Sample, window: number): Float64Array {
  return drain(rollingCorrelationSlices(x, y, window));
}

/** rollingCorrelation in slices. */
export function* rollingCorrelationSlices(x: Sample, y: Sample, window: number): Slices<Float64Array> {
  const correlations = new Float64Array(x.length);
  yield* lineSlices(y, x, window, (lines, from, count) => {
    const beta = lines.memory.view(lines.beta, count);
    const rSquared = lines.memory.view(lines.rSquared, count);
    for (let at = 0; at < count; at++) correlations[from + at] = withSign(rSquared[at] as number, beta[at] as number);
  });
  return correlations;
}

function withSign(rSquared: number, beta: number): number {
  return beta < 0 ? -Math.sqrt(rSquared) : Math.sqrt(rSquared);
}

/** What a stream says of the window that ends with the newest pair. */
export type RollingCorrelationResult =
  | { readonly correlation: number; readonly reason: undefined }
  /** `constant`: all x or all y are equal. */
  | { readonly correlation: undefined; readonly reason: Exclude<UndefinedReason, "collinear"> };

/** rollingCorrelation as a stream. Its memory is bounded by the window: 40 bytes per pair and 5 KiB, freed when it is collected. */
export class RollingCorrelation {
  readonly window: number;
  readonly #lines: LineStream;
  readonly #complete: Completeness;

  /** 3 <= window <= WINDOW_MAX, else BAD_ARGUMENT. TOO_LARGE when the streams' memory is used up. */
  constructor(window: number) {
    this.#lines = new LineStream(window, 1);
    this.#complete = new Completeness(window);
    this.window = window;
  }

  /** Takes the next pair in. Values that are not finite are taken too (`notFinite` until they have left). */
  push(x: number, y: number): RollingCorrelationResult {
    const at = this.#lines;
    const { memory } = at;
    memory.write(at.x, 0, x);
    memory.write(at.y, 0, y);
    this.#lines.run(0, 1);
    const incomplete = this.#complete.take(Number.isFinite(x) && Number.isFinite(y));
    const rSquared = memory.read(at.rSquared, 0);
    if (!Number.isNaN(rSquared)) {
      return { correlation: withSign(rSquared, memory.read(at.beta, 0)), reason: undefined };
    }
    const code = this.#lines.code();
    const constant = code === LINE_CONSTANT_X || code === LINE_CONSTANT_Y;
    return { correlation: undefined, reason: incomplete ?? (constant ? "constant" : "outOfRange") };
  }
}
