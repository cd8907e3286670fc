/**
 * Order channel of Binance USDM: requests out, their answers in, on an active and a standby link that carry nothing else.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when its link goes.
 *   - At most `inFlightMax` requests are remembered; beyond that, and beyond the venue's rate limits, nothing is written.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude. What a code proves is in `outcome-codes.ts`.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { AnswerReader, localUnknown } from "./binance-usdm-answers.ts";
import { type BinanceFrames, createBinanceFrames, ORDER_FRAME_BYTES } from "./binance-usdm-frames.ts";
import { type BinanceRates, refusalOf } from "./binance-usdm-rates.ts";
import { AUTH_CODES } from "./binance-usdm-rest.ts";
import type { BinanceSigner } from "./binance-usdm-signer.ts";
import { InFlight, REQUEST_ID_DIGITS } from "./in-flight.ts";
import type { Link } from "./link.ts";
import { LOCAL_CODES } from "./outcome-codes.ts";
import { VenueError } from "./venue-error.ts";
import type { VenueListings } from "./venue-listings.ts";
import { VenueSocket, type VenueSocketOptions } from "./venue-socket.ts";

export interface OrderChannelParts {
  readonly venue: number;
  readonly listings: VenueListings;
  readonly signer: BinanceSigner;
  readonly rates: BinanceRates;
  readonly socket: VenueSocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

/** What others use of our limits shows in the venue's counters: soon enough for windows of ten seconds. */
const COUNTERS_EVERY_MS = 100;
const AUTH_REQUEST_ID = "auth";
/** An id no order has: asking for it proves that our signature is accepted, and warms the path of the first order. */
const PROBE_CLIENT_ORDER_ID = "outrigger-probe";

export class OrderChannel {
  readonly #parts: OrderChannelParts;
  readonly #frames: BinanceFrames;
  readonly #answers: AnswerReader;
  readonly #socket: VenueSocket;
  readonly #report: OrderReport = createOrderReport();
  readonly #inFlight: InFlight;
  /** Links that have not logged on yet, with the timers that hang up on those who never do. */
  readonly #loggingOn = new Map<Link, NodeJS.Timeout>();
  #countersDueNs = 0;
  #closed = false;

  constructor(parts: OrderChannelParts) {
    this.#parts = parts;
    this.#frames = createBinanceFrames(parts.listings, parts.signer);
    this.#answers = new AnswerReader(parts.listings);
    this.#inFlight = new InFlight(parts.inFlightMax, ORDER_FRAME_BYTES);
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
    const payloadBytes = this.#frames.place(request.frame, request.id, order);
    if (link.sendFrame(request.frame, payloadBytes)) return true;
    this.#inFlight.end(request);
    return false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#ask("cancel", listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#ask("query", listing, clientOrderId);
  }

  #ask(operation: "cancel" | "query", listing: number, clientOrderId: string): boolean {
    const link = this.#socket.active;
    const { clock, listings, rates, venueMs } = this.#parts;
    const found = listings.byIndex[listing];
    if (!link || !found || !rates.take(operation, operation)) return false;
    const request = this.#inFlight.open(operation, clientOrderId, listing, link.id, clock.nowNs());
    if (!request) return false;
    const requestId = String(request.id).padStart(REQUEST_ID_DIGITS, "0");
    if (link.send(this.#frames[operation](requestId, found, clientOrderId, venueMs()))) return true;
    this.#inFlight.end(request);
    return false;
  }

  #read(link: Link, bytes: Buffer): void {
    const answer = this.#answers;
    const { clock, rates, venueMs } = this.#parts;
    // A peer that answers nonsense, or that could not read what we sent, is hung up on: all in flight becomes unknown.
    if (!answer.read(bytes)) {
      link.drop();
      return;
    }
    if (answer.isOf(AUTH_REQUEST_ID)) {
      this.#authenticated(link);
      return;
    }
    const request = this.#inFlight.find(answer.requestId);
    if (!request) return;
    answer.report(request, this.#report);
    this.#inFlight.end(request);
    const refusal = answer.isError ? refusalOf(answer.status, answer.errorCode) : null;
    if (refusal === null) rates.accepted();
    else rates.refused(refusal, answer.retryAfterMs > 0 ? Math.max(0, answer.retryAfterMs - venueMs()) : 0);
    this.#parts.onReport(this.#report);
    // After the report, since nobody waits for the counters, and now and then: what is ours we count ourselves.
    const nowNs = clock.nowNs();
    if (nowNs < this.#countersDueNs) return;
    this.#countersDueNs = nowNs + COUNTERS_EVERY_MS * 1e6;
    answer.eachRate((rule, used, limit) => rates.observe(rule, used, limit));
  }

  #authenticate(link: Link): void {
    const { listings, rates, signer, socket, venueMs } = this.#parts;
    const [probe] = listings.all;
    // Counted, and asked in any case: without it there is no order socket.
    rates.take("query", "unwind");
    const frame =
      signer.sessionLogon || !probe
        ? this.#frames.logon(AUTH_REQUEST_ID, venueMs())
        : this.#frames.query(AUTH_REQUEST_ID, probe, PROBE_CLIENT_ORDER_ID, venueMs());
    this.#loggingOn.set(
      link,
      setTimeout(() => link.drop(), socket.staleAfterMs),
    );
    link.send(frame);
  }

  #authenticated(link: Link): void {
    this.#endLogon(link);
    const { status, errorCode } = this.#answers;
    // -2013: the probe's order does not exist, which it could only say after accepting our signature.
    if (status === 200 || (errorCode === -2013 && !this.#parts.signer.sessionLogon)) {
      link.ready();
      return;
    }
    const refusal = AUTH_CODES.has(errorCode) ? "AUTH" : "REFUSED";
    this.#parts.onFailure(new VenueError(refusal, "orders", `order socket refused with code ${errorCode}`, errorCode));
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
