/**
 * Intake port: what the gateway needs of the journal and of the lane's ring. The engine implements it.
 */
import type { DecodedSignal, Signal } from "../domain/signal.ts";
import type { VerdictCode } from "./verdict.ts";

export interface Intake {
  /**
   * Pushes to the lane and appends to the intake log; assigns `signal.intakeSeq`. Returns the lsn, or -1 with nothing done
   * when the lane's ring or the journal cannot take it. `body` is only valid during the call.
   */
  accept(signal: Signal, decoded: DecodedSignal, body: Uint8Array): number;
  /** Appends a dead letter. -1 with nothing done when the journal cannot take it. `entry.body` is only valid during the call. */
  deadLetter(entry: DeadLetter): number;
  /**
   * Calls back once everything up to `lsn` is on disk (true), or when that can no longer happen (false). At once where that
   * is already known; otherwise in the order of the calls.
   */
  whenDurable(lsn: number, done: (durable: boolean) => void): void;
}

/** Authenticated bytes that did not become a signal, with everything needed to show, replay or discard them. */
export interface DeadLetter {
  readonly source: string;
  /** "" where the bytes did not yield one. */
  readonly signalId: string;
  readonly code: VerdictCode;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>> | null;
  readonly receivedMs: number;
  /** Until then the id could still fire if it were forgotten; 0 where it never could. Goes back into `Admission.restore`. */
  readonly forgettableMs: number;
  readonly body: Uint8Array;
}

/** Something a person should hear about. The gateway goes on. */
export interface GatewayAlarm {
  readonly code: "SEQUENCE_GAP" | "SEQUENCE_REPEATED" | "ID_REUSED" | "AUTH_FAILURES" | "MEMORY_FULL";
  /** The source's name; an address for AUTH_FAILURES. */
  readonly source: string;
  readonly numbers: Readonly<Record<string, number>>;
}
