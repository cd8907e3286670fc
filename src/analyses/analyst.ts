/**
 * The analyst: runs the engine's analyses at the start and on schedule, on a thread of their own, and hands what they find to
 * whoever takes `analysis` events.
 *
 * Invariants
 *   - One batch at a time; nothing of it runs on the caller's thread, and its memory goes with its thread.
 *   - What fails leaves the last result in use, is alarmed and tried again after a while. Only the first of a row of equal
 *     failures is alarmed: an analysis that cannot be made is said once, not every hour.
 */
import { performance } from "node:perf_hooks";
import { runInPool } from "../backtest/analysis-pool.ts";
import type { Analysis } from "../core/analysis.ts";
import type { TaskResult } from "./run-tasks.ts";
import { AnalysisSchedule, type ScheduledTask } from "./schedule.ts";
import type { AnalysisTask } from "./task.ts";
import type { AnalysisBatch } from "./worker.ts";

export interface AnalystOptions {
  readonly tasks: readonly ScheduledTask[];
  readonly batch: Omit<AnalysisBatch, "tasks" | "nowMs">;
  readonly retryMs: number;
  readonly timeoutMs: number;
}

export interface AnalystParts {
  wallMs(): number;
  onAnalysis(analysis: Analysis): void;
  onResult(name: string, words: string): void;
  onFailure(name: string, message: string): void;
}

const WORKER = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
/** Longest pause between two looks: a machine that slept has not waited. */
const LOOK_MS_MAX = 60_000;

export class Analyst {
  readonly #options: AnalystOptions;
  readonly #parts: AnalystParts;
  readonly #schedule: AnalysisSchedule;
  readonly #stop = new AbortController();
  /** The last failure that was alarmed, by task. */
  readonly #failures = new Map<AnalysisTask, string>();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: AnalystOptions, parts: AnalystParts) {
    this.#options = options;
    this.#parts = parts;
    this.#schedule = new AnalysisSchedule(options.tasks, options.retryMs, parts.wallMs());
  }

  start(): void {
    this.#look();
  }

  /** Ends what is running, and its thread. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #look(): void {
    if (this.#stop.signal.aborted) return;
    const due = this.#schedule.due(this.#parts.wallMs());
    this.#running = due.length === 0 ? Promise.resolve() : this.#run(due);
    void this.#running.then(() => {
      if (this.#stop.signal.aborted) return;
      const waitMs = Math.max(0, this.#schedule.nextDueMs - this.#parts.wallMs());
      this.#timer = setTimeout(() => this.#look(), Math.min(waitMs, LOOK_MS_MAX));
      this.#timer.unref();
    });
  }

  async #run(tasks: readonly AnalysisTask[]): Promise<void> {
    const nowMs = this.#parts.wallMs();
    try {
      for (const result of await runBatch(
        { ...this.#options.batch, tasks, nowMs },
        this.#options.timeoutMs,
        this.#stop.signal,
      ))
        this.#take(result);
    } catch (cause) {
      if (this.#stop.signal.aborted) return;
      for (const task of tasks) this.#fail(task, "analyses", cause instanceof Error ? cause.message : String(cause));
    }
  }

  #take(result: TaskResult): void {
    const { task, name } = result;
    if (!result.ok) {
      this.#fail(task, name, `${result.code}: ${result.message}`);
      return;
    }
    this.#failures.delete(this.#own(task));
    for (const analysis of result.analyses) this.#parts.onAnalysis(analysis);
    this.#parts.onResult(name, result.words);
    this.#schedule.done(this.#own(task), this.#parts.wallMs(), result.againMs);
  }

  #fail(task: AnalysisTask, name: string, message: string): void {
    const own = this.#own(task);
    this.#schedule.failed(own, this.#parts.wallMs());
    if (this.#failures.get(own) === message) return;
    const isSaid = [...this.#failures.values()].includes(message);
    this.#failures.set(own, message);
    // A thread that died fails all of its tasks by the same word.
    if (!isSaid) this.#parts.onFailure(name, message);
  }

  /** The schedule's task that one from another thread is a copy of. */
  #own(task: AnalysisTask): AnalysisTask {
    const text = JSON.stringify(task);
    return this.#options.tasks.find(({ task: own }) => JSON.stringify(own) === text)?.task ?? task;
  }
}

/** One batch on a thread of its own. Rejects where the thread cannot go on, on `signal`, or after `timeoutMs`. */
export async function runBatch(batch: AnalysisBatch, timeoutMs: number, signal: AbortSignal): Promise<TaskResult[]> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const startedMs = performance.now();
  try {
    const [results] = await runInPool<AnalysisBatch, TaskResult[]>(WORKER, [batch], () => {}, ended);
    return results!;
  } catch (cause) {
    if (!ended.aborted || signal.aborted) throw cause;
    throw new Error(`not done after ${Math.round((performance.now() - startedMs) / 1000)} s`);
  }
}
