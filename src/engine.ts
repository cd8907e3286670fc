/**
 * The engine: joins the parts in the order in which a signal meets them. Read this first.
 *
 *   socket ─▶ receiver (auth · decode) ─▶ admission ─▶ intake ──▶ host ─▶ lane: log · step · risk · route ─▶ venue
 *                                                      │  ring first, then the intake log
 *                                                      ▼
 *                                             flusher (fdatasync) ─▶ 202
 *
 * Starting goes from the inside out, so that nothing is accepted before there is somebody to decide it; stopping goes from
 * the outside in. What each part promises is written at its head; what happens when one fails is in ARCHITECTURE.md.
 */
import { join } from "node:path";
import { Analyst } from "./analyses/analyst.ts";
import { controlTokenPath, journalDirectory } from "./config/paths.ts";
import type { Config } from "./config/schema.ts";
import type { Secrets } from "./config/secrets.ts";
import type { Control, KillLevel } from "./core/event.ts";
import { DeadLetters } from "./dead-letters/desk.ts";
import { DedupeTable } from "./gateway/dedupe.ts";
import { createReceiver, type Receiver } from "./gateway/receiver.ts";
import { SequenceMarks } from "./gateway/sequence.ts";
import { SilenceWatch } from "./gateway/silence.ts";
import { DRAIN_MS, Handover } from "./handover/handover.ts";
import { givenUpBy } from "./intake/fold.ts";
import { IntakeLog } from "./intake/intake-log.ts";
import { recoverIntake } from "./intake/recovery.ts";
import { readBootId } from "./journal/boot-id.ts";
import { ClockNoteFile } from "./journal/clock-note.ts";
import { DurableWatch } from "./journal/durable-watch.ts";
import { startFlusher } from "./journal/flusher.ts";
import { LetterBook } from "./journal/letter-book.ts";
import { lockDirectory } from "./journal/lock.ts";
import { loadDurableLsn } from "./journal/log-block.ts";
import { openLog } from "./journal/open-log.ts";
import type { BadSnapshot } from "./journal/snapshot-file.ts";
import { ClockKeeper } from "./lane/clock-keeper.ts";
import type { DecisionHost, HostEvents } from "./lane/host.ts";
import { logBlock } from "./lane/log-blocks.ts";
import { LOG } from "./lane/options.ts";
import { PoolHost } from "./lane/pool-host.ts";
import { HistogramWriter } from "./memory/histogram.ts";
import { KILL_SWITCH_OFFSET, WORD_BYTES } from "./memory/layout.ts";
import { createShared, type SharedMemory } from "./memory/shared.ts";
import { stageHistogram } from "./memory/stages.ts";
import { startControlApi } from "./observe/control-api.ts";
import { controlToken } from "./observe/control-token.ts";
import { createMarks } from "./observe/marks.ts";
import { createStatus, type Status } from "./observe/status.ts";
import { Snapshotter } from "./snapshots/snapshots.ts";
import type { SystemClock } from "./time/clock.ts";
import { compileKernels } from "./wasm/kernels.ts";
import { decodeFrame } from "./wire/decode.ts";
import { analystOptions } from "./wiring/analyses.ts";
import { pricedBy } from "./wiring/playbooks.ts";
import {
  laneOptions,
  receiverOptions,
  replaySources,
  retentionRule,
  sourceRules,
  subjectsOf,
} from "./wiring/wiring.ts";

/** People's log. State never depends on it. */
export interface EngineLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface Engine {
  readonly receiverPort: number;
  readonly controlPort: number;
  readonly status: Status;
  readonly shared: SharedMemory;
  readonly tookMs: StartStages;
  kill(level: KillLevel, reason: string): void;
  stop(): Promise<void>;
}

/** Milliseconds of a start by what they went to, one after the other; what venues are asked comes behind. */
export interface StartStages {
  /** From the launch of the process: Node, program, configuration. */
  readonly program: number;
  /** Until main has read its half of the journal. The lane's thread gets ready meanwhile. */
  readonly journal: number;
  /** Until the lane has read the other half, and its epoch is on disk. */
  readonly lane: number;
  readonly doors: number;
}

const SILENCE_CHECK_MS = 100;
const MACHINE_CHECK_MS = 1000;
/** Records. What a start then has left to read takes a lane some 50 ms and main, which reads both logs, some 200. */
const SNAPSHOT_EVERY = { decisionsLsn: 20_000, intakeLsn: 20_000 } as const;
const LANE_LIMITS = { stallMs: 2000, memoryMbMax: 256 } as const;

export async function startEngine(config: Config, secrets: Secrets, log: EngineLog): Promise<Engine> {
  const programMs = performance.now();
  const bootId = readBootId();
  const directory = journalDirectory(config);
  const lock = lockDirectory(config.engine.dataDir, process.pid);
  const undo: (() => Promise<void> | void)[] = [() => lock.release()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // After the lock: the note is of the process before.
    const keeper = new ClockKeeper(new ClockNoteFile(config.engine.dataDir, bootId));
    const { clock } = keeper;
    const handover = config.receiver.standby ? await Handover.start(config.engine.dataDir) : null;
    undo.push(() => handover?.close());

    // Memory and disk.
    const shared = createShared();
    const options = laneOptions(config, secrets, bootId);
    const logs = [
      { directory: join(directory, "intake"), block: logBlock(shared, LOG.INTAKE) },
      { directory: join(directory, "decisions"), block: logBlock(shared, LOG.DECISIONS) },
    ];
    let halt = (reason: string): void => log.warn(reason);
    const flusher = startFlusher({ logs, onFault: (fault) => halt(`journal: ${fault.message}`) });
    // Whether it runs is asked where it is needed.
    const flusherIfAny = flusher.catch(() => null);
    undo.push(async () => (await flusherIfAny)?.stop());
    const toIntake: { log: IntakeLog | null } = { log: null };
    const { writer, tornBytes } = openLog({
      ...logs[0]!,
      logId: LOG.INTAKE,
      bootId,
      wallMs: clock.wallMs(),
      segmentBytes: config.journal.segmentBytes,
      trust: "durable",
    });
    undo.push(() => toIntake.log?.close() ?? writer.close());
    if (tornBytes > 0) log.info(`intake log: cut ${tornBytes} bytes that a crash had left half written`);

    // The lane's thread, which gets ready while ours reads the journal.
    const status = createStatus(config, options.core.directory, shared, clock);
    const tell = ({ code, message }: { readonly code: string; readonly message: string }) => {
      status.addAlarm({ code, message });
      log.warn(`${code}: ${message}`);
    };
    const kernels = compileKernels();
    const host = await createHost(config, options, shared, kernels, clock, {
      onVerdict: (verdict) => {
        status.countVerdict(verdict);
        toIntake.log?.onVerdict(verdict);
      },
      onAlarm: (alarm) => {
        tell(alarm);
        const refused = givenUpBy(alarm);
        if (refused !== null) toIntake.log?.refused(refused);
      },
      onTrouble: (message) => log.warn(message),
      onView: (...view) => status.show(...view),
    });
    undo.push(() => host.stop());

    // What came in before is remembered.
    const memory = {
      dedupe: new DedupeTable(config.receiver.dedupeIdsMax),
      sequences: new SequenceMarks(),
      sources: config.sources.map(sourceRules),
      letters: new LetterBook(),
    };
    const onBad = ({ file, why }: BadSnapshot) => log.warn(`snapshot ${file} is passed over: ${why}`);
    const recovery = recoverIntake(directory, memory, LOG.DECISIONS, onBad);
    // Before there is a lane that could send.
    Atomics.store(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, recovery.killLevel);

    // The lane, recovered from its own log.
    const journalMs = performance.now();
    await flusher;
    await host.start();
    const laneMs = performance.now();
    // The intake log is what the operator was answered from; the lane may have died before it heard.
    host.control({ type: "kill", level: recovery.killLevel, reason: "as before the restart" });
    const control = (command: Control) => {
      host.control(command);
      intake.control(command);
    };
    const kill = (level: KillLevel, reason: string) => {
      // The word first: it is what every send looks at.
      Atomics.store(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, level);
      control({ type: "kill", level, reason });
    };
    halt = (reason) => {
      log.warn(`${reason}: no signal is accepted any more, and nothing that increases risk is sent`);
      Atomics.store(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, 1);
      host.control({ type: "fault", breaker: "journal", subject: -1, reason });
      status.addAlarm({ code: "STATE_CHANGED", message: reason });
    };
    const watch = new DurableWatch(logBlock(shared, LOG.INTAKE), { waitersMax: 2 * config.receiver.backlogMax + 1024 });
    const { letters } = memory;
    const { directory: names } = options.core;
    const marks = createMarks(shared, names, pricedBy(config), config.router.quoteAgeMsMax, clock);
    const intakeDirectory = logs[0]!.directory;
    const intake = new IntakeLog(
      {
        log: writer,
        directory: intakeDirectory,
        watch,
        host,
        clock,
        letters,
        sources: names.sources,
        marks,
        onJournalFailure: (cause) => halt(`journal: ${String(cause)}`),
      },
      recovery.lastSeq,
    );
    for (const refused of recovery.unlettered) intake.refused(refused);
    for (const signal of recovery.undecided) {
      if (!host.submit(signal))
        throw new Error(`more undecided signals than a lane's ring holds, from ${signal.intakeSeq}`);
    }
    toIntake.log = intake;
    if (recovery.lastSeq > 0) {
      log.info(`journal: ${recovery.lastSeq} signals so far, ${recovery.undecided.length} of them still to decide`);
    }

    // The doors, last.
    const durableNs = new HistogramWriter(shared, stageHistogram("durable"));
    const receiver: Receiver = createReceiver(receiverOptions(config, secrets), {
      directory: options.core.directory,
      dedupe: memory.dedupe,
      sequences: memory.sequences,
      intake: {
        accept: (signal, decoded, body) => {
          const lsn = intake.accept(signal, decoded, body);
          if (lsn >= 0) {
            const { receivedNs } = signal;
            intake.whenDurable(lsn, (durable) => {
              if (durable) durableNs.record(clock.nowNs() - receivedNs);
            });
          }
          return lsn;
        },
        deadLetter: (entry) => intake.deadLetter(entry),
        whenDurable: (lsn, done) => intake.whenDurable(lsn, done),
      },
      clock,
      decodeFrame,
      onAlarm: ({ code, source, numbers }) => tell({ code, message: `${source} ${JSON.stringify(numbers)}` }),
      onCrash: (error) => log.warn(`a handler threw: ${error instanceof Error ? error.stack : String(error)}`),
    });
    undo.push(async () => {
      const given = (await handover?.give()) ?? false;
      await receiver.close(given ? DRAIN_MS : 0);
      handover?.gone();
    });
    status.attach(receiver, intake, letters);
    const onCrash = (error: unknown) =>
      log.warn(`dead letters: ${error instanceof Error ? error.stack : String(error)}`);
    const deadLetters = new DeadLetters({
      intake,
      letters,
      logDirectory: intakeDirectory,
      directory: names,
      sources: replaySources(config, secrets, decodeFrame),
      limits: config.deadLetters,
      clock,
      marks,
      onCrash,
    });
    if (handover === null) {
      await receiver.listen("alone");
      receiver.open();
    } else {
      const { dedupe, sources } = memory;
      const { handed } = recovery;
      const { dataDir } = config.engine;
      await handover.takeBack({ dataDir, receiver, intake, dedupe, sources, clock, handed, log });
    }
    const silence = new SilenceWatch(
      config.sources.flatMap(({ name, heartbeatMs }, index) =>
        heartbeatMs === undefined ? [] : [{ index, name, heartbeatMs }],
      ),
      clock.wallMs(),
      (source) => receiver.lastHeardMs(source),
      (source, silentMs) => {
        const message = `${source}: not heard from for ${silentMs} ms`;
        const subject = config.sources.findIndex(({ name }) => name === source);
        host.control({ type: "fault", breaker: "providerSilent", subject, reason: message });
        tell({ code: "PROVIDER_SILENT", message });
      },
    );
    if (config.analyses.enabled) {
      const analyst = new Analyst(analystOptions(config, options.core), {
        wallMs: () => clock.wallMs(),
        onAnalysis: (analysis) => host.analysis(analysis),
        onResult: (name, words) => log.info(`analysis: ${name}: ${words}`),
        onFailure: (name, message) => tell({ code: "ANALYSIS_FAILED", message: `${name}: ${message}` }),
      });
      undo.push(() => analyst.stop());
      analyst.start();
    }
    let diskFull = false;
    const machineTimer = setInterval(() => {
      keeper.tend(host);
      const isFull = intake.tend();
      if (isFull === diskFull) return;
      diskFull = isFull;
      const message = isFull
        ? "the disk is full: signals are refused with 503 until there is room, what reduces is journaled"
        : "the disk has room again: signals are accepted";
      tell({ code: "DISK_FULL", message });
    }, MACHINE_CHECK_MS);
    undo.push(() => clearInterval(machineTimer));
    const snapshotter = new Snapshotter({
      directory,
      core: options.core,
      sources: memory.sources,
      dedupeIdsMax: config.receiver.dedupeIdsMax,
      durable: () => ({ intakeLsn: loadDurableLsn(logs[0]!.block), decisionsLsn: loadDurableLsn(logs[1]!.block) }),
      every: SNAPSHOT_EVERY,
      retention: retentionRule(config),
      kernels,
      wallMs: () => clock.wallMs(),
      onFailure: (message) => log.warn(`no snapshot was taken, the next start will take longer: ${message}`),
      onDone: ({ gone }) => {
        if (gone > 0)
          log.info(`journal: ${gone} segments ${config.journal.retention.archiveDir ? "archived" : "removed"}`);
      },
    });
    undo.push(() => snapshotter.stop());
    const silenceTimer = setInterval(() => silence.check(clock.wallMs()), SILENCE_CHECK_MS);
    undo.push(() => clearInterval(silenceTimer));
    const api = await startControlApi(
      { host: config.control.host, port: config.control.port, token: controlToken(controlTokenPath(config)) },
      {
        clock,
        status: () => status.snapshot(),
        positions: () => status.positions(),
        kill: ({ level, reason }) => {
          kill(level, reason);
          return { killed: level };
        },
        resume: (reason) => {
          kill(0, reason);
          return { killed: 0 };
        },
        subjects: subjectsOf(options.core),
        operate: (command) => {
          keeper.heed(command, host);
          const atMs = clock.wallMs();
          host.control(command);
          return { handedOver: command, atMs };
        },
        analyse: (analysis) => {
          const atMs = clock.wallMs();
          host.analysis(analysis);
          return { handedOver: analysis, atMs };
        },
        deadLetters,
        onCrash: (error) => log.warn(`control API: ${String(error)}`),
      },
    );
    undo.push(() => api.close());
    const tookMs: StartStages = {
      program: Math.round(programMs),
      journal: Math.round(journalMs - programMs),
      lane: Math.round(laneMs - journalMs),
      doors: Math.round(performance.now() - laneMs),
    };
    return { receiverPort: receiver.port, controlPort: api.port, status, shared, tookMs, kill, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The inline host brings a whole lane into this thread, and is loaded where it is wanted. */
async function createHost(
  config: Config,
  options: ReturnType<typeof laneOptions>,
  shared: SharedMemory,
  kernels: WebAssembly.Module,
  clock: SystemClock,
  events: HostEvents,
): Promise<DecisionHost> {
  if (config.engine.lanes !== "inline") return new PoolHost(options, LANE_LIMITS, shared, kernels, clock, events);
  const { InlineHost } = await import("./lane/inline-host.ts");
  return new InlineHost(options, shared, kernels, clock, events);
}
