/**
 * The normalised schema itself as JSON: one object with the fields of SPEC §1 under their own names.
 *
 * `time_horizon` is a duration (`30s 15m 4h 2d`), `generated_at` RFC 3339 or the epoch in seconds or milliseconds, decimals
 * are numbers or strings, null means absent. Unknown fields are ignored; `source` is one of them, since the path states it.
 */
import { type Decoded, DIRECTIONS, SIGNAL_KINDS } from "../../domain/signal.ts";
import { Fields } from "../fields.ts";
import { ownValue, parseJsonBody } from "../json-object.ts";
import { validated } from "../validate.ts";
import type { Adapter } from "./adapter.ts";

export function createSchemaAdapter(): Adapter {
  return decodeSchemaBody;
}

function decodeSchemaBody(body: Uint8Array): Decoded {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return parsed;
  const fields = new Fields((name) => ownValue(parsed.root, name));
  const signalId = fields.text("signal_id");
  const model = fields.text("model");
  const modelVersion = fields.text("model_version");
  const kind = fields.choice("kind", SIGNAL_KINDS);
  const asset = fields.text("asset");
  const direction = fields.choice("direction", DIRECTIONS);
  const confidence = fields.decimal("confidence");
  const signal = {
    signalId,
    model,
    modelVersion,
    kind,
    asset,
    direction,
    strength: fields.decimalOr("strength", confidence),
    confidence,
    horizonMs: fields.durationMs("time_horizon"),
    generatedAtMs: fields.timeMs("generated_at"),
    notional: fields.decimalOr("notional", Number.NaN),
    quantity: fields.decimalOr("quantity", Number.NaN),
    // Absent is -1 from here on, so a sender's own -1 must not pass for it.
    sequence: fields.has("sequence") ? countedFromOne(fields.decimal("sequence")) : -1,
    sourceContext: fields.textOr("source_context", ""),
  };
  return fields.fault === null ? validated(signal) : { ok: false, error: fields.fault };
}

function countedFromOne(sequence: number): number {
  return sequence >= 1 ? sequence : 0;
}
