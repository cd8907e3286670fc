/**
 * A signal as bytes: one form for the ring between gateway and lane and for the journals on either side of it.
 *
 *  0           8            16         24          32              40         48         56
 *  ├ intakeSeq ┼ confidence ┼ strength ┼ horizonMs ┼ generatedAtMs ┼ notional ┼ quantity ┼ receivedNs ▸   (f64 each)
 *  64       66           68     69          70         71         72 ........ 135
 *  ▸ source ┼ instrument ┼ kind ┼ direction ┼ idLength ┼ replayed ┼ signalId (ASCII) ┤
 *  136     140            143
 *  ├ model ┼ modelVersion ┤   (u32 each; not in the intake log, which holds the names)
 *
 * Reading allocates the id string; writing allocates nothing.
 */
import { DIRECTIONS, SIGNAL_KINDS, type Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { writeAscii } from "./ascii.ts";

export const SIGNAL_BYTES = 136;
export const KEYED_SIGNAL_BYTES = SIGNAL_BYTES + 8;
const ID_OFFSET = 72;

/** The same bytes twice: `view` for numbers, `bytes` for text. */
export interface Bytes {
  readonly view: DataView;
  readonly bytes: Buffer;
}

export function bytesOf(buffer: ArrayBufferLike, byteOffset = 0, byteLength?: number): Bytes {
  return { view: new DataView(buffer, byteOffset, byteLength), bytes: Buffer.from(buffer, byteOffset, byteLength) };
}

/** Of a payload, wherever it lies in its buffer. */
export const bytesIn = ({ buffer, byteOffset, byteLength }: Uint8Array): Bytes =>
  bytesOf(buffer, byteOffset, byteLength);

export function writeSignal({ view, bytes }: Bytes, at: number, signal: Signal): void {
  view.setFloat64(at, signal.intakeSeq, true);
  view.setFloat64(at + 8, signal.confidence, true);
  view.setFloat64(at + 16, signal.strength, true);
  view.setFloat64(at + 24, signal.horizonMs, true);
  view.setFloat64(at + 32, signal.generatedAtMs, true);
  view.setFloat64(at + 40, signal.notional, true);
  view.setFloat64(at + 48, signal.quantity, true);
  view.setFloat64(at + 56, signal.receivedNs, true);
  view.setUint16(at + 64, signal.source, true);
  view.setUint16(at + 66, signal.instrument, true);
  view.setUint8(at + 68, SIGNAL_KINDS.indexOf(signal.kind));
  view.setUint8(at + 69, DIRECTIONS.indexOf(signal.direction));
  view.setUint8(at + 70, signal.signalId.length);
  view.setUint8(at + 71, signal.replayed === true ? 1 : 0);
  writeAscii(bytes, at + ID_OFFSET, signal.signalId, SIGNAL_BYTES - ID_OFFSET);
}

export function readSignal({ view, bytes }: Bytes, at: number): Signal {
  const idLength = view.getUint8(at + 70);
  const signal: Signal = {
    intakeSeq: view.getFloat64(at, true),
    confidence: view.getFloat64(at + 8, true),
    strength: view.getFloat64(at + 16, true),
    horizonMs: view.getFloat64(at + 24, true),
    generatedAtMs: view.getFloat64(at + 32, true) as EpochMs,
    notional: view.getFloat64(at + 40, true),
    quantity: view.getFloat64(at + 48, true),
    receivedNs: view.getFloat64(at + 56, true) as Ns,
    source: view.getUint16(at + 64, true),
    instrument: view.getUint16(at + 66, true),
    kind: SIGNAL_KINDS[view.getUint8(at + 68)] ?? "evidence",
    direction: DIRECTIONS[view.getUint8(at + 69)] ?? "flat",
    signalId: bytes.toString("latin1", at + ID_OFFSET, at + ID_OFFSET + idLength),
    model: 0,
    modelVersion: 0,
  };
  if (view.getUint8(at + 71) === 1) signal.replayed = true;
  return signal;
}

export function writeKeyedSignal(to: Bytes, at: number, signal: Signal): void {
  writeSignal(to, at, signal);
  to.view.setUint32(at + SIGNAL_BYTES, signal.model, true);
  to.view.setUint32(at + SIGNAL_BYTES + 4, signal.modelVersion, true);
}

export function readKeyedSignal(from: Bytes, at: number): Signal {
  const signal = readSignal(from, at);
  signal.model = from.view.getUint32(at + SIGNAL_BYTES, true);
  signal.modelVersion = from.view.getUint32(at + SIGNAL_BYTES + 4, true);
  return signal;
}
