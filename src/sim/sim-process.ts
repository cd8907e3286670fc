/**
 * One life of the simulated engine: the parts of engine.ts in its order of starting, with the door replaced by `receive`, the
 * flusher's thread and the lane's by simulated ones. Everything between them is the real code: admission, intake, both logs,
 * their recovery, the lane, the core.
 */
import { join } from "node:path";
import type { CoreKernels } from "../core/config.ts";
import type { Alarm, Control, KillLevel } from "../core/event.ts";
import type { DecodedSignal } from "../domain/signal.ts";
import { Admission, type SourceRules } from "../gateway/admission.ts";
import { DedupeTable } from "../gateway/dedupe.ts";
import { SequenceMarks } from "../gateway/sequence.ts";
import type { Verdict } from "../gateway/verdict.ts";
import { givenUpBy } from "../intake/fold.ts";
import { IntakeLog } from "../intake/intake-log.ts";
import { recoverIntake } from "../intake/recovery.ts";
import { DurableWatch } from "../journal/durable-watch.ts";
import { errnoOf } from "../journal/errors.ts";
import { LetterBook } from "../journal/letter-book.ts";
import { FLUSHER_AWAKE, FLUSHER_PARKED, loadDurableLsn, requestIndex } from "../journal/log-block.ts";
import { LogFlusher } from "../journal/log-flusher.ts";
import { openLog } from "../journal/open-log.ts";
import { ClockKeeper, type ClockNote } from "../lane/clock-keeper.ts";
import { logBlock } from "../lane/log-blocks.ts";
import { type LaneOptions, LOG } from "../lane/options.ts";
import {
  CONTROL_OFFSET,
  KILL_SWITCH_OFFSET,
  signalRingOffset,
  verdictRingOffset,
  WORD_BYTES,
} from "../memory/layout.ts";
import type { SharedMemory } from "../memory/shared.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import type { SimClock } from "./sim-clock.ts";
import { type SimHost, SimThread } from "./sim-host.ts";
import { SimPool } from "./sim-pool.ts";
import { snapshotFault, snapshotNow } from "./sim-snapshots.ts";

export interface ProcessParts {
  readonly host: SimHost;
  readonly options: LaneOptions;
  readonly sources: readonly SourceRules[];
  readonly shared: SharedMemory;
  readonly kernels: WebAssembly.Module;
  /** Kernels on a memory of their own, for whoever folds beside the lane. */
  readonly coreKernels: CoreKernels;
  readonly machineClocks: SimClock;
  /** Kept on the machine from one process to the next, until it boots again. */
  readonly clockNote: ClockNote;
  syncMs(): number;
  /** Time between two looks for whether a snapshot is due; 0: none is ever taken. */
  readonly snapshotMs: number;
  connectTo(index: number, thread: SimThread, events: VenueEvents): Venue;
  onAlarm(alarm: Pick<Alarm, "code" | "message">): void;
  onTrouble(message: string): void;
  onLaneDeath(cause: unknown): void;
  /** The doors are open. */
  onOpen(): void;
  /** It could not start, or a journal of it is dead: it is of no use until somebody starts it again. */
  onUseless(cause: unknown): void;
}

const BACKLOG_MAX = 64;
const MACHINE_CHECK_MS = 1000;
const DEDUPE_IDS = 256;
const FLUSH_WINDOW_MS = 1;
const FLUSH_LOOKS_MAX = 3;
const FLUSH_IDLE_MS = 1000;

export class SimProcess {
  readonly main = new SimThread("main");
  readonly flusher = new SimThread("flusher");
  readonly snapshots = new SimThread("snapshots");
  readonly #parts: ProcessParts;
  readonly #pool: SimPool;
  readonly #keeper: ClockKeeper;
  #admission: Admission | null = null;
  #intake: IntakeLog | null = null;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    const { host, options, shared, kernels, machineClocks } = parts;
    clearShared(shared, options.index);
    this.#keeper = new ClockKeeper(parts.clockNote, machineClocks);
    this.#pool = new SimPool({
      host,
      main: this.main,
      options,
      shared,
      kernels,
      clock: this.#keeper.clock,
      machineClocks,
      connectTo: parts.connectTo,
      onLaneDeath: parts.onLaneDeath,
      events: {
        onVerdict: (verdict) => this.#intake?.onVerdict(verdict),
        onAlarm: (alarm) => {
          parts.onAlarm(alarm);
          const refused = givenUpBy(alarm);
          if (refused !== null) this.#intake?.refused(refused);
        },
        onTrouble: parts.onTrouble,
      },
    });
    host.after(this.main, 0, () => void this.#boot().catch((cause) => this.main.alive && parts.onUseless(cause)));
  }

  get isAlive(): boolean {
    return this.main.alive;
  }

  get isOpen(): boolean {
    return this.main.alive && this.#admission !== null;
  }

  get pool(): SimPool {
    return this.#pool;
  }

  /** Is this thread one of this process? */
  owns(thread: SimThread): boolean {
    return thread === this.main || [this.flusher, this.snapshots, this.#pool.thread].includes(thread);
  }

  /** Nothing of it runs any more. */
  kill(): void {
    this.main.alive = false;
    this.flusher.alive = false;
    this.snapshots.alive = false;
    this.#pool.thread.alive = false;
  }

  /** What has come through a door, authenticated and decoded. `answer` is called at most once. */
  receive(source: number, signal: DecodedSignal, body: Uint8Array, answer: (verdict: Verdict) => void): void {
    const admission = this.#admission;
    if (admission === null) return;
    const rules = this.#parts.sources[source]!;
    const verdict = admission.admit(rules, { ok: true, signal }, body, this.#keeper.clock.nowNs());
    admission.settle(verdict, answer);
  }

  /** What the control API does. */
  operate(level: KillLevel, reason: string): void {
    const { shared } = this.#parts;
    Atomics.store(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, level);
    const control = { type: "kill", level, reason } as const;
    this.#pool.control(control);
    this.#intake?.control(control);
  }

  /** What else an operator commands, as engine.ts takes it. */
  control(command: Control): void {
    this.#keeper.heed(command, this.#pool);
    this.#pool.control(command);
  }

  async #boot(): Promise<void> {
    const { host, options, sources, shared, onOpen } = this.#parts;
    const { clock } = this.#keeper;
    const { directory } = options.journal;
    const logs = [
      { directory: join(directory, "intake"), block: logBlock(shared, LOG.INTAKE) },
      { directory: join(directory, "decisions"), block: logBlock(shared, LOG.DECISIONS) },
    ];
    host.enter(this.flusher, () => void this.#flush(logs));
    const { writer } = openLog({
      ...logs[0]!,
      logId: LOG.INTAKE,
      bootId: options.bootId,
      wallMs: clock.wallMs(),
      segmentBytes: options.journal.segmentBytes,
      trust: "durable",
      ...(options.journal.bufferBytes === undefined ? {} : { bufferBytes: options.journal.bufferBytes }),
    });
    const memory = {
      dedupe: new DedupeTable(DEDUPE_IDS),
      sequences: new SequenceMarks(),
      sources,
      letters: new LetterBook(),
    };
    const recovery = recoverIntake(directory, memory, LOG.DECISIONS);
    Atomics.store(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, recovery.killLevel);
    await this.#pool.start();
    this.#pool.control({ type: "kill", level: recovery.killLevel, reason: "as before the restart" });
    const watch = new DurableWatch(logs[0]!.block, { waitersMax: 4 * BACKLOG_MAX });
    const intake = new IntakeLog(
      {
        log: writer,
        directory: logs[0]!.directory,
        watch,
        host: this.#pool,
        clock,
        letters: memory.letters,
        sources: sources.map(({ name }) => name),
        marks: () => ({}),
        onJournalFailure: (cause) => this.#halt(String(cause)),
      },
      recovery.lastSeq,
    );
    for (const refused of recovery.unlettered) intake.refused(refused);
    for (const signal of recovery.undecided) {
      if (!this.#pool.submit(signal)) throw new Error(`more undecided signals than a ring holds`);
    }
    this.#intake = intake;
    setInterval(() => {
      this.#keeper.tend(this.#pool);
      intake.tend();
    }, MACHINE_CHECK_MS);
    this.#admission = new Admission(sources, BACKLOG_MAX, {
      directory: options.core.directory,
      dedupe: memory.dedupe,
      sequences: memory.sequences,
      intake,
      clock,
      onAlarm: ({ code, source }) => this.#parts.onTrouble(`${code} ${source}`),
      onCrash: (error) => {
        throw error;
      },
    });
    onOpen();
    if (this.#parts.snapshotMs > 0) host.enter(this.snapshots, () => this.#takeSnapshots(sources));
  }

  #takeSnapshots(sources: readonly SourceRules[]): void {
    const { options, shared, snapshotMs, onTrouble, coreKernels } = this.#parts;
    const { directory } = options.journal;
    const setting = { directory, core: options.core, kernels: coreKernels, sources, dedupeIdsMax: DEDUPE_IDS };
    const fault = snapshotFault(setting);
    if (fault !== null) throw new Error(fault);
    const durable = (log: number) => loadDurableLsn(logBlock(shared, log));
    setInterval(() => {
      try {
        snapshotNow(setting, { intakeLsn: durable(LOG.INTAKE), decisionsLsn: durable(LOG.DECISIONS) });
      } catch (cause) {
        // A disk that is full or fails, or a lane that began anew meanwhile and swept up what was half made.
        if (errnoOf(cause) === "UNKNOWN") throw cause;
        onTrouble(`no snapshot: ${String(cause)}`);
      }
    }, snapshotMs);
  }

  /** As journal/flusher-thread.ts does it, with a disk that takes its time. */
  async #flush(logs: readonly { readonly directory: string; readonly block: ReturnType<typeof logBlock> }[]) {
    const { host, shared, syncMs } = this.#parts;
    const flushers = logs.map(
      ({ directory, block }) =>
        new LogFlusher(directory, block, ({ message }) => host.after(this.main, 0.1, () => this.#halt(message))),
    );
    const word = requestIndex(logs[0]!.block);
    const flushAll = () => flushers.map((flusher) => flusher.flush()).includes(true);
    for (let looks = 0; this.flusher.alive; ) {
      looks = flushAll() ? 0 : looks + 1;
      for (const flusher of flushers) flusher.advanceChain();
      if (looks < FLUSH_LOOKS_MAX) {
        await new Promise((done) => setTimeout(done, FLUSH_WINDOW_MS + syncMs()));
        continue;
      }
      Atomics.store(shared.i32, word, FLUSHER_PARKED);
      if (flushAll()) looks = 0;
      else await Atomics.waitAsync(shared.i32, word, FLUSHER_PARKED, FLUSH_IDLE_MS).value;
      Atomics.store(shared.i32, word, FLUSHER_AWAKE);
    }
  }

  /** Nothing is accepted any more, and nothing that increases risk is sent: an operator has to start it again. */
  #halt(reason: string): void {
    Atomics.store(this.#parts.shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, 1);
    this.#parts.onUseless(reason);
  }
}

/** A new process maps new memory. Of the old one only these bytes would matter. */
function clearShared(shared: SharedMemory, lane: number): void {
  for (const [from, bytes] of [
    [CONTROL_OFFSET, 8192],
    [signalRingOffset(lane), 512],
    [verdictRingOffset(lane), 512],
  ] as const) {
    shared.bytes.fill(0, from, from + bytes);
  }
}
