/**
 * The flusher's loop: look what the owners have written, sync it, say so.
 *
 *   - While records keep coming it looks by itself, `WINDOW_MS` after the last sync: owners need not wake it, and what came
 *     meanwhile shares one sync. On a machine with few cores a wake-up per record would put the flusher in front of the
 *     thread that has just decided to send an order. When nothing has come for a while it parks, and the next record wakes
 *     it at once.
 *   - Everything written while a sync is under way is covered by the next one: group commit without a timer.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { FlusherMessage, FlusherThreadData } from "./flusher.ts";
import { FLUSHER_AWAKE, FLUSHER_PARKED, requestIndex } from "./log-block.ts";
import { LogFlusher } from "./log-flusher.ts";

const IDLE_MS = 1_000;
const WINDOW_MS = 1;
/** So many looks in vain before it parks. */
const LOOKS_MAX = 50;
/** While a chain is being extended, the pause between two slices: about a twentieth of a core. */
const CHAIN_PAUSE_MS = 2;

function report(message: FlusherMessage): void {
  parentPort!.postMessage(message);
}

function run({ logs, stop }: FlusherThreadData): void {
  const flushers = logs.map(({ directory, block }) => new LogFlusher(directory, block, report));
  const { block } = logs[0]!;
  const word = requestIndex(block);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const flushAll = (): boolean => {
    let synced = false;
    for (const flusher of flushers) synced = flusher.flush() || synced;
    return synced;
  };
  report("ready");
  for (let looks = 0; ; ) {
    const stopping = Atomics.load(stop, 0) === 1;
    looks = flushAll() ? 0 : looks + 1;
    if (stopping) break;
    let chaining = false;
    for (const flusher of flushers) chaining = flusher.advanceChain() || chaining;
    if (looks < LOOKS_MAX) {
      Atomics.wait(nap, 0, 0, WINDOW_MS);
      continue;
    }
    Atomics.store(block.i32, word, FLUSHER_PARKED);
    // Again, now that owners see that they have to call: what was written just before is not left lying.
    if (flushAll() || Atomics.load(stop, 0) === 1) looks = 0;
    else Atomics.wait(block.i32, word, FLUSHER_PARKED, chaining ? CHAIN_PAUSE_MS : IDLE_MS);
    Atomics.store(block.i32, word, FLUSHER_AWAKE);
  }
  for (const flusher of flushers) flusher.close();
}

run(workerData as FlusherThreadData);
