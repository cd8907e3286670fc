/**
 * Hedge leg: one instrument that is kept near a target by corrections: a shield's, the portfolio's, and of a hedged position the
 * leg that hedges. Who has it says what the target is.
 *
 * Invariants
 *   - A correction leaves the no-trade band's outside only, is worth its cost, and never passes the target: it reduces |d|.
 *   - Nothing is ordered while an order of the instrument is pending, or an effort for it is open.
 *   - What filled beyond the target is taken off reduce-only, once netting has had its time, whatever it costs.
 */
import type { RefusalCode } from "../../domain/refusal.ts";
import { type EpochMs, HAIR, type Lots, lots, type Ns, truncToLots, truncToStep } from "../../domain/units.ts";
import type { Child } from "../child.ts";
import type { CorrectionConfig, VolatilityConfig } from "../config.ts";
import type { AlarmCode } from "../event.ts";
import type { Cause, ParentOrder } from "../open-route.ts";
import { correctionIsWorth, isTooSmall } from "../order-worth.ts";
import { causesMade, positionCause } from "../owners.ts";
import { hedgePlan, type PlanTerms, type RoutePlan, unwindPlan } from "../route-plan.ts";
import { Volatility } from "../volatility.ts";
import type { Workplace } from "./workplace.ts";

const NONE = lots(0);

export interface HedgeLegTerms extends PlanTerms {
  readonly correction: CorrectionConfig;
  readonly volatility: VolatilityConfig;
}

export class HedgeLeg {
  readonly instrument: number;
  readonly volatility: Volatility;
  readonly plan: RoutePlan;
  readonly unwindPlan: RoutePlan;
  /** Of the last order of its own. */
  cause: Cause = { text: "", tag: "", nextAttempt: 0, receivedNs: Number.NaN };
  /** E · β, of which the band is a share: its owner sets it before each correction. No argument, which would be boxed. */
  betaExposure = Number.NaN;
  readonly #owner: number;
  readonly #terms: HedgeLegTerms;
  readonly #work: Workplace;
  #causesMade = 0;
  /** When it may be ordered again, and when unwound. Not fields of their own: they would be boxed anew whenever they change. */
  readonly #retryNs = new Float64Array(2).fill(Number.NEGATIVE_INFINITY);
  #refusal: RefusalCode = "NONE";

  constructor(owner: number, instrument: number, terms: HedgeLegTerms, work: Workplace) {
    this.instrument = instrument;
    this.#owner = owner;
    this.#terms = terms;
    this.#work = work;
    const venues = work.core.directory.venues.length;
    this.volatility = new Volatility(work.parts.kernels, terms.volatility);
    this.plan = hedgePlan(work.core.router, venues, terms);
    this.unwindPlan = unwindPlan(this.plan, venues);
  }

  get heldLots(): Lots {
    return this.#work.ledger.heldLots(this.instrument);
  }

  /** An order of it may fill yet. */
  get isPending(): boolean {
    const { ledger } = this.#work;
    return ledger.pendingBuyLots(this.instrument) + ledger.pendingSellLots(this.instrument) > 0;
  }

  /** Quote notional of a lot by the price of now; NaN where it is not known. */
  lotNotional(nowNs: Ns): number {
    const { tick, lot } = this.#work.core.directory.instruments[this.instrument]!;
    return this.#work.market.midTicks(this.instrument, nowNs) * tick * lot;
  }

  /** An order of that many lots, signed, is less than any venue takes. One that reduces need not reach a minimum notional. */
  isTooSmall(quantity: number, nowNs: Ns): boolean {
    const held = this.heldLots;
    const reduces = held !== 0 && Math.sign(quantity) !== Math.sign(held);
    const { market, core } = this.#work;
    return isTooSmall(market, core.directory, this.instrument, Math.abs(quantity), reduces, nowNs);
  }

  /** No correction before its owner's next try. */
  get retryNs(): number {
    return this.#retryNs[ORDER]!;
  }
  set retryNs(ns: number) {
    this.#retryNs[ORDER] = ns;
  }

  /**
   * One correction toward `targetLots`, where drift leaves the band; true when it is under way. `mustPay`: it has to be worth its
   * cost. Allocates nothing unless it orders.
   */
  correct(targetLots: Lots, mustPay: boolean, nowNs: Ns, wallMs: EpochMs): boolean {
    if (nowNs < this.retryNs || this.isPending || this.#work.router.hasOpen(this.#owner)) return false;
    const quantity = this.correctionLots(targetLots, mustPay, nowNs);
    if (quantity === 0) return false;
    this.#order(ORDER, quantity, lots(this.heldLots + quantity), this.plan, nowNs, wallMs);
    return this.#work.router.lastOpened !== null;
  }

  /** What a correction would be now, signed; 0 where none is due or none is worth it. Allocates nothing. */
  correctionLots(targetLots: Lots, mustPay: boolean, nowNs: Ns, band = this.#terms.correction.band): Lots {
    const { kernels } = this.#work.parts;
    const { correction } = this.#terms;
    const lotNotional = this.lotNotional(nowNs);
    const held = this.heldLots * lotNotional;
    const toCentre = correction.to === "centre" ? 1 : 0;
    const wish = kernels.correctionNotional(held, targetLots * lotNotional, this.betaExposure, band, toCentre);
    // Also where no price is known.
    if (!(Math.abs(wish) > 0)) return NONE;
    const quantity = truncToLots((wish / lotNotional) * HAIR);
    if (quantity === 0 || this.isTooSmall(quantity, nowNs)) return NONE;
    if (!mustPay) return quantity;
    const { market, core } = this.#work;
    const sigma = this.volatility.perSqrtSec();
    const pays = correctionIsWorth(kernels, market, core.directory, this.instrument, correction, wish, sigma, nowNs);
    return pays ? quantity : NONE;
  }

  /** Takes a surplus off, again and again until it is gone. True while there is one. */
  unwind(nowNs: Ns, wallMs: EpochMs): boolean {
    const { ledger, router } = this.#work;
    const surplus = router.surplus.lots(this.instrument);
    if (surplus === 0 || this.#forgivesDust(surplus)) return false;
    const due = nowNs >= this.#retryNs[UNWIND]! && router.surplus.isDue(this.instrument, nowNs);
    if (!due || router.hasOpen(this.#owner)) return true;
    const target = lots(this.heldLots - surplus);
    const room = ledger.roomLots(this.instrument, surplus > 0 ? "sell" : "buy", target, NONE);
    if (room > 0) this.#order(UNWIND, surplus > 0 ? lots(-room) : room, target, this.unwindPlan, nowNs, wallMs);
    return true;
  }

  /** When a surplus may be tried again. Due in the past means that it waits for an event, not for the clock. */
  nextTimerNs(nowNs: Ns): number {
    const waits = this.#work.router.surplus.lots(this.instrument) !== 0 && this.#retryNs[UNWIND]! > nowNs;
    return waits ? this.#retryNs[UNWIND]! : Number.POSITIVE_INFINITY;
  }

  /** A cause of the engine's own: `position|n`. */
  newCause(): Cause {
    const text = positionCause(this.#work.core, this.#owner, this.#causesMade++);
    return { text, tag: this.#work.parts.tagOf(text), nextAttempt: 0, receivedNs: Number.NaN };
  }

  /** Recovery: an order of an earlier life. Numbers go on behind it. */
  restoreCause(child: Child): void {
    this.#causesMade = Math.max(this.#causesMade, causesMade(this.#work.core, this.#owner, child.cause));
  }

  /** What a snapshot keeps of it. */
  save() {
    return { causesMade: this.#causesMade };
  }
  load({ causesMade }: ReturnType<HedgeLeg["save"]>): void {
    this.#causesMade = causesMade;
  }

  /** Said once, where no venue at which the position stands takes an order that small, reduce-only as it may be. */
  #forgivesDust(surplus: Lots): boolean {
    const { market, ledger, core, router } = this.#work;
    for (const index of market.listingsOf(this.instrument)) {
      const listing = core.directory.listings[index]!;
      const position = ledger.positionLots(index);
      if (Math.sign(position) !== Math.sign(surplus)) continue;
      const quantity = truncToStep(lots(Math.min(Math.abs(position), Math.abs(surplus))), listing.lotStep);
      if (quantity >= listing.qtyLotsMin) return false;
    }
    router.surplus.forgive(this.instrument);
    this.#alarm("DUST", `${surplus} lots too many are less than any venue takes back`, surplus);
    return true;
  }

  #order(what: 0 | 1, quantity: Lots, targetLots: Lots, plan: RoutePlan, nowNs: Ns, wallMs: EpochMs): void {
    const { core, router, risk } = this.#work;
    this.cause = this.newCause();
    this.#retryNs[what] = nowNs + core.router.retryMs * 1e6;
    const order: ParentOrder = {
      owner: this.#owner,
      instrument: this.instrument,
      side: quantity > 0 ? "buy" : "sell",
      qtyLots: lots(Math.abs(quantity)),
      targetLots,
      plan,
      cause: this.cause,
      leg: 0,
    };
    const code = router.start(order, nowNs, wallMs);
    // Said once, not on every quote for as long as it lasts.
    if (code !== this.#refusal && code !== "NONE" && code !== "NO_VENUE") {
      const { value, limit } = risk.refusal;
      this.#alarm("ORDER_REFUSED", `${this.cause.text}: ${code}, ${value} against a limit of ${limit}`, value);
    }
    this.#refusal = code;
  }

  #alarm(code: AlarmCode, message: string, value: number): void {
    this.#work.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

const ORDER = 0;
const UNWIND = 1;
