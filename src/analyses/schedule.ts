/**
 * Schedule: which analyses are due. Live by the wall clock, in a backtest by its own.
 *
 * Invariants
 *   - Each is due first `firstAfterMs` after the start, then every `everyMs`; those due together in the order in which they are
 *     given: one that goes by another's result comes behind it.
 *   - One that failed is due again after `retryMs`, however long its own period; one on a short sample as soon as it asks for.
 */
import type { AnalysisTask } from "./task.ts";

export interface ScheduledTask {
  readonly task: AnalysisTask;
  readonly everyMs: number;
  /** 0 for what is missing until it is there; later for what the journal still has of the last time. */
  readonly firstAfterMs: number;
}

export class AnalysisSchedule {
  readonly #tasks: readonly ScheduledTask[];
  readonly #dueMs: number[];
  readonly #retryMs: number;

  constructor(tasks: readonly ScheduledTask[], retryMs: number, startMs: number) {
    this.#tasks = tasks;
    this.#retryMs = retryMs;
    this.#dueMs = tasks.map(({ firstAfterMs }) => startMs + firstAfterMs);
  }

  /** Infinity without tasks. */
  get nextDueMs(): number {
    return this.#dueMs.reduce((next, dueMs) => Math.min(next, dueMs), Number.POSITIVE_INFINITY);
  }

  due(nowMs: number): readonly AnalysisTask[] {
    return this.#tasks.filter((_, i) => this.#dueMs[i]! <= nowMs).map(({ task }) => task);
  }

  done(task: AnalysisTask, nowMs: number, againMs?: number): void {
    const i = this.#indexOf(task);
    this.#dueMs[i] = nowMs + Math.min(this.#tasks[i]!.everyMs, againMs ?? Number.POSITIVE_INFINITY);
  }

  failed(task: AnalysisTask, nowMs: number): void {
    const i = this.#indexOf(task);
    this.#dueMs[i] = nowMs + Math.min(this.#tasks[i]!.everyMs, this.#retryMs);
  }

  #indexOf(task: AnalysisTask): number {
    return this.#tasks.findIndex((each) => each.task === task);
  }
}
