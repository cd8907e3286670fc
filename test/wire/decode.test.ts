import fc from "fast-check";
import { Builder } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { type DecodedSignal, DIRECTIONS, SIGNAL_KINDS } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { decodeFrame } from "../../src/wire/decode.ts";
import { encodeFrame, encodeSizePrefixedFrame } from "../../src/wire/encode.ts";
import { Signal } from "../../src/wire/generated/signal.ts";
import { GENERATED_AT_MS_MAX, GENERATED_AT_MS_MIN, HORIZON_MS_MAX } from "../../src/wire/validate.ts";
import { readByGeneratedCode } from "../fuzz/targets.ts";

const PLAIN: DecodedSignal = {
  signalId: "sig-1",
  model: "momentum",
  modelVersion: "2",
  kind: "hedge",
  asset: "BTC/USDT:USDT",
  direction: "long",
  strength: 0.4,
  confidence: 0.8,
  horizonMs: 14_400_000,
  generatedAtMs: 1_723_161_255_123 as EpochMs,
  notional: Number.NaN,
  quantity: 0.25,
  sequence: 9,
  sourceContext: "from a test",
};

const characters = (set: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...set), minLength: 1, maxLength });
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => Buffer.byteLength(text) <= 64 && text !== "" && !/\p{Cc}/u.test(text));
const size = fc.double({ min: 0, minExcluded: true, max: 1e12, noNaN: true });
const signals: fc.Arbitrary<DecodedSignal> = fc
  .record({
    signalId: characters("abcXYZ019_-", 64),
    model: name,
    modelVersion: name,
    kind: fc.constantFrom(...SIGNAL_KINDS),
    asset: characters("BTCUSD/:-.P ~!", 64),
    direction: fc.constantFrom(...DIRECTIONS),
    strength: fc.double({ min: 0, max: 1, noNaN: true }),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    horizonMs: fc.integer({ min: 1, max: HORIZON_MS_MAX }),
    generatedAtMs: fc.integer({ min: GENERATED_AT_MS_MIN, max: GENERATED_AT_MS_MAX }).map((ms) => ms as EpochMs),
    sequence: fc.oneof(
      fc.constant(-1),
      fc.maxSafeNat().filter((n) => n > 0),
    ),
    sourceContext: fc
      .string({ unit: "binary", maxLength: 120 })
      .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 256),
    sizes: fc.oneof(
      fc.constant({ notional: Number.NaN, quantity: Number.NaN }),
      size.map((notional) => ({ notional, quantity: Number.NaN })),
      size.map((quantity) => ({ notional: Number.NaN, quantity })),
    ),
  })
  .map(({ sizes, ...rest }) => ({ ...rest, ...sizes }));

describe("frames", () => {
  it("carry every signal unchanged, size-prefixed or not, and read as the generated accessors read them", () => {
    const builder = new Builder(64);
    fc.assert(
      fc.property(signals, (signal) => {
        for (const encode of [encodeFrame, encodeSizePrefixedFrame]) {
          const frame = encode(signal, builder);
          expect(decodeFrame(frame)).toEqual({ ok: true, signal });
          expect(readByGeneratedCode(frame)).toEqual(signal);
        }
      }),
      { numRuns: 500, seed: 20_240_808 },
    );
  });

  it("leave nothing of themselves in the signal: the buffer may be reused at once", () => {
    const frame = Uint8Array.from(encodeFrame(PLAIN));
    const decoded = decodeFrame(frame);
    frame.fill(0x58);
    expect(decoded).toEqual({ ok: true, signal: PLAIN });
  });

  it("may carry a size that the sender put before a frame built without one", () => {
    const frame = encodeFrame(PLAIN);
    const prefixed = new Uint8Array(frame.length + 4);
    new DataView(prefixed.buffer).setUint32(0, frame.length, true);
    prefixed.set(frame, 4);
    expect(decodeFrame(prefixed)).toEqual({ ok: true, signal: PLAIN });
  });

  it("may carry fields of a later schema", () => {
    expect(decodeFrame(frameWith((b) => b.addFieldInt64(14, 5n, 0n), 15)).ok).toBe(true);
  });

  it("keep a byte order mark inside a text", () => {
    const decoded = decodeFrame(encodeFrame({ ...PLAIN, sourceContext: "\ufeffmarked" }));
    expect(decoded).toMatchObject({ signal: { sourceContext: "\ufeffmarked" } });
  });

  it("state a confidence for the strength they leave out", () => {
    const decoded = decodeFrame(encodeFrame({ ...PLAIN, strength: Number.NaN }));
    expect(decoded.ok && decoded.signal.strength).toBe(0.8);
  });
});

describe("a frame is refused by name", () => {
  const refusals: [string, string, Partial<DecodedSignal>][] = [
    ["an empty id", "signal_id", { signalId: "" }],
    ["an id with a dot", "signal_id", { signalId: "a.b" }],
    ["an id of 65 characters", "signal_id", { signalId: "a".repeat(65) }],
    ["no model", "model", { model: "" }],
    ["a model of 65 bytes", "model", { model: "é".repeat(32) + "a" }],
    ["a line end in the model", "model", { model: "a\nb" }],
    ["no model version", "model_version", { modelVersion: "" }],
    ["no asset", "asset", { asset: "" }],
    ["an asset that is not ASCII", "asset", { asset: "ΒTC/USDT" }],
    ["no confidence", "confidence", { confidence: Number.NaN }],
    ["a confidence above 1", "confidence", { confidence: 1.0000001 }],
    ["an infinite strength", "strength", { strength: Number.POSITIVE_INFINITY }],
    ["a negative strength", "strength", { strength: -0.1 }],
    ["no horizon", "time_horizon", { horizonMs: 0 }],
    ["a horizon of more than 366 days", "time_horizon", { horizonMs: HORIZON_MS_MAX + 1 }],
    ["no time", "generated_at", { generatedAtMs: 0 as EpochMs }],
    ["a time in seconds", "generated_at", { generatedAtMs: 1_723_161_255 as EpochMs }],
    ["a negative time", "generated_at", { generatedAtMs: -1_723_161_255_123 as EpochMs }],
    ["a notional of 0", "notional", { notional: 0, quantity: Number.NaN }],
    ["a negative quantity", "quantity", { quantity: -1 }],
    ["an infinite quantity", "quantity", { quantity: Number.POSITIVE_INFINITY }],
    ["both sizes", "quantity", { notional: 1 }],
    ["a sequence past 2^53", "sequence", { sequence: 2 ** 53 }],
    ["a context of 257 bytes", "source_context", { sourceContext: "é".repeat(128) + "a" }],
    ["no kind", "kind", { kind: "nonsense" as "open" }],
    ["no direction", "direction", { direction: "nonsense" as "long" }],
  ];

  it.each(refusals)("for %s", (_, field, change) => {
    expect(decodeFrame(encodeFrame({ ...PLAIN, ...change }))).toMatchObject({
      ok: false,
      error: { code: "MALFORMED", field, message: expect.stringMatching(new RegExp(`^${field} `)) },
    });
  });

  it("for a kind that only a later schema knows", () => {
    expect(decodeFrame(frameWith((b) => b.addFieldInt8(3, 6, 0), 14, [3]))).toMatchObject({ error: { field: "kind" } });
  });

  it("for text that is not UTF-8", () => {
    for (const bytes of ["\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"]) {
      const frame = Buffer.from(encodeFrame({ ...PLAIN, sourceContext: "#".repeat(bytes.length) }));
      frame.write(bytes, frame.indexOf("#"), "latin1");
      expect(decodeFrame(frame)).toMatchObject({ error: { field: "source_context", message: /UTF-8/ } });
    }
  });

  it("for a text without its final zero", () => {
    const frame = Buffer.from(encodeFrame({ ...PLAIN, sourceContext: "unended" }));
    frame[frame.indexOf("unended") + "unended".length] = 1;
    expect(decodeFrame(frame)).toMatchObject({ error: { field: "source_context" } });
  });

  it.each([
    ["signal_id", 4],
    ["kind", 10],
    ["confidence", 16],
    ["time_horizon", 20],
    ["source_context", 30],
  ])("for a %s that begins in the table and ends behind the frame", (field, slot) => {
    // Root offset, identifier, a field index of 14 fields, and a table of nothing but its own offset: the frame's last bytes.
    const frame = new DataView(new ArrayBuffer(44 + 4));
    frame.setUint32(0, 44, true);
    frame.setUint32(4, 0x4752544f, true);
    const index = 8;
    frame.setUint16(index, 32, true);
    frame.setUint16(index + 2, 4, true);
    frame.setInt32(44, 44 - index, true);
    for (const offset of [4, 2, 1, 8, 0xfffc]) {
      frame.setUint16(index + slot, offset, true);
      const decoded = decodeFrame(new Uint8Array(frame.buffer));
      expect(decoded).toMatchObject({ error: { field, message: `${field} lies outside the table` } });
    }
  });

  it("for a missing identifier, a wrong size prefix, or no frame at all", () => {
    const wrongIdentifier = Uint8Array.from(encodeFrame(PLAIN));
    wrongIdentifier[4] = 0;
    const wrongSize = Uint8Array.from(encodeSizePrefixedFrame(PLAIN));
    wrongSize[0]!++;
    const detached = Uint8Array.from(encodeFrame(PLAIN));
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    for (const frame of [wrongIdentifier, wrongSize, detached, new Uint8Array(0), new Uint8Array(4096)]) {
      expect(decodeFrame(frame)).toMatchObject({ ok: false, error: { field: "frame" } });
    }
  });

  it("for every cut that loses a byte of it", () => {
    const frame = Uint8Array.from(encodeFrame(PLAIN));
    for (let length = 0; length < frame.length; length++) {
      const poisoned = Uint8Array.from(frame);
      const decoded = decodeFrame(poisoned.subarray(0, length));
      // The last bytes pad the frame to a multiple of 4; what they cut off is nothing, but then all else must be intact.
      if (decoded.ok) expect([decoded.signal, frame.length - length < 4]).toEqual([PLAIN, true]);
    }
    expect(decodeFrame(frame.subarray(0, frame.length - 4)).ok).toBe(false);
  });

  it("for every offset, length and index word that points where it must not", () => {
    const frame = Uint8Array.from(encodeFrame(PLAIN));
    let refused = 0;
    for (let at = 0; at + 4 <= frame.length; at += 2) {
      for (const word of [0xffffffff, 0x7fffffff, 0x80000000, 0x0000ffff, frame.length, frame.length - 1, 1]) {
        const hostile = Uint8Array.from(frame);
        new DataView(hostile.buffer).setUint32(at, word, true);
        const decoded = decodeFrame(hostile);
        if (decoded.ok) expect(decoded.signal).toEqual(readByGeneratedCode(hostile));
        else refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

/** PLAIN with one more field, and without those of `leaveOut`, as an encoder of another schema version writes it. */
function frameWith(add: (builder: Builder) => void, fieldCount: number, leaveOut: readonly number[] = []): Uint8Array {
  const builder = new Builder(256);
  const texts = [PLAIN.signalId, PLAIN.model, PLAIN.modelVersion, PLAIN.asset].map((text) =>
    builder.createString(text),
  );
  builder.startObject(fieldCount);
  add(builder);
  [0, 1, 2, 5].forEach((field, i) => {
    builder.addFieldOffset(field, texts[i]!, 0);
  });
  if (!leaveOut.includes(3)) builder.addFieldInt8(3, 4, 0);
  builder.addFieldInt8(4, 1, 0);
  builder.addFieldFloat64(6, PLAIN.confidence, Number.NaN);
  builder.addFieldInt64(8, BigInt(PLAIN.horizonMs), 0n);
  builder.addFieldInt64(9, BigInt(PLAIN.generatedAtMs), 0n);
  Signal.finishSignalBuffer(builder, builder.endObject());
  return builder.asUint8Array();
}
