/**
 * Run: a recorded market and recorded signals through the live core, router and admission, on a virtual clock, with simulated
 * venues in between. What the live lane does with a thread, sockets and a disk happens here in one loop:
 *
 *   the venue shows a quote ─▶ one way later the core sees it ─▶ an order leaves ─▶ one way later it meets the venue's book of
 *   that moment ─▶ one way later its report is an event ─▶ the next decision
 *
 * Invariants
 *   - The core is the live one: `step` decides, its commands are encoded as the decision log's records, then carried out.
 *   - Nothing is known before it happened: a result up to any moment does not depend on what the files hold after it.
 *   - The same files, configuration, terms and seed give the same decisions, byte for byte, on every machine.
 *   - Memory does not depend on the length of the files: quotes on their way, orders alive, ids remembered.
 */
import { addsNothing } from "../../core/child.ts";
import type { Command, Event } from "../../core/event.ts";
import { Core } from "../../core/step.ts";
import type { Directory } from "../../domain/instrument.ts";
import { createOrderReport, type OrderReport, type Quote } from "../../domain/order.ts";
import type { DecodedSignal, Signal } from "../../domain/signal.ts";
import type { EpochMs, Ns } from "../../domain/units.ts";
import type { VenueStatus } from "../../domain/venue-status.ts";
import { Admission } from "../../gateway/admission.ts";
import { DedupeTable } from "../../gateway/dedupe.ts";
import type { DeadLetter, Intake } from "../../gateway/intake.ts";
import { SequenceMarks } from "../../gateway/sequence.ts";
import { createPrng } from "../../sim/prng.ts";
import { Scheduler } from "../../sim/scheduler.ts";
import { createSimVenue, type SimVenue } from "../../sim/sim-venue.ts";
import { VirtualClock } from "../../time/clock.ts";
import type { VenueEvents } from "../../venues/venue.ts";
import { deliveredSignals } from "./hook-delivery.ts";
import type { FeedQuote } from "./market-feed.ts";
import { RunDecisions } from "./run-decisions.ts";
import type { RunCounts, RunParts, RunSignal, RunSource } from "./run-parts.ts";
import { ShownQuotes } from "./shown-quotes.ts";

/** Of the seed's streams, the one behind all venues'. */
const HOOKS_STREAM = 63;
/** As the lane looks at its timers. */
const PULSE_MS = 5;
/** Virtual time before the first event, in which venues connect. */
const LEAD_MS = 1000;
/** Monotonic time at the start: any, but not 0, which nothing live ever shows. */
const START_NS = 1e12;

export class RunHost implements VenueEvents, Intake {
  readonly #parts: RunParts;
  readonly #core: Core;
  readonly #directory: Directory;
  readonly #scheduler: Scheduler;
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  readonly #venues: readonly SimVenue[];
  readonly #live: boolean[];
  readonly #admission: Admission;
  readonly #sources: ReadonlyMap<string, RunSource>;
  readonly #decisions: RunDecisions;
  readonly #quotes: ShownQuotes;
  readonly #notSent = createOrderReport();
  readonly #verdicts = new Map<string, number>();
  readonly #counts = { events: 0, quotes: 0, signals: 0, reports: 0, timers: 0, analyses: 0, orders: 0 };
  /** The books of the venues are as they are now before an order meets one. */
  readonly #tellBook = (listing: number, { bidTicks, bidLots, askTicks, askLots }: Quote): void => {
    const { venue } = this.#directory.listings[listing]!;
    this.#venues[venue]!.exchange.setQuote(listing, bidTicks, bidLots, askTicks, askLots);
  };
  #market: FeedQuote | null;
  #signal: RunSignal | null;
  readonly #arriving: Iterator<RunSignal, void>;
  #carryingOut = false;
  #isConnected = false;
  /** A price has been seen: before that there is nothing to compute from. */
  #isSeen = false;
  #intakeSeq = 0;
  #lastTimerMs = Number.NEGATIVE_INFINITY;
  #timerDueMs = Number.POSITIVE_INFINITY;

  constructor(parts: RunParts) {
    const { core, terms, sources } = parts;
    this.#parts = parts;
    this.#directory = core.directory;
    this.#market = parts.feed.next();
    // A stream of its own: what the venues do is not changed by what the senders do.
    this.#arriving = deliveredSignals(parts.signals, terms.hooks, createPrng(terms.seed * 64 + HOOKS_STREAM));
    this.#signal = this.#arriving.next().value ?? null;
    const firstMs = Math.min(
      this.#market?.atMs ?? Number.POSITIVE_INFINITY,
      this.#signal?.atMs ?? Number.POSITIVE_INFINITY,
    );
    this.#startMs = Math.floor(firstMs) - LEAD_MS;
    this.#clock = new VirtualClock(this.#startMs, START_NS);
    this.#scheduler = new Scheduler(this.#clock);
    this.#core = new Core(core, parts.coreParts);
    this.#decisions = new RunDecisions(this.#core, parts.account, (ns) => this.#startMs + (ns - START_NS) / 1e6);
    this.#quotes = new ShownQuotes(core.directory, (terms.latencyMs.min + terms.latencyMs.max) / 2);
    const { partial, reject, dropAnswer } = terms;
    this.#live = core.directory.venues.map(() => false);
    this.#venues = core.directory.venues.map(({ index, name }) =>
      createSimVenue(
        { index, name, latencyMs: terms.latencyMs, faults: { partial, reject, dropAnswer } },
        this,
        core.directory,
        this.#scheduler,
        // A stream of its own for each venue: another venue's orders do not change what happens here.
        createPrng(terms.seed * 64 + index),
      ),
    );
    this.#sources = new Map(sources.map((source) => [source.name, source]));
    this.#admission = new Admission(sources, Number.MAX_SAFE_INTEGER, {
      directory: core.directory,
      dedupe: new DedupeTable(parts.dedupeIdsMax),
      sequences: new SequenceMarks(),
      intake: this,
      clock: this.#clock,
      onAlarm: ({ code }) => parts.account.onAlarm(code),
      onCrash: (error) => {
        throw error;
      },
    });
  }

  /** Lets so many things happen. False once the market has ended. */
  runFor(turns: number): boolean {
    if (!this.#isConnected) this.#connect();
    for (let turn = 0; turn < turns; turn++) if (!this.#next()) return false;
    return true;
  }

  end(): RunCounts {
    this.#parts.account.passTo(this.#clock.wallMs());
    return {
      ...this.#counts,
      decisions: this.#decisions.count,
      decisions_sha256: this.#decisions.digest(),
      admission: Object.fromEntries(this.#verdicts),
    };
  }

  #connect(): void {
    this.#isConnected = true;
    for (const venue of this.#venues) {
      void venue.connect();
      this.#step({ type: "positions", ...this.#now(), venue: venue.index, lots: [] });
    }
    for (const { venue, fromMs, forMs } of this.#parts.terms.outages) {
      if (fromMs < this.#startMs) continue;
      this.#scheduler.after(fromMs - this.#startMs, () => this.#venues[venue]!.outage(forMs));
    }
  }

  // What happens next ------------------------------------------------------------------------------------------------------

  /** One thing, the earliest. Ties in the order below, so that a run is one order of events. False when the market has ended. */
  #next(): boolean {
    const marketMs = this.#market?.atMs ?? Number.POSITIVE_INFINITY;
    const signalMs = this.#signal?.atMs ?? Number.POSITIVE_INFINITY;
    const quoteMs = this.#quotes.nextMs;
    const actionMs = this.#startMs + this.#scheduler.nextDueMs;
    const analysisMs = this.#isSeen ? this.#parts.analyst.nextMs : Number.POSITIVE_INFINITY;
    const earliest = Math.min(marketMs, signalMs, quoteMs, actionMs, this.#timerDueMs, analysisMs);
    // Behind the market's end only what is on its way still arrives.
    if (marketMs === Number.POSITIVE_INFINITY && quoteMs === Number.POSITIVE_INFINITY) return false;
    if (actionMs === earliest) {
      this.#quotes.tell(this.#tellBook);
      this.#scheduler.step();
    } else if (marketMs === earliest) this.#show(this.#market!);
    else if (quoteMs === earliest) this.#deliver(quoteMs);
    else if (signalMs === earliest) this.#receive(this.#signal!);
    else if (analysisMs === earliest) this.#analyse(analysisMs);
    else this.#pulse();
    return true;
  }

  /** The venue shows a price; nobody has seen it yet. */
  #show(quote: FeedQuote): void {
    if (quote.listing < 0) {
      this.#advanceTo(quote.atMs);
      this.#parts.account.passTo(this.#clock.wallMs());
      this.#parts.account.onAssetPrice(quote.asset, quote.price);
    } else this.#quotes.show(quote);
    this.#market = this.#parts.feed.next();
  }

  #deliver(atMs: number): void {
    const quote = this.#quotes.arrive();
    if (!this.#live[this.#directory.listings[quote.listing]!.venue]) return;
    this.#advanceTo(atMs);
    this.onQuote(quote);
  }

  #receive(signal: RunSignal): void {
    this.#advanceTo(signal.atMs);
    this.#signal = this.#arriving.next().value ?? null;
    const source = this.#sources.get(signal.source);
    if (source === undefined) {
      this.#count("NO_SUCH_SOURCE");
      return;
    }
    this.#parts.account.passTo(this.#clock.wallMs());
    const { nowNs } = this.#now();
    const limited = this.#admission.limitRate(source, nowNs);
    const verdict = limited ?? this.#admission.admit(source, source.decode(signal), signal.body, nowNs);
    this.#count(verdict.code);
  }

  #analyse(atMs: number): void {
    this.#advanceTo(atMs);
    for (const analysis of this.#parts.analyst.compute(this.#clock.wallMs())) {
      this.#counts.analyses++;
      this.#step({ type: "analysis", ...this.#now(), analysis });
    }
  }

  #pulse(): void {
    this.#advanceTo(this.#timerDueMs);
    this.#lastTimerMs = this.#timerDueMs;
    this.#counts.timers++;
    this.#step({ type: "timer", ...this.#now() });
  }

  #advanceTo(atMs: number): void {
    const byMs = atMs - this.#startMs - this.#scheduler.nowMs;
    if (byMs > 0) this.#scheduler.runFor(byMs);
  }

  // The lane's part ----------------------------------------------------------------------------------------------------------

  onQuote(quote: Quote): void {
    this.#counts.quotes++;
    const { account } = this.#parts;
    const nowNs = this.#clock.nowNs();
    const wallMs = this.#clock.wallMs();
    account.passTo(wallMs);
    account.onQuote(quote);
    this.#parts.analyst.onQuote(quote, wallMs);
    this.#isSeen = true;
    this.#step({ type: "quote", nowNs, wallMs, quote });
  }

  onReport(report: OrderReport): void {
    const child = this.#core.router.childOf(report.clientOrderId);
    if (child !== undefined && addsNothing(child, report)) return;
    this.#counts.reports++;
    const { wallMs } = this.#now();
    this.#parts.account.passTo(wallMs);
    this.#parts.account.onReport(wallMs, report);
    this.#step({ type: "report", ...this.#now(), report });
  }

  onStatus(status: VenueStatus): void {
    this.#live[status.venue] = status.quotesLive;
    this.#step({ type: "venue", ...this.#now(), status });
    if (status.quotesLive) this.#quotes.connect(status.venue, this.#nowMs());
  }

  #step(event: Event): void {
    const { commands } = this.#core;
    const from = commands.length;
    this.#counts.events++;
    this.#core.step(event);
    for (let i = from; i < commands.length; i++) this.#note(commands[i]!, event);
    this.#flush();
    const dueNs = this.#core.nextTimerNs();
    // Due in the past is due at the next look, as in the lane.
    this.#timerDueMs = Math.max(this.#startMs + (dueNs - START_NS) / 1e6, this.#lastTimerMs + PULSE_MS, this.#nowMs());
  }

  #note(command: Command, event: Event): void {
    this.#decisions.take(command, event);
    this.#parts.analyst.onCommand(command, this.#core, event.wallMs);
    const { operatorMs } = this.#parts.terms;
    if (command.type !== "breaker" || !command.entry.open || operatorMs === null) return;
    const { breaker, subject } = command.entry;
    const control = { type: "acknowledge", breaker, subject, reason: "the run's operator" } as const;
    this.#scheduler.after(operatorMs, () => this.#step({ type: "control", ...this.#now(), control }));
  }

  #flush(): void {
    if (this.#carryingOut) return;
    const { commands } = this.#core;
    this.#carryingOut = true;
    while (commands.length > 0) for (const command of commands.splice(0)) this.#carryOut(command);
    this.#carryingOut = false;
  }

  #carryOut(command: Command): void {
    if (command.type === "cancel" || command.type === "query") {
      const { venue, listing, clientOrderId } = command.child;
      this.#venues[venue]![command.type](listing, clientOrderId);
    } else if (command.type === "place") {
      const { child } = command;
      this.#counts.orders++;
      if (this.#venues[child.venue]!.place(child)) return;
      this.#notSent.venue = child.venue;
      this.#notSent.clientOrderId = child.clientOrderId;
      this.#notSent.kind = "notSent";
      this.#notSent.listing = child.listing;
      this.onReport(this.#notSent);
    }
  }

  // The intake's part --------------------------------------------------------------------------------------------------------

  accept(signal: Signal, decoded: DecodedSignal): number {
    signal.intakeSeq = ++this.#intakeSeq;
    const { model, modelVersion } = decoded;
    this.#decisions.hear(signal.intakeSeq, { model, modelVersion, receivedMs: this.#nowMs() });
    this.#counts.signals++;
    this.#step({ type: "signal", ...this.#now(), signal });
    return signal.intakeSeq;
  }

  deadLetter(_letter: DeadLetter): number {
    return this.#intakeSeq;
  }

  whenDurable(_lsn: number, done: (durable: boolean) => void): void {
    done(true);
  }

  #count(code: string): void {
    this.#verdicts.set(code, (this.#verdicts.get(code) ?? 0) + 1);
  }

  #nowMs(): number {
    return this.#startMs + this.#scheduler.nowMs;
  }

  #now(): { readonly nowNs: Ns; readonly wallMs: EpochMs } {
    return { nowNs: this.#clock.nowNs(), wallMs: this.#clock.wallMs() };
  }
}
