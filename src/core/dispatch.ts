/**
 * Dispatch: which orders a route sends now, to which venues, how much to each. `Router` decides whether a route goes on.
 *
 * Venues that hold a position the order would shrink come first, reduce-only and up to that position, so that hedges are taken
 * off where they stand. Then those with a clean record before those that left an order in doubt, and among these the best
 * price net of fee. The quantity goes to as few of them as have the depth the plan counts on, shared by that depth.
 *
 * Invariants
 *   - F + W + U + q ≤ Q + X for every order, by the ledger's count here and by the children's own in the risk gate.
 *   - One order of a route per venue at a time, and none at a venue that has let this route down.
 *   - What draws on X for a race waits for the racer's delay; what covers quantity in doubt does not.
 *
 * Allocates a command per order; children come from `Children`.
 */
import type { Listing } from "../domain/instrument.ts";
import type { RefusalCode } from "../domain/refusal.ts";
import { ceilToTicks, type EpochMs, floorToTicks, type Lots, lots, type Ns, truncToStep } from "../domain/units.ts";
import { type Breakers, WHOLE } from "./breakers.ts";
import { type Child, hasEnded, isWorking } from "./child.ts";
import type { Children } from "./children.ts";
import { OrderIds } from "./client-order-id.ts";
import type { CoreConfig } from "./config.ts";
import { shareOut } from "./depth-split.ts";
import type { Command } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";
import type { ParentOrder, Route, Tally } from "./open-route.ts";
import type { ApprovedOrder, OrderDraft, RiskGate } from "./risk.ts";
import type { VenueRecord } from "./venue-record.ts";

const NO_CHILDREN: readonly Child[] = [];

export class Dispatcher {
  readonly #config: CoreConfig;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #risk: RiskGate;
  readonly #venues: VenueRecord;
  readonly #children: Children;
  readonly #breakers: Breakers;
  #ids: OrderIds;
  readonly #commands: Command[];
  /** Of each listing the call in which the risk gate refused its draft: what an earlier call left needs no wiping. */
  readonly #refused: Float64Array;
  #call = 0;
  /** Candidates from best to worst, and what makes them so. Fixed arrays: emptying a list gives its memory away. */
  readonly #ranked: Int32Array;
  #rankedCount = 0;
  readonly #class: Float64Array;
  readonly #cost: Float64Array;
  /** The orders to send: listings, lots, and whether they only reduce. */
  readonly #to: Int32Array;
  readonly #lots: Float64Array;
  readonly #reduces: Uint8Array;
  #ordersCount = 0;
  readonly #weights: Float64Array;
  readonly #steps: Float64Array;
  readonly #minima: Float64Array;
  readonly #shares: Float64Array;
  readonly #draft: OrderDraft = {
    listing: 0,
    side: "buy",
    qtyLots: lots(0),
    pxTicks: floorToTicks(0),
    reduceOnly: false,
  };
  readonly #parent = {
    owner: 0,
    opposingPxTicks: Number.NaN,
    qtyLots: lots(0),
    overLots: lots(0),
    targetLots: lots(0),
    children: [] as readonly Child[],
  };

  constructor(
    config: CoreConfig,
    market: Market,
    ledger: Ledger,
    risk: RiskGate,
    venues: VenueRecord,
    children: Children,
    breakers: Breakers,
    epoch: number,
    commands: Command[],
  ) {
    this.#config = config;
    this.#market = market;
    this.#ledger = ledger;
    this.#risk = risk;
    this.#venues = venues;
    this.#children = children;
    this.#breakers = breakers;
    this.#ids = new OrderIds(epoch, config.directory.venues.length);
    this.#commands = commands;
    const listings = config.directory.listings.length;
    this.#refused = new Float64Array(listings);
    this.#ranked = new Int32Array(listings);
    this.#to = new Int32Array(listings);
    this.#lots = new Float64Array(listings);
    this.#reduces = new Uint8Array(listings);
    this.#class = new Float64Array(listings);
    this.#cost = new Float64Array(listings);
    this.#weights = new Float64Array(listings);
    this.#steps = new Float64Array(listings);
    this.#minima = new Float64Array(listings);
    this.#shares = new Float64Array(listings);
  }

  /** Recovery: which life this is shows only at the log's end. */
  beginLife(epoch: number): void {
    this.#ids = new OrderIds(epoch, this.#config.directory.venues.length);
  }

  /** Sends all that the route may send now; `tally` is its, and kept up. NONE when an order left or none is wished. */
  send(route: Route, tally: Tally, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    const { order: wished, children } = route;
    const { plan } = wished;
    let sent = false;
    let code: RefusalCode = "NONE";
    this.#call++;
    while (tally.working < plan.workingMax && children.length < this.#config.router.attemptsMax) {
      const over = this.#overLots(route, tally, nowNs);
      const wish = Math.min(
        wished.qtyLots - tally.filled,
        wished.qtyLots + over - tally.filled - tally.reserved,
        this.#ledger.roomLots(wished.instrument, wished.side, wished.targetLots, over),
      );
      if (wish <= 0) break;
      this.#rank(wished, children, nowNs);
      this.#allot(wished, wish, plan.workingMax - tally.working);
      if (this.#ordersCount === 0) {
        if (code === "NONE") code = "NO_VENUE";
        break;
      }
      this.#allow(wished, children, over);
      for (let i = 0; i < this.#ordersCount && children.length < this.#config.router.attemptsMax; i++) {
        this.#drafted(wished, this.#to[i]!, this.#lots[i]!, this.#reduces[i] === 1);
        this.#parent.opposingPxTicks = this.#opposingPxTicks(this.#draft, nowNs);
        const order = this.#risk.approve(this.#draft, this.#parent, plan.slippageBps, nowNs);
        if (order === null) {
          // One venue's wild quote or coarse lot must not speak for the others.
          this.#refused[this.#to[i]!] = this.#call;
          code = this.#risk.refusal.code;
          continue;
        }
        this.#place(route, order, nowNs, wallMs);
        tally.working++;
        tally.reserved += order.qtyLots;
        sent = true;
      }
    }
    return sent ? "NONE" : code;
  }

  /** What `send` would answer to a route of `wished` that has sent nothing yet. Sends nothing. */
  wouldSend(wished: ParentOrder, nowNs: Ns): RefusalCode {
    const { qtyLots, targetLots, plan } = wished;
    const wish = Math.min(qtyLots, this.#ledger.roomLots(wished.instrument, wished.side, targetLots, lots(0)));
    if (wish <= 0) return "WRONG_DIRECTION";
    let code: RefusalCode = "NONE";
    this.#call++;
    for (;;) {
      this.#rank(wished, NO_CHILDREN, nowNs);
      this.#allot(wished, wish, plan.workingMax);
      if (this.#ordersCount === 0) return code === "NONE" ? "NO_VENUE" : code;
      this.#allow(wished, NO_CHILDREN, lots(0));
      for (let i = 0; i < this.#ordersCount; i++) {
        this.#drafted(wished, this.#to[i]!, this.#lots[i]!, this.#reduces[i] === 1);
        this.#parent.opposingPxTicks = this.#opposingPxTicks(this.#draft, nowNs);
        if (this.#risk.allows(this.#draft, this.#parent, plan.slippageBps, nowNs)) return "NONE";
        this.#refused[this.#to[i]!] = this.#call;
        code = this.#risk.refusal.code;
      }
    }
  }

  #allow(wished: ParentOrder, children: readonly Child[], over: Lots): void {
    this.#parent.owner = wished.owner;
    this.#parent.qtyLots = wished.qtyLots;
    this.#parent.overLots = over;
    this.#parent.targetLots = wished.targetLots;
    this.#parent.children = children;
  }

  /** Best price of our orders that rest on the other side: said to work, and past the time an IOC order can. */
  #opposingPxTicks({ listing, side }: OrderDraft, nowNs: Ns): number {
    let best = Number.NaN;
    for (const child of this.#children.live) {
      if (child.listing !== listing || child.side === side || !isWorking(child)) continue;
      if (nowNs <= child.sentNs + child.validForMs * 1e6) continue;
      const isBetter = side === "buy" ? child.pxTicks < best : child.pxTicks > best;
      if (Number.isNaN(best) || isBetter) best = child.pxTicks;
    }
    return best;
  }

  /** X as it stands: what is in doubt is covered at once, a race when the venue asked last has had its time. */
  #overLots(route: Route, tally: Tally, nowNs: Ns): Lots {
    const { overLots, overLotsInDoubt } = route.order.plan;
    const doubt = Math.min(tally.inDoubt, overLotsInDoubt);
    const mayRace = nowNs >= route.racerDueNs && !this.#breakers.isOpen("overHedge", WHOLE);
    const race = mayRace ? overLots : 0;
    return Math.max(doubt, race) as Lots;
  }

  #rank({ instrument, side, plan }: ParentOrder, children: readonly Child[], nowNs: Ns): void {
    const ranked = this.#ranked;
    this.#rankedCount = 0;
    const indices = this.#market.listingsOf(instrument);
    for (let n = 0; n < indices.length; n++) {
      const index = indices[n]!;
      const listing = this.#config.directory.listings[index]!;
      if (this.#refused[index] === this.#call || !this.#market.venueReady(listing.venue)) continue;
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

  /** Who gets how much of `wish`, in at most `slots` orders. */
  #allot(wished: ParentOrder, wish: number, slots: number): void {
    const ranked = this.#ranked;
    this.#ordersCount = 0;
    let left = wish;
    let next = 0;
    for (; next < this.#rankedCount && this.#class[ranked[next]!]! < 2; next++) {
      if (left <= 0 || this.#ordersCount >= slots) return;
      const reducible = Math.min(left, this.#ledger.reducibleLots(ranked[next]!, wished.side));
      this.#give(ranked[next]!, reducible, true);
      left -= reducible;
    }
    const first = next;
    let depth = 0;
    for (; next < this.#rankedCount && depth < left && this.#ordersCount + next - first < slots; next++) {
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
    const at = this.#ordersCount++;
    this.#to[at] = listing;
    this.#lots[at] = quantity;
    this.#reduces[at] = reduces ? 1 : 0;
  }

  #depth({ plan, side }: ParentOrder, index: number): number {
    const { depthShare } = plan;
    return depthShare === Number.POSITIVE_INFINITY ? depthShare : depthShare * this.#market.depthLots(index, side);
  }

  /** Its share goes by its depth, and an order there must be worth its minimum. */
  #weigh(wished: ParentOrder, index: number, at: number): void {
    const listing = this.#config.directory.listings[index]!;
    const { tick, lot } = this.#config.directory.instruments[wished.instrument]!;
    const notionalMinLots = Math.ceil(listing.notionalMin / (this.#capTicks(wished, index, listing) * tick * lot));
    // A venue that shows nothing may still fill something: the least weight there is.
    this.#weights[at] = Math.max(1, this.#market.depthLots(index, wished.side));
    this.#steps[at] = listing.lotStep;
    this.#minima[at] = Math.max(listing.qtyLotsMin, notionalMinLots);
  }

  #drafted(wished: ParentOrder, index: number, quantity: number, reduces: boolean): void {
    const listing = this.#config.directory.listings[index]!;
    this.#draft.listing = index;
    this.#draft.side = wished.side;
    this.#draft.pxTicks = floorToTicks(this.#capTicks(wished, index, listing));
    this.#draft.qtyLots = truncToStep(lots(this.#inParts(wished, quantity, listing)), listing.lotStep);
    this.#draft.reduceOnly = reduces;
  }

  /**
   * What closes goes in parts of one size where it is more than an order may be: a position that has grown past the limit, by
   * its price or because the limit was lowered, must be closed all the same. What opens is refused whole.
   */
  #inParts({ instrument, side }: ParentOrder, quantity: number, listing: Listing): number {
    const held = this.#ledger.heldLots(instrument);
    const closable = Math.max(side === "buy" ? -held : held, this.#ledger.reducibleLots(listing.index, side));
    const { qtyLotsMax = Number.POSITIVE_INFINITY, qtyLotsMin, lotStep } = listing;
    const affordable = this.#risk.limits.orderNotionalMax(instrument) / this.#draft.pxTicks;
    const most = Math.floor(Math.min(qtyLotsMax, affordable) / lotStep) * lotStep;
    if (quantity <= most || quantity > closable || most < qtyLotsMin) return quantity;
    const parts = Math.ceil(quantity / most);
    return Math.ceil(quantity / parts / lotStep) * lotStep;
  }

  /** The worst price, on the venue's tick and rounded toward the touch: the cap itself is never passed. */
  #capTicks({ side, plan }: ParentOrder, index: number, listing: Listing): number {
    const touch = this.#market.touchTicks(index, side);
    const cap = (touch * plan.slippageBps) / 10_000;
    return side === "buy"
      ? floorToTicks((touch + cap) / listing.tickStep) * listing.tickStep
      : ceilToTicks((touch - cap) / listing.tickStep) * listing.tickStep;
  }

  #place(route: Route, order: ApprovedOrder, nowNs: Ns, wallMs: EpochMs): void {
    const { router, directory } = this.#config;
    const listing = directory.listings[order.listing]!;
    const { owner, cause, leg, targetLots } = route.order;
    const child = this.#children.blank();
    child.attempt = cause.nextAttempt++;
    child.clientOrderId = this.#ids.of(cause.tag, child.attempt, leg, listing.venue);
    child.listing = order.listing;
    child.side = order.side;
    child.qtyLots = order.qtyLots;
    child.pxTicks = order.pxTicks;
    child.timeInForce = "ioc";
    child.reduceOnly = order.reduceOnly;
    child.stampMs = this.#market.venueMs(listing.venue, wallMs) as EpochMs;
    child.validForMs = router.validForMs;
    child.venue = listing.venue;
    child.instrument = listing.instrument;
    child.route = route.id;
    child.shield = owner;
    child.cause = cause.text;
    child.sentNs = nowNs;
    child.receivedNs = cause.receivedNs;
    child.targetLots = targetLots;
    child.state = "sent";
    child.cumQtyLots = lots(0);
    child.avgPxTicks = Number.NaN;
    child.dueNs = nowNs + router.childTimeoutMs * 1e6;
    child.unknownSinceNs = Number.NaN;
    child.backoffMs = router.resolveFirstMs;
    child.notFounds = 0;
    child.lastNotFoundNs = Number.NaN;
    route.children.push(child);
    route.racerDueNs = nowNs + this.#racerDelayMs(route.order, listing.venue) * 1e6;
    this.#children.add(child);
    this.#ledger.reserve(child);
    this.#commands.push({ type: "place", child });
  }

  /** Until a venue's ack time is known it gets the longest delay. */
  #racerDelayMs({ plan }: ParentOrder, venue: number): number {
    const p99Ms = this.#venues.ackMsP99(venue);
    const delayMs = Number.isNaN(p99Ms) ? plan.racerDelayMsMax : Math.max(p99Ms, plan.racerDelayMsMin);
    return Math.min(delayMs, plan.racerDelayMsMax);
  }
}

/** An order of this route is under way there, or one left some of its quantity unfilled: another venue is better. */
function hasHadItsTurn(children: readonly Child[], listing: number): boolean {
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!;
    if (child.listing === listing && (!hasEnded(child) || child.cumQtyLots < child.qtyLots)) return true;
  }
  return false;
}
