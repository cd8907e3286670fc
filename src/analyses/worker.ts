/** The thread of one batch of analyses: recalls the engine's past, reads candles, computes, and ends. */

import { readLog } from "../journal/reader.ts";
import { History, type HistoryOptions } from "./history.ts";
import { recallKept, recallMemory } from "./journal-memory.ts";
import type { TaskResult } from "./run-tasks.ts";
import { runTasks } from "./run-tasks.ts";
import type { AnalysisTask, AnalysisTerms } from "./task.ts";

export interface AnalysisBatch {
  readonly tasks: readonly AnalysisTask[];
  readonly terms: AnalysisTerms;
  readonly history: HistoryOptions;
  /** Directory of the decision log; one that does not exist is an engine without a past. */
  readonly decisions: string;
  /** Where its memory is kept from batch to batch; null for a batch as of another time than now. */
  readonly kept: { readonly file: string; readonly write: boolean } | null;
  readonly nowMs: number;
}

/** JournalError where the log cannot be read; what fails of a task is in its result. */
export default async function runBatch(batch: AnalysisBatch): Promise<TaskResult[]> {
  const { tasks, terms, decisions, kept, nowMs } = batch;
  const memory =
    kept === null
      ? recallMemory(terms.core, readLog(decisions), nowMs)
      : recallKept(terms.core, decisions, kept.file, kept.write);
  const symbols = terms.core.directory.instruments.map(({ symbol }) => symbol);
  const history = new History(batch.history, symbols, nowMs, terms.spanMs);
  return runTasks(tasks, terms, memory, (need) => history.read(need), nowMs);
}
