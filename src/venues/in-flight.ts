/**
 * Requests in flight: what was asked, over which link, until its answer comes or the link is gone.
 *
 * Invariants
 *   - A request id is a rising number, never given twice by one object; it finds its request in one step.
 *   - At most `max` are remembered; `open` gives null beyond that. One that went unanswered for a minute has been resolved by
 *     other evidence: it makes room when room is short.
 *   - Every request ends once: by `end`, by `takeOf` its link, or forgotten as above.
 *   - A request's frame buffer is its own until it ends and its link is gone or has answered.
 *
 * Allocates only while the number in flight grows past what it has been.
 */
import { assert } from "../domain/units.ts";
import type { Operation } from "./outcome-codes.ts";

export interface InFlightRequest {
  /** 0 while the slot is free. */
  id: number;
  operation: Operation;
  clientOrderId: string;
  listing: number;
  /** Id of the link it went out on. */
  link: number;
  sentNs: number;
  /** Where its frame is built: see `Link.sendFrame`. */
  readonly frame: Buffer;
}

/** Digits of a request id as it is written, with leading zeros: patched in place. */
export const REQUEST_ID_DIGITS = 10;
const FORGOTTEN_AFTER_NS = 60e9;

export class InFlight {
  readonly #max: number;
  readonly #frameBytes: number;
  readonly #mask: number;
  /** By id modulo size, a power of two. */
  readonly #slots: (InFlightRequest | undefined)[];
  #lastId = 0;
  #oldestId = 1;
  #count = 0;

  constructor(max: number, frameBytes: number) {
    assert(Number.isSafeInteger(max) && max >= 1 && max <= 65_536, `at most ${max} requests in flight`);
    const size = 2 ** Math.ceil(Math.log2(max));
    this.#max = max;
    this.#frameBytes = frameBytes;
    this.#mask = size - 1;
    this.#slots = new Array<InFlightRequest | undefined>(size).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  /** A request under a new id, or null when nothing more may be asked now. `end` it if it could not be sent. */
  open(
    operation: Operation,
    clientOrderId: string,
    listing: number,
    link: number,
    nowNs: number,
  ): InFlightRequest | null {
    if (this.#count >= this.#max && !this.#forgetOldest(nowNs)) return null;
    // Fewer than slots are taken, so one is found; nearly always it is the next.
    do this.#lastId += 1;
    while (this.#slots[this.#lastId & this.#mask]?.id);
    const at = this.#lastId & this.#mask;
    const request = this.#slots[at] ?? freeRequest(this.#frameBytes);
    this.#slots[at] = request;
    request.id = this.#lastId;
    request.operation = operation;
    request.clientOrderId = clientOrderId;
    request.listing = listing;
    request.link = link;
    request.sentNs = nowNs;
    this.#count += 1;
    return request;
  }

  /** The request of this id, if it is still under way. */
  find(id: number): InFlightRequest | undefined {
    const request = this.#slots[id & this.#mask];
    return request?.id === id && id > 0 ? request : undefined;
  }

  /** The slot's next request may follow at once: what is still needed of this one must have been read. */
  end(request: InFlightRequest): void {
    assert(request.id > 0, "a request ends once");
    request.id = 0;
    this.#count -= 1;
  }

  /** When the oldest of those under way on a link was sent; Infinity where there is none. */
  waitingSinceNs(link: number): number {
    let oldestNs = Number.POSITIVE_INFINITY;
    if (this.#count === 0) return oldestNs;
    for (const request of this.#slots) {
      if (request !== undefined && request.id > 0 && request.link === link && request.sentNs < oldestNs)
        oldestNs = request.sentNs;
    }
    return oldestNs;
  }

  /** Ends all that went out on a link that is gone, and returns copies of them, oldest first. */
  takeOf(link: number): InFlightRequest[] {
    if (this.#count === 0) return [];
    const taken: InFlightRequest[] = [];
    for (let at = 0; at < this.#slots.length; at += 1) {
      const request = this.#slots[at];
      if (!request || request.id === 0 || request.link !== link) continue;
      taken.push({ ...request });
      // Never written to again: the system may still hold the buffer of a connection that has just gone.
      this.#slots[at] = undefined;
      this.#count -= 1;
    }
    return taken.sort((a, b) => a.id - b.id);
  }

  #forgetOldest(nowNs: number): boolean {
    while (this.#oldestId < this.#lastId && !this.find(this.#oldestId)) this.#oldestId += 1;
    const oldest = this.find(this.#oldestId);
    if (!oldest || nowNs - oldest.sentNs < FORGOTTEN_AFTER_NS) return false;
    this.end(oldest);
    // Its link may still hold the buffer: the slot gets a new one.
    this.#slots[this.#oldestId & this.#mask] = undefined;
    return true;
  }
}

function freeRequest(frameBytes: number): InFlightRequest {
  const frame = Buffer.alloc(frameBytes);
  return { id: 0, operation: "place", clientOrderId: "", listing: -1, link: 0, sentNs: 0, frame };
}
