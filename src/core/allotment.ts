/**
 * Allotment: which venues get how much of what a route wishes now.
 *
 * Venues that hold a position the order would shrink come first, reduce-only and up to that position, so that hedges are taken
 * off where they stand. Then those with a clean record before those that left an order in doubt, and among these the best
 * price net of fee. The quantity goes to as few of them as have the depth the plan counts on, shared by that depth.
 *
 * Invariants
 *   - One order of a route per venue at a time, and none at a venue that has let this route down.
 *   - Allocates nothing after construction.
 */
import type { Directory, Listing } from "../domain/instrument.ts";
import { ceilToTicks, floorToTicks, type Ns } from "../domain/units.ts";
import { type Child, hasEnded } from "./child.ts";
import { shareOut } from "./depth-split.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";
import type { ParentOrder } from "./open-route.ts";
import type { VenueRecord } from "./venue-record.ts";

export class Allotment {
  /** The orders to send: listings, lots, and whether they only reduce; the first `count` of each. */
  readonly to: Int32Array;
  readonly lots: Float64Array;
  readonly reduces: Uint8Array;
  count = 0;
  readonly #directory: Directory;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #venues: VenueRecord;
  /** Of each listing the round in which its order was refused: what an earlier round left needs no wiping. */
  readonly #refused: Float64Array;
  #round = 0;
  /** Candidates from best to worst, and what makes them so. Fixed arrays: emptying a list gives its memory away. */
  readonly #ranked: Int32Array;
  #rankedCount = 0;
  readonly #class: Float64Array;
  readonly #cost: Float64Array;
  readonly #weights: Float64Array;
  readonly #steps: Float64Array;
  readonly #minima: Float64Array;
  readonly #shares: Float64Array;

  constructor(directory: Directory, market: Market, ledger: Ledger, venues: VenueRecord) {
    this.#directory = directory;
    this.#market = market;
    this.#ledger = ledger;
    this.#venues = venues;
    const listings = directory.listings.length;
    this.to = new Int32Array(listings);
    this.lots = new Float64Array(listings);
    this.reduces = new Uint8Array(listings);
    this.#refused = new Float64Array(listings);
    this.#ranked = new Int32Array(listings);
    this.#class = new Float64Array(listings);
    this.#cost = new Float64Array(listings);
    this.#weights = new Float64Array(listings);
    this.#steps = new Float64Array(listings);
    this.#minima = new Float64Array(listings);
    this.#shares = new Float64Array(listings);
  }

  /** A new round: nothing has been refused in it. */
  begin(): void {
    this.#round++;
  }

  /** One venue's wild quote or coarse lot must not speak for the others: it gets nothing more in this round. */
  refuse(at: number): void {
    this.#refused[this.to[at]!] = this.#round;
  }

  /** Who gets how much of `wish`, in at most `slots` orders. `children`: what the route has sent so far. */
  make(wished: ParentOrder, children: readonly Child[], wish: number, slots: number, nowNs: Ns): void {
    this.#rank(wished, children, nowNs);
    this.#allot(wished, wish, slots);
  }

  #rank({ instrument, side, plan }: ParentOrder, children: readonly Child[], nowNs: Ns): void {
    const ranked = this.#ranked;
    this.#rankedCount = 0;
    const indices = this.#market.listingsOf(instrument);
    for (let n = 0; n < indices.length; n++) {
      const index = indices[n]!;
      const listing = this.#directory.listings[index]!;
      if (this.#refused[index] === this.#round || !this.#market.venueReady(listing.venue)) continue;
      if (!this.#market.hasFreshQuote(index, nowNs) || hasHadItsTurn(children, index)) continue;
      const reducible = this.#ledger.reducibleLots(index, side) > 0;
      if (plan.reduceOnly && !reducible) continue;
      const touch = this.#market.touchTicks(index, side);
      const fee = side === "buy" ? touch * (1 + listing.takerFee) : -touch * (1 - listing.takerFee);
      const ackMs = plan.speedBpsPerMs === 0 ? 0 : this.#venues.ackMsMedian(listing.venue);
      this.#cost[index] = fee + (Number.isNaN(ackMs) ? 0 : (touch * ackMs * plan.speedBpsPerMs) / 10_000);
      this.#class[index] = (reducible ? 0 : 2) + (this.#venues.isDoubted(listing.venue, nowNs) ? 1 : 0);
      let at = this.#rankedCount++;
      for (; at > 0 && this.#isBetter(index, ranked[at - 1]!); at--) ranked[at] = ranked[at - 1]!;
      ranked[at] = index;
    }
  }

  #isBetter(one: number, other: number): boolean {
    const classes = this.#class[one]! - this.#class[other]!;
    return classes < 0 || (classes === 0 && this.#cost[one]! < this.#cost[other]!);
  }

  #allot(wished: ParentOrder, wish: number, slots: number): void {
    const ranked = this.#ranked;
    this.count = 0;
    let left = wish;
    let next = 0;
    for (; next < this.#rankedCount && this.#class[ranked[next]!]! < 2; next++) {
      if (left <= 0 || this.count >= slots) return;
      const reducible = Math.min(left, this.#ledger.reducibleLots(ranked[next]!, wished.side));
      this.#give(ranked[next]!, reducible, true);
      left -= reducible;
    }
    const first = next;
    let depth = 0;
    for (; next < this.#rankedCount && depth < left && this.count + next - first < slots; next++) {
      depth += this.#depth(wished, ranked[next]!);
    }
    if (next - first === 1) this.#give(ranked[first]!, left, false);
    if (next - first <= 1) return;
    for (let i = first; i < next; i++) this.#weigh(wished, ranked[i]!, i - first);
    shareOut(left, next - first, this.#weights, this.#steps, this.#minima, this.#shares);
    for (let i = first; i < next; i++) {
      if (this.#shares[i - first]! > 0) this.#give(ranked[i]!, this.#shares[i - first]!, false);
    }
  }

  #give(listing: number, quantity: number, reduces: boolean): void {
    const at = this.count++;
    this.to[at] = listing;
    this.lots[at] = quantity;
    this.reduces[at] = reduces ? 1 : 0;
  }

  #depth({ plan, side }: ParentOrder, index: number): number {
    const { depthShare } = plan;
    return depthShare === Number.POSITIVE_INFINITY ? depthShare : depthShare * this.#market.depthLots(index, side);
  }

  /** Its share goes by its depth, and an order there must be worth its minimum. */
  #weigh(wished: ParentOrder, index: number, at: number): void {
    const listing = this.#directory.listings[index]!;
    const { tick, lot } = this.#directory.instruments[wished.instrument]!;
    const notionalMinLots = Math.ceil(listing.notionalMin / (capTicks(this.#market, wished, listing) * tick * lot));
    // A venue that shows nothing may still fill something: the least weight there is.
    this.#weights[at] = Math.max(1, this.#market.depthLots(index, wished.side));
    this.#steps[at] = listing.lotStep;
    this.#minima[at] = Math.max(listing.qtyLotsMin, notionalMinLots);
  }
}

/** The worst price, on the venue's tick and rounded toward the touch: the cap itself is never passed. */
export function capTicks(market: Market, { side, plan }: ParentOrder, { index, tickStep }: Listing): number {
  const touch = market.touchTicks(index, side);
  const cap = (touch * plan.slippageBps) / 10_000;
  return side === "buy"
    ? floorToTicks((touch + cap) / tickStep) * tickStep
    : ceilToTicks((touch - cap) / tickStep) * tickStep;
}

/** An order of this route is under way there, or one left some of its quantity unfilled: another venue is better. */
function hasHadItsTurn(children: readonly Child[], listing: number): boolean {
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!;
    if (child.listing === listing && (!hasEnded(child) || child.cumQtyLots < child.qtyLots)) return true;
  }
  return false;
}
