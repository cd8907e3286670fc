/**
 * Reliability score (S1, SPEC §4): how far a signal is to be believed, in [0, 1].
 *
 *     score = clamp01( calibrated confidence + Σ weightₖ · agreementₖ )        agreementₖ in [-1, 1], 0 where nothing is known
 *
 * The score gates opens and increases only; a close, a reduction and a hedge are never blocked by it. Every number that
 * went in is part of the result, so that the journal can hold it.
 */
import type { Signal } from "../domain/signal.ts";
import type { Ns } from "../domain/units.ts";
import { clamp01 } from "./clamp.ts";
import type { CoreKernels } from "./config.ts";
import { utcHour } from "./intensity.ts";
import { type Calibrated, type Calibration, calibrate, calibrationProblem } from "./score/calibration.ts";
import { Evidence } from "./score/evidence.ts";
import { type IndicatorConfig, Indicators } from "./score/indicators.ts";
import { type Awaited, type Outcome, Outcomes } from "./score/outcomes.ts";

/** Secondary evidence by name. The order is a wire format: append only. */
export const FACTORS = ["evidence", "zscore", "momentum", "volatility", "spread", "depth", "timeOfDay"] as const;
export type Factor = (typeof FACTORS)[number];

export interface ScoreConfig {
  /** Below it nothing is opened or increased. */
  readonly threshold: number;
  /** Points of score that full agreement adds and full disagreement takes. */
  readonly weights: Readonly<Record<Factor, number>>;
  /** Standard deviations, fraction of price, times the usual, fraction of price and quote notional that count as full. */
  readonly scale: {
    readonly zscore: number;
    readonly momentum: number;
    readonly volatilityRatio: number;
    readonly spread: number;
    readonly depthNotional: number;
  };
  /** Agreement of each UTC hour, in [-1, 1]. */
  readonly timeOfDay: readonly number[];
  readonly indicators: IndicatorConfig;
  readonly outcomesPendingMax: number;
  /** How long after a horizon's end a price may still judge it. */
  readonly outcomeGraceMs: number;
}

/** What the market of the instrument shows at the decision; NaN where it shows nothing. */
export interface Shown {
  readonly mid: number;
  /** Half of it to either side of the mid, as a fraction of it. */
  readonly spread: number;
  readonly depthNotional: number;
}

export interface Scored extends Awaited, Calibrated {
  readonly score: number;
  readonly threshold: number;
  /** In the order of FACTORS; NaN where nothing is known. */
  readonly agreements: readonly number[];
  readonly weights: readonly number[];
}

const CALIBRATIONS_MAX = 256;

export class Scorer {
  readonly outcomes: Outcomes;
  readonly evidence: Evidence;
  readonly #config: ScoreConfig;
  readonly #indicators: readonly Indicators[];
  readonly #calibrations: { readonly calibration: Calibration; readonly takenMs: number }[] = [];
  readonly #weights: readonly number[];

  constructor(config: ScoreConfig, kernels: CoreKernels, instrumentCount: number, sourceCount: number) {
    this.#config = config;
    this.outcomes = new Outcomes(instrumentCount, config.outcomesPendingMax, config.outcomeGraceMs);
    this.evidence = new Evidence(instrumentCount, sourceCount);
    this.#indicators = Array.from({ length: instrumentCount }, () => new Indicators(kernels, config.indicators));
    this.#weights = FACTORS.map((name) => config.weights[name]);
  }

  /** A fresh mid of an instrument. Allocates nothing unless a horizon has ended. */
  onMid(instrument: number, mid: number, nowNs: Ns, wallMs: number, tell: (outcome: Outcome) => void): void {
    this.#indicators[instrument]!.observe(mid, nowNs);
    this.outcomes.onMid(instrument, mid, wallMs, tell);
  }

  /**
   * Scores a signal for a direction, and waits for its outcome where there is a price to start from. `instrument` is the one
   * whose market is looked at: not always the one that the signal names, which evidence is about.
   */
  score(signal: Signal, instrument: number, shown: Shown, wallMs: number): Scored {
    const { source, model, modelVersion } = signal;
    const sign = signal.direction === "long" ? 1 : signal.direction === "short" ? -1 : 0;
    const seen = this.outcomes.seen(source, model, modelVersion);
    const calibrated = calibrate(signal.confidence, seen, this.#find(source, model, modelVersion)?.calibration ?? null);
    const agreements = this.#agreements(signal.instrument, instrument, sign, shown, wallMs);
    let score = calibrated.confidence;
    for (let k = 0; k < agreements.length; k++) {
      const agreement = agreements[k]!;
      if (!Number.isNaN(agreement)) score += this.#weights[k]! * agreement;
    }
    const scored: Scored = {
      intakeSeq: signal.intakeSeq,
      source,
      model,
      modelVersion,
      instrument,
      sign,
      stated: signal.confidence,
      entryMid: shown.mid,
      dueMs: signal.generatedAtMs + signal.horizonMs,
      // One by one: spreading them in costs more than the rest of the score.
      outcomes: calibrated.outcomes,
      mapped: calibrated.mapped,
      baseRate: calibrated.baseRate,
      weight: calibrated.weight,
      confidence: calibrated.confidence,
      agreements,
      weights: this.#weights,
      score: clamp01(score),
      threshold: this.#config.threshold,
    };
    this.restore(scored);
    return scored;
  }

  /** What a fit outside the core found. Null when it is used from now on; else why not. */
  takeCalibration(calibration: Calibration, wallMs: number): string | null {
    const problem = calibrationProblem(calibration);
    if (problem !== null) return problem;
    const { source, model, modelVersion } = calibration;
    const at = this.#calibrations.findIndex((known) => isOf(known.calibration, source, model, modelVersion));
    if (at >= 0) this.#calibrations.splice(at, 1);
    else if (this.#calibrations.length >= CALIBRATIONS_MAX) this.#calibrations.shift();
    this.#calibrations.push({ calibration, takenMs: wallMs });
    return null;
  }

  /** Since the calibration came that a signal is scored by; NaN where there is none. */
  calibrationAgeMs({ source, model, modelVersion }: Signal, wallMs: number): number {
    return wallMs - (this.#find(source, model, modelVersion)?.takenMs ?? Number.NaN);
  }

  /** Recovery: a signal that was scored in an earlier life. */
  restore(scored: Scored): void {
    if (scored.sign !== 0 && scored.entryMid > 0) this.outcomes.waitFor(scored);
  }

  #find(source: number, model: number, modelVersion: number) {
    for (const known of this.#calibrations) if (isOf(known.calibration, source, model, modelVersion)) return known;
    return undefined;
  }

  #agreements(asset: number, instrument: number, sign: number, shown: Shown, wallMs: number): number[] {
    const { scale, timeOfDay } = this.#config;
    const indicators = this.#indicators[instrument]!;
    return [
      clampUnit(sign * this.evidence.support(asset, wallMs)),
      // A price stretched the other way has room to come back.
      clampUnit((-sign * indicators.zscore(shown.mid)) / scale.zscore),
      clampUnit((sign * indicators.momentum()) / scale.momentum),
      // The usual volatility is neither; calm agrees, a storm does not.
      clampUnit((1 - indicators.volatilityRatio()) / (scale.volatilityRatio - 1)),
      clampUnit(1 - (2 * shown.spread) / scale.spread),
      clampUnit((2 * shown.depthNotional) / scale.depthNotional - 1),
      clampUnit(timeOfDay[utcHour(wallMs)] ?? Number.NaN),
    ];
  }
}

/** A signal may open or increase from this score on. */
export const passesGate = (score: number, threshold: number): boolean => score >= threshold;

const isOf = (known: Calibration, source: number, model: number, modelVersion: number): boolean =>
  known.model === model && known.modelVersion === modelVersion && known.source === source;

/** Into [-1, 1], never -0; NaN stays, because not known is not neutral to who reads the journal. */
const clampUnit = (x: number): number => (x > 1 ? 1 : x < -1 ? -1 : x + 0);
