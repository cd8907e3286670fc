/**
 * Requests over a venue's order socket: orders, cancels and queries out, their answers in, on an active and a standby link
 * that carry nothing else. What is said on them is the venue's own: see `OrderWords`.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when its link goes.
 *   - At most `inFlightMax` requests are remembered; beyond that, and beyond the venue's rate limits, nothing is written.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../../domain/order.ts";
import type { OrderLink } from "../../domain/venue-status.ts";
import type { Clock } from "../../time/clock.ts";
import { InFlight, type InFlightRequest } from "../in-flight.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import type { RateClass } from "../rate-limits.ts";
import type { VenueListing } from "../venue-listings.ts";
import { localUnknown } from "../venue-reports.ts";
import type { Link } from "../wire/link.ts";
import { VenueSocket, type VenueSocketOptions } from "../wire/venue-socket.ts";

export interface OrderRates {
  /** False: it must not be sent now. */
  take(request: "place" | "cancel" | "query", rateClass: RateClass, listing: number): boolean;
}

export interface OrderSocketParts<L extends VenueListing> {
  readonly venue: number;
  readonly listings: { readonly byIndex: readonly (L | undefined)[] };
  readonly rates: OrderRates;
  readonly socket: VenueSocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  /** The report is reused. */
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

/** A venue's own words on its order socket. */
export interface OrderWords<L extends VenueListing> {
  /** Enough for the longest order, `FRAME_HEAD_BYTES` included. */
  readonly frameBytes: number;
  readonly frames: {
    /** Writes the message from `FRAME_HEAD_BYTES` on; returns its length. */
    place(frame: Buffer, requestId: number, order: OrderRequest): number;
  };
  messageOf(operation: "cancel" | "query", requestId: number, listing: L, clientOrderId: string): string;
  /** Log on over it; `link.ready()` once that has been accepted. */
  onOpen(link: Link): void;
  onMessage(link: Link, bytes: Buffer): void;
  onDown(link: Link): void;
}

export class OrderSocket<L extends VenueListing> {
  /** To be filled in for `tell`. */
  readonly report: OrderReport = createOrderReport();
  readonly #parts: OrderSocketParts<L>;
  readonly #words: OrderWords<L>;
  readonly #socket: VenueSocket;
  readonly #inFlight: InFlight;
  #closed = false;

  constructor(parts: OrderSocketParts<L>, words: OrderWords<L>) {
    this.#parts = parts;
    this.#words = words;
    this.#inFlight = new InFlight(parts.inFlightMax, words.frameBytes);
    this.report.venue = parts.venue;
    this.#socket = new VenueSocket(parts.socket, {
      onOpen: (link) => words.onOpen(link),
      onMessage: (link, bytes) => words.onMessage(link, bytes),
      onDown: (link) => this.#lost(link),
      onLive: parts.onLive,
      waitingSinceNs: (link) => this.#inFlight.waitingSinceNs(link.id),
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

  links(): readonly OrderLink[] {
    return this.#socket.links();
  }

  place(order: OrderRequest): boolean {
    const link = this.#socket.active;
    const { clock, rates } = this.#parts;
    if (!link || !rates.take("place", order.reduceOnly ? "unwind" : "hedge", order.listing)) return false;
    const request = this.#inFlight.open("place", order.clientOrderId, order.listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.sendFrame(request.frame, this.#words.frames.place(request.frame, request.id, order))) return true;
    this.#inFlight.end(request);
    return false;
  }

  ask(operation: "cancel" | "query", listing: number, clientOrderId: string): boolean {
    const link = this.#socket.active;
    const { clock, listings, rates } = this.#parts;
    const found = listings.byIndex[listing];
    if (!link || !found || !rates.take(operation, operation, listing)) return false;
    const request = this.#inFlight.open(operation, clientOrderId, listing, link.id, clock.nowNs());
    if (!request) return false;
    if (link.send(this.#words.messageOf(operation, request.id, found, clientOrderId))) return true;
    this.#inFlight.end(request);
    return false;
  }

  /** The request of this id, if it is still under way. */
  find(requestId: number): InFlightRequest | undefined {
    return this.#inFlight.find(requestId);
  }

  /** Ends the request that `report` has been filled in for, and says so. */
  tell(request: InFlightRequest): void {
    this.#inFlight.end(request);
    this.#parts.onReport(this.report);
  }

  /** Its peer will hang up soon: a successor is dialled, and the link ends once nothing is under way on it. */
  renew(link: Link): void {
    this.#socket.renew(link);
  }

  /** Its peer takes no more orders: a standby takes over, and what is under way on it may still be answered. */
  retire(link: Link): void {
    this.#socket.retire(link);
  }

  #lost(link: Link): void {
    this.#words.onDown(link);
    for (const request of this.#inFlight.takeOf(link.id)) {
      localUnknown(request, this.#closed ? LOCAL_CODES.closed : LOCAL_CODES.socketLost, this.report);
      this.#parts.onReport(this.report);
    }
  }
}
