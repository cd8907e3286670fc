/**
 * Weekly refit of a shield's linear weights (S3, SPEC §5): what the intensity should have been for each past signal is how far
 * the exposure went against it over its horizon, in stop distances. Ridge toward the configured weights, on the simplex, at
 * most five points from those in use; the core takes it over or says why not (`core/sizing/linear-weights.ts`).
 */
import type { CoreConfig } from "../core/config.ts";
import { REFIT_EVERY_MS } from "../core/sizing/linear-weights.ts";
import { refitWeights } from "../stats/index.ts";
import { pathNeed, priceBefore, worstWithin } from "./excursions.ts";
import type { LinearSample } from "./memory.ts";
import { dateOf } from "./sample.ts";
import type { Computation } from "./task.ts";

type WeightsTask = { readonly kind: "weights"; readonly shield: number };

/** Signals that are looked at, the newest. */
const SIGNALS_MAX = 2000;

export const weightRefit: Computation<WeightsTask> = {
  name: ({ shield }, core) => `weights ${core.directory.instruments[core.shields[shield]!.asset]?.symbol}`,
  needs({ shield }, terms, memory, nowMs) {
    const ended = endedOf(memory.decisions[shield]!, nowMs);
    const due = nowMs - memory.weights[shield]!.changedMs >= REFIT_EVERY_MS;
    if (!due || ended.length < terms.refitSignalsMin) return [];
    return [pathNeed(pricedBy(terms.core, shield), ended, terms, nowMs)];
  },
  compute({ shield }, { terms, memory, candles, nowMs }) {
    const used = memory.weights[shield]!;
    const ended = endedOf(memory.decisions[shield]!, nowMs);
    const [path] = candles;
    if (path === undefined) {
      const young = nowMs - used.changedMs < REFIT_EVERY_MS;
      const words = young
        ? `version ${used.version} is in use since ${dateOf(used.changedMs)}, less than a week`
        : `${ended.length} of ${terms.refitSignalsMin} signals`;
      return { analyses: [], words };
    }
    const sign = terms.core.shields[shield]!.holdings >= 0 ? 1 : -1;
    const rows: LinearSample["inputs"][] = [];
    const targets: number[] = [];
    for (const { inputs, fromMs, toMs } of ended) {
      const worst = worstWithin(path, sign, priceBefore(path, fromMs), fromMs, toMs);
      if (Number.isNaN(worst)) continue;
      rows.push(inputs);
      targets.push(Math.min(1, worst / terms.stopDistance));
    }
    if (rows.length < terms.refitSignalsMin) {
      return { analyses: [], words: `${rows.length} of ${terms.refitSignalsMin} signals lie within ${path.from}` };
    }
    const prior = terms.core.shields[shield]!.linear.weights;
    const { weights, limited } = refitWeights(rows, targets, { prior, current: used.values });
    const version = used.version + 1;
    const [fromMs, toMs] = [ended[0]!.fromMs, ended.at(-1)!.toMs];
    const method = `ridge toward ${prior.join(", ")}, stop distance ${terms.stopDistance}, from version ${used.version}`;
    const basis = { sample: path.from, method, rows: rows.length, fromMs, toMs };
    return {
      analyses: [{ kind: "weights", shield, version, weights, basis }],
      words: `version ${version}: ${weights.join(", ")}${limited ? ", held back by five points" : ""}; ${rows.length} signals`,
    };
  },
};

/** The newest whose horizon is over. */
const endedOf = (samples: readonly LinearSample[], nowMs: number): readonly LinearSample[] =>
  samples.filter(({ toMs }) => toMs <= nowMs).slice(-SIGNALS_MAX);

/** A holding is priced by its own listings, or by its hedge's where it has none: as the core's equity is. */
function pricedBy({ directory, shields }: CoreConfig, shield: number): number {
  const { asset, hedge } = shields[shield]!;
  return directory.listings.some(({ instrument }) => instrument === asset) ? asset : hedge;
}
