/**
 * Rolling z-scores and regressions of many instruments that tick together: one kernel call takes a tick of all of them, two
 * instruments per instruction. Each instrument gets the bits of a RollingZScore or RollingOls of its own.
 *
 * Results are the batch's own arrays, overwritten by the next push: copy what must last. A push allocates nothing.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import type { Lease, Resident } from "./resident.ts";
import {
  type NoLineReason,
  noLineReason,
  noScoreReason,
  type RollingOlsFits,
  type RollingOlsOptions,
} from "./rolling-ols.ts";
import { checkWindow, type UndefinedReason } from "./rolling-window.ts";
import { type NoScoreReason, type RollingZScores, zscoreReason } from "./rolling-zscore.ts";
import { resident, type Sample } from "./runtime.ts";

/** Most instruments of a batch: one tick of that many takes tens of microseconds. */
export const INSTRUMENTS_MAX = 4096;

/** Arrays with one value per instrument: z, mean and std, as zscoreRolling's of the newest tick. */
export class RollingZScoreBatch implements RollingZScores {
  readonly instruments: number;
  readonly window: number;
  readonly z: Float64Array;
  readonly mean: Float64Array;
  readonly std: Float64Array;
  readonly #scores: ScoreRows;
  readonly #input: Reals;
  readonly #lease: Lease;
  readonly #complete: CompleteRows;

  /**
   * 1 to INSTRUMENTS_MAX instruments, 2 <= window <= WINDOW_MAX, else BAD_ARGUMENT. Memory: 12 bytes per instrument and tick of the
   * window; TOO_LARGE when the streams' memory is used up.
   */
  constructor(instruments: number, window: number) {
    const lanes = lanesFor(instruments);
    checkWindow(window, 2);
    this.#scores = new ScoreRows(lanes, window);
    this.#lease = resident().lease(this, lanes);
    this.#input = this.#lease.at;
    this.#complete = new CompleteRows(instruments, window);
    this.instruments = instruments;
    this.window = window;
    this.z = new Float64Array(instruments).fill(Number.NaN);
    this.mean = this.z.slice();
    this.std = this.z.slice();
  }

  /** Takes the next tick of all instruments in, in their order; what is not finite is NaN or infinite. LENGTH_MISMATCH. */
  push(values: Sample): RollingZScores {
    checkLength(values, "values", this.instruments);
    const { memory, z, mean, std } = this.#scores;
    memory.view(this.#input, this.instruments).set(values);
    this.#scores.run(this.#input);
    this.#complete.startTick();
    this.#complete.take(this.#input);
    this.z.set(memory.view(z, this.instruments));
    this.mean.set(memory.view(mean, this.instruments));
    this.std.set(memory.view(std, this.instruments));
    return this;
  }

  /** Why an instrument has no z now; undefined when it has one. */
  reasonOf(instrument: number): NoScoreReason | undefined {
    checkInstrument(instrument, this.instruments);
    return zscoreReason(this.z[instrument]!, this.std[instrument]!, this.#complete.reasonOf(instrument));
  }
}

/** Arrays with one value per pair: those of rollingOls, of the newest tick. */
export class RollingOlsBatch implements RollingOlsFits {
  readonly pairs: number;
  readonly window: number;
  readonly lookback: number;
  readonly beta: Float64Array;
  readonly alpha: Float64Array;
  readonly rSquared: Float64Array;
  readonly residualStd: Float64Array;
  readonly spread: Float64Array;
  readonly spreadZ: Float64Array;
  readonly #memory: Resident;
  readonly #lanes: number;
  readonly #scores: ScoreRows;
  readonly #lease: Lease;
  /** Rows: y, x, and the five of the lines. */
  readonly #y: Reals;
  readonly #x: Reals;
  readonly #out: Reals;
  readonly #complete: CompleteRows;
  readonly #completeScores: CompleteRows;

  /**
   * 1 to INSTRUMENTS_MAX pairs, 3 <= window <= WINDOW_MAX, lookback as in rollingOls, else BAD_ARGUMENT. Memory: 36 bytes per pair and
   * tick of the window, 12 per pair and tick of the lookback; TOO_LARGE when the streams' memory is used up.
   */
  constructor(pairs: number, window: number, { lookback = window }: RollingOlsOptions = {}) {
    const lanes = lanesFor(pairs);
    checkWindow(window, 3);
    checkWindow(lookback, 2, "lookback");
    this.#memory = resident();
    const { kernels } = this.#memory;
    const size = kernels.rollingLineBatchSize(window, lanes);
    this.#lanes = lanes;
    this.#scores = new ScoreRows(lanes, lookback);
    this.#lease = this.#memory.lease(this, size + 7 * lanes);
    this.#y = this.#lease.at + size * 8;
    this.#x = this.#y + lanes * 8;
    this.#out = this.#x + lanes * 8;
    this.#memory.view(this.#y, 2 * lanes).fill(0);
    kernels.rollingLineBatchReset(this.#lease.at, window, lanes);
    this.#complete = new CompleteRows(pairs, window);
    this.#completeScores = new CompleteRows(pairs, lookback);
    this.pairs = pairs;
    this.window = window;
    this.lookback = lookback;
    this.beta = new Float64Array(pairs).fill(Number.NaN);
    this.alpha = this.beta.slice();
    this.rSquared = this.beta.slice();
    this.residualStd = this.beta.slice();
    this.spread = this.beta.slice();
    this.spreadZ = this.beta.slice();
  }

  /** Takes the next tick of all pairs in, in their order. LENGTH_MISMATCH. */
  push(y: Sample, x: Sample): RollingOlsFits {
    checkLength(y, "y", this.pairs);
    checkLength(x, "x", this.pairs);
    const memory = this.#memory;
    memory.view(this.#y, this.pairs).set(y);
    memory.view(this.#x, this.pairs).set(x);
    memory.kernels.rollingLineBatch(this.#lease.at, this.#y, this.#x, this.#out);
    this.#scores.run(this.#row(4));
    this.#copy(this.beta, this.#row(0));
    this.#copy(this.alpha, this.#row(1));
    this.#copy(this.rSquared, this.#row(2));
    this.#copy(this.residualStd, this.#row(3));
    this.#copy(this.spread, this.#row(4));
    this.#copy(this.spreadZ, this.#scores.z);
    this.#complete.startTick();
    this.#complete.take(this.#y);
    this.#complete.take(this.#x);
    this.#completeScores.startTick();
    this.#completeScores.take(this.#row(4));
    return this;
  }

  /** Why a pair has no line now; undefined when it has one. */
  reasonOf(pair: number): NoLineReason | undefined {
    checkInstrument(pair, this.pairs);
    return noLineReason(this.beta[pair]!, this.#code(pair), this.#complete.reasonOf(pair));
  }

  /** Why a pair has no spreadZ now; undefined when it has one. */
  scoreReasonOf(pair: number): UndefinedReason | undefined {
    const reason = this.reasonOf(pair);
    if (reason !== undefined) return reason;
    const std = this.#memory.read(this.#scores.std, pair);
    const incomplete = this.#completeScores.reasonOf(pair) !== undefined;
    return noScoreReason(this.spreadZ[pair]!, std, this.#code(pair), incomplete);
  }

  #row(index: number): Reals {
    return this.#out + index * this.#lanes * 8;
  }

  #copy(to: Float64Array, row: Reals): void {
    to.set(this.#memory.view(row, this.pairs));
  }

  #code(pair: number): number {
    return this.#memory.kernels.rollingLineBatchCode(this.#lease.at, pair);
  }
}

/** State of the batch kernel of scores, and rows for its results. */
class ScoreRows {
  readonly memory: Resident;
  readonly mean: Reals;
  readonly std: Reals;
  readonly z: Reals;
  readonly #lease: Lease;

  constructor(lanes: number, window: number) {
    this.memory = resident();
    const { kernels } = this.memory;
    const size = kernels.rollingZscoreBatchSize(window, lanes);
    this.#lease = this.memory.lease(this, size + 3 * lanes);
    this.mean = this.#lease.at + size * 8;
    this.std = this.mean + lanes * 8;
    this.z = this.std + lanes * 8;
    kernels.rollingZscoreBatchReset(this.#lease.at, window, lanes);
  }

  run(row: Reals): void {
    this.memory.kernels.rollingZscoreBatch(this.#lease.at, row, this.mean, this.std, this.z);
  }
}

/** Completeness of rolling-window.ts, of many windows at once. */
class CompleteRows {
  readonly #memory = resident();
  readonly #window: number;
  /** By instrument: the last tick, counted from 1, that was not finite. */
  readonly #notFinite: Float64Array;
  #tick = 0;

  constructor(instruments: number, window: number) {
    this.#window = window;
    this.#notFinite = new Float64Array(instruments);
  }

  startTick(): void {
    this.#tick++;
  }

  /** Notes what is not finite in a row of the tick. */
  take(row: Reals): void {
    const { kernels } = this.#memory;
    const count = this.#notFinite.length;
    for (let from = 0; from < count; from++) {
      const found = kernels.firstNotFinite(row + from * 8, count - from);
      if (found < 0) return;
      from += found;
      this.#notFinite[from] = this.#tick;
    }
  }

  reasonOf(instrument: number): "tooFewPoints" | "notFinite" | undefined {
    if (this.#tick - this.#notFinite[instrument]! >= this.#window) return undefined;
    return this.#tick < this.#window ? "tooFewPoints" : "notFinite";
  }
}

function lanesFor(instruments: number): number {
  if (Number.isInteger(instruments) && instruments >= 1 && instruments <= INSTRUMENTS_MAX)
    return instruments + (instruments & 1);
  const limit = instruments < 1 ? 1 : INSTRUMENTS_MAX;
  throw new StatsError("BAD_ARGUMENT", "instruments", `is ${instruments}, 1 to ${INSTRUMENTS_MAX}`, instruments, limit);
}

function checkLength(values: Sample, field: string, instruments: number): void {
  if (values.length === instruments) return;
  throw new StatsError("LENGTH_MISMATCH", field, `has ${values.length} values`, values.length, instruments);
}

function checkInstrument(instrument: number, instruments: number): void {
  if (Number.isInteger(instrument) && instrument >= 0 && instrument < instruments) return;
  throw new StatsError("BAD_ARGUMENT", "instrument", `is ${instrument}`, instrument, instruments - 1);
}
