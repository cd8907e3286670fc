/**
 * Order channel of Bybit linear: orders and cancels out, their acknowledgements in, on an active and a standby link that
 * carry nothing else. Each link authenticates once; nothing on it is signed after that.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when its link goes.
 *   - At most `inFlightMax` requests are remembered; beyond that nothing is written.
 *   - A request id is never given twice, not over another link and not by another run: Bybit refuses the second.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude. What a code proves is in `bybit-linear-codes.ts`.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { readAcknowledgement } from "./bybit-linear-answers.ts";
import { BYBIT_AUTH_CODES, BYBIT_RESTARTING } from "./bybit-linear-codes.ts";
import type { BybitFrames } from "./bybit-linear-frames.ts";
import { InFlight } from "./in-flight.ts";
import type { Link } from "./link.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import { VenueError } from "./venue-error.ts";
import type { VenueListings } from "./venue-listings.ts";
import { type Fields, localUnknown, parseMessage } from "./venue-reports.ts";
import { VenueSocket, type VenueSocketOptions } from "./venue-socket.ts";

export interface BybitOrderChannelParts {
  readonly venue: number;
  readonly listings: VenueListings;
  readonly frames: BybitFrames;
  readonly socket: VenueSocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

/** How far ahead an `auth` expires: as long as its way there may take. */
export const AUTH_VALID_MS = 10_000;

export class BybitOrderChannel {
  readonly #parts: BybitOrderChannelParts;
  readonly #socket: VenueSocket;
  readonly #report: OrderReport = createOrderReport();
  readonly #inFlight: InFlight;
  readonly #idPrefix: string;
  /** Links that have not logged on yet, with the timers that hang up on those who never do. */
  readonly #loggingOn = new Map<Link, NodeJS.Timeout>();
  #closed = false;

  constructor(parts: BybitOrderChannelParts) {
    this.#parts = parts;
    this.#inFlight = new InFlight(parts.inFlightMax, 0);
    this.#idPrefix = `${parts.clock.wallMs().toString(36)}-`;
    this.#report.venue = parts.venue;
    this.#socket = new VenueSocket(parts.socket, {
      onOpen: (link) => this.#authenticate(link),
      onMessage: (link, bytes) => this.#read(link, bytes),
      onDown: (link) => this.#lost(link),
      onLive: parts.onLive,
      isBusy: (link) => this.#inFlight.isBusy(link.id),
      onFailure: parts.onFailure,
    });
  }

  open(): void {
    this.#socket.open();
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  place(order: OrderRequest): boolean {
    const link = this.#socket.active;
    if (!link) return false;
    const { clock, frames } = this.#parts;
    const request = this.#inFlight.open("place", order.clientOrderId, order.listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.send(frames.place(`${this.#idPrefix}${request.id}`, order))) return true;
    this.#inFlight.end(request);
    return false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    const link = this.#socket.active;
    const { clock, frames, listings, venueMs } = this.#parts;
    const found = listings.byIndex[listing];
    if (!link || !found) return false;
    const request = this.#inFlight.open("cancel", clientOrderId, listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.send(frames.cancel(`${this.#idPrefix}${request.id}`, found, clientOrderId, venueMs()))) return true;
    this.#inFlight.end(request);
    return false;
  }

  #read(link: Link, bytes: Buffer): void {
    const answer = parseMessage(bytes);
    // A peer that answers nonsense is hung up on: all in flight becomes unknown.
    const requestId = answer?.["reqId"];
    if (answer?.["op"] === "auth") this.#authenticated(link, answer);
    // So is one that could not read what we sent, and does not say which request it was.
    else if (!answer || typeof requestId !== "string") link.drop();
    else this.#acknowledged(link, requestId, answer);
  }

  #acknowledged(link: Link, requestId: string, answer: Fields): void {
    const request = requestId.startsWith(this.#idPrefix)
      ? this.#inFlight.find(Number(requestId.slice(this.#idPrefix.length)))
      : undefined;
    if (!request) return;
    readAcknowledgement(request, answer, this.#report);
    this.#inFlight.end(request);
    this.#parts.onReport(this.#report);
    // Nothing more is taken here: the standby has the next one.
    if (answer["retCode"] === BYBIT_RESTARTING) link.drop();
  }

  #authenticate(link: Link): void {
    const { frames, socket, venueMs } = this.#parts;
    this.#loggingOn.set(
      link,
      setTimeout(() => link.drop(), socket.staleAfterMs),
    );
    link.send(frames.auth(venueMs() + AUTH_VALID_MS));
  }

  #authenticated(link: Link, answer: Fields): void {
    this.#endLogon(link);
    if (answer["retCode"] === 0) {
      link.ready();
      return;
    }
    const venueCode = typeof answer["retCode"] === "number" ? answer["retCode"] : 0;
    const refusal = BYBIT_AUTH_CODES.has(venueCode) ? "AUTH" : "REFUSED";
    this.#parts.onFailure(new VenueError(refusal, "orders", `order socket refused with code ${venueCode}`, venueCode));
    link.drop();
  }

  #endLogon(link: Link): void {
    clearTimeout(this.#loggingOn.get(link));
    this.#loggingOn.delete(link);
  }

  #lost(link: Link): void {
    this.#endLogon(link);
    for (const request of this.#inFlight.takeOf(link.id)) {
      localUnknown(request, this.#closed ? LOCAL_CODES.closed : LOCAL_CODES.socketLost, this.#report);
      this.#parts.onReport(this.#report);
    }
  }
}
