/**
 * The analyses in use, as an explanation names them: what each was made of, as it stood when the decision was made. Told the
 * `analysis` events of a log in order; keeps the last of each kind and object.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Awaited } from "../core/score/outcomes.ts";

interface Known {
  readonly analysis: Analysis;
  readonly wallMs: number;
}
type Kind = Analysis["kind"];
type Of<K extends Kind> = Extract<Analysis, { kind: K }>;

/** Beyond that the oldest are let go. */
const KNOWN_MAX = 1024;

export class AnalysesInUse {
  readonly #known = new Map<string, Known>();

  take(analysis: Analysis, wallMs: number): void {
    const key = keyOf(analysis);
    this.#known.delete(key);
    this.#known.set(key, { analysis, wallMs });
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
  }

  /** Of the model's version that made the signal; null where none was taken in. */
  calibration({ source, model, modelVersion }: Awaited): string | null {
    return this.#words(
      "calibration",
      (each) => each.source === source && each.model === model && each.modelVersion === modelVersion,
      ({ method, outcomes, baseRate }) => `${method} on ${outcomes} outcomes, base rate ${baseRate}`,
    );
  }

  /** That gave a ratio by a method: positions say both. */
  ratio(beta: number, method: string): string | null {
    return this.#words(
      "beta",
      (each) => method in each && each[method as "returns"] === beta,
      ({ ols, returns, combined, johansen, rankTest, cointegrationRank, spanDays }) =>
        `ols ${ols}, returns ${returns}, combined ${combined}, johansen ${johansen}, rank ${cointegrationRank} by ${rankTest}, ${spanDays} days`,
    );
  }

  /** Of a pair whose half-life was `bars`. */
  halfLife(bars: number): string | null {
    return this.#words(
      "halfLife",
      (each) => each.bars === bars,
      (each) => `${each.bars} bars`,
    );
  }

  excursions(asset: number): string | null {
    return this.#words(
      "excursions",
      (each) => each.asset === asset,
      ({ count, p95 }) => `95th percentile ${p95} of ${count}`,
    );
  }

  /** Of the linear model of a playbook. Who goes back to a version names its number only. */
  weights(owner: number): string | null {
    return this.#words(
      "weights",
      (each) => each.owner === owner,
      ({ version, weights }) => `version ${version}${weights.length === 0 ? " again" : `: ${weights.join(", ")}`}`,
    );
  }

  /** The last that fits, with its time and what it was made of. */
  #words<K extends Kind>(kind: K, fits: (analysis: Of<K>) => boolean, say: (analysis: Of<K>) => string): string | null {
    let found: Known | null = null;
    for (const known of this.#known.values()) {
      if (known.analysis.kind === kind && fits(known.analysis as Of<K>)) found = known;
    }
    if (found === null) return null;
    const { basis } = found.analysis;
    const made = basis === undefined ? "" : `; ${basis.method}; ${basis.rows} rows of ${basis.sample}`;
    return `${new Date(found.wallMs).toISOString()} ${say(found.analysis as Of<K>)}${made}`;
  }
}

function keyOf(analysis: Analysis): string {
  switch (analysis.kind) {
    case "calibration":
      return `calibration ${analysis.source} ${analysis.model} ${analysis.modelVersion}`;
    case "beta":
    case "halfLife":
      return `${analysis.kind} ${analysis.asset} ${analysis.hedge}`;
    case "excursions":
      return `excursions ${analysis.asset}`;
    case "weights":
      return `weights ${analysis.owner}`;
    default:
      return analysis.kind;
  }
}
