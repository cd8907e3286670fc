/**
 * Binary frame → signal, by hand: the FlatBuffers runtime verifies nothing, and a hostile frame must never be read out of bounds.
 *
 * Invariants
 *   - Every offset is checked against the frame before the bytes behind it are read. Nothing throws.
 *   - What it returns shares no memory with the frame, which may be reused at once.
 *   - A frame that passes would pass the reference verifier, except that 8-byte scalars need stand on 4 bytes only: some
 *     senders put a size of their own before a frame built without one, which moves every scalar by 4.
 *
 * The schema is `signal.fbs`; the slots below are its fields in order. The rules on values are in `validate.ts`.
 */
import { type Decoded, DIRECTIONS, type Direction, SIGNAL_KINDS, type SignalKind } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import { CONTEXT_BYTES_MAX, malformed, NAME_BYTES_MAX, validated } from "./validate.ts";

/** "OTRG" as the little-endian word that a frame carries. */
const FILE_IDENTIFIER = 0x4752544f;
const SMALLEST_FRAME_BYTES = 20;

const SIGNAL_ID_SLOT = 4;
const MODEL_SLOT = 6;
const MODEL_VERSION_SLOT = 8;
const KIND_SLOT = 10;
const DIRECTION_SLOT = 12;
const ASSET_SLOT = 14;
const CONFIDENCE_SLOT = 16;
const STRENGTH_SLOT = 18;
const HORIZON_MS_SLOT = 20;
const GENERATED_AT_MS_SLOT = 22;
const NOTIONAL_SLOT = 24;
const QUANTITY_SLOT = 26;
const SEQUENCE_SLOT = 28;
const SOURCE_CONTEXT_SLOT = 30;

/**
 * One signal from one frame, size-prefixed or not. The two cannot be confused: the identifier follows the root offset, and
 * read as a root offset it would point past any frame.
 */
export function decodeFrame(bytes: Uint8Array): Decoded {
  // Before the view: making one of a detached buffer throws, and such a buffer has length 0.
  if (bytes.byteLength < SMALLEST_FRAME_BYTES) return malformed("frame", "frame is too short to hold a signal");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const root = rootAt(view);
  if (root < 0) return malformed("frame", "frame has no file identifier OTRG, or its size prefix is not its size");

  const table = root + view.getUint32(root, true);
  if (table + 4 > view.byteLength || table % 4 !== 0) return malformed("frame", "frame's root offset leaves the frame");
  const vtable = table - view.getInt32(table, true);
  if (vtable < 0 || vtable + 4 > view.byteLength || vtable % 2 !== 0) {
    return malformed("frame", "frame's field index leaves the frame");
  }
  const vtableBytes = view.getUint16(vtable, true);
  const tableBytes = view.getUint16(vtable + 2, true);
  if (vtableBytes < 4 || vtableBytes % 2 !== 0 || vtable + vtableBytes > view.byteLength) {
    return malformed("frame", "frame's field index has a wrong size");
  }
  if (tableBytes < 4 || table + tableBytes > view.byteLength)
    return malformed("frame", "frame's table leaves the frame");

  const frame: Frame = { bytes, view, table, tableBytes, vtable, vtableBytes, fault: null };
  const signalId = readString(frame, SIGNAL_ID_SLOT, "signal_id", NAME_BYTES_MAX);
  const model = readString(frame, MODEL_SLOT, "model", NAME_BYTES_MAX);
  const modelVersion = readString(frame, MODEL_VERSION_SLOT, "model_version", NAME_BYTES_MAX);
  const kind = SIGNAL_KINDS[readUint8(frame, KIND_SLOT, "kind") - 1];
  const direction = DIRECTIONS[readUint8(frame, DIRECTION_SLOT, "direction") - 1];
  const asset = readString(frame, ASSET_SLOT, "asset", NAME_BYTES_MAX);
  const confidence = readFloat64(frame, CONFIDENCE_SLOT, "confidence");
  const strength = readFloat64(frame, STRENGTH_SLOT, "strength");
  const horizonMs = readUint64(frame, HORIZON_MS_SLOT, "time_horizon");
  const generatedAtMs = readUint64(frame, GENERATED_AT_MS_SLOT, "generated_at");
  const notional = readFloat64(frame, NOTIONAL_SLOT, "notional");
  const quantity = readFloat64(frame, QUANTITY_SLOT, "quantity");
  const sequence = readUint64(frame, SEQUENCE_SLOT, "sequence");
  const sourceContext = readString(frame, SOURCE_CONTEXT_SLOT, "source_context", CONTEXT_BYTES_MAX);

  if (frame.fault !== null) return frame.fault;
  if (kind === undefined) return malformed("kind", "kind is missing or none this schema knows");
  if (direction === undefined) return malformed("direction", "direction is missing or none this schema knows");
  return validated({
    signalId,
    model,
    modelVersion,
    kind: kind as SignalKind,
    asset,
    direction: direction as Direction,
    strength: Number.isNaN(strength) ? confidence : strength,
    confidence,
    horizonMs,
    generatedAtMs: generatedAtMs as EpochMs,
    notional,
    quantity,
    sequence: sequence === 0 ? -1 : sequence,
    sourceContext,
  });
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the table, whose `tableBytes` bytes lie inside the frame. */
  readonly table: number;
  readonly tableBytes: number;
  /** Offset of the field index, whose `vtableBytes` bytes lie inside the frame. */
  readonly vtable: number;
  readonly vtableBytes: number;
  /** The first field that does not lie inside the frame. Fields after it are read as absent or as what they are. */
  fault: ReturnType<typeof malformed> | null;
}

/** Offset of the root offset: 0, or 4 behind a size prefix that states exactly the rest. -1 when it is neither form. */
function rootAt(view: DataView): number {
  if (view.getUint32(4, true) === FILE_IDENTIFIER) return 0;
  const prefixed = view.getUint32(8, true) === FILE_IDENTIFIER && view.getUint32(0, true) === view.byteLength - 4;
  return prefixed ? 4 : -1;
}

/** Where the field's `widthBytes` bytes are, inside the table. 0 when the field is absent, or faulty: then `fault` says so. */
function fieldAt(frame: Frame, slot: number, name: string, widthBytes: number): number {
  if (slot + 2 > frame.vtableBytes) return 0;
  const offset = frame.view.getUint16(frame.vtable + slot, true);
  if (offset === 0) return 0;
  const position = frame.table + offset;
  if (offset < 4 || offset + widthBytes > frame.tableBytes) return refuse(frame, name, "lies outside the table");
  if (position % Math.min(widthBytes, 4) !== 0) return refuse(frame, name, "is not aligned");
  return position;
}

function refuse(frame: Frame, name: string, what: string): 0 {
  frame.fault ??= malformed(name, `${name} ${what}`);
  return 0;
}

function readUint8(frame: Frame, slot: number, name: string): number {
  const position = fieldAt(frame, slot, name, 1);
  return position === 0 ? 0 : frame.view.getUint8(position);
}

function readFloat64(frame: Frame, slot: number, name: string): number {
  const position = fieldAt(frame, slot, name, 8);
  return position === 0 ? Number.NaN : frame.view.getFloat64(position, true);
}

/** A negative int64 reads as a number past 2^53 as well, so one reader serves both: either is refused. No BigInt is made. */
function readUint64(frame: Frame, slot: number, name: string): number {
  const position = fieldAt(frame, slot, name, 8);
  if (position === 0) return 0;
  const value = frame.view.getUint32(position + 4, true) * 2 ** 32 + frame.view.getUint32(position, true);
  return Number.isSafeInteger(value) ? value : refuse(frame, name, "must be at least 0 and at most 2^53 - 1");
}

function readString(frame: Frame, slot: number, name: string, bytesMax: number): string {
  const position = fieldAt(frame, slot, name, 4);
  if (position === 0) return "";
  const { view } = frame;
  const start = position + view.getUint32(position, true);
  if (start + 4 > view.byteLength || start % 4 !== 0) {
    refuse(frame, name, "lies outside the frame");
    return "";
  }
  const lengthBytes = view.getUint32(start, true);
  const first = start + 4;
  const end = first + lengthBytes;
  // Strings end with a zero byte that their length does not count.
  if (end >= view.byteLength || view.getUint8(end) !== 0) {
    refuse(frame, name, "runs past the frame, or lacks its final zero");
    return "";
  }
  if (lengthBytes > bytesMax) {
    refuse(frame, name, `must be at most ${bytesMax} bytes, got ${lengthBytes}`);
    return "";
  }
  return readText(frame, name, first, end);
}

const latin1Slice = Buffer.prototype.latin1Slice;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** ASCII, which ids and symbols are, needs no UTF-8 decoder. */
function readText(frame: Frame, name: string, first: number, end: number): string {
  const { bytes } = frame;
  for (let i = first; i < end; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    try {
      return utf8.decode(bytes.subarray(first, end));
    } catch {
      refuse(frame, name, "is not valid UTF-8");
      return "";
    }
  }
  return latin1Slice.call(bytes as Buffer, first, end);
}
