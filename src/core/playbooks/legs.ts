/**
 * Legs: the two instruments of a hedged position, as they stand, what they are worth, and the one way to bring either to a target.
 * `HedgedPosition` says to which.
 *
 * Invariants
 *   - An order is sent toward a target that pending orders cannot already bring (`Ledger.roomLots`), and one effort at a time.
 *   - A leg that may not be traded is tried again, and said once.
 */
import type { RefusalCode } from "../../domain/refusal.ts";
import { type EpochMs, type Lots, lots, type Ns } from "../../domain/units.ts";
import type { LegsConfig } from "../config.ts";
import type { Cause, ParentOrder } from "../open-route.ts";
import { isTooSmall } from "../order-worth.ts";
import { ownerName } from "../owners.ts";
import type { RoutePlan } from "../route-plan.ts";
import type { Workplace } from "./workplace.ts";

export const PRIMARY = 0;
export const HEDGE = 1;
export type LegIndex = typeof PRIMARY | typeof HEDGE;

export class Legs {
  readonly #owner: number;
  readonly #instruments: readonly [primary: number, hedge: number];
  readonly #work: Workplace;
  readonly #retryNs = new Float64Array(2).fill(Number.NEGATIVE_INFINITY);
  /** Of the last order toward a target. */
  #refusal: RefusalCode = "NONE";

  constructor(owner: number, { primary, hedge }: LegsConfig, work: Workplace) {
    this.#owner = owner;
    this.#instruments = [primary, hedge];
    this.#work = work;
  }

  /** Brings one leg toward its target. True when it is there, to what its venues can trade, and nothing is pending. */
  settle(leg: LegIndex, target: Lots, plan: RoutePlan, cause: Cause, nowNs: Ns, wallMs: EpochMs): boolean {
    const { ledger, market, router, core } = this.#work;
    const instrument = this.instrument(leg);
    const held = ledger.heldLots(instrument);
    const gap = target - held;
    const reduces = held !== 0 && Math.sign(gap) !== Math.sign(held);
    if (gap === 0 || isTooSmall(market, core.directory, instrument, Math.abs(gap), reduces, nowNs)) {
      // Without a price nothing is too small, and nothing is known to be there.
      return !this.isPending(leg) && (gap === 0 || !Number.isNaN(market.midTicks(instrument, nowNs)));
    }
    if (!this.isDue(leg, nowNs) || this.#hasRoute(instrument)) return false;
    const room = ledger.roomLots(instrument, gap > 0 ? "buy" : "sell", target, lots(0));
    if (room === 0) return false;
    this.#retryNs[leg] = nowNs + core.router.retryMs * 1e6;
    this.#notice(router.start(this.order(leg, gap > 0 ? room : -room, target, plan, cause), nowNs, wallMs), cause);
    return false;
  }

  /** All that a leg lacks of its target in one order. */
  toward(leg: LegIndex, targetLots: Lots, plan: RoutePlan, cause: Cause): ParentOrder {
    return this.order(leg, targetLots - this.heldLots(leg), targetLots, plan, cause);
  }

  /** `quantity` is signed. */
  order(leg: LegIndex, quantity: number, targetLots: Lots, plan: RoutePlan, cause: Cause): ParentOrder {
    return {
      owner: this.#owner,
      instrument: this.instrument(leg),
      side: quantity > 0 ? "buy" : "sell",
      qtyLots: lots(Math.abs(quantity)),
      targetLots,
      plan,
      cause,
      leg,
    };
  }

  instrument(leg: LegIndex): number {
    return this.#instruments[leg];
  }

  heldLots(leg: LegIndex): Lots {
    return this.#work.ledger.heldLots(this.instrument(leg));
  }

  get stand(): boolean {
    return this.heldLots(PRIMARY) !== 0 || this.heldLots(HEDGE) !== 0;
  }

  /** An order of it may fill yet. */
  isPending(leg: LegIndex): boolean {
    const { ledger } = this.#work;
    const instrument = this.instrument(leg);
    return ledger.pendingBuyLots(instrument) + ledger.pendingSellLots(instrument) > 0;
  }

  get arePending(): boolean {
    return this.isPending(PRIMARY) || this.isPending(HEDGE);
  }

  /** Quote notional of a lot by the price of now; NaN where it is not known. */
  lotNotional(leg: LegIndex, nowNs: Ns): number {
    const { tick, lot } = this.#work.core.directory.instruments[this.instrument(leg)]!;
    return this.#work.market.midTicks(this.instrument(leg), nowNs) * tick * lot;
  }

  /**
   * What was paid for what stands of a leg, over all venues. NaN where that is not known: where one venue's part is against
   * another's, both are of a position before, and what they have made or lost is no price of this one.
   */
  entryPrice(leg: LegIndex): number {
    const { market, ledger, core } = this.#work;
    let paid = 0;
    let held = 0;
    for (const index of market.listingsOf(this.instrument(leg))) {
      const position = ledger.positionLots(index);
      if (position === 0) continue;
      if (held !== 0 && Math.sign(position) !== Math.sign(held)) return Number.NaN;
      paid += position * ledger.entryPxTicks(index);
      held += position;
    }
    const average = (paid / held) * core.directory.instruments[this.instrument(leg)]!.tick;
    return average > 0 ? average : Number.NaN;
  }

  /** Neither leg is ordered before that. */
  retryFrom(ns: number): void {
    this.#retryNs.fill(ns);
  }

  isDue(leg: LegIndex, nowNs: Ns): boolean {
    return nowNs >= this.#retryNs[leg]!;
  }

  /** When a leg may be tried again. Due in the past means that it waits for an event, not for the clock. */
  nextTimerNs(nowNs: Ns): number {
    let next = Number.POSITIVE_INFINITY;
    for (const retryNs of this.#retryNs) if (retryNs > nowNs && retryNs < next) next = retryNs;
    return next;
  }

  #hasRoute(instrument: number): boolean {
    for (const { order, done } of this.#work.router.open) {
      if (order.owner === this.#owner && order.instrument === instrument && !done) return true;
    }
    return false;
  }

  /** Waiting for a venue is no refusal. */
  #notice(code: RefusalCode, cause: Cause): void {
    if (code === "NO_VENUE") return;
    if (code !== "NONE" && code !== this.#refusal) {
      const { core, commands, risk } = this.#work;
      const { value, limit } = risk.refusal;
      const why = `${code}, ${value} against a limit of ${limit}; it is tried again`;
      const message = `${ownerName(core, this.#owner)}: ${cause.text}: ${why}`;
      commands.push({ type: "alarm", alarm: { code: "ORDER_REFUSED", message, value } });
    }
    this.#refusal = code;
  }
}
