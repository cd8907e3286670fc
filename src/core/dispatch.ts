/**
 * Dispatch: which orders a route sends now. `Router` decides whether a route goes on, `Allotment` which venues get how much of it,
 * the risk gate whether an order leaves.
 *
 * Invariants
 *   - F + W + U + q ≤ Q + X for every order, by the ledger's count here and by the children's own in the risk gate.
 *   - What draws on X for a race waits for the racer's delay; what covers quantity in doubt does not.
 *
 * Allocates a command per order; children come from `Children`.
 */
import type { Listing } from "../domain/instrument.ts";
import type { RefusalCode } from "../domain/refusal.ts";
import { type EpochMs, floorToTicks, type Lots, lots, type Ns, truncToStep } from "../domain/units.ts";
import { Allotment, capTicks } from "./allotment.ts";
import { type Breakers, WHOLE } from "./breakers.ts";
import { type Child, isWorking } from "./child.ts";
import type { Children } from "./children.ts";
import { OrderIds } from "./client-order-id.ts";
import type { CoreConfig } from "./config.ts";
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
  readonly #allotment: Allotment;
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
    this.#allotment = new Allotment(config.directory, market, ledger, venues);
  }

  /** Recovery: which life this is shows only at the log's end. */
  beginLife(epoch: number): void {
    this.#ids = new OrderIds(epoch, this.#config.directory.venues.length);
  }

  /** Sends all that the route may send now; `tally` is its, and kept up. NONE when an order left or none is wished. */
  send(route: Route, tally: Tally, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    const { order: wished, children } = route;
    const { plan } = wished;
    const allotment = this.#allotment;
    let sent = false;
    let code: RefusalCode = "NONE";
    allotment.begin();
    while (tally.working < plan.workingMax && children.length < this.#config.router.attemptsMax) {
      const over = this.#overLots(route, tally, nowNs);
      const wish = Math.min(
        wished.qtyLots - tally.filled,
        wished.qtyLots + over - tally.filled - tally.reserved,
        this.#ledger.roomLots(wished.instrument, wished.side, wished.targetLots, over),
      );
      if (wish <= 0) break;
      allotment.make(wished, children, wish, plan.workingMax - tally.working, nowNs);
      if (allotment.count === 0) {
        if (code === "NONE") code = "NO_VENUE";
        break;
      }
      this.#allow(wished, children, over);
      for (let i = 0; i < allotment.count && children.length < this.#config.router.attemptsMax; i++) {
        this.#drafted(wished, i);
        this.#parent.opposingPxTicks = this.#opposingPxTicks(this.#draft, nowNs);
        const order = this.#risk.approve(this.#draft, this.#parent, plan.slippageBps, nowNs);
        if (order === null) {
          allotment.refuse(i);
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
    const allotment = this.#allotment;
    let code: RefusalCode = "NONE";
    allotment.begin();
    for (;;) {
      allotment.make(wished, NO_CHILDREN, wish, plan.workingMax, nowNs);
      if (allotment.count === 0) return code === "NONE" ? "NO_VENUE" : code;
      this.#allow(wished, NO_CHILDREN, lots(0));
      for (let i = 0; i < allotment.count; i++) {
        this.#drafted(wished, i);
        this.#parent.opposingPxTicks = this.#opposingPxTicks(this.#draft, nowNs);
        if (this.#risk.allows(this.#draft, this.#parent, plan.slippageBps, nowNs)) return "NONE";
        allotment.refuse(i);
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

  /** The order at place `at` of the allotment. */
  #drafted(wished: ParentOrder, at: number): void {
    const { to, lots: quantities, reduces } = this.#allotment;
    const listing = this.#config.directory.listings[to[at]!]!;
    this.#draft.listing = listing.index;
    this.#draft.side = wished.side;
    this.#draft.pxTicks = floorToTicks(capTicks(this.#market, wished, listing));
    this.#draft.qtyLots = truncToStep(lots(this.#inParts(wished, quantities[at]!, listing)), listing.lotStep);
    this.#draft.reduceOnly = reduces[at] === 1;
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
