/**
 * Receiver: where signals come in, and the limits that keep senders from each other's way.
 */
import * as v from "valibot";
import { flag, host, integer, port, section } from "./setting.ts";

const FeedConfig = section(
  {
    frameBytesMax: v.optional(
      integer({ min: 256, max: 65_536, unit: "bytes", sentence: "Largest frame; above it the connection is closed." }),
      4096,
    ),
    backpressureBytesMax: v.optional(
      integer({
        min: 4096,
        max: 67_108_864,
        unit: "bytes",
        sentence: "Acks a client may leave unread before its connection is closed.",
      }),
      262_144,
    ),
    idleTimeoutS: v.optional(
      integer({ min: 8, max: 960, unit: "s", sentence: "A connection silent for longer is closed." }),
      120,
    ),
    lifetimeMinutes: v.optional(
      integer({
        min: 1,
        max: 239,
        unit: "min",
        sentence: "Every connection is closed after this, so a withdrawn token ends.",
      }),
      239,
    ),
  },
  "WebSocket /feed.",
);

export const ReceiverConfig = section(
  {
    host: v.optional(host("Address the receiver listens on."), "127.0.0.1"),
    port: v.optional(port("Port of POST /hooks/:source and of the WebSocket /feed."), 8700),
    bodyBytesMax: v.optional(
      integer({ min: 1024, max: 1_048_576, unit: "bytes", sentence: "Largest webhook body; above it 413." }),
      65_536,
    ),
    connectionsMax: v.optional(
      integer({
        min: 1,
        max: 65_536,
        unit: "connections",
        sentence: "Open connections; further ones are closed at once.",
      }),
      1024,
    ),
    answerTimeoutMs: v.optional(
      integer({
        min: 50,
        max: 2900,
        unit: "ms",
        sentence: "No verdict within this becomes 503. TradingView gives up at 3 s.",
      }),
      2500,
    ),
    backlogMax: v.optional(
      integer({
        min: 1,
        max: 65_536,
        unit: "answers",
        sentence: "Answers that may wait for the disk at once; above it 503.",
      }),
      16_384,
    ),
    authFailuresPerMinuteMax: v.optional(
      integer({
        min: 1,
        max: 100_000,
        unit: "failures/min per address",
        sentence: "Failed authentications; more of them are answered 429.",
      }),
      60,
    ),
    dedupeIdsMax: v.optional(
      integer({
        min: 1024,
        max: 16_777_216,
        unit: "ids",
        sentence: "Signal ids held in memory; older ones are on disk.",
      }),
      1_000_000,
    ),
    standby: v.optional(
      flag({ sentence: "Let `outrigger intake` take this port over while the engine restarts." }),
      false,
    ),
    feed: v.optional(FeedConfig, {}),
  },
  "Where signals come in.",
);
