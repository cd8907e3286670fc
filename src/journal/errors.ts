/**
 * What the journal refuses or fails with. Callers act on `code`; the other fields say where and by how much.
 *
 *   JOURNAL_CORRUPT           bytes that had been durable are wrong: refuse to start, a person must look
 *   JOURNAL_TRIMMED           the reader wants records that retention has deleted
 *   JOURNAL_RECORD_TOO_LARGE  refused before anything was copied; the log is unharmed
 *   JOURNAL_WRITE_FAILED      the disk refused a write; the writer is dead from here on
 *   JOURNAL_FAILED            the writer died earlier (same cause, repeated to later callers)
 *   JOURNAL_CLOSED            the writer was closed by its owner
 *   JOURNAL_LOCKED            another process holds the data directory
 *   JOURNAL_OTHER_CONFIG      positions stand by a configuration in which instruments, venues or playbooks had other places
 */
export type JournalErrorCode =
  | "JOURNAL_CORRUPT"
  | "JOURNAL_TRIMMED"
  | "JOURNAL_RECORD_TOO_LARGE"
  | "JOURNAL_WRITE_FAILED"
  | "JOURNAL_FAILED"
  | "JOURNAL_CLOSED"
  | "JOURNAL_LOCKED"
  | "JOURNAL_OTHER_CONFIG";

export interface JournalErrorDetails {
  readonly file?: string;
  readonly offset?: number;
  readonly lsn?: number;
  readonly bytes?: number;
  readonly limitBytes?: number;
  /** The system's code, such as ENOSPC or EIO. */
  readonly errno?: string;
  readonly holderPid?: number;
  readonly cause?: unknown;
}

export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  readonly details: JournalErrorDetails;

  constructor(code: JournalErrorCode, message: string, details: JournalErrorDetails = {}) {
    super(`${code}: ${message}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** `ENOSPC` and the like of a failed system call, `UNKNOWN` for anything else. */
export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
