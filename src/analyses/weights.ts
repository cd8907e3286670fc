/**
 * Weekly refit of a playbook's linear weights (S3, SPEC §5): what the intensity should have been for each past signal is how far
 * the exposure went against it over its horizon, in stop distances. Ridge toward the configured weights, on the simplex, at
 * most five points from those in use; the core takes it over or says why not (`core/sizing/linear-weights.ts`).
 */
import type { CoreConfig } from "../core/config.ts";
import { REFIT_EVERY_MS } from "../core/sizing/linear-weights.ts";
import { refitWeights } from "../stats/index.ts";
import { pathNeed, priceBefore, worstWithin } from "./excursions.ts";
import { type AnalysisMemory, type LinearModel, type LinearSample, linearModels } from "./memory.ts";
import { dateOf } from "./sample.ts";
import type { Computation, WeightsTask } from "./task.ts";

/** Signals that are looked at, the newest. */
const SIGNALS_MAX = 2000;

export const weightRefit: Computation<WeightsTask> = {
  name: ({ owner }, core) => `weights ${core.directory.instruments[modelOf(core, owner).asset]?.symbol}`,
  needs({ owner }, terms, memory, nowMs) {
    const ended = endedOf(memory, owner, nowMs);
    const due = nowMs - memory.weights.get(owner)!.changedMs >= REFIT_EVERY_MS;
    if (!due || ended.length < terms.refitSignalsMin) return [];
    return [pathNeed(modelOf(terms.core, owner).priced, ended, terms, nowMs)];
  },
  compute({ owner }, { terms, memory, candles, nowMs }) {
    const used = memory.weights.get(owner)!;
    const ended = endedOf(memory, owner, nowMs);
    const [path] = candles;
    if (path === undefined) {
      const young = nowMs - used.changedMs < REFIT_EVERY_MS;
      const words = young
        ? `version ${used.version} is in use since ${dateOf(used.changedMs)}, less than a week`
        : `${ended.length} of ${terms.refitSignalsMin} signals`;
      return { analyses: [], words };
    }
    const { linear, stopLoss } = modelOf(terms.core, owner);
    const stopDistance = stopLoss ?? terms.stopDistance;
    const rows: LinearSample["inputs"][] = [];
    const targets: number[] = [];
    for (const { inputs, sign, fromMs, toMs } of ended) {
      const worst = worstWithin(path, sign, priceBefore(path, fromMs), fromMs, toMs);
      if (Number.isNaN(worst)) continue;
      rows.push(inputs);
      targets.push(Math.min(1, worst / stopDistance));
    }
    if (rows.length < terms.refitSignalsMin) {
      return { analyses: [], words: `${rows.length} of ${terms.refitSignalsMin} signals lie within ${path.from}` };
    }
    const { weights: prior } = linear;
    const { weights, limited } = refitWeights(rows, targets, { prior, current: used.values });
    const version = used.newest + 1;
    const [fromMs, toMs] = [ended[0]!.fromMs, ended.at(-1)!.toMs];
    const method = `ridge toward ${prior.join(", ")}, stop distance ${stopDistance}, from version ${used.version}`;
    const basis = { sample: path.from, method, rows: rows.length, fromMs, toMs };
    return {
      analyses: [{ kind: "weights", owner, version, weights, basis }],
      words: `version ${version}: ${weights.join(", ")}${limited ? ", held back by five points" : ""}; ${rows.length} signals`,
    };
  },
};

const modelOf = (core: CoreConfig, owner: number): LinearModel =>
  linearModels(core).find((each) => each.owner === owner)!;

/** The newest whose horizon is over. */
const endedOf = (memory: AnalysisMemory, owner: number, nowMs: number): readonly LinearSample[] =>
  memory.decisions
    .get(owner)!
    .filter(({ toMs }) => toMs <= nowMs)
    .slice(-SIGNALS_MAX);
