/**
 * A command as the record that the decision log keeps of it. One encoder for the lane that makes commands and for the replay
 * that makes them again, so that "the same commands" means the same bytes.
 *
 * Call it right after the step that made the command: what a decision record says is read from the core as it is then.
 */
import type { Command } from "../core/event.ts";
import type { Core } from "../core/step.ts";
import {
  decisionBytes,
  intentBytes,
  VERDICT_BYTES,
  writeDecision,
  writeIntent,
  writeVerdict,
} from "../journal/command-records.ts";
import { encodeNamed } from "../journal/json-records.ts";
import type { LogWriter } from "../journal/log.ts";
import { RECORD, RECORD_VERSION, type RecordType } from "../journal/records.ts";

/** What of a log writer this needs. */
export type CommandLog = Pick<LogWriter, "begin" | "commit" | "append" | "bytes" | "view">;

export function recordCommand(log: CommandLog, core: Core, command: Command, nowNs: number, wallMs: number): void {
  switch (command.type) {
    case "place": {
      const at = log.begin(RECORD.INTENT, RECORD_VERSION, intentBytes(command.child), nowNs, wallMs);
      writeIntent(log, at, command.child);
      log.commit();
      return;
    }
    case "decided": {
      const { decision, stage, targetLots, exposureNotional } = core.shields[command.shield]!;
      if (decision === null) return;
      const at = log.begin(RECORD.DECISION, RECORD_VERSION, decisionBytes(decision), nowNs, wallMs);
      writeDecision(log, at, { shield: command.shield, stage, targetLots, exposureNotional, decision });
      log.commit();
      return;
    }
    case "verdict": {
      const at = log.begin(RECORD.VERDICT, RECORD_VERSION, VERDICT_BYTES, nowNs, wallMs);
      writeVerdict(log, at, command.verdict);
      log.commit();
      return;
    }
    case "alarm":
      log.append(RECORD.ALARM, RECORD_VERSION, nowNs, wallMs, Buffer.from(JSON.stringify(command.alarm)));
      return;
    case "scored":
      appendNamed(log, RECORD.SCORED, command.scored, nowNs, wallMs);
      return;
    case "outcome":
      appendNamed(log, RECORD.OUTCOME, command.outcome, nowNs, wallMs);
      return;
    case "positioned":
      appendNamed(log, RECORD.POSITION, command.record, nowNs, wallMs);
      return;
    case "clustered":
      appendNamed(log, RECORD.PORTFOLIO, command.record, nowNs, wallMs);
      return;
    case "breaker":
      appendNamed(log, RECORD.BREAKER, command.entry, nowNs, wallMs);
      return;
    case "mark":
      appendNamed(log, RECORD.MARK, command.mark, nowNs, wallMs);
      return;
    // Harmless to repeat and without effect on the core's state: not worth a record.
    case "cancel":
    case "query":
      return;
  }
}

function appendNamed(log: CommandLog, type: RecordType, value: object, nowNs: number, wallMs: number): void {
  log.append(type, RECORD_VERSION, nowNs, wallMs, encodeNamed(value));
}
