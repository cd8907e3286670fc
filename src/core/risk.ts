/**
 * Risk gate: the last thing between a wish and an order. Checks run in the order of reliability.md §5; the first that fails
 * refuses, with the value and the limit it broke.
 *
 * Invariants
 *   - Only this file makes an `ApprovedOrder`, and only an approved order becomes a child.
 *   - What only reduces is bound by no rate and no depth, and by the kill switch at level 2 alone.
 *   - While the engine only reduces, one kind of order may open all the same: what offsets a leg at a venue that takes no
 *     orders, because else the other leg would be closed and it would not.
 *   - Everything is compared in whole lots, ticks and notional units; a limit itself is allowed, one unit above is not.
 *   - The parent-quantity check counts the children itself and does not trust the ledger's sums: two ways of counting must
 *     agree before an order leaves.
 */
import type { Listing } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import type { Refusal, RefusalCode } from "../domain/refusal.ts";
import type { Lots, Notional, Ns, Ticks } from "../domain/units.ts";
import { type Child, leavesLots } from "./child.ts";
import type { CoreConfig } from "./config.ts";
import { ENGINE_STATES, type EngineState, type KillLevel } from "./event.ts";
import { KillParts } from "./kill-parts.ts";
import type { Ledger } from "./ledger.ts";
import { Limits } from "./limits.ts";
import type { Market } from "./market.ts";
import { RateWindow } from "./rate-window.ts";

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
  /** Shield or playbook that it serves. */
  readonly owner: number;
  /** Best price of our own orders that rest on the other side of the listing; NaN where none does. */
  readonly opposingPxTicks: number;
  readonly qtyLots: Lots;
  readonly overLots: Lots;
  readonly targetLots: Lots;
  readonly children: readonly Child[];
}

const SECOND_MS = 1000;

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
  /** By listing: its venue says that something else stands there than our fills do. */
  readonly disputed: Uint8Array;
  readonly #config: CoreConfig;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly parts = new KillParts();
  /** By listing: orders that left and were not reduce-only. */
  #rates: readonly RateWindow[];

  constructor(config: CoreConfig, market: Market, ledger: Ledger) {
    this.#config = config;
    this.limits = new Limits(config.risk, config.breakers, config.directory);
    this.unseenVenues = new Uint8Array(config.directory.instruments.length);
    this.disputed = new Uint8Array(config.directory.listings.length);
    this.#market = market;
    this.#ledger = ledger;
    this.#rates = this.#newRates();
  }

  /** Limits have changed: what was counted by the old ones counts no more. */
  renew(): void {
    this.#rates = this.#newRates();
  }

  /** The order with its approval, which counts as sent, or null and the reason in `refusal`. Allocates nothing. */
  approve(draft: OrderDraft, parent: Parent, slippageBps: number, nowNs: Ns): ApprovedOrder | null {
    if (!this.allows(draft, parent, slippageBps, nowNs)) return null;
    if (!draft.reduceOnly) this.#rates[draft.listing]!.add(nowNs);
    return draft as unknown as ApprovedOrder;
  }

  /** Whether it would be approved; if not, `refusal` says why. */
  allows(draft: OrderDraft, parent: Parent, slippageBps: number, nowNs: Ns): boolean {
    const listing = this.#config.directory.listings[draft.listing]!;
    const { instrument } = listing;
    const orderMax = this.limits.orderNotionalMax(instrument);
    const positionMax = this.limits.positionNotionalMax(instrument);
    return (
      this.#mayTrade(draft, listing, parent) &&
      this.#fitsListing(draft, listing) &&
      this.#isNoFatFinger(draft, listing, orderMax) &&
      this.#pricedSanely(draft, listing, slippageBps, nowNs) &&
      this.#withinPosition(draft, listing, orderMax, positionMax) &&
      this.#withinParent(draft, parent) &&
      this.#towardTarget(draft, listing, parent) &&
      this.#meetsNoneOfOurs(draft, parent) &&
      this.#withinRate(draft, nowNs) &&
      (this.#market.venueReady(listing.venue) || this.#refuse("VENUE_NOT_READY", listing.venue, Number.NaN))
    );
  }

  #mayTrade(draft: OrderDraft, { index, venue, instrument }: Listing, { owner }: Parent): boolean {
    const { reduceOnly } = draft;
    const isLeg = owner >= this.#config.shields.length;
    const forbidden = this.state === "reducing" && !reduceOnly && !(isLeg && this.#offsetsStranded(draft, instrument));
    if (this.state === "booting" || this.state === "halted" || forbidden) {
      const needed = reduceOnly ? "reducing" : "active";
      return this.#refuse("STATE_NOT_ACTIVE", ENGINE_STATES.indexOf(this.state), ENGINE_STATES.indexOf(needed));
    }
    const kill = Math.max(this.kill, this.parts.levelFor(venue, instrument, owner));
    const allowed = reduceOnly ? 1 : 0;
    const barred = this.#market.barredLevel(index);
    return (
      (kill <= allowed || this.#refuse("KILL_SWITCH", kill, allowed)) &&
      (barred <= allowed || this.#refuse("RULES_CHANGED", barred, allowed))
    );
  }

  /** No more than stands, undisputed, at venues that take no orders, and never past flat whatever is pending. */
  #offsetsStranded({ side, qtyLots }: OrderDraft, instrument: number): boolean {
    const held = this.#ledger.heldLots(instrument);
    let stranded = 0;
    for (const index of this.#market.listingsOf(instrument)) {
      if (!this.#market.takesOrders(index) && this.disputed[index] === 0) stranded += this.#ledger.positionLots(index);
    }
    const most =
      side === "buy"
        ? Math.min(-stranded, -held - this.#ledger.pendingBuyLots(instrument))
        : Math.min(stranded, held - this.#ledger.pendingSellLots(instrument));
    return qtyLots <= most && this.unseenVenues[instrument] === 0;
  }

  /** Some venue disputes what stands of it. */
  isDisputed(instrument: number): boolean {
    return this.#market.listingsOf(instrument).some((index) => this.disputed[index] === 1);
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
    const { qtyLotsMax = Number.MAX_SAFE_INTEGER } = listing;
    if (draft.qtyLots > qtyLotsMax) return this.#refuse("QUANTITY_OVER_MAX", draft.qtyLots, qtyLotsMax);
    const instrument = this.#config.directory.instruments[listing.instrument]!;
    const quoteNotional = draft.pxTicks * instrument.tick * draft.qtyLots * instrument.lot;
    // Venues let reduce-only orders go below their minimum, so that no position is too small to close.
    return draft.reduceOnly || quoteNotional >= listing.notionalMin
      ? true
      : this.#refuse("NOTIONAL_UNDER_MIN", quoteNotional, listing.notionalMin);
  }

  /** What nobody meant: a multiple of all that the market shows, or more money than any order may be. */
  #isNoFatFinger(draft: OrderDraft, listing: Listing, orderMax: Notional): boolean {
    const usual = this.#market.usualDepthLots(listing.index);
    const depthMax = usual * this.limits.of("depthMultipleMax");
    // What closes must not wait for a market that has run dry.
    if (!draft.reduceOnly && usual > 0 && draft.qtyLots > depthMax) {
      return this.#refuse("QUANTITY_OVER_DEPTH", draft.qtyLots, depthMax);
    }
    // Not `notional`: what is too much to be counted exactly is over any limit, and no fault of ours.
    const order = draft.pxTicks * draft.qtyLots;
    return order <= orderMax || this.#refuse("ORDER_NOTIONAL_OVER_LIMIT", order, orderMax);
  }

  /** The book is fresh, the price is not far from what all venues agree on, and no worse than touch and slippage allow. */
  #pricedSanely(draft: OrderDraft, listing: Listing, slippageBps: number, nowNs: Ns): boolean {
    const mid = this.#market.midTicks(listing.instrument, nowNs);
    if (Number.isNaN(mid) || !this.#market.hasFreshQuote(draft.listing, nowNs)) {
      const ageMs = this.#market.quoteAgeMs(draft.listing, nowNs);
      return this.#refuse("NO_FRESH_QUOTE", ageMs, this.#config.router.quoteAgeMsMax);
    }
    const distance = Math.abs(draft.pxTicks - mid);
    const collar = (mid * this.limits.of("priceCollarBps")) / 10_000;
    if (distance > collar) return this.#refuse("PRICE_OUTSIDE_COLLAR", distance, collar);
    const touch = this.#market.touchTicks(draft.listing, draft.side);
    const slip = draft.side === "buy" ? draft.pxTicks - touch : touch - draft.pxTicks;
    const slipMax = (touch * slippageBps) / 10_000;
    return slip <= slipMax || this.#refuse("SLIPPAGE_OVER_LIMIT", slip, slipMax);
  }

  /** With all that is open or in doubt. */
  #withinPosition(draft: OrderDraft, listing: Listing, orderMax: Notional, positionMax: Notional): boolean {
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

  /** No order of ours may trade with another of ours: those that still rest where IOC orders should not. */
  #meetsNoneOfOurs({ side, pxTicks }: OrderDraft, { opposingPxTicks }: Parent): boolean {
    const crosses = side === "buy" ? pxTicks >= opposingPxTicks : pxTicks <= opposingPxTicks;
    return !crosses || this.#refuse("SELF_TRADE", pxTicks, opposingPxTicks);
  }

  #withinRate(draft: OrderDraft, nowNs: Ns): boolean {
    if (draft.reduceOnly || !this.#rates[draft.listing]!.isFull(nowNs)) return true;
    const max = this.limits.of("ordersPerSecondMax");
    return this.#refuse("ORDER_RATE_OVER_LIMIT", max + 1, max);
  }

  #newRates(): readonly RateWindow[] {
    const max = this.limits.of("ordersPerSecondMax");
    return this.#config.directory.listings.map(() => new RateWindow(max, SECOND_MS));
  }

  #refuse(code: RefusalCode, value: number, limit: number): false {
    this.refusal.code = code;
    this.refusal.value = value;
    this.refusal.limit = limit;
    return false;
  }
}
