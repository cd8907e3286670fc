/**
 * How far each model could be believed: its scored signals held against what became of them, by source, model and version.
 *
 * Nothing is judged before its time: outcomes come from the core, at the end of each signal's horizon. The Brier score is the mean of
 * (probability − outcome)², 0.25 for a coin that knows that it is one; of the stated confidence and of the calibrated one that the
 * core reckoned with when it decided, over the same signals.
 */
import type { Outcome } from "../../core/score/outcomes.ts";
import { passesGate, type Scored } from "../../core/score.ts";
import type { Said } from "./account-part.ts";

/** Shares are fractions; null for what has no value. */
export interface ReliabilityRow {
  readonly source: string;
  readonly model: string;
  readonly model_version: string;
  readonly scored: number;
  /** Scores that may open. */
  readonly passed: number;
  /** Signals decided by a calibrated confidence, not by the stated one. */
  readonly calibrated: number;
  readonly score_mean: number | null;
  readonly outcomes: number;
  readonly hit_rate: number | null;
  readonly stated_mean: number | null;
  readonly brier_stated: number | null;
  readonly brier_calibrated: number | null;
  /** Return of the price in the signals' direction over their horizons, in the mean. */
  readonly horizon_return_mean: number | null;
}

interface Tally {
  readonly source: string;
  readonly model: string;
  readonly modelVersion: string;
  scored: number;
  passed: number;
  calibrated: number;
  scoreSum: number;
  outcomes: number;
  hits: number;
  statedSum: number;
  brierStated: number;
  brierCalibrated: number;
  returnSum: number;
}

/** Models that are told apart; what comes after those is one row, so that memory is bounded. */
const MODELS_MAX = 256;
/** Signals that wait for their outcome. */
const WAITING_MAX = 8192;
const OTHERS = "(others)";

export class Reliability {
  readonly #sources: readonly string[];
  readonly #tallies = new Map<string, Tally>();
  readonly #waiting = new Map<number, { readonly tally: Tally; readonly confidence: number }>();

  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  /** `said`: of a signal by its intake number. */
  onScored(scored: Scored, said: (intakeSeq: number) => Said | null): void {
    const { model = "", modelVersion = "" } = said(scored.intakeSeq) ?? {};
    const tally = this.#tallyOf(this.#sources[scored.source] ?? "", model, modelVersion);
    tally.scored++;
    tally.scoreSum += scored.score;
    if (passesGate(scored.score, scored.threshold)) tally.passed++;
    if (scored.weight > 0) tally.calibrated++;
    this.#waiting.set(scored.intakeSeq, { tally, confidence: scored.confidence });
    if (this.#waiting.size > WAITING_MAX) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  onOutcome({ intakeSeq, stated, hit, horizonReturn }: Outcome): void {
    const waiting = this.#waiting.get(intakeSeq);
    if (waiting === undefined) return;
    this.#waiting.delete(intakeSeq);
    const { tally, confidence } = waiting;
    const came = hit ? 1 : 0;
    tally.outcomes++;
    tally.hits += came;
    tally.statedSum += stated;
    tally.brierStated += (stated - came) ** 2;
    tally.brierCalibrated += (confidence - came) ** 2;
    tally.returnSum += horizonReturn;
  }

  /** By source, model and version. */
  list(): readonly ReliabilityRow[] {
    return [...this.#tallies]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, tally]) => {
        const mean = (sum: number) => (tally.outcomes === 0 ? null : sum / tally.outcomes);
        return {
          source: tally.source,
          model: tally.model,
          model_version: tally.modelVersion,
          scored: tally.scored,
          passed: tally.passed,
          calibrated: tally.calibrated,
          score_mean: tally.scored === 0 ? null : tally.scoreSum / tally.scored,
          outcomes: tally.outcomes,
          hit_rate: mean(tally.hits),
          stated_mean: mean(tally.statedSum),
          brier_stated: mean(tally.brierStated),
          brier_calibrated: mean(tally.brierCalibrated),
          horizon_return_mean: mean(tally.returnSum),
        };
      });
  }

  #tallyOf(source: string, model: string, modelVersion: string): Tally {
    const key = JSON.stringify([source, model, modelVersion]);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    if (this.#tallies.size >= MODELS_MAX && source !== OTHERS) return this.#tallyOf(OTHERS, "", "");
    const tally = {
      source,
      model,
      modelVersion,
      scored: 0,
      passed: 0,
      calibrated: 0,
      scoreSum: 0,
      outcomes: 0,
      hits: 0,
      statedSum: 0,
      brierStated: 0,
      brierCalibrated: 0,
      returnSum: 0,
    };
    this.#tallies.set(key, tally);
    return tally;
  }
}
