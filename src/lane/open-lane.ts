/**
 * Opens a lane on the thread it is called on: logs, recovery, epoch, venues. Boot order of reliability.md §7.
 *
 *   1. open the logs (a torn tail is cut) and fold the decision log into a new core
 *   2. write the next epoch and wait until it is on disk: its order ids must never be made again. If the machine has booted
 *      since the last one, it says so too: the log's tail may be missing
 *   3. connect the venues, each for itself; orders in doubt are asked for as soon as theirs answers. After a power loss each
 *      is first asked for all orders since then, once the last that may have been sent can no longer begin to execute
 *   4. compare positions; the core goes from BOOTING to ACTIVE, or to REDUCING where they differ
 *
 * A venue that cannot be reached stays out and is tried again: the others trade.
 */
import { join } from "node:path";
import type { BreakerEntry } from "../core/breakers.ts";
import { isMadeFor } from "../core/client-order-id.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Alarm, Verdict } from "../core/event.ts";
import { operatorSettings } from "../core/operator-settings.ts";
import { Core } from "../core/step.ts";
import type { VenueView } from "../domain/venue-status.ts";
import { DurableWatch } from "../journal/durable-watch.ts";
import { encodeCoreConfig } from "../journal/epoch-config.ts";
import { openLog } from "../journal/open-log.ts";
import { type EpochRecord, RECORD, RECORD_VERSION } from "../journal/records.ts";
import type { Trust } from "../journal/recover.ts";
import type { SharedMemory } from "../memory/shared.ts";
import type { Clock } from "../time/clock.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import { VenueError } from "../venues/venue-error.ts";
import { instantiateKernels } from "../wasm/kernels.ts";
import { Lane } from "./lane.ts";
import { foldDecisions } from "./lane-snapshot.ts";
import { logBlock } from "./log-blocks.ts";
import { type LaneOptions, LOG } from "./options.ts";
import { orderTagger } from "./order-tag.ts";
import { beginAmnesia, type LastLife } from "./recover.ts";
import { refuseMoved } from "./refuse-moved.ts";
import { VenueWatch } from "./venue-watch.ts";
import type { CommonParts } from "./warm-up.ts";

export interface LaneEnvironment {
  readonly shared: SharedMemory;
  /** Of its core; warm where decisions are to be fast from the first. */
  readonly parts: CommonParts;
  readonly clock: Clock;
  /** A new client of venue `index`, not yet connected. A client that failed to connect is thrown away. */
  createVenue(index: number, events: VenueEvents): Venue;
  onVerdict(verdict: Verdict): void;
  onAlarm(alarm: Alarm): void;
  /** A venue could not be reached; it is tried again. */
  onVenueFailure(venue: string, cause: unknown): void;
  /** Once a second: venues by index, open breakers, and what operators have set. For people. */
  onView?(venues: readonly VenueView[], breakers: readonly BreakerEntry[], operatorSettings: readonly string[]): void;
}

/** Cold. They stand on their own: nothing is read or written but the kernels' constants, the same in every lane. */
export function createParts({ core }: LaneOptions, shared: SharedMemory, kernels: WebAssembly.Module): CommonParts {
  return { kernels: instantiateKernels(kernels, shared.memory), tagOf: orderTagger(core.engineId) };
}

export interface OpenedLane {
  readonly lane: Lane;
  readonly core: Core;
  readonly epoch: number;
  /** Signals up to this intake sequence have their verdict. */
  readonly decidedSeq: number;
  /** The verdict on the last of them. Whether a dead predecessor could still hand it over is not known. */
  readonly lastVerdict: Verdict | null;
  /**
   * Resolves when the core has left BOOTING, before anything else happens: what waits to be decided goes first, and not a
   * correction toward a target that one of the waiting is about to replace.
   */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

const PULSE_MS = 5;
const VIEW_MS = 1000;
/** How long a boot waits for the outcome of every order before it compares positions without those still in doubt. */
const SETTLE_MS = 1000;
const RECONCILE_MS = 5000;
const RETRY_MS = 100;
const RECONNECT_MS = 1000;
const CLOSE_MS = 1000;
/** Clocks may differ, and the log's end is older than what it lost. */
const AMNESIA_MARGIN_MS = 60_000;
const CANNOT_LIST = "cannot list its orders: what a power loss took shows as positions that differ";

export async function openLane(options: LaneOptions, environment: LaneEnvironment): Promise<OpenedLane> {
  const { shared, clock } = environment;
  const log = (name: string, logId: number, trust: Trust, segmentsMax?: number) =>
    openLog({
      directory: join(options.journal.directory, name),
      logId,
      bootId: options.bootId,
      block: logBlock(shared, logId),
      wallMs: clock.wallMs(),
      segmentBytes: options.journal.segmentBytes,
      ...(options.journal.bufferBytes === undefined ? {} : { bufferBytes: options.journal.bufferBytes }),
      trust,
      ...(segmentsMax === undefined ? {} : { segmentsMax }),
    }).writer;
  const decisions = log("decisions", LOG.DECISIONS, "durable");
  const quotes = log("quotes", LOG.QUOTES, { boot: options.bootId }, options.journal.quoteSegmentsMax);

  const emptyCore = (config: CoreConfig) => new Core(config, { ...environment.parts, epoch: 0 });
  const foldInto = (empty: Core) => foldDecisions(join(options.journal.directory, "decisions"), empty);
  const core = emptyCore(options.core);
  const fold = foldInto(core);
  refuseMoved(fold.config, options.core, (before) => foldInto(emptyCore(before)).core);
  // The same instant for both: a replay has it only from the record.
  const nowNs = clock.nowNs();
  const { lastLife, decidedSeq, lastVerdict } = fold.finish(nowNs);
  const epoch = 1 + lastLife.epoch;
  core.router.beginLife(epoch);
  const { bootId, core: config } = options;
  const amnesia = hasForgotten(lastLife, bootId) ? { amnesiaSinceMs: lossBegan(core, lastLife) } : {};
  const record: EpochRecord = {
    epoch,
    bootId,
    engineId: config.engineId,
    core: encodeCoreConfig(config),
    ...amnesia,
  };
  beginAmnesia(core, record);
  const lsn = decisions.append(
    RECORD.EPOCH,
    RECORD_VERSION,
    nowNs,
    clock.wallMs(),
    Buffer.from(JSON.stringify(record)),
  );
  decisions.write();
  await durable(new DurableWatch(logBlock(shared, LOG.DECISIONS), { waitersMax: 1 }), lsn);

  const lane = new Lane({
    index: options.index,
    epoch,
    core,
    decisions,
    quotes,
    clock,
    shared,
    onVerdict: (verdict) => environment.onVerdict(verdict),
    onAlarm: (alarm) => environment.onAlarm(alarm),
  });
  const pulse = setInterval(() => lane.onPulse(), PULSE_MS);
  const closed = new AbortController();
  const ready = Promise.withResolvers<void>();
  const watch = new VenueWatch(lane, options.core.directory.venues.length);
  const venues = options.core.directory.venues.map(({ index }) => environment.createVenue(index, watch));
  const misfitsAt = (venue: number) => core.market.misfits(venue);
  const show = () =>
    environment.onView?.(
      watch.views(venues, misfitsAt),
      core.breakers.tripped,
      operatorSettings(options.core, core.risk),
    );
  // At once too: a breaker of the last life is open from the beginning.
  show();
  const showing = setInterval(show, VIEW_MS);
  venues.forEach((venue, index) => {
    lane.attach(venue);
    void bringUp(venue, index);
  });

  /** Connects, compares positions, and keeps comparing while nothing is under way. */
  async function bringUp(first: Venue, index: number): Promise<void> {
    let venue = first;
    while (!closed.signal.aborted && !(await connected(venue))) {
      await pause(RECONNECT_MS, closed.signal);
      if (closed.signal.aborted) return;
      venue = environment.createVenue(index, watch);
      venues[index] = venue;
      lane.attach(venue);
    }
    // With a misfit it would not have connected.
    lane.onRules(index, []);
    if (core.amnesia.isMissing(index)) await recall(venue, index);
    void watchRules(venue, index);
    for (let waitedMs = 0; !closed.signal.aborted; ) {
      const partly = core.risk.state === "booting" && waitedMs >= SETTLE_MS;
      const compared = await lane.reconcile(index, partly).catch((cause) => {
        if (!closed.signal.aborted) environment.onVenueFailure(venue.name, cause);
        return false;
      });
      if (core.risk.state !== "booting") ready.resolve();
      waitedMs = compared ? 0 : waitedMs + RETRY_MS;
      // In a hurry only while the engine waits for it to begin.
      await pause(core.risk.state === "booting" ? RETRY_MS : RECONCILE_MS, closed.signal);
    }
  }

  /** A venue's rules may change while it is connected. */
  async function watchRules(venue: Venue, index: number): Promise<void> {
    for (;;) {
      await pause(options.rulesMs ?? venue.misfitsEveryMs, closed.signal);
      if (closed.signal.aborted) return;
      const misfits = await venue.misfits().catch((cause) => {
        if (!closed.signal.aborted) environment.onVenueFailure(venue.name, cause);
      });
      if (misfits !== undefined && !closed.signal.aborted) lane.onRules(index, misfits);
    }
  }

  /** What the venue knows of our orders goes into the log; again until it has told all. */
  async function recall(venue: Venue, index: number): Promise<void> {
    const { validForMs, absenceGraceMs } = options.core.router;
    // Until then an order that nobody remembers may still be on its way into the matching engine.
    await pause(validForMs + absenceGraceMs - (clock.nowNs() - nowNs) / 1e6, closed.signal);
    for (let told = false; !told && !closed.signal.aborted; ) {
      try {
        const orders = await venue.ordersSince(core.amnesia.sinceMs).catch((cause) => {
          // No venue remembers for ever: what it has forgotten shows as positions that differ.
          if (cause instanceof VenueError && cause.code === "UNSUPPORTED") return null;
          throw cause;
        });
        if (closed.signal.aborted) return;
        if (orders === null) environment.onVenueFailure(venue.name, new Error(CANNOT_LIST));
        for (const order of orders ?? []) if (isMadeFor(order.clientOrderId, index, epoch)) lane.onOrphan(order);
        lane.onControl({ type: "scanned", venue: index });
        told = true;
      } catch (cause) {
        if (!closed.signal.aborted) environment.onVenueFailure(venue.name, cause);
        await pause(RECONNECT_MS, closed.signal);
      }
    }
  }

  async function connected(venue: Venue): Promise<boolean> {
    try {
      await venue.connect();
      return true;
    } catch (cause) {
      if (!closed.signal.aborted) environment.onVenueFailure(venue.name, cause);
      return false;
    }
  }

  return {
    lane,
    core,
    epoch,
    decidedSeq,
    lastVerdict,
    ready: ready.promise,
    async close() {
      await quiet(core, clock);
      closed.abort();
      clearInterval(pulse);
      clearInterval(showing);
      await Promise.all(venues.map((venue) => venue.close()));
      lane.close();
      decisions.close();
      quotes.close();
    },
  };
}

/** Lets orders in flight come to their end, for a while: what has not ended is asked for at the next start. */
async function quiet(core: Core, clock: Clock): Promise<void> {
  const untilNs = clock.nowNs() + CLOSE_MS * 1e6;
  while (core.router.inFlight > 0 && clock.nowNs() < untilNs) await new Promise((done) => setTimeout(done, 5));
}

/** The machine has booted since: what the last life wrote and had not synced may be gone. */
const hasForgotten = ({ epoch, bootId }: LastLife, bootIdNow: string): boolean => epoch > 0 && bootId !== bootIdNow;

/** By whichever clock is earliest: venues say by theirs when an order came, and ours was perhaps wrong. */
function lossBegan({ config, market }: Core, { endMs }: LastLife): number {
  const venuesMs = config.directory.venues.map(({ index }) => market.venueMs(index, endMs));
  return Math.min(endMs, ...venuesMs) - AMNESIA_MARGIN_MS;
}

function durable(watch: DurableWatch, lsn: number): Promise<void> {
  return new Promise((resolve, reject) => {
    watch.whenDurable(lsn, (ok) => (ok ? resolve() : reject(new Error("the decision log failed at boot"))));
  });
}

function pause(ms: number, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      closed.removeEventListener("abort", done);
      resolve();
    }
    closed.addEventListener("abort", done);
  });
}
