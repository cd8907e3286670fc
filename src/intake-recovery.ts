/**
 * Intake recovery: reads both logs at the start, before the lane lives and before anything is accepted.
 *
 * Ring and intake log are written one after the other, so a crash may leave a signal in one and not in the other:
 *
 *   decided, not in the intake log     its id is remembered from the decision log, so a retry is a duplicate
 *   in the intake log, not decided     submitted again, before anything new
 *   in the decision log, not decided, not in the intake log     the same: a crash came between its event and its verdict
 *   refused by the lane, without its dead letter     the letter is written now
 *
 * A crash of long ago has left its gap for ever: the intake log is read for all of them, not for the last.
 */
import { join } from "node:path";
import type { Alarm, KillLevel } from "./core/event.ts";
import type { Signal } from "./domain/signal.ts";
import type { EpochMs, Ns } from "./domain/units.ts";
import { forgettableAt, type SourceRules } from "./gateway/admission.ts";
import type { DedupeTable } from "./gateway/dedupe.ts";
import type { SequenceMarks } from "./gateway/sequence.ts";
import type { VerdictCode } from "./gateway/verdict.ts";
import { type Refused, refusedByLane } from "./intake.ts";
import type { LetterBook } from "./journal/letter-book.ts";
import { type RecordView, readLog } from "./journal/reader.ts";
import {
  type DeadLetterDiscard,
  type DeadLetterHead,
  type DeadLetterReplay,
  RECORD,
  readDeadLetter,
  readEvent,
  readIntakeSignal,
  readJson,
  readVerdict,
} from "./journal/records.ts";
import { recoverLog } from "./journal/recover.ts";
import { bytesOf } from "./memory/signal-slot.ts";
import type { Clock } from "./time/clock.ts";

export interface IntakeMemory {
  readonly dedupe: DedupeTable;
  readonly sequences: SequenceMarks;
  readonly sources: readonly SourceRules[];
}

export interface EngineMemory extends IntakeMemory {
  readonly letters: LetterBook;
}

export interface IntakeRecovery {
  /** Highest intake sequence of either log. */
  readonly lastSeq: number;
  /** Accepted, never decided: in order. */
  readonly undecided: readonly Signal[];
  /** Refused by the lane without a dead letter of it. */
  readonly unlettered: readonly Refused[];
  /** Where the operator had left the kill switch. */
  readonly killLevel: KillLevel;
  /** How far a standby's log has been taken over; null where none has. */
  readonly handed: HandoverMark | null;
}

/** Everything up to `lsn` of the standby log called `log` is in this journal. */
export interface HandoverMark {
  readonly log: string;
  readonly lsn: number;
}

export function recoverIntake(
  directory: string,
  memory: EngineMemory,
  clock: Clock,
  decisionLogId: number,
): IntakeRecovery {
  // The lane has not been here yet. Behind a torn tail that reaches over the end of a segment nothing can be read.
  recoverLog(join(directory, "decisions"), decisionLogId, true);
  const lane = readDecisions(directory);
  const undecided: Signal[] = [];
  /** Numbers of the decision log that the intake log skips: [first, last]. */
  const gaps: (readonly [number, number])[] = [];
  const { replayIds } = lane;
  const noteReplay = ({ replayed, intakeSeq, signalId }: Signal) => {
    if (replayed) replayIds.set(intakeSeq, signalId);
  };
  let logSeq = 0;
  let killLevel: KillLevel = 0;
  let handed: HandoverMark | null = null;
  for (const record of readLog(join(directory, "intake"))) {
    const bytes = payloadOf(record);
    if (record.type === RECORD.INTAKE_SIGNAL) {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      if (signal.intakeSeq > logSeq + 1) gaps.push([logSeq + 1, signal.intakeSeq - 1]);
      logSeq = signal.intakeSeq;
      memory.letters.addSignal(logSeq, record.segment, record.recordOffset);
      noteReplay(signal);
      rememberSignal(memory, signal, extra.sequence, record, body, clock);
      if (signal.intakeSeq > lane.decidedSeq) undecided.push(signal);
    } else if (record.type === RECORD.DEAD_LETTER) {
      const { head, body } = readDeadLetter(bytes);
      if (head.intakeSeq !== undefined) lane.refusals.delete(head.intakeSeq);
      memory.letters.addLetter(record.lsn, head, { segment: record.segment, offset: record.recordOffset });
      rememberRefusal(memory, head, record.lsn, body, clock);
    } else if (record.type === RECORD.DEAD_LETTER_REPLAY) {
      const replay = readJson<DeadLetterReplay>(bytes);
      memory.letters.addReplay(replay, record.wallMs);
      if (replay.code !== undefined && replay.intakeSeq !== undefined) lane.refusals.delete(replay.intakeSeq);
    } else if (record.type === RECORD.DEAD_LETTER_DISCARD) {
      memory.letters.addDiscard(readJson<DeadLetterDiscard>(bytes));
    } else if (record.type === RECORD.CONTROL) {
      const control = readJson<{ type?: string; level?: KillLevel } & HandoverMark>(bytes);
      if (control.type === "kill" && control.level !== undefined) killLevel = control.level;
      if (control.type === "handover") handed = { log: control.log, lsn: control.lsn };
    }
  }
  if (lane.seenSeq > logSeq) gaps.push([logSeq + 1, lane.seenSeq]);
  if (gaps.length > 0) {
    for (const signal of rememberFromDecisions(directory, gaps, memory, clock)) {
      if (signal.intakeSeq > lane.decidedSeq) undecided.push(signal);
    }
  }
  memory.letters.reopenUnseen((seq) => replayIds.get(seq));
  for (const seq of replayIds.keys())
    if (seq <= lane.decidedSeq && !lane.everRefused.has(seq)) memory.letters.taken(seq);
  return {
    lastSeq: Math.max(lane.seenSeq, logSeq),
    undecided: undecided.sort((a, b) => a.intakeSeq - b.intakeSeq),
    unlettered: [...lane.refusals.values()],
    killLevel,
    handed,
  };
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
    const bytes = payloadOf(record);
    const at = { lsn: baseLsn + record.lsn, wallMs: record.wallMs };
    if (record.type === RECORD.INTAKE_SIGNAL) {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      rememberSignal(memory, signal, extra.sequence, at, body, clock);
    } else if (record.type === RECORD.DEAD_LETTER) {
      const { head, body } = readDeadLetter(bytes);
      rememberRefusal(memory, head, at.lsn, body, clock);
    }
  }
  return lastLsn;
}

function rememberSignal(
  memory: IntakeMemory,
  signal: Signal,
  sequence: number,
  record: { readonly lsn: number; readonly wallMs: number },
  body: Uint8Array,
  clock: Clock,
): void {
  remember(memory, signal, record, body, clock);
  const source = memory.sources[signal.source];
  if (sequence >= 0 && source) memory.sequences.advance(source.name, sequence, record.lsn);
}

function rememberRefusal(
  { dedupe }: IntakeMemory,
  { source, signalId, code, forgettableMs }: DeadLetterHead,
  lsn: number,
  body: Uint8Array,
  clock: Clock,
): void {
  if (signalId === "" || forgettableMs <= 0 || dedupe.lookup(source, signalId) >= 0) return;
  dedupe.remember(source, signalId, lsn, code as VerdictCode, body, forgettableMs, clock.wallMs());
}

/** How far the lane had come, and what it did not act on. */
function readDecisions(directory: string) {
  const refusals = new Map<number, Refused>();
  const everRefused = new Set<number>();
  /** Ids of the replays that reached the lane, by number. */
  const replayIds = new Map<number, string>();
  let decidedSeq = 0;
  let seenSeq = 0;
  const refuse = (refused: Refused) => {
    refusals.set(refused.intakeSeq, refused);
    everRefused.add(refused.intakeSeq);
  };
  for (const record of readLog(join(directory, "decisions"))) {
    if (record.type === RECORD.EVENT_SIGNAL) {
      const signal = signalOf(record);
      if (signal === null) continue;
      seenSeq = Math.max(seenSeq, signal.intakeSeq);
      if (signal.replayed) replayIds.set(signal.intakeSeq, signal.signalId);
    } else if (record.type === RECORD.VERDICT) {
      const { intakeSeq, refusal } = readVerdict(payloadOf(record), 0);
      decidedSeq = Math.max(decidedSeq, intakeSeq);
      if (refusal !== null) refuse(refusedByLane(intakeSeq, refusal));
    } else if (record.type === RECORD.ALARM) {
      const refused = givenUpBy(readJson<Alarm>(payloadOf(record)));
      if (refused !== null) refuse(refused);
    }
  }
  return { decidedSeq, seenSeq, refusals, everRefused, replayIds };
}

/** A signal that the lane took and gave up later. */
export function givenUpBy({ givenUp, message }: Alarm): Refused | null {
  return givenUp === undefined ? null : { ...givenUp, message, numbers: null };
}

/** Signals that the lane had and the intake log had not: their bytes are gone, their ids must not fire again. */
function rememberFromDecisions(
  directory: string,
  gaps: readonly (readonly [number, number])[],
  memory: IntakeMemory,
  clock: Clock,
): Iterable<Signal> {
  // By number: after a crash before its verdict a signal has an event in each of two lives.
  const found = new Map<number, Signal>();
  for (const record of readLog(join(directory, "decisions"))) {
    const signal = record.type === RECORD.EVENT_SIGNAL ? signalOf(record) : null;
    if (signal === null || !gaps.some(([first, last]) => signal.intakeSeq >= first && signal.intakeSeq <= last))
      continue;
    remember(memory, signal, { lsn: 0, wallMs: record.wallMs }, null, clock);
    found.set(signal.intakeSeq, signal);
  }
  return found.values();
}

function signalOf(record: RecordView): Signal | null {
  const { type, payload, monoNs, wallMs } = record;
  const read = readEvent(type, payloadOf(record), 0, payload.length, monoNs as Ns, wallMs as EpochMs);
  return read?.event.type === "signal" ? read.event.signal : null;
}

function remember(
  { dedupe, sources }: IntakeMemory,
  signal: Signal,
  record: { readonly lsn: number; readonly wallMs: number },
  body: Uint8Array | null,
  clock: Clock,
): void {
  const source = sources[signal.source];
  if (source === undefined || dedupe.lookup(source.name, signal.signalId) >= 0) return;
  const forgettableMs = forgettableAt(source, signal, record.wallMs);
  dedupe.remember(source.name, signal.signalId, record.lsn, "ACCEPTED", body, forgettableMs, clock.wallMs());
}

const payloadOf = ({ payload }: RecordView) => bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
