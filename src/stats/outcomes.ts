/** Forecasts with their outcomes: what calibration checks before it computes. */
import { StatsError } from "./error.ts";
import type { Sample } from "./runtime.ts";

/** 0 or 1 each, or booleans. */
export type Outcomes = Sample | readonly boolean[];

/** As numbers. LENGTH_MISMATCH, TOO_FEW_POINTS, BAD_ARGUMENT for anything but 0 and 1 (NOT_FINITE for NaN and infinities). */
export function outcomesFor(sample: Sample, field: string, outcomes: Outcomes, pointsMin: number): Float64Array {
  if (outcomes.length !== sample.length) {
    const why = `has ${outcomes.length} points, ${field} has ${sample.length}`;
    throw new StatsError("LENGTH_MISMATCH", "outcomes", why, outcomes.length, sample.length);
  }
  if (sample.length < pointsMin) {
    const why = `has ${sample.length} points, ${pointsMin} are needed`;
    throw new StatsError("TOO_FEW_POINTS", field, why, sample.length, pointsMin);
  }
  const numbers = Float64Array.from(outcomes, Number);
  numbers.forEach((value, index) => {
    if (value === 0 || value === 1) return;
    const code = Number.isFinite(value) ? "BAD_ARGUMENT" : "NOT_FINITE";
    throw new StatsError(code, `outcomes[${index}]`, `is ${value}, must be 0 or 1`, value, 1);
  });
  return numbers;
}

/** Indices in ascending order of their value; equal values keep their order. */
export function ascending(sample: Sample): Uint32Array {
  return new Uint32Array(sample.length).map((_, index) => index).sort((a, b) => sample[a]! - sample[b]!);
}
