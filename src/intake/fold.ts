/**
 * Intake fold: what main remembers, made of both logs: ids and sequences that were consumed, dead letters, what was accepted and
 * never decided, what was refused and never lettered. A start folds the logs to their ends (recovery.ts); a snapshot
 * keeps the fold of their beginnings.
 *
 * Ring and intake log are written one after the other, so a crash may leave a signal in one and not in the other:
 *
 *   decided, not in the intake log     its id is remembered from the decision log, so a retry is a duplicate
 *   in the intake log, not decided     submitted again, before anything new
 *   in the decision log, not decided, not in the intake log     the same: a crash came between its event and its verdict
 *   refused by the lane, without its dead letter     the letter is written now
 *
 * Invariants
 *   - Each log is taken in its own order; how the two are interleaved changes nothing. By time, little has to wait for its
 *     counterpart in the other log.
 *   - Time is that of the records: the same logs fold to the same bytes whenever that is done.
 *   - Bounded: what is kept for a counterpart that never came is kept until it can no longer matter.
 */
import type { Alarm, KillLevel } from "../core/event.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { forgettableAt, type SourceRules } from "../gateway/admission.ts";
import type { DedupeTable } from "../gateway/dedupe.ts";
import type { SequenceMarks } from "../gateway/sequence.ts";
import type { VerdictCode } from "../gateway/verdict.ts";
import { readVerdict } from "../journal/command-records.ts";
import { readEvent } from "../journal/event-records.ts";
import { readIntakeSignal } from "../journal/intake-records.ts";
import { readJson } from "../journal/json-records.ts";
import type { LetterBook } from "../journal/letter-book.ts";
import {
  type DeadLetterDiscard,
  type DeadLetterHead,
  type DeadLetterReplay,
  readDeadLetter,
} from "../journal/letter-records.ts";
import type { PlacedRecord, RecordView } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { type Refused, refusedByLane } from "./intake-log.ts";

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

/** Numbers that the intake log skips, both included. */
type Gap = readonly [first: number, last: number];

/** A signal of the decision log that the intake log has not, or not yet. */
interface Stray {
  readonly signal: Signal;
  readonly wallMs: number;
}

/** Of each kind of thing that waits for its counterpart; more than a ring holds. */
const WAITING_MAX = 65_536;
/** SPEC §2: an id is known for at least so long. */
const KNOWN_MS = 7 * 86_400_000;
const GAPS_MAX = 1024;

export class IntakeFold {
  readonly #memory: EngineMemory;
  // Of the intake log.
  #logSeq = 0;
  #logMs = 0;
  #killLevel: KillLevel = 0;
  #handed: HandoverMark | null = null;
  #gaps: Gap[] = [];
  /** Refused signals whose letters have been seen. */
  readonly #lettered = new Set<number>();
  readonly #undecided = new Map<number, Signal>();
  // Of the decision log.
  #decidedSeq = 0;
  #seenSeq = 0;
  readonly #strays = new Map<number, Stray>();
  readonly #unlettered = new Map<number, Refused>();
  readonly #refused = new Set<number>();
  // Of either.
  /** Ids of replays by number: of those whose letters still wait for the lane's word. */
  readonly #replayIds = new Map<number, string>();
  /** Where one log runs far ahead of the other little can be forgotten: then only at twice as many, or each record would look at all. */
  #tidyAt = WAITING_MAX;

  /** `memory` is empty, or loaded. */
  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  get letters(): LetterBook {
    return this.#memory.letters;
  }

  takeIntake(record: PlacedRecord): void {
    const { letters } = this.#memory;
    const bytes = bytesIn(record.payload);
    this.#logMs = Math.max(this.#logMs, record.wallMs);
    switch (record.type) {
      case RECORD.INTAKE_SIGNAL: {
        const { signal, extra, body } = readIntakeSignal(bytes, 0);
        this.#accepted(signal, record);
        rememberSignal(this.#memory, signal, extra.sequence, record, body, this.#logMs);
        return;
      }
      case RECORD.DEAD_LETTER: {
        const { head, body } = readDeadLetter(bytes);
        if (head.intakeSeq !== undefined) this.#letter(head.intakeSeq);
        letters.addLetter(record.lsn, head, { segment: record.segment, offset: record.recordOffset });
        rememberRefusal(this.#memory, head, record.lsn, body, this.#logMs);
        return;
      }
      case RECORD.DEAD_LETTER_REPLAY: {
        const replay = readJson<DeadLetterReplay>(bytes);
        letters.addReplay(replay, record.wallMs);
        if (replay.code !== undefined && replay.intakeSeq !== undefined) this.#letter(replay.intakeSeq);
        return;
      }
      case RECORD.DEAD_LETTER_DISCARD:
        letters.addDiscard(readJson<DeadLetterDiscard>(bytes));
        return;
      case RECORD.CONTROL: {
        const control = readJson<{ type?: string; level?: KillLevel } & HandoverMark>(bytes);
        if (control.type === "kill" && control.level !== undefined) this.#killLevel = control.level;
        if (control.type === "handover") this.#handed = { log: control.log, lsn: control.lsn };
        return;
      }
    }
  }

  takeDecision(record: RecordView): void {
    if (record.type === RECORD.EVENT_SIGNAL) {
      const signal = signalOf(record);
      if (signal === null) return;
      const { intakeSeq } = signal;
      this.#seenSeq = Math.max(this.#seenSeq, intakeSeq);
      if (signal.replayed) this.#replayIds.set(intakeSeq, signal.signalId);
      if (this.#isMissing(intakeSeq)) this.#strays.set(intakeSeq, { signal, wallMs: record.wallMs });
    } else if (record.type === RECORD.VERDICT) {
      const { intakeSeq, refusal } = readVerdict(bytesIn(record.payload), 0);
      this.#decidedSeq = Math.max(this.#decidedSeq, intakeSeq);
      if (refusal !== null) this.#refuse(refusedByLane(intakeSeq, refusal));
    } else if (record.type === RECORD.ALARM) {
      const refused = givenUpBy(readJson<Alarm>(bytesIn(record.payload)));
      if (refused !== null) this.#refuse(refused);
    }
  }

  /** The logs are at their ends. Nothing is taken after this. */
  finish(): IntakeRecovery {
    const { letters } = this.#memory;
    this.#tidy();
    // Their bytes are gone; their ids must not fire again.
    for (const { signal, wallMs } of this.#strays.values()) {
      remember(this.#memory, signal, { lsn: 0, wallMs }, null, this.#logMs);
    }
    const decidedSeq = this.#decidedSeq;
    const undecided = new Map(this.#undecided);
    for (const [seq, { signal }] of this.#strays) if (seq > decidedSeq) undecided.set(seq, signal);
    letters.reopenUnseen((seq) => this.#replayIds.get(seq));
    for (const seq of this.#replayIds.keys()) if (seq <= decidedSeq && !this.#refused.has(seq)) letters.taken(seq);
    return {
      lastSeq: Math.max(this.#seenSeq, this.#logSeq),
      undecided: [...undecided.values()].sort((a, b) => a.intakeSeq - b.intakeSeq),
      unlettered: [...this.#unlettered.values()],
      killLevel: this.#killLevel,
      handed: this.#handed,
    };
  }

  /** What a snapshot keeps of it, the memory included. Plain data, partly the fold's own: to be encoded before more is taken. */
  save() {
    this.#tidy();
    const { dedupe, sequences, letters } = this.#memory;
    return {
      dedupe: dedupe.save(),
      sequences: sequences.save(),
      letters: letters.save(),
      logSeq: this.#logSeq,
      logMs: this.#logMs,
      killLevel: this.#killLevel,
      handed: this.#handed,
      gaps: this.#gaps,
      lettered: this.#lettered,
      undecided: [...this.#undecided.values()],
      decidedSeq: this.#decidedSeq,
      seenSeq: this.#seenSeq,
      strays: [...this.#strays.values()],
      unlettered: [...this.#unlettered.values()],
      refused: this.#refused,
      replayIds: this.#replayIds,
    };
  }

  /** Before the first record, with an empty memory. */
  load(saved: SavedIntake): void {
    const { dedupe, sequences, letters } = this.#memory;
    dedupe.load(saved.dedupe);
    sequences.load(saved.sequences);
    letters.load(saved.letters);
    this.#logSeq = saved.logSeq;
    this.#logMs = saved.logMs;
    this.#killLevel = saved.killLevel;
    this.#handed = saved.handed;
    this.#gaps = [...saved.gaps];
    for (const seq of saved.lettered) this.#lettered.add(seq);
    for (const signal of saved.undecided) this.#undecided.set(signal.intakeSeq, signal);
    this.#decidedSeq = saved.decidedSeq;
    this.#seenSeq = saved.seenSeq;
    for (const stray of saved.strays) this.#strays.set(stray.signal.intakeSeq, stray);
    for (const refused of saved.unlettered) this.#unlettered.set(refused.intakeSeq, refused);
    for (const seq of saved.refused) this.#refused.add(seq);
    for (const [seq, id] of saved.replayIds) this.#replayIds.set(seq, id);
  }

  #accepted(signal: Signal, { segment, recordOffset }: PlacedRecord): void {
    const { intakeSeq } = signal;
    if (intakeSeq > this.#logSeq + 1) {
      this.#gaps.push([this.#logSeq + 1, intakeSeq - 1]);
      if (this.#gaps.length > GAPS_MAX) this.#gaps.shift();
    }
    this.#logSeq = intakeSeq;
    this.#strays.delete(intakeSeq);
    this.#memory.letters.addSignal(intakeSeq, segment, recordOffset);
    if (signal.replayed) this.#replayIds.set(intakeSeq, signal.signalId);
    if (intakeSeq > this.#decidedSeq) this.#undecided.set(intakeSeq, signal);
    if (this.#undecided.size > this.#tidyAt) this.#tidy();
  }

  /** Has the intake log passed that number over, or not come to it yet? */
  #isMissing(seq: number): boolean {
    return seq > this.#logSeq || this.#gaps.some(([first, last]) => seq >= first && seq <= last);
  }

  #letter(seq: number): void {
    this.#unlettered.delete(seq);
    this.#lettered.add(seq);
    if (this.#lettered.size <= WAITING_MAX) return;
    const [oldest] = this.#lettered;
    this.#lettered.delete(oldest!);
  }

  #refuse(refused: Refused): void {
    const { intakeSeq } = refused;
    if (!this.#lettered.has(intakeSeq)) this.#unlettered.set(intakeSeq, refused);
    this.#refused.add(intakeSeq);
    if (this.#refused.size > this.#tidyAt) this.#tidy();
  }

  /** Forgets what can no longer matter, whatever the rest of the logs may hold. */
  #tidy(): void {
    const { letters } = this.#memory;
    for (const seq of this.#undecided.keys()) if (seq <= this.#decidedSeq) this.#undecided.delete(seq);
    for (const seq of this.#replayIds.keys()) {
      if (seq <= this.#logSeq && letters.ofReplay(seq) === undefined) this.#replayIds.delete(seq);
    }
    // Only of a replay it is asked later whether it was ever refused.
    for (const seq of this.#refused) if (seq <= this.#logSeq && !this.#replayIds.has(seq)) this.#refused.delete(seq);
    for (const [seq, { wallMs }] of this.#strays) {
      if (seq <= this.#decidedSeq && seq < this.#logSeq && wallMs + KNOWN_MS < this.#logMs) this.#strays.delete(seq);
    }
    this.#tidyAt = Math.max(WAITING_MAX, 2 * this.#undecided.size, 2 * this.#refused.size);
  }
}

export type SavedIntake = ReturnType<IntakeFold["save"]>;

/** A signal that the lane took and gave up later. */
export function givenUpBy({ givenUp, message }: Alarm): Refused | null {
  return givenUp === undefined ? null : { ...givenUp, message, numbers: null };
}

/** What is known of a record by where and when it was written. */
export interface Written {
  readonly lsn: number;
  readonly wallMs: number;
}

export function rememberSignal(
  memory: IntakeMemory,
  signal: Signal,
  sequence: number,
  record: Written,
  body: Uint8Array,
  nowMs: number,
): void {
  remember(memory, signal, record, body, nowMs);
  const source = memory.sources[signal.source];
  if (sequence >= 0 && source) memory.sequences.advance(source.name, sequence, record.lsn);
}

export function rememberRefusal(
  { dedupe }: IntakeMemory,
  { source, signalId, code, forgettableMs }: DeadLetterHead,
  lsn: number,
  body: Uint8Array,
  nowMs: number,
): void {
  if (signalId === "" || forgettableMs <= 0 || dedupe.lookup(source, signalId) >= 0) return;
  dedupe.remember(source, signalId, lsn, code as VerdictCode, body, forgettableMs, nowMs);
}

function remember(
  { dedupe, sources }: IntakeMemory,
  signal: Signal,
  record: Written,
  body: Uint8Array | null,
  nowMs: number,
): void {
  const source = sources[signal.source];
  if (source === undefined || dedupe.lookup(source.name, signal.signalId) >= 0) return;
  const forgettableMs = forgettableAt(source, signal, record.wallMs);
  dedupe.remember(source.name, signal.signalId, record.lsn, "ACCEPTED", body, forgettableMs, nowMs);
}

function signalOf(record: RecordView): Signal | null {
  const { type, payload, monoNs, wallMs } = record;
  const read = readEvent(type, bytesIn(record.payload), 0, payload.length, monoNs as Ns, wallMs as EpochMs);
  return read?.event.type === "signal" ? read.event.signal : null;
}
