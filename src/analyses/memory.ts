/**
 * What the engine's own past says to an analysis: outcomes, positions and decisions, and the ratios and weights that are in use.
 *
 * Folded from the decision log's records, or told by a backtest as things happen: the same words for both. Ratios and weights
 * are folded by the core's own rules, so that an analysis goes on from what the core really uses.
 *
 * Bounded: beyond SAMPLES_MAX of a kind the oldest are let go.
 */
import type { Analysis } from "../core/analysis.ts";
import type { CoreConfig, LinearConfig } from "../core/config.ts";
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

/** A decision on a new signal by the linear model: its inputs, the exposure's sign, and the time for which it was made. */
export interface LinearSample {
  readonly inputs: readonly [number, number, number, number, number];
  /** 1 long, -1 short. */
  readonly sign: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const SAMPLES_MAX = 20_000;
const MODELS_MAX = 256;

export class AnalysisMemory {
  readonly outcomes: ModelOutcomes[] = [];
  readonly exposures: Exposure[] = [];
  /** By owner, of those that go by a linear model. */
  readonly decisions = new Map<number, LinearSample[]>();
  readonly weights = new Map<number, LinearWeights>();
  /** Records that retention took before they were read. */
  unread = 0;
  readonly #core: CoreConfig;
  readonly #betas = new Map<string, Beta>();
  /** By owner: the exposure of a reversion that has not ended. */
  readonly #open = new Map<number, Exposure>();
  /** By owner: the newest signal decided on. */
  readonly #newest = new Map<number, number>();

  constructor(core: CoreConfig) {
    this.#core = core;
    for (const { owner, linear } of linearModels(core)) {
      this.decisions.set(owner, []);
      this.weights.set(owner, new LinearWeights(linear));
    }
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
    // A close decides no intensity.
    if (decision.intensity.h === 0) return;
    const sign = (this.#core.shields[shield]?.holdings ?? 0) >= 0 ? 1 : -1;
    this.#sample(shield, decision, decision.intensity, sign, wallMs);
  }

  onPosition({ owner, state, primaryLots, entryPrice, decision }: PositionRecord, wallMs: number): void {
    if (decision?.playbook === "signal" && decision.linear !== null) {
      this.#sample(owner, decision, decision.linear, decision.sign, wallMs);
    }
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
    else if (analysis.kind === "weights") this.weights.get(analysis.owner)?.take(analysis, wallMs);
  }

  /** The ratio that the core uses for a pair of one of its playbooks. */
  beta(asset: number, hedge: number): Beta | undefined {
    return this.#betas.get(pairKey(asset, hedge));
  }

  /** What is kept of it. */
  save() {
    const { outcomes, exposures, decisions, unread } = this;
    return {
      unread,
      outcomes,
      exposures,
      decisions,
      weights: new Map([...this.weights].map(([owner, weights]) => [owner, weights.save()])),
      betas: new Map([...this.#betas].map(([pair, beta]) => [pair, beta.save()])),
      open: this.#open,
      newest: this.#newest,
    };
  }
  /** Into one that has been told nothing yet; of what the configuration no longer has nothing is taken. */
  load(saved: ReturnType<AnalysisMemory["save"]>): void {
    this.unread = saved.unread;
    this.outcomes.push(...saved.outcomes);
    this.exposures.push(...saved.exposures);
    for (const [owner, samples] of this.decisions) samples.push(...(saved.decisions.get(owner) ?? []));
    for (const [owner, weights] of this.weights) {
      const known = saved.weights.get(owner);
      if (known !== undefined) weights.load(known);
    }
    for (const [pair, beta] of this.#betas) beta.load(saved.betas.get(pair) ?? null);
    for (const [owner, exposure] of saved.open) this.#open.set(owner, exposure);
    for (const [owner, newest] of saved.newest) this.#newest.set(owner, newest);
  }

  #sample(
    owner: number,
    { intakeSeq, generatedAtMs, horizonMs }: { intakeSeq: number; generatedAtMs: number; horizonMs: number },
    { positionSize, signalStrength, volatility, riskAversion, timeOfDay }: Readonly<Intensity>,
    sign: number,
    wallMs: number,
  ): void {
    const samples = this.decisions.get(owner);
    if (samples === undefined || intakeSeq <= (this.#newest.get(owner) ?? 0)) return;
    this.#newest.set(owner, intakeSeq);
    samples.push({
      inputs: [positionSize, signalStrength, volatility, riskAversion, timeOfDay],
      sign,
      fromMs: wallMs,
      toMs: generatedAtMs + horizonMs,
    });
    trim(samples);
  }
}

/** A playbook that goes by the linear model. */
export interface LinearModel {
  readonly owner: number;
  readonly asset: number;
  /** Whose prices tell what the exposure lost. */
  readonly priced: number;
  readonly linear: LinearConfig;
  /** Loss that counts as a full excursion; null where the playbook has no stop of its own. */
  readonly stopLoss: number | null;
}

/** A holding is priced by its own listings, or by its hedge's where it has none: as the core's equity is. */
export const linearModels = ({ shields, signals, directory }: CoreConfig): LinearModel[] => [
  ...shields.map(({ asset, hedge, linear }, owner) => {
    const priced = directory.listings.some(({ instrument }) => instrument === asset) ? asset : hedge;
    return { owner, asset, priced, linear, stopLoss: null };
  }),
  ...signals.flatMap(({ asset, primary, policy, stopLoss }, index) =>
    policy.policy === "linear"
      ? [{ owner: shields.length + index, asset, priced: primary, linear: policy.linear, stopLoss }]
      : [],
  ),
];

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
