/**
 * Intake: where an admitted signal becomes durable and sets out for its lane. The main thread's half of the journal.
 *
 * Ring first, log second: the lane may decide while the disk is still busy, and the sender hears 2xx only when the log
 * covers the signal. What a crash leaves between the two is put right at the next start (intake-recovery.ts).
 */
import type { Verdict as LaneVerdict } from "./core/event.ts";
import type { DecodedSignal, Signal } from "./domain/signal.ts";
import type { DeadLetter, Intake } from "./gateway/intake.ts";
import type { DurableWatch } from "./journal/durable-watch.ts";
import type { LogWriter } from "./journal/log.ts";
import {
  encodeDeadLetter,
  intakeSignalBytesMax,
  RECORD,
  RECORD_VERSION,
  writeIntakeSignal,
} from "./journal/records.ts";
import type { DecisionHost } from "./lane/host.ts";
import type { Clock } from "./time/clock.ts";

export interface IntakeParts {
  readonly log: LogWriter;
  readonly watch: DurableWatch;
  readonly host: Pick<DecisionHost, "submit">;
  readonly clock: Clock;
  /** The log is dead: nothing can be accepted any more. Called once. */
  onJournalFailure(cause: unknown): void;
}

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
    try {
      const room = intakeSignalBytesMax(body);
      const at = log.begin(RECORD.INTAKE_SIGNAL, RECORD_VERSION, room, clock.nowNs(), clock.wallMs());
      return this.#appended(log.commit(writeIntakeSignal(log, at, signal, decoded, body)));
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  deadLetter({ body, ...head }: DeadLetter): number {
    return this.#append(RECORD.DEAD_LETTER, encodeDeadLetter(head, body));
  }

  /** What the lane refused is a dead letter too; its bytes are in its own record. */
  onVerdict({ intakeSeq, refusal }: LaneVerdict): void {
    if (refusal === null) return;
    const { clock } = this.#parts;
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
    this.#append(RECORD.DEAD_LETTER, encodeDeadLetter(head, new Uint8Array()));
  }

  control(control: object): number {
    return this.#append(RECORD.CONTROL, Buffer.from(JSON.stringify(control)));
  }

  whenDurable(lsn: number, done: (durable: boolean) => void): void {
    // Before this life's log, everything there is has been read from it.
    this.#parts.watch.whenDurable(lsn, done);
  }

  /** Writes what is pending and closes the log. */
  close(): void {
    if (this.#writeDue !== null) clearTimeout(this.#writeDue);
    this.#writeDue = null;
    if (!this.#failed) this.#parts.log.close();
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
    this.#writeDue ??= setTimeout(this.#write, WRITE_AFTER_MS);
    return lsn;
  }

  readonly #write = (): void => {
    this.#writeDue = null;
    try {
      this.#parts.log.write();
    } catch (cause) {
      this.#fail(cause);
    }
  };

  #fail(cause: unknown): -1 {
    if (this.#failed) return -1;
    this.#failed = true;
    // Nobody who waits for this log waits in vain.
    this.#parts.watch.close();
    this.#parts.onJournalFailure(cause);
    return -1;
  }
}
