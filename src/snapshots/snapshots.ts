/**
 * Snapshots and retention of a running engine: a thread of its own folds what has become durable since the last snapshot, by the
 * code that a start would do it with, and writes the next. Neither lane nor main pay for it but with the processor's time.
 *
 * Stateless: every run begins with the files. Whatever ends one early, another continues; a start needs no run to have ended.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { CoreConfig, CoreKernels } from "../core/config.ts";
import { Core } from "../core/step.ts";
import type { SourceRules } from "../gateway/admission.ts";
import { DedupeTable } from "../gateway/dedupe.ts";
import { SequenceMarks } from "../gateway/sequence.ts";
import { IntakeFold } from "../intake/fold.ts";
import { type FoldLimits, foldLogs } from "../intake/recovery.ts";
import { loadIntakeSnapshot, writeIntakeSnapshot } from "../intake/snapshot.ts";
import { LetterBook } from "../journal/letter-book.ts";
import { type LogPlace, placeOf, readLog } from "../journal/reader.ts";
import { type RetentionRule, retain } from "../journal/retention.ts";
import { listSnapshots, NO_SEGMENT, segmentsNeeded } from "../journal/snapshot-file.ts";
import { loadLaneSnapshot, writeLaneSnapshot } from "../lane/lane-snapshot.ts";
import { LaneFold } from "../lane/recover.ts";

export interface SnapshotTask {
  /** Of the journal. */
  readonly directory: string;
  readonly core: CoreConfig;
  readonly sources: readonly SourceRules[];
  readonly dedupeIdsMax: number;
  /** Durable records: nothing behind them is looked at. */
  readonly durable: FoldLimits;
  /** Records that a log must have grown by since its last snapshot. */
  readonly every: FoldLimits;
  readonly retention: RetentionRule;
  readonly nowMs: number;
}

/** What a run has done. */
export interface SnapshotReport {
  /** Record that a new snapshot covers; null where none was due. */
  readonly decisionsLsn: number | null;
  readonly intakeLsn: number | null;
  /** Segments that were archived or removed. */
  readonly gone: number;
}

/** Writes the snapshots that are due, then takes out what no start needs any more. Blocks for as long as that takes. */
export function takeSnapshots(task: SnapshotTask, kernels: CoreKernels): SnapshotReport {
  const decisionsLsn = isDue(task, "decisions") ? snapshotLane(task, kernels) : null;
  const intakeLsn = isDue(task, "intake") ? snapshotIntake(task) : null;
  return { decisionsLsn, intakeLsn, gone: applyRetention(task) };
}

/** Has the log grown by so much? */
export function isDue({ directory, durable, every }: SnapshotTask, log: "intake" | "decisions"): boolean {
  const field = `${log}Lsn` as const;
  const [newest = 0] = listSnapshots(join(directory, log));
  return durable[field] > 0 && durable[field] - newest >= every[field];
}

function snapshotLane({ directory, core, durable }: SnapshotTask, kernels: CoreKernels): number | null {
  const log = join(directory, "decisions");
  const fold = new LaneFold(new Core(core, { kernels, tagOf: () => "", epoch: 0 }));
  const after = loadLaneSnapshot(log, fold);
  let place: LogPlace | null = null;
  for (const record of readLog(log, after === null ? { whole: true } : { after })) {
    if (record.lsn > durable.decisionsLsn) break;
    fold.take(record);
    place = placeOf(record);
  }
  if (place === null) return null;
  writeLaneSnapshot(log, fold, place);
  return place.lsn;
}

function snapshotIntake({ directory, sources, dedupeIdsMax, durable }: SnapshotTask): number | null {
  const memory = {
    dedupe: new DedupeTable(dedupeIdsMax),
    sequences: new SequenceMarks(),
    letters: new LetterBook(),
    sources,
  };
  const fold = new IntakeFold(memory);
  const from = loadIntakeSnapshot(directory, fold, sources);
  const { intake, decisions } = foldLogs(directory, fold, from, durable);
  if (intake === null || intake.lsn === from.intake?.lsn) return null;
  writeIntakeSnapshot(directory, fold, { intake, decisions }, sources);
  return intake.lsn;
}

function applyRetention({ directory, retention, nowMs }: SnapshotTask): number {
  const ofLane = segmentsNeeded(join(directory, "decisions"));
  const ofIntake = segmentsNeeded(join(directory, "intake"));
  if (ofLane === null || ofIntake === null) return 0;
  let gone = 0;
  for (const log of ["intake", "decisions"] as const) {
    const neededFrom = Math.min(ofLane[log], ofIntake[log]);
    if (neededFrom === NO_SEGMENT) continue;
    const archive = retention.archive === null ? null : join(retention.archive, log);
    gone += retain(join(directory, log), { ...retention, archive }, neededFrom, nowMs).length;
  }
  return gone;
}

export interface SnapshotterParts extends Omit<SnapshotTask, "durable" | "nowMs"> {
  readonly kernels: WebAssembly.Module;
  durable(): FoldLimits;
  wallMs(): number;
  /** A run failed, or did something worth telling. */
  onFailure(message: string): void;
  onDone(report: SnapshotReport): void;
}

/** What the thread is born with, and what it says. */
export interface SnapshotThreadData {
  readonly task: SnapshotTask;
  readonly kernels: WebAssembly.Module;
}
export type SnapshotMessage = { readonly report: SnapshotReport } | { readonly failure: string };

const LOOK_MS = 1000;
/** A run may take that share of the time, so that it never takes a processor from those who decide for long. */
const SHARE_MAX = 0.1;
/** Retention looks at ages even where nothing grows. */
const RETENTION_MS = 3_600_000;

/** Starts a run when one is due, in a thread of its own, one at a time. */
export class Snapshotter {
  readonly #parts: SnapshotterParts;
  readonly #timer: NodeJS.Timeout;
  #running: Worker | null = null;
  #dueMs = 0;
  #retainMs: number;

  constructor(parts: SnapshotterParts) {
    this.#parts = parts;
    this.#retainMs = parts.wallMs() + RETENTION_MS;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running?.terminate();
  }

  #look(): void {
    if (this.#running !== null || performance.now() < this.#dueMs) return;
    const { kernels, durable, wallMs, onFailure, onDone, ...rest } = this.#parts;
    const nowMs = wallMs();
    const task: SnapshotTask = { ...rest, durable: durable(), nowMs };
    if (nowMs < this.#retainMs && !isDue(task, "intake") && !isDue(task, "decisions")) return;
    this.#retainMs = nowMs + RETENTION_MS;
    const startedMs = performance.now();
    const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
    const workerData: SnapshotThreadData = { task, kernels };
    const worker = new Worker(new URL(`./thread${extension}`, import.meta.url), {
      workerData,
      name: "snapshots",
    });
    this.#running = worker;
    let failure = "";
    worker.on("message", (message: SnapshotMessage) => {
      if ("report" in message) onDone(message.report);
      else failure = message.failure;
    });
    worker.on("error", (error) => {
      failure = String(error);
    });
    worker.on("exit", () => {
      this.#running = null;
      const tookMs = performance.now() - startedMs;
      this.#dueMs = performance.now() + tookMs / SHARE_MAX;
      if (failure !== "") onFailure(failure);
    });
    worker.unref();
  }
}
