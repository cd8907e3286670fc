/**
 * Snapshots of a simulated process: what snapshots/ does in a thread of its own, far more often, and dying like any thread; and
 * the check that a start from them ends where a start from the whole logs does, byte for byte.
 */
import { join } from "node:path";
import type { CoreKernels } from "../core/config.ts";
import { Core } from "../core/step.ts";
import type { SourceRules } from "../gateway/admission.ts";
import { DedupeTable } from "../gateway/dedupe.ts";
import { SequenceMarks } from "../gateway/sequence.ts";
import { IntakeFold } from "../intake/fold.ts";
import { foldLogs } from "../intake/recovery.ts";
import { loadIntakeSnapshot } from "../intake/snapshot.ts";
import { LetterBook } from "../journal/letter-book.ts";
import { encodePlain } from "../journal/plain-bytes.ts";
import { readLog } from "../journal/reader.ts";
import { encodeLaneSnapshot, foldDecisions } from "../lane/lane-snapshot.ts";
import { LaneFold } from "../lane/recover.ts";
import { type SnapshotTask, takeSnapshots } from "../snapshots/snapshots.ts";

export interface SnapshotSetting extends Pick<SnapshotTask, "directory" | "core" | "sources" | "dedupeIdsMax"> {
  readonly kernels: CoreKernels;
}

/** So few records that most lives see several, and some starts go on from the middle of a turn. */
const EVERY = { decisionsLsn: 7, intakeLsn: 3 } as const;
const KEEP_ALL = { keepMs: Number.POSITIVE_INFINITY, keepBytes: Number.POSITIVE_INFINITY, archive: null } as const;

export function snapshotNow({ kernels, ...setting }: SnapshotSetting, durable: SnapshotTask["durable"]): void {
  takeSnapshots({ ...setting, durable, every: EVERY, retention: KEEP_ALL, nowMs: 0 }, kernels);
}

/** What is different; null where nothing is. */
export function snapshotFault(setting: SnapshotSetting): string | null {
  const { directory, core, kernels } = setting;
  const log = join(directory, "decisions");
  const parts = { kernels, tagOf: () => "", epoch: 0 };
  const whole = new LaneFold(new Core(core, parts));
  for (const record of readLog(log)) whole.take(record);
  const fold = foldDecisions(log, new Core(core, parts));
  if (!encodeLaneSnapshot(fold).equals(encodeLaneSnapshot(whole))) return "a lane's start from its snapshot differs";
  const [made, wished] = [true, false].map((snapshots) => foldIntake(setting, snapshots));
  return made!.equals(wished!) ? null : "main's start from its snapshot differs";
}

function foldIntake({ directory, sources, dedupeIdsMax }: SnapshotSetting, snapshots: boolean): Buffer {
  const memory = {
    dedupe: new DedupeTable(dedupeIdsMax),
    sequences: new SequenceMarks(),
    letters: new LetterBook(),
    sources: sources as SourceRules[],
  };
  const fold = new IntakeFold(memory);
  const from = snapshots ? loadIntakeSnapshot(directory, fold, sources) : { intake: null, decisions: null };
  foldLogs(directory, fold, from);
  const saved = encodePlain(fold.save());
  return Buffer.concat([saved, encodePlain(fold.finish()), encodePlain(fold.save())]);
}
