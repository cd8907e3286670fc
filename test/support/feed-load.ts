/**
 * Feed load as a process of its own: signals at a fixed rate, open loop, over one connection.
 *
 *     node feed-load.ts <ws url> <token> <signals/s> <seconds>
 *
 * Prints one line of JSON when it is connected, and one with its counts when every frame has its ack or ten seconds have
 * passed. Bounded: with `UNANSWERED_MAX` frames out it holds back and counts how often, rather than grow.
 */
import { Builder } from "flatbuffers";
import { WebSocket } from "ws";
import { encodeFrame } from "../../src/wire/encode.ts";

const UNANSWERED_MAX = 15_000;
const TICK_MS = 2;
const LAST_ACKS_MS = 10_000;
/** Signals between two of another strength: orders are rare, decisions are not. */
const SAME_STRENGTH = 2500;

const [url = "", token = "", rate = "0", seconds = "0"] = process.argv.slice(2);
const total = Number(rate) * Number(seconds);
const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
const builder = new Builder(512);
const statuses: Record<string, number> = {};
let sent = 0;
let acked = 0;
let heldBack = 0;
let startMs = 0;

socket.on("message", (data: Buffer) => {
  const { status } = JSON.parse(data.toString("utf8")) as { status: number };
  statuses[status] = (statuses[status] ?? 0) + 1;
  acked++;
  if (acked === total) finish("all acked");
});
socket.on("close", (code) => finish(`closed with ${code}`));
socket.on("error", (error) => finish(String(error)));
socket.on("open", () => {
  process.stdout.write(`${JSON.stringify({ connected: true })}\n`);
  startMs = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(total, ((performance.now() - startMs) * Number(rate)) / 1000);
    while (sent < due && sent - acked < UNANSWERED_MAX) socket.send(frame(sent++));
    if (sent < due) heldBack++;
    if (sent < total) return;
    clearInterval(timer);
    setTimeout(() => finish("acks are missing"), LAST_ACKS_MS);
  }, TICK_MS);
});

function frame(at: number): Uint8Array {
  const strength = 0.3 + 0.4 * ((Math.floor(at / SAME_STRENGTH) % 8) / 8);
  return encodeFrame(
    {
      signalId: `soak-${at}`,
      model: "soak",
      modelVersion: "1",
      kind: "hedge",
      asset: "BTC-USD",
      direction: "long",
      strength,
      confidence: strength,
      horizonMs: 14_400_000,
      generatedAtMs: Date.now() as never,
      notional: Number.NaN,
      quantity: Number.NaN,
      sequence: at + 1,
      sourceContext: "",
    },
    builder,
  );
}

function finish(end: string): void {
  const tookMs = Math.round(performance.now() - startMs);
  process.stdout.write(`${JSON.stringify({ end, sent, acked, statuses, heldBack, tookMs })}\n`, () => process.exit(0));
}
