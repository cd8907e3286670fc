/**
 * One WebSocket connection to a venue: handshake, reading, heartbeat and staleness by `ws`, sending by one write.
 *
 * A message is masked and written to the socket under `ws` as one buffer. `ws` would do the same in a new buffer and several
 * calls; it queues nothing of its own (no compression), so whole frames of both may follow each other.
 *
 * Invariants
 *   - `onOpen` comes once, `onEnd` once and last. Nothing is called from within a `send`.
 *   - `send` true means that the bytes were handed to an open socket and may reach the peer. False: nothing was written.
 *   - A peer is stale that is silent, or that answers heartbeats and nothing else while requests wait: a message that begins and
 *     never ends lets every pong through. So is one that says nothing for `quietMsMax`.
 *   - More than `UNSENT_BYTES_MAX` unsent and the peer is not reading: refusing is better than queueing orders.
 */
import { randomFillSync } from "node:crypto";
import type { Socket } from "node:net";
import WebSocket from "ws";
import type { Clock } from "../../time/clock.ts";
import { FRAME_HEAD_BYTES, maskedFrame } from "./client-frame.ts";

/** A venue's own ping, as data: what to send, and which message answers it. */
export interface AppPing {
  readonly text: string;
  /** Such messages are heard and handed on to nobody. */
  isPong(bytes: Buffer): boolean;
}

export interface LinkOptions {
  readonly id: number;
  readonly url: string;
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  /** Longest time without a message; heartbeats are none. */
  readonly quietMsMax: number;
  readonly appPing?: AppPing;
  readonly clock: Clock;
}

export interface LinkEvents {
  onOpen(): void;
  onReady(): void;
  onMessage(bytes: Buffer): void;
  onPong(): void;
  /** After every heartbeat. */
  onBeat(): void;
  /** When the oldest request that waits for its answer was sent; Infinity where none does. */
  waitingSinceNs(): number;
  /** `cause` where the connection failed rather than closed. */
  onEnd(wasOpen: boolean, cause: Error | null): void;
}

const UNSENT_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const MASK_POOL_WORDS = 1024;

export class Link {
  readonly id: number;
  readonly #events: LinkEvents;
  readonly #options: LinkOptions;
  readonly #ws: WebSocket;
  readonly #masks = new Int32Array(MASK_POOL_WORDS);
  #maskAt = MASK_POOL_WORDS;
  /** The socket under `ws`; null unless open. */
  #wire: Socket | null = null;
  #ended = false;
  #ready = false;
  #failure: Error | null = null;
  #openedNs = 0;
  /** When anything was heard, and when a message was that is no heartbeat's answer. */
  #heardNs = 0;
  #messageNs = 0;
  #beatNs = 0;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.id = options.id;
    this.#options = options;
    this.#events = events;
    const ws = new WebSocket(options.url, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      followRedirects: false,
      maxPayload: MESSAGE_BYTES_MAX,
      handshakeTimeout: 2 * options.staleAfterMs,
    });
    this.#ws = ws;
    let wire: Socket | null = null;
    ws.on("upgrade", (response) => {
      wire = response.socket;
    });
    ws.on("open", () => this.#open(wire));
    // `ws` hands text and binary alike as one Buffer (binaryType "nodebuffer").
    ws.on("message", (data: Buffer) => this.#message(data));
    ws.on("ping", () => this.#heard());
    ws.on("pong", () => {
      if (!this.#ended) this.#pong();
    });
    // "close" always follows "error": the one place where a connection ends.
    ws.on("error", (cause) => {
      this.#failure = cause;
    });
    ws.on("close", () => this.#end());
  }

  get isOpen(): boolean {
    return this.#wire !== null;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get openedNs(): number {
    return this.#openedNs;
  }

  /** To be called once whoever owns it has logged on or subscribed: from now on it may become the active one. */
  ready(): void {
    if (this.#ended || this.#ready) return;
    this.#ready = true;
    this.#events.onReady();
  }

  send(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + bytes);
    frame.write(text, FRAME_HEAD_BYTES);
    return this.sendFrame(frame, bytes);
  }

  /**
   * Sends `payloadBytes` of text that stand in `frame` from `FRAME_HEAD_BYTES` on. They are masked in place, and the buffer
   * may not be touched before the peer has answered or the link is down: the system may take it later.
   */
  sendFrame(frame: Buffer, payloadBytes: number): boolean {
    const wire = this.#wire;
    if (wire === null || this.#ws.readyState !== WebSocket.OPEN || wire.writableLength > UNSENT_BYTES_MAX) return false;
    if (this.#maskAt === MASK_POOL_WORDS) {
      randomFillSync(this.#masks);
      this.#maskAt = 0;
    }
    wire.write(maskedFrame(frame, payloadBytes, this.#masks[this.#maskAt++]!));
    return true;
  }

  /** Ends it: for a peer that is up but no longer trusted, or no longer needed. `onEnd` has been called when this returns. */
  drop(): void {
    this.#end();
    this.#ws.terminate();
  }

  #open(wire: Socket | null): void {
    if (this.#ended || wire === null) return;
    this.#wire = wire;
    this.#openedNs = this.#options.clock.nowNs();
    this.#heardNs = this.#openedNs;
    this.#messageNs = this.#openedNs;
    this.#beatNs = this.#openedNs;
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.heartbeatMs);
    this.#ping();
    this.#events.onOpen();
  }

  #message(bytes: Buffer): void {
    if (this.#ended) return;
    this.#heard();
    if (this.#options.appPing?.isPong(bytes)) {
      this.#pong();
      return;
    }
    this.#messageNs = this.#heardNs;
    this.#events.onMessage(bytes);
  }

  #heard(): void {
    this.#heardNs = this.#options.clock.nowNs();
  }

  #pong(): void {
    this.#heard();
    this.#events.onPong();
  }

  #ping(): void {
    if (this.#options.appPing) this.send(this.#options.appPing.text);
    else this.#ws.ping();
  }

  #beat(): void {
    const nowNs = this.#options.clock.nowNs();
    const staleAfterNs = this.#options.staleAfterMs * 1e6;
    // A beat that comes late is our own stall: what the peer sent meanwhile is still unread, so it gets one more beat.
    const stalled = nowNs - this.#beatNs > staleAfterNs / 2 + this.#options.heartbeatMs * 1e6;
    this.#beatNs = nowNs;
    const quietNs = nowNs - this.#messageNs;
    const unansweredNs = Math.min(quietNs, nowNs - this.#events.waitingSinceNs());
    const stale = Math.max(nowNs - this.#heardNs, unansweredNs) > staleAfterNs;
    if (!stalled && (stale || quietNs > this.#options.quietMsMax * 1e6)) {
      this.drop();
      return;
    }
    this.#ping();
    this.#events.onBeat();
  }

  #end(): void {
    if (this.#ended) return;
    const wasOpen = this.#wire !== null;
    this.#ended = true;
    this.#ready = false;
    this.#wire = null;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#events.onEnd(wasOpen, this.#failure);
  }
}
