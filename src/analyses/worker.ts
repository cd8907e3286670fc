/** The thread of one batch of analyses: recalls the engine's past, reads candles, computes, and ends. */

import { readLog } from "../journal/reader.ts";
import { History, type HistoryOptions } from "./history.ts";
import { recallMemory } from "./journal-memory.ts";
import type { TaskResult } from "./run-tasks.ts";
import { runTasks } from "./run-tasks.ts";
import type { AnalysisTask, AnalysisTerms } from "./task.ts";

export interface AnalysisBatch {
  readonly tasks: readonly AnalysisTask[];
  readonly terms: AnalysisTerms;
  readonly history: HistoryOptions;
  /** Directory of the decision log; one that does not exist is an engine without a past. */
  readonly decisions: string;
  readonly nowMs: number;
}

/** JournalError where the log cannot be read; what fails of a task is in its result. */
export default async function runBatch(batch: AnalysisBatch): Promise<TaskResult[]> {
  const { tasks, terms, nowMs } = batch;
  const memory = recallMemory(terms.core, readLog(batch.decisions), nowMs);
  const symbols = terms.core.directory.instruments.map(({ symbol }) => symbol);
  const history = new History(batch.history, symbols, nowMs, terms.spanMs);
  return runTasks(tasks, terms, memory, (need) => history.read(need), nowMs);
}
