/**
 * Order channel of OKX swaps: what is said on the order socket. Each link logs in once; nothing on it is signed after that, and
 * it answers orders and cancels only.
 *
 * What a code proves is in `codes.ts`.
 */
import type { InFlightRequest } from "../in-flight.ts";
import { OrderSocket, type OrderSocketParts, type OrderWords } from "../native/order-socket.ts";
import type { RateLimits } from "../rate-limits.ts";
import type { Link } from "../wire/link.ts";
import { OkxMessages } from "./answers.ts";
import { OKX_CLOSING, OKX_LIMIT_CODES } from "./codes.ts";
import { createOkxFrames, OKX_FRAME_BYTES, type OkxFrames } from "./frames.ts";
import type { OkxListing, OkxListings } from "./listings.ts";
import type { OkxLogins } from "./logins.ts";
import type { OkxRequest } from "./rates.ts";

export interface OkxOrderChannelParts extends OrderSocketParts<OkxListing> {
  readonly listings: OkxListings;
  readonly logins: OkxLogins;
  readonly rates: RateLimits<OkxRequest>;
}

export class OkxOrderChannel implements OrderWords<OkxListing> {
  readonly frameBytes = OKX_FRAME_BYTES;
  readonly frames: OkxFrames;
  readonly #parts: OkxOrderChannelParts;
  readonly #messages: OkxMessages;
  readonly socket: OrderSocket<OkxListing>;

  constructor(parts: OkxOrderChannelParts) {
    this.#parts = parts;
    this.frames = createOkxFrames(parts.listings);
    this.#messages = new OkxMessages(parts.listings);
    this.socket = new OrderSocket(parts, this);
  }

  messageOf(_operation: "cancel" | "query", requestId: number, listing: OkxListing, clientOrderId: string): string {
    return this.frames.cancel(requestId, listing, clientOrderId);
  }

  onOpen(link: Link): void {
    this.#parts.logins.start(link);
  }

  onMessage(link: Link, bytes: Buffer): void {
    const messages = this.#messages;
    // A peer that answers nonsense is hung up on: all in flight becomes unknown.
    if (!messages.read(bytes)) {
      link.drop();
      return;
    }
    const request = this.socket.find(messages.requestId);
    if (request) {
      this.#acknowledged(request);
      return;
    }
    const { event } = messages;
    if (event === "notice") {
      // Its standby takes over, and the link ends once nothing is under way on it.
      if (messages.code === OKX_CLOSING) this.socket.renew(link);
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

  onDown(link: Link): void {
    this.#parts.logins.end(link);
  }

  #acknowledged(request: InFlightRequest): void {
    const { report } = this.socket;
    this.#messages.readAcknowledgement(request, report);
    this.#observe(report.code, request.listing);
    this.socket.tell(request);
  }

  /** The venue shows its counters nowhere: its refusals are all it says of them. */
  #observe(code: number, listing: number): void {
    const { rates } = this.#parts;
    if (code === 0) rates.accepted();
    else if (code === OKX_LIMIT_CODES.instrument) rates.refused("windowFull", 0, "orders", listing);
    else if (code === OKX_LIMIT_CODES.account) rates.refused("windowFull", 0, "accountOrders");
    else if (code === OKX_LIMIT_CODES.busy) rates.refused("overloaded");
  }
}
