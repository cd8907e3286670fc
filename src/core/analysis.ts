/**
 * Analysis: what is computed outside the core, from samples far longer than a decision may look at, and comes in as an event:
 * plain data, journaled like any other, so that a replay decides by the same numbers.
 *
 * Outside says what it found and how; whether it is used is decided here (each kind has its own rules) and said aloud.
 */
import type { CorrelationEstimate } from "./correlation.ts";
import type { Calibration } from "./score/calibration.ts";
import type { BetaEstimates } from "./sizing/beta.ts";
import type { Excursions } from "./sizing/insurance.ts";
import type { WeightProposal } from "./sizing/linear-weights.ts";

/** What an analysis was made of, so that the journal says it with what was found. */
export interface AnalysisBasis {
  /** Files or sources, and how it was computed, for people. */
  readonly sample: string;
  readonly method: string;
  /** Bars, outcomes or positions that went in, and the times of the first and the last. */
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export type Analysis = (
  | ({ readonly kind: "calibration" } & Calibration)
  | ({ readonly kind: "beta" } & BetaEstimates)
  | ({ readonly kind: "excursions"; readonly asset: number } & Excursions)
  /** Of the linear model of a shield or of a signal playbook, by owner. */
  | ({ readonly kind: "weights"; readonly owner: number } & WeightProposal)
  | ({ readonly kind: "correlation" } & CorrelationEstimate)
  /** Half-life of the spread of a pair, in its bars; NaN where it does not come back. */
  | { readonly kind: "halfLife"; readonly asset: number; readonly hedge: number; readonly bars: number }
) & {
  /** Absent where somebody else than the engine's own analyses found it. */
  readonly basis?: AnalysisBasis;
};
