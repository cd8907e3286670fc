/**
 * Verdicts: what the gateway says to a sender, as a code, its HTTP status and the numbers behind it.
 *
 * The code is the contract (it is journaled and remembered); the status follows from it.
 */

const VERDICT_STATUS = {
  /** In the journal and on its way to a decision. */
  ACCEPTED: 202,
  /** Seen before with the same bytes, and accepted then. */
  DUPLICATE: 200,
  /** Its sequence number is at or below the highest seen from this source. */
  DUPLICATE_SEQUENCE: 200,
  MALFORMED: 400,
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  /** Seen before with other bytes. */
  ID_REUSED: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_TYPE: 415,
  STALE: 422,
  FROM_FUTURE: 422,
  EXPIRED: 422,
  UNKNOWN_ASSET: 422,
  AMBIGUOUS_ASSET: 422,
  KIND_REFUSED: 422,
  RATE_LIMITED: 429,
  AUTH_FAILURES: 429,
  /** Processing it threw: a bug of ours. The id is consumed, because we cannot say what was done. */
  CRASHED: 500,
  BACKLOG_FULL: 503,
  /** Every remembered id is still young enough to fire twice if it were forgotten. */
  MEMORY_FULL: 503,
  /** The journal failed under it. */
  NOT_DURABLE: 503,
} as const;

export type VerdictCode = keyof typeof VERDICT_STATUS;

/** In declaration order; snapshots say a code by its position in this list. */
export const VERDICT_CODES = Object.keys(VERDICT_STATUS) as readonly VerdictCode[];

export interface Verdict {
  readonly code: VerdictCode;
  readonly status: number;
  readonly message: string;
  /** What was measured against what, in snake case with units last; null where there is nothing to measure. */
  readonly numbers: Readonly<Record<string, number>> | null;
  /** "" where the bytes did not yield one. */
  readonly signalId: string;
  /** Journal position the answer has to wait for, and which it names. -1: nothing was journaled, answer at once. */
  readonly lsn: number;
  /** Seconds after which a retry makes sense; 0 where it makes none. */
  readonly retryAfterS: number;
}

export function verdict(
  code: VerdictCode,
  signalId: string,
  lsn: number,
  message = "",
  numbers: Readonly<Record<string, number>> | null = null,
  retryAfterS = VERDICT_STATUS[code] === 503 ? 1 : 0,
): Verdict {
  return { code, status: VERDICT_STATUS[code], message, numbers, signalId, lsn, retryAfterS };
}

/** The body of an HTTP answer. */
export function verdictJson(verdict: Verdict): string {
  return JSON.stringify({
    code: verdict.code,
    message: verdict.message === "" ? undefined : verdict.message,
    signal_id: verdict.signalId === "" ? undefined : verdict.signalId,
    position: verdict.lsn < 0 ? undefined : verdict.lsn,
    numbers: verdict.numbers ?? undefined,
  });
}
