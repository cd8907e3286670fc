/**
 * Order channel of Bybit linear: orders and cancels out, their acknowledgements in, on an active and a standby link that
 * carry nothing else. Each link authenticates once; nothing on it is signed after that.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when its link goes.
 *   - At most `inFlightMax` requests are remembered; beyond that, and beyond the venue's rate limits, nothing is written.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude. What a code proves is in `bybit-linear-codes.ts`.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { BybitAckReader } from "./bybit-linear-answers.ts";
import { BYBIT_AUTH_CODES, BYBIT_RESTARTING } from "./bybit-linear-codes.ts";
import { BYBIT_FRAME_BYTES, type BybitFrames, createBybitFrames } from "./bybit-linear-frames.ts";
import type { BybitRates } from "./bybit-linear-rates.ts";
import type { BybitSigner } from "./bybit-linear-signer.ts";
import { InFlight, type InFlightRequest } from "./in-flight.ts";
import type { Link } from "./link.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import { VenueError } from "./venue-error.ts";
import type { VenueListings } from "./venue-listings.ts";
import { localUnknown } from "./venue-reports.ts";
import { VenueSocket, type VenueSocketOptions } from "./venue-socket.ts";

export interface BybitOrderChannelParts {
  readonly venue: number;
  readonly listings: VenueListings;
  readonly signer: BybitSigner;
  readonly rates: BybitRates;
  readonly socket: VenueSocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

export class BybitOrderChannel {
  readonly #parts: BybitOrderChannelParts;
  readonly #frames: BybitFrames;
  readonly #answers = new BybitAckReader();
  readonly #socket: VenueSocket;
  readonly #report: OrderReport = createOrderReport();
  readonly #inFlight: InFlight;
  /** Links that have not logged on yet, with the timers that hang up on those who never do. */
  readonly #loggingOn = new Map<Link, NodeJS.Timeout>();
  #closed = false;

  constructor(parts: BybitOrderChannelParts) {
    this.#parts = parts;
    this.#frames = createBybitFrames(parts.listings, parts.clock.wallMs().toString(36));
    this.#inFlight = new InFlight(parts.inFlightMax, BYBIT_FRAME_BYTES);
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
    const { clock, rates } = this.#parts;
    if (!link || !rates.take("place", order.reduceOnly ? "unwind" : "hedge")) return false;
    const request = this.#inFlight.open("place", order.clientOrderId, order.listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.sendFrame(request.frame, this.#frames.place(request.frame, request.id, order))) return true;
    this.#inFlight.end(request);
    return false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    const link = this.#socket.active;
    const { clock, listings, rates, venueMs } = this.#parts;
    const found = listings.byIndex[listing];
    if (!link || !found || !rates.take("cancel", "cancel")) return false;
    const request = this.#inFlight.open("cancel", clientOrderId, listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.send(this.#frames.cancel(request.id, found, clientOrderId, venueMs()))) return true;
    this.#inFlight.end(request);
    return false;
  }

  #read(link: Link, bytes: Buffer): void {
    const answer = this.#answers;
    // A peer that answers nonsense is hung up on: all in flight becomes unknown.
    const reqId = answer.read(bytes) ? answer.reqId : undefined;
    const request = reqId === undefined ? undefined : this.#inFlight.find(this.#frames.requestIdOf(reqId));
    if (request) this.#acknowledged(link, request);
    else if (answer.isAuth) this.#authenticated(link);
    // So is one that could not read what we sent, and does not say which request it was.
    else if (reqId === undefined) link.drop();
  }

  #acknowledged(link: Link, request: InFlightRequest): void {
    const answer = this.#answers;
    const { retCode } = answer;
    answer.report(request, this.#report);
    this.#parts.rates.answered(request.operation === "cancel" ? "cancel" : "create", retCode, answer);
    this.#inFlight.end(request);
    this.#parts.onReport(this.#report);
    // Nothing more is taken here: the standby has the next one.
    if (retCode === BYBIT_RESTARTING) link.drop();
  }

  #authenticate(link: Link): void {
    const { signer, socket, venueMs } = this.#parts;
    this.#loggingOn.set(
      link,
      setTimeout(() => link.drop(), socket.staleAfterMs),
    );
    link.send(signer.authFrame(venueMs()));
  }

  #authenticated(link: Link): void {
    this.#endLogon(link);
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
