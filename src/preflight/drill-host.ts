/**
 * Drill host: a core on a clock moved by hand whose orders fill at once, with a journal like the lane's. Nothing leaves it, and it
 * begins with a journal of its own, so that a drill can neither trade nor change what the engine knows.
 *
 * Every event is in the journal before it is decided and every command behind it, as in `lane/lane.ts`: `replayJournal` makes the
 * same decisions of it again.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "../core/child.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Command, Control, Event, Verdict } from "../core/event.ts";
import { Core } from "../core/step.ts";
import { createOrderReport, type OrderReport } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import { assert, type EpochMs, type Ns } from "../domain/units.ts";
import type { VenueStatus } from "../domain/venue-status.ts";
import { encodeCoreConfig } from "../journal/epoch-config.ts";
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
import { openLog } from "../journal/open-log.ts";
import { readLog } from "../journal/reader.ts";
import { type EpochRecord, RECORD, RECORD_VERSION } from "../journal/records.ts";
import { logBlock } from "../lane/log-blocks.ts";
import { LOG } from "../lane/options.ts";
import { orderTagger } from "../lane/order-tag.ts";
import { recordCommand } from "../lane/record-command.ts";
import { recoverCore } from "../lane/recover.ts";
import { createShared } from "../memory/shared.ts";
import { instantiateKernels } from "../wasm/kernels.ts";

const EPOCH = 1;
const SEGMENT_BYTES = 1024 * 1024;
/** Monotonic time at the start: any, but not 0, which nothing live ever shows. */
const START_NS = 1e12;
/** What every listing shows, in ticks, before it is moved; a whole number of each listing's own ticks. */
const PRICE_TICKS = 1_000_000;
const DEPTH_LOTS = 1_000_000_000;

export class DrillHost {
  readonly core: Core;
  readonly config: CoreConfig;
  readonly directory: string;
  /** What stopped it from answering orders with fills; then they are rejected. */
  rejects = false;
  /** The next order fills twice over, and what would take that back is rejected. */
  overFills = false;
  readonly #kernels: WebAssembly.Module;
  readonly #decisions: LogWriter;
  readonly #quotes: LogWriter;
  readonly #startMs: number;
  readonly #away = new Set<number>();
  /** By instrument. */
  readonly #mid: number[];
  #elapsedMs = 0;
  #step = 0;
  #signals = 0;
  #placed = 0;
  #fresh: Command[] = [];

  /** A journal of an earlier drill in `directory` is replaced. */
  constructor(config: CoreConfig, directory: string, kernels: WebAssembly.Module, wallMs: number) {
    const shared = createShared();
    rmSync(directory, { recursive: true, force: true });
    const log = (name: string, logId: number) =>
      openLog({
        directory: join(directory, name),
        logId,
        bootId: "drill",
        block: logBlock(shared, logId),
        wallMs,
        segmentBytes: SEGMENT_BYTES,
      }).writer;
    this.directory = directory;
    this.config = config;
    this.#kernels = kernels;
    this.#startMs = wallMs;
    this.#decisions = log("decisions", LOG.DECISIONS);
    this.#quotes = log("quotes", LOG.QUOTES);
    this.core = this.#newCore();
    this.#mid = config.directory.instruments.map(({ index }) => wholeTicks(config, index, PRICE_TICKS));
    const epoch: EpochRecord = {
      epoch: EPOCH,
      bootId: "drill",
      engineId: config.engineId,
      core: encodeCoreConfig(config),
    };
    const { nowNs, wallMs: atMs } = this.at;
    this.#decisions.append(RECORD.EPOCH, RECORD_VERSION, nowNs, atMs, Buffer.from(JSON.stringify(epoch)));
    for (const { index } of config.directory.venues) this.venue(index);
    for (const { index } of config.directory.venues)
      this.#rare({ type: "positions", ...this.at, venue: index, lots: [] });
    this.requote();
  }

  get at(): { readonly nowNs: Ns; readonly wallMs: EpochMs } {
    return { nowNs: (START_NS + this.#elapsedMs * 1e6) as Ns, wallMs: (this.#startMs + this.#elapsedMs) as EpochMs };
  }

  /** Orders that left since the start. */
  get placed(): number {
    return this.#placed;
  }

  /** Commands since the last call. */
  take(): readonly Command[] {
    const taken = this.#fresh;
    this.#fresh = [];
    return taken;
  }

  priceOf(instrument: number): number {
    return this.#mid[instrument]! * this.config.directory.instruments[instrument]!.tick;
  }

  /** Every instrument's price times so much of what it was, and told. */
  move(factor: number): void {
    this.#mid.forEach((ticks, index) => {
      this.#mid[index] = wholeTicks(this.config, index, ticks * factor);
    });
    this.requote();
  }

  /** Every venue that is there shows its prices once more: they are fresh. */
  requote(): void {
    for (const { index, instrument, venue, tickStep } of this.config.directory.listings) {
      if (this.#away.has(venue)) continue;
      const mid = this.#mid[instrument]!;
      const lots = { bidLots: DEPTH_LOTS, askLots: DEPTH_LOTS };
      const quote = { listing: index, bidTicks: mid - tickStep, askTicks: mid + tickStep, ...lots, venueMs: 0 };
      const { nowNs, wallMs } = this.at;
      const at = this.#quotes.begin(RECORD.EVENT_QUOTE, RECORD_VERSION, EVENT_QUOTE_BYTES, nowNs, wallMs);
      writeQuoteEvent(this.#quotes, at, this.#step++, EPOCH, quote);
      this.#quotes.commit();
      this.#decide({ type: "quote", nowNs, wallMs, quote });
    }
  }

  /** Time goes by, in which prices stay fresh and timers fire when they are due. */
  pass(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    while (this.#elapsedMs < endMs) {
      const dueMs = Math.max(1, Math.ceil((this.core.nextTimerNs() - this.at.nowNs) / 1e6));
      this.#elapsedMs = Math.min(endMs, this.#elapsedMs + Math.min(dueMs, QUOTE_MS));
      this.requote();
      if (this.core.nextTimerNs() <= this.at.nowNs) this.#rare({ type: "timer", ...this.at });
    }
  }

  signal(fields: Pick<Signal, "kind" | "instrument" | "direction"> & Partial<Signal>): Verdict {
    this.pass(1);
    this.#signals++;
    const { nowNs, wallMs } = this.at;
    const signal: Signal = {
      intakeSeq: this.#signals,
      signalId: `drill-${this.#signals}`,
      source: 0,
      strength: 1,
      confidence: 1,
      horizonMs: 3_600_000,
      generatedAtMs: wallMs,
      notional: Number.NaN,
      quantity: Number.NaN,
      receivedNs: nowNs,
      model: 1,
      modelVersion: 1,
      ...fields,
    };
    const at = this.#decisions.begin(RECORD.EVENT_SIGNAL, RECORD_VERSION, EVENT_SIGNAL_BYTES, nowNs, wallMs);
    writeSignalEvent(this.#decisions, at, this.#step++, signal);
    this.#decisions.commit();
    this.#decide({ type: "signal", nowNs, wallMs, signal });
    const command = this.#fresh.findLast(({ type }) => type === "verdict");
    assert(command?.type === "verdict" && command.verdict.intakeSeq === signal.intakeSeq, "a signal gave no verdict");
    return command.verdict;
  }

  control(control: Control): void {
    this.#rare({ type: "control", ...this.at, control });
  }

  venue(venue: number, status: Partial<VenueStatus> = {}): void {
    const live = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 1 };
    const all = { venue, ...live, ...status };
    if (all.ordersLive && all.quotesLive) this.#away.delete(venue);
    else this.#away.add(venue);
    this.#rare({ type: "venue", ...this.at, status: all });
  }

  /** What a restart would make of the journal so far. */
  restarted(): Core {
    this.#decisions.write();
    const core = this.#newCore();
    recoverCore(core, readLog(join(this.directory, "decisions")), this.at.nowNs);
    return core;
  }

  close(): void {
    this.#quotes.close();
    this.#decisions.close();
  }

  #newCore(): Core {
    return new Core(this.config, {
      kernels: instantiateKernels(this.#kernels, createShared().memory),
      tagOf: orderTagger(this.config.engineId),
      epoch: EPOCH,
    });
  }

  #rare(event: Event): void {
    const type = RARE[event.type as keyof typeof RARE];
    this.#decisions.append(type, RECORD_VERSION, event.nowNs, event.wallMs, encodeRareEvent(this.#step++, event));
    this.#decide(event);
  }

  #decide(event: Event): void {
    const { commands } = this.core;
    this.core.step(event);
    const made = commands.splice(0);
    for (const command of made) recordCommand(this.#decisions, this.core, command, event.nowNs, event.wallMs);
    this.#fresh.push(...made);
    for (const command of made) if (command.type === "place") this.#answer(command.child);
  }

  /** An order is filled at the worst price it allows, or rejected. */
  #answer(child: Child): void {
    this.#placed++;
    const { venue, listing, clientOrderId, qtyLots, pxTicks } = child;
    const cumQtyLots = this.overFills ? 2 * qtyLots : qtyLots;
    const filled = { kind: "status", status: "filled", cumQtyLots, avgPxTicks: pxTicks } as const;
    const said = this.rejects ? ({ kind: "rejected", code: REJECT_CODE } as const) : filled;
    this.rejects ||= this.overFills;
    this.overFills = false;
    const origin = "stream" as const;
    const report: OrderReport = { ...createOrderReport(), venue, listing, clientOrderId, origin, ...said };
    const { nowNs, wallMs } = this.at;
    const at = this.#decisions.begin(RECORD.EVENT_REPORT, RECORD_VERSION, EVENT_REPORT_BYTES, nowNs, wallMs);
    writeReportEvent(this.#decisions, at, this.#step++, report);
    this.#decisions.commit();
    this.#decide({ type: "report", nowNs, wallMs, report });
  }
}

/** Binance's "margin is insufficient": any refusal would do. */
const REJECT_CODE = -2019;
const QUOTE_MS = 500;
const RARE = {
  venue: RECORD.EVENT_VENUE,
  positions: RECORD.EVENT_POSITIONS,
  control: RECORD.EVENT_CONTROL,
  timer: RECORD.EVENT_TIMER,
} as const;

/** On the tick of each of its listings. */
function wholeTicks({ directory }: CoreConfig, instrument: number, ticks: number): number {
  const step = directory.listings
    .filter((listing) => listing.instrument === instrument)
    .reduce((all, { tickStep }) => (all * tickStep) / divisor(all, tickStep), 1);
  return Math.round(ticks / step) * step;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
