/**
 * One WebSocket client of a paper venue, behind the latency model.
 *
 * Bounded: a client that does not read is cut off once `BUFFERED_BYTES_MAX` wait for it, one that floods once
 * `UNDER_WAY_MAX` messages are in the delay line.
 */
import type { WebSocket } from "ws";
import type { PaperAccount } from "./account.ts";
import type { SocketKind } from "./faults.ts";
import type { DelayLine } from "./latency.ts";

const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;
const UNDER_WAY_MAX = 100_000;

export class Peer {
  readonly kind: SocketKind;
  readonly connectedMs: number;
  readonly #socket: WebSocket;
  readonly #inbound: DelayLine;
  readonly #outbound: DelayLine;
  /** The account a session was logged on to, or whose private stream this is. */
  account: PaperAccount | null = null;
  authorizedMs = 0;
  /** Market streams arrive as `{stream, data}`. */
  combined = false;
  #alive = true;

  constructor(kind: SocketKind, socket: WebSocket, inbound: DelayLine, outbound: DelayLine, connectedMs: number) {
    this.kind = kind;
    this.#socket = socket;
    this.#inbound = inbound;
    this.#outbound = outbound;
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

  send(text: string, extraMs = 0): void {
    this.#outbound.run(() => {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.kill();
      else this.#socket.send(text, SEND_OPTIONS);
    }, extraMs);
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

  /** Without a close frame, as a network does it. */
  kill(): void {
    this.#drop();
    this.#socket.terminate();
  }

  #drop(): void {
    this.#inbound.close();
    this.#outbound.close();
  }
}

const SEND_OPTIONS = { binary: false, compress: false } as const;
