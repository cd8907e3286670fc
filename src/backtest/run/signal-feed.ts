/**
 * Recorded webhooks, one JSON object per line, in the order in which they arrived.
 *
 *     {"received_at": 1700000000000, "source": "sample", "body": {...}}     as the receiver took it in; `body` may be text too
 *     {"signal_id": "...", "generated_at": ..., ...}                        the signal itself, received when it was generated
 *
 * Invariants
 *   - Arrival times never run backwards: an earlier one is refused with file and line.
 *   - What the sender said is not judged here: a body goes to its source's adapter as the bytes that it was. Without one, the
 *     whole line is the body.
 *   - Memory is bounded by one line of at most 64 KiB.
 */
import { LineFile } from "../../market-data/line-file.ts";
import { parseTime } from "../../wire/time-text.ts";
import { BarsError } from "../bars-error.ts";
import type { RunSignal } from "./run-parts.ts";

/** `sourceDefault` is whose a line is that names no source. BarsError with file and line. */
export function* readSignals(path: string, sourceDefault: string): Generator<RunSignal, void> {
  const file = new LineFile(path);
  const refuse = (what: string): never => {
    throw new BarsError("ROW_BAD", path, file.line, what);
  };
  let lastMs = Number.NEGATIVE_INFINITY;
  try {
    while (file.next()) {
      const text = file.text().trim();
      if (text === "") continue;
      const line = parsed(text);
      if (line === null) refuse("is no JSON object");
      const { received_at: receivedAt, generated_at: generatedAt, source = sourceDefault, body } = line!;
      const atMs = timeOf(receivedAt ?? generatedAt);
      if (Number.isNaN(atMs)) refuse(`received_at (or generated_at) is ${JSON.stringify(receivedAt ?? generatedAt)}`);
      if (typeof source !== "string") refuse(`source is ${JSON.stringify(source)}`);
      if (atMs < lastMs) {
        const what = `received at ${atMs}, before ${lastMs} of the line above: sort the file by time`;
        throw new BarsError("ROW_OUT_OF_ORDER", path, file.line, what);
      }
      lastMs = atMs;
      const isObject = typeof body !== "string";
      const bytes = Buffer.from(body === undefined ? text : isObject ? JSON.stringify(body) : body);
      yield { atMs, source: source as string, body: bytes, isObject };
    }
  } finally {
    file.close();
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as never) : null;
  } catch {
    return null;
  }
}

function timeOf(value: unknown): number {
  return typeof value === "number" || typeof value === "string" ? parseTime(value) : Number.NaN;
}
