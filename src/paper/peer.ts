/**
 * One WebSocket client of a paper venue, behind the latency model.
 *
 * Bounded: a client that does not read is cut off once `BUFFERED_BYTES_MAX` wait for it, one that floods once
 * `UNDER_WAY_MAX` messages are in the delay line.
 */
import type { WebSocket } from "ws";
import type { PaperAccount } from "./account.ts";
import type { SocketKind } from "./fault-forms.ts";
import type { DelayLine } from "./latency.ts";

/** What a fault does to one message on its way out. */
export interface Delivery {
  /** On top of the path's delay; what follows on the same connection waits behind it. */
  readonly extraMs: number;
  /** Begun and never ended: an HTTP answer without the end of its body, a WebSocket message without its last fragment. */
  readonly stalled: boolean;
}

export const PROMPT: Delivery = { extraMs: 0, stalled: false };

const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;
const UNDER_WAY_MAX = 100_000;

export class Peer {
  readonly kinds: readonly SocketKind[];
  readonly connectedMs: number;
  readonly #socket: WebSocket;
  readonly #inbound: DelayLine;
  readonly #outbound: DelayLine;
  readonly #lateMs: () => number;
  /** The account a session was logged on to, or whose private stream this is. */
  account: PaperAccount | null = null;
  authorizedMs = 0;
  /** Market streams arrive as `{stream, data}`. */
  combined = false;
  #alive = true;
  #stalled = false;

  constructor(
    kinds: readonly SocketKind[],
    socket: WebSocket,
    inbound: DelayLine,
    outbound: DelayLine,
    connectedMs: number,
    lateMs: () => number,
  ) {
    this.kinds = kinds;
    this.#socket = socket;
    this.#inbound = inbound;
    this.#outbound = outbound;
    this.#lateMs = lateMs;
    this.connectedMs = connectedMs;
    socket.on("pong", () => {
      this.#alive = true;
    });
  }

  /** Calls back with each message's text when it arrives at the exchange. */
  onMessage(handle: (text: string) => void): void {
    this.#socket.on("message", (data) => {
      this.#alive = true;
      const text = data.toString();
      if (this.#inbound.length > UNDER_WAY_MAX) this.kill();
      else this.#inbound.run(() => handle(text));
    });
  }

  send(text: string, { extraMs, stalled }: Delivery = PROMPT): void {
    this.#outbound.run(() => {
      if (this.#socket.readyState !== this.#socket.OPEN || this.#stalled) return;
      if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.kill();
      else if (stalled) this.#stall(text);
      else this.#socket.send(text, SEND_OPTIONS);
    }, extraMs + this.#lateMs());
  }

  /** Pings, or cuts a client that has not answered the last one. */
  heartbeat(): void {
    if (this.#alive) {
      this.#alive = false;
      this.#socket.ping();
    } else this.kill();
  }

  close(code: number): void {
    this.#drop();
    this.#socket.close(code);
  }

  /** Without a close frame, as a network does it. `delivered`: behind what is under way to the client. */
  kill(delivered = false): void {
    if (delivered) {
      this.#outbound.run(() => this.kill());
      return;
    }
    this.#drop();
    this.#socket.terminate();
  }

  /** The first half of a message whose rest never comes: nothing can follow it on this socket. */
  #stall(text: string): void {
    this.#stalled = true;
    this.#socket.send(text.slice(0, text.length >> 1), { ...SEND_OPTIONS, fin: false });
  }

  #drop(): void {
    this.#inbound.close();
    this.#outbound.close();
  }
}

const SEND_OPTIONS = { binary: false, compress: false } as const;
