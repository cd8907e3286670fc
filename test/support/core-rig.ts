/** A core on a hand-moved clock: one line per event, and the commands it gave. */
import type { Analysis } from "../../src/core/analysis.ts";
import type { Child } from "../../src/core/child.ts";
import type { Alarm, Command, Control, Verdict } from "../../src/core/event.ts";
import type { ParentOrder } from "../../src/core/open-route.ts";
import type { RoutePlan } from "../../src/core/route-plan.ts";
import { Core } from "../../src/core/step.ts";
import { createOrderReport, type OrderReport, type OrderStatus, type VenueOrder } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Lots, Ns } from "../../src/domain/units.ts";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import { BTC, type CoreOptions, coreConfig, coreParts } from "./core-config.ts";
import { CoreJournal } from "./core-journal.ts";

/** Tuesday 2023-11-14 22:13:20 UTC: not night. */
export const START_MS = 1_700_000_000_000;
export const BID = 600_000;
export const ASK = 600_002;

export type LegSize = Pick<ParentOrder, "instrument" | "side" | "qtyLots" | "targetLots">;

export class CoreRig {
  readonly core: Core;
  /** Every command since the rig was made. */
  readonly log: Command[] = [];
  nowMs = 0;
  #signals = 0;
  #fresh: Command[] = [];

  readonly signalsSent: Signal[] = [];
  /** What a restart would find. */
  readonly journal = new CoreJournal();

  constructor(options: CoreOptions = {}, core = new Core(coreConfig(options), coreParts())) {
    this.core = core;
  }

  /** The next life of `before`, recovered from its journal, with every venue back and its positions as our fills say. */
  static restarted(before: CoreRig, options: CoreOptions): CoreRig {
    const rig = new CoreRig(options, before.journal.recovered(options, before.at.nowNs));
    rig.nowMs = before.nowMs;
    rig.#signals = before.#signals;
    const { venues, listings } = rig.core.config.directory;
    for (const { index } of venues) rig.venue(index);
    for (const { index: venue } of venues) {
      const held = listings.flatMap((listing) =>
        listing.venue === venue ? [[listing.index, rig.core.ledger.positionLots(listing.index)] as const] : [],
      );
      rig.positions(venue, held);
    }
    return rig;
  }

  /** A core with every venue ready, positions compared and quotes everywhere. */
  static ready(options: CoreOptions = {}): CoreRig {
    const rig = new CoreRig(options);
    const { venues, listings } = rig.core.config.directory;
    for (const { index } of venues) rig.venue(index);
    for (const { index } of venues) rig.positions(index, []);
    for (const { index } of listings) rig.quote(index);
    rig.take();
    return rig;
  }

  get at() {
    return { nowNs: (1e12 + this.nowMs * 1e6) as Ns, wallMs: (START_MS + Math.floor(this.nowMs)) as EpochMs };
  }

  quote(listing: number, bidTicks = BID, askTicks = ASK, depthLots = 1000): void {
    const quote = { listing, bidTicks, askTicks, bidLots: depthLots, askLots: depthLots, venueMs: 0 };
    this.#step({ type: "quote", ...this.at, quote });
  }

  venue(venue: number, status: Partial<VenueStatus> = {}): void {
    const all = {
      venue,
      ordersLive: true,
      streamLive: true,
      quotesLive: true,
      clockOffsetMs: 0,
      clockErrorMs: 5,
      ...status,
    };
    this.#step({ type: "venue", ...this.at, status: all });
  }

  positions(venue: number, lots: readonly (readonly [number, number])[]): void {
    this.#step({ type: "positions", ...this.at, venue, lots: lots as readonly (readonly [number, Lots])[] });
  }

  signal(fields: Partial<Signal> = {}): Verdict {
    this.#signals++;
    const signal: Signal = {
      intakeSeq: this.#signals,
      signalId: `s${this.#signals}`,
      source: 0,
      kind: "hedge",
      instrument: BTC,
      direction: "long",
      strength: 0.5,
      confidence: 0.5,
      horizonMs: 900_000,
      generatedAtMs: this.at.wallMs,
      notional: Number.NaN,
      quantity: Number.NaN,
      receivedNs: this.at.nowNs,
      model: 7,
      modelVersion: 1,
      ...fields,
    };
    this.signalsSent.push(signal);
    this.#step({ type: "signal", ...this.at, signal });
    const last = this.#fresh.findLast(({ type }) => type === "verdict");
    if (last?.type !== "verdict" || last.verdict.intakeSeq !== signal.intakeSeq)
      throw new Error("a signal gave no verdict");
    return last.verdict;
  }

  report(child: Child, fields: Partial<OrderReport>): void {
    const { venue, clientOrderId, listing } = child;
    this.#step({
      type: "report",
      ...this.at,
      report: { ...createOrderReport(), venue, clientOrderId, listing, origin: "stream", ...fields },
    });
  }

  /** The venue's word on an order. */
  status(child: Child, status: OrderStatus, cumQtyLots: number, avgPxTicks: number = child.pxTicks): void {
    this.report(child, { kind: "status", status, cumQtyLots, avgPxTicks });
  }

  fill(child: Child): void {
    this.status(child, "filled", child.qtyLots);
  }

  /** Opens a pair, as a playbook would in the midst of a step. */
  pair([one, two]: readonly [LegSize, LegSize], plan: RoutePlan, owner = -1) {
    const { nowNs, wallMs } = this.at;
    const cause = { text: "hook|pair", tag: "0123456789abcdef", nextAttempt: 0, receivedNs: nowNs };
    const terms = { owner, plan, cause };
    const legs = [
      { ...one, ...terms, leg: 0 },
      { ...two, ...terms, leg: 1 },
    ] as const;
    const code = this.core.pairs.start(legs, nowNs, wallMs);
    this.#take();
    return { pair: this.core.pairs.lastOpened, code };
  }

  analysis(analysis: Analysis): void {
    this.#step({ type: "analysis", ...this.at, analysis });
  }

  /** An order of ours in a venue's list after a power loss. */
  orphan(order: Partial<VenueOrder> & Pick<VenueOrder, "clientOrderId" | "listing">): void {
    const all = {
      side: "sell",
      qtyLots: 10,
      status: "filled",
      cumQtyLots: 10,
      avgPxTicks: BID,
      reduceOnly: false,
      venueMs: START_MS,
      ...order,
    } as const;
    this.#step({ type: "orphan", ...this.at, order: all });
  }

  control(control: Control): void {
    this.#step({ type: "control", ...this.at, control });
  }

  timer(): void {
    this.#step({ type: "timer", ...this.at });
  }

  /** Lets `ms` go by; timers fire when they are due, quotes stay fresh if asked. */
  pass(ms: number, keepQuotes = false): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const dueMs = (this.core.nextTimerNs() - 1e12) / 1e6;
      const quoteMs = keepQuotes ? this.nowMs + 1000 : Number.POSITIVE_INFINITY;
      const nextMs = Math.max(this.nowMs, Math.min(dueMs, quoteMs));
      if (nextMs > endMs) break;
      this.nowMs = nextMs;
      if (keepQuotes && nextMs === quoteMs) {
        for (const { index } of this.core.config.directory.listings) this.quote(index);
      }
      if (this.core.nextTimerNs() <= this.at.nowNs) this.timer();
    }
    this.nowMs = endMs;
  }

  /** Commands since the last call. */
  take(): Command[] {
    const taken = this.#fresh;
    this.#fresh = [];
    return taken;
  }

  placed(): Child[] {
    return this.take().flatMap((command) => (command.type === "place" ? [command.child] : []));
  }

  /** The one order placed since the last call. */
  order(): Child {
    const placed = this.placed();
    if (placed.length !== 1) throw new Error(`expected one order, got ${placed.length}`);
    return placed[0]!;
  }

  held(instrument: number): number {
    return this.core.ledger.heldLots(instrument);
  }

  #step(event: Parameters<Core["step"]>[0]): void {
    this.core.step(event);
    this.journal.append(this.core, event, this.core.commands);
    this.#take();
  }

  #take(): void {
    this.#fresh.push(...this.core.commands);
    this.log.push(...this.core.commands);
    this.core.commands.length = 0;
  }
}

export const alarmsIn = (commands: readonly Command[]): Alarm["code"][] =>
  commands.flatMap((command) => (command.type === "alarm" ? [command.alarm.code] : []));
