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

export type Analysis =
  | ({ readonly kind: "calibration" } & Calibration)
  | ({ readonly kind: "beta" } & BetaEstimates)
  | ({ readonly kind: "excursions"; readonly asset: number } & Excursions)
  | ({ readonly kind: "weights"; readonly shield: number } & WeightProposal)
  | ({ readonly kind: "correlation" } & CorrelationEstimate)
  /** Half-life of the spread of a pair, in its bars; NaN where it does not come back. */
  | { readonly kind: "halfLife"; readonly asset: number; readonly hedge: number; readonly bars: number };
