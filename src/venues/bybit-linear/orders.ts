/**
 * Order channel of Bybit linear: what is said on the order socket. Each link authenticates once; nothing on it is signed after
 * that, and it answers orders and cancels only.
 *
 * What a code proves is in `codes.ts`.
 */
import type { InFlightRequest } from "../in-flight.ts";
import { Deadlines } from "../native/deadlines.ts";
import { OrderSocket, type OrderSocketParts, type OrderWords } from "../native/order-socket.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import type { Link } from "../wire/link.ts";
import { BybitAckReader } from "./answers.ts";
import { BYBIT_AUTH_CODES, BYBIT_RESTARTING } from "./codes.ts";
import { BYBIT_FRAME_BYTES, type BybitFrames, createBybitFrames } from "./frames.ts";
import type { BybitRates } from "./rates.ts";
import type { BybitSigner } from "./signer.ts";

export interface BybitOrderChannelParts extends OrderSocketParts<VenueListing> {
  readonly listings: VenueListings;
  readonly signer: BybitSigner;
  readonly rates: BybitRates;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
}

export class BybitOrderChannel implements OrderWords<VenueListing> {
  readonly frameBytes = BYBIT_FRAME_BYTES;
  readonly frames: BybitFrames;
  readonly #parts: BybitOrderChannelParts;
  readonly #answers = new BybitAckReader();
  readonly socket: OrderSocket<VenueListing>;
  readonly #logons: Deadlines;

  constructor(parts: BybitOrderChannelParts) {
    this.#parts = parts;
    this.frames = createBybitFrames(parts.listings, parts.clock.wallMs().toString(36));
    this.#logons = new Deadlines(parts.socket.staleAfterMs);
    this.socket = new OrderSocket(parts, this);
  }

  messageOf(_operation: "cancel" | "query", requestId: number, listing: VenueListing, clientOrderId: string): string {
    return this.frames.cancel(requestId, listing, clientOrderId, this.#parts.venueMs());
  }

  onOpen(link: Link): void {
    const { signer, venueMs } = this.#parts;
    this.#logons.start(link);
    link.send(signer.authFrame(venueMs()));
  }

  onMessage(link: Link, bytes: Buffer): void {
    const answer = this.#answers;
    // A peer that answers nonsense is hung up on: all in flight becomes unknown.
    const reqId = answer.read(bytes) ? answer.reqId : undefined;
    const request = reqId === undefined ? undefined : this.socket.find(this.frames.requestIdOf(reqId));
    if (request) this.#acknowledged(link, request);
    else if (answer.isAuth) this.#authenticated(link);
    // So is one that could not read what we sent, and does not say which request it was.
    else if (reqId === undefined) link.drop();
  }

  onDown(link: Link): void {
    this.#logons.end(link);
  }

  #acknowledged(link: Link, request: InFlightRequest): void {
    const answer = this.#answers;
    const { retCode } = answer;
    answer.report(request, this.socket.report);
    this.#parts.rates.answered(request.operation === "cancel" ? "cancel" : "create", retCode, answer);
    this.socket.tell(request);
    // Nothing more is taken here: the standby has the next one. What was taken before may still be answered.
    if (retCode === BYBIT_RESTARTING) this.socket.retire(link);
  }

  #authenticated(link: Link): void {
    this.#logons.end(link);
    const { retCode } = this.#answers;
    if (retCode === 0) {
      link.ready();
      return;
    }
    const venueCode = Number.isNaN(retCode) ? 0 : retCode;
    const refusal = BYBIT_AUTH_CODES.has(venueCode) ? "AUTH" : "REFUSED";
    this.#parts.onFailure(new VenueError(refusal, "orders", `order socket refused with code ${venueCode}`, venueCode));
    link.drop();
  }
}
