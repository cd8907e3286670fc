/**
 * Simulation of the core: the real `Core` over simulated venues on virtual time, hosted as lane.ts hosts it (event → step →
 * records → commands → venue calls, timers when due), with every fault the venues can make and every invariant of the core
 * checked, independently of the core's own counting, after each event.
 *
 * What is left out of the lane: the log's file (records are kept in memory, in the log's own encoding) and shared memory.
 */
import { createHash } from "node:crypto";
import { type Child, hasEnded } from "../../src/core/child.ts";
import type { CoreConfig } from "../../src/core/config.ts";
import type { Command, Control, Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import { createOrderReport, type OrderReport, type Quote, sideSign } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Lots } from "../../src/domain/units.ts";
import {
  decisionBytes,
  intentBytes,
  VERDICT_BYTES,
  writeDecision,
  writeIntent,
  writeVerdict,
} from "../../src/journal/command-records.ts";
import { EVENT_REPORT_BYTES, encodeRareEvent, writeReportEvent } from "../../src/journal/event-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { type Bytes, bytesOf } from "../../src/memory/signal-slot.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import { Scheduler } from "../../src/sim/scheduler.ts";
import { createSimVenue, type SimFaults, type SimVenue } from "../../src/sim/sim-venue.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import type { VenueEvents } from "../../src/venues/venue.ts";
import { BTC, BTC_PERP, coreConfig, coreParts, ETH, ETH_PERP, testDirectory } from "./core-config.ts";
import { recoverThroughSnapshot } from "./snapshot-fold.ts";

export interface SimOptions {
  readonly seed: number;
  /** Cut the log after this many events, and go on with a new core recovered from it. */
  readonly crashAfterEvents?: number;
  /** What a test plants, to see that the invariants catch it. */
  tamper?(command: Command): Command;
}

export interface SimResult {
  readonly events: number;
  readonly orders: number;
  readonly fills: number;
  readonly crashed: boolean;
  readonly alarms: ReadonlySet<string>;
  readonly outcomes: ReadonlySet<string>;
  /** Of every command, in order. */
  readonly hash: string;
}

interface StoredRecord {
  readonly lsn: number;
  readonly type: number;
  readonly version: number;
  readonly monoNs: number;
  readonly wallMs: number;
  readonly payload: Uint8Array;
}

const START_MS = 1_700_000_000_000;
const PULSE_MS = 5;
const STORM_MS = 7000;
const HEALED_MS = 70_000;
const PRICES: Readonly<Record<number, number>> = { [BTC_PERP]: 600_000, [ETH_PERP]: 300_000 };

export function simulate(options: SimOptions): SimResult {
  return new CoreSim(options).run();
}

class CoreSim implements VenueEvents {
  readonly #options: SimOptions;
  readonly #prng: Prng;
  readonly #scheduler = new Scheduler(new VirtualClock(START_MS, 1e15));
  readonly #config: CoreConfig;
  readonly #venues: SimVenue[];
  readonly #hash = createHash("sha256");
  readonly #records: StoredRecord[] = [];
  readonly #intents: string[] = [];
  readonly #known: Child[] = [];
  /** Signals whose verdict is in the log. */
  readonly #decided = new Set<number>();
  readonly #sentIds = new Map<string, Child>();
  readonly #signals = new Map<number, Signal>();
  readonly #verdicts = new Map<number, string>();
  readonly #alarms = new Set<string>();
  readonly #notSent = createOrderReport();
  #core: Core;
  #epoch = 1;
  #events = 0;
  #intakeSeq = 0;
  #carryingOut = false;
  #kill = 0;
  #crashed = false;

  constructor(options: SimOptions) {
    this.#options = options;
    const prng = createPrng(options.seed);
    this.#prng = prng;
    const directory = testDirectory([
      { takerFee: 0.0005, minNotional: 100 },
      { takerFee: 0.0004, minNotional: 5, lotSize: "0.002", tickSize: "0.2" },
      { takerFee: 0.0006 },
    ]);
    const hedgeAnyway = prng.int(2) === 0;
    const mode = (["best-first", "race", "split"] as const)[prng.int(3)]!;
    const needsBudget = hedgeAnyway || mode === "race";
    const risky = {
      onUnknown: hedgeAnyway ? "hedgeAnyway" : "wait",
      overHedgeLotsMax: (needsBudget ? 1 + prng.int(1500) : 0) as Lots,
    } as const;
    this.#config = coreConfig({
      directory,
      shields: [
        { asset: BTC, hedge: BTC_PERP, holdings: 1 + prng.int(3), ...risky },
        {
          asset: ETH,
          hedge: ETH_PERP,
          holdings: -(1 + prng.int(30)),
          ...risky,
          overHedgeLotsMax: (needsBudget ? 500 : 0) as Lots,
        },
      ],
      router: {
        mode,
        racerDelayMsMax: [0, 30][prng.int(2)]!,
        quarantineAfterMs: [1500, 20_000][prng.int(2)]!,
        absenceGraceMs: 500,
        attemptsMax: [2, 8][prng.int(2)]!,
        totalMs: [1500, 5000][prng.int(2)]!,
      },
    });
    this.#core = new Core(this.#config, coreParts(1));
    this.#venues = directory.venues.map(({ index, name }) =>
      createSimVenue(
        { index, name, latencyMs: { min: 1, max: 5 + prng.int(60) }, clockSkewMs: prng.int(160) - 80 },
        this,
        directory,
        this.#scheduler,
        createPrng(options.seed * 16 + index + 1),
      ),
    );
  }

  run(): SimResult {
    for (const venue of this.#venues) void venue.connect();
    for (const venue of this.#venues) this.#takeRare(RECORD.EVENT_POSITIONS, this.#positionsOf(venue));
    this.#moveMarket();
    this.#pulse();
    this.#scheduler.runFor(100);
    const fault = (share: number) => (this.#prng.int(3) === 0 ? share * this.#prng.float() : 0);
    for (const venue of this.#venues) {
      const faults: SimFaults = {
        dropRequest: fault(0.2),
        dropAnswer: fault(0.4),
        dropEvent: fault(0.4),
        duplicateEvent: fault(0.5),
        lateEvent: fault(0.4),
        lateEventMs: this.#prng.int(900),
        reject: fault(0.4),
        partial: fault(0.8),
        spike: fault(0.2),
        spikeMs: this.#prng.int(800),
      };
      venue.setFaults(faults);
    }
    for (let endMs = this.#scheduler.nowMs + STORM_MS; this.#scheduler.nowMs < endMs; ) {
      this.#stir();
      this.#scheduler.runFor(this.#prng.int(120));
    }
    this.#heal();
    return {
      events: this.#events,
      orders: this.#sentIds.size,
      fills: [...this.#sentIds.keys()].filter((id) => this.#filledAtVenue(id) > 0).length,
      crashed: this.#crashed,
      alarms: this.#alarms,
      outcomes: new Set(this.#verdicts.values()),
      hash: this.#hash.digest("hex"),
    };
  }

  // Venue events, as lane.ts takes them in ------------------------------------------------------------------------------

  onReport(report: OrderReport): void {
    const { nowNs, wallMs } = this.#now();
    this.#append(RECORD.EVENT_REPORT, EVENT_REPORT_BYTES, (to) => writeReportEvent(to, 0, this.#events, report));
    this.#step({ type: "report", nowNs, wallMs, report });
  }

  onQuote(quote: Quote): void {
    this.#step({ type: "quote", ...this.#now(), quote });
  }

  onStatus(status: Parameters<VenueEvents["onStatus"]>[0]): void {
    this.#takeRare(RECORD.EVENT_VENUE, { type: "venue", ...this.#now(), status });
  }

  // The storm ------------------------------------------------------------------------------------------------------------

  #stir(): void {
    const { int, float } = this.#prng;
    const pick = int(20);
    if (pick < 6) this.#signal();
    else if (pick < 15) this.#moveMarket();
    else if (pick < 16) this.#venues[int(3)]!.outage(50 + int(1500));
    else if (pick < 17 && int(3) === 0) this.#control({ type: "kill", level: int(3) as 0 | 1 | 2, reason: "sim" });
    else if (pick < 18 && int(3) === 0) {
      const state = (["halted", "reducing", "active", "active"] as const)[int(4)]!;
      this.#control({ type: "state", state, reason: "sim" });
    } else if (float() < 0.2) this.#control({ type: "kill", level: 0, reason: "sim" });
  }

  #signal(fields: Partial<Signal> = {}): void {
    const { int, float } = this.#prng;
    const isBtc = int(2) === 0;
    const { nowNs, wallMs } = this.#now();
    const kind = (["hedge", "hedge", "hedge", "close", "open"] as const)[int(5)]!;
    const capped = int(4) === 0;
    const seq = ++this.#intakeSeq;
    const signal: Signal = {
      intakeSeq: seq,
      signalId: `s${seq}`,
      source: int(2),
      kind,
      instrument: isBtc ? BTC : ETH,
      direction: int(12) === 0 ? "flat" : isBtc ? "long" : "short",
      strength: float(),
      confidence: 0.5,
      horizonMs: [2000, 6000, 900_000][int(3)]!,
      generatedAtMs: (wallMs - int(3) * int(800)) as EpochMs,
      notional: capped ? float() * 100_000 : Number.NaN,
      quantity: !capped && int(4) === 0 ? float() : Number.NaN,
      receivedNs: nowNs,
      model: 0,
      modelVersion: 0,
      ...fields,
    };
    this.#signals.set(seq, signal);
    this.#step({ type: "signal", nowNs, wallMs, signal });
  }

  #moveMarket(): void {
    for (const listing of this.#config.directory.listings) {
      const mid = PRICES[listing.instrument]! + (this.#prng.int(200) - 100) * 2;
      const bid = mid - 2 * this.#prng.int(5);
      const depth = () => 1 + this.#prng.int(4000);
      this.#venues[listing.venue]!.setQuote(listing.index, bid, depth(), bid + 2 + 2 * this.#prng.int(5), depth());
    }
  }

  #control(control: Control): void {
    if (control.type === "kill") this.#kill = control.level;
    this.#takeRare(RECORD.EVENT_CONTROL, { type: "control", ...this.#now(), control });
  }

  #pulse(): void {
    const { nowNs, wallMs } = this.#now();
    if (nowNs >= this.#core.nextTimerNs()) this.#step({ type: "timer", nowNs, wallMs });
    this.#scheduler.after(PULSE_MS, () => this.#pulse());
  }

  // The host -------------------------------------------------------------------------------------------------------------

  #takeRare(type: number, event: Event): void {
    const payload = encodeRareEvent(this.#events, event);
    this.#keep(type, new Uint8Array(payload));
    this.#step(event);
  }

  #step(event: Event): void {
    const from = this.#core.commands.length;
    this.#events++;
    this.#core.step(event);
    for (let i = from; i < this.#core.commands.length; i++) this.#record(this.#core.commands[i]!);
    this.#checkCommands(from);
    this.#checkCounts();
    // A crash before the commands are carried out is the worst: recorded, and nobody knows whether they were sent.
    const isCrash = !this.#crashed && this.#events === this.#options.crashAfterEvents;
    if (isCrash && this.#prng.int(2) === 0) this.#recover();
    else {
      this.#flush();
      if (isCrash) this.#recover();
    }
  }

  #flush(): void {
    if (this.#carryingOut) return;
    this.#carryingOut = true;
    for (let { commands } = this.#core; commands.length > 0; { commands } = this.#core) {
      const core = this.#core;
      for (const command of commands.splice(0)) {
        // A crash on the way: what was not carried out by then never is.
        if (core !== this.#core) break;
        this.#carryOut(this.#options.tamper?.(command) ?? command);
      }
    }
    this.#carryingOut = false;
  }

  #carryOut(command: Command): void {
    this.#note(command);
    switch (command.type) {
      case "place":
        this.#place(command.child);
        return;
      case "cancel":
      case "query": {
        const { venue, listing, clientOrderId } = command.child;
        this.#venues[venue]![command.type](listing, clientOrderId);
        return;
      }
      case "verdict": {
        const { intakeSeq, outcome, refusal } = command.verdict;
        this.#must(!this.#verdicts.has(intakeSeq), `signal ${intakeSeq} has a second verdict`);
        this.#verdicts.set(intakeSeq, refusal === null ? outcome : refusal.code);
        return;
      }
      case "alarm":
        this.#alarms.add(command.alarm.code);
        return;
      case "decided":
        return;
    }
  }

  #place(child: Child): void {
    this.#must(!this.#sentIds.has(child.clientOrderId), `${child.clientOrderId} was sent twice`);
    this.#sentIds.set(child.clientOrderId, child);
    // As the lane does, and the paper exchange's own copy of the order says what was really asked for.
    if (this.#venues[child.venue]!.place(child)) return;
    Object.assign(this.#notSent, { venue: child.venue, clientOrderId: child.clientOrderId, kind: "notSent" });
    this.#notSent.listing = child.listing;
    this.onReport(this.#notSent);
  }

  #record(command: Command): void {
    switch (command.type) {
      case "place":
        this.#intents.push(command.child.clientOrderId);
        this.#append(RECORD.INTENT, intentBytes(command.child), (to) => writeIntent(to, 0, command.child));
        return;
      case "decided": {
        const { decision, stage, targetLots, exposureNotional } = this.#core.shields[command.shield]!;
        if (decision === null) return;
        const record = { shield: command.shield, stage, targetLots, exposureNotional, decision };
        this.#append(RECORD.DECISION, decisionBytes(decision), (to) => writeDecision(to, 0, record));
        return;
      }
      case "verdict":
        this.#decided.add(command.verdict.intakeSeq);
        this.#append(RECORD.VERDICT, VERDICT_BYTES, (to) => writeVerdict(to, 0, command.verdict));
        return;
      default:
        return;
    }
  }

  #append(type: number, length: number, write: (to: Bytes) => void): void {
    const payload = new Uint8Array(length);
    write(bytesOf(payload.buffer));
    this.#keep(type, payload);
  }

  #keep(type: number, payload: Uint8Array): void {
    const { nowNs, wallMs } = this.#now();
    this.#records.push({ lsn: this.#records.length + 1, type, version: 1, monoNs: nowNs, wallMs, payload });
  }

  /** Kill -9 and a new life: the log is all that is left, and the venues go on trading meanwhile. */
  #recover(): void {
    this.#crashed = true;
    const undecided = [...this.#signals.keys()].filter((seq) => !this.#decided.has(seq));
    this.#epoch++;
    this.#known.length = 0;
    this.#core = new Core(this.#config, coreParts(this.#epoch));
    const { decidedSeq } = recoverThroughSnapshot(this.#core, this.#records, this.#now().nowNs);
    this.#must(
      undecided.every((seq) => seq > decidedSeq),
      `recovery takes signal ${undecided[0]} for decided`,
    );
    // The commands of the last step went down with the process; what was durable of them counts.
    for (const child of this.#children())
      if (!this.#sentIds.has(child.clientOrderId)) this.#sentIds.set(child.clientOrderId, child);
    for (const seq of this.#decided) if (!this.#verdicts.has(seq)) this.#verdicts.set(seq, "recovered");
    this.#checkCounts();
    for (const venue of this.#venues) venue.outage(1 + this.#prng.int(50));
    this.#scheduler.after(60, () => this.#reconcileAll());
    // The host hands on what has no verdict in the log, in its old order.
    for (const seq of undecided) {
      const { nowNs, wallMs } = this.#now();
      this.#step({ type: "signal", nowNs, wallMs, signal: this.#signals.get(seq)! });
    }
  }

  /** As open-lane.ts does: venues are compared when nothing is under way there, or partly after a while. */
  #reconcileAll(): void {
    for (const venue of this.#venues) this.#takeRare(RECORD.EVENT_POSITIONS, this.#positionsOf(venue));
    if (this.#core.risk.state === "booting") this.#scheduler.after(200, () => this.#reconcileAll());
  }

  #positionsOf(venue: SimVenue): Event {
    const lots = this.#config.directory.listings
      .filter((listing) => listing.venue === venue.index)
      .map(({ index }) => [index, venue.exchange.positionLots(index) as Lots] as const);
    return { type: "positions", ...this.#now(), venue: venue.index, lots };
  }

  // Invariants -----------------------------------------------------------------------------------------------------------

  /** Of what the step just decided, before any of it is carried out. */
  #checkCommands(from: number): void {
    const { commands, risk, market } = this.#core;
    for (let i = from; i < commands.length; i++) {
      const command = commands[i]!;
      if (command.type === "alarm") this.#must(!Object.is(command.alarm.value, -0), `${command.alarm.code} says -0`);
      if (command.type === "verdict" && command.verdict.refusal !== null) {
        this.#must(!Object.is(command.verdict.refusal.value, -0), "a refusal says -0");
      }
      if (command.type === "decided") {
        const { targetLots, exposureNotional, decision } = this.#core.shields[command.shield]!;
        this.#must(isInteger(targetLots), `target is ${targetLots}`);
        this.#must(!Number.isNaN(exposureNotional), "exposure is NaN");
        const intensity = Object.values(decision!.intensity);
        this.#must(
          intensity.every((x) => Number.isFinite(x) && !Object.is(x, -0)),
          "an input of the decision is no number",
        );
      }
      if (command.type !== "place") continue;
      const { child } = command;
      const listing = this.#config.directory.listings[child.listing]!;
      const instrument = this.#config.directory.instruments[listing.instrument]!;
      const id = child.clientOrderId;
      for (const x of [child.qtyLots, child.pxTicks, child.stampMs, child.validForMs]) {
        this.#must(isInteger(x) && x > 0, `${id} is ordered with ${x}`);
      }
      this.#must(/^[0-9a-f]{32}$/.test(id), `${id} is no order id`);
      this.#must(
        risk.state === "active" || (risk.state === "reducing" && child.reduceOnly),
        `${id} while ${risk.state}`,
      );
      this.#must(this.#kill === 0 || (this.#kill === 1 && child.reduceOnly), `${id} at kill level ${this.#kill}`);
      this.#must(
        child.qtyLots % listing.lotStep === 0 && child.pxTicks % listing.tickStep === 0,
        `${id} is off its grid`,
      );
      this.#must(child.qtyLots >= listing.qtyLotsMin, `${id} is under the minimum`);
      const quote = child.pxTicks * instrument.tick * child.qtyLots * instrument.lot;
      this.#must(child.reduceOnly || quote >= listing.notionalMin, `${id} is under the minimum notional`);
      this.#must(market.venueReady(child.venue), `${id} to a venue that is not ready`);
      const touch = market.touchTicks(child.listing, child.side);
      const worse = sideSign(child.side) * (child.pxTicks - touch);
      this.#must(worse >= 0 && worse <= touch * 0.002, `${id} at ${child.pxTicks} with the touch at ${touch}`);
      this.#checkWorstCase(child, commands.slice(i));
    }
  }

  /** All that is pending on the order's side fills and nothing on the other: even then the target is not passed by more than X. */
  #checkWorstCase(child: Child, fresh: readonly Command[]): void {
    const sign = sideSign(child.side);
    let worst = 0;
    const later = new Set(fresh.flatMap((c) => (c.type === "place" && c.child !== child ? [c.child] : [])));
    for (const other of this.#children()) {
      if (later.has(other)) continue;
      if (other.instrument !== child.instrument) continue;
      worst += sideSign(other.side) * other.cumQtyLots;
      if (!hasEnded(other) && other.side === child.side) worst += sign * Math.max(0, other.qtyLots - other.cumQtyLots);
    }
    const route = this.#core.router.open.find(({ id }) => id === child.route)!;
    const target = route?.order.targetLots ?? this.#core.shields[child.shield]!.targetLots;
    const over = this.#config.shields[child.shield]!.overHedgeLotsMax;
    this.#must(
      sign * (worst - target) <= over,
      `${child.clientOrderId} may take ${worst} lots past ${target} by more than ${over}`,
    );
  }

  /** Counted here from the orders themselves: positions, reservations and what each route has committed. */
  #checkCounts(): void {
    const { ledger, router } = this.#core;
    const { listings, instruments } = this.#config.directory;
    const position = listings.map(() => 0);
    const buy = instruments.map(() => 0);
    const sell = instruments.map(() => 0);
    for (const child of this.#children()) {
      position[child.listing]! += sideSign(child.side) * child.cumQtyLots;
      if (!hasEnded(child))
        (child.side === "buy" ? buy : sell)[child.instrument]! += Math.max(0, child.qtyLots - child.cumQtyLots);
      this.#must(
        child.cumQtyLots <= this.#filledAtVenue(child.clientOrderId),
        `${child.clientOrderId} filled ${child.cumQtyLots} here and ${this.#filledAtVenue(child.clientOrderId)} there`,
      );
    }
    for (const { index } of listings) {
      this.#must(ledger.positionLots(index) === position[index], `position ${index} is ${ledger.positionLots(index)}`);
    }
    for (const { index } of instruments) {
      this.#must(ledger.pendingBuyLots(index) === buy[index], `pending buys of ${index}`);
      this.#must(ledger.pendingSellLots(index) === sell[index], `pending sells of ${index}`);
    }
    for (const { order, children } of router.open) {
      let committed = 0;
      for (const child of children)
        committed += hasEnded(child) ? child.cumQtyLots : Math.max(child.qtyLots, child.cumQtyLots);
      const over = this.#config.shields[order.owner]!.overHedgeLotsMax;
      this.#must(
        committed <= order.qtyLots + over,
        `route of ${order.cause.text}: ${committed} of ${order.qtyLots} + ${over}`,
      );
    }
  }

  /** The faults end; then every order must end or be in quarantine, and every position be what it should or be explained. */
  #heal(): void {
    for (const venue of this.#venues) venue.setFaults({});
    this.#scheduler.runFor(2000);
    this.#control({ type: "kill", level: 0, reason: "healed" });
    this.#control({ type: "state", state: "active", reason: "healed" });
    this.#moveMarket();
    const last = { kind: "hedge", horizonMs: 900_000, generatedAtMs: this.#now().wallMs, strength: 0.5 } as const;
    const none = { notional: Number.NaN, quantity: Number.NaN };
    this.#signal({ ...last, ...none, instrument: BTC, direction: "long" });
    this.#signal({ ...last, ...none, instrument: ETH, direction: "short" });
    for (let passedMs = 0; passedMs < HEALED_MS && !(passedMs > 5000 && this.#isSettled()); passedMs += 500) {
      this.#moveMarket();
      this.#scheduler.runFor(500);
      if (this.#core.risk.state === "reducing") this.#control({ type: "state", state: "active", reason: "healed" });
    }
    for (const child of this.#children()) {
      const ended = hasEnded(child) || child.state === "quarantined";
      this.#must(ended, `${child.clientOrderId} is ${child.state} long after all is well`);
      const truth = this.#filledAtVenue(child.clientOrderId);
      if (hasEnded(child))
        this.#must(child.cumQtyLots === truth, `${child.clientOrderId} ended with ${child.cumQtyLots}, not ${truth}`);
    }
    const quarantined = this.#children().some((child) => child.state === "quarantined");
    if (quarantined) this.#must(this.#alarms.has("QUARANTINED"), "quarantined without an alarm");
    for (const listing of this.#config.directory.listings) {
      const truth = this.#venues[listing.venue]!.exchange.positionLots(listing.index);
      const ours = this.#core.ledger.positionLots(listing.index);
      if (!quarantined) this.#must(ours === truth, `listing ${listing.index}: ${ours} lots here, ${truth} there`);
    }
    for (const shield of this.#core.shields) {
      const { hedge, holdings } = shield.config;
      const held = this.#core.ledger.heldLots(hedge);
      const off = Math.abs(held - shield.targetLots);
      const bandLots = Math.abs(holdings / this.#config.directory.instruments[hedge]!.lot) * 0.05;
      // What prices do after the target was reached is the band's affair.
      if (!quarantined)
        this.#must(off <= bandLots + 10, `shield ${shield.index} holds ${held} of ${shield.targetLots}`);
    }
    for (const seq of this.#signals.keys()) this.#must(this.#verdicts.has(seq), `signal ${seq} has no verdict`);
  }

  #isSettled(): boolean {
    const { router, shields } = this.#core;
    return router.inFlight === 0 && router.open.length === 0 && shields.every((shield) => !shield.settling);
  }

  /** Every order of the log, as the core of this life knows it. */
  #children(): Child[] {
    if (this.#known.length === this.#intents.length) return this.#known;
    for (let i = this.#known.length; i < this.#intents.length; i++) {
      const child = this.#core.router.childOf(this.#intents[i]!);
      this.#must(child !== undefined, `${this.#intents[i]} is forgotten`);
      this.#known.push(child);
    }
    return this.#known;
  }

  #filledAtVenue(id: string): number {
    return this.#venues.reduce((sum, venue) => sum + venue.exchange.filledLots(id), 0);
  }

  #note(command: Command): void {
    const text =
      command.type === "place" || command.type === "cancel" || command.type === "query"
        ? `${command.child.clientOrderId} ${command.child.side} ${command.child.qtyLots} ${command.child.pxTicks}`
        : JSON.stringify(command);
    this.#hash.update(`${this.#scheduler.nowMs} ${command.type} ${text}\n`);
  }

  #now() {
    return { nowNs: this.#scheduler.clock.nowNs(), wallMs: this.#scheduler.clock.wallMs() };
  }

  #must(holds: boolean, broken: string): asserts holds {
    if (holds) return;
    const crash = this.#options.crashAfterEvents;
    throw new Error(
      `seed ${this.#options.seed}${crash === undefined ? "" : `, crash after event ${crash}`}, ` +
        `event ${this.#events}, ${this.#scheduler.nowMs} ms: ${broken}`,
    );
  }
}

const isInteger = (x: number): boolean => Number.isSafeInteger(x) && !Object.is(x, -0);
