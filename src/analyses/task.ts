/**
 * Analysis task: one thing that is computed from long samples, again and again, and sent to the core as `analysis` events.
 *
 * A task is plain data, so that it can cross to another thread; what its kind computes is in `computations.ts`. A computation
 * is a pure function of candles, memory and time: live, at the command line and in a backtest it is the same code, and it sees
 * nothing that was not over at `nowMs`.
 */
import type { Analysis } from "../core/analysis.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Candles } from "./candles.ts";
import type { AnalysisMemory } from "./memory.ts";

export type AnalysisTask =
  | PairTask
  | HalfLifeTask
  | CorrelationTask
  | { readonly kind: "calibration" }
  | ExcursionsTask
  | WeightsTask;

/** β of an exposure in `asset` hedged with `hedge`: instrument indices. */
export interface PairTask {
  readonly kind: "beta";
  readonly asset: number;
  readonly hedge: number;
}

/** Correlation of the book with its index, which is one of `instruments`. */
export interface CorrelationTask {
  readonly kind: "correlation";
  readonly index: number;
  readonly instruments: readonly number[];
}

/** Half-life of a reversion's spread. */
export interface HalfLifeTask {
  readonly kind: "halfLife";
  readonly reversion: number;
}

/** Adverse excursions of past positions in `instrument`; playbooks know them by `asset`. */
export interface ExcursionsTask {
  readonly kind: "excursions";
  readonly asset: number;
  readonly instrument: number;
}

/** Weights of the linear model of a shield or of a signal playbook. */
export interface WeightsTask {
  readonly kind: "weights";
  readonly owner: number;
}

/** Candles of one instrument that a task asks for. */
export interface CandleNeed {
  readonly instrument: number;
  /** Length of a candle that would suit; where the history has longer ones, those are given. */
  readonly intervalMs: number;
  /** How far back. */
  readonly spanMs: number;
}

export interface AnalysisTerms {
  readonly core: CoreConfig;
  /** Length of a candle for everything but half-lives, which go by the bars of their reversion. */
  readonly intervalMs: number;
  readonly spanMs: number;
  /** Fewest bars that β and half-lives are estimated on. */
  readonly rowsMin: number;
  /** Bars of a half-life. */
  readonly halfLifeRows: number;
  /** A history that ends longer ago says nothing of now. */
  readonly endAgeMsMax: number;
  /** Signals that a weight refit goes by, at least. */
  readonly refitSignalsMin: number;
  /** Loss of what a shield protects that counts as a full excursion; a position has its stop-loss. */
  readonly stopDistance: number;
}

export interface AnalysisInputs {
  readonly terms: AnalysisTerms;
  readonly memory: AnalysisMemory;
  /** In the order of the needs. */
  readonly candles: readonly Candles[];
  readonly nowMs: number;
}

/** What a computation found. No analyses: there is too little to go by yet, which `words` say. */
export interface Found {
  readonly analyses: readonly Analysis[];
  readonly words: string;
  /** Due again that soon, where the sample was shorter than wished. */
  readonly againMs?: number;
}

export interface Computation<Task extends AnalysisTask> {
  /** Of its own kind and object, for people. */
  name(task: Task, core: CoreConfig): string;
  /** None where the memory alone already says that there is too little to go by. */
  needs(task: Task, terms: AnalysisTerms, memory: AnalysisMemory, nowMs: number): readonly CandleNeed[];
  /** AnalysisError where the inputs do not allow it. */
  compute(task: Task, inputs: AnalysisInputs): Found;
}

export type AnalysisErrorCode =
  /** No candles of an instrument are to be had. */
  | "NO_HISTORY"
  /** They end too long ago. */
  | "HISTORY_OLD"
  | "TOO_FEW_ROWS"
  /** A sample that the statistic cannot be taken of. */
  | "SAMPLE_BAD";

export class AnalysisError extends Error {
  override readonly name = "AnalysisError";
  readonly code: AnalysisErrorCode;

  constructor(code: AnalysisErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
