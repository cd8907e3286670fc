/**
 * Expected failures of connecting to and reading from a venue: coded, naming what is wrong and where, never a secret.
 *
 * Orders do not fail this way: what becomes of an order is an `OrderReport`.
 */

export type VenueErrorCode =
  /** Key, secret or permission: retrying cannot help. */
  | "AUTH"
  /** The exchange answered with an error; `venueCode` and `httpStatus` say which. */
  | "REFUSED"
  /** No answer in time, connection refused or broken: may pass by itself. */
  | "UNREACHABLE"
  /** An answer that is not what the API promises. */
  | "MALFORMED"
  /** A listing of ours does not fit the exchange's rules for it; `field` names the rule. */
  | "LISTING"
  /** Our own rate limits, or the venue's word to stay away, forbid the request now. Nothing was sent. */
  | "LIMITED"
  /** The venue does not offer something that is needed of it; `field` names it. */
  | "UNSUPPORTED"
  /** The venue was closed while it was connecting. */
  | "CLOSED";

export class VenueError extends Error {
  override readonly name = "VenueError";
  readonly code: VenueErrorCode;
  readonly field: string;
  readonly venueCode: number;
  readonly httpStatus: number;

  constructor(code: VenueErrorCode, field: string, message: string, venueCode = 0, httpStatus = 0) {
    super(message);
    this.code = code;
    this.field = field;
    this.venueCode = venueCode;
    this.httpStatus = httpStatus;
  }
}
