/**
 * The analyses in use, as an explanation names them: what each was made of, as it stood when the decision was made. Told the
 * records of a log in order; keeps the last of each kind and object that the core has not refused.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Alarm } from "../core/event.ts";
import type { Awaited } from "../core/score/outcomes.ts";
import { EXCURSIONS_FROM } from "../core/sizing/insurance.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { readEvent } from "./event-records.ts";
import { readJson } from "./json-records.ts";
import type { RecordView } from "./reader.ts";
import { RECORD } from "./records.ts";

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
  /** The one that came last, and what it took the place of. */
  #last: { readonly key: string; readonly before: Known | undefined } = { key: "", before: undefined };

  take({ type, payload, monoNs, wallMs }: RecordView): void {
    const bytes = bytesIn(payload);
    if (type === RECORD.EVENT_ANALYSIS) {
      const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
      if (read?.event.type === "analysis") this.#put(read.event.analysis, wallMs);
      // Said in the step that the analysis came in.
    } else if (type === RECORD.ALARM && readJson<Alarm>(bytes).code === "ANALYSIS_REFUSED") this.#takeBack();
  }

  #put(analysis: Analysis, wallMs: number): void {
    const key = keyOf(analysis);
    this.#last = { key, before: this.#known.get(key) };
    this.#known.delete(key);
    this.#known.set(key, { analysis, wallMs });
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
  }

  #takeBack(): void {
    const { key, before } = this.#last;
    this.#known.delete(key);
    if (before !== undefined) this.#known.set(key, before);
  }

  /** Of the book; null where none is in use. */
  correlation(): Of<"correlation"> | null {
    return (this.#known.get("correlation")?.analysis as Of<"correlation"> | undefined) ?? null;
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
      (each) => each.asset === asset && each.count >= EXCURSIONS_FROM,
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
    // One that is not fit for use leaves the ratio of one before it.
    case "beta":
      return JSON.stringify({ ...analysis, basis: null });
    case "halfLife":
      return `halfLife ${analysis.asset} ${analysis.hedge}`;
    case "excursions":
      return `excursions ${analysis.asset}`;
    case "weights":
      return `weights ${analysis.owner}`;
    default:
      return analysis.kind;
  }
}
