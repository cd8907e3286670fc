/** One frame over the WebSocket feed, and its ack. */
import { WebSocket } from "ws";
import { durationMs } from "../config/duration.ts";
import type { Redacted } from "../config/secret.ts";
import type { DecodedSignal } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import { encodeFrame } from "../wire/encode.ts";
import { unreachable } from "./control-client.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { SIGNAL_DEFAULTS, type SignalOptions } from "./send-payload.ts";
import { type SendVerdict, verdictFrom } from "./verdict.ts";

export function sendOverFeed(
  url: string,
  token: Redacted,
  signal: SignalOptions,
  timeoutMs: number,
): Promise<SendVerdict> {
  const frame = encodeFrame(decodedSignal(signal));
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token.reveal()}` },
    perMessageDeflate: false,
    handshakeTimeout: timeoutMs,
    maxPayload: 65_536,
  });
  return new Promise<SendVerdict>((resolve, reject) => {
    const timer = setTimeout(() => reject(unreachable(url, new Error(`no ack within ${timeoutMs} ms`))), timeoutMs);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    socket.on("open", () => socket.send(frame));
    socket.on("message", (data, binary) => settle(() => resolve(verdictFromAck(data as Buffer, binary))));
    socket.on("unexpected-response", (_request, response) => {
      settle(() => resolve(verdictFrom(response.statusCode ?? 0, "")));
      response.destroy();
    });
    socket.on("error", (error) => settle(() => reject(unreachable(url, { cause: error }))));
    socket.on("close", (code) =>
      settle(() => reject(unreachable(url, new Error(`closed with ${code} before the ack`)))),
    );
  }).finally(() => socket.terminate());
}

function verdictFromAck(data: Buffer, binary: boolean): SendVerdict {
  if (binary) throw new CommandFailure(EXIT_CODES.failure, "ACK_MALFORMED", "the ack is not text");
  return verdictFrom(null, data.toString("utf8"));
}

function decodedSignal(given: SignalOptions): DecodedSignal {
  const signal = { ...SIGNAL_DEFAULTS, ...given };
  return {
    signalId: signal.id ?? "",
    model: signal.model,
    modelVersion: signal.modelVersion,
    kind: signal.kind,
    asset: signal.asset,
    direction: signal.direction,
    strength: signal.strength ?? signal.confidence,
    confidence: signal.confidence,
    horizonMs: horizonMs(signal.horizon),
    generatedAtMs: generatedAtMs(signal.generatedAt) as EpochMs,
    notional: signal.notional === undefined ? Number.NaN : Number(signal.notional),
    quantity: signal.quantity === undefined ? Number.NaN : Number(signal.quantity),
    sequence: signal.sequence ?? -1,
    sourceContext: signal.context ?? "",
  };
}

/** A frame carries numbers, so here the texts must mean something. */
function horizonMs(horizon: string): number {
  if (/^[1-9]\d{0,8}[smhd]$/.test(horizon)) return durationMs(horizon);
  throw new CommandFailure(
    EXIT_CODES.usage,
    "USAGE",
    `--horizon "${horizon}" is not a duration such as 30s, 15m, 4h or 2d`,
  );
}

function generatedAtMs(time: string | undefined): number {
  const ms = time === undefined ? Date.now() : Date.parse(time);
  if (Number.isNaN(ms))
    throw new CommandFailure(EXIT_CODES.usage, "USAGE", `--generated-at "${time}" is not an RFC 3339 time`);
  return ms;
}
