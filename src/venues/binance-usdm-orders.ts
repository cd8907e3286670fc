/**
 * Order channel of Binance USDM: requests out, their answers in, on one socket that carries nothing else.
 *
 * Invariants
 *   - Every request that was written ends in exactly one report: its answer, or `unknown` when the socket goes.
 *   - At most `inFlightMax` requests are remembered; beyond that nothing is written.
 *   - A report is emitted only from the socket's own events and from `close`, never from within `place`.
 *
 * It does not retry, time out or conclude. What a code proves is in `outcome-codes.ts`.
 */
import { createOrderReport, type OrderReport, type OrderRequest } from "../domain/order.ts";
import type { Clock } from "../time/clock.ts";
import { type Fields, type InFlight, localUnknown, parseMessage, readAnswer } from "./binance-usdm-answers.ts";
import { BinanceError } from "./binance-usdm-error.ts";
import { type BinanceFrames, createBinanceFrames } from "./binance-usdm-frames.ts";
import type { VenueListings } from "./binance-usdm-listings.ts";
import { AUTH_CODES } from "./binance-usdm-rest.ts";
import type { BinanceSigner } from "./binance-usdm-signer.ts";
import { ReconnectingSocket, type SocketOptions } from "./binance-usdm-socket.ts";
import { LOCAL_CODES, type Operation } from "./outcome-codes.ts";

export interface OrderChannelParts {
  readonly venue: number;
  readonly listings: VenueListings;
  readonly signer: BinanceSigner;
  readonly socket: SocketOptions;
  readonly inFlightMax: number;
  readonly clock: Clock;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
  readonly onReport: (report: OrderReport) => void;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: Error) => void;
}

interface SentRequest extends InFlight {
  readonly sentNs: number;
}

/** A request unanswered for so long has been resolved by other evidence; it only makes room when room is short. */
const FORGOTTEN_AFTER_NS = 60e9;
const AUTH_REQUEST_ID = "auth";
/** An id no order has: asking for it proves that our signature is accepted, and warms the path of the first order. */
const PROBE_CLIENT_ORDER_ID = "outrigger-probe";

export class OrderChannel {
  readonly #parts: OrderChannelParts;
  readonly #frames: BinanceFrames;
  readonly #socket: ReconnectingSocket;
  readonly #report: OrderReport = createOrderReport();
  readonly #inFlight = new Map<string, SentRequest>();
  #sequence = 0;
  #live = false;
  #closed = false;
  #authTimer: NodeJS.Timeout | null = null;

  constructor(parts: OrderChannelParts) {
    this.#parts = parts;
    this.#frames = createBinanceFrames(parts.listings, parts.signer);
    this.#report.venue = parts.venue;
    this.#socket = new ReconnectingSocket(parts.socket, {
      onUp: () => this.#authenticate(),
      onDown: () => this.#lost(),
      onMessage: (text) => this.#read(text),
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
    const requestId = this.#nextId();
    if (!requestId) return false;
    return this.#send(requestId, "place", order.listing, order.clientOrderId, this.#frames.place(requestId, order));
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#ask("cancel", listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#ask("query", listing, clientOrderId);
  }

  #ask(operation: "cancel" | "query", listing: number, clientOrderId: string): boolean {
    const found = this.#parts.listings.byIndex[listing];
    const requestId = found ? this.#nextId() : "";
    if (!found || !requestId) return false;
    const frame = this.#frames[operation](requestId, found, clientOrderId, this.#parts.venueMs());
    return this.#send(requestId, operation, listing, clientOrderId, frame);
  }

  /** Empty when nothing may be sent now. */
  #nextId(): string {
    if (!this.#live || (this.#inFlight.size >= this.#parts.inFlightMax && !this.#forgetOldest())) return "";
    this.#sequence += 1;
    return String(this.#sequence);
  }

  #forgetOldest(): boolean {
    // A Map iterates in order of insertion: the first is the oldest.
    for (const [requestId, request] of this.#inFlight) {
      if (this.#parts.clock.nowNs() - request.sentNs < FORGOTTEN_AFTER_NS) return false;
      return this.#inFlight.delete(requestId);
    }
    return false;
  }

  #send(requestId: string, operation: Operation, listing: number, clientOrderId: string, frame: string): boolean {
    if (!this.#socket.send(frame)) return false;
    this.#inFlight.set(requestId, { operation, clientOrderId, listing, sentNs: this.#parts.clock.nowNs() });
    return true;
  }

  #read(text: string): void {
    const answer = parseMessage(text);
    const requestId = answer?.["id"];
    // A peer that answers nonsense, or that could not read what we sent, is hung up on: all in flight becomes unknown.
    if (!answer || typeof requestId !== "string") {
      this.#socket.restart();
      return;
    }
    if (requestId === AUTH_REQUEST_ID) {
      this.#authenticated(answer);
      return;
    }
    const request = this.#inFlight.get(requestId);
    if (!request) return;
    this.#inFlight.delete(requestId);
    readAnswer(this.#parts.listings, request, answer, this.#report);
    this.#parts.onReport(this.#report);
  }

  #authenticate(): void {
    const stampMs = this.#parts.venueMs();
    const [probe] = this.#parts.listings.all;
    const frame =
      this.#parts.signer.sessionLogon || !probe
        ? this.#frames.logon(AUTH_REQUEST_ID, stampMs)
        : this.#frames.query(AUTH_REQUEST_ID, probe, PROBE_CLIENT_ORDER_ID, stampMs);
    this.#authTimer = setTimeout(() => this.#socket.restart(), this.#parts.socket.staleAfterMs);
    this.#socket.send(frame);
  }

  #authenticated(answer: Fields): void {
    if (this.#authTimer) clearTimeout(this.#authTimer);
    const code = (answer["error"] as Fields | undefined)?.["code"];
    // -2013: the probe's order does not exist, which it could only say after accepting our signature.
    if (answer["status"] === 200 || (code === -2013 && !this.#parts.signer.sessionLogon)) {
      this.#live = true;
      this.#parts.onLive(true);
      return;
    }
    const venueCode = typeof code === "number" ? code : 0;
    const refusal = AUTH_CODES.has(venueCode) ? "AUTH" : "REFUSED";
    this.#parts.onFailure(
      new BinanceError(refusal, "orders", `order socket refused with code ${venueCode}`, venueCode),
    );
    this.#socket.restart();
  }

  #lost(): void {
    if (this.#authTimer) clearTimeout(this.#authTimer);
    if (this.#live) {
      this.#live = false;
      this.#parts.onLive(false);
    }
    const lost = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const request of lost) {
      localUnknown(request, this.#closed ? LOCAL_CODES.closed : LOCAL_CODES.socketLost, this.#report);
      this.#parts.onReport(this.#report);
    }
  }
}
