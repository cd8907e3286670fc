/**
 * Intake: where an admitted signal becomes durable and sets out for its lane. The main thread's half of the journal.
 *
 * Ring first, log second: the lane may decide while the disk is still busy, and the sender hears 2xx only when the log
 * covers the signal. What a crash leaves between the two is put right at the next start (recovery.ts).
 *
 * What was not acted on becomes a dead letter here, whoever refused it; the letter book learns of every record in the same
 * turn.
 */
import type { Verdict as LaneVerdict } from "../core/event.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Signal } from "../domain/signal.ts";
import type { DeadLetter, Intake } from "../gateway/intake.ts";
import type { DurableWatch } from "../journal/durable-watch.ts";
import { type IntakeExtra, intakeSignalBytesMax, writeIntakeSignal } from "../journal/intake-records.ts";
import type { LetterBook } from "../journal/letter-book.ts";
import { readLetterBytes } from "../journal/letter-bytes.ts";
import { type DeadLetterHead, type DeadLetterReplay, encodeDeadLetter } from "../journal/letter-records.ts";
import type { LogWriter } from "../journal/log.ts";
import { RECORD, RECORD_VERSION } from "../journal/records.ts";
import type { DecisionHost } from "../lane/host.ts";
import type { Clock } from "../time/clock.ts";

export interface IntakeParts {
  readonly log: LogWriter;
  /** Of the log. */
  readonly directory: string;
  readonly watch: DurableWatch;
  readonly host: Pick<DecisionHost, "submit">;
  readonly clock: Clock;
  /** Kept up to date with every record written here. */
  readonly letters: LetterBook;
  /** Names of the sources, by index. */
  readonly sources: readonly string[];
  /** Mid prices by symbol, as they are now. */
  marks(): Readonly<Record<string, number>>;
  /** The log is dead: nothing can be accepted any more. Called once. */
  onJournalFailure(cause: unknown): void;
}

/** A signal that was accepted and then not acted on, or not wholly. */
export interface Refused {
  readonly intakeSeq: number;
  readonly code: string;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>> | null;
}

export const refusedByLane = (intakeSeq: number, { code, value, limit }: Readonly<Refusal>): Refused => ({
  intakeSeq,
  code,
  message: `refused by the lane: ${code}`,
  numbers: { value, limit },
});

/**
 * What is appended meanwhile is written in one call. A thread that has just pushed a signal does nothing more for it while
 * the lane, which may share its core, decides; the sender waits for the disk anyway, which takes as long again.
 */
const WRITE_AFTER_MS = 1;

export class IntakeLog implements Intake {
  readonly #parts: IntakeParts;
  #nextSeq: number;
  #failed = false;
  #writeDue: NodeJS.Timeout | null = null;
  /** An inline lane speaks of a signal before that is in the log; it is heard afterwards. */
  #accepting = false;
  readonly #unheard: Refused[] = [];

  constructor(parts: IntakeParts, lastSeq: number) {
    this.#parts = parts;
    this.#nextSeq = lastSeq + 1;
  }

  /** Signals accepted over the life of the journal. */
  get accepted(): number {
    return this.#nextSeq - 1;
  }

  accept(signal: Signal, decoded: IntakeExtra, body: Uint8Array): number {
    const { log, watch } = this.#parts;
    // A log that can no longer become durable takes nothing: the lane must not act on what nobody was promised.
    if (this.#failed || watch.failure !== 0 || log.isScarce || intakeSignalBytesMax(body) > log.payloadBytesMax)
      return -1;
    signal.intakeSeq = this.#nextSeq;
    this.#accepting = true;
    try {
      return this.#submitted(signal) ? this.#appendSignal(signal, decoded, body) : -1;
    } finally {
      this.#accepting = false;
      if (this.#unheard.length > 0) for (const refused of this.#unheard.splice(0)) this.refused(refused);
    }
  }

  deadLetter({ body, ...entry }: DeadLetter): number {
    if (this.#parts.log.isScarce) return -1;
    return this.#appendLetter({ ...entry, marks: this.#parts.marks() }, body);
  }

  onVerdict({ intakeSeq, refusal }: LaneVerdict): void {
    if (refusal === null) this.#parts.letters.taken(intakeSeq);
    else this.refused(refusedByLane(intakeSeq, refusal));
  }

  /** What the lane did not act on is a dead letter too, or is the old one again; its bytes are in its own record. */
  refused(refused: Refused): void {
    if (this.#accepting) {
      this.#unheard.push(refused);
      return;
    }
    const { letters, clock } = this.#parts;
    const { intakeSeq, code, message, numbers } = refused;
    const again = letters.ofReplay(intakeSeq);
    if (again !== undefined) {
      const { position: letter, attempts: attempt, replaySignalId: signalId } = again;
      this.replay({ letter, attempt, signalId, intakeSeq, code, message });
      return;
    }
    const receivedMs = clock.wallMs();
    const head = { code, message, numbers, receivedMs, forgettableMs: 0, intakeSeq, marks: this.#parts.marks() };
    this.#appendLetter({ ...head, ...this.#lookUp(intakeSeq) }, new Uint8Array());
  }

  /** Records an attempt to run a dead letter again, or that it failed. False when the journal cannot take it. */
  replay(record: DeadLetterReplay): boolean {
    if (this.#append(RECORD.DEAD_LETTER_REPLAY, Buffer.from(JSON.stringify(record))) < 0) return false;
    this.#parts.letters.addReplay(record, this.#parts.clock.wallMs());
    return true;
  }

  /** The position of the record, or -1 when the journal cannot take it. */
  discard(letter: number, reason: string): number {
    const lsn = this.#append(RECORD.DEAD_LETTER_DISCARD, Buffer.from(JSON.stringify({ letter, reason })));
    if (lsn >= 0) this.#parts.letters.addDiscard({ letter, reason });
    return lsn;
  }

  control(control: object): number {
    return this.#append(RECORD.CONTROL, Buffer.from(JSON.stringify(control)));
  }

  whenDurable(lsn: number, done: (durable: boolean) => void): void {
    // Before this life's log, everything there is has been read from it.
    this.#parts.watch.whenDurable(lsn, done);
  }

  /** To be called every so often. True while the disk is full: nothing is accepted, and what must be journaled still is. */
  tend(): boolean {
    if (!this.#failed) this.#parts.log.retryNext();
    return this.#parts.log.isScarce;
  }

  /** Hands all that was appended to the system; false when the log has failed. */
  readonly write = (): boolean => {
    if (this.#writeDue !== null) clearTimeout(this.#writeDue);
    this.#writeDue = null;
    if (this.#failed) return false;
    try {
      this.#parts.log.write();
      return true;
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
  };

  /** Writes what is pending and closes the log. */
  close(): void {
    if (this.#writeDue !== null) clearTimeout(this.#writeDue);
    this.#writeDue = null;
    if (!this.#failed) this.#parts.log.close();
  }

  /** A lane that throws may have journaled the number: it is not given again. */
  #submitted(signal: Signal): boolean {
    this.#nextSeq++;
    const taken = this.#parts.host.submit(signal);
    if (!taken) this.#nextSeq--;
    return taken;
  }

  #appendSignal(signal: Signal, decoded: IntakeExtra, body: Uint8Array): number {
    const { log, clock, letters } = this.#parts;
    try {
      const room = intakeSignalBytesMax(body);
      const at = log.begin(RECORD.INTAKE_SIGNAL, RECORD_VERSION, room, clock.nowNs(), clock.wallMs());
      const lsn = this.#appended(log.commit(writeIntakeSignal(log, at, signal, decoded, body)));
      letters.addSignal(signal.intakeSeq, log.segment, log.recordOffset);
      return lsn;
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  /** Source and id of an accepted signal, and where it lies; empty where nobody knows any more. */
  #lookUp(intakeSeq: number): Pick<DeadLetterHead, "source" | "signalId" | "signalAt"> {
    const { letters, directory, sources } = this.#parts;
    const signalAt = letters.signalPlace(intakeSeq);
    const found = signalAt !== null && this.write() ? readLetterBytes(directory, signalAt) : null;
    if (signalAt === null || found === null || found.accepted === null) return { source: "", signalId: "" };
    const { source, signalId } = found.accepted.signal;
    return { source: sources[source] ?? "", signalId, signalAt };
  }

  #appendLetter(head: DeadLetterHead, body: Uint8Array): number {
    const lsn = this.#append(RECORD.DEAD_LETTER, encodeDeadLetter(head, body));
    const { letters, log } = this.#parts;
    if (lsn >= 0) letters.addLetter(lsn, head, { segment: log.segment, offset: log.recordOffset });
    return lsn;
  }

  #append(type: number, payload: Uint8Array): number {
    const { log, clock } = this.#parts;
    if (this.#failed) return -1;
    try {
      return this.#appended(log.append(type, RECORD_VERSION, clock.nowNs(), clock.wallMs(), payload));
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  #appended(lsn: number): number {
    this.#writeDue ??= setTimeout(this.write, WRITE_AFTER_MS);
    return lsn;
  }

  #fail(cause: unknown): -1 {
    if (this.#failed) return -1;
    this.#failed = true;
    // Nobody who waits for this log waits in vain.
    this.#parts.watch.close();
    this.#parts.onJournalFailure(cause);
    return -1;
  }
}
