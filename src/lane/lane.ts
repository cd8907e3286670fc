/**
 * Lane: one core, its decision log and its venues, on whatever thread hosts it.
 *
 * The order of things, for every event, is the promise of this file:
 *
 *   1. the event is appended to the decision log
 *   2. `step` decides
 *   3. its commands are appended behind the event
 *   4. handed to the system: all of it survives the death of this process
 *   5. only then are the commands carried out
 *
 * So an order at a venue always has its INTENT in the log, and a log replays to the same commands. Events that arrive while
 * commands are carried out (an order that could not be sent) go the same way before the turn ends.
 *
 * What is not here: where signals come from (host.ts) and how a dead lane comes back (recover.ts, pool-host.ts).
 */
import type { Analysis } from "../core/analysis.ts";
import { addsNothing, type Child } from "../core/child.ts";
import type { Alarm, Command, Control, Event, KillLevel, Verdict } from "../core/event.ts";
import type { Core } from "../core/step.ts";
import { createOrderReport, type OrderReport, type Quote, type VenueOrder } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import { assert, type Lots } from "../domain/units.ts";
import type { Misfit, VenueStatus } from "../domain/venue-status.ts";
import {
  EVENT_QUOTE_BYTES,
  EVENT_REPORT_BYTES,
  EVENT_SIGNAL_BYTES,
  encodeRareEvent,
  writeQuoteEvent,
  writeReportEvent,
  writeSignalEvent,
} from "../journal/event-records.ts";
import type { LogWriter } from "../journal/log.ts";
import { RECORD, RECORD_VERSION } from "../journal/records.ts";
import { HistogramWriter } from "../memory/histogram.ts";
import { KILL_SWITCH_OFFSET, WORD_BYTES } from "../memory/layout.ts";
import { createQuotes, type QuoteWriter } from "../memory/quotes.ts";
import type { SharedMemory } from "../memory/shared.ts";
import { stageHistogram } from "../memory/stages.ts";
import type { Clock } from "../time/clock.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import { BookPublisher } from "./book-publisher.ts";
import { MachineWatch } from "./machine-watch.ts";
import { QuoteTurn } from "./quote-turn.ts";
import { recordCommand } from "./record-command.ts";

export interface LaneParts {
  /** Index of the lane: the owner of its slots in shared memory. */
  readonly index: number;
  readonly epoch: number;
  readonly core: Core;
  readonly decisions: LogWriter;
  readonly quotes: LogWriter;
  readonly clock: Clock;
  readonly shared: SharedMemory;
  onVerdict(verdict: Verdict): void;
  onAlarm(alarm: Alarm): void;
}

/** How long reports may wait for their write, and the published book for what is new. */
export const TIDY_AFTER_MS = 1;

export class Lane implements VenueEvents {
  readonly #parts: LaneParts;
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #decisions: LogWriter;
  readonly #quoteLog: LogWriter;
  readonly #killWord: Int32Array;
  readonly #book: BookPublisher;
  readonly #quotes: QuoteWriter;
  readonly #decideNs: HistogramWriter;
  readonly #sendNs: HistogramWriter;
  readonly #ackNs: HistogramWriter;
  readonly #fillNs: HistogramWriter;
  /** By venue index. */
  readonly #venues: Venue[] = [];
  /** Orders sent per venue: a position snapshot is only worth anything if none left while it was under way. */
  readonly #sends: number[];
  readonly #notSent = createOrderReport();
  readonly #quoteTurn: QuoteTurn;
  #tidyDue: NodeJS.Timeout | null = null;
  #carryingOut = false;
  /** A step threw, or is being made: what it left half done is neither written nor gone on from. */
  #halfDone = false;
  #step = 0;
  readonly #machine: MachineWatch;

  constructor(parts: LaneParts) {
    const { core, shared } = parts;
    this.#parts = parts;
    this.#core = core;
    this.#clock = parts.clock;
    this.#decisions = parts.decisions;
    this.#quoteLog = parts.quotes;
    // A full buffer or segment writes by itself, and what was decided on a quote must not outlive it: replay needs both.
    this.#decisions.predecessor = parts.quotes;
    this.#killWord = shared.i32;
    this.#book = new BookPublisher(core, shared, parts.index);
    this.#quotes = createQuotes(shared, parts.index);
    this.#machine = new MachineWatch({
      ...parts,
      killLevel: () => this.#killLevel(),
      onControl: (control) => this.onControl(control),
    });
    this.#decideNs = new HistogramWriter(shared, stageHistogram("decide"));
    this.#sendNs = new HistogramWriter(shared, stageHistogram("send"));
    this.#ackNs = new HistogramWriter(shared, stageHistogram("ack"));
    this.#fillNs = new HistogramWriter(shared, stageHistogram("fill"));
    this.#sends = core.config.directory.venues.map(() => 0);
    const { listings } = core.config.directory;
    this.#quoteTurn = new QuoteTurn(
      listings.length,
      (quote) => this.#takeQuote(quote),
      () => this.flush(),
    );
  }

  /** Before the first event, and again when a venue's client is replaced by a new one. */
  attach(venue: Venue): void {
    this.#venues[venue.index] = venue;
  }

  /** A signal from the host. Several of one turn may share a `flush`: one write to the log for all of them. */
  onSignal(signal: Signal): void {
    this.#machine.lookAtClock();
    const nowNs = this.#clock.nowNs();
    const wallMs = this.#clock.wallMs();
    const at = this.#decisions.begin(RECORD.EVENT_SIGNAL, RECORD_VERSION, EVENT_SIGNAL_BYTES, nowNs, wallMs);
    writeSignalEvent(this.#decisions, at, this.#step++, signal);
    this.#decisions.commit();
    this.#decide({ type: "signal", nowNs, wallMs, signal });
    this.#decideNs.record(this.#clock.nowNs() - signal.receivedNs);
  }

  /**
   * A venue tells the end of an order twice, by its answer and on its private stream. Whichever comes second, and whatever
   * comes late of the time before, changes nothing: it is no event, and costs no record and no write.
   */
  onReport(report: OrderReport): void {
    const child = this.#core.router.childOf(report.clientOrderId);
    if (child !== undefined && addsNothing(child, report)) return;
    const nowNs = this.#clock.nowNs();
    const wallMs = this.#clock.wallMs();
    const at = this.#decisions.begin(RECORD.EVENT_REPORT, RECORD_VERSION, EVENT_REPORT_BYTES, nowNs, wallMs);
    writeReportEvent(this.#decisions, at, this.#step++, report);
    this.#decisions.commit();
    const before = child?.state;
    this.#decide({ type: "report", nowNs, wallMs, report });
    if (child !== undefined && child.state !== before && !Number.isNaN(child.receivedNs)) {
      if (before === "sent") this.#ackNs.record(nowNs - child.receivedNs);
      if (child.state === "filled") this.#fillNs.record(nowNs - child.receivedNs);
    }
    this.flush();
  }

  /** Conflated: of several quotes of one listing in one turn of the event loop the core sees the last. */
  onQuote(quote: Quote): void {
    this.#quoteTurn.put(quote);
  }

  onStatus(status: VenueStatus): void {
    this.#takeRare(RECORD.EVENT_VENUE, { type: "venue", ...this.#now(), status });
  }

  onPositions(venue: number, positions: ReadonlyMap<number, Lots>): void {
    this.#takeRare(RECORD.EVENT_POSITIONS, { type: "positions", ...this.#now(), venue, lots: [...positions] });
  }

  /** An order of ours in a venue's list, after a power loss. */
  onOrphan(order: VenueOrder): void {
    this.#takeRare(RECORD.EVENT_ORPHAN, { type: "orphan", ...this.#now(), order });
  }

  onControl(control: Control): void {
    this.#takeRare(RECORD.EVENT_CONTROL, { type: "control", ...this.#now(), control });
  }

  onAnalysis(analysis: Analysis): void {
    this.#takeRare(RECORD.EVENT_ANALYSIS, { type: "analysis", ...this.#now(), analysis });
  }

  /** To be called every few milliseconds: lets the core's deadlines pass when they are due. */
  onPulse(): void {
    const nowNs = this.#clock.nowNs();
    this.#machine.look(nowNs);
    if (nowNs < this.#core.nextTimerNs()) return;
    this.#takeRare(RECORD.EVENT_TIMER, { type: "timer", ...this.#now() });
  }

  /**
   * Steps 4 and 5: makes what was decided survive, then does it. Where nothing is to be done (an order's report) the writing
   * waits for the next that is, or for `tidy`, as does everything that others only look at. A report that a death takes along
   * is asked for at the venue by the next start, as is that of any order without an end in the log.
   */
  flush(): void {
    if (this.#carryingOut || this.#halfDone) return;
    const { commands } = this.#core;
    this.#carryingOut = true;
    try {
      while (commands.length > 0) {
        this.#decisions.handOver();
        // Commands of this round only: what they cause by coming back is journaled before it is carried out.
        const count = commands.length;
        for (let i = 0; i < count; i++) this.#carryOut(commands[i]!);
        if (commands.length === count) commands.length = 0;
        else commands.splice(0, count);
      }
    } finally {
      this.#carryingOut = false;
    }
    this.#tidyDue ??= setTimeout(this.#tidy, TIDY_AFTER_MS);
  }

  /**
   * Asks a venue for its positions and lets the core compare. False where orders under way would make the answer
   * meaningless; with `partly` the listings that have some are left out instead.
   */
  async reconcile(venue: number, partly: boolean): Promise<boolean> {
    if (!partly && this.#isBusy(venue)) return false;
    const sends = this.#sends[venue];
    const positions = await this.#venues[venue]!.positions();
    if (this.#sends[venue] !== sends || (!partly && this.#isBusy(venue))) return false;
    this.onPositions(venue, positions);
    return true;
  }

  /** All that does not fit a venue's rules now. What the core knows already is no event. */
  onRules(venue: number, misfits: readonly Misfit[]): void {
    if (JSON.stringify(misfits) === JSON.stringify(this.#core.market.misfits(venue))) return;
    this.onControl({ type: "rules", venue, misfits });
  }

  close(): void {
    this.#quoteTurn.close();
    if (this.#tidyDue !== null) clearTimeout(this.#tidyDue);
    this.#tidy();
  }

  readonly #tidy = (): void => {
    this.#tidyDue = null;
    if (this.#halfDone) return;
    this.#quoteLog.handOver();
    this.#decisions.handOver();
    this.#decisions.wakeFlusher();
    this.#book.publish(this.#clock.nowNs());
  };

  #isBusy(venue: number): boolean {
    const { directory } = this.#core.config;
    return directory.listings.some((listing) => listing.venue === venue && this.#core.router.liveAt(listing.index));
  }

  #takeQuote(quote: Quote): void {
    const nowNs = this.#clock.nowNs();
    const wallMs = this.#clock.wallMs();
    this.#journalQuote(quote, nowNs, wallMs);
    this.#decide({ type: "quote", nowNs, wallMs, quote });
    const { listing, bidTicks, askTicks, bidLots, askLots, venueMs } = quote;
    const atNs = nowNs - this.#core.market.quoteAgeMs(listing, nowNs) * 1e6;
    this.#quotes.publish(listing, bidTicks, askTicks, bidLots, askLots, venueMs, atNs);
  }

  /** On a full disk quotes go first: a replay of this life then ends at the first that is missing. */
  #journalQuote(quote: Quote, nowNs: number, wallMs: number): void {
    const step = this.#step++;
    if (this.#quoteLog.isScarce) return;
    const at = this.#quoteLog.begin(RECORD.EVENT_QUOTE, RECORD_VERSION, EVENT_QUOTE_BYTES, nowNs, wallMs);
    writeQuoteEvent(this.#quoteLog, at, step, this.#parts.epoch, quote);
    this.#quoteLog.commit();
  }

  #takeRare(type: number, event: Event): void {
    this.#decisions.append(type, RECORD_VERSION, event.nowNs, event.wallMs, encodeRareEvent(this.#step++, event));
    this.#decide(event);
    this.flush();
  }

  /** Steps 2 and 3. */
  #decide(event: Event): void {
    const { commands } = this.#core;
    const from = commands.length;
    this.#enter();
    this.#core.step(event);
    for (let i = from; i < commands.length; i++) {
      recordCommand(this.#decisions, this.#core, commands[i]!, event.nowNs, event.wallMs);
    }
    this.#halfDone = false;
  }

  #enter(): void {
    assert(!this.#halfDone, "the lane is broken: an earlier step threw");
    this.#halfDone = true;
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case "place":
        this.#place(command.child);
        return;
      case "cancel":
        this.#venues[command.child.venue]!.cancel(command.child.listing, command.child.clientOrderId);
        return;
      case "query":
        this.#venues[command.child.venue]!.query(command.child.listing, command.child.clientOrderId);
        return;
      case "verdict":
        this.#parts.onVerdict(command.verdict);
        return;
      case "alarm":
        this.#parts.onAlarm(command.alarm);
        return;
      // In the log, which is all that is to be done about them.
      case "decided":
      case "scored":
      case "outcome":
      case "positioned":
      case "breaker":
      case "mark":
        return;
    }
  }

  /** The kill switch is looked at here, last, whatever the core believes. */
  #place(child: Child): void {
    const kill = this.#killLevel();
    const allowed = kill === 0 || (kill === 1 && child.reduceOnly);
    if (allowed) this.#sends[child.venue]!++;
    if (!allowed || !this.#venues[child.venue]!.place(child)) {
      this.#notSent.venue = child.venue;
      this.#notSent.clientOrderId = child.clientOrderId;
      this.#notSent.kind = "notSent";
      this.#notSent.listing = child.listing;
      this.onReport(this.#notSent);
      return;
    }
    if (!Number.isNaN(child.receivedNs)) this.#sendNs.record(this.#clock.nowNs() - child.receivedNs);
  }

  #killLevel(): KillLevel {
    return Atomics.load(this.#killWord, KILL_SWITCH_OFFSET / WORD_BYTES) as KillLevel;
  }

  #now() {
    return { nowNs: this.#clock.nowNs(), wallMs: this.#clock.wallMs() };
  }
}
