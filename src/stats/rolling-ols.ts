/**
 * Rolling regression of y on x with an intercept, the spread it leaves, and the spread's own z-score. O(1) per tick; only while a
 * nearly perfect relation is breaking does a tick read its window again (assembly/stats/rolling-line.ts says when and why).
 *
 * A result depends on the window's values and, in its last digits, on how many came before; never on what they were, never on later
 * ones. Array and stream give the same bits.
 */
import { LINE_COLLINEAR, LINE_CONSTANT_X, LineStream, lineSlices } from "./line-stream.ts";
import { Completeness, checkWindow, SLICE_TICKS, type UndefinedReason } from "./rolling-window.ts";
import { ZScoreStream } from "./rolling-zscore.ts";
import type { Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

export interface RollingOlsOptions {
  /** How many spreads, each with its own line, the z-score of the newest is taken among; 2 to WINDOW_MAX. Default: the window. */
  readonly lookback?: number;
}

/** One value per point, each of the line through the `window` points that end there. Positions without a value are NaN, never 0. */
export interface RollingOlsFits {
  /** Slope, in units of y per unit of x. */
  readonly beta: Float64Array;
  /** Intercept, in units of y. */
  readonly alpha: Float64Array;
  /** 0 to 1. NaN where all y are equal. */
  readonly rSquared: Float64Array;
  /** sqrt(squared residuals / (window - 2)), in units of y; exactly 0 where x and y move as one. */
  readonly residualStd: Float64Array;
  /** y - alpha - beta x of the newest point, in units of y. */
  readonly spread: Float64Array;
  /** z-score (ddof 1) of the newest spread among the last `lookback`. */
  readonly spreadZ: Float64Array;
}

/**
 * Least-squares line of every window. The first window - 1 positions are NaN (spreadZ: window + lookback - 2), as are windows with
 * something not finite or with equal x. 3 <= window <= WINDOW_MAX, else BAD_ARGUMENT; LENGTH_MISMATCH. Samples shorter than the
 * window are all warm-up.
 */
export function rollingOls(y: Sample, x: Sample, window: number, options: RollingOlsOptions = {}): RollingOlsFits {
  return drain(rollingOlsSlices(y, x, window, options));
}

/** rollingOls in slices. */
export function* rollingOlsSlices(
  y: Sample,
  x: Sample,
  window: number,
  options: RollingOlsOptions = {},
): Slices<RollingOlsFits> {
  const make = () => new Float64Array(y.length);
  const fits = {
    beta: make(),
    alpha: make(),
    rSquared: make(),
    residualStd: make(),
    spread: make(),
    spreadZ: make(),
  };
  checkWindow(window, 3);
  const scores = new ZScoreStream(lookbackOf(options, window), SLICE_TICKS);
  try {
    yield* lineSlices(y, x, window, (lines, from, count) => {
      scores.run(count, lines.spread);
      for (const field of LINE_FIELDS) fits[field].set(lines.memory.view(lines[field], count), from);
      fits.spreadZ.set(scores.memory.view(scores.z, count), from);
    });
    return fits;
  } finally {
    scores.end();
  }
}

const LINE_FIELDS = ["beta", "alpha", "rSquared", "residualStd", "spread"] as const;

function lookbackOf({ lookback }: RollingOlsOptions, window: number): number {
  if (lookback === undefined) return window;
  checkWindow(lookback, 2, "lookback");
  return lookback;
}

/** Why a full or filling window has no line. `constant`: all x are equal. */
export type NoLineReason = Exclude<UndefinedReason, "collinear">;

/** What a stream says of the window that ends with the newest pair. */
export type RollingOlsResult =
  | {
      readonly beta: number;
      readonly alpha: number;
      /** undefined where all y are equal. */
      readonly rSquared: number | undefined;
      readonly residualStd: number;
      readonly spread: number;
      readonly spreadZ: number | undefined;
      /**
       * Why spreadZ is undefined: `tooFewPoints` until `lookback` lines in a row exist, `collinear` where x and y move as one,
       * `constant` where y or the spreads do not vary.
       */
      readonly reason: UndefinedReason | undefined;
    }
  /** No line. */
  | {
      readonly beta: undefined;
      readonly alpha: undefined;
      readonly rSquared: undefined;
      readonly residualStd: undefined;
      readonly spread: undefined;
      readonly spreadZ: undefined;
      readonly reason: NoLineReason;
    };

/**
 * rollingOls as a stream. Its memory is bounded by window and lookback: 40 bytes per pair, 12 per spread and 6 KiB, freed when the
 * object is collected.
 */
export class RollingOls {
  readonly window: number;
  readonly lookback: number;
  readonly #lines: LineStream;
  readonly #scores: ZScoreStream;
  readonly #complete: Completeness;
  /** Of the spreads. */
  readonly #completeScores: Completeness;

  /** 3 <= window <= WINDOW_MAX, else BAD_ARGUMENT. TOO_LARGE when the streams' memory is used up. */
  constructor(window: number, options: RollingOlsOptions = {}) {
    this.#lines = new LineStream(window, 1);
    this.window = window;
    this.lookback = lookbackOf(options, window);
    this.#scores = new ZScoreStream(this.lookback, 1);
    this.#complete = new Completeness(window);
    this.#completeScores = new Completeness(this.lookback);
  }

  /** Takes the next pair in. Values that are not finite are taken too (`notFinite` until they have left). */
  push(y: number, x: number): RollingOlsResult {
    const lines = this.#lines;
    const { memory } = lines;
    memory.write(lines.y, 0, y);
    memory.write(lines.x, 0, x);
    lines.run(0, 1);
    this.#scores.run(1, lines.spread);
    const incomplete = this.#complete.take(Number.isFinite(y) && Number.isFinite(x));
    const beta = memory.read(lines.beta, 0);
    const noScore = this.#completeScores.take(!Number.isNaN(beta)) !== undefined;
    const noLine = noLineReason(beta, lines.code(), incomplete);
    if (noLine !== undefined) return withoutLine(noLine);

    const spreadZ = memory.read(this.#scores.z, 0);
    const rSquared = memory.read(lines.rSquared, 0);
    return {
      beta,
      alpha: memory.read(lines.alpha, 0),
      rSquared: Number.isNaN(rSquared) ? undefined : rSquared,
      residualStd: memory.read(lines.residualStd, 0),
      spread: memory.read(lines.spread, 0),
      spreadZ: Number.isNaN(spreadZ) ? undefined : spreadZ,
      reason: noScoreReason(spreadZ, memory.read(this.#scores.std, 0), lines.code(), noScore),
    };
  }
}

/** From what the kernel left of a tick; `incomplete` says what is missing of the window. */
export function noLineReason(
  beta: number,
  code: number,
  incomplete: "tooFewPoints" | "notFinite" | undefined,
): NoLineReason | undefined {
  if (!Number.isNaN(beta)) return undefined;
  return incomplete ?? (code === LINE_CONSTANT_X ? "constant" : "outOfRange");
}

/** Why a line is there but no z-score of its spread; undefined when it has one. `incomplete`: too few lines in a row. */
export function noScoreReason(
  spreadZ: number,
  std: number,
  code: number,
  incomplete: boolean,
): UndefinedReason | undefined {
  if (!Number.isNaN(spreadZ)) return undefined;
  if (incomplete) return "tooFewPoints";
  if (std !== 0) return "outOfRange";
  return code === LINE_COLLINEAR ? "collinear" : "constant";
}

function withoutLine(reason: NoLineReason): RollingOlsResult {
  return {
    beta: undefined,
    alpha: undefined,
    rSquared: undefined,
    residualStd: undefined,
    spread: undefined,
    spreadZ: undefined,
    reason,
  };
}
