/**
 * The rules that every signal keeps, whatever form it came in: the binary decoder and every adapter end here.
 *
 * Invariant: a signal that passed has an id fit for a key, names and text of bounded size without broken Unicode, and
 * numbers inside their ranges. Whether its asset is known or its time is fresh is admission's to say, not this file's.
 */
import { type Decoded, type DecodedSignal, type Malformed, SIGNAL_ID } from "../domain/signal.ts";

export const HORIZON_MS_MAX = 366 * 86_400_000;
export const NAME_BYTES_MAX = 64;
export const CONTEXT_BYTES_MAX = 256;

/** 2000 and 2100: outside them a time is in another unit, or nonsense. */
export const GENERATED_AT_MS_MIN = 946_684_800_000;
export const GENERATED_AT_MS_MAX = 4_102_444_800_000;

const ASSET = /^[\x20-\x7e]{1,64}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point, names end up in terminals and metrics.
const CONTROL = /[\x00-\x1f\x7f]/;

/** The signal when it keeps every rule, else the first field that does not. Fields are named as in SPEC §1. */
export function validated(signal: DecodedSignal): Decoded {
  const error = firstFault(signal);
  return error === null ? { ok: true, signal } : { ok: false, error };
}

export function malformed(field: string, message: string): { readonly ok: false; readonly error: Malformed } {
  return { ok: false, error: { code: "MALFORMED", field, message } };
}

function firstFault(signal: DecodedSignal): Malformed | null {
  if (!SIGNAL_ID.test(signal.signalId)) {
    return fault("signal_id", "must be 1 to 64 characters of A-Z a-z 0-9 _ -");
  }
  if (!isName(signal.model)) return fault("model", "must be 1 to 64 bytes without control characters");
  if (!isName(signal.modelVersion)) return fault("model_version", "must be 1 to 64 bytes without control characters");
  if (!ASSET.test(signal.asset)) return fault("asset", "must be 1 to 64 printable ASCII characters");
  if (Number.isNaN(signal.confidence)) return fault("confidence", "is missing");
  if (!isFraction(signal.confidence)) return fault("confidence", `must be 0 to 1, got ${signal.confidence}`);
  if (!isFraction(signal.strength)) return fault("strength", `must be 0 to 1, got ${signal.strength}`);
  if (!(signal.horizonMs > 0 && signal.horizonMs <= HORIZON_MS_MAX)) {
    return fault("time_horizon", `must be above 0 and at most 366 days, got ${signal.horizonMs} ms`);
  }
  const { generatedAtMs } = signal;
  if (!Number.isInteger(generatedAtMs) || generatedAtMs < GENERATED_AT_MS_MIN || generatedAtMs > GENERATED_AT_MS_MAX) {
    return fault("generated_at", `must lie between the years 2000 and 2100, got ${generatedAtMs} ms`);
  }
  if (!isAbsentOrPositive(signal.notional)) return fault("notional", `must be above 0, got ${signal.notional}`);
  if (!isAbsentOrPositive(signal.quantity)) return fault("quantity", `must be above 0, got ${signal.quantity}`);
  if (!Number.isNaN(signal.notional) && !Number.isNaN(signal.quantity)) {
    return fault("quantity", "must be absent when notional is given");
  }
  if (signal.sequence !== -1 && !(Number.isSafeInteger(signal.sequence) && signal.sequence > 0)) {
    return fault("sequence", `must be a whole number from 1 to 2^53 - 1, got ${signal.sequence}`);
  }
  if (!fitsBytes(signal.sourceContext, CONTEXT_BYTES_MAX)) {
    return fault("source_context", `must be at most ${CONTEXT_BYTES_MAX} bytes of well-formed text`);
  }
  return null;
}

function fault(field: string, rule: string): Malformed {
  return { code: "MALFORMED", field, message: `${field} ${rule}` };
}

function isName(text: string): boolean {
  return text.length > 0 && fitsBytes(text, NAME_BYTES_MAX) && !CONTROL.test(text);
}

/** A lone surrogate has no UTF-8 form: it would come back from the journal as another text. */
function fitsBytes(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return false;
  // UTF-8 needs at most three bytes per UTF-16 unit, so short texts need no count.
  return text.isWellFormed() && (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax);
}

function isFraction(value: number): boolean {
  return value >= 0 && value <= 1;
}

function isAbsentOrPositive(value: number): boolean {
  return Number.isNaN(value) || (value > 0 && value < Number.POSITIVE_INFINITY);
}
