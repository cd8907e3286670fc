/** The memory of an engine as its decision log has it. Reads the log once; the engine may be writing it. */
import type { CoreConfig } from "../core/config.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import type { Scored } from "../core/score.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { readDecision } from "../journal/command-records.ts";
import { readEvent } from "../journal/event-records.ts";
import { readNamed } from "../journal/json-records.ts";
import type { RecordView } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { AnalysisMemory } from "./memory.ts";

/** By the records of a decision log, up to `nowMs`. What reading them throws is thrown. */
export function recallMemory(core: CoreConfig, decisions: Iterable<RecordView>, nowMs: number): AnalysisMemory {
  const memory = new AnalysisMemory(core);
  for (const record of decisions) if (record.wallMs <= nowMs) recall(memory, record);
  return memory;
}

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
