/**
 * Runs analysis tasks in their order over one history and one memory. What one finds, the next goes by. The failure of one
 * leaves the others alone.
 */
import type { Analysis } from "../core/analysis.ts";
import { type Candles, candlesWithin } from "./candles.ts";
import { computationOf } from "./computations.ts";
import type { AnalysisMemory } from "./memory.ts";
import { assertFresh } from "./sample.ts";
import { AnalysisError, type AnalysisTask, type AnalysisTerms, type CandleNeed } from "./task.ts";

/** Candles that suit a need: of its interval where the history has them. AnalysisError where there are none. */
export type CandleReader = (need: CandleNeed) => Candles | Promise<Candles>;

export type TaskResult = { readonly task: AnalysisTask; readonly name: string } & (
  | { readonly ok: true; readonly analyses: readonly Analysis[]; readonly words: string; readonly againMs?: number }
  | { readonly ok: false; readonly code: string; readonly message: string }
);

export async function runTasks(
  tasks: readonly AnalysisTask[],
  terms: AnalysisTerms,
  memory: AnalysisMemory,
  read: CandleReader,
  nowMs: number,
): Promise<TaskResult[]> {
  const results: TaskResult[] = [];
  for (const task of tasks) {
    const step = runTask(task, terms, memory, nowMs);
    let candles: (Candles | Promise<Candles>)[] = [];
    try {
      candles = step.needs.map(read);
      results.push(step.run(await Promise.all(candles)));
    } catch (cause) {
      results.push(step.fail(cause));
    }
  }
  return results;
}

/** The same with candles that are at hand, for a backtest. */
export function runTasksNow(
  tasks: readonly AnalysisTask[],
  terms: AnalysisTerms,
  memory: AnalysisMemory,
  read: (need: CandleNeed) => Candles,
  nowMs: number,
): TaskResult[] {
  return tasks.map((task) => {
    const step = runTask(task, terms, memory, nowMs);
    try {
      return step.run(step.needs.map(read));
    } catch (cause) {
      return step.fail(cause);
    }
  });
}

function runTask(task: AnalysisTask, terms: AnalysisTerms, memory: AnalysisMemory, nowMs: number) {
  const computation = computationOf(task);
  const of = { task, name: computation.name(task, terms.core) };
  const needs = computation.needs(task, terms, memory, nowMs);
  return {
    needs,
    run(candles: readonly Candles[]): TaskResult {
      const seen = candles.map((each, i) => candlesWithin(each, nowMs - needs[i]!.spanMs, nowMs));
      for (const each of seen) assertFresh(each, terms.endAgeMsMax, nowMs);
      const found = computation.compute(task, { terms, memory, candles: seen, nowMs });
      for (const analysis of found.analyses) memory.onAnalysis(analysis, nowMs);
      return { ...of, ok: true, ...found };
    },
    fail(cause: unknown): TaskResult {
      const code = cause instanceof AnalysisError ? cause.code : "FAILED";
      return { ...of, ok: false, code, message: cause instanceof Error ? cause.message : String(cause) };
    },
  };
}
