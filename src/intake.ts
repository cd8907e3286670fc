/**
 * Intake: where an admitted signal becomes durable and sets out for its lane. The main thread's half of the journal.
 *
 * Ring first, log second: the lane may decide while the disk is still busy, and the sender hears 2xx only when the log
 * covers the signal. What a crash leaves between the two is put right at the next start:
 *
 *   decided, not in the intake log     the decision log knows its id: it is remembered, so a retry is a duplicate
 *   in the intake log, not decided     submitted again, before anything new
 *   refused by the lane, no dead letter written: written now
 */
import { join } from "node:path";
import type { Verdict as LaneVerdict } from "./core/event.ts";
import type { DecodedSignal, Signal } from "./domain/signal.ts";
import type { EpochMs, Ns } from "./domain/units.ts";
import { forgettableAt, type SourceRules } from "./gateway/admission.ts";
import type { DedupeTable } from "./gateway/dedupe.ts";
import type { DeadLetter, Intake } from "./gateway/intake.ts";
import type { SequenceMarks } from "./gateway/sequence.ts";
import type { VerdictCode } from "./gateway/verdict.ts";
import type { DurableWatch } from "./journal/durable-watch.ts";
import type { LogWriter } from "./journal/log.ts";
import { type RecordView, readLog } from "./journal/reader.ts";
import {
  encodeDeadLetter,
  intakeSignalBytesMax,
  RECORD,
  RECORD_VERSION,
  readDeadLetter,
  readEvent,
  readIntakeSignal,
  readVerdict,
  writeIntakeSignal,
} from "./journal/records.ts";
import type { DecisionHost } from "./lane/host.ts";
import { bytesOf } from "./memory/signal-slot.ts";
import type { Clock } from "./time/clock.ts";

export interface IntakeParts {
  readonly log: LogWriter;
  readonly watch: DurableWatch;
  readonly host: DecisionHost;
  readonly clock: Clock;
  /** The log is dead: nothing can be accepted any more. Called once. */
  onJournalFailure(cause: unknown): void;
}

export class IntakeLog implements Intake {
  readonly #parts: IntakeParts;
  #nextSeq: number;
  #failed = false;
  #turnEnd: NodeJS.Immediate | null = null;

  constructor(parts: IntakeParts, lastSeq: number) {
    this.#parts = parts;
    this.#nextSeq = lastSeq + 1;
  }

  /** Signals accepted over the life of the journal. */
  get accepted(): number {
    return this.#nextSeq - 1;
  }

  accept(signal: Signal, decoded: DecodedSignal, body: Uint8Array): number {
    const { host, log, watch, clock } = this.#parts;
    // A log that can no longer become durable takes nothing: the lane must not act on what nobody was promised.
    if (this.#failed || watch.failure !== 0 || intakeSignalBytesMax(body) > log.payloadBytesMax) return -1;
    signal.intakeSeq = this.#nextSeq;
    if (!host.submit(signal)) return -1;
    this.#nextSeq++;
    return this.#append(() => {
      const room = intakeSignalBytesMax(body);
      const at = log.begin(RECORD.INTAKE_SIGNAL, RECORD_VERSION, room, clock.nowNs(), clock.wallMs());
      return log.commit(writeIntakeSignal(log, at, signal, decoded, body));
    });
  }

  deadLetter({ body, ...head }: DeadLetter): number {
    const { log, clock } = this.#parts;
    if (this.#failed) return -1;
    return this.#append(() =>
      log.append(RECORD.DEAD_LETTER, RECORD_VERSION, clock.nowNs(), clock.wallMs(), encodeDeadLetter(head, body)),
    );
  }

  /** What the lane refused is a dead letter too; its bytes are in its own record. */
  onVerdict({ intakeSeq, refusal }: LaneVerdict): void {
    if (refusal === null || this.#failed) return;
    const { log, clock } = this.#parts;
    const head = {
      source: "",
      signalId: "",
      code: refusal.code,
      message: `refused by the lane: ${refusal.code}`,
      numbers: { value: refusal.value, limit: refusal.limit },
      receivedMs: clock.wallMs(),
      forgettableMs: 0,
      intakeSeq,
    };
    this.#append(() =>
      log.append(
        RECORD.DEAD_LETTER,
        RECORD_VERSION,
        clock.nowNs(),
        clock.wallMs(),
        encodeDeadLetter(head, new Uint8Array()),
      ),
    );
  }

  control(control: object): number {
    const { log, clock } = this.#parts;
    if (this.#failed) return -1;
    return this.#append(() =>
      log.append(RECORD.CONTROL, RECORD_VERSION, clock.nowNs(), clock.wallMs(), Buffer.from(JSON.stringify(control))),
    );
  }

  whenDurable(lsn: number, done: (durable: boolean) => void): void {
    // Before this life's log, everything there is has been read from it.
    this.#parts.watch.whenDurable(lsn, done);
  }

  /** Writes what is pending and closes the log. */
  close(): void {
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    this.#turnEnd = null;
    if (!this.#failed) this.#parts.log.close();
  }

  /** What is appended in one turn of the event loop is written at its end, in one call. */
  #append(append: () => number): number {
    try {
      const lsn = append();
      this.#turnEnd ??= setImmediate(() => this.#endTurn());
      return lsn;
    } catch (cause) {
      this.#fail(cause);
      return -1;
    }
  }

  #endTurn(): void {
    this.#turnEnd = null;
    try {
      this.#parts.log.write();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    // Nobody who waits for this log waits in vain.
    this.#parts.watch.close();
    this.#parts.onJournalFailure(cause);
  }
}

export interface IntakeMemory {
  readonly dedupe: DedupeTable;
  readonly sequences: SequenceMarks;
  readonly sources: readonly SourceRules[];
}

export interface IntakeRecovery {
  /** Highest intake sequence of either log. */
  readonly lastSeq: number;
  /** Accepted, never decided: in order. */
  readonly undecided: readonly Signal[];
  /** Refused by the lane without a dead letter of it. */
  readonly unlettered: readonly LaneVerdict[];
  /** The last level of the kill switch. */
  readonly killLevel: number;
}

/** Reads both logs into memory. Runs before anything is accepted. */
export function recoverIntake(
  directory: string,
  decidedSeq: number,
  memory: IntakeMemory,
  clock: Clock,
): IntakeRecovery {
  const undecided: Signal[] = [];
  const lettered = new Set<number>();
  let lastSeq = decidedSeq;
  let logSeq = 0;
  let killLevel = 0;
  for (const record of readLog(join(directory, "intake"))) {
    const bytes = payloadOf(record);
    if (record.type === RECORD.INTAKE_SIGNAL) {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      logSeq = signal.intakeSeq;
      remember(memory, signal, "ACCEPTED", record, body, clock);
      const source = memory.sources[signal.source];
      if (extra.sequence >= 0 && source) memory.sequences.advance(source.name, extra.sequence, record.lsn);
      if (signal.intakeSeq > decidedSeq) undecided.push(signal);
    } else if (record.type === RECORD.DEAD_LETTER) {
      const { head, body } = readDeadLetter(bytes);
      if (head.intakeSeq !== undefined) lettered.add(head.intakeSeq);
      const { source, signalId, code, forgettableMs } = head;
      if (signalId !== "" && forgettableMs > 0 && memory.dedupe.lookup(source, signalId) < 0) {
        memory.dedupe.remember(source, signalId, record.lsn, code as VerdictCode, body, forgettableMs, clock.wallMs());
      }
    } else if (record.type === RECORD.CONTROL) {
      const control = JSON.parse(bytes.bytes.toString("utf8")) as { type?: string; level?: number };
      if (control.type === "kill" && control.level !== undefined) killLevel = control.level;
    }
  }
  const unlettered: LaneVerdict[] = [];
  for (const record of readLog(join(directory, "decisions"))) {
    const bytes = payloadOf(record);
    if (record.type === RECORD.EVENT_SIGNAL) {
      const read = readEvent(
        record.type,
        bytes,
        0,
        record.payload.length,
        record.monoNs as Ns,
        record.wallMs as EpochMs,
      );
      const signal = read?.event.type === "signal" ? read.event.signal : null;
      if (signal !== null && signal.intakeSeq > logSeq) {
        lastSeq = Math.max(lastSeq, signal.intakeSeq);
        remember(memory, signal, "ACCEPTED", { ...record, lsn: 0 }, null, clock);
      }
    } else if (record.type === RECORD.VERDICT) {
      const verdict = readVerdict(bytes, 0);
      if (verdict.refusal !== null && !lettered.has(verdict.intakeSeq)) unlettered.push(verdict);
    }
  }
  return { lastSeq: Math.max(lastSeq, logSeq), undecided, unlettered, killLevel };
}

function remember(
  { dedupe, sources }: IntakeMemory,
  signal: Signal,
  code: VerdictCode,
  record: { readonly lsn: number; readonly wallMs: number },
  body: Uint8Array | null,
  clock: Clock,
): void {
  const source = sources[signal.source];
  if (source === undefined || dedupe.lookup(source.name, signal.signalId) >= 0) return;
  const forgettableMs = forgettableAt(source, signal, record.wallMs);
  dedupe.remember(source.name, signal.signalId, record.lsn, code, body, forgettableMs, clock.wallMs());
}

const payloadOf = ({ payload }: RecordView) => bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
