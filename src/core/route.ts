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
import type { OrderReport, Side } from "../domain/order.ts";
import type { RefusalCode } from "../domain/refusal.ts";
import { ceilToTicks, type EpochMs, floorToTicks, type Lots, lots, type Ns, truncToStep } from "../domain/units.ts";
import { applyReport, type Change, type Child, hasEnded, isInDoubt, leavesLots, toUnknown } from "./child.ts";
import { clientOrderId } from "./client-order-id.ts";
import type { CoreConfig, RouterConfig } from "./config.ts";
import type { Alarm, Command } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";
import type { OrderDraft, Parent, RiskGate } from "./risk.ts";

/** How a route uses its venues. Other modes are other values of these, not other code. */
export interface RoutePlan {
  /** Children that may work at the same time. */
  readonly workingMax: number;
  readonly slippageBps: number;
  /** X while no outcome is in doubt, and how far X may be raised to cover quantity that is. */
  readonly overLots: Lots;
  readonly overLotsInDoubt: Lots;
}

/** What an order is for: the first half of its id, and how many orders it has had. */
export interface Cause {
  readonly text: string;
  readonly tag: string;
  nextAttempt: number;
  /** When the signal came in; NaN for the engine's own corrections. */
  readonly receivedNs: number;
}

export interface Route {
  readonly id: number;
  readonly shield: number;
  readonly instrument: number;
  readonly side: Side;
  readonly qtyLots: Lots;
  /** Position of the instrument that the route works toward. */
  readonly targetLots: Lots;
  readonly plan: RoutePlan;
  readonly cause: Cause;
  readonly openedNs: Ns;
  readonly children: Child[];
  /** No more children: filled, given up, or a newer decision took over. */
  done: boolean;
  underHedgedAlarmed: boolean;
}

/** Ended children remembered so that a late fill still finds its order. */
const ENDED_CHILDREN_MAX = 65_536;

export class Router {
  readonly open: Route[] = [];
  /** What the last report changed. */
  lastChange: Change = "none";
  readonly #config: CoreConfig;
  readonly #router: RouterConfig;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #risk: RiskGate;
  readonly #epoch: number;
  readonly #commands: Command[];
  readonly #children = new Map<string, Child>();
  readonly #live: Child[] = [];
  readonly #ended: string[] = [];
  #endedAt = 0;
  #nextRoute = 1;
  /** Listings whose draft the risk gate refused in this dispatch. */
  readonly #refused: number[] = [];
  readonly #draft: OrderDraft = {
    listing: 0,
    side: "buy",
    qtyLots: lots(0),
    pxTicks: floorToTicks(0),
    reduceOnly: false,
  };

  constructor(config: CoreConfig, market: Market, ledger: Ledger, risk: RiskGate, epoch: number, commands: Command[]) {
    this.#config = config;
    this.#router = config.router;
    this.#market = market;
    this.#ledger = ledger;
    this.#risk = risk;
    this.#epoch = epoch;
    this.#commands = commands;
  }

  /**
   * Opens a route and sends what it may. NONE when an order left; NO_VENUE when the route waits for one; any other code when
   * the order was refused and no route is open (details in the gate's `refusal`).
   */
  start(
    shield: number,
    instrument: number,
    side: Side,
    qtyLots: Lots,
    targetLots: Lots,
    plan: RoutePlan,
    cause: Cause,
    nowNs: Ns,
    wallMs: EpochMs,
  ): RefusalCode {
    if (this.open.length >= this.#router.intentsOpenMax) {
      this.#risk.refusal.code = "TOO_MANY_OPEN_INTENTS";
      this.#risk.refusal.value = this.open.length + 1;
      this.#risk.refusal.limit = this.#router.intentsOpenMax;
      return "TOO_MANY_OPEN_INTENTS";
    }
    const route: Route = {
      id: this.#nextRoute++,
      shield,
      instrument,
      side,
      qtyLots,
      targetLots,
      plan,
      cause,
      openedNs: nowNs,
      children: [],
      done: false,
      underHedgedAlarmed: false,
    };
    const refusal = this.#dispatch(route, nowNs, wallMs);
    if (route.children.length === 0 && refusal !== "NONE" && refusal !== "NO_VENUE") return refusal;
    this.open.push(route);
    return refusal;
  }

  /** Folds a venue's word into its child. Returns the child, or null when the order is not one of ours. */
  onReport(report: OrderReport, nowNs: Ns, wallMs: EpochMs): Child | null {
    const child = this.#children.get(report.clientOrderId);
    if (child === undefined) return null;
    const venueNowMs = this.#market.venueMs(child.venue, wallMs);
    const change = this.#ledger.track(child, () => applyReport(child, report, nowNs, venueNowMs, this.#router));
    this.lastChange = change;
    switch (change) {
      case "none":
        break;
      case "unknown":
        this.#alarm("UNKNOWN_OUTCOME", `${child.clientOrderId}: venue code ${report.code} proves nothing`, report.code);
        this.#resolve(child, nowNs);
        break;
      case "progress":
        // Found open past its time: cancel it, then its end is proof.
        if (nowNs >= child.sentNs + this.#router.childTimeoutMs * 1e6) this.#cancel(child, nowNs);
        break;
      case "overFill":
        this.#alarm(
          "OVER_FILL",
          `${child.clientOrderId}: filled ${child.cumQtyLots} of ${child.qtyLots}`,
          child.cumQtyLots,
        );
        this.#forget(child);
        break;
      case "lateFill":
        this.#alarm("LATE_FILL", `${child.clientOrderId}: filled after it had ended ${child.state}`, child.cumQtyLots);
        break;
      case "ended":
        this.#forget(child);
        break;
    }
    return child;
  }

  /** Goes on with the routes of an instrument: something ended, a quote or a venue came back. */
  advance(instrument: number, nowNs: Ns, wallMs: EpochMs): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const route = this.open[i]!;
      if (route.instrument === instrument) this.#advanceRoute(route, i, nowNs, wallMs);
    }
  }

  /** Deadlines and backoffs that are due. */
  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    for (let i = this.#live.length - 1; i >= 0; i--) {
      const child = this.#live[i]!;
      if (nowNs < child.dueNs) continue;
      if (!isInDoubt(child)) {
        toUnknown(child, nowNs);
        const silentMs = Math.round((nowNs - child.sentNs) / 1e6);
        this.#alarm(
          "UNKNOWN_OUTCOME",
          `${child.clientOrderId}: no proof of its outcome after ${silentMs} ms`,
          silentMs,
        );
      }
      this.#resolve(child, nowNs);
    }
    for (let i = this.open.length - 1; i >= 0; i--) this.#advanceRoute(this.open[i]!, i, nowNs, wallMs);
  }

  /** A venue is back: what it may have said while we could not hear is asked for at once. */
  onVenueReady(venue: number, nowNs: Ns): void {
    for (const child of this.#live) {
      if (child.venue !== venue) continue;
      if (isInDoubt(child)) {
        child.backoffMs = this.#router.resolveFirstMs;
        this.#resolve(child, nowNs);
      } else this.#commands.push({ type: "query", child });
    }
  }

  nextTimerNs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const child of this.#live) if (child.dueNs < next) next = child.dueNs;
    for (const route of this.open) {
      const dueNs =
        route.openedNs + (route.underHedgedAlarmed ? this.#router.totalMs : this.#router.childTimeoutMs) * 1e6;
      if (!route.done && dueNs < next) next = dueNs;
    }
    return next;
  }

  /** A newer decision took over: what is in flight is seen through, nothing more is sent. */
  supersede(shield: number): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const route = this.open[i]!;
      if (route.shield !== shield) continue;
      route.done = true;
      this.#closeIfDone(route, i);
    }
  }

  hasOpen(shield: number): boolean {
    for (const route of this.open) if (route.shield === shield && !route.done) return true;
    return false;
  }

  /** Orders that have not ended. */
  get inFlight(): number {
    return this.#live.length;
  }

  /** An order of ours by its id, ended or not, as long as it is remembered. */
  childOf(clientOrderId: string): Child | undefined {
    return this.#children.get(clientOrderId);
  }

  /** Some order at this listing has not ended: its position is not settled enough to compare. */
  liveAt(listing: number): boolean {
    for (const child of this.#live) if (child.listing === listing) return true;
    return false;
  }

  /** Recovery: a child of an earlier life. Whatever its last record says, its outcome now is in doubt until a venue proves it. */
  restore(child: Child): void {
    child.backoffMs = this.#router.resolveFirstMs;
    this.#children.set(child.clientOrderId, child);
    this.#live.push(child);
    this.#ledger.reserve(child);
  }

  #advanceRoute(route: Route, index: number, nowNs: Ns, wallMs: EpochMs): void {
    const ageNs = nowNs - route.openedNs;
    const residual = route.qtyLots - filledLots(route);
    if (!route.done && residual > 0) {
      if (ageNs >= this.#router.totalMs * 1e6) {
        route.done = true;
        this.#alarm("UNDER_HEDGED", `${route.cause.text}: gave up with ${residual} lots not hedged`, residual);
      } else {
        if (!route.underHedgedAlarmed && ageNs >= this.#router.childTimeoutMs * 1e6) {
          route.underHedgedAlarmed = true;
          this.#alarm("UNDER_HEDGED", `${route.cause.text}: ${residual} lots not hedged yet`, residual);
        }
        this.#dispatch(route, nowNs, wallMs);
      }
    } else {
      route.done = true;
    }
    this.#closeIfDone(route, index);
  }

  /** Sends the next child if the rule, the plan and the risk gate let it. */
  #dispatch(route: Route, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    let working = 0;
    let filled = 0;
    let reserved = 0;
    let inDoubt = 0;
    for (const child of route.children) {
      filled += child.cumQtyLots;
      if (hasEnded(child)) continue;
      reserved += leavesLots(child);
      if (isInDoubt(child)) inDoubt += leavesLots(child);
      else working++;
    }
    if (route.done || working >= route.plan.workingMax) return "NONE";
    if (route.children.length >= this.#router.attemptsMax) {
      route.done = true;
      const residual = route.qtyLots - filled;
      this.#alarm(
        "UNDER_HEDGED",
        `${route.cause.text}: ${route.children.length} orders left ${residual} lots`,
        residual,
      );
      return "NONE";
    }
    const over = lots(route.plan.overLots + Math.min(inDoubt, route.plan.overLotsInDoubt));
    const wish = Math.min(
      route.qtyLots - filled,
      route.qtyLots + over - filled - reserved,
      this.#ledger.roomLots(route.instrument, route.side, route.targetLots, over),
    );
    if (wish <= 0) return "NONE";
    this.#refused.length = 0;
    if (!this.#draftBest(route, lots(wish), nowNs)) {
      if (route.children.length > 0 && wish === route.qtyLots - filled) {
        // Every venue had its turn: the price has moved away. A new round waits for the playbook's retry.
        route.done = true;
        this.#alarm("UNDER_HEDGED", `${route.cause.text}: no venue filled the last ${wish} lots`, wish);
      }
      return "NO_VENUE";
    }
    const parent: Parent = {
      qtyLots: route.qtyLots,
      overLots: over,
      targetLots: route.targetLots,
      children: route.children,
    };
    let order = this.#risk.approve(this.#draft, parent, route.plan.slippageBps, nowNs);
    // One venue's wild quote or coarse lot must not speak for the others.
    while (order === null) {
      this.#refused.push(this.#draft.listing);
      if (!this.#draftBest(route, lots(wish), nowNs)) break;
      order = this.#risk.approve(this.#draft, parent, route.plan.slippageBps, nowNs);
    }
    if (order === null) {
      const { code, value, limit } = this.#risk.refusal;
      if (route.children.length > 0) {
        this.#alarm("ORDER_REFUSED", `${route.cause.text}: ${code}, ${value} against a limit of ${limit}`, value);
        route.done = true;
      }
      return code;
    }
    const listing = this.#config.directory.listings[order.listing]!;
    const attempt = route.cause.nextAttempt++;
    const child: Child = {
      clientOrderId: clientOrderId(route.cause.tag, this.#epoch, attempt, 0, listing.venue),
      listing: order.listing,
      side: order.side,
      qtyLots: order.qtyLots,
      pxTicks: order.pxTicks,
      timeInForce: "ioc",
      reduceOnly: order.reduceOnly,
      stampMs: this.#market.venueMs(listing.venue, wallMs) as EpochMs,
      validForMs: this.#router.validForMs,
      venue: listing.venue,
      instrument: listing.instrument,
      route: route.id,
      shield: route.shield,
      cause: route.cause.text,
      attempt,
      sentNs: nowNs,
      state: "sent",
      cumQtyLots: lots(0),
      avgPxTicks: Number.NaN,
      dueNs: nowNs + this.#router.childTimeoutMs * 1e6,
      unknownSinceNs: Number.NaN,
      backoffMs: this.#router.resolveFirstMs,
      notFounds: 0,
      lastNotFoundNs: Number.NaN,
      receivedNs: route.cause.receivedNs,
    };
    route.children.push(child);
    this.#children.set(child.clientOrderId, child);
    this.#live.push(child);
    this.#ledger.reserve(child);
    this.#commands.push({ type: "place", child });
    return "NONE";
  }

  /**
   * Drafts the next order on the best venue left in this round. A venue that holds a position the order would shrink goes
   * first, reduce-only and up to that position, so that hedges are taken off where they stand.
   */
  #draftBest(route: Route, wish: Lots, nowNs: Ns): boolean {
    let best = -1;
    let bestReducible = 0;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const index of this.#market.listingsOf(route.instrument)) {
      const listing = this.#config.directory.listings[index]!;
      if (hadItsTurn(route, index) || this.#refused.includes(index)) continue;
      if (!this.#market.venueReady(listing.venue) || !this.#market.hasFreshQuote(index, nowNs)) continue;
      const reducible = this.#ledger.reducibleLots(index, route.side);
      const price = this.#market.touchTicks(index, route.side);
      const cost = route.side === "buy" ? price * (1 + listing.takerFee) : -price * (1 - listing.takerFee);
      const better = reducible > 0 === bestReducible > 0 ? cost < bestCost : reducible > 0;
      if (best >= 0 && !better) continue;
      best = index;
      bestReducible = reducible;
      bestCost = cost;
    }
    if (best < 0) return false;
    const listing = this.#config.directory.listings[best]!;
    const reduces = bestReducible > 0;
    const quantity = truncToStep(lots(reduces ? Math.min(wish, bestReducible) : wish), listing.lotStep);
    const touch = this.#market.touchTicks(best, route.side);
    const cap = (touch * route.plan.slippageBps) / 10_000;
    const price = route.side === "buy" ? (touch + cap) / listing.tickStep : (touch - cap) / listing.tickStep;
    this.#draft.listing = best;
    this.#draft.side = route.side;
    this.#draft.qtyLots = quantity;
    // Rounded toward the touch: the cap itself is never passed.
    this.#draft.pxTicks = floorToTicks(
      (route.side === "buy" ? floorToTicks(price) : ceilToTicks(price)) * listing.tickStep,
    );
    this.#draft.reduceOnly = reduces;
    return true;
  }

  /** Asks the venue: cancel so that it ends, query so that we learn how. Both, because either answer alone may be lost. */
  #resolve(child: Child, nowNs: Ns): void {
    if (hasEnded(child)) return;
    const doubtMs = (nowNs - child.unknownSinceNs) / 1e6;
    if (child.state !== "quarantined") {
      child.state = "resolving";
      if (doubtMs >= this.#router.quarantineAfterMs) {
        child.state = "quarantined";
        this.#alarm("QUARANTINED", `${child.clientOrderId}: nothing proves its outcome; it stays reserved`, doubtMs);
      }
    }
    this.#commands.push({ type: "cancel", child }, { type: "query", child });
    child.dueNs = nowNs + child.backoffMs * 1e6;
    child.backoffMs = Math.min(child.backoffMs * 2, this.#router.resolveMaxMs);
  }

  #cancel(child: Child, nowNs: Ns): void {
    child.state = "cancelRequested";
    child.dueNs = nowNs + child.backoffMs * 1e6;
    this.#commands.push({ type: "cancel", child });
  }

  #closeIfDone(route: Route, index: number): void {
    if (!route.done) return;
    for (const child of route.children) if (!hasEnded(child) && child.state !== "quarantined") return;
    this.open.splice(index, 1);
  }

  /** Out of the live list; still known for late fills, up to a bound. */
  #forget(child: Child): void {
    const at = this.#live.indexOf(child);
    if (at < 0) return;
    this.#live[at] = this.#live[this.#live.length - 1]!;
    this.#live.pop();
    const evicted = this.#ended[this.#endedAt];
    if (evicted !== undefined) this.#children.delete(evicted);
    this.#ended[this.#endedAt] = child.clientOrderId;
    this.#endedAt = (this.#endedAt + 1) % ENDED_CHILDREN_MAX;
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.#commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

/** It left part of an order unfilled, or in doubt: in this route another venue is better. */
function hadItsTurn(route: Route, listing: number): boolean {
  for (const child of route.children) {
    if (child.listing !== listing) continue;
    if (isInDoubt(child) || (hasEnded(child) && child.cumQtyLots < child.qtyLots)) return true;
  }
  return false;
}

function filledLots(route: Route): number {
  let filled = 0;
  for (const child of route.children) filled += child.cumQtyLots;
  return filled;
}
