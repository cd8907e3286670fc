/**
 * Order channel of OKX swaps: orders and cancels out, their acknowledgements in, on an active and a standby link that carry
 * nothing else. Each link logs in once; nothing on it is signed after that.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when its link goes.
 *   - At most `inFlightMax` requests are remembered; beyond that, and beyond the venue's rate limits, nothing is written.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude. What a code proves is in `okx-swap-codes.ts`.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { InFlight, type InFlightRequest } from "./in-flight.ts";
import type { Link } from "./link.ts";
import { OkxMessages } from "./okx-swap-answers.ts";
import { OKX_CLOSING, OKX_LIMIT_CODES } from "./okx-swap-codes.ts";
import { createOkxFrames, OKX_FRAME_BYTES, type OkxFrames } from "./okx-swap-frames.ts";
import type { OkxListings } from "./okx-swap-listings.ts";
import type { OkxLogins } from "./okx-swap-logins.ts";
import type { OkxRequest } from "./okx-swap-rates.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import type { RateLimits } from "./rate-limits.ts";
import { localUnknown } from "./venue-reports.ts";
import { VenueSocket, type VenueSocketOptions } from "./venue-socket.ts";

export interface OkxOrderChannelParts {
  readonly venue: number;
  readonly listings: OkxListings;
  readonly logins: OkxLogins;
  readonly limits: RateLimits<OkxRequest>;
  readonly socket: VenueSocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

export class OkxOrderChannel {
  readonly #parts: OkxOrderChannelParts;
  readonly #frames: OkxFrames;
  readonly #messages: OkxMessages;
  readonly #socket: VenueSocket;
  readonly #report: OrderReport = createOrderReport();
  readonly #inFlight: InFlight;
  #closed = false;

  constructor(parts: OkxOrderChannelParts) {
    this.#parts = parts;
    this.#frames = createOkxFrames(parts.listings);
    this.#messages = new OkxMessages(parts.listings);
    this.#inFlight = new InFlight(parts.inFlightMax, OKX_FRAME_BYTES);
    this.#report.venue = parts.venue;
    this.#socket = new VenueSocket(parts.socket, {
      onOpen: (link) => parts.logins.start(link),
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
    const { clock, limits } = this.#parts;
    if (!link || !limits.take("place", order.reduceOnly ? "unwind" : "hedge", order.listing)) return false;
    const request = this.#inFlight.open("place", order.clientOrderId, order.listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.sendFrame(request.frame, this.#frames.place(request.frame, request.id, order))) return true;
    this.#inFlight.end(request);
    return false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    const link = this.#socket.active;
    const { clock, limits, listings } = this.#parts;
    const found = listings.byIndex[listing];
    if (!link || !found || !limits.take("cancel", "cancel", listing)) return false;
    const request = this.#inFlight.open("cancel", clientOrderId, listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.send(this.#frames.cancel(request.id, found, clientOrderId))) return true;
    this.#inFlight.end(request);
    return false;
  }

  #read(link: Link, bytes: Buffer): void {
    const messages = this.#messages;
    // A peer that answers nonsense is hung up on: all in flight becomes unknown.
    if (!messages.read(bytes)) {
      link.drop();
      return;
    }
    const request = this.#inFlight.find(messages.requestId);
    if (request) {
      this.#acknowledged(request);
      return;
    }
    const { event } = messages;
    if (event === "notice") {
      // Its standby takes over, and the link ends once nothing is under way on it.
      if (messages.code === OKX_CLOSING) this.#socket.renew(link);
    } else if (event === "login" || event === "error") {
      const cause = this.#parts.logins.answered(link, event, messages.code, "orders");
      if (cause === null) link.ready();
      else {
        // A login that was refused, or a request that could not be read and that we cannot tell which it was.
        this.#parts.onFailure(cause);
        link.drop();
      }
    }
  }

  #acknowledged(request: InFlightRequest): void {
    this.#messages.readAcknowledgement(request, this.#report);
    this.#observe(this.#report.code, request.listing);
    this.#inFlight.end(request);
    this.#parts.onReport(this.#report);
  }

  /** The venue shows its counters nowhere: its refusals are all it says of them. */
  #observe(code: number, listing: number): void {
    const { limits } = this.#parts;
    if (code === 0) limits.accepted();
    else if (code === OKX_LIMIT_CODES.instrument) limits.refused("windowFull", 0, "orders", listing);
    else if (code === OKX_LIMIT_CODES.account) limits.refused("windowFull", 0, "accountOrders");
    else if (code === OKX_LIMIT_CODES.busy) limits.refused("overloaded");
  }

  #lost(link: Link): void {
    this.#parts.logins.end(link);
    for (const request of this.#inFlight.takeOf(link.id)) {
      localUnknown(request, this.#closed ? LOCAL_CODES.closed : LOCAL_CODES.socketLost, this.#report);
      this.#parts.onReport(this.#report);
    }
  }
}
