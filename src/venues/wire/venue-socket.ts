/**
 * Client sockets towards one url of a venue that keep themselves connected: heartbeat, staleness, jittered exponential
 * backoff, a standby where one is wanted, and rotation without a gap.
 *
 * A *link* is one connection, from its handshake to its end; it never comes back. A *seat* keeps one link alive: with two
 * seats the second is the standby, which takes over in the same turn in which the first is lost. A link that grows old gets
 * a successor in its seat; it ends only when the successor is ready and nothing is under way on it any more.
 *
 * Invariants
 *   - `onOpen(link)`, its messages and `onDown(link)` come in that order, and nothing of a link after its `onDown`.
 *   - `onLive(true)` and `onLive(false)` alternate: live is to have a link on which `ready` was called.
 *   - When a link goes, `active` is already the next one, and `onLive(false)` has been said where there is none.
 *   - Nothing is queued for a link that is not open, and nothing is ever sent twice.
 *   - A silent peer is hung up on after `staleAfterMs` and one heartbeat; so is one that answers nothing but heartbeats for
 *     so long while a request is under way on its link, or before the link is ready.
 *
 * This file knows nothing of orders: who had requests in flight on a link is told by `onDown` and draws the conclusion.
 */
import { assert } from "../../domain/units.ts";
import type { OrderLink } from "../../domain/venue-status.ts";
import type { Clock } from "../../time/clock.ts";
import { type AppPing, Link } from "./link.ts";

export interface VenueSocketOptions {
  /** Asked anew for every connection: a private stream's url may carry a key that expires. */
  readonly url: () => string | Promise<string>;
  /** Links to keep: 1, or 2 for an active one and its standby. The standby is dialled once the first is ready. */
  readonly seats: 1 | 2;
  readonly heartbeatMs: number;
  /** Longest silence, heartbeat answers counted as sound. At least two heartbeats. */
  readonly staleAfterMs: number;
  /** Longest time without a message, where there is always something to say: heartbeats alone do not keep such a link. */
  readonly quietMsMax?: number;
  /** For venues that want their own ping message. Without it, heartbeats are WebSocket pings. */
  readonly appPing?: AppPing;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** Age at which a link gets a successor, up to a twentieth earlier so that links do not all go at once. Default 23 h. */
  readonly rotateAfterMs?: number;
  /** Longest that a replaced link waits for what is under way on it. Default 10 s. */
  readonly drainMsMax?: number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly clock: Clock;
}

export interface VenueSocketEvents {
  /** Log on or subscribe over it, then call `link.ready()`. */
  onOpen(link: Link): void;
  /** The bytes are only valid during the call. */
  onMessage(link: Link, bytes: Buffer): void;
  /** What was asked over this link will not be answered. */
  onDown(link: Link): void;
  onLive(live: boolean): void;
  /** The peer answered a heartbeat. */
  onPong?(link: Link): void;
  /** When the oldest request under way on it was sent; Infinity where there is none. A replaced link is kept that long. */
  waitingSinceNs?(link: Link): number;
  /** A connection attempt failed, the url included. For the reason of a `connect` that never succeeds. */
  onFailure?(cause: Error): void;
}

/** Connections that lived this long start the backoff again. */
const STABLE_AFTER_MS = 5000;
const ROTATE_AFTER_MS = 23 * 3_600_000;
const DRAIN_MS_MAX = 10_000;
/** `quietMsMax` of quotes: no order is sent on one that old, and no venue minds a connection every so often. */
export const QUOTES_QUIET_MS_MAX = 15_000;

interface Seat {
  /** The link in use, or on its way. */
  current: Link | null;
  /** The one that is to replace it. */
  next: Link | null;
  /** The url of its next link is being asked for. */
  dialling: boolean;
  failures: number;
  retry: NodeJS.Timeout | null;
  rotateAtNs: number;
}

export class VenueSocket {
  readonly #options: VenueSocketOptions;
  readonly #events: VenueSocketEvents;
  readonly #seats: readonly Seat[];
  /** Replaced and retired links that still have something under way, with the time since which they do. */
  readonly #draining = new Map<Link, number>();
  #active: Link | null = null;
  #opened = false;
  #closed = false;
  #nextLinkId = 1;

  constructor(options: VenueSocketOptions, events: VenueSocketEvents) {
    const { heartbeatMs, staleAfterMs, backoff } = options;
    assert(heartbeatMs > 0 && staleAfterMs >= 2 * heartbeatMs, "staleAfterMs must be at least two heartbeats");
    assert(backoff.baseMs > 0 && backoff.maxMs >= backoff.baseMs, "backoff must rise from a positive base");
    this.#options = options;
    this.#events = events;
    const seat = (): Seat => ({
      current: null,
      next: null,
      dialling: false,
      failures: 0,
      retry: null,
      rotateAtNs: 0,
    });
    this.#seats = Array.from({ length: options.seats }, seat);
  }

  /** The link that carries requests now; null when none is ready. */
  get active(): Link | null {
    return this.#active;
  }

  /** For people: a seat whose link is gone or on its way is a standby that is not ready. */
  links(): OrderLink[] {
    const seated = this.#seats.map(({ current }): OrderLink => {
      const role = current !== null && current === this.#active ? "active" : "standby";
      return { id: current?.id ?? 0, role, ready: current?.isReady ?? false };
    });
    const draining = [...this.#draining.keys()].map(({ id }): OrderLink => ({ id, role: "draining", ready: false }));
    return [...seated, ...draining];
  }

  /** Connects, and from then on reconnects until `close`. */
  open(): void {
    assert(!this.#closed && !this.#opened, "a socket is opened once");
    this.#opened = true;
    void this.#dial(this.#seats[0]!);
  }

  /** Gives a link a successor as if it had grown old: for a peer that says it will hang up soon. */
  renew(link: Link): void {
    for (const seat of this.#seats) if (seat.current === link) seat.rotateAtNs = 0;
  }

  /**
   * Asks nothing more over a link whose peer takes no more, while what is under way on it may still be answered: the standby
   * takes over in this turn, and the seat gets a new link.
   */
  retire(link: Link): void {
    const seat = this.#seats.find(({ current }) => current === link);
    if (!seat || this.#closed) return;
    this.#draining.set(link, this.#options.clock.nowNs());
    seat.current = seat.next;
    seat.next = null;
    if (this.#active === link) this.#handOver();
    if (!seat.current && !seat.dialling) this.#scheduleDial(seat);
  }

  /** For good. `onDown` of every open link has been called before this returns. */
  close(): void {
    this.#closed = true;
    for (const seat of this.#seats) {
      if (seat.retry) clearTimeout(seat.retry);
      seat.next?.drop();
      // The standby first: an active link that went before it would only hand over to it.
      if (seat.current !== this.#active) seat.current?.drop();
    }
    for (const link of [...this.#draining.keys()]) link.drop();
    this.#active?.drop();
  }

  async #dial(seat: Seat): Promise<void> {
    seat.retry = null;
    seat.dialling = true;
    let url: string;
    try {
      url = await this.#options.url();
    } catch (cause) {
      seat.dialling = false;
      if (this.#closed) return;
      this.#events.onFailure?.(cause as Error);
      if (!seat.current) this.#scheduleDial(seat);
      return;
    }
    seat.dialling = false;
    if (this.#closed) return;
    const { heartbeatMs, staleAfterMs, quietMsMax = Number.POSITIVE_INFINITY, appPing, clock } = this.#options;
    const link: Link = new Link(
      { id: this.#nextLinkId++, url, heartbeatMs, staleAfterMs, quietMsMax, clock, ...(appPing && { appPing }) },
      {
        onOpen: () => this.#opening(seat, link),
        onReady: () => this.#ready(seat, link),
        onMessage: (bytes) => this.#events.onMessage(link, bytes),
        onPong: () => this.#events.onPong?.(link),
        onBeat: () => this.#beat(seat, link),
        waitingSinceNs: () => this.#waitingSinceNs(link),
        onEnd: (wasOpen, cause) => this.#ended(seat, link, wasOpen, cause),
      },
    );
    if (seat.current) seat.next = link;
    else seat.current = link;
  }

  #opening(seat: Seat, link: Link): void {
    const { rotateAfterMs = ROTATE_AFTER_MS, clock, random } = this.#options;
    seat.rotateAtNs = clock.nowNs() + rotateAfterMs * (1 - random() / 20) * 1e6;
    this.#events.onOpen(link);
  }

  #ready(seat: Seat, link: Link): void {
    if (seat.next === link) {
      const replaced = seat.current;
      seat.current = link;
      seat.next = null;
      if (replaced) this.#draining.set(replaced, this.#options.clock.nowNs());
      if (replaced && this.#active === replaced) this.#active = link;
    }
    if (!this.#active) {
      this.#active = link;
      this.#events.onLive(true);
    }
    for (const each of this.#seats) if (!each.current && !each.retry && !each.dialling) void this.#dial(each);
  }

  #beat(seat: Seat, link: Link): void {
    const { clock, drainMsMax = DRAIN_MS_MAX, heartbeatMs } = this.#options;
    const nowNs = clock.nowNs();
    const replacedNs = this.#draining.get(link);
    if (replacedNs !== undefined) {
      // At least one heartbeat longer than its successor is ready: what the peer sent to this one only is on its way.
      const drained =
        nowNs - replacedNs >= heartbeatMs * 1e6 && this.#waitingSinceNs(link) === Number.POSITIVE_INFINITY;
      if (drained || nowNs - replacedNs > drainMsMax * 1e6) link.drop();
    } else if (seat.current === link && !seat.next && !seat.dialling && nowNs >= seat.rotateAtNs) {
      // Looked at again after this link's heartbeats, in case the successor does not come up.
      seat.rotateAtNs = nowNs + STABLE_AFTER_MS * 1e6;
      void this.#dial(seat);
    }
  }

  /** A link that is not ready yet waits for its logon, or for what it subscribed to. */
  #waitingSinceNs(link: Link): number {
    if (!link.isReady) return link.openedNs;
    return this.#events.waitingSinceNs?.(link) ?? Number.POSITIVE_INFINITY;
  }

  #ended(seat: Seat, link: Link, wasOpen: boolean, cause: Error | null): void {
    const { clock } = this.#options;
    this.#draining.delete(link);
    if (cause && !wasOpen) this.#events.onFailure?.(cause);
    if (wasOpen && clock.nowNs() - link.openedNs >= STABLE_AFTER_MS * 1e6) seat.failures = 0;
    if (seat.next === link) seat.next = null;
    if (seat.current === link) {
      seat.current = seat.next;
      seat.next = null;
    }
    if (this.#active === link) this.#handOver();
    // Before anybody reacts to it: a reaction may close this socket.
    if (!seat.current && !seat.dialling) this.#scheduleDial(seat);
    if (wasOpen) this.#events.onDown(link);
  }

  /** The active link is gone: a standby that is ready takes over. */
  #handOver(): void {
    this.#active = this.#seats.find(({ current }) => current?.isReady)?.current ?? null;
    if (!this.#active) this.#events.onLive(false);
  }

  #scheduleDial(seat: Seat): void {
    if (this.#closed || seat.retry) return;
    seat.retry = setTimeout(() => void this.#dial(seat), this.#retryMs(seat));
  }

  /** base, 2 base, 4 base ... max, each jittered down by up to half so that sockets that fell together do not return so. */
  #retryMs(seat: Seat): number {
    const { backoff, random } = this.#options;
    const ceilingMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(seat.failures, 20));
    seat.failures += 1;
    return ceilingMs * (0.5 + random() / 2);
  }
}
