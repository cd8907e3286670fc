/**
 * A day of recorded ticks for every playbook at once: the real core over simulated venues on virtual time, hosted as a lane hosts
 * it, with thousands of signals, lost answers, rejects, partial fills and venues that go away.
 *
 * The recording (bid and ask of a spot market and its perpetual, ten times a second) is played forward and backward until the day
 * is full, on seeded noise: a walk that both markets share, and a basis that comes back. Each playbook has instruments of its own.
 *
 * What is counted here is counted from the venues' reports, not asked of the core.
 */
import { type Child, hasEnded, isInDoubt } from "../../src/core/child.ts";
import type { CoreConfig } from "../../src/core/config.ts";
import type { Command, Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import { createDirectory } from "../../src/domain/instrument.ts";
import { createOrderReport, type OrderReport, type Quote, sideSign } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import { Scheduler } from "../../src/sim/scheduler.ts";
import { createSimVenue, type SimVenue } from "../../src/sim/sim-venue.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import type { VenueEvents } from "../../src/venues/venue.ts";
import { coreConfig, coreParts, SCORE } from "./core-config.ts";

/** Bid and ask of spot and perpetual, in quote currency. */
export type Tick = readonly [spotBid: number, spotAsk: number, perpBid: number, perpAsk: number];

export interface DayOptions {
  readonly seed: number;
  readonly ticks: readonly Tick[];
  readonly rows: number;
  /** Mean time between two signals of each playbook that takes any. */
  readonly signalMs: number;
  /** What a test plants, to see that it is caught. */
  tamper?(command: Command): Command | null;
}

export interface DayResult {
  readonly events: number;
  readonly quotes: number;
  readonly signals: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly fills: number;
  readonly alarms: Readonly<Record<string, number>>;
  readonly whys: Readonly<Record<string, number>>;
  /** Longest that one leg stood alone: in all, and while no order was in doubt, no venue away and its market not dry. */
  readonly nakedMsMax: number;
  readonly nakedCalmMsMax: number;
  readonly breakers: number;
}

const ROW_MS = 100;
const PULSE_MS = 5;
const START_MS = 1_700_000_000_000;
const START_NS = 1e15;
const VENUES = ["alpha", "beta"];
const TICK = 0.1;
const LOT = 0.001;
/** Per row: of the shared walk, of the basis, and the basis's way back. Volatility of 6 % a day; a basis of 0.2 % that halves in 30 s. */
const WALK = 6.5e-5;
const BASIS = 1.4e-4;
const BASIS_BACK = 0.0023;
/** What a leg that stands alone may take beyond its limit until its trim is filled: order, answer, and a partial fill tried again. */
const TRIM_MS = 2000;

/** By playbook: its primary (or what is held) and its hedge. */
const HELD = 0;
const SHIELD_HEDGE = 1;
const SIGNAL_LEGS = [2, 3] as const;
const SPREAD_LEGS = [4, 5] as const;
const IS_SPOT = [true, false, true, false, true, false];

const market = (base: string, isPerpetual: boolean, isListed: boolean) => ({
  symbol: isPerpetual ? `${base}/USDT:USDT` : `${base}/USDT`,
  tickSize: String(TICK),
  lotSize: String(LOT),
  listings: isListed
    ? VENUES.map((venue) => ({ venue, symbol: `${base}USDT`, takerFee: 0.0004, minNotional: 20 }))
    : [],
});

const DIRECTORY = createDirectory(["hook", "feed"], VENUES, [
  market("HELD", false, false),
  market("HELD", true, true),
  market("SIGNAL", false, true),
  market("SIGNAL", true, true),
  market("SPREAD", false, true),
  market("SPREAD", true, true),
]);

const CONFIG: CoreConfig = coreConfig({
  directory: DIRECTORY,
  shields: [{ asset: HELD, hedge: SHIELD_HEDGE, holdings: 2 }],
  signals: [
    {
      asset: SIGNAL_LEGS[0],
      primary: SIGNAL_LEGS[0],
      hedge: SIGNAL_LEGS[1],
      notional: 20_000,
      notionalMax: 60_000,
      stopLoss: 0.004,
    },
  ],
  reversions: [
    {
      primary: SPREAD_LEGS[0],
      hedge: SPREAD_LEGS[1],
      notional: 20_000,
      barMs: 5000,
      costMultiple: 0,
      stopLoss: 0.004,
    },
  ],
  score: { ...SCORE, indicators: { ...SCORE.indicators, samplesMin: 10 } },
  markMs: 60_000,
});

export function runDay(options: DayOptions): DayResult {
  return new TickDay(options).run();
}

interface Standing {
  held: number;
  /** Signed cost of what is held, in tick-lots. */
  paid: number;
}

class TickDay implements VenueEvents {
  readonly #options: DayOptions;
  readonly #prng: Prng;
  readonly #scheduler = new Scheduler(new VirtualClock(START_MS, START_NS));
  readonly #core = new Core(CONFIG, coreParts());
  readonly #venues: SimVenue[];
  readonly #isLive = VENUES.map(() => false);
  readonly #shown: Quote[];
  readonly #dirty = new Set<number>();
  readonly #children = new Map<string, { readonly child: Child; cum: number; paid: number }>();
  readonly #live: Child[] = [];
  /** By listing, from reports: reducing at one venue leaves the price that was paid at another. */
  readonly #stands: Standing[] = DIRECTORY.listings.map(() => ({ held: 0, paid: 0 }));
  readonly #nakedSinceMs = [Number.NaN, Number.NaN];
  readonly #calmSinceMs = [Number.NaN, Number.NaN];
  readonly #closingSinceMs = [Number.NaN, Number.NaN];
  readonly #notSent = createOrderReport();
  readonly #counts = { events: 0, quotes: 0, orders: 0, fills: 0, breakers: 0 };
  readonly #signals: Record<string, number> = {};
  readonly #alarms: Record<string, number> = {};
  readonly #whys: Record<string, number> = {};
  readonly #decided = new Map<number, string>();
  readonly #dryUntilMs = DIRECTORY.instruments.map(() => 0);
  #nakedMsMax = 0;
  #nakedCalmMsMax = 0;
  #carryingOut = false;
  #intakeSeq = 0;
  #walk = 1;
  #basis = 0;
  #isCalm = true;

  constructor(options: DayOptions) {
    this.#options = options;
    this.#prng = createPrng(options.seed);
    this.#venues = VENUES.map((name, index) =>
      createSimVenue(
        { index, name, latencyMs: { min: 1, max: 25 } },
        this,
        DIRECTORY,
        this.#scheduler,
        createPrng(options.seed * 64 + index + 1),
      ),
    );
    this.#shown = DIRECTORY.listings.map(({ index }) => ({
      listing: index,
      bidTicks: 0,
      askTicks: 0,
      bidLots: 0,
      askLots: 0,
      venueMs: 0,
    }));
  }

  run(): DayResult {
    const { rows, ticks } = this.#options;
    for (const venue of this.#venues) void venue.connect();
    for (const { index: venue } of DIRECTORY.venues) this.#step({ type: "positions", ...this.#now(), venue, lots: [] });
    const [asset, hedge] = SPREAD_LEGS;
    this.#step({ type: "analysis", ...this.#now(), analysis: { kind: "halfLife", asset, hedge, bars: 10 } });
    const faults = {
      partial: 0.1,
      reject: 0.02,
      dropAnswer: 0.02,
      dropEvent: 0.02,
      dropRequest: 0.01,
      duplicateEvent: 0.05,
    };
    for (const venue of this.#venues) venue.setFaults({ ...faults, lateEvent: 0.02, lateEventMs: 300, spike: 0 });
    for (let row = 0; row < rows; row++) {
      this.#show(ticks[there(row, ticks.length)]!);
      this.#stir();
      this.#passTo((row + 1) * ROW_MS);
    }
    this.#end(rows);
    const { events, quotes, orders, fills, breakers } = this.#counts;
    const [signals, alarms, whys] = [this.#signals, this.#alarms, this.#whys];
    const [nakedMsMax, nakedCalmMsMax] = [this.#nakedMsMax, this.#nakedCalmMsMax];
    return { events, quotes, signals, orders, fills, alarms, whys, nakedMsMax, nakedCalmMsMax, breakers };
  }

  // What happens ------------------------------------------------------------------------------------------------------------

  #show([spotBid, spotAsk, perpBid, perpAsk]: Tick): void {
    const { float, int } = this.#prng;
    const noise = () => (float() + float() + float() - 1.5) * 2;
    this.#walk *= 1 + WALK * noise();
    this.#basis += BASIS * noise() - BASIS_BACK * this.#basis;
    for (const { index, instrument, venue } of DIRECTORY.listings) {
      const isSpot = IS_SPOT[instrument]!;
      const factor = (this.#walk * (isSpot ? 1 + this.#basis : 1)) / TICK;
      const shown = this.#shown[index]!;
      const offTicks = venue === 0 ? 0 : int(5) - 2;
      shown.bidTicks = Math.floor((isSpot ? spotBid : perpBid) * factor) + offTicks;
      shown.askTicks = Math.max(shown.bidTicks + 1, Math.ceil((isSpot ? spotAsk : perpAsk) * factor) + offTicks);
      shown.bidLots = 50 + int(2000);
      shown.askLots = 50 + int(2000);
      shown.venueMs = this.#scheduler.clock.wallMs();
      this.#dirty.add(index);
      if (this.#isLive[venue]) this.onQuote(shown);
    }
  }

  #stir(): void {
    const { float, int } = this.#prng;
    const perRow = ROW_MS / this.#options.signalMs;
    const direction = () => (float() < 0.5 ? "long" : "short");
    if (float() < perRow)
      this.#signal("shield", { kind: float() < 0.1 ? "close" : "hedge", instrument: HELD, direction: "long" });
    if (float() < perRow) {
      const kind = float() < 0.45 ? "open" : float() < 0.6 ? "adjust" : "close";
      const { decision } = this.#core.playbooks[0]!.position;
      const sign = decision?.playbook === "signal" ? decision.sign : 0;
      // Mostly about the side that is open, or nearly all would be refused.
      const side = sign === 0 || float() < 0.2 ? direction() : sign > 0 ? "long" : "short";
      this.#signal("signal", { kind, instrument: SIGNAL_LEGS[0], direction: side });
    }
    if (float() < perRow / 20)
      this.#signal("reversion", { kind: "close", instrument: SPREAD_LEGS[0], direction: "flat" });
    if (float() < perRow / 10) {
      this.#signal("evidence", { kind: "evidence", instrument: SIGNAL_LEGS[0], direction: direction(), source: 1 });
    }
    // Once in a quarter of an hour a venue is away, now and then for so long that its positions are closed elsewhere.
    if (float() < ROW_MS / 900_000)
      this.#venues[int(2)]!.outage(float() < 0.7 ? 200 + int(5000) : 32_000 + int(10_000));
    if (float() < ROW_MS / 20_000) this.#dryUntilMs[int(DIRECTORY.instruments.length)] = this.#scheduler.nowMs + 6000;
    for (const { breaker, subject } of [...this.#core.breakers.tripped]) {
      if (breaker === "venueDown" && !this.#isLive[subject]) continue;
      this.#counts.breakers++;
      this.#step({
        type: "control",
        ...this.#now(),
        control: { type: "acknowledge", breaker, subject, reason: "seen" },
      });
    }
    if (this.#core.risk.state === "reducing") {
      this.#step({ type: "control", ...this.#now(), control: { type: "state", state: "active", reason: "seen" } });
    }
  }

  #signal(playbook: string, fields: Pick<Signal, "kind" | "instrument" | "direction"> & Partial<Signal>): void {
    const { float, int } = this.#prng;
    const { nowNs, wallMs } = this.#now();
    const intakeSeq = ++this.#intakeSeq;
    this.#signals[playbook] = (this.#signals[playbook] ?? 0) + 1;
    const signal: Signal = {
      intakeSeq,
      signalId: `s${intakeSeq}`,
      source: 0,
      strength: float(),
      confidence: 0.6 + 0.4 * float(),
      horizonMs: [30_000, 120_000, 600_000][int(3)]!,
      generatedAtMs: (wallMs - int(200)) as EpochMs,
      notional: float() < 0.2 ? 5000 + float() * 40_000 : Number.NaN,
      quantity: Number.NaN,
      receivedNs: nowNs,
      model: 7,
      modelVersion: 1,
      ...fields,
    };
    this.#step({ type: "signal", nowNs, wallMs, signal });
    this.#must(this.#decided.has(intakeSeq), `signal ${intakeSeq} has no verdict`);
    this.#decided.delete(intakeSeq);
  }

  /** Faults and outages end; what is under way comes to its end, and every leg is compared with its venues. */
  #end(rows: number): void {
    for (const venue of this.#venues) venue.setFaults({});
    const last = this.#options.ticks[there(rows, this.#options.ticks.length)]!;
    for (let more = 1; more <= 700; more++) {
      this.#show(last);
      this.#passTo((rows + more) * ROW_MS);
    }
    for (const { index, venue, instrument } of DIRECTORY.listings) {
      const theirs = this.#venues[venue]!.exchange.positionLots(index);
      const ours = this.#core.ledger.positionLots(index);
      this.#must(ours === theirs, `listing ${index} of ${instrument}: ${ours} lots here, ${theirs} there`);
    }
    for (const { child } of this.#children.values()) {
      this.#must(
        hasEnded(child) || child.state === "quarantined",
        `${child.clientOrderId} is ${child.state} in the end`,
      );
    }
    const { targetLots } = this.#core.shields[0]!;
    const { held } = this.#legOf(SHIELD_HEDGE);
    this.#must(Math.abs(held - targetLots) <= 0.05 * 2000 + 5, `the shield holds ${held} of ${targetLots}`);
  }

  // Time --------------------------------------------------------------------------------------------------------------------

  #passTo(untilMs: number): void {
    for (;;) {
      const { nowMs, nextDueMs } = this.#scheduler;
      const dueMs = (this.#core.nextTimerNs() - START_NS) / 1e6;
      // As a lane looks: every few milliseconds.
      const pulseMs = Math.max(nowMs, Math.ceil(dueMs / PULSE_MS) * PULSE_MS);
      const next = Math.min(nextDueMs, pulseMs, untilMs);
      if (next === nextDueMs && next <= untilMs) {
        this.#tellBooks();
        this.#scheduler.step();
        continue;
      }
      this.#scheduler.runFor(next - nowMs);
      if (next >= untilMs) return;
      this.#step({ type: "timer", ...this.#now() });
      if (this.#core.nextTimerNs() <= this.#now().nowNs) this.#scheduler.runFor(PULSE_MS);
    }
  }

  #tellBooks(): void {
    for (const index of this.#dirty) {
      const { bidTicks, bidLots, askTicks, askLots } = this.#shown[index]!;
      const { venue, instrument } = DIRECTORY.listings[index]!;
      // Where an instrument is dry, what was shown is gone by the time that an order comes.
      const away = this.#scheduler.nowMs < this.#dryUntilMs[instrument]! ? Math.floor(bidTicks / 50) : 0;
      this.#venues[venue]!.exchange.setQuote(index, bidTicks - away, bidLots, askTicks + away, askLots);
    }
    this.#dirty.clear();
  }

  // The lane's part ---------------------------------------------------------------------------------------------------------

  onQuote(quote: Quote): void {
    this.#counts.quotes++;
    const { nowNs, wallMs } = this.#now();
    this.#step({ type: "quote", nowNs, wallMs, quote });
    this.#checkStops(DIRECTORY.listings[quote.listing]!.instrument, nowNs);
  }

  onReport(report: OrderReport): void {
    // Before the step: what the core then says of the order must already be true of what the venue has told.
    const known = this.#children.get(report.clientOrderId);
    if (known !== undefined && report.kind === "status" && report.cumQtyLots > known.cum) this.#count(known, report);
    this.#step({ type: "report", ...this.#now(), report });
  }

  onStatus(status: VenueStatus): void {
    this.#isLive[status.venue] = status.quotesLive && status.ordersLive;
    this.#step({ type: "venue", ...this.#now(), status });
  }

  #step(event: Event): void {
    this.#counts.events++;
    const from = this.#core.commands.length;
    this.#core.step(event);
    for (let i = from; i < this.#core.commands.length; i++) this.#note(this.#core.commands[i]!);
    if (event.type !== "quote" || this.#core.commands.length > from) this.#checkCounts();
    this.#checkLegs();
    this.#flush();
  }

  #note(command: Command): void {
    if (command.type === "place") this.#noteOrder(command.child);
    else if (command.type === "alarm") this.#alarms[command.alarm.code] = (this.#alarms[command.alarm.code] ?? 0) + 1;
    else if (command.type === "verdict") {
      const { intakeSeq, outcome, refusal } = command.verdict;
      this.#must(!this.#decided.has(intakeSeq), `signal ${intakeSeq} has a second verdict`);
      this.#decided.set(intakeSeq, refusal?.code ?? outcome);
    } else if (command.type === "positioned") {
      const why = command.record.why.split(":")[0]!.replace(/^(alpha|beta)/, "a venue");
      this.#whys[why] = (this.#whys[why] ?? 0) + 1;
    }
  }

  #noteOrder(child: Child): void {
    this.#counts.orders++;
    this.#must(!this.#children.has(child.clientOrderId), `${child.clientOrderId} is sent twice`);
    this.#children.set(child.clientOrderId, { child, cum: 0, paid: 0 });
    const pending = this.#live.filter(
      (other) => other.listing === child.listing && other.side === child.side && !hasEnded(other),
    );
    this.#live.push(child);
    this.#must(this.#core.market.venueReady(child.venue), `${child.clientOrderId} to a venue that is not ready`);
    if (!child.reduceOnly) return;
    // A reduce-only order may not be more than what stands there and nobody is taking yet.
    let stands = -sideSign(child.side) * this.#core.ledger.positionLots(child.listing);
    for (const other of pending) stands -= other.qtyLots - other.cumQtyLots;
    this.#must(child.qtyLots <= stands, `${child.clientOrderId} reduces ${child.qtyLots} of ${stands}`);
  }

  #flush(): void {
    if (this.#carryingOut) return;
    const { commands } = this.#core;
    this.#carryingOut = true;
    while (commands.length > 0) {
      for (const command of commands.splice(0)) {
        const carried = this.#options.tamper === undefined ? command : this.#options.tamper(command);
        if (carried !== null) this.#carryOut(carried);
      }
    }
    this.#carryingOut = false;
  }

  #carryOut(command: Command): void {
    if (command.type === "cancel" || command.type === "query") {
      const { venue, listing, clientOrderId } = command.child;
      this.#venues[venue]![command.type](listing, clientOrderId);
    } else if (command.type === "place") {
      const { child } = command;
      if (this.#venues[child.venue]!.place(child)) return;
      const { venue, clientOrderId, listing } = child;
      this.onReport(Object.assign(this.#notSent, { venue, clientOrderId, listing, kind: "notSent" }));
    }
  }

  // The witness -------------------------------------------------------------------------------------------------------------

  #count(known: { readonly child: Child; cum: number; paid: number }, { cumQtyLots, avgPxTicks }: OrderReport): void {
    const { side, listing } = known.child;
    const lots = cumQtyLots - known.cum;
    const paid = cumQtyLots * avgPxTicks - known.paid;
    known.cum = cumQtyLots;
    known.paid = cumQtyLots * avgPxTicks;
    this.#counts.fills++;
    const leg = this.#stands[listing]!;
    const signed = sideSign(side) * lots;
    const before = leg.held;
    leg.held += signed;
    if (leg.held === 0) leg.paid = 0;
    else if (Math.sign(before) !== Math.sign(leg.held)) leg.paid = leg.held * (paid / lots);
    else if (Math.sign(signed) === Math.sign(before)) leg.paid += sideSign(side) * paid;
    else leg.paid *= leg.held / before;
  }

  #legOf(instrument: number): Standing {
    const leg = { held: 0, paid: 0 };
    for (const index of this.#core.market.listingsOf(instrument)) {
      leg.held += this.#stands[index]!.held;
      leg.paid += this.#stands[index]!.paid;
    }
    return leg;
  }

  #checkCounts(): void {
    const { ledger } = this.#core;
    for (const { index } of DIRECTORY.instruments) {
      const { held } = this.#legOf(index);
      this.#must(
        ledger.heldLots(index) === held,
        `instrument ${index}: ${ledger.heldLots(index)} lots, told of ${held}`,
      );
    }
    for (const { order, children } of this.#core.router.open) {
      let committed = 0;
      for (const child of children) {
        committed += hasEnded(child) ? child.cumQtyLots : Math.max(child.qtyLots, child.cumQtyLots);
      }
      this.#must(committed <= order.qtyLots, `a route of ${order.cause.text} has ${committed} of ${order.qtyLots}`);
    }
  }

  /** Nothing stands that nobody watches, no leg stands alone for longer than it may, and what closes comes to its end. */
  #checkLegs(): void {
    const nowMs = this.#scheduler.nowMs;
    this.#isCalm = this.#isLive.every((live) => live);
    for (const [at, { position, config }] of this.#core.playbooks.entries()) {
      const primary = this.#legOf(config.primary).held;
      const hedge = this.#legOf(config.hedge).held;
      if (position.state === "flat") {
        const dust = Math.abs(primary) + Math.abs(hedge);
        this.#must(dust === 0, `${dust} lots of playbook ${at} stand, and nobody watches them`);
      }
      // A primary so small that its hedge would be less than a lot has none. β is 1, and the two prices are nearly the same.
      const missing = primary === 0 ? Math.abs(hedge) : hedge === 0 ? Math.abs(primary) * position.h * 0.95 : 0;
      const isNaked = missing >= 1;
      if (!isNaked) {
        this.#nakedSinceMs[at] = Number.NaN;
        this.#calmSinceMs[at] = Number.NaN;
      } else {
        if (Number.isNaN(this.#nakedSinceMs[at]!)) this.#nakedSinceMs[at] = nowMs;
        const nakedMs = nowMs - this.#nakedSinceMs[at]!;
        this.#nakedMsMax = Math.max(this.#nakedMsMax, nakedMs);
        // What nobody buys cannot be sold.
        const isDry = nowMs < this.#dryUntilMs[primary === 0 ? config.hedge : config.primary]!;
        const isCertain = this.#isCalm && !isDry && !this.#isInDoubt(config.primary, config.hedge);
        if (!isCertain) this.#calmSinceMs[at] = Number.NaN;
        else if (Number.isNaN(this.#calmSinceMs[at]!)) this.#calmSinceMs[at] = nowMs;
        const calmMs = isCertain ? nowMs - this.#calmSinceMs[at]! : 0;
        this.#nakedCalmMsMax = Math.max(this.#nakedCalmMsMax, calmMs);
        const limitMs = CONFIG.router.nakedLegMsMax + TRIM_MS;
        this.#must(calmMs <= limitMs, `a leg of playbook ${at} stands alone for ${calmMs} ms: ${primary}, ${hedge}`);
      }
      const isClosing = position.state === "closing" && this.#isCalm;
      if (!isClosing) this.#closingSinceMs[at] = Number.NaN;
      else if (Number.isNaN(this.#closingSinceMs[at]!)) this.#closingSinceMs[at] = nowMs;
      const closingMs = isClosing ? nowMs - this.#closingSinceMs[at]! : 0;
      this.#must(closingMs <= 60_000, `playbook ${at} has been closing for ${closingMs} ms: ${primary}, ${hedge}`);
    }
  }

  #isInDoubt(primary: number, hedge: number): boolean {
    for (let i = this.#live.length - 1; i >= 0; i--) {
      const child = this.#live[i]!;
      if (hasEnded(child)) this.#live.splice(i, 1);
      else if (isInDoubt(child) && (child.instrument === primary || child.instrument === hedge)) return true;
    }
    return false;
  }

  /**
   * After a quote of the primary nothing is open that has lost what its stop allows, by what the venues said was paid; by the price
   * of its decision where they stand against each other, since what that has made is of a position before.
   */
  #checkStops(instrument: number, nowNs: Ns): void {
    for (const { position, config } of this.#core.playbooks) {
      if (config.primary !== instrument || position.state === "closing" || position.state === "flat") continue;
      const { held, paid } = this.#legOf(instrument);
      const mid = this.#core.market.midTicks(instrument, nowNs);
      if (held === 0 || Number.isNaN(mid)) continue;
      const isOpposed = this.#core.market.listingsOf(instrument).some((at) => this.#stands[at]!.held * held < 0);
      const entry = isOpposed ? position.entryPrice / DIRECTORY.instruments[instrument]!.tick : paid / held;
      const loss = (-Math.sign(held) * (mid - entry)) / entry;
      this.#must(loss < config.stopLoss * (1 + 1e-9), `${instrument} has lost ${loss} and is ${position.state}`);
    }
  }

  #now(): { readonly nowNs: Ns; readonly wallMs: EpochMs } {
    return { nowNs: this.#scheduler.clock.nowNs(), wallMs: this.#scheduler.clock.wallMs() };
  }

  #must(holds: boolean, broken: string): asserts holds {
    if (!holds) throw new Error(`seed ${this.#options.seed}, ${this.#scheduler.nowMs} ms: ${broken}`);
  }
}

/** Forward and backward again, so that no price jumps where the recording ends. */
function there(row: number, count: number): number {
  const at = row % (2 * count - 2);
  return at < count ? at : 2 * count - 2 - at;
}
