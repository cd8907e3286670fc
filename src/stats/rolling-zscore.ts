/**
 * Rolling mean, sample standard deviation and z-score. O(1) per tick without exception; error bounds, and why nothing drifts, are
 * written at the kernel (assembly/stats/rolling-zscore.ts).
 *
 * A result depends on the window's values and, in its last digits, on how many came before; never on what they were, never on later
 * ones. Array and stream give the same bits.
 */
import type { Reals } from "./kernels.ts";
import type { Lease, Resident } from "./resident.ts";
import { Completeness, checkWindow, copySlice, SLICE_TICKS, type UndefinedReason } from "./rolling-window.ts";
import { resident, type Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

/** One value per point, each over the `window` points that end there. Positions without a value are NaN, never 0. */
export interface RollingZScores {
  /** (x - mean) / std of the newest point. NaN where std is 0. */
  readonly z: Float64Array;
  readonly mean: Float64Array;
  /** Divided by window - 1; exactly 0 where all values are equal. */
  readonly std: Float64Array;
}

/**
 * z-score of every point within the `window` points that end with it, the point included. The first window - 1 positions are NaN
 * (warm-up), as are windows with something not finite. 2 <= window <= WINDOW_MAX, else BAD_ARGUMENT; a sample shorter than the
 * window is all warm-up.
 */
export function zscoreRolling(x: Sample, window: number): RollingZScores {
  return drain(zscoreRollingSlices(x, window));
}

/** zscoreRolling in slices. */
export function* zscoreRollingSlices(x: Sample, window: number): Slices<RollingZScores> {
  const stream = new ZScoreStream(window, SLICE_TICKS);
  const make = () => new Float64Array(x.length);
  const scores = { z: make(), mean: make(), std: make() };
  try {
    for (let from = 0; from < x.length; from += SLICE_TICKS) {
      if (from > 0) yield;
      const count = Math.min(SLICE_TICKS, x.length - from);
      copySlice(stream.memory, stream.input, x, from, count);
      stream.run(count);
      scores.mean.set(stream.memory.view(stream.mean, count), from);
      scores.std.set(stream.memory.view(stream.std, count), from);
      scores.z.set(stream.memory.view(stream.z, count), from);
    }
    return scores;
  } finally {
    stream.end();
  }
}

/** Why a full or filling window has no z-score. `constant`: all values are equal. */
export type NoScoreReason = Exclude<UndefinedReason, "collinear">;

/** What a stream says of the window that ends with the newest value. */
export type RollingZScoreResult =
  | { readonly z: number; readonly mean: number; readonly std: number; readonly reason: undefined }
  /** Mean and std, which is 0, exist. */
  | { readonly z: undefined; readonly mean: number; readonly std: number; readonly reason: "constant" }
  | {
      readonly z: undefined;
      readonly mean: undefined;
      readonly std: undefined;
      readonly reason: Exclude<NoScoreReason, "constant">;
    };

/**
 * zscoreRolling as a stream. Its memory is bounded by the window: 12 bytes per value and 0.2 KiB, freed when the object is collected.
 */
export class RollingZScore {
  readonly window: number;
  readonly #stream: ZScoreStream;
  readonly #complete: Completeness;

  /** 2 <= window <= WINDOW_MAX, else BAD_ARGUMENT. TOO_LARGE when the streams' memory is used up. */
  constructor(window: number) {
    this.#stream = new ZScoreStream(window, 1);
    this.#complete = new Completeness(window);
    this.window = window;
  }

  /** Takes the next value in. O(1). Values that are not finite are taken too (`notFinite` until they have left). */
  push(value: number): RollingZScoreResult {
    const { memory, input, mean, std, z } = this.#stream;
    memory.write(input, 0, value);
    this.#stream.run(1);
    const incomplete = this.#complete.take(Number.isFinite(value));
    const [score, deviation] = [memory.read(z, 0), memory.read(std, 0)];
    const reason = zscoreReason(score, deviation, incomplete);
    if (reason === undefined) return { z: score, mean: memory.read(mean, 0), std: deviation, reason };
    if (reason === "constant") return { z: undefined, mean: memory.read(mean, 0), std: deviation, reason };
    return { z: undefined, mean: undefined, std: undefined, reason };
  }
}

/** From what the kernel left of a tick; `incomplete` says what is missing of the window. */
export function zscoreReason(
  z: number,
  std: number,
  incomplete: "tooFewPoints" | "notFinite" | undefined,
): NoScoreReason | undefined {
  if (!Number.isNaN(z)) return undefined;
  return incomplete ?? (std === 0 ? "constant" : "outOfRange");
}

/** State of the kernel in the streams' memory, with room for `ticks` ticks in and out. */
export class ZScoreStream {
  readonly memory: Resident;
  readonly input: Reals;
  readonly mean: Reals;
  readonly std: Reals;
  readonly z: Reals;
  readonly #lease: Lease;

  constructor(window: number, ticks: number) {
    checkWindow(window, 2);
    this.memory = resident();
    const { kernels } = this.memory;
    const size = kernels.rollingZscoreSize(window);
    this.#lease = this.memory.lease(this, size + 4 * ticks);
    this.input = this.#lease.at + size * 8;
    this.mean = this.input + ticks * 8;
    this.std = this.mean + ticks * 8;
    this.z = this.std + ticks * 8;
    kernels.rollingZscoreReset(this.#lease.at, window);
  }

  /** Takes in `count` ticks that lie at `input`, or at `from`. */
  run(count: number, from = this.input): void {
    this.memory.kernels.rollingZscore(this.#lease.at, from, count, this.mean, this.std, this.z);
  }

  end(): void {
    this.memory.end(this.#lease);
  }
}
