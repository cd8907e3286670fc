/**
 * One client socket that keeps itself connected: heartbeat, staleness, jittered exponential backoff.
 *
 * Invariants
 *   - `onUp` and `onDown` alternate; `onMessage` comes only between them.
 *   - `send` true means the text was handed to an open socket and may reach the peer. False means nothing was written.
 *   - Nothing is queued while the socket is down, and nothing is ever sent twice.
 *   - A silent peer is hung up on after `staleAfterMs` and one heartbeat.
 *
 * This file knows nothing of orders: who had requests in flight is told by `onDown` and draws the conclusion.
 */
import WebSocket from "ws";
import { assert } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";

export interface SocketOptions {
  /** Asked anew for every connection: the private stream's url carries a key that expires. */
  readonly url: () => string | Promise<string>;
  readonly heartbeatMs: number;
  /** Longest silence, pongs counted as sound. At least two heartbeats. */
  readonly staleAfterMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly clock: Clock;
}

export interface SocketEvents {
  onUp(): void;
  onDown(): void;
  onMessage(text: string): void;
  /** The peer answered a heartbeat. */
  onPong?(): void;
  /** A connection attempt failed, the url included. For the reason of a `connect` that never succeeds. */
  onFailure?(cause: Error): void;
}

/** Connections that lived this long start the backoff again. */
const STABLE_AFTER_MS = 5000;
/** More unsent bytes than this and the peer is not reading: refusing is better than queueing orders. */
const AS_TEXT = { binary: false } as const;
const UNSENT_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 1024 * 1024;

export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #events: SocketEvents;
  #socket: WebSocket | null = null;
  #up = false;
  #closed = false;
  #failures = 0;
  #upSinceNs = 0;
  #heardNs = 0;
  #beatNs = 0;
  #heartbeat: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;

  constructor(options: SocketOptions, events: SocketEvents) {
    const { heartbeatMs, staleAfterMs, backoff } = options;
    assert(heartbeatMs > 0 && staleAfterMs >= 2 * heartbeatMs, "staleAfterMs must be at least two heartbeats");
    assert(backoff.baseMs > 0 && backoff.maxMs >= backoff.baseMs, "backoff must rise from a positive base");
    this.#options = options;
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Connects, and from then on reconnects until `close`. */
  open(): void {
    assert(!this.#closed && !this.#socket, "a socket is opened once");
    void this.#connect();
  }

  send(text: string): boolean {
    const socket = this.#socket;
    if (!this.#up || !socket || socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > UNSENT_BYTES_MAX) return false;
    // A buffer that is ours is masked into one new buffer and written once; a text would go out as header and payload.
    socket.send(Buffer.from(text), AS_TEXT);
    return true;
  }

  /** Drops the connection and makes a new one: for a peer that is up but no longer trusted. */
  restart(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#down(socket);
    socket.terminate();
  }

  /** For good. `onDown` has been called before this returns. */
  close(): void {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.restart();
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    try {
      const url = await this.#options.url();
      if (!this.#closed) this.#attach(url);
    } catch (cause) {
      this.#events.onFailure?.(cause as Error);
      this.#scheduleRetry();
    }
  }

  #attach(url: string): void {
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      followRedirects: false,
      maxPayload: MESSAGE_BYTES_MAX,
      handshakeTimeout: 2 * this.#options.staleAfterMs,
    });
    this.#socket = socket;
    socket.on("open", () => {
      if (this.#socket !== socket) return;
      this.#up = true;
      this.#upSinceNs = this.#options.clock.nowNs();
      this.#heardNs = this.#upSinceNs;
      this.#beatNs = this.#upSinceNs;
      this.#heartbeat = setInterval(() => this.#beat(socket), this.#options.heartbeatMs);
      socket.ping();
      this.#events.onUp();
    });
    // `ws` hands text and binary alike as one Buffer (binaryType "nodebuffer").
    socket.on("message", (data: Buffer) => {
      if (this.#socket !== socket) return;
      this.#heardNs = this.#options.clock.nowNs();
      this.#events.onMessage(data.toString("utf8"));
    });
    socket.on("ping", () => this.#heard(socket));
    socket.on("pong", () => {
      this.#heard(socket);
      if (this.#socket === socket) this.#events.onPong?.();
    });
    // "close" always follows "error": the one place where a connection ends.
    socket.on("error", (cause) => {
      if (this.#socket === socket && !this.#up) this.#events.onFailure?.(cause);
    });
    socket.on("close", () => this.#down(socket));
  }

  #heard(socket: WebSocket): void {
    if (this.#socket === socket) this.#heardNs = this.#options.clock.nowNs();
  }

  #beat(socket: WebSocket): void {
    const nowNs = this.#options.clock.nowNs();
    const staleAfterNs = this.#options.staleAfterMs * 1e6;
    // A beat that comes late is our own stall: what the peer sent meanwhile is still unread, so it gets one more beat.
    const stalled = nowNs - this.#beatNs > staleAfterNs / 2 + this.#options.heartbeatMs * 1e6;
    this.#beatNs = nowNs;
    if (!stalled && nowNs - this.#heardNs > staleAfterNs) this.restart();
    else socket.ping();
  }

  #down(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    if (this.#up) {
      this.#up = false;
      if (this.#options.clock.nowNs() - this.#upSinceNs >= STABLE_AFTER_MS * 1e6) this.#failures = 0;
      this.#events.onDown();
    }
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    if (this.#closed || this.#retry) return;
    this.#retry = setTimeout(() => void this.#connect(), this.#retryMs());
  }

  /** base, 2 base, 4 base ... max, each jittered down by up to half so that sockets that fell together do not return so. */
  #retryMs(): number {
    const { backoff, random } = this.#options;
    const ceilingMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    return ceilingMs * (0.5 + random() / 2);
  }
}
