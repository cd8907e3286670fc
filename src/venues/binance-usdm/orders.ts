/**
 * Order channel of Binance USDM: what is said on the order socket, with one signature per order or one per connection.
 *
 * What a code proves is in `codes.ts`.
 */
import { REQUEST_ID_DIGITS } from "../in-flight.ts";
import { Deadlines } from "../native/deadlines.ts";
import { OrderSocket, type OrderSocketParts, type OrderWords } from "../native/order-socket.ts";
import { VenueError } from "../venue-error.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import type { Link } from "../wire/link.ts";
import { AnswerReader } from "./answers.ts";
import { type BinanceFrames, createBinanceFrames, ORDER_FRAME_BYTES } from "./frames.ts";
import { type BinanceRates, refusalOf } from "./rates.ts";
import { AUTH_CODES } from "./rest.ts";
import type { BinanceSigner } from "./signer.ts";

export interface OrderChannelParts extends OrderSocketParts<VenueListing> {
  readonly listings: VenueListings;
  readonly signer: BinanceSigner;
  readonly rates: BinanceRates;
  /** Whole milliseconds of the venue's clock, for requests whose stamp the core does not decide. */
  readonly venueMs: () => number;
}

/** What others use of our limits shows in the venue's counters: soon enough for windows of ten seconds. */
const COUNTERS_EVERY_MS = 100;
const AUTH_REQUEST_ID = "auth";
/** An id no order has: asking for it proves that our signature is accepted, and warms the path of the first order. */
const PROBE_CLIENT_ORDER_ID = "outrigger-probe";

export class OrderChannel implements OrderWords<VenueListing> {
  readonly frameBytes = ORDER_FRAME_BYTES;
  readonly frames: BinanceFrames;
  readonly #parts: OrderChannelParts;
  readonly #answers: AnswerReader;
  readonly socket: OrderSocket<VenueListing>;
  readonly #logons: Deadlines;
  #countersDueNs = 0;

  constructor(parts: OrderChannelParts) {
    this.#parts = parts;
    this.frames = createBinanceFrames(parts.listings, parts.signer);
    this.#answers = new AnswerReader(parts.listings);
    this.#logons = new Deadlines(parts.socket.staleAfterMs);
    this.socket = new OrderSocket(parts, this);
  }

  messageOf(operation: "cancel" | "query", requestId: number, listing: VenueListing, clientOrderId: string): string {
    const id = String(requestId).padStart(REQUEST_ID_DIGITS, "0");
    return this.frames[operation](id, listing, clientOrderId, this.#parts.venueMs());
  }

  onOpen(link: Link): void {
    const { listings, rates, signer, venueMs } = this.#parts;
    const [probe] = listings.all;
    // Counted, and asked in any case: without it there is no order socket.
    rates.take("query", "unwind");
    const frame =
      signer.sessionLogon || !probe
        ? this.frames.logon(AUTH_REQUEST_ID, venueMs())
        : this.frames.query(AUTH_REQUEST_ID, probe, PROBE_CLIENT_ORDER_ID, venueMs());
    this.#logons.start(link);
    link.send(frame);
  }

  onMessage(link: Link, bytes: Buffer): void {
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
    const request = this.socket.find(answer.requestId);
    if (!request) return;
    answer.report(request, this.socket.report);
    const refusal = answer.isError ? refusalOf(answer.status, answer.errorCode) : null;
    if (refusal === null) rates.accepted();
    else rates.refused(refusal, answer.retryAfterMs > 0 ? Math.max(0, answer.retryAfterMs - venueMs()) : 0);
    this.socket.tell(request);
    // After the report, since nobody waits for the counters, and now and then: what is ours we count ourselves.
    const nowNs = clock.nowNs();
    if (nowNs < this.#countersDueNs) return;
    this.#countersDueNs = nowNs + COUNTERS_EVERY_MS * 1e6;
    answer.eachRate((rule, used, limit) => rates.observe(rule, used, limit));
  }

  onDown(link: Link): void {
    this.#logons.end(link);
  }

  #authenticated(link: Link): void {
    this.#logons.end(link);
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
}
