/** Dead letters as people see them: over the control API, and on the command line. */
import { deadLetterReason } from "../domain/dead-letter-reasons.ts";
import type { Letter } from "../journal/letter-book.ts";

export interface LetterView {
  readonly position: number;
  readonly state: Letter["state"];
  readonly source: string;
  readonly signalId: string;
  readonly receivedAt: string;
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>> | null;
  readonly attempts: number;
  readonly lastAttempt: {
    readonly code: string;
    readonly reason: string;
    readonly message: string;
    readonly at: string;
  } | null;
}

/** `body` is text where the bytes are text; `bodyBase64` is always exactly what was sent. */
export type ShownLetter = LetterView & { readonly body: string; readonly bodyBase64: string };

export function viewOf(letter: Letter): LetterView {
  const { position, state, head, attempts, lastRefusal } = letter;
  const { sentence: reason, remedy } = deadLetterReason(lastRefusal?.code ?? head.code);
  return {
    position,
    state,
    source: head.source,
    signalId: head.signalId,
    receivedAt: new Date(head.receivedMs).toISOString(),
    code: head.code,
    reason: deadLetterReason(head.code).sentence,
    remedy,
    message: head.message,
    numbers: head.numbers,
    attempts,
    lastAttempt:
      lastRefusal === null
        ? null
        : {
            code: lastRefusal.code,
            reason,
            message: lastRefusal.message,
            at: new Date(lastRefusal.atMs).toISOString(),
          },
  };
}

/** As text where it is text, and always exactly. */
export function bodyView(body: Uint8Array | null): { readonly body: string; readonly bodyBase64: string } {
  if (body === null) return { body: "(not found in the journal)", bodyBase64: "" };
  const bytes = Buffer.from(body);
  const text = bytes.toString("utf8");
  return {
    body: Buffer.from(text).equals(bytes) ? text : `(${bytes.length} bytes)`,
    bodyBase64: bytes.toString("base64"),
  };
}
