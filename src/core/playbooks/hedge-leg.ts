/**
 * Hedge leg: one instrument that is kept near a target by corrections, for a rule that has no other leg.
 *
 * Invariants
 *   - A correction leaves the no-trade band's outside only, is worth its cost, and never passes the target: it reduces |d|.
 *   - Nothing is ordered while an order of the instrument is pending, or an effort for it is open.
 *   - What filled beyond the target is taken off reduce-only, once netting has had its time, whatever it costs.
 */
import type { RefusalCode } from "../../domain/refusal.ts";
import { type EpochMs, type Lots, lots, type Ns, truncToLots } from "../../domain/units.ts";
import type { Child } from "../child.ts";
import type { CorrectionConfig, VolatilityConfig } from "../config.ts";
import type { AlarmCode } from "../event.ts";
import type { Cause } from "../open-route.ts";
import { correctionIsWorth, isTooSmall } from "../order-worth.ts";
import { causesMade, positionCause } from "../owners.ts";
import type { RiskGate } from "../risk.ts";
import { hedgePlan, type PlanTerms, type RoutePlan, unwindPlan } from "../route-plan.ts";
import { Volatility } from "../volatility.ts";
import type { Workplace } from "./hedged-position.ts";

/** Keeps a whole number of lots whole: 0.003 / 0.001 is 2.9999999999999996. */
const HAIR = 1 + 1e-12;

export interface HedgeLegTerms extends PlanTerms {
  readonly correction: CorrectionConfig;
  readonly volatility: VolatilityConfig;
}

export class HedgeLeg {
  readonly instrument: number;
  readonly volatility: Volatility;
  /** Of the last correction. */
  cause: Cause = { text: "", tag: "", nextAttempt: 0, receivedNs: Number.NaN };
  readonly #owner: number;
  readonly #terms: HedgeLegTerms;
  readonly #work: Workplace;
  readonly #risk: RiskGate;
  readonly #plan: RoutePlan;
  readonly #unwindPlan: RoutePlan;
  #causesMade = 0;
  /** When an order may be tried again. Not a field of its own: it would be boxed anew whenever it changes. */
  readonly #retryNs = new Float64Array([Number.NEGATIVE_INFINITY]);
  #refusal: RefusalCode = "NONE";

  constructor(owner: number, instrument: number, terms: HedgeLegTerms, work: Workplace, risk: RiskGate) {
    this.instrument = instrument;
    this.#owner = owner;
    this.#terms = terms;
    this.#work = work;
    this.#risk = risk;
    const venues = work.core.directory.venues.length;
    this.volatility = new Volatility(work.parts.kernels, terms.volatility);
    this.#plan = hedgePlan(work.core.router, venues, terms);
    this.#unwindPlan = unwindPlan(this.#plan, venues);
  }

  get heldLots(): Lots {
    return this.#work.ledger.heldLots(this.instrument);
  }

  /** Quote notional of a lot by the price of now; NaN where it is not known. */
  lotNotional(nowNs: Ns): number {
    const { tick, lot } = this.#work.core.directory.instruments[this.instrument]!;
    return this.#work.market.midTicks(this.instrument, nowNs) * tick * lot;
  }

  /**
   * One correction toward `targetLots`, where drift leaves band · |betaExposure|; true when it is under way. `mustPay`: it has
   * to be worth its cost. Allocates nothing unless it orders.
   */
  correct(targetLots: Lots, betaExposure: number, mustPay: boolean, nowNs: Ns, wallMs: EpochMs): boolean {
    const { ledger, router, parts } = this.#work;
    const { instrument } = this;
    if (nowNs < this.#retryNs[0]! || router.hasOpen(this.#owner)) return false;
    if (ledger.pendingBuyLots(instrument) + ledger.pendingSellLots(instrument) > 0) return false;
    const { band, to } = this.#terms.correction;
    const lotNotional = this.lotNotional(nowNs);
    const held = ledger.heldLots(instrument);
    const wish = parts.kernels.correctionNotional(
      held * lotNotional,
      targetLots * lotNotional,
      betaExposure,
      band,
      to === "centre" ? 1 : 0,
    );
    // Also where no price is known.
    if (!(Math.abs(wish) > 0)) return false;
    const quantity = truncToLots((wish / lotNotional) * HAIR);
    if (!this.#isWorth(quantity, wish, held, mustPay, nowNs)) return false;
    return this.#order(quantity, lots(held + quantity), this.#plan, nowNs, wallMs);
  }

  /** Takes a surplus off, again and again until it is gone. True while there is one. */
  unwind(nowNs: Ns, wallMs: EpochMs): boolean {
    const { ledger, router } = this.#work;
    const surplus = router.surplus.lots(this.instrument);
    if (surplus === 0) return false;
    const due = nowNs >= this.#retryNs[0]! && router.surplus.isDue(this.instrument, nowNs);
    if (!due || router.hasOpen(this.#owner)) return true;
    if (isTooSmall(this.#work.market, this.#work.core.directory, this.instrument, Math.abs(surplus), true, nowNs)) {
      router.surplus.forgive(this.instrument);
      this.#alarm("DUST", `${surplus} lots too many are less than any venue takes back`, surplus);
      return false;
    }
    const target = lots(ledger.heldLots(this.instrument) - surplus);
    const room = ledger.roomLots(this.instrument, surplus > 0 ? "sell" : "buy", target, lots(0));
    if (room > 0) this.#order(surplus > 0 ? lots(-room) : room, target, this.#unwindPlan, nowNs, wallMs);
    return true;
  }

  /** Due in the past means that it waits for an event, not for the clock. */
  nextTimerNs(nowNs: Ns): number {
    const waits = this.#work.router.surplus.lots(this.instrument) !== 0 && this.#retryNs[0]! > nowNs;
    return waits ? this.#retryNs[0]! : Number.POSITIVE_INFINITY;
  }

  /** Recovery: an order of an earlier life. Numbers go on behind it. */
  restoreCause(child: Child): void {
    this.#causesMade = Math.max(this.#causesMade, causesMade(this.#work.core, this.#owner, child.cause));
  }

  #isWorth(quantity: Lots, wish: number, held: number, mustPay: boolean, nowNs: Ns): boolean {
    const { market, parts, core } = this.#work;
    const reduces = held !== 0 && Math.sign(quantity) !== Math.sign(held);
    if (quantity === 0) return false;
    if (isTooSmall(market, core.directory, this.instrument, Math.abs(quantity), reduces, nowNs)) return false;
    if (!mustPay) return true;
    const sigma = this.volatility.perSqrtSec();
    const { correction } = this.#terms;
    return correctionIsWorth(parts.kernels, market, core.directory, this.instrument, correction, wish, sigma, nowNs);
  }

  #order(quantity: Lots, targetLots: Lots, plan: RoutePlan, nowNs: Ns, wallMs: EpochMs): boolean {
    const { core, parts, router } = this.#work;
    const text = positionCause(core, this.#owner, this.#causesMade++);
    this.cause = { text, tag: parts.tagOf(text), nextAttempt: 0, receivedNs: Number.NaN };
    this.#retryNs[0] = nowNs + core.router.retryMs * 1e6;
    const code = router.start(
      this.#owner,
      this.instrument,
      quantity > 0 ? "buy" : "sell",
      lots(Math.abs(quantity)),
      targetLots,
      plan,
      this.cause,
      nowNs,
      wallMs,
    );
    // Said once, not on every quote for as long as it lasts.
    if (code !== this.#refusal && code !== "NONE" && code !== "NO_VENUE") {
      const { value, limit } = this.#risk.refusal;
      this.#alarm("ORDER_REFUSED", `${text}: ${code}, ${value} against a limit of ${limit}`, value);
    }
    this.#refusal = code;
    return router.lastOpened !== null;
  }

  #alarm(code: AlarmCode, message: string, value: number): void {
    this.#work.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}
