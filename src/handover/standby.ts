/**
 * Standby intake: stands beside the engine, and at its port while the engine is away.
 *
 * It authenticates, decodes and admits as the engine does, with the same code, journals durably in a log of its own and
 * answers. It decides nothing and sends no order: the engine takes the log over when it is back (handover.ts says how).
 *
 * Invariants
 *   - No 2xx before its log is durable; no log is thrown away before the engine says that it has it.
 *   - It listens only while there is no engine, or while the engine has asked it to.
 *   - What the engine had accepted is a duplicate here too, as far as the engine's journal says.
 *
 * Everything that happens to it is done one after the other, in the order in which it came.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { journalDirectory, standbyDirectory } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import type { Secrets } from "../config/secrets.ts";
import { DedupeTable } from "../gateway/dedupe.ts";
import { createReceiver, type Receiver } from "../gateway/receiver.ts";
import { SequenceMarks } from "../gateway/sequence.ts";
import type { HandoverMark } from "../intake/fold.ts";
import { IntakeLog } from "../intake/intake-log.ts";
import { rememberIntake } from "../intake/recovery.ts";
import { readBootId } from "../journal/boot-id.ts";
import { ClockNoteFile } from "../journal/clock-note.ts";
import { DurableWatch } from "../journal/durable-watch.ts";
import { syncTail } from "../journal/files.ts";
import { startFlusher } from "../journal/flusher.ts";
import { LetterBook } from "../journal/letter-book.ts";
import { lockDirectory } from "../journal/lock.ts";
import { openLog } from "../journal/open-log.ts";
import { logBlock } from "../lane/log-blocks.ts";
import { LOG } from "../lane/options.ts";
import { createShared } from "../memory/shared.ts";
import { SystemClock } from "../time/clock.ts";
import { decodeFrame } from "../wire/decode.ts";
import { directoryOf, receiverOptions, sourceRules } from "../wiring/wiring.ts";
import { DRAIN_MS } from "./handover.ts";
import { type Link, type LinkMessage, openLink } from "./link.ts";
import { type StandbyHeader, standbyLogDirectory } from "./standby-log.ts";

export interface Standby {
  /** Senders reach it. */
  readonly serving: boolean;
  /** Signals and dead letters it has answered for since it started. */
  readonly taken: number;
  stop(): Promise<void>;
}

export interface StandbyLog {
  info(message: string): void;
  warn(message: string): void;
}

/** How soon a dead engine, or a new one, is noticed: a connect that fails costs some microseconds. */
const SEEK_MS = 20;

export async function startStandby(config: Config, secrets: Secrets, log: StandbyLog): Promise<Standby> {
  const lock = lockDirectory(standbyDirectory(config.engine.dataDir), process.pid);
  try {
    const standby = new Intaker(config, secrets, log);
    await standby.start();
    return {
      get serving() {
        return standby.serving;
      },
      get taken() {
        return standby.taken;
      },
      async stop() {
        await standby.stop();
        lock.release();
      },
    };
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/**
 * Positions given out here begin where no journal of an engine gets to, and each log's behind the last one's: a position says
 * by itself whether its record is still to become durable.
 */
const LOG_LSNS = 2 ** 40;

/** A log that is written, and made durable by a thread of its own. */
interface OpenIntake {
  readonly intake: IntakeLog;
  /** Its name, and the last that this life took into it; 0 before. */
  readonly name: string;
  takenLsn: number;
  readonly baseLsn: number;
  /** Resolves when all of it is on disk. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

class Intaker {
  readonly #config: Config;
  readonly #secrets: Secrets;
  readonly #log: StandbyLog;
  readonly #clock: SystemClock;
  readonly #clockNote: ClockNoteFile;
  readonly #memory;
  readonly #directory;
  /** Ready before it is needed: making one takes longer than a sender should wait. */
  #open: OpenIntake | null = null;
  #receiver: Receiver | null = null;
  #judging = false;
  #link: Link | null = null;
  /** Of the engine's intake log: known from here on back. */
  #knownLsn = 0;
  #taken = 0;
  #stopped = false;
  #portRefused = false;
  #last: Promise<void> = Promise.resolve();

  constructor(config: Config, secrets: Secrets, log: StandbyLog) {
    this.#config = config;
    this.#secrets = secrets;
    this.#log = log;
    this.#directory = directoryOf(config);
    this.#clockNote = new ClockNoteFile(config.engine.dataDir, readBootId());
    this.#clock = new SystemClock(this.#clockNote.read());
    this.#memory = {
      dedupe: new DedupeTable(config.receiver.dedupeIdsMax),
      sequences: new SequenceMarks(),
      sources: config.sources.map(sourceRules),
    };
  }

  get serving(): boolean {
    return this.#receiver !== null;
  }

  get taken(): number {
    return this.#taken;
  }

  async start(): Promise<void> {
    this.#catchUp();
    this.#open = await this.#openIntake(LOG_LSNS);
    const left = standbyLogDirectory(this.#config.engine.dataDir);
    rememberIntake(left, 1, LOG_LSNS, this.#memory, this.#clock);
    await this.#seek();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#link?.end();
    await this.#last;
    await this.#receiver?.close(DRAIN_MS);
    this.#receiver = null;
    await this.#open?.settled();
    await this.#open?.close();
  }

  /** Looks for an engine until there is one; while there is none, the doors are open. */
  async #seek(): Promise<void> {
    if (this.#stopped) return;
    this.#link = await openLink(this.#config.engine.dataDir, (link) => {
      link.send({ type: "hello", serving: this.serving });
      return {
        onMessage: (message) => this.#then(() => this.#obey(message, link)),
        onEnd: () => {
          this.#link = null;
          this.#then(() => this.#seek());
        },
      };
    });
    if (this.#link !== null || this.#stopped) return;
    await this.#take("first");
    this.#judge();
    setTimeout(() => this.#then(() => this.#seek()), SEEK_MS);
  }

  async #obey(message: LinkMessage, link: Link): Promise<void> {
    switch (message.type) {
      case "take":
        if (await this.#take("second")) link.send({ type: "serving" });
        return;
      case "gone":
        this.#judge();
        return;
      case "yield":
        await this.#yield();
        link.send({ type: "done" });
        return;
      case "handed":
        await this.#forget(message.mark);
        return;
    }
  }

  /** Listens; senders wait. False when the port is not to be had. */
  async #take(use: "first" | "second"): Promise<boolean> {
    if (this.#receiver !== null) return true;
    const open = this.#open as OpenIntake;
    const receiver = createReceiver(receiverOptions(this.#config, this.#secrets), {
      directory: this.#directory,
      dedupe: this.#memory.dedupe,
      sequences: this.#memory.sequences,
      intake: {
        accept: (signal, decoded, body) => this.#placed(open, open.intake.accept(signal, decoded, body)),
        deadLetter: (entry) => this.#placed(open, open.intake.deadLetter(entry)),
        // Below this log's own: the engine's, or of a log that the engine has taken over. Long durable.
        whenDurable: (lsn, done) => open.intake.whenDurable(lsn - open.baseLsn, done),
      },
      clock: this.#clock,
      decodeFrame,
      onAlarm: ({ code, source, numbers }) => this.#log.warn(`${code}: ${source} ${JSON.stringify(numbers)}`),
      onCrash: (error) => this.#log.warn(`a handler threw: ${error instanceof Error ? error.stack : String(error)}`),
    });
    try {
      await receiver.listen(use);
    } catch (cause) {
      // Somebody is at the port who does not share it: an engine without `standby`, most likely. Said once.
      if (!this.#portRefused) this.#log.warn(String(cause));
      this.#portRefused = true;
      return false;
    }
    this.#portRefused = false;
    this.#receiver = receiver;
    this.#judging = false;
    this.#catchUp();
    return true;
  }

  #judge(): void {
    if (this.#receiver === null || this.#judging) return;
    this.#judging = true;
    // By the engine's clock, which an operator may have set.
    this.#clock.set(this.#clockNote.read() ?? this.#clock.offsetMs);
    this.#catchUp();
    this.#receiver.open();
    this.#log.info("the engine is away: signals are accepted here");
  }

  async #yield(): Promise<void> {
    const receiver = this.#receiver;
    this.#receiver = null;
    // Asked to stop before it was told to begin: whoever waits is judged here all the same.
    if (receiver !== null && !this.#judging) receiver.open();
    await receiver?.close(DRAIN_MS);
    await this.#open?.settled();
  }

  /**
   * The engine has it all: its journal is where these ids are remembered now. Where it has not, because it waited no longer than it
   * could, it takes the rest over when it hears that we are done, and says so again.
   */
  async #forget(mark: HandoverMark | null): Promise<void> {
    const last = this.#open as OpenIntake;
    const hasAll = last.takenLsn === 0 || (mark?.log === last.name && mark.lsn >= last.takenLsn);
    if (this.#receiver !== null || !hasAll) return;
    await last.close();
    rmSync(standbyLogDirectory(this.#config.engine.dataDir), { recursive: true, force: true });
    this.#open = await this.#openIntake(last.baseLsn + LOG_LSNS);
    this.#log.info("the engine is back, and has what was accepted here");
  }

  async #openIntake(baseLsn: number): Promise<OpenIntake> {
    const directory = standbyLogDirectory(this.#config.engine.dataDir);
    const shared = createShared();
    const block = logBlock(shared, LOG.INTAKE);
    const onFault = ({ message }: { readonly message: string }) => this.#log.warn(`journal: ${message}`);
    const flusher = await startFlusher({ logs: [{ directory, block }], onFault });
    const { writer } = openLog({
      directory,
      block,
      logId: LOG.INTAKE,
      bootId: readBootId(),
      wallMs: this.#clock.wallMs(),
      segmentBytes: this.#config.journal.segmentBytes,
    });
    const watch = new DurableWatch(block, { waitersMax: this.#config.receiver.backlogMax + 1024 });
    const intake = new IntakeLog(
      {
        log: writer,
        directory,
        watch,
        // Nobody decides here.
        host: { submit: () => true },
        clock: this.#clock,
        // The engine keeps the book; what lies here goes over to it.
        letters: new LetterBook(),
        sources: this.#directory.sources,
        marks: () => ({}),
        onJournalFailure: (cause) => this.#log.warn(`journal: ${String(cause)}: no signal is accepted any more`),
      },
      0,
    );
    const sources = this.#config.sources.map(({ name }) => name);
    const name = randomUUID();
    const header: StandbyHeader = { type: "standby", log: name, sources };
    intake.control(header);
    return {
      intake,
      name,
      takenLsn: 0,
      baseLsn,
      settled: () => new Promise<void>((resolve) => intake.whenDurable(writer.appendedLsn, () => resolve())),
      async close() {
        intake.close();
        await flusher.stop();
      },
    };
  }

  /** What the engine has written since the last time. */
  #catchUp(): void {
    const log = join(journalDirectory(this.#config), "intake");
    const lastLsn = rememberIntake(log, this.#knownLsn + 1, 0, this.#memory, this.#clock);
    if (lastLsn === this.#knownLsn) return;
    this.#knownLsn = lastLsn;
    // A duplicate is answered at once: what it repeats must not depend on what a dead engine had yet to sync.
    syncTail(log);
  }

  #placed(open: OpenIntake, lsn: number): number {
    if (lsn < 0) return lsn;
    this.#taken += 1;
    open.takenLsn = lsn;
    return open.baseLsn + lsn;
  }

  #then(run: () => Promise<void> | void): void {
    this.#last = this.#last.then(run).catch((cause) => this.#log.warn(`standby: ${String(cause)}`));
  }
}
