/**
 * Pair routes: two legs that belong together, sent at once and at full size (SPEC §6). What one leg has more than the other is
 * naked; it is made good or taken back.
 *
 *     opening ─▶ toppingUp ─▶ done            both legs terminal: the short one is topped up to match
 *         └──────────┴─ nakedLegMsMax ─▶ trimming ─▶ done     alarm; the long one is trimmed, reduce-only
 *
 * Invariants
 *   - Neither leg is ever wished beyond its size; what fills beyond it is trimmed at once.
 *   - Only what is certainly naked is trimmed: a leg in doubt counts as if it will fill until a venue proves what became of it.
 *   - From `nakedLegMsMax` on nothing is added to either leg, and it has been said aloud.
 *   - A pair is done when every order of it has ended and the legs match to what their venues can trade.
 *
 * Not journaled: after a restart the legs' orders are asked for like any other, and the playbook sizes what is missing from
 * confirmed fills. This file does not decide when a pair is opened, nor how much of it.
 */
import type { RefusalCode } from "../domain/refusal.ts";
import { type EpochMs, lots, type Ns } from "../domain/units.ts";
import { hasEnded, leavesLots } from "./child.ts";
import type { CoreConfig } from "./config.ts";
import type { Command } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";
import type { ParentOrder, Route } from "./open-route.ts";
import type { Router } from "./route.ts";
import { unwindPlan } from "./route-plan.ts";

/** What either leg is to become, whole. Of one owner, plan and cause. */
export type PairLegs = readonly [ParentOrder, ParentOrder];

export type PairState = "opening" | "toppingUp" | "trimming" | "done";

/** Read by whoever opened it. */
export interface Pair {
  readonly legs: PairLegs;
  readonly state: PairState;
  /** Filled of each leg, less what was trimmed. */
  readonly filledLots: readonly [number, number];
}

interface OpenPair extends Pair {
  state: PairState;
  readonly filledLots: [number, number];
  /** Of both legs. What only reduces trims its leg; the others build it. */
  readonly routes: Route[];
  nakedSinceNs: number;
  retryNs: number;
}

type LegIndex = 0 | 1;

/** Of any instrument. */
const ANY = -1;

export class PairRouter {
  /** The pair that the last `start` opened; null when it opened none. */
  lastOpened: Pair | null = null;
  readonly #config: CoreConfig;
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #router: Router;
  readonly #commands: Command[];
  readonly #open: OpenPair[] = [];

  constructor(config: CoreConfig, market: Market, ledger: Ledger, router: Router, commands: Command[]) {
    this.#config = config;
    this.#market = market;
    this.#ledger = ledger;
    this.#router = router;
    this.#commands = commands;
  }

  get openCount(): number {
    return this.#open.length;
  }

  /**
   * Sends both legs in this step, or neither: NONE, or why one of them cannot be sent now. A leg that was sent alone would have to
   * be taken back at a loss, and again for every signal. So the second is asked, and the first then by being sent.
   */
  start(legs: PairLegs, nowNs: Ns, wallMs: EpochMs): RefusalCode {
    this.lastOpened = null;
    const { intentsOpenMax } = this.#config.router;
    // Two routes or none.
    const hasRoom = this.#open.length < intentsOpenMax && this.#router.open.length + 2 <= intentsOpenMax;
    if (!hasRoom) return "TOO_MANY_OPEN_INTENTS";
    const [one, two] = legs;
    const second = this.#router.wouldStart(two, nowNs);
    const first = second === "NONE" ? this.#router.startNow(one, nowNs, wallMs) : this.#router.wouldStart(one, nowNs);
    if (first !== "NONE" || second !== "NONE") return first === "NONE" ? second : first;
    const pair: OpenPair = {
      legs,
      state: "opening",
      filledLots: [0, 0],
      routes: [this.#router.lastOpened!],
      nakedSinceNs: Number.NaN,
      retryNs: Number.NEGATIVE_INFINITY,
    };
    this.#send(pair, two, nowNs, wallMs);
    this.#open.push(pair);
    this.lastOpened = pair;
    return "NONE";
  }

  /** Lets a pair go where it stands: what is in flight is seen through, and whoever opened it takes its legs over. */
  release(pair: Pair): void {
    const at = this.#open.indexOf(pair as OpenPair);
    if (at < 0) return;
    const { routes } = this.#open[at]!;
    for (const route of routes) if (!route.closed) this.#router.stop(route);
    this.#open[at]!.state = "done";
    this.#open.splice(at, 1);
  }

  /**
   * After every event: looks at what filled and does what is due. An event of one instrument moves the pairs that have a leg in
   * it and no others, so that independent pairs do not feel each other. Costs nothing while no pair is open.
   */
  advance(nowNs: Ns, wallMs: EpochMs, instrument = ANY): void {
    for (let i = this.#open.length - 1; i >= 0; i--) {
      const pair = this.#open[i]!;
      const [one, two] = pair.legs;
      if (instrument !== ANY && one.instrument !== instrument && two.instrument !== instrument) continue;
      this.#advancePair(pair, nowNs, wallMs);
      if (pair.state === "done") this.#open.splice(i, 1);
    }
  }

  nextTimerNs(nowNs: Ns): number {
    let next = Number.POSITIVE_INFINITY;
    for (const pair of this.#open) {
      const nakedNs = pair.nakedSinceNs + this.#config.router.nakedLegMsMax * 1e6;
      if (pair.state !== "trimming" && nakedNs < next) next = nakedNs;
      // Due in the past means that it waits for an event, not for the clock.
      if (pair.retryNs > nowNs && pair.retryNs < next) next = pair.retryNs;
    }
    return next;
  }

  #advancePair(pair: OpenPair, nowNs: Ns, wallMs: EpochMs): void {
    pair.filledLots[0] = filledOf(pair, 0);
    pair.filledLots[1] = filledOf(pair, 1);
    const short = this.#shortLeg(pair);
    const missing = short === null ? 0 : this.#missingLots(pair, short);
    if (missing === 0) pair.nakedSinceNs = Number.NaN;
    else if (Number.isNaN(pair.nakedSinceNs)) pair.nakedSinceNs = nowNs;
    const overdue = nowNs >= pair.nakedSinceNs + this.#config.router.nakedLegMsMax * 1e6;
    if (overdue && pair.state !== "trimming") this.#giveUpBuilding(pair, missing);
    this.#trim(pair, 0, nowNs, wallMs);
    this.#trim(pair, 1, nowNs, wallMs);
    if (!pair.routes.every(({ closed }) => closed)) return;
    if (pair.state === "trimming" || short === null) {
      // What is quarantined may fill yet: until then nobody knows whether the legs match.
      const pending = pendingOf(pair, 0, false) + pendingOf(pair, 1, false);
      if (pending + this.#excessLots(pair, 0) + this.#excessLots(pair, 1) === 0) pair.state = "done";
    } else {
      pair.state = "toppingUp";
      if (nowNs >= pair.retryNs) this.#send(pair, { ...pair.legs[short], qtyLots: lots(missing) }, nowNs, wallMs);
    }
  }

  /** The leg that lacks something its venues can trade; null when the legs match. */
  #shortLeg(pair: OpenPair): LegIndex | null {
    if (this.#missingLots(pair, 0) > 0) return 0;
    return this.#missingLots(pair, 1) > 0 ? 1 : null;
  }

  /** Lots by which `leg` falls short of the other, in whole tradable orders. */
  #missingLots(pair: OpenPair, leg: LegIndex): number {
    const missing = matching(pair, leg, pair.filledLots[other(leg)], Math.floor) - pair.filledLots[leg];
    return missing >= this.#leastLots(pair.legs[leg].instrument) ? missing : 0;
  }

  /** Lots of `leg` that must go: beyond its size at any time; once trimming, beyond all that the other can still have. */
  #excessLots(pair: OpenPair, leg: LegIndex): number {
    const { qtyLots, instrument } = pair.legs[leg];
    const otherMax = pair.filledLots[other(leg)] + pendingOf(pair, other(leg), false);
    const keep = pair.state === "trimming" ? matching(pair, leg, otherMax, Math.ceil) : qtyLots;
    const excess = pair.filledLots[leg] - pendingOf(pair, leg, true) - Math.min(keep, qtyLots);
    return excess >= this.#leastLots(instrument) ? excess : 0;
  }

  #trim(pair: OpenPair, leg: LegIndex, nowNs: Ns, wallMs: EpochMs): void {
    const excess = this.#excessLots(pair, leg);
    const trims = (route: Route) => isOf(route, leg, true) && !route.done;
    if (excess === 0 || nowNs < pair.retryNs || pair.routes.some(trims)) return;
    const built = pair.legs[leg];
    const side = built.side === "buy" ? "sell" : "buy";
    const held = this.#ledger.heldLots(built.instrument);
    const targetLots = lots(built.side === "buy" ? held - excess : held + excess);
    const plan = unwindPlan(built.plan, this.#config.directory.venues.length);
    this.#send(pair, { ...built, side, qtyLots: lots(excess), targetLots, plan }, nowNs, wallMs);
  }

  #send(pair: OpenPair, order: ParentOrder, nowNs: Ns, wallMs: EpochMs): void {
    pair.retryNs = nowNs + this.#config.router.retryMs * 1e6;
    this.#router.start(order, nowNs, wallMs);
    if (this.#router.lastOpened !== null) pair.routes.push(this.#router.lastOpened);
  }

  #giveUpBuilding(pair: OpenPair, missing: number): void {
    pair.state = "trimming";
    pair.retryNs = Number.NEGATIVE_INFINITY;
    for (const route of pair.routes) if (!route.order.plan.reduceOnly && !route.closed) this.#router.stop(route);
    const message = `${pair.legs[0].cause.text}: one leg lacks ${missing} lots for longer than ${this.#config.router.nakedLegMsMax} ms; the other is trimmed`;
    this.#commands.push({ type: "alarm", alarm: { code: "NAKED_LEG", message, value: missing } });
  }

  /** The smallest order that any venue takes. */
  #leastLots(instrument: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const index of this.#market.listingsOf(instrument)) {
      const { qtyLotsMin, lotStep } = this.#config.directory.listings[index]!;
      least = Math.min(least, Math.max(qtyLotsMin, lotStep));
    }
    return least;
  }
}

const other = (leg: LegIndex): LegIndex => (leg === 0 ? 1 : 0);

/** How much of `leg` belongs to `otherLots` of the other, in proportion of their sizes and never more than its own. */
function matching({ legs }: OpenPair, leg: LegIndex, otherLots: number, round: (x: number) => number): number {
  const { qtyLots } = legs[leg];
  const whole = legs[other(leg)].qtyLots;
  return otherLots >= whole ? qtyLots : round((Math.max(0, otherLots) * qtyLots) / whole);
}

/** The route builds that leg, or trims it. */
const isOf = ({ order }: Route, ofLeg: LegIndex, trims: boolean): boolean =>
  order.leg === ofLeg && order.plan.reduceOnly === trims;

/** Filled of a leg, less what was trimmed. */
function filledOf({ routes }: OpenPair, leg: LegIndex): number {
  let sum = 0;
  for (const { order, children } of routes) {
    if (order.leg !== leg) continue;
    for (const { cumQtyLots } of children) sum += order.plan.reduceOnly ? -cumQtyLots : cumQtyLots;
  }
  return sum;
}

/** Lots of orders that may still fill, of those that build the leg or those that trim it. */
function pendingOf({ routes }: OpenPair, leg: LegIndex, trims: boolean): number {
  let sum = 0;
  for (const route of routes) {
    if (!isOf(route, leg, trims)) continue;
    for (const child of route.children) if (!hasEnded(child)) sum += leavesLots(child);
  }
  return sum;
}
