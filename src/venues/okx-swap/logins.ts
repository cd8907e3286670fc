/**
 * Logins of OKX connections: each signs once and is hung up on if it is not set up in time.
 */
import { Deadlines } from "../native/deadlines.ts";
import { VenueError } from "../venue-error.ts";
import type { Link } from "../wire/link.ts";
import { OKX_AUTH_CODES } from "./codes.ts";
import type { OkxSigner } from "./signer.ts";

export class OkxLogins {
  readonly #signer: OkxSigner;
  readonly #venueMs: () => number;
  readonly #deadlines: Deadlines;

  constructor(signer: OkxSigner, venueMs: () => number, withinMs: number) {
    this.#signer = signer;
    this.#venueMs = venueMs;
    this.#deadlines = new Deadlines(withinMs);
  }

  /** Sends the login. The link is dropped unless `end` is called within the time. */
  start(link: Link): void {
    this.#deadlines.start(link);
    link.send(this.#signer.login(this.#venueMs()));
  }

  /** Null: logged in. Otherwise why not; `what` names the socket. */
  answered(link: Link, event: "login" | "error", code: number, what: string): VenueError | null {
    this.end(link);
    if (event === "login" && code === 0) return null;
    const refusal = OKX_AUTH_CODES.has(code) ? "AUTH" : "REFUSED";
    return new VenueError(refusal, what, `${what} socket refused with code ${code}`, code);
  }

  end(link: Link): void {
    this.#deadlines.end(link);
  }
}
