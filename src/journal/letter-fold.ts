/**
 * The letter book of an engine that does not run, folded from its journal. The same as that engine would have after its next
 * start, except for what it will find refused without a letter and letter then.
 */
import { join } from "node:path";
import type { Alarm } from "../core/event.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { readVerdict } from "./command-records.ts";
import { readEvent } from "./event-records.ts";
import { readIntakeSignal } from "./intake-records.ts";
import { readJson } from "./json-records.ts";
import { LetterBook } from "./letter-book.ts";
import { type DeadLetterDiscard, type DeadLetterReplay, readDeadLetter } from "./letter-records.ts";
import { readLog } from "./reader.ts";
import { RECORD } from "./records.ts";

/** `directory` holds `intake/` and `decisions/`. */
export function foldLetters(directory: string): LetterBook {
  const book = new LetterBook();
  /** Ids of replays by number, from either log. */
  const seen = new Map<number, string>();
  for (const record of readLog(join(directory, "intake"))) {
    const { type, segment, recordOffset: offset, lsn, wallMs } = record;
    const bytes = bytesIn(record.payload);
    if (type === RECORD.DEAD_LETTER) book.addLetter(lsn, readDeadLetter(bytes).head, { segment, offset });
    else if (type === RECORD.DEAD_LETTER_REPLAY) book.addReplay(readJson<DeadLetterReplay>(bytes), wallMs);
    else if (type === RECORD.DEAD_LETTER_DISCARD) book.addDiscard(readJson<DeadLetterDiscard>(bytes));
    else if (type === RECORD.INTAKE_SIGNAL) {
      const { signal } = readIntakeSignal(bytes, 0);
      book.addSignal(signal.intakeSeq, segment, offset);
      if (signal.replayed) seen.set(signal.intakeSeq, signal.signalId);
    }
  }
  const taken: number[] = [];
  const gaveUp = new Set<number>();
  for (const record of readLog(join(directory, "decisions"))) {
    const { type, payload, monoNs, wallMs } = record;
    const bytes = bytesIn(record.payload);
    if (type === RECORD.EVENT_SIGNAL) {
      const event = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs)?.event;
      if (event?.type === "signal" && event.signal.replayed) seen.set(event.signal.intakeSeq, event.signal.signalId);
    } else if (type === RECORD.VERDICT) {
      const { intakeSeq, refusal } = readVerdict(bytes, 0);
      if (refusal === null && seen.has(intakeSeq)) taken.push(intakeSeq);
    } else if (type === RECORD.ALARM) {
      const { givenUp } = readJson<Alarm>(bytes);
      if (givenUp !== undefined) gaveUp.add(givenUp.intakeSeq);
    }
  }
  book.reopenUnseen((intakeSeq) => seen.get(intakeSeq));
  for (const intakeSeq of taken) if (!gaveUp.has(intakeSeq)) book.taken(intakeSeq);
  return book;
}
