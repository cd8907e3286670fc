/**
 * Hedged position: a primary leg and its hedge, from the first order to the last (SPEC §6). What the playbooks `signal` and
 * `reversion` have in common; they say when and how much.
 *
 *     flat ─▶ opening ─▶ open ─▶ closing ─▶ flat
 *               └──────────────────┘
 *
 *     E = primary's signed notional        H_target = −E · β · h
 *
 * Invariants
 *   - Both legs are sent in one step, at full size, and by a pair: the one that falls short is topped up or the other trimmed.
 *   - While a position stands, its stop-loss is looked at on every quote of the primary, whatever the hedge does.
 *   - Closing takes the same share off both legs, goes on until both are flat or dust, and is never refused for its age. The
 *     hedge stays while the primary cannot be sent; the primary goes whatever the hedge does.
 *
 * After a restart a leg may lack what the death cut off: what is there is matched, nothing is added to the primary.
 */
import type { RefusalCode } from "../../domain/refusal.ts";
import { type EpochMs, HAIR, isCountable, type Lots, lots, type Ns, truncToLots } from "../../domain/units.ts";
import type { Child } from "../child.ts";
import type { LegsConfig } from "../config.ts";
import type { AlarmCode } from "../event.ts";
import type { Cause } from "../open-route.ts";
import { ownerName } from "../owners.ts";
import type { Pair } from "../pair-route.ts";
import type { Volatility } from "../volatility.ts";
import { HedgeLeg } from "./hedge-leg.ts";
import { HEDGE, type LegIndex, Legs, PRIMARY } from "./legs.ts";
import type { ReversionEntry } from "./reversion.ts";
import type { SignalDecision } from "./signal.ts";
import { offsetLots, standsAt } from "./standing.ts";
import type { Workplace } from "./workplace.ts";

export const POSITION_STATES = ["flat", "opening", "open", "closing"] as const;
export type PositionState = (typeof POSITION_STATES)[number];

const SAY_AGAIN_NS = 60e9;

/** What recovery needs of a position, and an explanation shows. Journaled at every change. */
export interface PositionRecord {
  readonly owner: number;
  readonly state: PositionState;
  readonly primaryLots: number;
  readonly hedgeLots: number;
  /** Of the primary at the decision, in its quote currency. */
  readonly entryPrice: number;
  readonly beta: number;
  readonly h: number;
  readonly why: string;
  readonly cause: { readonly text: string; readonly tag: string };
  /** The numbers of the playbook that led to it. */
  readonly decision: SignalDecision | ReversionEntry | null;
}

export class HedgedPosition {
  readonly owner: number;
  state: PositionState = "flat";
  /** Signed positions that the two instruments are to have. */
  primaryLots: Lots = lots(0);
  hedgeLots: Lots = lots(0);
  entryPrice = Number.NaN;
  beta = 1;
  h = 0;
  why = "";
  decision: SignalDecision | ReversionEntry | null = null;
  readonly #work: Workplace;
  readonly #config: LegsConfig;
  readonly #leg: HedgeLeg;
  readonly #legs: Legs;
  #cause: Cause = { text: "", tag: "", nextAttempt: 0, receivedNs: Number.NaN };
  #pair: Pair | null = null;
  /** What was decided last and could not be gone to yet. */
  #next: { readonly primaryLots: Lots; readonly cause: Cause | null; readonly why: string } | null = null;
  /** Restored, and not yet matched with what the legs really are. */
  #unmatched = false;
  /** When a leg that stands alone is next said; NaN while none does. */
  #aloneDueNs = Number.NaN;

  constructor(owner: number, config: LegsConfig, work: Workplace) {
    this.owner = owner;
    this.#config = config;
    this.#work = work;
    this.#leg = new HedgeLeg(owner, config.hedge, config, work);
    this.#legs = new Legs(owner, config, work);
  }

  /** Of the hedge. */
  get volatility(): Volatility {
    return this.#leg.volatility;
  }

  /** Opens both legs in this step. NONE or NO_VENUE: it is under way; any other code: nothing was sent. */
  open(primaryLots: Lots, hedgeLots: Lots, cause: Cause, why: string, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    const { router } = this.#work;
    const code =
      hedgeLots === 0
        ? router.start(this.#legs.toward(PRIMARY, primaryLots, this.#leg.plan, cause), nowNs, wallMs)
        : this.#openPair(primaryLots, hedgeLots, cause, nowNs, wallMs);
    const underWay = hedgeLots === 0 ? router.lastOpened !== null : this.#pair !== null;
    if (!underWay) return code === "NONE" ? "NO_VENUE" : code;
    this.state = "opening";
    this.primaryLots = primaryLots;
    this.hedgeLots = hedgeLots;
    this.entryPrice = this.price(this.#config.primary, nowNs);
    this.#cause = cause;
    this.why = why;
    this.#unmatched = false;
    this.#legs.retryFrom(nowNs + this.#work.core.router.retryMs * 1e6);
    this.#tell();
    return code;
  }

  /**
   * New intensity, or new size of the primary toward zero: both targets follow, and are gone to whatever it costs. Without a
   * price that waits for one, and while a pair opens the legs for its end: let go of, it could not trim a leg that stands alone.
   */
  retarget(primaryLots: Lots, cause: Cause | null, why: string, nowNs: Ns, wallMs: EpochMs): void {
    const target = this.hedgeTarget(primaryLots, nowNs);
    if (target === null || (this.#pair !== null && this.#pair.state !== "done")) {
      this.#next = { primaryLots: smaller(primaryLots, this.#next?.primaryLots ?? primaryLots), cause, why };
      this.#tell();
      return;
    }
    if (primaryLots === 0) {
      this.close(1, cause, why, nowNs, wallMs);
      return;
    }
    this.primaryLots = primaryLots;
    this.hedgeLots = target;
    if (cause !== null) this.#cause = cause;
    this.why = why;
    this.#takeOver(nowNs);
    this.#tell();
    this.advance(nowNs, wallMs);
  }

  /** Takes `fraction` of both legs off; 1 closes. */
  close(fraction: number, cause: Cause | null, why: string, nowNs: Ns, wallMs: EpochMs): void {
    if (this.state === "flat" && !this.#legs.stand) return;
    const keep = 1 - fraction;
    // What is really there, not what was once wished: what never filled needs no closing.
    this.primaryLots = truncToLots(this.#legs.heldLots(PRIMARY) * keep * HAIR);
    this.hedgeLots = truncToLots(this.#legs.heldLots(HEDGE) * keep * HAIR);
    this.state = keep > 0 ? "open" : "closing";
    this.#cause = cause ?? this.#leg.newCause();
    this.why = why;
    this.#takeOver(nowNs);
    this.#tell();
    this.advance(nowNs, wallMs);
  }

  /** Something filled that nobody waited for any more: what stands where nothing is to stand is taken back. */
  takeBack(nowNs: Ns, wallMs: EpochMs): void {
    if (this.state === "flat") this.close(1, null, "filled after its end", nowNs, wallMs);
  }

  /** After every event that may have moved a leg: does what is due. */
  advance(nowNs: Ns, wallMs: EpochMs): void {
    if (this.state === "flat") return;
    if (this.#pair !== null) {
      if (this.#pair.state !== "done") return;
      this.#pair = null;
      this.#adopt();
    } else if (this.state === "opening" && !this.#unmatched) {
      if (this.#work.router.hasOpen(this.owner) || this.#legs.arePending) return;
      this.#adopt();
    }
    if (this.#unmatched) {
      if (this.#legs.arePending) return;
      this.#match();
    }
    const next = this.#next;
    if (next !== null && this.state === "open" && this.hedgeTarget(next.primaryLots, nowNs) !== null) {
      this.#next = null;
      this.retarget(smaller(next.primaryLots, this.primaryLots), next.cause, next.why, nowNs, wallMs);
      return;
    }
    const primaryDone = this.#settle(PRIMARY, this.primaryLots, nowNs, wallMs);
    const hedgeDone = this.#mayUncover(primaryDone) && this.#settle(HEDGE, this.hedgeLots, nowNs, wallMs);
    if (this.state !== "closing") return;
    // A route that waits for a venue may still send.
    if (primaryDone && hedgeDone && !this.#work.router.hasOpen(this.owner)) this.#end();
    else this.#sayAlone(nowNs);
  }

  /** Net delta outside its band, nothing under way, and worth its cost: one correction. Allocates nothing unless it orders. */
  correct(band: number, nowNs: Ns, wallMs: EpochMs): void {
    if (this.state !== "open" || this.#pair !== null || this.#unmatched || !this.#legs.isDue(HEDGE, nowNs)) return;
    if (this.#legs.arePending || this.#work.router.hasOpen(this.owner)) return;
    const target = this.hedgeTarget(this.#legs.heldLots(PRIMARY), nowNs);
    if (target === null) return;
    this.#leg.betaExposure = this.exposure(nowNs) * this.beta;
    const quantity = this.#leg.correctionLots(target, true, nowNs, band);
    if (quantity === 0) return;
    this.hedgeLots = lots(this.#leg.heldLots + quantity);
    this.#cause = this.#leg.newCause();
    this.why = "corrected";
    this.#tell();
    this.#settle(HEDGE, this.hedgeLots, nowNs, wallMs);
  }

  /** What the hedge is to be for `primaryLots`, by the prices of now; null where one of them is not known or makes no sense. */
  hedgeTarget(primaryLots: number, nowNs: Ns): Lots | null {
    const notional = primaryLots * this.#legs.lotNotional(PRIMARY, nowNs);
    const target = (-notional * this.beta * this.h) / this.#legs.lotNotional(HEDGE, nowNs);
    return isCountable(target * HAIR) ? truncToLots(target * HAIR) : null;
  }

  /** A hedge that is wished and less than a lot is none: a primary that is opened then would stand alone. */
  isHedgeTooSmall(hedgeLots: Lots): boolean {
    return hedgeLots === 0 && this.h * this.beta !== 0;
  }

  /** E: signed quote notional of the primary as it stands. NaN without a price. */
  exposure(nowNs: Ns): number {
    return this.#legs.heldLots(PRIMARY) * this.#legs.lotNotional(PRIMARY, nowNs);
  }

  /** The hard stop, where it is reached: both legs are closed, and true. */
  stopOut(nowNs: Ns, wallMs: EpochMs): boolean {
    if (!this.#isStopped(nowNs)) return false;
    const { stopLoss } = this.#config;
    this.alarm("STOP_LOSS", `the primary lost ${stopLoss} of its value: both legs are closed`, stopLoss);
    this.close(1, null, "stop-loss", nowNs, wallMs);
    return true;
  }

  /** Some of either leg stands at the venue. */
  standsAt(venue: number): boolean {
    const { ledger, core } = this.#work;
    return standsAt(core.directory, ledger, venue, this.#config.primary, this.#config.hedge);
  }

  /**
   * Flat in sum, but at `venue` something stands that is offset elsewhere, above all after a neutralisation: both are taken off
   * reduce-only, what stands there first and the offset as that fills, so that in between no more is open than one leg. Called
   * again and again while its positions agree: what one attempt leaves is for the next.
   */
  untangle(venue: number, nowNs: Ns, wallMs: EpochMs): void {
    if (this.state !== "flat" || this.#legs.arePending || this.#work.router.hasOpen(this.owner)) return;
    const { core, market, ledger, router } = this.#work;
    for (const leg of [PRIMARY, HEDGE] as const) {
      const instrument = this.#legs.instrument(leg);
      const offset = offsetLots(core.directory, market, ledger, instrument, venue);
      if (offset === 0) continue;
      const cause = this.state === "flat" ? this.#leg.newCause() : this.#cause;
      const targetLots = lots(ledger.heldLots(instrument) - offset);
      router.start(this.#legs.order(leg, -offset, targetLots, this.#leg.unwindPlan, cause), nowNs, wallMs);
      if (router.lastOpened === null) continue;
      const { name } = core.directory.venues[venue]!;
      this.alarm("OFFSET_UNWOUND", `${cause.text}: ${offset} lots at ${name} were offset elsewhere: both go`, offset);
      if (this.state !== "flat") continue;
      // From here on it closes like any other: what the sum then lacks is brought back where the offset stands.
      this.state = "closing";
      this.#cause = cause;
      this.why = `offset at ${name} unwound`;
      this.#legs.retryFrom(Number.NEGATIVE_INFINITY);
      this.#tell();
    }
  }

  price(instrument: number, nowNs: Ns): number {
    return this.#work.market.midTicks(instrument, nowNs) * this.#work.core.directory.instruments[instrument]!.tick;
  }

  nextTimerNs(nowNs: Ns): number {
    if (this.state === "flat") return Number.POSITIVE_INFINITY;
    const nextNs = this.#legs.nextTimerNs(nowNs);
    // Due in the past means that it waits for an event, not for the clock.
    return this.#aloneDueNs > nowNs ? Math.min(nextNs, this.#aloneDueNs) : nextNs;
  }

  record(): PositionRecord {
    const { owner, state, primaryLots, hedgeLots, entryPrice, beta, h, why, decision } = this;
    const { text, tag } = this.#cause;
    return { owner, state, primaryLots, hedgeLots, entryPrice, beta, h, why, cause: { text, tag }, decision };
  }

  /** Recovery: as it was when it last changed. */
  restore(record: PositionRecord): void {
    this.state = record.state;
    this.primaryLots = lots(record.primaryLots);
    this.hedgeLots = lots(record.hedgeLots);
    this.entryPrice = record.entryPrice;
    this.beta = record.beta;
    this.h = record.h;
    this.why = record.why;
    this.decision = record.decision;
    this.#cause = { ...record.cause, nextAttempt: 0, receivedNs: Number.NaN };
    this.#unmatched = record.state === "opening" || record.state === "open";
  }

  /** Recovery: an order of an earlier life. Numbers go on behind it. */
  restoreCause(child: Child): void {
    this.#leg.restoreCause(child);
    if (this.#cause.text === child.cause)
      this.#cause.nextAttempt = Math.max(this.#cause.nextAttempt, child.attempt + 1);
  }

  /** What a snapshot keeps of it. */
  save() {
    const { state, primaryLots, hedgeLots, entryPrice, beta, h, why, decision } = this;
    const fields = { state, primaryLots, hedgeLots, entryPrice, beta, h, why, decision };
    return { fields, cause: this.#cause, unmatched: this.#unmatched, ...this.#leg.save() };
  }
  load({ fields, cause, unmatched, causesMade }: ReturnType<HedgedPosition["save"]>): void {
    Object.assign(this, fields);
    this.#cause = cause;
    this.#unmatched = unmatched;
    this.#leg.load({ causesMade });
  }

  /** The primary alone has lost its share of what it was worth at entry. */
  #isStopped(nowNs: Ns): boolean {
    if (this.state === "flat" || this.state === "closing") return false;
    const { primary, stopLoss } = this.#config;
    const held = this.#legs.heldLots(PRIMARY);
    const paid = this.#legs.entryPrice(PRIMARY);
    const entry = Number.isNaN(paid) ? this.entryPrice : paid;
    const loss = -Math.sign(held) * (this.price(primary, nowNs) - entry);
    // At the limit it is reached; a price that is not known stops nothing.
    return held !== 0 && loss >= stopLoss * entry * SLACK;
  }

  #openPair(primaryLots: Lots, hedgeLots: Lots, cause: Cause, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    const { pairs } = this.#work;
    const { plan } = this.#leg;
    const primary = this.#legs.toward(PRIMARY, primaryLots, plan, cause);
    const code = pairs.start([primary, this.#legs.toward(HEDGE, hedgeLots, plan, cause)], nowNs, wallMs);
    this.#pair = pairs.lastOpened;
    return code;
  }

  /** The legs are what filled: an opening that came short is a smaller position. */
  #adopt(): void {
    if (this.state !== "opening") return;
    const { surplus } = this.#work.router;
    this.primaryLots = this.#legs.heldLots(PRIMARY);
    this.hedgeLots = this.primaryLots === 0 ? lots(0) : this.#legs.heldLots(HEDGE);
    this.state = this.primaryLots === 0 ? "closing" : "open";
    surplus.aim(this.#config.primary, this.primaryLots);
    surplus.aim(this.#config.hedge, this.hedgeLots);
    this.#tell();
  }

  /** After a restart: the primary is never added to, and of an opening the leg of which less is there decides. */
  #match(): void {
    this.#unmatched = false;
    const primaryShare = share(this.#legs.heldLots(PRIMARY), this.primaryLots);
    const hedgeShare = share(this.#legs.heldLots(HEDGE), this.hedgeLots);
    // A hedge that was being moved when the engine died may go on; an opening may not.
    const least = this.state === "opening" ? Math.min(primaryShare, hedgeShare) : primaryShare;
    this.primaryLots = truncToLots(this.primaryLots * least * HAIR);
    this.hedgeLots = truncToLots(this.hedgeLots * least * HAIR);
    this.state = this.primaryLots === 0 ? "closing" : "open";
    this.#tell();
  }

  /** The pair and its routes are let go: the legs are settled from here. */
  #takeOver(nowNs: Ns): void {
    if (this.#pair !== null) this.#work.pairs.release(this.#pair);
    this.#pair = null;
    this.#next = null;
    this.#unmatched = false;
    if (this.state === "opening") this.state = "open";
    this.#work.router.supersede(this.owner);
    this.#legs.retryFrom(nowNs);
  }

  /** A hedge is not taken off what stands and cannot be sold: then both stand until it can. */
  #mayUncover(primaryDone: boolean): boolean {
    const isUnderWay = this.#legs.isPending(PRIMARY);
    return this.state !== "closing" || primaryDone || isUnderWay || this.#legs.heldLots(PRIMARY) === 0;
  }

  #settle(leg: LegIndex, target: Lots, nowNs: Ns, wallMs: EpochMs): boolean {
    return this.#legs.settle(leg, target, this.#leg.plan, this.#cause, nowNs, wallMs);
  }

  /** What closes leaves one leg without the other: said after the time that a pair has for it, and every minute while it lasts. */
  #sayAlone(nowNs: Ns): void {
    const { core } = this.#work;
    const primaryGone = this.#legs.heldLots(PRIMARY) === 0;
    const isAlone = primaryGone !== (this.#legs.heldLots(HEDGE) === 0);
    if (!isAlone) this.#aloneDueNs = Number.NaN;
    else if (Number.isNaN(this.#aloneDueNs)) this.#aloneDueNs = nowNs + core.router.nakedLegMsMax * 1e6;
    if (!(nowNs >= this.#aloneDueNs)) return;
    this.#aloneDueNs = nowNs + SAY_AGAIN_NS;
    const held = this.#legs.heldLots(primaryGone ? HEDGE : PRIMARY);
    const { symbol } = core.directory.instruments[primaryGone ? this.#config.hedge : this.#config.primary]!;
    const message = `${this.#cause.text}: ${held} lots of ${symbol} stand alone until their close can be sent`;
    this.alarm("NAKED_LEG", message, held);
  }

  #end(): void {
    const { ledger, router } = this.#work;
    for (const instrument of [this.#config.primary, this.#config.hedge]) {
      const dust = ledger.heldLots(instrument);
      if (dust !== 0) this.alarm("DUST", `${this.#cause.text}: ${dust} lots are less than any venue takes`, dust);
      router.surplus.aim(instrument, dust);
    }
    this.state = "flat";
    this.#next = null;
    this.primaryLots = lots(0);
    this.hedgeLots = lots(0);
    this.h = 0;
    this.decision = null;
    this.#legs.retryFrom(Number.NEGATIVE_INFINITY);
    this.#aloneDueNs = Number.NaN;
    this.#tell();
  }

  /** A cause of the engine's own: `position|n`. */
  newCause(): Cause {
    return this.#leg.newCause();
  }

  #tell(): void {
    this.#work.commands.push({ type: "positioned", record: this.record() });
  }

  /** Says whose it is. */
  alarm(code: AlarmCode, message: string, value: number): void {
    const named = `${ownerName(this.#work.core, this.owner)}: ${message}`;
    this.#work.commands.push({ type: "alarm", alarm: { code, message: named, value } });
  }
}

/** A loss of exactly the limit, computed in floats, is one. */
const SLACK = 1 - 1e-12;

const smaller = (one: Lots, other: Lots): Lots => (Math.abs(one) <= Math.abs(other) ? one : other);

/** How much of `target` is there, in [0, 1]; all of nothing. */
function share(held: number, target: number): number {
  if (target === 0) return 1;
  return Math.sign(held) === Math.sign(target) ? Math.min(1, held / target) : 0;
}
