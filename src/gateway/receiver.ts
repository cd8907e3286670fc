/**
 * Receiver: the port senders talk to. `POST /hooks/:source` for webhooks (door.ts), WebSocket `/feed` for frames (feed.ts).
 *
 * A 2xx, like every verdict on authenticated bytes, is sent only after the journal covers it. Nothing unauthenticated is
 * parsed, journaled or told why; the operator is.
 */
import type { Decoded } from "../domain/signal.ts";
import type { Clock } from "../time/clock.ts";
import { Admission, type AdmissionParts, type SourceRules } from "./admission.ts";
import type { Verifier } from "./auth.ts";
import { Door, type UnprovenSender } from "./door.ts";
import { createFeed } from "./feed.ts";
import { type PortUse, WebServer } from "./uws.ts";
import { type VerdictCode, verdict, verdictJson } from "./verdict.ts";

export interface HookSource extends SourceRules {
  /** Last segment of its URL, `[A-Za-z0-9_-]{1,128}`. For senders that cannot sign it has to be unguessable. */
  readonly path: string;
  readonly verify: Verifier;
  /** Media types its adapter reads, lower case, without parameters. */
  readonly contentTypes: readonly string[];
  readonly decode: (body: Uint8Array, contentType: string) => Decoded;
}

export interface FeedSource extends SourceRules {
  readonly tokens: readonly string[];
}

export interface ReceiverOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly connectionsMax: number;
  readonly bodyBytesMax: number;
  readonly answerTimeoutMs: number;
  /** Answers that may wait for the disk at once. */
  readonly backlogMax: number;
  /** Failed authentications of one address before it has to wait. */
  readonly authFailuresPerMinuteMax: number;
  readonly feed: FeedOptions;
  readonly hooks: readonly HookSource[];
  readonly feeds: readonly FeedSource[];
}

export interface FeedOptions {
  readonly frameBytesMax: number;
  /** Acks a client has not read; beyond it the connection is closed. */
  readonly backpressureBytesMax: number;
  readonly idleTimeoutS: number;
  /** A connection is closed after this long, so that a withdrawn token does not live on. At most 239: uWebSockets.js counts minutes modulo 240, so 240 would mean at once. */
  readonly lifetimeMinutes: number;
}

export interface ReceiverParts extends AdmissionParts {
  readonly clock: Clock;
  readonly decodeFrame: (bytes: Uint8Array) => Decoded;
}

export interface Receiver {
  /** 0 until it listens. */
  readonly port: number;
  readonly admission: Admission;
  /** Verdicts given since the start, by code. */
  readonly counts: Readonly<Record<VerdictCode, number>>;
  /** Who could not be verified, the last of each source. */
  unproven(): readonly UnprovenSender[];
  /** When bytes of a source were last authenticated, in wall ms; 0 for never. For "provider silent". */
  lastHeardMs(source: number): number;
  connections(): number;
  /** Rejects with a `ListenError` when the port cannot be had that way. What comes is held until `open`. */
  listen(use: PortUse): Promise<void>;
  /** From now on what comes is judged; first of all what has been held. */
  open(): void;
  /** Stops accepting, serves those who are in for `drainMs`, answers what is in flight, closes. */
  close(drainMs?: number): Promise<void>;
}

/** Neither listens nor judges yet. */
export function createReceiver(options: ReceiverOptions, parts: ReceiverParts): Receiver {
  const sources: readonly SourceRules[] = [...options.hooks, ...options.feeds];
  const door = new Door(options, parts, new Admission(sources, options.backlogMax, parts));
  const server = new WebServer(options, parts)
    .route("post", "/hooks/:source", (exchange) => door.receive(exchange))
    .socket("/feed", createFeed(options.feed, door))
    .route("any", "/hooks/:source", (exchange) => {
      exchange.answerJson(405, verdictJson(door.count(verdict("METHOD_NOT_ALLOWED", "", -1))), { allow: "POST" });
    })
    .route("any", "/feed", (exchange) => {
      if (exchange.method === "get") exchange.answer(426, { code: "UPGRADE_REQUIRED", message: "a WebSocket, please" });
      else exchange.answerJson(405, verdictJson(door.count(verdict("METHOD_NOT_ALLOWED", "", -1))), { allow: "GET" });
    })
    .route("any", "/*", (exchange) => {
      exchange.answerJson(404, verdictJson(door.count(verdict("NOT_FOUND", "", -1))));
    });
  let port = 0;
  return {
    get port() {
      return port;
    },
    admission: door.admission,
    counts: door.counts,
    unproven: () => [...door.unproven.values()],
    lastHeardMs: (source) => door.heardMs[source] ?? 0,
    connections: () => server.connections,
    async listen(use) {
      port = await server.listen(options.host, options.port, use);
    },
    open: () => door.open(),
    close: (drainMs) => server.close(drainMs),
  };
}
