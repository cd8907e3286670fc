/**
 * The memory of an engine as its decision log has it; the engine may be writing it.
 *
 * A running engine's memory is kept in a file with the place in the log where it ends, so that each batch reads only what is new,
 * and knows still what retention has taken meanwhile. What retention took unread is counted.
 *
 * Invariants
 *   - The file is believed only where its hash is its own, the configuration has its shape, and the log has its last record or has
 *     let that go. Else the memory is the fold of all that the log has.
 *   - A memory that goes on from the file is the fold of the whole log.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CoreConfig } from "../core/config.ts";
import { firstMoved, type Meaning, meaningOf } from "../core/meaning.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import type { Scored } from "../core/score.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { readDecision } from "../journal/command-records.ts";
import { errnoOf } from "../journal/errors.ts";
import { readEvent } from "../journal/event-records.ts";
import { listSegments, replaceFile } from "../journal/files.ts";
import { readNamed } from "../journal/json-records.ts";
import { decodePlain, encodePlain } from "../journal/plain-bytes.ts";
import { type LogPlace, placeOf, type RecordView, readLog } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { bearsOut, recordCrcAt } from "../journal/snapshot-file.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { AnalysisMemory } from "./memory.ts";

/** Grows with every change of what a memory saves: another is passed over. */
const FORM = 1;
const SHA256_BYTES = 32;

interface Kept {
  readonly form: number;
  readonly shape: Meaning;
  /** Of the last record in it. */
  readonly place: LogPlace;
  readonly crc: number;
  readonly memory: ReturnType<AnalysisMemory["save"]>;
}

/** By the records of a decision log, up to `nowMs`. What reading them throws is thrown. */
export function recallMemory(core: CoreConfig, decisions: Iterable<RecordView>, nowMs: number): AnalysisMemory {
  const memory = new AnalysisMemory(core);
  for (const record of decisions) if (record.wallMs <= nowMs) recall(memory, record);
  return memory;
}

/** By what `file` kept and all records since; with `write` it keeps them from now on. What reading the log throws is thrown. */
export function recallKept(core: CoreConfig, decisions: string, file: string, write: boolean): AnalysisMemory {
  const memory = new AnalysisMemory(core);
  const kept = readKept(file, core, decisions);
  if (kept !== null) memory.load(kept.memory);
  let place = kept?.place ?? null;
  for (const record of readLog(decisions, place !== null && has(decisions, place) ? { after: place } : {})) {
    memory.unread += record.lsn - 1 - (place?.lsn ?? 0);
    recall(memory, record);
    place = placeOf(record);
  }
  if (write && place !== null && place.lsn !== kept?.place.lsn) {
    const crc = recordCrcAt(decisions, place);
    writeKept(file, { form: FORM, shape: meaningOf(core), place, crc, memory: memory.save() });
  }
  return memory;
}

/** Null where there is none that can be used. */
function readKept(file: string, core: CoreConfig, decisions: string): Kept | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (errnoOf(error) === "UNKNOWN") throw error;
    return null;
  }
  const payload = bytes.subarray(SHA256_BYTES);
  if (!hashOf(payload).equals(bytes.subarray(0, SHA256_BYTES))) return null;
  const kept = decodePlain(payload) as Kept;
  if (kept.form !== FORM || firstMoved(kept.shape, meaningOf(core)) !== null) return null;
  return isOf(decisions, kept) ? kept : null;
}

/** The log has the last record, or goes on behind it. */
function isOf(decisions: string, { place, crc }: Kept): boolean {
  if (has(decisions, place)) return bearsOut(decisions, place, crc);
  for (const { lsn } of readLog(decisions)) return lsn > place.lsn;
  return true;
}

function writeKept(file: string, kept: Kept): void {
  const payload = encodePlain(kept);
  replaceFile(file, Buffer.concat([hashOf(payload), payload]));
}

/** False where retention has taken the segment. */
function has(decisions: string, { segment }: LogPlace): boolean {
  const [oldest = 1] = listSegments(decisions);
  return segment >= oldest;
}

const hashOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

function recall(memory: AnalysisMemory, { type, payload, wallMs, monoNs }: RecordView): void {
  const bytes = () => bytesIn(payload);
  switch (type) {
    case RECORD.OUTCOME:
      memory.onOutcome(readNamed(bytes()) as Outcome);
      return;
    case RECORD.SCORED:
      memory.onScored(readNamed(bytes()) as Scored, wallMs);
      return;
    case RECORD.DECISION: {
      const { shield, decision } = readDecision(bytes(), 0);
      memory.onDecided(shield, decision, wallMs);
      return;
    }
    case RECORD.POSITION:
      memory.onPosition(readNamed(bytes()) as PositionRecord, wallMs);
      return;
    case RECORD.EVENT_ANALYSIS: {
      const read = readEvent(type, bytes(), 0, payload.length, monoNs as Ns, wallMs as EpochMs);
      if (read?.event.type === "analysis") memory.onAnalysis(read.event.analysis, wallMs);
      return;
    }
  }
}
