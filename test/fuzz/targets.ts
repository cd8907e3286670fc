/**
 * What is fuzzed, and what must hold for every input.
 *
 *   frame   decodeFrame never throws, does not depend on a byte outside its frame, and agrees with the generated accessors on
 *           whatever it accepts
 *   body    no adapter throws; whatever one accepts survives a trip through a binary frame unchanged
 *
 * Every refusal names a field and a reason. A check that fails throws; `run.ts` prints how to see it again.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { ByteBuffer } from "flatbuffers";
import { type Decoded, type DecodedSignal, DIRECTIONS, SIGNAL_KINDS } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import type { Adapter } from "../../src/wire/adapters/adapter.ts";
import { createSchemaAdapter } from "../../src/wire/adapters/schema.ts";
import { createTradingViewAdapter, tradingViewPassphrase } from "../../src/wire/adapters/tradingview.ts";
import { decodeFrame } from "../../src/wire/decode.ts";
import { encodeFrame, encodeSizePrefixedFrame } from "../../src/wire/encode.ts";
import { Signal } from "../../src/wire/generated/signal.ts";
import { BYTE_MUTATIONS, bendJson, bendTable, insertToken, mutant, replaceValue, splice } from "./mutate.ts";

export interface Target {
  readonly name: "frame" | "body";
  /** The input of one round: the same for the same seed and round. */
  input(seed: number, round: number): Uint8Array;
  /** True when the input was accepted. Throws when something that must hold does not. */
  check(input: Uint8Array): boolean;
}

/** Rounds per seed; the two together seed the generator. */
export const ROUNDS_MAX = 2 ** 23;
export const SEED_MAX = 2 ** 30 - 1;

export const TARGETS: readonly Target[] = [
  { name: "frame", input: (seed, round) => frameInput(prngOf(seed, round)), check: checkFrame },
  { name: "body", input: (seed, round) => bodyInput(prngOf(seed, round)), check: checkBody },
];

export function prngOf(seed: number, round: number): Prng {
  return createPrng(seed * ROUNDS_MAX + round);
}

const GOLDEN = new URL("../wire/golden/", import.meta.url);
const golden = (name: string): Uint8Array => readFileSync(new URL(name, GOLDEN));

const PLAIN: DecodedSignal = {
  signalId: "fuzz-1",
  model: "m",
  modelVersion: "1",
  kind: "open",
  asset: "BTC/USDT",
  direction: "short",
  strength: 0.5,
  confidence: 0.5,
  horizonMs: 60_000,
  generatedAtMs: 1_723_161_255_123 as EpochMs,
  notional: 1000,
  quantity: Number.NaN,
  sequence: -1,
  sourceContext: "",
};
const FRAMES = [
  golden("frame-python.bin"),
  golden("frame-python-size-prefixed.bin"),
  encodeFrame(PLAIN),
  encodeSizePrefixedFrame({ ...PLAIN, sourceContext: "é".repeat(128), sequence: 7 }),
];
const FRAME_BYTES_MAX = 1024;
const FRAME_MUTATIONS = [...BYTE_MUTATIONS, bendTable, bendTable, bendTable, splice(FRAMES)];

/** A frame a client might send by mistake or malice. */
export const hostileFrame = (prng: Prng): Uint8Array => mutant(FRAMES, FRAME_MUTATIONS, FRAME_BYTES_MAX, prng);

function frameInput(prng: Prng): Uint8Array {
  if (prng.int(64) > 0) return hostileFrame(prng);
  return Uint8Array.from({ length: prng.int(256) }, () => prng.int(256));
}

function checkFrame(frame: Uint8Array): boolean {
  // Twice inside larger buffers that differ in every byte around the frame, at an offset that no view expects.
  const decoded = decodeFrame(surrounded(frame, 0xff));
  assert.deepEqual(decodeFrame(surrounded(frame, 0x01)), decoded, "the result depends on bytes outside the frame");
  checkOutcome(decoded);
  if (!decoded.ok) return false;
  assert.deepEqual(decoded.signal, readByGeneratedCode(frame), "the generated accessors read something else");
  return true;
}

function surrounded(frame: Uint8Array, poison: number): Uint8Array {
  const buffer = new Uint8Array(frame.length + 64).fill(poison);
  buffer.set(frame, 13);
  return buffer.subarray(13, 13 + frame.length);
}

/** The reference reading of a frame known to be sound. */
export function readByGeneratedCode(frame: Uint8Array): DecodedSignal {
  const buffer = new ByteBuffer(frame);
  const signal = Signal.bufferHasIdentifier(buffer)
    ? Signal.getRootAsSignal(buffer)
    : Signal.getSizePrefixedRootAsSignal(buffer);
  const confidence = signal.confidence();
  return {
    signalId: signal.signalId(),
    model: signal.model(),
    modelVersion: signal.modelVersion(),
    kind: SIGNAL_KINDS[signal.kind() - 1]!,
    asset: signal.asset(),
    direction: DIRECTIONS[signal.direction() - 1]!,
    strength: Number.isNaN(signal.strength()) ? confidence : signal.strength(),
    confidence,
    horizonMs: Number(signal.horizonMs()),
    generatedAtMs: Number(signal.generatedAtMs()) as EpochMs,
    notional: signal.notional(),
    quantity: signal.quantity(),
    sequence: signal.sequence() === 0n ? -1 : Number(signal.sequence()),
    sourceContext: signal.sourceContext() ?? "",
  };
}

const BODIES = ["schema", "tradingview"].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, GOLDEN))
    .filter((name) => !name.endsWith(".expected.json"))
    .sort()
    .map((name) => golden(`${folder}/${name}`)),
);
const BODY_BYTES_MAX = 4096;
const TOKENS = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "\\",
    "=",
    " ",
    "\n",
    "\0",
    "\u00ff",
    "\u00c3\u00a9",
    "\u00ed\u00a0\u0080",
    "[".repeat(4000),
  ],
  ...[
    "null",
    "true",
    "NaN",
    "1e999",
    "-1e999",
    "-0",
    "0",
    "1",
    "1e-400",
    "9007199254740993",
    "{}",
    "[]",
    '{"toString":1}',
  ],
  ...['"__proto__":{"kind":"open"},', '"constructor":1,', '"kind":"open",', '"\\u006bind":"open",', '"\\ud800"', '""'],
  ...[
    "2024-02-30T00:00:00Z",
    '"2024-08-08T23:54:15+24:00"',
    "1723161255.123",
    '"999999999d"',
    "4h",
    "long",
    "flat",
    "{{ticker}}",
  ],
];
const BODY_MUTATIONS = [
  ...BYTE_MUTATIONS,
  insertToken(TOKENS),
  insertToken(TOKENS),
  bendJson,
  bendJson,
  bendJson,
  splice(BODIES),
  replaceValue(TOKENS),
  replaceValue(TOKENS),
];

function bodyInput(prng: Prng): Uint8Array {
  return mutant(BODIES, BODY_MUTATIONS, BODY_BYTES_MAX, prng);
}

const OPTIONS = { model: "tv", modelVersion: "1", signalKind: "hedge", horizonMs: 3_600_000, confidence: 0.7 } as const;
const ADAPTERS: readonly Adapter[] = [
  createSchemaAdapter(),
  createTradingViewAdapter(OPTIONS),
  createTradingViewAdapter({ ...OPTIONS, signalKind: "open", confidenceFromField: "constructor" }),
];

function checkBody(body: Uint8Array): boolean {
  let accepted = false;
  for (const adapter of ADAPTERS) {
    for (const contentType of ["application/json; charset=utf-8", "text/plain"]) {
      const decoded = adapter(body, contentType);
      checkOutcome(decoded);
      if (!decoded.ok) continue;
      accepted = true;
      const again = decodeFrame(encodeFrame(decoded.signal));
      assert.deepEqual(again, decoded, "the signal changes on its way through a frame");
    }
  }
  for (const contentType of ["application/json", "text/plain", ""]) {
    const passphrase = tradingViewPassphrase(body, contentType);
    assert.ok(passphrase === null || typeof passphrase === "string");
  }
  return accepted;
}

function checkOutcome(decoded: Decoded): void {
  if (decoded.ok) return;
  assert.equal(decoded.error.code, "MALFORMED");
  assert.match(decoded.error.field, /^[\x20-\x7e]{0,64}$/);
  assert.ok(decoded.error.message.length > decoded.error.field.length && decoded.error.message.length < 300);
}
