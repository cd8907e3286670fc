/**
 * Risk gate: the last thing between a wish and an order. Checks run in the order of reliability.md §5; the first that fails
 * refuses, with the value and the limit it broke.
 *
 * Invariants
 *   - Only this file makes an `ApprovedOrder`, and only an approved order becomes a child.
 *   - Everything is compared in whole lots, ticks and notional units; a limit itself is allowed, one unit above is not.
 *   - The parent-quantity check counts the children itself and does not trust the ledger's sums: two ways of counting must
 *     agree before an order leaves.
 */
import type { Listing } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import type { Refusal, RefusalCode } from "../domain/refusal.ts";
import { type Lots, type Notional, type Ns, notional, type Ticks } from "../domain/units.ts";
import { type Child, leavesLots } from "./child.ts";
import type { CoreConfig } from "./config.ts";
import type { EngineState, KillLevel } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import { Limits } from "./limits.ts";
import type { Market } from "./market.ts";

/** An order as the router wishes it. Reused by the router. */
export interface OrderDraft {
  listing: number;
  side: Side;
  qtyLots: Lots;
  pxTicks: Ticks;
  reduceOnly: boolean;
}

declare const approved: unique symbol;
export type ApprovedOrder = Readonly<OrderDraft> & { readonly [approved]: true };

/** What the route that wants the order was allowed in all, and what it has sent so far. */
export interface Parent {
  readonly qtyLots: Lots;
  readonly overLots: Lots;
  readonly targetLots: Lots;
  readonly children: readonly Child[];
}

export class RiskGate {
  state: EngineState = "booting";
  kill: KillLevel = 0;
  /** Why the last order was refused. Reused. */
  readonly refusal: Refusal = { code: "NONE", value: Number.NaN, limit: Number.NaN };
  /** As they are now: operators change them. */
  readonly limits: Limits;
  /**
   * By instrument: at how many venues orders may have filled that nobody remembers. Of each, one order of the greatest size is
   * taken to have filled, on whichever side is worse.
   */
  readonly unseenVenues: Uint8Array;
  readonly #config: CoreConfig;
  readonly #market: Market;
  readonly #ledger: Ledger;

  constructor(config: CoreConfig, market: Market, ledger: Ledger) {
    this.#config = config;
    this.limits = new Limits(config.risk, config.breakers, config.directory);
    this.unseenVenues = new Uint8Array(config.directory.instruments.length);
    this.#market = market;
    this.#ledger = ledger;
  }

  /** The order with its approval, or null and the reason in `refusal`. Allocates nothing. */
  approve(draft: OrderDraft, parent: Parent, slippageBps: number, nowNs: Ns): ApprovedOrder | null {
    const listing = this.#config.directory.listings[draft.listing]!;
    const { instrument } = listing;
    const orderMax = this.limits.orderNotionalMax(instrument);
    const positionMax = this.limits.positionNotionalMax(instrument);
    return this.#mayTrade(draft) &&
      this.#fitsListing(draft, listing) &&
      this.#pricedSanely(draft, listing, slippageBps, nowNs) &&
      this.#withinLimits(draft, listing, orderMax, positionMax) &&
      this.#withinParent(draft, parent) &&
      this.#towardTarget(draft, listing, parent) &&
      (this.#market.venueReady(listing.venue) || this.#refuse("VENUE_NOT_READY", listing.venue, Number.NaN))
      ? (draft as unknown as ApprovedOrder)
      : null;
  }

  #mayTrade(draft: OrderDraft): boolean {
    if (this.state === "booting" || this.state === "halted" || (this.state === "reducing" && !draft.reduceOnly)) {
      return this.#refuse("STATE_NOT_ACTIVE", Number.NaN, Number.NaN);
    }
    const killAllows = this.kill === 0 || (this.kill === 1 && draft.reduceOnly);
    return killAllows || this.#refuse("KILL_SWITCH", this.kill, 0);
  }

  #fitsListing(draft: OrderDraft, listing: Listing): boolean {
    if (draft.pxTicks <= 0 || draft.pxTicks % listing.tickStep !== 0) {
      return this.#refuse("OFF_TICK", draft.pxTicks, listing.tickStep);
    }
    if (draft.qtyLots <= 0 || draft.qtyLots % listing.lotStep !== 0) {
      return this.#refuse("OFF_LOT", draft.qtyLots, listing.lotStep);
    }
    if (draft.qtyLots < listing.qtyLotsMin) {
      return this.#refuse("QUANTITY_UNDER_MIN", draft.qtyLots, listing.qtyLotsMin);
    }
    const instrument = this.#config.directory.instruments[listing.instrument]!;
    const quoteNotional = draft.pxTicks * instrument.tick * draft.qtyLots * instrument.lot;
    // Venues let reduce-only orders go below their minimum, so that no position is too small to close.
    return draft.reduceOnly || quoteNotional >= listing.notionalMin
      ? true
      : this.#refuse("NOTIONAL_UNDER_MIN", quoteNotional, listing.notionalMin);
  }

  /** The book is fresh, the price is no worse than touch and slippage allow, and not far from what all venues agree on. */
  #pricedSanely(draft: OrderDraft, listing: Listing, slippageBps: number, nowNs: Ns): boolean {
    const mid = this.#market.midTicks(listing.instrument, nowNs);
    if (Number.isNaN(mid) || !this.#market.hasFreshQuote(draft.listing, nowNs)) {
      return this.#refuse("NO_FRESH_QUOTE", Number.NaN, this.#config.router.quoteAgeMsMax);
    }
    const touch = this.#market.touchTicks(draft.listing, draft.side);
    const slip = draft.side === "buy" ? draft.pxTicks - touch : touch - draft.pxTicks;
    const slipMax = (touch * slippageBps) / 10_000;
    if (slip > slipMax) return this.#refuse("PRICE_OUTSIDE_COLLAR", slip, slipMax);
    const distance = Math.abs(draft.pxTicks - mid);
    const collar = (mid * this.limits.of("priceCollarBps")) / 10_000;
    return distance <= collar || this.#refuse("PRICE_OUTSIDE_COLLAR", distance, collar);
  }

  #withinLimits(draft: OrderDraft, listing: Listing, orderMax: Notional, positionMax: Notional): boolean {
    const order = notional(draft.pxTicks, draft.qtyLots);
    if (order > orderMax) return this.#refuse("ORDER_NOTIONAL_OVER_LIMIT", order, orderMax);
    if (draft.reduceOnly) return true;
    const held = this.#ledger.heldLots(listing.instrument);
    const worst =
      draft.side === "buy"
        ? held + this.#ledger.pendingBuyLots(listing.instrument) + draft.qtyLots
        : -(held - this.#ledger.pendingSellLots(listing.instrument) - draft.qtyLots);
    const position = worst * draft.pxTicks + this.unseenVenues[listing.instrument]! * orderMax;
    return position <= positionMax || this.#refuse("POSITION_NOTIONAL_OVER_LIMIT", position, positionMax);
  }

  /** F + W + U + q ≤ Q + X, counted from the children themselves. */
  #withinParent(draft: OrderDraft, parent: Parent): boolean {
    let committed = draft.qtyLots as number;
    for (const child of parent.children) committed += child.cumQtyLots + leavesLots(child);
    const allowed = parent.qtyLots + parent.overLots;
    return committed <= allowed || this.#refuse("OVER_TARGET", committed, allowed);
  }

  /** The order moves the worst case toward the target, never past it by more than X. */
  #towardTarget(draft: OrderDraft, listing: Listing, parent: Parent): boolean {
    const room = this.#ledger.roomLots(listing.instrument, draft.side, parent.targetLots, parent.overLots);
    return draft.qtyLots <= room || this.#refuse("WRONG_DIRECTION", draft.qtyLots, room);
  }

  #refuse(code: RefusalCode, value: number, limit: number): false {
    this.refusal.code = code;
    this.refusal.value = value;
    this.refusal.limit = limit;
    return false;
  }
}
