/** The bytes of a dead letter as its sender sent them, read from where they lie without what lies before. */

import type { Signal } from "../domain/signal.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { type IntakeExtra, readIntakeSignal } from "./intake-records.ts";
import { type RecordPlace, readDeadLetter } from "./letter-records.ts";
import { readLog, readRecordAt } from "./reader.ts";
import { RECORD } from "./records.ts";

export interface LetterBytes {
  readonly body: Uint8Array;
  /** What was accepted, and later refused by the lane; null for what the gateway refused. */
  readonly accepted: { readonly signal: Signal; readonly extra: IntakeExtra } | null;
}

/** Null where nothing of the kind lies there any more. `directory` is the intake log's. */
export function readLetterBytes(directory: string, { segment, offset }: RecordPlace): LetterBytes | null {
  const record = readRecordAt(directory, segment, offset);
  if (record === null) return null;
  const { payload } = record;
  const bytes = bytesIn(payload);
  if (record.type === RECORD.DEAD_LETTER) return { body: readDeadLetter(bytes).body, accepted: null };
  if (record.type !== RECORD.INTAKE_SIGNAL) return null;
  const { signal, extra, body } = readIntakeSignal(bytes, 0);
  return { body, accepted: { signal, extra } };
}

/** Looks through the whole log, with pauses: only for a letter whose signal's place nobody kept. */
export async function findSignalPlace(directory: string, intakeSeq: number): Promise<RecordPlace | null> {
  let records = 0;
  for (const { type, payload, segment, recordOffset } of readLog(directory)) {
    if (++records % RECORDS_PER_TURN === 0) await new Promise((done) => setImmediate(done));
    if (type !== RECORD.INTAKE_SIGNAL) continue;
    const { signal } = readIntakeSignal(bytesIn(payload), 0);
    if (signal.intakeSeq === intakeSeq) return { segment, offset: recordOffset };
  }
  return null;
}

const RECORDS_PER_TURN = 256;
