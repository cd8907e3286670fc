/**
 * Calibration of every model's version by its own outcomes (SPEC §4): Platt scaling up to 1,000 of them, isotonic regression
 * above, as the table that the core reads. Below 50 outcomes there is none, and the core takes the stated confidence.
 */
import { CALIBRATED_FROM, type Calibration, PLATT_UP_TO } from "../core/score/calibration.ts";
import { isotonicFit, plattFit, StatsError } from "../stats/index.ts";
import type { ModelOutcomes } from "./memory.ts";
import type { Computation } from "./task.ts";

/** Points of a Platt table: a logistic curve between them is straight to a ten thousandth. */
const PLATT_POINTS = 65;
/** Most corners of an isotonic table that the core takes. */
const POINTS_MAX = 1025;

export const calibrations: Computation<{ readonly kind: "calibration" }> = {
  name: () => "calibration",
  needs: () => [],
  compute(_, { terms, memory }) {
    const { sources } = terms.core.directory;
    const words: string[] = [];
    const analyses = [];
    for (const known of memory.outcomes) {
      const rows = known.stated.length;
      const who = `${sources[known.source] ?? known.source} model ${known.model} version ${known.modelVersion}`;
      if (rows < CALIBRATED_FROM) {
        words.push(`${who}: ${rows} of ${CALIBRATED_FROM} outcomes`);
        continue;
      }
      const fitted = fitCalibration(known);
      words.push(`${who}: ${fitted.method} on ${rows} outcomes, base rate ${fitted.baseRate}`);
      const sample = `outcomes of ${who}`;
      const basis = { sample, method: fitted.method, rows, fromMs: known.fromMs, toMs: known.toMs };
      analyses.push({ kind: "calibration", ...fitted, basis } as const);
    }
    if (words.length === 0) words.push("no outcomes yet");
    if (memory.unread > 0) words.push(`${memory.unread} records of the journal were archived before they were read`);
    return { analyses, words: words.join("; ") };
  },
};

/** At least 50 outcomes. */
export function fitCalibration({ source, model, modelVersion, stated, hits }: ModelOutcomes): Calibration {
  const outcomes = stated.length;
  const baseRate = hits.reduce((sum, hit) => sum + hit, 0) / outcomes;
  const of = { source, model, modelVersion, outcomes, baseRate };
  if (outcomes > PLATT_UP_TO) {
    const { x, y } = isotonicFit(stated, hits);
    return { ...of, method: "isotonic", ...thinned(x, y) };
  }
  const low = stated.reduce((least, each) => Math.min(least, each), 1);
  const high = stated.reduce((most, each) => Math.max(most, each), 0);
  const table = plattTable(stated, hits, low, high);
  // Confidences that say nothing, or that contradict what came true: the base rate is all that is known.
  if (table === null) return { ...of, method: "platt", stated: [low], chance: [baseRate] };
  return { ...of, method: "platt", ...table };
}

/** Null where there is no fit, or one that falls with the stated confidence. */
function plattTable(stated: readonly number[], hits: readonly number[], low: number, high: number) {
  try {
    const fit = plattFit(stated, hits);
    if (!(fit.slope > 0)) return null;
    const points = Array.from({ length: PLATT_POINTS }, (_, k) => low + ((high - low) * k) / (PLATT_POINTS - 1));
    const rising = points.filter((point, k) => k === 0 || point > points[k - 1]!);
    const chance = rising.map((point) => fit.predict(point));
    // The logistic function rises; its last bits may not.
    for (let k = 1; k < chance.length; k++) chance[k] = Math.max(chance[k]!, chance[k - 1]!);
    return { stated: rising, chance };
  } catch (cause) {
    if (cause instanceof StatsError) return null;
    throw cause;
  }
}

/** No more points than the core takes: of a longer table every k-th, and the last. */
function thinned(x: readonly number[], y: readonly number[]) {
  const every = Math.ceil(x.length / (POINTS_MAX - 1));
  const kept = x.map((_, k) => k).filter((k) => k % every === 0 || k === x.length - 1);
  return { stated: kept.map((k) => x[k]!), chance: kept.map((k) => y[k]!) };
}
