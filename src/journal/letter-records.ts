/** Records of dead letters, and of what became of each. */
import type { Bytes } from "../memory/signal-slot.ts";

/** Where a record begins in its log, to read it without what lies before it. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
}

/** A dead letter without its bytes, which follow the JSON. */
export interface DeadLetterHead {
  readonly source: string;
  readonly signalId: string;
  readonly code: string;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>> | null;
  readonly receivedMs: number;
  readonly forgettableMs: number;
  /** Set where the lane refused what the gateway had accepted: its signal record holds the bytes. */
  readonly intakeSeq?: number;
  /** Where that signal record lies; absent where it is not known. */
  readonly signalAt?: RecordPlace;
  /** Mid prices in quote units by symbol, as they were: what a replay's price collar is measured from. */
  readonly marks?: Readonly<Record<string, number>>;
}

/**
 * One attempt to run a dead letter again. Written, and handed to the system, before the signal sets out: so a crash between
 * the two is told by the signal's absence from both logs, and the letter is open again.
 */
export interface DeadLetterReplay {
  /** Position of the DEAD_LETTER record that began it. */
  readonly letter: number;
  /** Counted from 1. */
  readonly attempt: number;
  readonly signalId: string;
  /** The number under which the signal sets out; absent where the rules refused it: then `code` and `message` say why. */
  readonly intakeSeq?: number;
  readonly code?: string;
  readonly message?: string;
}

export interface DeadLetterDiscard {
  readonly letter: number;
  readonly reason: string;
}

export function encodeDeadLetter(head: DeadLetterHead, body: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const payload = Buffer.alloc(4 + text.length + body.length);
  payload.writeUInt32LE(text.length, 0);
  payload.set(text, 4);
  payload.set(body, 4 + text.length);
  return payload;
}

export function readDeadLetter({ view, bytes }: Bytes): { readonly head: DeadLetterHead; readonly body: Buffer } {
  const bodyAt = 4 + view.getUint32(0, true);
  return { head: JSON.parse(bytes.toString("utf8", 4, bodyAt)), body: bytes.subarray(bodyAt) };
}
