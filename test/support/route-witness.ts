/**
 * Witness of route scenarios: an own account of every order, made of what was seen to leave and to arrive, and the invariants
 * of venues.md §6 held against the core with it.
 *
 *   I1 F + W + U ≤ Q + X         I2 surplus ≤ X, and past Y alarmed    I3 every order ends or is quarantined, aloud
 *   I4 no id twice               I5 a restart knows every order        I6 ends by evidence only
 *   I7 fills once, and as at the venue                                 I8 doubt is always asked about
 */
import { WHOLE } from "../../src/core/breakers.ts";
import type { CoreConfig } from "../../src/core/config.ts";
import type { Command, Event } from "../../src/core/event.ts";
import type { Core } from "../../src/core/step.ts";
import type { OrderReport } from "../../src/domain/order.ts";
import type { SimVenue } from "../../src/sim/sim-venue.ts";
import { BTC_PERP } from "./core-config.ts";

interface Seen {
  readonly id: string;
  readonly listing: number;
  readonly venue: number;
  readonly route: number;
  readonly sign: 1 | -1;
  readonly qty: number;
  readonly stampMs: number;
  readonly validForMs: number;
  /** Most that any report that arrived said. */
  cum: number;
  /** A report that arrived proves that it ended. */
  ended: boolean;
  open: boolean;
  notFounds: number;
  notFoundNs: number;
  sent: boolean;
  askedNs: number;
}

interface SeenRoute {
  readonly qty: number;
  readonly over: number;
  readonly overInDoubt: number;
  readonly orders: Seen[];
}

const TERMINAL = ["filled", "canceled", "expired", "rejected"];
/** A lot of the coarsest listing: less cannot be taken off there. */
const DUST = 2;

export class RouteWitness {
  overLotsMax = 0;
  /** Of the same surplus at the venues: its longest time without a break, as often as the core heard of anything. */
  overMsMax = 0;
  #overAtVenuesSinceNs = Number.NaN;
  readonly #config: CoreConfig;
  readonly #venues: readonly SimVenue[];
  readonly #skewsMs: readonly number[];
  readonly #fail: (broken: string) => never;
  readonly #orders = new Map<string, Seen>();
  readonly #live: Seen[] = [];
  readonly #routes = new Map<number, SeenRoute>();
  readonly #position: number[];
  #targetMin = 0;
  #targetMax = 0;
  #overSinceNs = Number.NaN;
  #overAlarmed = false;
  #trusts = true;
  #epoch = 0;

  /** `skewsMs`: each venue's clock less ours, whole milliseconds. */
  constructor(
    config: CoreConfig,
    venues: readonly SimVenue[],
    skewsMs: readonly number[],
    fail: (broken: string) => never,
  ) {
    this.#config = config;
    this.#skewsMs = skewsMs;
    this.#venues = venues;
    this.#fail = fail;
    this.#position = config.directory.listings.map(() => 0);
  }

  get orderCount(): number {
    return this.#orders.size;
  }

  onSend(id: string): void {
    const order = this.#orders.get(id) ?? this.#fail(`${id} is sent without a record`);
    if (order.sent) this.#fail(`I4: ${id} is sent twice`);
    order.sent = true;
  }

  /** What a report proves, by venues.md §6.1 and nothing else. */
  onReport(report: OrderReport, { nowNs, wallMs }: { nowNs: number; wallMs: number }): void {
    const order = this.#orders.get(report.clientOrderId);
    if (order === undefined) return;
    if (report.kind === "status") {
      this.#grow(order, report.cumQtyLots);
      if (TERMINAL.includes(report.status) || order.cum >= order.qty) order.ended = true;
      else order.open = true;
    } else if (report.kind === "rejected") {
      if (order.cum === 0) order.ended = true;
    } else if (report.kind === "notSent") order.ended = true;
    else if (report.kind === "notFound") {
      const { absenceGraceMs, notFoundsMin, notFoundSpacingMs } = this.#config.router;
      const venueMs = wallMs + this.#skewsMs[order.venue]!;
      if (venueMs <= order.stampMs + order.validForMs + absenceGraceMs || order.open) return;
      if (nowNs - order.notFoundNs < notFoundSpacingMs * 1e6) return;
      order.notFounds++;
      order.notFoundNs = nowNs;
      if (order.notFounds >= notFoundsMin && order.cum === 0) order.ended = true;
    }
  }

  afterStep(core: Core, event: Event, commands: readonly Command[], from: number): void {
    for (let i = from; i < commands.length; i++) {
      const command = commands[i]!;
      if (command.type === "place") this.#onPlace(core, command.child);
      // A decision may be met by what is already under way, without an order of its own.
      if (command.type === "decided") this.#aim(core.shields[command.shield]!.targetLots);
      if (command.type === "query") this.#orders.get(command.child.clientOrderId)!.askedNs = event.nowNs;
      if (command.type === "alarm" && command.alarm.code === "OVER_HEDGED") this.#overAlarmed = true;
    }
    this.#checkOrders(core, event.nowNs);
    this.#checkPosition(core, event.nowNs);
    this.#checkRoutes(core, event);
  }

  /** Some venue says that less has filled than did: X bounds what is known, not what is there. */
  distrust(): void {
    this.#trusts = false;
  }

  onCrash(): void {
    this.#epoch++;
    this.#overSinceNs = Number.NaN;
    this.#overAlarmed = false;
  }

  checkEnd(core: Core, alarms: ReadonlySet<string>): void {
    let quarantined = false;
    for (const order of this.#orders.values()) {
      const state = core.router.childOf(order.id)?.state;
      if (state === undefined) this.#fail(`I5: ${order.id} is forgotten`);
      if (!order.ended && state !== "quarantined") this.#fail(`I3: ${order.id} is ${state} long after all is well`);
      if (order.ended && order.cum !== this.#truth(order.id)) {
        this.#fail(`I7: ${order.id} ended with ${order.cum}, at the venue with ${this.#truth(order.id)}`);
      }
      quarantined ||= !order.ended;
    }
    if (quarantined && !alarms.has("QUARANTINED")) this.#fail("I3: quarantined without an alarm");
    if (core.router.open.some((route) => route.done || route.children.length > 0)) this.#fail("I3: a route stays open");
    if (quarantined) return;
    const held = core.ledger.heldLots(BTC_PERP);
    const { targetLots, decision } = core.shields[0]!;
    const off = Math.abs(held) - Math.abs(targetLots);
    if (decision !== null && off > DUST) this.#fail(`I2: ${held} lots stay, ${targetLots} are wished`);
    if (decision !== null && off < -DUST && !alarms.has("UNDER_HEDGED")) {
      this.#fail(`${held} lots of ${targetLots}, and nobody was told`);
    }
  }

  #onPlace(core: Core, child: Extract<Command, { type: "place" }>["child"]): void {
    const route = core.router.open.find(({ id }) => id === child.route) ?? core.router.lastOpened!;
    const id = this.#epoch * 1e6 + child.route;
    let seen = this.#routes.get(id);
    if (seen === undefined) {
      const { plan, qtyLots, targetLots } = route.order;
      seen = { qty: qtyLots, over: plan.overLots, overInDoubt: plan.overLotsInDoubt, orders: [] };
      this.#routes.set(id, seen);
      this.#aim(targetLots);
      if (plan.reduceOnly && !child.reduceOnly) this.#fail(`I10: ${child.clientOrderId} unwinds but may open`);
    }
    if (this.#orders.has(child.clientOrderId)) this.#fail(`I4: ${child.clientOrderId} is used twice`);
    const order: Seen = {
      id: child.clientOrderId,
      listing: child.listing,
      venue: child.venue,
      route: id,
      sign: child.side === "buy" ? 1 : -1,
      qty: child.qtyLots,
      stampMs: child.stampMs,
      validForMs: child.validForMs,
      cum: 0,
      ended: false,
      open: false,
      notFounds: 0,
      notFoundNs: Number.NEGATIVE_INFINITY,
      sent: false,
      askedNs: Number.NaN,
    };
    this.#orders.set(order.id, order);
    this.#live.push(order);
    seen.orders.push(order);
    this.#checkRule(seen, order);
  }

  #aim(targetLots: number): void {
    this.#targetMin = Math.min(this.#targetMin, targetLots);
    this.#targetMax = Math.max(this.#targetMax, targetLots);
  }

  /** I1 with this account's F, W and U. What is in doubt is told by time: the core must not have called it known. */
  #checkRule({ qty, over, overInDoubt, orders }: SeenRoute, placed: Seen): void {
    let committed = 0;
    let others = 0;
    for (const order of orders) {
      const reserved = order.ended ? order.cum : Math.max(order.qty, order.cum);
      committed += reserved;
      if (order !== placed && !order.ended) others += order.qty - order.cum;
    }
    const allowed = qty + Math.max(over, Math.min(overInDoubt, others));
    if (committed > allowed) this.#fail(`I1: ${placed.id} makes it ${committed}, with ${allowed} allowed`);
  }

  #checkOrders(core: Core, nowNs: number): void {
    const { resolveMaxMs } = this.#config.router;
    for (let i = this.#live.length - 1; i >= 0; i--) {
      const order = this.#live[i]!;
      const child = core.router.childOf(order.id) ?? this.#fail(`I5: ${order.id} is forgotten`);
      const saysEnded = ENDED.has(child.state);
      if (saysEnded && !order.ended) this.#fail(`I6: ${order.id} is ${child.state} without evidence`);
      if (child.cumQtyLots !== order.cum) this.#fail(`I7: ${order.id} counts ${child.cumQtyLots}, told ${order.cum}`);
      if (order.cum > this.#truth(order.id)) this.#fail(`I7: ${order.id} was told more than it filled`);
      if (saysEnded) {
        this.#live.splice(i, 1);
        continue;
      }
      const inDoubt = child.state === "unknown" || child.state === "resolving" || child.state === "quarantined";
      const lateMs = (nowNs - order.askedNs) / 1e6 - resolveMaxMs;
      if (inDoubt && lateMs > 1) this.#fail(`I8: ${order.id} has not been asked about for ${lateMs + resolveMaxMs} ms`);
    }
  }

  #checkPosition(core: Core, nowNs: number): void {
    let held = 0;
    let truth = 0;
    for (const listing of this.#config.directory.listings) {
      if (listing.instrument !== BTC_PERP) continue;
      const ours = core.ledger.positionLots(listing.index);
      if (ours !== this.#position[listing.index]) {
        this.#fail(`I7: position ${listing.index} is ${ours}, fills make it ${this.#position[listing.index]}`);
      }
      held += ours;
      truth += this.#venues[listing.venue]!.exchange.positionLots(listing.index);
    }
    const budget = this.#config.shields[0]!.overHedgeLotsMax;
    const over = Math.max(this.#targetMin - truth, truth - this.#targetMax);
    if (this.#trusts) this.overLotsMax = Math.max(this.overLotsMax, over);
    if (over <= DUST) this.#overAtVenuesSinceNs = Number.NaN;
    else if (Number.isNaN(this.#overAtVenuesSinceNs)) this.#overAtVenuesSinceNs = nowNs;
    else this.overMsMax = Math.max(this.overMsMax, (nowNs - this.#overAtVenuesSinceNs) / 1e6);
    if (over > budget && this.#trusts)
      this.#fail(`I2: ${truth} lots at the venues, ${over} too many with X = ${budget}`);
    // What is known to be too much, by the widest target so far: it must go or be alarmed.
    const known = Math.max(this.#targetMin - held, held - this.#targetMax);
    if (known <= DUST) {
      this.#overSinceNs = Number.NaN;
      this.#overAlarmed = false;
      return;
    }
    if (Number.isNaN(this.#overSinceNs)) this.#overSinceNs = nowNs;
    const lastedMs = (nowNs - this.#overSinceNs) / 1e6;
    // The open breaker is an alarm that has been given and not been answered yet.
    const said = this.#overAlarmed || core.breakers.isOpen("overHedge", WHOLE);
    if (lastedMs > this.#config.router.overHedgeMsMax + 1 && !said) {
      this.#fail(`I2: ${known} lots too many for ${lastedMs} ms and no alarm`);
    }
  }

  /** A route is only gone when its orders are; while one lasts its shortfall has been said by 500 ms. */
  #checkRoutes(core: Core, event: Event): void {
    for (const [id, route] of this.#routes) {
      const open = core.router.open.find((each) => this.#epoch * 1e6 + each.id === id);
      if (open === undefined) {
        for (const order of route.orders) {
          const quarantined = core.router.childOf(order.id)?.state === "quarantined";
          if (Math.floor(id / 1e6) === this.#epoch && !order.ended && !quarantined) {
            this.#fail(`I3: a route closed before ${order.id} had ended`);
          }
        }
        this.#routes.delete(id);
        continue;
      }
      const filled = route.orders.reduce((sum, order) => sum + order.cum, 0);
      const late = event.type === "timer" && event.nowNs >= open.openedNs + this.#config.router.childTimeoutMs * 1e6;
      if (late && filled < route.qty && !open.done && !open.underHedgedAlarmed) {
        this.#fail(`a route lacks ${route.qty - filled} lots past its time and says nothing`);
      }
    }
  }

  #grow(order: Seen, cum: number): void {
    if (cum <= order.cum) return;
    this.#position[order.listing]! += order.sign * (cum - order.cum);
    order.cum = cum;
  }

  #truth(id: string): number {
    let filled = 0;
    for (const venue of this.#venues) filled += venue.exchange.filledLots(id);
    return filled;
  }
}

const ENDED: ReadonlySet<string> = new Set(["notSent", "filled", "canceled", "expired", "rejected", "notPlaced"]);
