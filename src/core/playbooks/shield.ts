/**
 * Shield (S3): protects a position the operator already holds. The webhook decides when, the linear model how much, decay
 * how that grows, and every quote whether the hedge still fits.
 *
 *     H_target = −E · β · h        drift d = H_held − H_target        side = sign(H_target − H_held)
 *
 * A signal is followed to its target (`settling`), fees or not: it is the operator's instruction. Between signals a quote
 * may only cause a correction that leaves the no-trade band and pays for itself.
 *
 * Invariants
 *   - Only the newest decision counts: an older signal that comes late is refused as superseded.
 *   - Nothing is ordered that pending orders might already bring (`Ledger.roomLots`).
 *   - While a signal's quantity is not there yet, it is tried again until the signal is too old to act on.
 *   - What filled beyond the target is taken off whatever the age of the signal, once netting has had its time.
 */
import type { Refusal } from "../../domain/refusal.ts";
import { isClose, type Signal } from "../../domain/signal.ts";
import { type EpochMs, HAIR, isCountable, type Lots, lots, type Ns, truncToLots } from "../../domain/units.ts";
import type { Analysis } from "../analysis.ts";
import type { Child } from "../child.ts";
import type { CoreConfig, CoreParts, ShieldConfig } from "../config.ts";
import { type DecayStage, decayedIntensity, decayStage, nextStageAt, stageBeginsAt } from "../decay.ts";
import type { Alarm, Command, Verdict } from "../event.ts";
import { type Intensity, linearIntensity } from "../intensity.ts";
import type { Ledger } from "../ledger.ts";
import type { Market } from "../market.ts";
import type { Cause, ParentOrder } from "../open-route.ts";
import { ownerName } from "../owners.ts";
import type { RiskGate } from "../risk.ts";
import type { Router } from "../route.ts";
import { Beta } from "../sizing/beta.ts";
import { LinearWeights } from "../sizing/linear-weights.ts";
import { rampFactor } from "../sizing/ramp.ts";
import { HedgeLeg } from "./hedge-leg.ts";
import { ageMsMax, causeOf, refusalOf, refusedByAge } from "./signal-rules.ts";
import type { Workplace } from "./workplace.ts";

/** What the last accepted signal decided, with every number that went into it. Journaled whole. */
export interface ShieldDecision {
  readonly intakeSeq: number;
  readonly cause: Cause;
  readonly kind: Signal["kind"];
  readonly generatedAtMs: EpochMs;
  readonly horizonMs: number;
  /** The signal may be acted on until then. */
  readonly actUntilMs: number;
  /** The most the hedge may be, from the signal's own cap, in quote notional and base quantity; Infinity without one. */
  readonly capNotional: number;
  readonly capQuantity: number;
  /** Made of a dead letter that was run again: a close of it goes reduce-only, venue by venue. */
  readonly replayed?: boolean;
  readonly intensity: Readonly<Intensity>;
}

export class Shield {
  readonly index: number;
  readonly config: ShieldConfig;
  decision: ShieldDecision | null = null;
  stage: DecayStage = "fresh";
  targetLots: Lots = lots(0);
  exposureNotional = 0;
  /** The decision's quantity is not there yet. */
  settling = false;
  readonly #core: CoreConfig;
  readonly #parts: CoreParts;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #risk: RiskGate;
  readonly #router: Router;
  readonly #commands: Command[];
  readonly #leg: HedgeLeg;
  /** What is held has a market of its own. */
  readonly #isQuoted: boolean;
  readonly #beta: Beta;
  readonly #weights: LinearWeights;

  constructor(index: number, work: Workplace) {
    const { core, parts, market, ledger, risk, router, commands } = work;
    this.index = index;
    this.config = core.shields[index]!;
    this.#core = core;
    this.#parts = parts;
    this.#market = market;
    this.#ledger = ledger;
    this.#risk = risk;
    this.#router = router;
    this.#commands = commands;
    const { asset, hedge, linear } = this.config;
    this.#isQuoted = market.listingsOf(asset).length > 0;
    this.#leg = new HedgeLeg(index, hedge, { ...this.config, leverage: linear.leverage }, work);
    this.#beta = new Beta(this.config.beta, this.config.betaRule);
    this.#weights = new LinearWeights(linear);
  }

  /** Decides on a signal for this shield's asset. */
  onSignal(signal: Signal, nowNs: Ns, wallMs: EpochMs): Verdict {
    const refusal = this.#refuse(signal, wallMs);
    if (refusal !== null) return { intakeSeq: signal.intakeSeq, outcome: "refused", refusal };
    const closes = isClose(signal);
    const exposure = this.#exposure(nowNs);
    const intensity = linearIntensity(
      this.#parts.kernels,
      this.#weights.linear,
      Number.isNaN(exposure) ? 0 : exposure,
      signal.strength,
      this.#leg.volatility.daily(),
      wallMs,
    );
    if (closes) intensity.h = 0;
    const { decision: decisionBefore, stage: stageBefore, targetLots, exposureNotional } = this;
    const wasSettling = this.settling || this.#router.hasOpen(this.index);
    const decision: ShieldDecision = {
      intakeSeq: signal.intakeSeq,
      cause: causeOf(this.#core, this.#parts, signal),
      kind: signal.kind,
      generatedAtMs: signal.generatedAtMs,
      horizonMs: signal.horizonMs,
      // A replay was let through in spite of its age: it may be acted on as long as if it had been made now.
      actUntilMs: (signal.replayed ? wallMs : signal.generatedAtMs) + ageMsMax(this.#core, signal),
      // For anything but an open, the sender's notional or quantity only caps.
      capNotional: Number.isNaN(signal.notional) ? Number.POSITIVE_INFINITY : signal.notional,
      capQuantity: Number.isNaN(signal.quantity) ? Number.POSITIVE_INFINITY : signal.quantity,
      intensity,
    };
    this.decision = signal.replayed ? { ...decision, replayed: true } : decision;
    this.stage = decayStage(this.#elapsedFraction(wallMs), this.config.decay);
    this.#router.supersede(this.index);
    this.settling = true;
    this.#leg.retryNs = Number.NEGATIVE_INFINITY;
    const outcome = this.#settle(nowNs, wallMs);
    if (outcome.outcome === "refused") {
      // A signal whose order was refused decides nothing: what was decided before still stands.
      this.decision = decisionBefore;
      this.stage = stageBefore;
      this.settling = wasSettling;
      this.targetLots = targetLots;
      this.exposureNotional = exposureNotional;
    } else {
      this.#commands.push({ type: "decided", shield: this.index });
    }
    return outcome;
  }

  /** A quote of the asset or of the hedge. Allocates nothing unless it orders. */
  onQuote(nowNs: Ns, wallMs: EpochMs): void {
    if (this.#beta.becameOverdue(wallMs)) {
      this.#alarm("BETA_OVERDUE", "β was last estimated too long ago", this.#beta.estimatedMs);
    }
    const mid = this.#market.midTicks(this.config.hedge, nowNs);
    if (Number.isNaN(mid)) return;
    this.#leg.volatility.observe(mid, nowNs);
    if (this.settling || this.#router.surplus.lots(this.config.hedge) !== 0) this.retry(nowNs, wallMs);
    else if (this.decision !== null) this.#correct(nowNs, wallMs);
  }

  /** Goes on settling, where that is due and nothing is under way. A surplus goes first. */
  retry(nowNs: Ns, wallMs: EpochMs): void {
    if (this.#leg.unwind(nowNs, wallMs)) return;
    if (!this.settling || this.decision === null || nowNs < this.#leg.retryNs || this.#router.hasOpen(this.index))
      return;
    // What age asks for is new with every stage, so it may be acted on as long after that as the signal after its making.
    const { horizonMs, actUntilMs } = this.decision;
    if (wallMs > actUntilMs + stageBeginsAt(this.stage, this.config.decay) * horizonMs) {
      this.settling = false;
      // Without a price there was never a target, and what stands is not what the signal asked for.
      const sized = this.#aim(nowNs, wallMs);
      const residual = this.targetLots - this.#ledger.heldLots(this.config.hedge);
      if (sized && residual === 0) return;
      const missing = sized ? `${residual} lots not hedged` : "no price to size it by";
      const message = `${this.decision.cause.text}: too old to act on, ${missing}`;
      // Of a later stage the signal itself was acted on: it is no dead letter.
      const { intakeSeq, cause } = this.decision;
      const code = cause.nextAttempt === 0 ? "NO_VENUE" : "UNFILLED";
      const givenUp = this.stage === "fresh" ? { givenUp: { intakeSeq, code } as const } : {};
      this.#commands.push({ type: "alarm", alarm: { code: "SIGNAL_EXPIRED", message, value: residual, ...givenUp } });
      return;
    }
    this.#settle(nowNs, wallMs);
  }

  /** The position is not what was settled: a venue filled more than we knew. */
  unsettle(): void {
    this.settling = this.decision !== null;
    this.#leg.retryNs = Number.NEGATIVE_INFINITY;
  }

  /** What was found outside the core, where it is about this shield. */
  onAnalysis(analysis: Analysis, wallMs: EpochMs): void {
    if (analysis.kind === "beta" && analysis.asset === this.config.asset && analysis.hedge === this.config.hedge) {
      const { drift, drifted, words } = this.#beta.take(analysis, wallMs);
      if (drifted) this.#alarm("BETA_CHANGED", words, drift);
    }
    if (analysis.kind !== "weights" || analysis.owner !== this.index) return;
    const alarm = this.#weights.hear(ownerName(this.#core, this.index), analysis, wallMs);
    if (alarm !== null) this.#commands.push({ type: "alarm", alarm });
  }

  /** The hedge ratio as it is now. */
  get beta(): number {
    return this.#beta.value;
  }

  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    const { decision } = this;
    const stage = decision === null ? this.stage : decayStage(this.#elapsedFraction(wallMs), this.config.decay);
    if (decision !== null && stage !== this.stage && decision.intensity.h !== 0) {
      this.stage = stage;
      if (stage === "expired") {
        const kept = this.config.decay.onExpiry;
        this.#alarm("SIGNAL_EXPIRED", `${decision.cause.text}: past its horizon; hedge: ${kept}`, decision.horizonMs);
      }
      this.settling = true;
      this.#router.supersede(this.index);
      this.#commands.push({ type: "decided", shield: this.index });
    }
    this.retry(nowNs, wallMs);
  }

  /** Monotonic time at which `onTimer` next has something to do. */
  nextTimerNs(nowNs: Ns, wallMs: EpochMs): number {
    const { decision } = this;
    // Due in the past means that it waits for an event, not for the clock.
    const hasSurplus = this.#router.surplus.lots(this.config.hedge) !== 0;
    const settles = !hasSurplus && this.settling && this.#leg.retryNs > nowNs;
    const retryNs = settles ? this.#leg.retryNs : this.#leg.nextTimerNs(nowNs);
    if (decision === null || decision.intensity.h === 0) return retryNs;
    const atMs = decision.generatedAtMs + nextStageAt(this.stage, this.config.decay) * decision.horizonMs;
    // One ms late rather than one early: the last stage begins after its boundary.
    return Math.min(retryNs, nowNs + (atMs - wallMs + 1) * 1e6);
  }

  /** Recovery: the decision an earlier life had made. What it had not reached yet is gone on with. */
  restore(decision: ShieldDecision, stage: DecayStage, targetLots: Lots): void {
    this.decision = decision;
    this.stage = stage;
    this.targetLots = targetLots;
    this.settling = true;
    this.#router.surplus.aim(this.config.hedge, targetLots);
  }

  /** Recovery: an order of an earlier life. Numbers of orders and corrections go on behind it. */
  restoreCause(child: Child): void {
    const cause = this.decision?.cause;
    if (cause?.text === child.cause) cause.nextAttempt = Math.max(cause.nextAttempt, child.attempt + 1);
    this.#leg.restoreCause(child);
  }

  /** A cause of the engine's own: `position|n`. */
  newCause(): Cause {
    return this.#leg.newCause();
  }

  /** What a snapshot keeps of it. */
  save() {
    const { decision, stage, targetLots, settling } = this;
    const { causesMade: correctionsMade } = this.#leg.save();
    return {
      decision,
      stage,
      targetLots,
      settling,
      correctionsMade,
      beta: this.#beta.save(),
      weights: this.#weights.save(),
    };
  }
  load(saved: ReturnType<Shield["save"]>): void {
    this.decision = saved.decision;
    this.stage = saved.stage;
    this.targetLots = saved.targetLots;
    this.settling = saved.settling;
    this.#leg.load({ causesMade: saved.correctionsMade });
    this.#beta.load(saved.beta);
    this.#weights.load(saved.weights);
  }

  /** Brings the position to the target, band or no band. */
  #settle(nowNs: Ns, wallMs: EpochMs): Verdict {
    const decision = this.decision!;
    const { intakeSeq } = decision;
    if (!this.#aim(nowNs, wallMs)) {
      this.#leg.retryNs = nowNs + this.#core.router.retryMs * 1e6;
      return { intakeSeq, outcome: "deferred", refusal: null };
    }
    const pending = this.#leg.isPending;
    const gap = this.targetLots - this.#leg.heldLots;
    const side = gap > 0 ? "buy" : "sell";
    const room = this.#ledger.roomLots(this.config.hedge, side, this.targetLots, lots(0));
    if (gap === 0 || this.#leg.isTooSmall(gap, nowNs)) {
      if (!pending) this.settling = false;
      return this.#absorb(intakeSeq);
    }
    if (room === 0 || (pending && this.#leg.isTooSmall(Math.sign(gap) * room, nowNs))) return this.#absorb(intakeSeq);
    const order: ParentOrder = {
      owner: this.index,
      instrument: this.config.hedge,
      side,
      qtyLots: room,
      targetLots: this.targetLots,
      plan: decision.replayed && decision.intensity.h === 0 ? this.#leg.unwindPlan : this.#leg.plan,
      cause: decision.cause,
      leg: 0,
    };
    const code = this.#router.start(order, nowNs, wallMs);
    this.#leg.retryNs = nowNs + this.#core.router.retryMs * 1e6;
    if (code === "NONE") return { intakeSeq, outcome: "hedged", refusal: null };
    if (code === "NO_VENUE" || code === "NO_FRESH_QUOTE" || code === "TOO_MANY_OPEN_INTENTS") {
      return { intakeSeq, outcome: "deferred", refusal: null };
    }
    return { intakeSeq, outcome: "refused", refusal: { ...this.#risk.refusal } };
  }

  /** Nothing to order: what is there, or may still come, is what the target asks for. */
  #absorb(intakeSeq: number): Verdict {
    this.#router.surplus.aim(this.config.hedge, this.targetLots);
    return { intakeSeq, outcome: "absorbed", refusal: null };
  }

  /** Drift beyond the band, with nothing under way, and worth its cost: one correction. */
  #correct(nowNs: Ns, wallMs: EpochMs): void {
    if (this.#leg.isPending || !this.#aim(nowNs, wallMs)) return;
    this.#leg.betaExposure = this.exposureNotional * this.#beta.value;
    this.#leg.correct(this.targetLots, true, nowNs, wallMs);
  }

  /** Sets exposure and target from the prices of now. False when there is no fresh price to size by. */
  #aim(nowNs: Ns, wallMs: EpochMs): boolean {
    const decision = this.decision!;
    const { lot } = this.#core.directory.instruments[this.config.hedge]!;
    const hedgePrice = this.#price(this.config.hedge, nowNs);
    // As `#exposure` has it, and in place: on every quote the numbers of a call would be boxed.
    const ownPrice = this.#isQuoted ? this.#price(this.config.asset, nowNs) : Number.NaN;
    const exposure = this.config.holdings * (Number.isNaN(ownPrice) ? hedgePrice : ownPrice);
    if (Number.isNaN(hedgePrice) || Number.isNaN(exposure)) return false;
    const lotNotional = hedgePrice * lot;
    const base = decision.intensity.h;
    const stage = decayStage(this.#elapsedFraction(wallMs), this.config.decay);
    // A closed hedge does not grow back with age.
    const h = base === 0 ? 0 : decayedIntensity(base, stage, this.config.decay);
    const full = (-exposure * this.#beta.value * h) / lotNotional;
    const target = full * rampFactor(wallMs, this.#core.ramp);
    const cap = Math.min(decision.capNotional / lotNotional, decision.capQuantity / lot);
    const capped = Math.max(-cap, Math.min(cap, target)) * HAIR;
    // A wild price of the hedge: there is none to size by.
    if (!isCountable(capped)) return false;
    this.exposureNotional = exposure;
    this.targetLots = truncToLots(capped);
    return true;
  }

  /** E: signed quote notional of what is held, at its own price or, where that is not quoted, at the hedge's. */
  #exposure(nowNs: Ns): number {
    const own = this.#price(this.config.asset, nowNs);
    return this.config.holdings * (Number.isNaN(own) ? this.#price(this.config.hedge, nowNs) : own);
  }

  #price(instrument: number, nowNs: Ns): number {
    return this.#market.midTicks(instrument, nowNs) * this.#core.directory.instruments[instrument]!.tick;
  }

  #refuse(signal: Signal, wallMs: EpochMs): Refusal | null {
    const closes = isClose(signal);
    if (signal.kind !== "hedge" && signal.kind !== "close")
      return refusalOf("KIND_NOT_SUPPORTED", Number.NaN, Number.NaN);
    if (this.config.holdings === 0) return refusalOf("NOTHING_TO_PROTECT", 0, 0);
    const newestMs = this.decision?.generatedAtMs ?? Number.NEGATIVE_INFINITY;
    const refusal = refusedByAge(this.#core, signal, newestMs, wallMs);
    if (refusal !== null) return refusal;
    const sign = signal.direction === "long" ? 1 : -1;
    if (!closes && sign !== Math.sign(this.config.holdings)) {
      return refusalOf("DIRECTION_MISMATCH", sign, Math.sign(this.config.holdings));
    }
    return null;
  }

  #elapsedFraction(wallMs: EpochMs): number {
    return (wallMs - this.decision!.generatedAtMs) / this.decision!.horizonMs;
  }

  /** Says whose it is. */
  #alarm(code: Alarm["code"], message: string, value: number): void {
    const named = `${ownerName(this.#core, this.index)}: ${message}`;
    this.#commands.push({ type: "alarm", alarm: { code, message: named, value } });
  }
}
