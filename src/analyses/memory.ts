/**
 * What the engine's own past says to an analysis: outcomes, positions and decisions, and the ratios and weights that are in use.
 *
 * Folded from the decision log's records, or told by a backtest as things happen: the same words for both. Ratios and weights
 * are folded by the core's own rules, so that an analysis goes on from what the core really uses.
 *
 * Bounded: beyond SAMPLES_MAX of a kind the oldest are let go.
 */
import type { Analysis } from "../core/analysis.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Intensity } from "../core/intensity.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import type { Scored } from "../core/score.ts";
import { Beta, type BetaRule } from "../core/sizing/beta.ts";
import { LinearWeights } from "../core/sizing/linear-weights.ts";

/** Of one model's version. */
export interface ModelOutcomes {
  readonly source: number;
  readonly model: number;
  readonly modelVersion: number;
  readonly stated: number[];
  readonly hits: number[];
  /** Ends of the first and the last horizon. */
  readonly fromMs: number;
  toMs: number;
}

/** An exposure that was taken, and until when it was to be held or was. */
export interface Exposure {
  readonly instrument: number;
  /** 1 long, -1 short. */
  readonly sign: number;
  readonly entryPrice: number;
  readonly fromMs: number;
  toMs: number;
}

/** A decision of a shield on a new signal: the linear model's inputs, and the time for which it was made. */
export interface LinearSample {
  readonly inputs: readonly [number, number, number, number, number];
  readonly fromMs: number;
  readonly toMs: number;
}

const SAMPLES_MAX = 20_000;
const MODELS_MAX = 256;

export class AnalysisMemory {
  readonly outcomes: ModelOutcomes[] = [];
  readonly exposures: Exposure[] = [];
  /** By shield index. */
  readonly decisions: readonly LinearSample[][];
  /** By shield index. */
  readonly weights: readonly LinearWeights[];
  readonly #core: CoreConfig;
  readonly #betas = new Map<string, Beta>();
  /** By owner: the exposure of a reversion that has not ended. */
  readonly #open = new Map<number, Exposure>();
  /** By shield: the newest signal decided on. */
  readonly #newest: number[];

  constructor(core: CoreConfig) {
    this.#core = core;
    this.decisions = core.shields.map(() => []);
    this.weights = core.shields.map(({ linear }) => new LinearWeights(linear.weights));
    this.#newest = core.shields.map(() => 0);
    for (const { asset, hedge, beta, rule } of pairsOf(core)) {
      const key = pairKey(asset, hedge);
      if (!this.#betas.has(key)) this.#betas.set(key, new Beta(beta, rule));
    }
  }

  onOutcome({ source, model, modelVersion, stated, hit, dueMs }: Outcome): void {
    let known = this.outcomes.find(
      (each) => each.model === model && each.modelVersion === modelVersion && each.source === source,
    );
    if (known === undefined) {
      if (this.outcomes.length >= MODELS_MAX) this.outcomes.shift();
      known = { source, model, modelVersion, stated: [], hits: [], fromMs: dueMs, toMs: dueMs };
      this.outcomes.push(known);
    }
    known.stated.push(stated);
    known.hits.push(hit ? 1 : 0);
    known.toMs = dueMs;
    trim(known.stated);
    trim(known.hits);
  }

  onScored({ instrument, sign, entryMid, dueMs }: Scored, wallMs: number): void {
    if (sign === 0 || !(entryMid > 0)) return;
    this.exposures.push({ instrument, sign, entryPrice: entryMid, fromMs: wallMs, toMs: dueMs });
    trim(this.exposures);
  }

  /** `intakeSeq` and inputs of a shield's decision. One that only ages is told again, and counts once. */
  onDecided(
    shield: number,
    decision: {
      readonly intakeSeq: number;
      readonly horizonMs: number;
      readonly generatedAtMs: number;
      readonly intensity: Readonly<Intensity>;
    },
    wallMs: number,
  ): void {
    const { intakeSeq, horizonMs, generatedAtMs, intensity } = decision;
    const samples = this.decisions[shield];
    // A close decides no intensity.
    if (samples === undefined || intakeSeq <= this.#newest[shield]! || intensity.h === 0) return;
    this.#newest[shield] = intakeSeq;
    const { positionSize, signalStrength, volatility, riskAversion, timeOfDay } = intensity;
    samples.push({
      inputs: [positionSize, signalStrength, volatility, riskAversion, timeOfDay],
      fromMs: wallMs,
      toMs: generatedAtMs + horizonMs,
    });
    trim(samples);
  }

  onPosition({ owner, state, primaryLots, entryPrice }: PositionRecord, wallMs: number): void {
    const { shields, signals, reversions } = this.#core;
    const reversion = reversions[owner - shields.length - signals.length];
    if (reversion === undefined) return;
    const open = this.#open.get(owner);
    if (open === undefined && state === "opening" && primaryLots !== 0 && entryPrice > 0) {
      const sign = Math.sign(primaryLots);
      const exposure = { instrument: reversion.primary, sign, entryPrice, fromMs: wallMs, toMs: wallMs };
      this.#open.set(owner, exposure);
    } else if (open !== undefined && state === "flat") {
      this.#open.delete(owner);
      open.toMs = wallMs;
      this.exposures.push(open);
      trim(this.exposures);
    }
  }

  onAnalysis(analysis: Analysis, wallMs: number): void {
    if (analysis.kind === "beta") this.#betas.get(pairKey(analysis.asset, analysis.hedge))?.take(analysis, wallMs);
    else if (analysis.kind === "weights") this.weights[analysis.shield]?.take(analysis, wallMs);
  }

  /** The ratio that the core uses for a pair of one of its playbooks. */
  beta(asset: number, hedge: number): Beta | undefined {
    return this.#betas.get(pairKey(asset, hedge));
  }
}

/** A pair that some playbook hedges. */
export interface HedgedPair {
  readonly asset: number;
  readonly hedge: number;
  readonly beta: number;
  readonly rule: BetaRule;
}

export const pairsOf = ({ shields, signals, reversions }: CoreConfig): HedgedPair[] => [
  ...shields.map(({ asset, hedge, beta, betaRule: rule }) => ({ asset, hedge, beta, rule })),
  ...[...signals, ...reversions].map(({ primary, hedge, beta, betaRule: rule }) => ({
    asset: primary,
    hedge,
    beta,
    rule,
  })),
];

const pairKey = (asset: number, hedge: number): string => `${asset} ${hedge}`;

function trim(samples: unknown[]): void {
  if (samples.length > SAMPLES_MAX) samples.shift();
}
