/**
 * Frames of a run, made before it: a file that the load client maps, so that making a signal costs the client nothing.
 *
 *   header   count u32 · frameBytes u32 · stampOffset u32 · reserved u32
 *   record   tag (16 hex characters: the first half of the client order id this signal must cause) · frame
 *
 * Signal n asks for a hedge of n + 1 lots, n already being there: exactly one order of one lot each, in whatever order
 * fills and signals meet. `generated_at` is a placeholder of 8 bytes at `stampOffset` that the client overwrites.
 */
import { writeFileSync } from "node:fs";
import { Builder } from "flatbuffers";
import type { EpochMs } from "../src/domain/units.ts";
import { orderTagger } from "../src/lane/order-tag.ts";
import { encodeFrame } from "../src/wire/encode.ts";

/** What frames and the engine's configuration must agree on. */
export const SIGNALS = {
  engineId: "bench",
  source: "feed",
  asset: "BTC/USDT",
  /** Lots at strength 1: the holdings of the shield are as many. */
  lotsFull: 2_000_000,
} as const;

export const FRAMES_HEADER_BYTES = 16;
export const TAG_BYTES = 16;

const STAMP = 0x0102030405 as EpochMs;

export function writeFrames(file: string, count: number): void {
  const tagOf = orderTagger(SIGNALS.engineId);
  const builder = new Builder(512);
  const first = frame(0, builder);
  const stamp = Buffer.alloc(8);
  stamp.writeBigInt64LE(BigInt(STAMP));
  const stampOffset = first.indexOf(stamp);
  const frameBytes = first.length;
  const recordBytes = TAG_BYTES + frameBytes;
  const bytes = Buffer.alloc(FRAMES_HEADER_BYTES + count * recordBytes);
  bytes.writeUint32LE(count, 0);
  bytes.writeUint32LE(frameBytes, 4);
  bytes.writeUint32LE(stampOffset, 8);
  for (let index = 0; index < count; index++) {
    const at = FRAMES_HEADER_BYTES + index * recordBytes;
    bytes.write(tagOf(`${SIGNALS.source}|${signalId(index)}`), at, "latin1");
    frame(index, builder).copy(bytes, at + TAG_BYTES);
  }
  writeFileSync(file, bytes);
}

const signalId = (index: number): string => `b${String(index).padStart(9, "0")}`;

function frame(index: number, builder: Builder): Buffer {
  return Buffer.from(
    encodeFrame(
      {
        signalId: signalId(index),
        model: "bench",
        modelVersion: "1",
        kind: "hedge",
        asset: SIGNALS.asset,
        direction: "long",
        // In the middle of a lot, so that rounding has no say in it.
        strength: (index + 1.5) / SIGNALS.lotsFull,
        confidence: 0.9,
        horizonMs: 2 * 86_400_000,
        generatedAtMs: STAMP,
        notional: Number.NaN,
        quantity: Number.NaN,
        sequence: index + 1,
        sourceContext: "",
      },
      builder,
    ),
  );
}
