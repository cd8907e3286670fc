/**
 * Feed: signals as binary WebSocket frames, one per frame, each answered by one ack.
 *
 * A client connects to `/feed` with `Authorization: Bearer <token>`; the token says which source it is. An ack is a text
 * frame of JSON:
 *
 *   {"frame":17,"status":202,"code":"ACCEPTED","signal_id":"s-1","position":9}
 *
 * `frame` counts the frames of the connection from 1, `status` and `code` are those of a webhook's answer (verdict.ts),
 * `signal_id` is absent when the frame did not yield one, `position` (the journal's) when nothing was journaled. Refusals add
 * `message`, `numbers` and `retry_after_s`. Acks come when they are durable, so not always in the order of the frames.
 *
 * Before the push to the lane, a frame costs decoding, one hash and no JSON. Acks that become due together are written
 * together.
 */
import type { Decoded } from "../domain/signal.ts";
import type { Ns } from "../domain/units.ts";
import { backlogFull } from "./admission.ts";
import { type Door, retryAfter } from "./door.ts";
import type { HttpExchange } from "./exchange.ts";
import type { FeedOptions, FeedSource } from "./receiver.ts";
import type { SocketBehavior, WebSocket } from "./uws.ts";
import { type Verdict, verdictJson } from "./verdict.ts";

interface Connection {
  readonly source: FeedSource;
  /** Null before it opens and once it has closed: a closed socket must not be touched. */
  socket: WebSocket<Connection> | null;
  frames: number;
  /** Acks due, written at the end of the turn. */
  readonly due: string[];
}

export function createFeed(options: FeedOptions, door: Door): SocketBehavior<Connection> {
  const { admission, parts } = door;
  const waiting: Connection[] = [];

  const writeAcks = () => {
    for (const connection of waiting) {
      connection.socket?.cork(() => {
        // A send past the backpressure limit closes the socket, and what is left has nobody to go to.
        for (const ack of connection.due) connection.socket?.send(ack);
      });
      connection.due.length = 0;
    }
    waiting.length = 0;
  };

  const acknowledge = (connection: Connection, frame: number, given: Verdict) => {
    door.count(given);
    if (connection.socket === null) return;
    connection.due.push(ackJson(frame, given));
    if (connection.due.length > 1) return;
    // The journal calls back for everything it has just covered in one turn; the acks leave at the end of it.
    if (waiting.length === 0) queueMicrotask(writeAcks);
    waiting.push(connection);
  };

  const judge = (source: FeedSource, bytes: Uint8Array, isBinary: boolean, receivedNs: Ns): Verdict => {
    let decoded: Decoded;
    try {
      decoded = isBinary ? parts.decodeFrame(bytes) : TEXT_FRAME;
    } catch (error) {
      parts.onCrash(error);
      return admission.crashedInDecode(source, bytes);
    }
    return admission.admit(source, decoded, bytes, receivedNs);
  };

  const answer = (connection: Connection, frame: number, bytes: Uint8Array, isBinary: boolean, receivedNs: Ns) => {
    const { source } = connection;
    const given = admission.limitRate(source, receivedNs) ?? judge(source, bytes, isBinary, receivedNs);
    admission.settle(given, (final) => acknowledge(connection, frame, final));
    door.heardMs[source.index] = parts.clock.wallMs();
  };

  return {
    frameBytesMax: options.frameBytesMax,
    backpressureBytesMax: options.backpressureBytesMax,
    idleTimeoutS: options.idleTimeoutS,
    lifetimeMinutes: options.lifetimeMinutes,

    upgrade(exchange) {
      const source = admitConnection(exchange, door);
      return source === null ? null : { source, socket: null, frames: 0, due: [] };
    },

    open(socket) {
      socket.getUserData().socket = socket;
    },

    message(socket, bytes, isBinary) {
      const receivedNs = parts.clock.nowNs();
      const connection = socket.getUserData();
      connection.frames += 1;
      const frame = connection.frames;
      if (door.isOpen) {
        answer(connection, frame, bytes, isBinary, receivedNs);
        return;
      }
      const kept = bytes.slice();
      const held = door.hold(() => {
        // As with a webhook: nobody would hear the verdict.
        if (connection.socket !== null) answer(connection, frame, kept, isBinary, receivedNs);
      });
      if (!held) acknowledge(connection, frame, backlogFull(door.heldMax));
    },

    close(socket) {
      const connection = socket.getUserData();
      connection.socket = null;
      connection.due.length = 0;
    },
  };
}

const TEXT_FRAME: Decoded = {
  ok: false,
  error: { code: "MALFORMED", field: "frame", message: "frame must be binary FlatBuffers (signal.fbs), not text" },
};

/** A browser always names its origin and can never name a token: neither a page nor a stranger gets in. */
function admitConnection(exchange: HttpExchange, door: Door): FeedSource | null {
  if (exchange.header("origin") !== "") {
    exchange.answer(403, { code: "ORIGIN_REFUSED" });
    return null;
  }
  const authorization = exchange.header("authorization");
  const source = door.feedOf(authorization);
  if (source !== null) return source;
  const why = authorization === "" ? "no authorization header" : "the bearer token is no feed's";
  const refusal = door.count(door.refuseSender("/feed", exchange.address, why));
  exchange.answerJson(refusal.status, verdictJson(refusal), retryAfter(refusal));
  return null;
}

/** Written by hand: codes and signal ids need no escaping, and most acks are the short form. */
function ackJson(frame: number, given: Verdict): string {
  let json = `{"frame":${frame},"status":${given.status},"code":"${given.code}"`;
  if (given.signalId !== "") json += `,"signal_id":"${given.signalId}"`;
  if (given.lsn >= 0) json += `,"position":${given.lsn}`;
  if (given.message !== "") json += `,"message":${JSON.stringify(given.message)}`;
  if (given.numbers !== null) json += `,"numbers":${JSON.stringify(given.numbers)}`;
  if (given.retryAfterS > 0) json += `,"retry_after_s":${given.retryAfterS}`;
  return `${json}}`;
}
