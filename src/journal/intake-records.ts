/** Records of accepted signals, with the bytes that their senders sent. */
import { nameKey, type Signal } from "../domain/signal.ts";
import { type Bytes, readSignal, SIGNAL_BYTES, writeSignal } from "../memory/signal-slot.ts";

/** What the sender said beyond what the core needs. */
export interface IntakeExtra {
  readonly asset: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly sequence: number;
  readonly sourceContext: string;
}

/** Names of at most 64 bytes and a context of at most 256, each behind its length. */
const EXTRA_BYTES_MAX = 8 + 4 * 2 + 3 * 64 + 256;
const INTAKE_HEAD_BYTES = 8 + SIGNAL_BYTES;

/** Room to reserve for a signal record; it may need less. */
export const intakeSignalBytesMax = (body: Uint8Array): number => INTAKE_HEAD_BYTES + EXTRA_BYTES_MAX + body.length;

/**
 * Length of what follows the signal up to the body, length of the body, signal; sequence, asset, model, version, context; the
 * sender's original bytes. Returns the bytes used. Allocates nothing.
 */
export function writeIntakeSignal(to: Bytes, at: number, signal: Signal, extra: IntakeExtra, body: Uint8Array): number {
  const extraAt = at + INTAKE_HEAD_BYTES;
  writeSignal(to, at + 8, signal);
  to.view.setFloat64(extraAt, extra.sequence, true);
  let end = writeText(to, extraAt + 8, extra.asset);
  end = writeText(to, end, extra.model);
  end = writeText(to, end, extra.modelVersion);
  end = writeText(to, end, extra.sourceContext);
  to.view.setUint32(at, end - extraAt, true);
  to.view.setUint32(at + 4, body.length, true);
  to.bytes.set(body, end);
  return end + body.length - at;
}

export function readIntakeSignal(
  from: Bytes,
  at: number,
): { readonly signal: Signal; readonly extra: IntakeExtra; readonly body: Buffer } {
  const extraAt = at + INTAKE_HEAD_BYTES;
  const bodyAt = extraAt + from.view.getUint32(at, true);
  const texts: string[] = [];
  for (let textAt = extraAt + 8; textAt < bodyAt; ) {
    const end = textAt + 2 + from.view.getUint16(textAt, true);
    texts.push(from.bytes.toString("utf8", textAt + 2, end));
    textAt = end;
  }
  const [asset = "", model = "", modelVersion = "", sourceContext = ""] = texts;
  return {
    signal: { ...readSignal(from, at + 8), model: nameKey(model), modelVersion: nameKey(modelVersion) },
    extra: { sequence: from.view.getFloat64(extraAt, true), asset, model, modelVersion, sourceContext },
    body: from.bytes.subarray(bodyAt, bodyAt + from.view.getUint32(at + 4, true)),
  };
}

/** Returns where the next thing goes. */
function writeText({ view, bytes }: Bytes, at: number, text: string): number {
  const length = text === "" ? 0 : bytes.write(text, at + 2, "utf8");
  view.setUint16(at, length, true);
  return at + 2 + length;
}
