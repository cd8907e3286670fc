/**
 * Router: brings a wished quantity to the venues, first fill first, and never more of it than was wished. venues.md §6.
 *
 * A route is the whole effort for one intent: Q lots on one side of one instrument. It sends child orders and every child
 * obeys one admission rule, F + W + U + q ≤ Q + X (filled, working, unknown, new ≤ target plus over-hedge budget).
 * `RoutePlan` parameterises it; in `best-first` one child works at a time, on the venue with the best price net of fees.
 *
 * Invariants
 *   - No child id is sent twice, and no order is sent again: a new attempt is a new child and needs room in the rule.
 *   - An outcome that is not known is asked for (cancel and query, with backoff) until a venue proves it. Only proof frees
 *     its reservation.
 *   - A route closes when it is filled or given up *and* every child has ended or is quarantined.
 *
 * What is not here: when to hedge and how much (playbooks), and whether an order is allowed (risk).
 */
import type { Directory } from "../domain/instrument.ts";
import type { OrderReport, VenueOrder } from "../domain/order.ts";
import type { RefusalCode } from "../domain/refusal.ts";
import { type EpochMs, type Lots, lots, type Ns } from "../domain/units.ts";
import { type Breakers, WHOLE } from "./breakers.ts";
import { applyReport, type Change, type Child, createChild, hasEnded, isInDoubt, toUnknown } from "./child.ts";
import { Children } from "./children.ts";
import { ATTEMPTS_MAX } from "./client-order-id.ts";
import type { CoreConfig, RouterConfig } from "./config.ts";
import { Dispatcher } from "./dispatch.ts";
import type { AlarmCode, Command } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";
import { type Cause, createRoute, isSettled, type ParentOrder, type Route, type Tally, tallyOf } from "./open-route.ts";
import { Resolver } from "./resolver.ts";
import type { RiskGate } from "./risk.ts";
import { Surplus } from "./surplus.ts";
import { VenueRecord } from "./venue-record.ts";

/** Of an order that a power loss took from the log: what it served is not known any more. */
const ORPHAN_CAUSE = "orphan";
const NO_SHIELD = 0xffff;

export class Router {
  readonly open: Route[] = [];
  readonly surplus: Surplus;
  readonly venues: VenueRecord;
  /** What the last report changed. */
  lastChange: Change = "none";
  /** The route that the last `start` opened; null when it opened none. */
  lastOpened: Route | null = null;
  readonly #router: RouterConfig;
  readonly #directory: Directory;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #risk: RiskGate;
  readonly #breakers: Breakers;
  readonly #commands: Command[];
  /** A cause of the owner's own, for one whose attempts are used up. */
  readonly #freshCause: (owner: number) => Cause;
  readonly #children = new Children();
  readonly #dispatcher: Dispatcher;
  readonly #resolver: Resolver;
  readonly #tally: Tally = { filled: 0, reserved: 0, inDoubt: 0, working: 0 };
  #nextRoute = 1;

  constructor(
    config: CoreConfig,
    market: Market,
    ledger: Ledger,
    risk: RiskGate,
    breakers: Breakers,
    epoch: number,
    commands: Command[],
    freshCause: (owner: number) => Cause,
  ) {
    this.#router = config.router;
    this.#directory = config.directory;
    this.#market = market;
    this.#ledger = ledger;
    this.#risk = risk;
    this.#breakers = breakers;
    this.#commands = commands;
    this.#freshCause = freshCause;
    this.surplus = new Surplus(config.directory.instruments.length, config.router.overHedgeMsMax);
    this.venues = new VenueRecord(config.directory.venues.length);
    this.#dispatcher = new Dispatcher(
      config,
      market,
      ledger,
      risk,
      this.venues,
      this.#children,
      breakers,
      epoch,
      commands,
    );
    this.#resolver = new Resolver(config.router, this.venues, commands);
  }

  /**
   * Opens a route and sends what it may. NONE when an order left; NO_VENUE when the route waits for one; any other code when
   * the order was refused and no route is open (details in the gate's `refusal`).
   */
  start(order: ParentOrder, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    if (this.#isFull()) return "TOO_MANY_OPEN_INTENTS";
    const route = createRoute(this.#nextRoute, this.#withAttempts(order), nowNs);
    const code = this.#dispatch(route, nowNs, wallMs);
    if (route.children.length > 0 || code === "NONE" || code === "NO_VENUE") this.#keep(route);
    return code;
  }

  /** As `start`, but where no order can leave now no route waits for one, and nothing has happened: any code but NONE. */
  startNow(order: ParentOrder, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    if (this.#isFull()) return "TOO_MANY_OPEN_INTENTS";
    const route = createRoute(this.#nextRoute, this.#withAttempts(order), nowNs);
    const code = this.#dispatch(route, nowNs, wallMs);
    if (route.children.length === 0) return code === "NONE" ? "WRONG_DIRECTION" : code;
    this.#keep(route);
    return code;
  }

  /** What `startNow` would answer now, and nothing happens. */
  wouldStart(order: ParentOrder, nowNs: Ns): RefusalCode {
    if (this.open.length >= this.#router.intentsOpenMax) return "TOO_MANY_OPEN_INTENTS";
    return this.#dispatcher.wouldSend(order, nowNs);
  }

  /** Folds a venue's word into its child. Returns the child, or null when the order is not one of ours. */
  onReport(report: OrderReport, nowNs: Ns, wallMs: EpochMs): Child | null {
    const child = this.#children.get(report.clientOrderId);
    if (child === undefined) return null;
    const venueNowMs = this.#market.venueMsKnown(child.venue, wallMs);
    const wasEnded = hasEnded(child);
    if (child.state === "sent" && report.origin !== "local") {
      this.venues.onAnswer(child.venue, (nowNs - child.sentNs) / 1e6);
    }
    this.#ledger.before(child);
    const change = applyReport(child, report, nowNs, venueNowMs, this.#router);
    const filled = this.#ledger.after(child);
    if (filled !== 0) this.surplus.onFill(child.instrument, filled, nowNs);
    if (!wasEnded && hasEnded(child)) this.#end(child);
    this.lastChange = change;
    switch (change) {
      case "none":
      case "ended":
        break;
      case "unknown":
        this.#resolver.doubt(
          child,
          `${child.clientOrderId}: venue code ${report.code} proves nothing`,
          report.code,
          nowNs,
        );
        this.#resolver.resolve(child, nowNs);
        break;
      case "progress":
        // Found open past its time: cancel it, then its end is proof.
        if (nowNs >= child.sentNs + this.#router.childTimeoutMs * 1e6) this.#resolver.cancel(child, nowNs);
        break;
      case "overFill":
        this.#alarm(
          "OVER_FILL",
          `${child.clientOrderId}: filled ${child.cumQtyLots} of ${child.qtyLots}`,
          child.cumQtyLots,
        );
        break;
      case "lateFill":
        this.#alarm("LATE_FILL", `${child.clientOrderId}: filled after it had ended ${child.state}`, child.cumQtyLots);
        break;
    }
    return child;
  }

  /** Goes on with the routes of an instrument: something ended, a quote or a venue came back. */
  advance(instrument: number, nowNs: Ns, wallMs: EpochMs): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const route = this.open[i]!;
      if (route.order.instrument === instrument) this.#advanceRoute(route, i, nowNs, wallMs);
    }
  }

  /** Deadlines and backoffs that are due. */
  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    const { live } = this.#children;
    for (let i = live.length - 1; i >= 0; i--) {
      const child = live[i]!;
      if (nowNs < child.dueNs) continue;
      if (!isInDoubt(child)) {
        const silentMs = Math.round((nowNs - child.sentNs) / 1e6);
        if (child.state === "sent") this.venues.onAnswer(child.venue, silentMs);
        toUnknown(child, nowNs);
        this.#resolver.doubt(
          child,
          `${child.clientOrderId}: no proof of its outcome after ${silentMs} ms`,
          silentMs,
          nowNs,
        );
      }
      this.#resolver.resolve(child, nowNs);
    }
    for (let i = this.open.length - 1; i >= 0; i--) this.#advanceRoute(this.open[i]!, i, nowNs, wallMs);
    for (let i = this.surplus.takeOverdue(nowNs); i >= 0; i = this.surplus.takeOverdue(nowNs))
      this.#tripBreaker(i, wallMs);
  }

  /** A venue is back: what it may have said while we could not hear is asked for at once. */
  onVenueReady(venue: number, nowNs: Ns): void {
    for (const child of this.#children.live) {
      if (child.venue !== venue) continue;
      if (isInDoubt(child)) {
        child.backoffMs = this.#router.resolveFirstMs;
        this.#resolver.resolve(child, nowNs);
      } else this.#commands.push({ type: "query", child });
    }
  }

  nextTimerNs(nowNs: Ns): number {
    let next = this.surplus.nextTimerNs(nowNs);
    const { live } = this.#children;
    for (let i = 0; i < live.length; i++) if (live[i]!.dueNs < next) next = live[i]!.dueNs;
    for (let i = 0; i < this.open.length; i++) {
      const route = this.open[i]!;
      if (route.done) continue;
      const dueNs =
        route.openedNs + (route.underHedgedAlarmed ? this.#router.totalMs : this.#router.childTimeoutMs) * 1e6;
      if (dueNs < next) next = dueNs;
      // Due in the past means that it waits for a venue, not for the clock.
      const racerNs = route.order.plan.overLots > 0 ? route.racerDueNs : Number.POSITIVE_INFINITY;
      if (racerNs > nowNs && racerNs < next) next = racerNs;
    }
    return next;
  }

  /** A newer decision took over: what is in flight is seen through, nothing more is sent. */
  supersede(owner: number): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const route = this.open[i]!;
      if (route.order.owner !== owner) continue;
      route.done = true;
      this.#closeIfDone(route, i);
    }
  }

  /** Ends one route as `supersede` does. */
  stop(route: Route): void {
    route.done = true;
    const at = this.open.indexOf(route);
    if (at >= 0) this.#closeIfDone(route, at);
  }

  hasOpen(owner: number): boolean {
    for (let i = 0; i < this.open.length; i++) {
      const route = this.open[i]!;
      if (route.order.owner === owner && !route.done) return true;
    }
    return false;
  }

  /** Orders that have not ended. */
  get inFlight(): number {
    return this.#children.live.length;
  }

  /** An order of ours by its id, ended or not, as long as it is remembered. */
  childOf(clientOrderId: string): Child | undefined {
    return this.#children.get(clientOrderId);
  }

  /** Some order at this listing has not ended: its position is not settled enough to compare. */
  liveAt(listing: number): boolean {
    for (const child of this.#children.live) if (child.listing === listing) return true;
    return false;
  }

  /** Recovery: a child of an earlier life. Whatever its last record says, its outcome now is in doubt until a venue proves it. */
  restore(child: Child): void {
    child.backoffMs = this.#router.resolveFirstMs;
    this.#nextRoute = Math.max(this.#nextRoute, child.route + 1);
    if (!Number.isNaN(child.targetLots)) this.surplus.aim(child.instrument, child.targetLots as Lots);
    this.#children.add(child);
    this.#ledger.reserve(child);
  }

  /** Recovery, at its end: orders of this core belong to life `epoch`. */
  beginLife(epoch: number): void {
    this.#dispatcher.beginLife(epoch);
  }

  /** Recovery, at its end: whatever has not ended is to be asked for. Returns how many those are. */
  doubtAll(nowNs: Ns): number {
    const { live } = this.#children;
    for (const child of live) toUnknown(child, nowNs);
    return live.length;
  }

  /** What a snapshot keeps of it. Of a core that recovers: it has no routes. */
  save() {
    const { surplus, venues, lastChange } = this;
    return {
      children: this.#children.save(),
      surplus: surplus.save(),
      venues: venues.save(),
      nextRoute: this.#nextRoute,
      lastChange,
    };
  }
  load({ children, surplus, venues, nextRoute, lastChange }: ReturnType<Router["save"]>): void {
    this.#children.load(children);
    this.surplus.load(surplus);
    this.venues.load(venues);
    this.#nextRoute = nextRoute;
    this.lastChange = lastChange;
  }

  /**
   * An order of ours in a venue's list, after a power loss. What nobody here remembers becomes a child of no route: its fills
   * are ours, and what may still fill is reserved and asked for.
   */
  adopt(order: VenueOrder, nowNs: Ns, wallMs: EpochMs): Child {
    const { clientOrderId, listing, side, status, cumQtyLots, avgPxTicks, venueMs, reduceOnly } = order;
    const { venue, instrument } = this.#directory.listings[listing]!;
    if (this.#children.get(clientOrderId) === undefined) {
      const child = createChild();
      Object.assign(child, { clientOrderId, listing, side, venue, instrument, reduceOnly });
      child.qtyLots = lots(order.qtyLots);
      child.stampMs = venueMs as EpochMs;
      child.cause = ORPHAN_CAUSE;
      child.shield = NO_SHIELD;
      child.backoffMs = this.#router.resolveFirstMs;
      toUnknown(child, nowNs);
      this.#children.add(child);
      this.#ledger.reserve(child);
    }
    const report = { kind: "status", origin: "query", status, cumQtyLots, avgPxTicks, code: 0, venueMs } as const;
    return this.onReport({ venue, clientOrderId, listing, ...report }, nowNs, wallMs)!;
  }

  /** A close of hours in a market that takes nothing: its ids would run out. */
  #withAttempts(order: ParentOrder): ParentOrder {
    const enough = order.cause.nextAttempt + this.#router.attemptsMax <= ATTEMPTS_MAX;
    return enough ? order : { ...order, cause: this.#freshCause(order.owner) };
  }

  #isFull(): boolean {
    this.lastOpened = null;
    if (this.open.length < this.#router.intentsOpenMax) return false;
    this.#risk.refusal.code = "TOO_MANY_OPEN_INTENTS";
    this.#risk.refusal.value = this.open.length + 1;
    this.#risk.refusal.limit = this.#router.intentsOpenMax;
    return true;
  }

  #keep(route: Route): void {
    const { instrument, targetLots, plan } = route.order;
    this.#nextRoute++;
    this.surplus.aim(instrument, targetLots);
    this.surplus.allowNetting(instrument, plan.netMs);
    this.open.push(route);
    this.lastOpened = route;
  }

  #advanceRoute(route: Route, index: number, nowNs: Ns, wallMs: EpochMs): void {
    const ageNs = nowNs - route.openedNs;
    const { qtyLots, cause } = route.order;
    const residual = qtyLots - tallyOf(route.children, this.#tally).filled;
    if (!route.done && residual > 0) {
      if (ageNs >= this.#router.totalMs * 1e6) this.#giveUp(route, residual, "gave up");
      else {
        if (!route.underHedgedAlarmed && ageNs >= this.#router.childTimeoutMs * 1e6) {
          route.underHedgedAlarmed = true;
          this.#alarm("UNDER_HEDGED", `${cause.text}: ${residual} lots not hedged yet`, residual);
        }
        this.#dispatch(route, nowNs, wallMs);
      }
    } else {
      route.done = true;
    }
    this.#closeIfDone(route, index);
  }

  /** Sends what the rule, the plan and the risk gate let it. */
  #dispatch(route: Route, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    const { plan, qtyLots, cause } = route.order;
    const tally = tallyOf(route.children, this.#tally);
    if (route.done || tally.working >= plan.workingMax) return "NONE";
    const residual = qtyLots - tally.filled;
    if (route.children.length >= this.#router.attemptsMax) {
      if (tally.working === 0) this.#giveUp(route, residual, `${route.children.length} orders were not enough`);
      return "NONE";
    }
    const code = this.#dispatcher.send(route, tally, nowNs, wallMs);
    // A racer that finds no venue, or a rest that waits for what is in flight, is no failure.
    if (code === "NONE" || route.children.length === 0 || tally.reserved > 0) return code;
    if (code === "NO_VENUE") {
      // Every venue had its turn: the price has moved away. A new round waits for the playbook's retry.
      this.#giveUp(route, residual, "no venue is left");
      return code;
    }
    const { value, limit } = this.#risk.refusal;
    const refused = `${code}, ${value} against a limit of ${limit}`;
    // What is left is less than any venue takes: nothing was refused, there is only no such order.
    const tooSmall = code === "QUANTITY_UNDER_MIN" || code === "NOTIONAL_UNDER_MIN" || code === "OFF_LOT";
    if (!tooSmall) this.#alarm("ORDER_REFUSED", `${cause.text}: ${refused}`, value);
    this.#giveUp(route, residual, refused);
    return code;
  }

  /** No more orders. What is missing is alarmed to the lot. */
  #giveUp(route: Route, residual: number, why: string): void {
    route.done = true;
    const { plan, cause } = route.order;
    const [code, wished] = plan.reduceOnly
      ? (["OVER_HEDGED", "unwound"] as const)
      : (["UNDER_HEDGED", "hedged"] as const);
    this.#alarm(code, `${cause.text}: ${residual} lots not ${wished}: ${why}`, residual);
  }

  #closeIfDone(route: Route, index: number): void {
    if (!route.done) return;
    const { children } = route;
    if (!isSettled(children)) return;
    route.closed = true;
    this.open.splice(index, 1);
    for (let i = 0; i < children.length; i++) if (hasEnded(children[i]!)) this.#children.release(children[i]!);
  }

  /** A route that is still open lets go of its children when it closes. */
  #end(child: Child): void {
    this.#children.end(child);
    for (let i = 0; i < this.open.length; i++) if (this.open[i]!.id === child.route) return;
    this.#children.release(child);
  }

  #tripBreaker(instrument: number, wallMs: EpochMs): void {
    const surplus = Math.abs(this.surplus.lots(instrument));
    const { symbol } = this.#directory.instruments[instrument]!;
    const lasted = `${surplus} lots of ${symbol} too many for longer than ${this.#router.overHedgeMsMax} ms`;
    this.#alarm("OVER_HEDGED", lasted, surplus);
    this.#breakers.trip("overHedge", WHOLE, lasted, surplus, 0, wallMs);
  }

  #alarm(code: AlarmCode, message: string, value: number): void {
    this.#commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}
