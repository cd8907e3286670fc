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
