/**
 * Route scenarios: one position, one to three signals, three venues that fail in every way they can, on virtual time. Small
 * and fast, so that hundreds of thousands can be run; core-sim.ts is the long story.
 *
 * The witness below keeps its own book from the orders it saw leave and the reports it saw arrive, and holds invariants
 * I1 to I8 of venues.md §6 against the core after every step. It never asks the core what an order's state means.
 */
import { WHOLE } from "../../src/core/breakers.ts";
import type { CoreConfig, RouteMode } from "../../src/core/config.ts";
import type { Command, Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import { createOrderReport, type OrderReport, type Quote } from "../../src/domain/order.ts";
import type { EpochMs, Lots } from "../../src/domain/units.ts";
import { intentBytes, writeIntent } from "../../src/journal/command-records.ts";
import { EVENT_REPORT_BYTES, encodeRareEvent, writeReportEvent } from "../../src/journal/event-records.ts";
import { encodeNamed } from "../../src/journal/json-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { type Bytes, bytesOf } from "../../src/memory/signal-slot.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import { Scheduler } from "../../src/sim/scheduler.ts";
import { drawRouting } from "../../src/sim/sim-config.ts";
import { createSimVenue, type SimFaults, type SimVenue } from "../../src/sim/sim-venue.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import type { VenueEvents } from "../../src/venues/venue.ts";
import { BTC, BTC_PERP, coreConfig, coreParts, testDirectory } from "./core-config.ts";
import { RouteWitness } from "./route-witness.ts";
import { recoverThroughSnapshot } from "./snapshot-fold.ts";

export interface RouteScenario {
  readonly seed: number;
  readonly events: number;
  readonly orders: number;
  readonly mode: RouteMode;
  readonly crashed: boolean;
  readonly alarms: ReadonlySet<string>;
  /** Most that was held too much, in lots, and X. */
  readonly overLotsMax: number;
  readonly budget: number;
  /** Longest time that the venues held anything too much. */
  readonly overMsMax: number;
}

export interface RouteOptions {
  /** Nothing goes wrong: venues answer, the market is deep and moves on, one signal, no operator. */
  readonly well?: boolean;
}

const START_MS = 1_700_000_000_000;
const PRICE = 600_000;
const DIRECTORY = testDirectory([
  { takerFee: 0.0005, minNotional: 100 },
  { takerFee: 0.0004, minNotional: 5, lotSize: "0.002", tickSize: "0.2" },
  { takerFee: 0.0006 },
]);
const LISTINGS = DIRECTORY.listings.filter(({ instrument }) => instrument === BTC_PERP);
const PARTS = [coreParts(1), coreParts(2)] as const;

/** Throws, naming the seed, at the first invariant that does not hold. */
export function runRoute(seed: number, trace?: (line: string) => void, options: RouteOptions = {}): RouteScenario {
  return new RouteSim(seed, trace, options.well ?? false).run();
}

class RouteSim implements VenueEvents {
  readonly #seed: number;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #well: boolean;
  readonly #prng: Prng;
  readonly #scheduler = new Scheduler(new VirtualClock(START_MS, 1e15));
  readonly #config: CoreConfig;
  readonly #venues: SimVenue[];
  readonly #records: Parameters<typeof recoverThroughSnapshot>[1] & { push(record: unknown): void };
  readonly #notSent = createOrderReport();
  readonly #alarms = new Set<string>();
  readonly #witness: RouteWitness;
  #core: Core;
  #timer: { readonly dueNs: number; readonly scheduled: ReturnType<Scheduler["after"]> } | null = null;
  #events = 0;
  #signals = 0;
  #carryingOut = false;
  #crashAt: number;
  #crashed = false;

  constructor(seed: number, trace: ((line: string) => void) | undefined, well: boolean) {
    this.#seed = seed;
    this.#trace = trace;
    this.#well = well;
    const prng = createPrng(seed);
    this.#prng = prng;
    this.#config = configOf(prng);
    this.#crashAt = prng.int(8) === 0 && !well ? 12 + prng.int(120) : -1;
    this.#records = [] as never;
    this.#core = new Core(this.#config, PARTS[0]);
    const skewsMs = DIRECTORY.venues.map(() => prng.int(160) - 80);
    this.#venues = DIRECTORY.venues.map(({ index, name }) =>
      createSimVenue(
        { index, name, latencyMs: { min: 1, max: 2 + prng.int(60) }, clockSkewMs: skewsMs[index]! },
        this,
        DIRECTORY,
        this.#scheduler,
        createPrng(seed * 16 + index + 1),
      ),
    );
    this.#witness = new RouteWitness(this.#config, this.#venues, skewsMs, (broken) => this.#fail(broken));
  }

  run(): RouteScenario {
    const { int } = this.#prng;
    for (const venue of this.#venues) void venue.connect();
    for (const venue of this.#venues) this.#positions(venue);
    this.#moveMarket();
    this.#scheduler.runFor(70);
    for (const venue of this.#well ? [] : this.#venues) {
      const faults = faultsOf(this.#prng);
      venue.setFaults(faults);
      // A venue that says too little is believed, and cannot be guarded against; only what follows can be put right.
      if (faults.staleEnd !== undefined) this.#witness.distrust();
    }
    this.#signal("hedge");
    const stormMs = 600 + int(1500);
    for (let endMs = this.#scheduler.nowMs + stormMs; this.#scheduler.nowMs < endMs; ) {
      this.#scheduler.runFor(20 + int(300));
      this.#stir();
    }
    this.#heal();
    this.#witness.checkEnd(this.#core, this.#alarms);
    return {
      seed: this.#seed,
      events: this.#events,
      orders: this.#witness.orderCount,
      mode: this.#config.router.mode,
      crashed: this.#crashed,
      alarms: this.#alarms,
      overLotsMax: this.#witness.overLotsMax,
      overMsMax: this.#witness.overMsMax,
      budget: this.#config.shields[0]!.overHedgeLotsMax,
    };
  }

  onReport(report: OrderReport): void {
    this.#append(RECORD.EVENT_REPORT, EVENT_REPORT_BYTES, (to) => writeReportEvent(to, 0, this.#events, report));
    this.#witness.onReport(report, this.#now());
    this.#step({ type: "report", ...this.#now(), report });
  }

  onQuote(quote: Quote): void {
    this.#step({ type: "quote", ...this.#now(), quote });
  }

  onStatus(status: Parameters<VenueEvents["onStatus"]>[0]): void {
    this.#rare(RECORD.EVENT_VENUE, { type: "venue", ...this.#now(), status });
  }

  #stir(): void {
    const { int } = this.#prng;
    const pick = this.#well ? 0 : int(16);
    if (pick < 8) this.#moveMarket();
    else if (pick === 8) this.#venues[int(3)]!.outage(30 + int(900));
    else if (pick === 9 && this.#signals < 3) this.#signal(int(2) === 0 ? "close" : "hedge");
    else if (pick === 10) this.#control({ type: "kill", level: 1 + int(2), reason: "sim" } as never);
    else if (pick === 11) this.#control({ type: "state", state: "reducing", reason: "sim" });
    else if (pick === 12) this.#control({ type: "kill", level: 0, reason: "sim" });
  }

  /** All that can go wrong ends; what is left has to come to an end by itself. */
  #heal(): void {
    for (const venue of this.#venues) venue.setFaults({});
    this.#scheduler.runFor(100);
    this.#control({ type: "kill", level: 0, reason: "healed" });
    this.#control({ type: "state", state: "active", reason: "healed" });
    this.#control({ type: "acknowledge", breaker: "overHedge", subject: WHOLE, reason: "healed" });
    // Beyond quarantine; the market goes on, deep enough for anything.
    for (let passedMs = 0; passedMs < 9000; passedMs += 1000) {
      this.#moveMarket(5000);
      this.#scheduler.runFor(1000);
      if (this.#core.risk.state === "reducing") this.#control({ type: "state", state: "active", reason: "healed" });
      const { router, shields } = this.#core;
      const idle = router.inFlight === 0 && router.open.length === 0 && router.surplus.lots(BTC_PERP) === 0;
      if (passedMs >= 1000 && idle && !shields[0]!.settling) break;
    }
  }

  #signal(kind: "hedge" | "close"): void {
    const { nowNs, wallMs } = this.#now();
    const seq = ++this.#signals;
    this.#step({
      type: "signal",
      nowNs,
      wallMs,
      signal: {
        intakeSeq: seq,
        signalId: `s${seq}`,
        source: 0,
        kind,
        instrument: BTC,
        direction: "long",
        strength: (1 + this.#prng.int(100)) / 100,
        confidence: 0.5,
        horizonMs: 900_000,
        generatedAtMs: wallMs,
        notional: Number.NaN,
        quantity: Number.NaN,
        receivedNs: nowNs,
        model: 0,
        modelVersion: 0,
      },
    });
  }

  #moveMarket(depthMin = this.#well ? 5000 : 0): void {
    const { int } = this.#prng;
    for (const listing of LISTINGS) {
      const bid = PRICE + (int(300) - 150) * 2;
      const depth = () => depthMin + int(1200);
      this.#venues[listing.venue]!.setQuote(listing.index, bid, depth(), bid + 2 + 2 * int(4), depth());
    }
  }

  #control(control: Extract<Event, { type: "control" }>["control"]): void {
    this.#rare(RECORD.EVENT_CONTROL, { type: "control", ...this.#now(), control });
  }

  #positions(venue: SimVenue): void {
    const lots = LISTINGS.filter((listing) => listing.venue === venue.index).map(
      ({ index }) => [index, venue.exchange.positionLots(index) as Lots] as const,
    );
    this.#rare(RECORD.EVENT_POSITIONS, { type: "positions", ...this.#now(), venue: venue.index, lots });
  }

  #rare(type: number, event: Event): void {
    const payload = new Uint8Array(encodeRareEvent(this.#events, event));
    this.#keep(type, payload);
    this.#step(event);
  }

  #step(event: Event): void {
    const { commands } = this.#core;
    const from = commands.length;
    this.#events++;
    if (this.#trace !== undefined) this.#trace(this.#line(event));
    this.#core.step(event);
    for (let i = from; i < commands.length; i++) this.#record(commands[i]!);
    this.#witness.afterStep(this.#core, event, commands, from);
    if (this.#events === this.#crashAt) this.#crash();
    else this.#carryOut();
    this.#setTimer();
  }

  #carryOut(): void {
    if (this.#carryingOut) return;
    this.#carryingOut = true;
    const core = this.#core;
    while (core.commands.length > 0 && core === this.#core) {
      for (const command of core.commands.splice(0)) {
        if (core !== this.#core) break;
        this.#do(command);
      }
    }
    this.#carryingOut = false;
  }

  #do(command: Command): void {
    if (this.#trace !== undefined) this.#trace(`${this.#scheduler.nowMs} ▸ ${textOf(command)}`);
    if (command.type === "alarm") this.#alarms.add(command.alarm.code);
    if (command.type === "cancel" || command.type === "query") {
      const { venue, listing, clientOrderId } = command.child;
      this.#venues[venue]![command.type](listing, clientOrderId);
    }
    if (command.type !== "place") return;
    const { child } = command;
    this.#witness.onSend(child.clientOrderId);
    if (this.#venues[child.venue]!.place(child)) return;
    Object.assign(this.#notSent, { venue: child.venue, clientOrderId: child.clientOrderId, kind: "notSent" });
    this.#notSent.listing = child.listing;
    this.onReport(this.#notSent);
  }

  /** The log survives, nothing else does; commands that were not carried out never are. */
  #crash(): void {
    this.#crashed = true;
    const mayRace = !this.#core.breakers.isOpen("overHedge", WHOLE);
    this.#core = new Core(this.#config, PARTS[1]);
    recoverThroughSnapshot(this.#core, this.#records, this.#now().nowNs);
    if (mayRace === this.#core.breakers.isOpen("overHedge", WHOLE)) this.#fail("a restart does not keep the breaker");
    this.#witness.onCrash();
    for (const venue of this.#venues) venue.outage(1 + this.#prng.int(40));
    const compare = () => {
      for (const venue of this.#venues) this.#positions(venue);
      if (this.#core.risk.state === "booting") this.#scheduler.after(200, compare);
    };
    this.#scheduler.after(60, compare);
    this.#signals++;
  }

  #record(command: Command): void {
    if (command.type === "breaker") this.#keep(RECORD.BREAKER, encodeNamed(command.entry));
    if (command.type !== "place") return;
    this.#append(RECORD.INTENT, intentBytes(command.child), (to) => writeIntent(to, 0, command.child));
  }

  #append(type: number, length: number, write: (to: Bytes) => void): void {
    if (this.#crashAt < 0) return;
    const payload = new Uint8Array(length);
    write(bytesOf(payload.buffer));
    this.#keep(type, payload);
  }

  #keep(type: number, payload: Uint8Array): void {
    const { nowNs, wallMs } = this.#now();
    this.#records.push({ lsn: this.#events, type, version: 1, monoNs: nowNs, wallMs, payload });
  }

  /** Exactly when the core asks for it. */
  #setTimer(): void {
    const dueNs = this.#core.nextTimerNs();
    if (this.#timer?.dueNs === dueNs) return;
    if (this.#timer !== null) this.#scheduler.cancel(this.#timer.scheduled);
    this.#timer = null;
    if (dueNs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, (dueNs - this.#now().nowNs) / 1e6);
    const scheduled = this.#scheduler.after(delayMs, () => {
      this.#timer = null;
      this.#step({ type: "timer", ...this.#now() });
    });
    this.#timer = { dueNs, scheduled };
  }

  #now() {
    return { nowNs: this.#scheduler.clock.nowNs(), wallMs: this.#scheduler.clock.wallMs() as EpochMs };
  }

  #line(event: Event): string {
    const about =
      event.type === "report"
        ? `${event.report.clientOrderId.slice(22)} ${event.report.kind} ${event.report.status} ${event.report.cumQtyLots} (${event.report.origin})`
        : event.type === "control"
          ? JSON.stringify(event.control)
          : event.type === "venue"
            ? `${event.status.venue} live ${event.status.ordersLive}`
            : "";
    return `${this.#scheduler.nowMs} ${event.type} ${about}`;
  }

  #fail(broken: string): never {
    throw new Error(
      `seed ${this.#seed}, event ${this.#events}, ${this.#scheduler.nowMs} ms: ${broken}; ` +
        `again: npm run sim:routes -- --seed ${this.#seed}`,
    );
  }
}

function configOf(prng: Prng): CoreConfig {
  const { int } = prng;
  const mode = (["best-first", "race", "split"] as const)[int(3)]!;
  const onUnknown = (["wait", "hedgeAnyway"] as const)[int(2)]!;
  const budget = mode === "race" || onUnknown === "hedgeAnyway" ? [1 + int(400), 1000, 2000][int(3)]! : 0;
  const linear = { ...coreConfig().shields[0]!.linear, leverage: int(4) === 0 ? 20 : 1, leverageGain: 0 };
  return coreConfig({
    directory: DIRECTORY,
    shields: [
      {
        onUnknown,
        overHedgeLotsMax: budget as Lots,
        linear,
        // Only signals move the target here.
        correction: { band: 0.99, to: "edge", slippageBuffer: 1, riskHorizonS: 1 },
      },
    ],
    router: {
      mode,
      ...drawRouting(prng),
      absenceGraceMs: 500,
    },
  });
}

/** A venue is well, dead, silent after its acks, behind with its own books, or a little of everything. */
function faultsOf({ int, float }: Prng): SimFaults {
  switch (int(9)) {
    case 0:
    case 1:
      return {};
    case 2:
      return { dropRequest: 1 };
    case 3:
      return { bareAck: 1, dropEvent: 1 };
    case 4:
      return { dropAnswer: 1, dropEvent: 1 };
    case 5:
      return { dropAnswer: 0.5, dropEvent: 0.5, queryLagMs: 200 + int(600), lateEvent: 0.5, lateEventMs: int(900) };
    case 6:
      // Its answer is always heard, and its stream falls silent.
      if (int(3) === 0) return { staleEnd: 1, dropEvent: 1, lateEventMs: 100 + int(900) };
      return { lateEvent: 1, lateEventMs: int(900), duplicateEvent: 1 };
    default: {
      const share = (most: number) => (int(2) === 0 ? most * float() : 0);
      return {
        dropRequest: share(0.3),
        dropAnswer: share(0.6),
        dropEvent: share(0.6),
        duplicateEvent: share(0.8),
        lateEvent: share(0.5),
        lateEventMs: int(900),
        reject: share(0.5),
        partial: share(0.9),
        spike: share(0.3),
        spikeMs: int(800),
        bareAck: share(1),
        queryLagMs: int(700),
      };
    }
  }
}

function textOf(command: Command): string {
  switch (command.type) {
    case "place": {
      const { clientOrderId, side, qtyLots, listing, reduceOnly, route } = command.child;
      return `place ${clientOrderId.slice(22)} route ${route} ${side} ${qtyLots} at ${listing}${reduceOnly ? " reduce-only" : ""}`;
    }
    case "cancel":
    case "query":
      return `${command.type} ${command.child.clientOrderId.slice(22)}`;
    case "alarm":
      return `alarm ${command.alarm.code} ${command.alarm.message}`;
    default:
      return JSON.stringify(command);
  }
}
