/**
 * Signal → binary frame, by the generated code: for `outrigger send`, samples and benches. The engine itself only decodes.
 *
 * This file checks nothing: what it is given is what it sends, so that a receiver's refusals can be tried as well.
 */
import { Builder } from "flatbuffers";
import { type DecodedSignal, DIRECTIONS, SIGNAL_KINDS } from "../domain/signal.ts";
import { Signal } from "./generated/signal.ts";

/**
 * One frame, as a feed takes it. Give a `builder` to reuse its memory: the frame is then a view of it, valid until its
 * next use.
 */
export function encodeFrame(signal: DecodedSignal, builder: Builder = new Builder(512)): Uint8Array {
  Signal.finishSignalBuffer(builder, writeTable(signal, builder));
  return builder.asUint8Array();
}

/** The same with its size before it, as byte streams need. */
export function encodeSizePrefixedFrame(signal: DecodedSignal, builder: Builder = new Builder(512)): Uint8Array {
  Signal.finishSizePrefixedSignalBuffer(builder, writeTable(signal, builder));
  return builder.asUint8Array();
}

function writeTable(signal: DecodedSignal, builder: Builder): number {
  builder.clear();
  const signalId = builder.createString(signal.signalId);
  const model = builder.createString(signal.model);
  const modelVersion = builder.createString(signal.modelVersion);
  const asset = builder.createString(signal.asset);
  const sourceContext = signal.sourceContext === "" ? 0 : builder.createString(signal.sourceContext);
  Signal.startSignal(builder);
  Signal.addSignalId(builder, signalId);
  Signal.addModel(builder, model);
  Signal.addModelVersion(builder, modelVersion);
  Signal.addKind(builder, SIGNAL_KINDS.indexOf(signal.kind) + 1);
  Signal.addDirection(builder, DIRECTIONS.indexOf(signal.direction) + 1);
  Signal.addAsset(builder, asset);
  Signal.addHorizonMs(builder, BigInt(signal.horizonMs));
  Signal.addGeneratedAtMs(builder, BigInt(signal.generatedAtMs));
  // The runtime writes NaN although it is the default, since NaN equals nothing: absent fields are left out by hand.
  if (!Number.isNaN(signal.confidence)) Signal.addConfidence(builder, signal.confidence);
  if (!Number.isNaN(signal.strength)) Signal.addStrength(builder, signal.strength);
  if (!Number.isNaN(signal.notional)) Signal.addNotional(builder, signal.notional);
  if (!Number.isNaN(signal.quantity)) Signal.addQuantity(builder, signal.quantity);
  if (signal.sequence > 0) Signal.addSequence(builder, BigInt(signal.sequence));
  if (sourceContext !== 0) Signal.addSourceContext(builder, sourceContext);
  return Signal.endSignal(builder);
}
