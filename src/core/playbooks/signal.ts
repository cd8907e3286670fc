/**
 * Signal (S1): a signal opens a position and its hedge together; new confidence moves the hedge; age makes it heavier; a close,
 * a stop or the end of its time closes both legs (SPEC §6).
 *
 *     score ≥ threshold ─▶ open ─▶ adjust · decay · corrections ─▶ close · stop-loss · expiry
 *
 * Invariants
 *   - The score and the breakers gate opens and increases only. Closing, reducing and hedging more are never blocked by them.
 *   - An `adjust` never increases the primary: for anything but an open, the sender's size only caps.
 *   - Only the newest decision counts: an older signal that comes late is refused as superseded.
 */
import type { Refusal } from "../../domain/refusal.ts";
import { isClose, type Signal } from "../../domain/signal.ts";
import { type EpochMs, HAIR, isCountable, type Lots, type Ns, truncToLots } from "../../domain/units.ts";
import type { Analysis } from "../analysis.ts";
import type { Child } from "../child.ts";
import type { SignalConfig } from "../config.ts";
import { type DecayStage, decayedIntensity, decayStage, nextStageAt } from "../decay.ts";
import type { Verdict } from "../event.ts";
import type { Intensity } from "../intensity.ts";
import type { Cause } from "../open-route.ts";
import { ownerName } from "../owners.ts";
import { shownBy } from "../score/shown.ts";
import { passesGate, type Scored, type Scorer } from "../score.ts";
import { Beta } from "../sizing/beta.ts";
import { corridorBand } from "../sizing/corridor.ts";
import { MeasuredExcursions } from "../sizing/insurance.ts";
import { LinearWeights } from "../sizing/linear-weights.ts";
import { type PolicyResult, policyIntensity } from "../sizing/policy.ts";
import { rampFactor } from "../sizing/ramp.ts";
import { HedgedPosition, type PositionRecord } from "./hedged-position.ts";
import { causeOf, refusalOf, refusedByAge } from "./signal-rules.ts";
import type { Workplace } from "./workplace.ts";

/** Every number from the signal to the size of both legs. Journaled with the position. */
export interface SignalDecision {
  readonly playbook: "signal";
  readonly intakeSeq: number;
  readonly kind: Signal["kind"];
  /** 1 long, -1 short. */
  readonly sign: number;
  readonly generatedAtMs: number;
  readonly horizonMs: number;
  readonly score: number;
  readonly policy: string;
  /** By the policy alone, and with the linear model's inputs where it is that. */
  readonly baseH: number;
  readonly linear: Readonly<Intensity> | null;
  readonly stage: DecayStage;
  readonly volatilityDaily: number;
  readonly betaMethod: string;
  /** Asked for, the share of it that the rollout allows, and so wished, in quote notional. */
  readonly notionalAsked: number;
  readonly rampFactor: number;
  readonly notional: number;
}

/** Whether new positions may be opened on the word of a source. */
export interface OpenGate {
  /** Null, or the breaker that forbids it. */
  blocking(source: number): number | null;
}

export class SignalPlaybook {
  readonly index: number;
  readonly config: SignalConfig;
  readonly position: HedgedPosition;
  readonly #work: Workplace;
  readonly #scorer: Scorer;
  readonly #gate: OpenGate;
  readonly #beta: Beta;
  readonly #excursions = new MeasuredExcursions();
  /** Null for every policy but the linear one. */
  readonly #weights: LinearWeights | null;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(index: number, owner: number, work: Workplace, scorer: Scorer, gate: OpenGate) {
    this.index = index;
    this.config = work.core.signals[index]!;
    this.#work = work;
    this.#scorer = scorer;
    this.#gate = gate;
    this.position = new HedgedPosition(owner, this.config, work);
    this.#beta = new Beta(this.config.beta, this.config.betaRule);
    const { policy } = this.config;
    this.#weights = policy.policy === "linear" ? new LinearWeights(policy.linear) : null;
  }

  onSignal(signal: Signal, nowNs: Ns, wallMs: EpochMs): Verdict {
    const { intakeSeq } = signal;
    const refusal = this.#refuse(signal, wallMs);
    if (refusal !== null) return { intakeSeq, outcome: "refused", refusal };
    const cause = causeOf(this.#work.core, this.#work.parts, signal);
    if (isClose(signal)) {
      this.#newestMs = signal.generatedAtMs;
      if (this.position.state === "flat") return { intakeSeq, outcome: "absorbed", refusal: null };
      this.position.close(1, cause, "closed by its sender", nowNs, wallMs);
      return { intakeSeq, outcome: "hedged", refusal: null };
    }
    const { market, core } = this.#work;
    const shown = shownBy(market, core.directory, this.config.primary, nowNs);
    const scored = this.#scorer.score(signal, this.config.primary, shown, wallMs);
    this.#work.commands.push({ type: "scored", scored });
    const verdict =
      this.position.state === "flat"
        ? this.#open(signal, scored, cause, nowNs, wallMs)
        : this.#adjust(signal, scored, cause, nowNs, wallMs);
    if (verdict.outcome !== "refused") this.#newestMs = signal.generatedAtMs;
    return verdict;
  }

  /** A quote of either leg. Allocates nothing unless it orders. */
  onQuote(nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    if (this.#beta.becameOverdue(wallMs)) {
      position.alarm("BETA_OVERDUE", "β was last estimated too long ago", this.#beta.estimatedMs);
    }
    const price = position.price(config.hedge, nowNs);
    if (!Number.isNaN(price)) position.volatility.observe(price, nowNs);
    if (position.state === "flat" || position.stopOut(nowNs, wallMs)) return;
    position.advance(nowNs, wallMs);
    if (position.state === "open") position.correct(this.#band(), nowNs, wallMs);
  }

  advance(nowNs: Ns, wallMs: EpochMs): void {
    this.position.advance(nowNs, wallMs);
  }

  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    const decision = this.#decision;
    if (decision !== null && (position.state === "open" || position.state === "opening")) {
      const stage = decayStage((wallMs - decision.generatedAtMs) / decision.horizonMs, config.decay);
      if (stage !== decision.stage) this.#age(decision, stage, nowNs, wallMs);
    }
    position.advance(nowNs, wallMs);
  }

  nextTimerNs(nowNs: Ns, wallMs: EpochMs): number {
    const { position } = this;
    const next = position.nextTimerNs(nowNs);
    const decision = this.#decision;
    if (decision === null || position.state === "closing") return next;
    const atMs = decision.generatedAtMs + nextStageAt(decision.stage, this.config.decay) * decision.horizonMs;
    // One ms late rather than one early: the last stage begins after its boundary.
    return Math.min(next, nowNs + (atMs - wallMs + 1) * 1e6);
  }

  onAnalysis(analysis: Analysis, wallMs: EpochMs): void {
    const { primary, hedge, asset } = this.config;
    if (analysis.kind === "excursions" && analysis.asset === asset) this.#excursions.take(analysis, wallMs);
    if (analysis.kind === "weights" && analysis.owner === this.position.owner) {
      const alarm = this.#weights?.hear(ownerName(this.#work.core, this.position.owner), analysis, wallMs) ?? null;
      if (alarm !== null) this.#work.commands.push({ type: "alarm", alarm });
    }
    if (analysis.kind !== "beta" || analysis.asset !== primary || analysis.hedge !== hedge) return;
    const { drift, drifted, words } = this.#beta.take(analysis, wallMs);
    this.position.beta = this.#beta.value;
    if (drifted) this.position.alarm("BETA_CHANGED", words, drift);
  }

  /** Recovery: a signal that an earlier life heard. A close leaves no position behind that would tell of it. */
  recall(signal: Signal): void {
    const { kind } = signal;
    if (kind === "hedge" || kind === "evidence" || !isClose(signal)) return;
    this.#newestMs = Math.max(this.#newestMs, signal.generatedAtMs);
  }

  /** Recovery: the position of an earlier life. */
  restore(record: PositionRecord): void {
    this.position.restore(record);
    if (record.decision?.playbook === "signal")
      this.#newestMs = Math.max(this.#newestMs, record.decision.generatedAtMs);
  }

  /** Recovery: an order of an earlier life. */
  restoreCause(child: Child): void {
    this.position.restoreCause(child);
  }

  /** What a snapshot keeps of it. */
  save() {
    const { position } = this;
    const newestMs = this.#newestMs;
    return {
      playbook: "signal" as const,
      position: position.save(),
      beta: this.#beta.save(),
      excursions: this.#excursions.save(),
      weights: this.#weights?.save() ?? null,
      newestMs,
    };
  }
  load({ position, beta, excursions, weights, newestMs }: ReturnType<SignalPlaybook["save"]>): void {
    this.position.load(position);
    this.#beta.load(beta);
    this.#excursions.load(excursions);
    if (weights !== null) this.#weights?.load(weights);
    this.#newestMs = newestMs;
  }

  /** The venue of a leg cannot be reached: both are closed, wherever they can be. */
  neutralise(why: string, nowNs: Ns, wallMs: EpochMs): void {
    this.position.close(1, null, why, nowNs, wallMs);
  }

  #open(signal: Signal, scored: Scored, cause: Cause, nowNs: Ns, wallMs: EpochMs): Verdict {
    const { intakeSeq } = signal;
    const refused = (...why: Parameters<typeof refusalOf>): Verdict => ({
      intakeSeq,
      outcome: "refused",
      refusal: refusalOf(...why),
    });
    if (signal.kind === "adjust") return refused("NOTHING_OPEN", 0, 1);
    const breaker = this.#gate.blocking(signal.source);
    if (breaker !== null) return refused("BREAKER_OPEN", breaker, 0);
    if (!passesGate(scored.score, scored.threshold)) {
      return refused("SCORE_BELOW_THRESHOLD", scored.score, scored.threshold);
    }
    const { analysisAgeMsMax } = this.#work.core;
    const calibrationMs = this.#scorer.calibrationAgeMs(signal, wallMs);
    if (calibrationMs > analysisAgeMsMax) return refused("ANALYSIS_STALE", calibrationMs, analysisAgeMsMax);
    const betaMs = this.#beta.overdueMs(wallMs);
    if (betaMs > 0) return refused("ANALYSIS_STALE", betaMs, this.config.betaRule.revalidateMs);
    const price = this.position.price(this.config.primary, nowNs);
    const notionalAsked = this.#notionalAsked(signal, price);
    const ramp = rampFactor(wallMs, this.#work.core.ramp);
    const notional = Math.min(notionalAsked, this.config.notionalMax) * ramp;
    const { h, linear } = this.#intensity(signal, scored, scored.sign * notional, wallMs);
    if (Number.isNaN(h)) return refused("SCORE_BELOW_THRESHOLD", scored.score, scored.threshold);
    if (!(price > 0)) return refused("NO_FRESH_QUOTE", Number.NaN, this.#work.core.router.quoteAgeMsMax);
    const { lot } = this.#work.core.directory.instruments[this.config.primary]!;
    const size = ((scored.sign * notional) / (price * lot)) * HAIR;
    if (!isCountable(size))
      return refused("ORDER_NOTIONAL_OVER_LIMIT", notional, Number.MAX_SAFE_INTEGER * price * lot);
    const primaryLots = truncToLots(size);
    if (primaryLots === 0) return refused("SIZE_TOO_SMALL", notional, price * lot);
    const stage = decayStage((wallMs - signal.generatedAtMs) / signal.horizonMs, this.config.decay);
    this.position.h = decayedIntensity(h, stage, this.config.decay);
    this.position.beta = this.#beta.value;
    const hedgeLots = this.position.hedgeTarget(primaryLots, nowNs);
    if (hedgeLots === null) return refused("NO_FRESH_QUOTE", Number.NaN, this.#work.core.router.quoteAgeMsMax);
    if (this.position.isHedgeTooSmall(hedgeLots)) {
      const { lot: hedgeLot } = this.#work.core.directory.instruments[this.config.hedge]!;
      const hedgeNotional = Math.abs(primaryLots * lot * price * this.position.beta * this.position.h);
      return refused("SIZE_TOO_SMALL", hedgeNotional, this.position.price(this.config.hedge, nowNs) * hedgeLot);
    }
    this.position.decision = {
      playbook: "signal",
      intakeSeq,
      kind: signal.kind,
      sign: scored.sign,
      generatedAtMs: signal.generatedAtMs,
      horizonMs: signal.horizonMs,
      score: scored.score,
      policy: this.config.policy.policy,
      baseH: h,
      linear,
      stage,
      volatilityDaily: this.position.volatility.daily(),
      betaMethod: this.#beta.method,
      notionalAsked,
      rampFactor: ramp,
      notional,
    };
    const code = this.position.open(primaryLots, hedgeLots, cause, "opened by a signal", nowNs, wallMs);
    if (code === "NONE") return { intakeSeq, outcome: "hedged", refusal: null };
    if (this.position.state === "opening") return { intakeSeq, outcome: "deferred", refusal: null };
    this.position.decision = null;
    return refused(code, Number.NaN, Number.NaN);
  }

  /** New confidence for what is open: another hedge, and a primary that may only shrink. */
  #adjust(signal: Signal, scored: Scored, cause: Cause, nowNs: Ns, wallMs: EpochMs): Verdict {
    const { intakeSeq } = signal;
    const before = this.#decision;
    const held = this.position.primaryLots;
    if (this.position.state === "closing" || before === null) {
      return { intakeSeq, outcome: "refused", refusal: refusalOf("NOTHING_OPEN", 0, 1) };
    }
    if (scored.sign !== before.sign) {
      return { intakeSeq, outcome: "refused", refusal: refusalOf("DIRECTION_MISMATCH", scored.sign, before.sign) };
    }
    const price = this.position.price(this.config.primary, nowNs);
    const notionalAsked = this.#notionalAsked(signal, price);
    const exposure = this.position.exposure(nowNs);
    const { h: asked, linear } = this.#intensity(signal, scored, exposure, wallMs);
    // Too little confidence to open on is no reason to leave what is open without its hedge.
    const h = Number.isNaN(asked) ? 1 : asked;
    const stage = decayStage((wallMs - signal.generatedAtMs) / signal.horizonMs, this.config.decay);
    const decayed = decayedIntensity(h, stage, this.config.decay);
    const primaryLots = this.#capped(signal, held, price);
    const breaker = this.#gate.blocking(signal.source);
    const waits = decayed < this.position.h && breaker !== null;
    if (waits && primaryLots === held) {
      return { intakeSeq, outcome: "refused", refusal: refusalOf("BREAKER_OPEN", breaker, 0) };
    }
    // A lighter hedge is more risk: that waits until people have looked. A smaller position does not.
    if (!waits) this.position.h = decayed;
    this.position.decision = {
      ...before,
      intakeSeq,
      kind: signal.kind,
      generatedAtMs: signal.generatedAtMs,
      horizonMs: signal.horizonMs,
      score: scored.score,
      baseH: h,
      linear,
      stage,
      notionalAsked,
    };
    this.position.retarget(primaryLots, cause, "adjusted by a signal", nowNs, wallMs);
    return { intakeSeq, outcome: "hedged", refusal: null };
  }

  /** The primary as it is, or less where the sender says so. */
  #capped(signal: Signal, held: Lots, price: number): Lots {
    const { lot } = this.#work.core.directory.instruments[this.config.primary]!;
    const cap = Number.isNaN(signal.quantity) ? signal.notional / price : signal.quantity;
    if (!(cap >= 0)) return held;
    return truncToLots(Math.sign(held) * Math.min(Math.abs(held), (cap / lot) * HAIR));
  }

  #age(decision: SignalDecision, stage: DecayStage, nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    const { decay } = config;
    position.decision = { ...decision, stage };
    if (stage === "expired") {
      position.alarm("SIGNAL_EXPIRED", `past its horizon; position: ${decay.onExpiry}`, decision.horizonMs);
    }
    const closes = stage === "expired" ? decay.onExpiry === "release" : decay.nearFullAction === "close";
    if ((stage === "expired" || stage === "nearFull") && closes) {
      position.close(1, null, stage === "expired" ? "expired" : "near the end of its horizon", nowNs, wallMs);
      return;
    }
    position.h = decayedIntensity(decision.baseH, stage, decay);
    // An opening under way keeps its size; its hedge follows once the legs are there.
    if (position.state === "open") position.retarget(position.primaryLots, null, `aged: ${stage}`, nowNs, wallMs);
  }

  #intensity(signal: Signal, scored: Scored, exposureNotional: number, wallMs: EpochMs): PolicyResult {
    return policyIntensity(this.#work.parts.kernels, this.#weights ?? this.config.policy, {
      score: scored.score,
      strength: signal.strength,
      exposureNotional,
      volatilityDaily: this.position.volatility.daily(),
      wallMs,
      excursions: this.#excursions.at(wallMs, this.#work.core.analysisAgeMsMax),
    });
  }

  #notionalAsked({ notional, quantity }: Signal, price: number): number {
    if (!Number.isNaN(notional)) return notional;
    return Number.isNaN(quantity) ? this.config.notional : quantity * price;
  }

  #band(): number {
    const { policy, correction } = this.config;
    return policy.policy === "delta"
      ? corridorBand(this.position.volatility.daily(), policy.corridor)
      : correction.band;
  }

  #refuse(signal: Signal, wallMs: EpochMs): Refusal | null {
    const { kind } = signal;
    if (kind === "hedge" || kind === "evidence") return refusalOf("KIND_NOT_SUPPORTED", Number.NaN, Number.NaN);
    return refusedByAge(this.#work.core, signal, this.#newestMs, wallMs);
  }

  get #decision(): SignalDecision | null {
    const { decision } = this.position;
    return decision?.playbook === "signal" ? decision : null;
  }
}
