/**
 * Records in words: the name and the fields of any record of any log, for `journal show`, `journal export` and the
 * differences of a replay. Plain JSON; numbers that JSON does not have are written as text.
 */
import type { Event } from "../core/event.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { readDecision, readIntent, readVerdict } from "./command-records.ts";
import { readEvent } from "./event-records.ts";
import { readIntakeSignal } from "./intake-records.ts";
import { readJson, readNamed } from "./json-records.ts";
import { readDeadLetter } from "./letter-records.ts";
import { RECORD } from "./records.ts";

const NAMES = new Map<number, string>(Object.entries(RECORD).map(([name, type]) => [type, name]));

export const recordName = (type: number): string => NAMES.get(type) ?? `TYPE_${type}`;

export type RecordFields = Readonly<Record<string, unknown>>;

/** What a record says. One of a type that this build does not know, or cannot read, says its bytes. */
export function recordFields(type: number, payload: Uint8Array): RecordFields {
  try {
    return plain(fieldsOf(type, payload)) as RecordFields;
  } catch (error) {
    return { unreadable: String(error), hex: Buffer.from(payload).toString("hex") };
  }
}

/** What an event says, without its time. */
export function eventFields({ nowNs: _, wallMs: __, ...event }: Event): RecordFields {
  return plain(event) as RecordFields;
}

function fieldsOf(type: number, payload: Uint8Array): object {
  const bytes = bytesIn(payload);
  switch (type) {
    case RECORD.INTENT:
      return readIntent(bytes, 0);
    case RECORD.DECISION:
      return readDecision(bytes, 0);
    case RECORD.VERDICT:
      return readVerdict(bytes, 0);
    case RECORD.EPOCH:
    case RECORD.ALARM:
    case RECORD.CONTROL:
    case RECORD.DEAD_LETTER_REPLAY:
    case RECORD.DEAD_LETTER_DISCARD:
      return readJson<object>(bytes);
    case RECORD.SCORED:
    case RECORD.OUTCOME:
    case RECORD.POSITION:
    case RECORD.BREAKER:
    case RECORD.MARK:
    case RECORD.PORTFOLIO:
      return readNamed(bytes) as object;
    case RECORD.INTAKE_SIGNAL: {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      return { ...signal, ...extra, body: textOf(body) };
    }
    case RECORD.DEAD_LETTER: {
      const { head, body } = readDeadLetter(bytes);
      return { ...head, body: textOf(body) };
    }
    default: {
      const read = readEvent(type, bytes, 0, payload.length, 0 as Ns, 0 as EpochMs);
      return read === null
        ? { hex: Buffer.from(payload).toString("hex") }
        : { step: read.step, ...eventFields(read.event) };
    }
  }
}

/** Text where it is text, else base64. */
function textOf(body: Uint8Array): string {
  const bytes = Buffer.from(body);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : `base64:${bytes.toString("base64")}`;
}

function plain(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
