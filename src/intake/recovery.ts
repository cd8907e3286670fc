/**
 * Intake recovery: folds both logs at the start, before the lane lives and before anything is accepted, from the newest snapshot
 * on. What the fold makes of them is said in fold.ts.
 */
import { join } from "node:path";
import { readIntakeSignal } from "../journal/intake-records.ts";
import { readDeadLetter } from "../journal/letter-records.ts";
import { type LogPlace, type PlacedRecord, placeOf, readLog } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { recoverLog } from "../journal/recover.ts";
import type { BadSnapshot } from "../journal/snapshot-file.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import type { Clock } from "../time/clock.ts";
import {
  type EngineMemory,
  IntakeFold,
  type IntakeMemory,
  type IntakeRecovery,
  rememberRefusal,
  rememberSignal,
} from "./fold.ts";
import { type IntakePlaces, loadIntakeSnapshot } from "./snapshot.ts";

export function recoverIntake(
  directory: string,
  memory: EngineMemory,
  decisionLogId: number,
  onBad?: (bad: BadSnapshot) => void,
): IntakeRecovery {
  // The lane has not been here yet. Behind a torn tail that reaches over the end of a segment nothing can be read.
  recoverLog(join(directory, "decisions"), decisionLogId, "durable");
  const fold = new IntakeFold(memory);
  foldLogs(directory, fold, loadIntakeSnapshot(directory, fold, memory.sources, onBad));
  return fold.finish();
}

/** How far to read: all that is there, unless said otherwise. */
export interface FoldLimits {
  readonly intakeLsn: number;
  readonly decisionsLsn: number;
}

const ALL: FoldLimits = { intakeLsn: Number.POSITIVE_INFINITY, decisionsLsn: Number.POSITIVE_INFINITY };

/** Takes what lies behind `from` in both logs, by time. Returns where it has come to. */
export function foldLogs(
  directory: string,
  fold: IntakeFold,
  from: IntakePlaces,
  limits: FoldLimits = ALL,
): IntakePlaces {
  const intake = new LogTail(join(directory, "intake"), from.intake, limits.intakeLsn);
  const decisions = new LogTail(join(directory, "decisions"), from.decisions, limits.decisionsLsn);
  while (intake.head !== null || decisions.head !== null) {
    const isIntake = decisions.head === null || (intake.head !== null && intake.head.wallMs <= decisions.head.wallMs);
    if (isIntake) {
      fold.takeIntake(intake.head!);
      intake.advance();
    } else {
      fold.takeDecision(decisions.head!);
      decisions.advance();
    }
  }
  return { intake: intake.place, decisions: decisions.place };
}

/** What is left of a log, its next record at the head. */
class LogTail {
  head: PlacedRecord | null = null;
  /** Of the last record that has been passed. */
  place: LogPlace | null;
  readonly #records: Iterator<PlacedRecord, void>;
  readonly #lastLsn: number;

  constructor(directory: string, after: LogPlace | null, lastLsn: number) {
    this.place = after;
    this.#lastLsn = lastLsn;
    this.#records = readLog(directory, after === null ? { whole: true } : { after });
    this.#read();
  }

  advance(): void {
    this.place = placeOf(this.head!);
    this.#read();
  }

  #read(): void {
    const { value } = this.#records.next();
    this.head = value === undefined || value.lsn > this.#lastLsn ? null : value;
  }
}

/**
 * Remembers what an intake log says of ids from `fromLsn` on, without asking what became of them: for whoever accepts signals
 * beside the engine. Positions are remembered as `baseLsn` further on. Returns the last position read.
 */
export function rememberIntake(
  logDirectory: string,
  fromLsn: number,
  baseLsn: number,
  memory: IntakeMemory,
  clock: Clock,
): number {
  let lastLsn = fromLsn - 1;
  for (const record of readLog(logDirectory, { fromLsn })) {
    lastLsn = record.lsn;
    const { payload } = record;
    const bytes = bytesIn(payload);
    const at = { lsn: baseLsn + record.lsn, wallMs: record.wallMs };
    if (record.type === RECORD.INTAKE_SIGNAL) {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      rememberSignal(memory, signal, extra.sequence, at, body, clock.wallMs());
    } else if (record.type === RECORD.DEAD_LETTER) {
      const { head, body } = readDeadLetter(bytes);
      rememberRefusal(memory, head, at.lsn, body, clock.wallMs());
    }
  }
  return lastLsn;
}
