/**
 * The analysis pool: short computations on threads of their own (Piscina), never on a lane's.
 *
 * One task per trial, as many at once as there are threads; the first failure or an abort ends the rest and all threads.
 */
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { TrialResult, TrialTask } from "./sweep-trial.ts";

const WORKER = new URL(`./sweep-trial${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Results in the order of the tasks. `onDone` hears how many are done. Rejects as the first task that failed, or on `signal`. */
export async function runTrials(
  tasks: readonly TrialTask[],
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<TrialResult[]> {
  const threads = Math.min(availableParallelism(), tasks.length);
  const pool = new Piscina<TrialTask, TrialResult>({
    filename: WORKER.href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  const ended = new AbortController();
  let done = 0;
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const result = await pool.run(task, { signal: AbortSignal.any([signal, ended.signal]) });
        onDone(++done);
        return result;
      }),
    );
  } finally {
    ended.abort();
    await pool.destroy();
  }
}
