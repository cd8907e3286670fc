/**
 * A request that a venue will not have: the HTTP status, code and text it answers with.
 *
 * Codes are numbers for every dialect; how they are shown (a `code`, a `retCode`, a quoted `sCode`) is the dialect's.
 */
export interface Failure {
  readonly httpStatus: number;
  readonly code: number;
  readonly msg: string;
  /** How long the caller shall stay away; only with a limit. */
  readonly retryAfterMs?: number;
}

/** Thrown by a dialect where a request cannot go on; `Operations.run` answers it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly failure: Failure;

  constructor(httpStatus: number, code: number, msg: string) {
    super(msg);
    this.failure = { httpStatus, code, msg };
  }
}
