/**
 * Flusher: one thread that makes every log durable, so that no thread which decides anything ever waits for a disk.
 *
 * This is the side of the thread that starts it; the loop is in flusher-thread.ts, and owners learn of its progress through
 * durable-watch.ts. If the thread dies, every log it served is marked failed: nobody waits for ever.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { assert } from "../domain/units.ts";
import { announce, FAILURE_FLUSHER_DIED, type LogBlock, requestFlush, storeFailure } from "./log-block.ts";

export interface FlushedLog {
  readonly directory: string;
  readonly block: LogBlock;
}

export interface FlusherOptions {
  /** Synced in this order. Logs that need not survive a power loss are left out. */
  readonly logs: readonly FlushedLog[];
  /** Told of every log that died, once, and of the thread's own death. */
  readonly onFault: (fault: FlusherFault) => void;
}

/**
 * sync    a log could not be synced: it is dead, its failure word says why
 * chain   a log's hash chain could not be extended; the log itself is unharmed
 * thread  the flusher is gone, and with it every log
 */
export type FlusherFault =
  | { readonly kind: "sync" | "chain"; readonly directory: string; readonly message: string }
  | { readonly kind: "thread"; readonly message: string };

/** What the thread is born with. */
export interface FlusherThreadData {
  readonly logs: readonly FlushedLog[];
  readonly stop: Int32Array;
}

export type FlusherMessage = "ready" | FlusherFault;

export interface Flusher {
  /** Syncs what has been written until now, then ends the thread. */
  stop(): Promise<void>;
}

/** Resolves when the thread runs. Logs may be opened before or after; a log that is not open yet is left alone. */
export async function startFlusher({ logs, onFault }: FlusherOptions): Promise<Flusher> {
  const [first] = logs;
  assert(first, "a flusher without logs");
  for (const { block } of logs) {
    assert(block.requestOffset === first.block.requestOffset, "one request word wakes the flusher for all its logs");
    assert(block.i32.buffer instanceof SharedArrayBuffer, "the flusher's words are shared");
  }
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const workerData: FlusherThreadData = { logs, stop };
  const worker = new Worker(new URL(`./flusher-thread${extension}`, import.meta.url), { workerData, name: "flusher" });
  let death = "the flusher thread ended by itself";
  worker.on("error", (error) => {
    death = `the flusher thread failed: ${error.message}`;
  });
  const exited = once(worker, "exit").catch(() => once(worker, "exit"));
  const ready = new Promise<void>((resolve, reject) => {
    worker.on("message", (message: FlusherMessage) => (message === "ready" ? resolve() : onFault(message)));
    worker.on("exit", () => {
      // Also where the exit was asked for: who still waits then waits in vain.
      for (const { block } of logs) {
        storeFailure(block, FAILURE_FLUSHER_DIED);
        announce(block);
      }
      if (Atomics.load(stop, 0) === 0) onFault({ kind: "thread", message: death });
      reject(new Error(death));
    });
  });
  await ready;
  return {
    async stop() {
      Atomics.store(stop, 0, 1);
      requestFlush(first.block);
      await exited;
    },
  };
}
