/**
 * The little of WebSocket that a load client needs, on bare sockets, so that no library's time is measured with the target's.
 * Messages of less than 64 KiB, never fragmented.
 */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client's frames carry a mask; one of zeros leaves the payload as it is, which costs nothing. */
export function writeMessage(opcode: number, payload: Uint8Array, masked: boolean): Buffer {
  const extended = payload.length >= 126;
  const at = (extended ? 4 : 2) + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(at + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = (masked ? 0x80 : 0) | (extended ? 126 : payload.length);
  if (extended) frame.writeUInt16BE(payload.length, 2);
  if (masked) frame.fill(0, at - 4, at);
  frame.set(payload, at);
  return frame;
}

/** Cuts a stream of chunks into messages. The payload is only valid during the call. */
export class MessageReader {
  readonly #onMessage: (opcode: number, payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onMessage: (opcode: number, payload: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let next = this.#read(bytes, at); next > at; next = this.#read(bytes, at)) at = next;
    this.#rest = bytes.subarray(at);
  }

  /** Where the next message starts; `at` when this one is not all there. */
  #read(bytes: Buffer, at: number): number {
    if (bytes.length < at + 2) return at;
    const masked = (bytes[at + 1]! & 0x80) !== 0;
    let length = bytes[at + 1]! & 0x7f;
    let from = at + 2;
    if (length === 126) {
      if (bytes.length < at + 4) return at;
      length = bytes.readUInt16BE(at + 2);
      from = at + 4;
    }
    if (masked) from += 4;
    if (bytes.length < from + length) return at;
    const payload = bytes.subarray(from, from + length);
    if (masked) for (let i = 0; i < length; i++) payload[i]! ^= bytes[from - 4 + (i & 3)]!;
    this.#onMessage(bytes[at]! & 0x0f, payload);
    return from + length;
  }
}

const HEAD_END = "\r\n\r\n";

export async function clientHandshake(socket: Socket, port: number, path: string, token: string): Promise<void> {
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer ${token}${HEAD_END}`,
  );
  const head = await new Promise<string>((resolve, reject) => {
    socket.once("data", (chunk) => resolve(chunk.toString("latin1")));
    socket.once("error", reject);
  });
  if (!head.startsWith("HTTP/1.1 101")) throw new Error(`port ${port} refused the WebSocket: ${head.slice(0, 60)}`);
}

export function acceptHandshake(socket: Socket, accepted: () => void): void {
  socket.once("data", (chunk) => {
    const key = /sec-websocket-key: *(\S+)/i.exec(chunk.toString("latin1"))?.[1] ?? "";
    const proof = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${proof}${HEAD_END}`,
    );
    accepted();
  });
}
