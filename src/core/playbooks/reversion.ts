/**
 * Reversion (S2): trades the spread of a pair against its own mean (SPEC §6).
 *
 *     z = (ln primary − β · ln hedge − mean) / deviation, over the last `lookback` bars
 *
 *     |z| ≥ entry, < stop ─▶ open against it ─▶ |z| ≤ exit, or through the mean ─▶ close
 *                                          └─▶ |z| ≥ stop ─▶ close, blocked until |z| < entry
 *
 * Invariants
 *   - Nothing is entered without a half-life, measured outside the core and not too long ago, inside its limits, nor where the way back to the exit
 *     pays less than the costs of both legs there and back.
 *   - The spread that is traded is the spread that is watched: β changes while flat only, and starts the window anew.
 *   - The stop-loss of the primary holds beside the stop of the z-score.
 */
import { isClose, type Signal } from "../../domain/signal.ts";
import { type EpochMs, HAIR, type Ns, truncToLots } from "../../domain/units.ts";
import type { Analysis } from "../analysis.ts";
import type { Child } from "../child.ts";
import type { ReversionConfig } from "../config.ts";
import type { Verdict } from "../event.ts";
import { cheapestListing } from "../order-worth.ts";
import { Beta } from "../sizing/beta.ts";
import { corridorBand } from "../sizing/corridor.ts";
import { MeasuredExcursions } from "../sizing/insurance.ts";
import { policyIntensity } from "../sizing/policy.ts";
import { rampFactor } from "../sizing/ramp.ts";
import { HedgedPosition, type PositionRecord } from "./hedged-position.ts";
import type { OpenGate } from "./signal.ts";
import { causeOf, refusalOf, refusedByAge } from "./signal-rules.ts";
import { SpreadWindow } from "./spread-window.ts";
import type { Workplace } from "./workplace.ts";

/** Every number that led to an entry. Journaled with the position. */
export interface ReversionEntry {
  readonly playbook: "reversion";
  readonly z: number;
  readonly spread: number;
  readonly mean: number;
  readonly deviation: number;
  readonly halfLifeBars: number;
  /** Of the way to the exit, and of both legs there and back, as fractions of the primary's notional. */
  readonly gain: number;
  readonly cost: number;
  readonly policy: string;
  readonly betaMethod: string;
  readonly rampFactor: number;
  readonly notional: number;
}

/** Who asks for an opening that no source stands behind. */
const NO_SOURCE = -1;

export class ReversionPlaybook {
  readonly index: number;
  readonly config: ReversionConfig;
  readonly position: HedgedPosition;
  /** Stopped out, and the spread has not come back yet. */
  blocked = false;
  readonly #work: Workplace;
  readonly #gate: OpenGate;
  readonly #beta: Beta;
  readonly #window: SpreadWindow;
  readonly #retryNs = new Float64Array([Number.NEGATIVE_INFINITY]);
  #halfLifeBars = Number.NaN;
  readonly #excursions = new MeasuredExcursions();
  #halfLifeMs = Number.NaN;
  /** The last thing that was said to be missing for an entry. */
  #missingSaid = "";

  constructor(index: number, owner: number, work: Workplace, gate: OpenGate) {
    this.index = index;
    this.config = work.core.reversions[index]!;
    this.#work = work;
    this.#gate = gate;
    this.position = new HedgedPosition(owner, this.config, work);
    this.#beta = new Beta(this.config.beta, this.config.betaRule);
    this.position.beta = this.#beta.value;
    this.#window = new SpreadWindow(this.config.lookback, this.config.barMs);
  }

  /** Only closes: entries are the spread's own. */
  onSignal(signal: Signal, nowNs: Ns, wallMs: EpochMs): Verdict {
    const { intakeSeq } = signal;
    const refusal = isClose(signal)
      ? refusedByAge(this.#work.core, signal, Number.NEGATIVE_INFINITY, wallMs)
      : refusalOf("KIND_NOT_SUPPORTED", Number.NaN, Number.NaN);
    if (refusal !== null) return { intakeSeq, outcome: "refused", refusal };
    if (this.position.state === "flat") return { intakeSeq, outcome: "absorbed", refusal: null };
    this.position.close(1, causeOf(this.#work.core, this.#work.parts, signal), "closed by a signal", nowNs, wallMs);
    return { intakeSeq, outcome: "hedged", refusal: null };
  }

  /** A quote of either leg. Allocates nothing unless it orders. */
  onQuote(nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    if (this.#beta.becameOverdue(wallMs)) {
      position.alarm("BETA_OVERDUE", "β was last estimated too long ago", this.#beta.estimatedMs);
    }
    const hedgePrice = position.price(config.hedge, nowNs);
    if (!Number.isNaN(hedgePrice)) position.volatility.observe(hedgePrice, nowNs);
    if (position.stopOut(nowNs, wallMs)) {
      this.blocked = true;
      return;
    }
    this.#followBeta();
    const { kernels } = this.#work.parts;
    const primaryPrice = position.price(config.primary, nowNs);
    const spread = kernels.naturalLog(primaryPrice) - position.beta * kernels.naturalLog(hedgePrice);
    if (!Number.isNaN(spread)) {
      this.#window.observe(spread, wallMs);
      const z = this.#window.zscore();
      this.#trade(Number.isNaN(z) ? this.#zAtEntry(spread) : z, nowNs, wallMs);
    }
    position.advance(nowNs, wallMs);
    if (position.state === "open") position.correct(this.#band(), nowNs, wallMs);
  }

  advance(nowNs: Ns, wallMs: EpochMs): void {
    this.position.advance(nowNs, wallMs);
  }

  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    this.position.advance(nowNs, wallMs);
  }

  nextTimerNs(nowNs: Ns, _wallMs: EpochMs): number {
    return this.position.nextTimerNs(nowNs);
  }

  onAnalysis(analysis: Analysis, wallMs: EpochMs): void {
    const { primary, hedge } = this.config;
    if (analysis.kind === "excursions" && analysis.asset === primary) this.#excursions.take(analysis, wallMs);
    if (analysis.kind === "halfLife" && analysis.asset === primary && analysis.hedge === hedge) {
      this.#halfLifeBars = analysis.bars;
      this.#halfLifeMs = wallMs;
      this.#missingSaid = "";
    }
    if (analysis.kind !== "beta" || analysis.asset !== primary || analysis.hedge !== hedge) return;
    this.#missingSaid = "";
    const { drift, drifted, words } = this.#beta.take(analysis, wallMs);
    if (drifted) this.position.alarm("BETA_CHANGED", words, drift);
    this.#followBeta();
  }

  /** Recovery: the position of an earlier life. */
  restore(record: PositionRecord): void {
    this.position.restore(record);
    // Whether the spread came back since is not known: it will show when the window is full again.
    this.blocked = record.why.startsWith("stop");
  }

  /** Recovery: an order of an earlier life. */
  restoreCause(child: Child): void {
    this.position.restoreCause(child);
  }

  /** What a snapshot keeps of it. */
  save() {
    const { position, blocked } = this;
    return {
      playbook: "reversion" as const,
      position: position.save(),
      beta: this.#beta.save(),
      excursions: this.#excursions.save(),
      halfLifeBars: this.#halfLifeBars,
      halfLifeMs: this.#halfLifeMs,
      blocked,
    };
  }
  load({ position, beta, excursions, halfLifeBars, halfLifeMs, blocked }: ReturnType<ReversionPlaybook["save"]>): void {
    this.position.load(position);
    this.#beta.load(beta);
    this.#excursions.load(excursions);
    this.#halfLifeBars = halfLifeBars;
    this.#halfLifeMs = halfLifeMs;
    this.blocked = blocked;
  }

  neutralise(why: string, nowNs: Ns, wallMs: EpochMs): void {
    this.position.close(1, null, why, nowNs, wallMs);
  }

  /** Deviations of the spread from its mean; NaN until the window is full. */
  get z(): number {
    return this.#window.zscore();
  }

  /** A restart empties the window, and a position cannot wait for its bars to be closed: what it was entered by has to do. */
  #zAtEntry(spread: number): number {
    const { decision, state } = this.position;
    if (state === "flat" || decision?.playbook !== "reversion") return Number.NaN;
    return (spread - decision.mean) / decision.deviation;
  }

  #trade(z: number, nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    const distance = Math.abs(z);
    if (distance < config.entryZ) this.blocked = false;
    if (position.state === "flat") {
      const enters = distance >= config.entryZ && distance < config.stopZ && !this.blocked;
      if (enters && nowNs >= this.#retryNs[0]!) this.#enter(z, nowNs, wallMs);
      return;
    }
    if (position.state === "closing") return;
    if (distance >= config.stopZ) {
      this.blocked = true;
      position.alarm("STOP_LOSS", `the spread is ${z} deviations from its mean: both legs are closed`, z);
      position.close(1, null, "stop of the z-score", nowNs, wallMs);
      return;
    }
    // Short the spread above the mean, long below: through the mean is past the exit.
    const short = position.primaryLots < 0;
    if (distance <= config.exitZ || (short ? z < 0 : z > 0)) {
      position.close(1, null, "the spread came back", nowNs, wallMs);
    }
  }

  #enter(z: number, nowNs: Ns, wallMs: EpochMs): void {
    const { position, config } = this;
    const { core, parts } = this.#work;
    this.#retryNs[0] = nowNs + core.router.retryMs * 1e6;
    if (this.#gate.blocking(NO_SOURCE) !== null) return;
    if (this.#lacks(wallMs)) return;
    // Written so that a spread that does not come back lets nothing pass.
    if (!(this.#halfLifeBars >= config.halfLifeBarsMin && this.#halfLifeBars <= config.halfLifeBarsMax)) return;
    const ramp = rampFactor(wallMs, core.ramp);
    const notional = config.notional * ramp;
    const { h } = policyIntensity(parts.kernels, config.policy, {
      score: Number.NaN,
      strength: 1,
      exposureNotional: notional,
      volatilityDaily: position.volatility.daily(),
      wallMs,
      excursions: this.#excursions.at(wallMs, core.analysisAgeMsMax),
    });
    const gain = (Math.abs(z) - config.exitZ) * this.#window.deviation;
    const cost = this.#roundTripCost(h, nowNs);
    if (!(gain > config.costMultiple * cost)) return;
    const { lot } = core.directory.instruments[config.primary]!;
    const size = notional / (position.price(config.primary, nowNs) * lot);
    const primaryLots = truncToLots((z > 0 ? -size : size) * HAIR);
    position.h = h;
    const hedgeLots = position.hedgeTarget(primaryLots, nowNs);
    if (primaryLots === 0 || hedgeLots === null || position.isHedgeTooSmall(hedgeLots)) return;
    const { last: spread, mean, deviation } = this.#window;
    position.decision = {
      playbook: "reversion",
      z,
      spread,
      mean,
      deviation,
      halfLifeBars: this.#halfLifeBars,
      gain,
      cost,
      policy: config.policy.policy,
      betaMethod: this.#beta.method,
      rampFactor: ramp,
      notional,
    };
    position.open(primaryLots, hedgeLots, position.newCause(), "the spread is far from its mean", nowNs, wallMs);
    if (position.state === "flat") position.decision = null;
  }

  /** An entry goes by a half-life and a ratio of now. What is missing is said once, until something comes. */
  #lacks(wallMs: number): boolean {
    const { analysisAgeMsMax } = this.#work.core;
    const halfLifeMs = wallMs - this.#halfLifeMs;
    const betaMs = this.#beta.overdueMs(wallMs);
    const missing = Number.isNaN(halfLifeMs)
      ? "its half-life is not known"
      : halfLifeMs > analysisAgeMsMax
        ? "its half-life was measured too long ago"
        : betaMs > 0
          ? "its β was estimated too long ago"
          : "";
    if (missing !== "" && missing !== this.#missingSaid) {
      const ageMs = betaMs > 0 ? betaMs : halfLifeMs;
      this.position.alarm("ANALYSIS_MISSING", `would enter, but ${missing}`, ageMs);
    }
    this.#missingSaid = missing;
    return missing !== "";
  }

  /** Fees, half spreads and the slippage buffer of both legs, in and out, as a fraction of the primary's notional. */
  #roundTripCost(h: number, nowNs: Ns): number {
    const { primary, hedge, correction } = this.config;
    const hedgeShare = Math.abs(this.position.beta * h);
    return (
      2 * (this.#sideCost(primary, nowNs) + hedgeShare * this.#sideCost(hedge, nowNs)) +
      2 * (1 + hedgeShare) * correction.slippageBuffer
    );
  }

  #sideCost(instrument: number, nowNs: Ns): number {
    const { market, core } = this.#work;
    const at = cheapestListing(market, core.directory, instrument, nowNs);
    if (at < 0) return Number.NaN;
    return core.directory.listings[at]!.takerFee + market.halfSpreadTicks(at) / market.midTicks(instrument, nowNs);
  }

  #band(): number {
    const { policy, correction } = this.config;
    return policy.policy === "delta"
      ? corridorBand(this.position.volatility.daily(), policy.corridor)
      : correction.band;
  }

  /** A position keeps the ratio it was opened with. */
  #followBeta(): void {
    if (this.position.state !== "flat" || this.position.beta === this.#beta.value) return;
    this.position.beta = this.#beta.value;
    this.#window.reset();
  }
}
