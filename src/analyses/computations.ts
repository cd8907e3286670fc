/** What each kind of task computes. A new analysis is a file with its `Computation`, its kind in `task.ts`, and a line here. */
import { calibrations } from "./calibration.ts";
import { bookCorrelation } from "./correlation.ts";
import { adverseExcursions } from "./excursions.ts";
import { spreadHalfLife } from "./half-life.ts";
import { hedgeRatio } from "./hedge-ratio.ts";
import type { AnalysisTask, Computation } from "./task.ts";
import { weightRefit } from "./weights.ts";

type Computations = { readonly [Kind in AnalysisTask["kind"]]: Computation<Extract<AnalysisTask, { kind: Kind }>> };

const COMPUTATIONS: Computations = {
  beta: hedgeRatio,
  correlation: bookCorrelation,
  halfLife: spreadHalfLife,
  calibration: calibrations,
  excursions: adverseExcursions,
  weights: weightRefit,
};

export function computationOf<Task extends AnalysisTask>(task: Task): Computation<Task> {
  return COMPUTATIONS[task.kind] as unknown as Computation<Task>;
}
