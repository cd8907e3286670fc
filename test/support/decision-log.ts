/** What a decision log says, copied out for a test to judge. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Child } from "../../src/core/child.ts";
import type { Alarm, Verdict } from "../../src/core/event.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import { readIntent, readVerdict } from "../../src/journal/command-records.ts";
import { readEvent } from "../../src/journal/event-records.ts";
import { readLog } from "../../src/journal/reader.ts";
import { type EpochRecord, RECORD } from "../../src/journal/records.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";

export interface DecisionLog {
  readonly epochs: number[];
  readonly signals: number[];
  readonly verdicts: Verdict[];
  readonly intents: Child[];
  readonly alarms: Alarm[];
  readonly venueStatuses: VenueStatus[];
  /** Venues that told their positions, in order. */
  readonly positionsTold: number[];
  readonly commands: number;
  /** Over type, version, times and payload of every command record. */
  readonly sha256: string;
}

export function readDecisionLog(journal: string): DecisionLog {
  const log: Omit<DecisionLog, "commands" | "sha256"> = {
    ...{ epochs: [], signals: [], verdicts: [], intents: [], alarms: [] },
    ...{ venueStatuses: [], positionsTold: [] },
  };
  const hash = createHash("sha256");
  let commands = 0;
  for (const { type, version, monoNs, wallMs, payload } of readLog(join(journal, "decisions"))) {
    const bytes = bytesIn(payload);
    const text = () => bytes.bytes.toString("utf8");
    if (type === RECORD.EPOCH) log.epochs.push((JSON.parse(text()) as EpochRecord).epoch);
    if (type >= RECORD.EVENT_SIGNAL && type <= RECORD.EVENT_POSITIONS) {
      const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
      if (read?.event.type === "signal") log.signals.push(read.event.signal.intakeSeq);
      if (read?.event.type === "venue") log.venueStatuses.push(read.event.status);
      if (read?.event.type === "positions") log.positionsTold.push(read.event.venue);
    }
    if (type === RECORD.VERDICT) log.verdicts.push(readVerdict(bytes, 0));
    if (type === RECORD.INTENT) log.intents.push(readIntent(bytes, 0));
    if (type === RECORD.ALARM) log.alarms.push(JSON.parse(text()) as Alarm);
    if (type < RECORD.INTENT || type >= RECORD.INTAKE_SIGNAL) continue;
    commands++;
    const head = Buffer.alloc(20);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(version, 2);
    head.writeDoubleLE(monoNs, 4);
    head.writeDoubleLE(wallMs, 12);
    hash.update(head).update(payload);
  }
  return { ...log, commands, sha256: hash.digest("hex") };
}

/** 1, 2, ... n: what the sequences of n signals must be, each once and in order. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
