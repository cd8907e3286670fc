/**
 * The analysis pool: computations on threads of their own (Piscina), never on a lane's.
 *
 * As many tasks at once as there are threads; the first failure or an abort ends the rest and all threads.
 */
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { TrialResult, TrialTask } from "./sweep-trial.ts";

const TRIAL = new URL(`./sweep-trial${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** One task per trial. */
export const runTrials = (
  tasks: readonly TrialTask[],
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<TrialResult[]> => runInPool(TRIAL, tasks, onDone, signal);

/**
 * Results in the order of the tasks, each by the default export of `worker`. `onDone` hears how many are done. Rejects as the
 * first task that failed, or on `signal`. The threads are gone when it returns.
 */
export async function runInPool<Task, Result>(
  worker: URL,
  tasks: readonly Task[],
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<Result[]> {
  const threads = Math.min(availableParallelism(), tasks.length);
  const pool = new Piscina<Task, Result>({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  // A thread that ends by itself is told here too; the task's own rejection says it.
  pool.on("error", () => {});
  let done = 0;
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const result = await pool.run(task, { signal });
        onDone(++done);
        return result;
      }),
    );
  } finally {
    await pool.destroy();
  }
}
