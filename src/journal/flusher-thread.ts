/**
 * The flusher's loop: look what the owners have written, sync it, say so.
 *
 *   - While records keep coming it looks by itself, `WINDOW_MS` after the last sync: owners need not wake it, and what came
 *     meanwhile shares one sync. On a machine with few cores a wake-up per record would put the flusher in front of the
 *     thread that has just decided to send an order. When nothing has come for a while it parks, and the next record wakes
 *     it at once.
 *   - Everything written while a sync is under way is covered by the next one: group commit without a timer.
 *   - Files are opened by path, from the directory and the segment number. A descriptor of another thread is never used: it
 *     is closed when that thread exits, and its number given to some other file.
 *   - A sync that fails is final. The kernel reports an error once and may mark the lost pages clean, so a second sync
 *     would succeed and prove nothing.
 */
import fs from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ChainBuilder } from "./chain.ts";
import { listSegments, syncDirectory } from "./files.ts";
import type { FlusherMessage, FlusherThreadData } from "./flusher.ts";
import { segmentPath } from "./format.ts";
import {
  announce,
  FAILURE_UNKNOWN,
  FLUSHER_AWAKE,
  FLUSHER_PARKED,
  failureIndex,
  type LogBlock,
  loadDurableLsn,
  loadWrittenLsn,
  requestIndex,
  segmentIndex,
  storeDurableLsn,
  storeFailure,
} from "./log-block.ts";

const IDLE_MS = 1_000;
const WINDOW_MS = 1;
/** So many looks in vain before it parks. */
const LOOKS_MAX = 50;
/** While a chain is being extended, the pause between two slices: about a twentieth of a core. */
const CHAIN_PAUSE_MS = 2;

class LogFlusher {
  readonly #directory: string;
  readonly #block: LogBlock;
  readonly #chain: ChainBuilder;
  #chainAlive = true;
  #fd = -1;
  /** The segment of `#fd`: the oldest that may hold unsynced records. 0 before the first sync. */
  #segment = 0;

  constructor(directory: string, block: LogBlock) {
    this.#directory = directory;
    this.#block = block;
    this.#chain = new ChainBuilder(directory);
  }

  /** False when there was nothing to sync. */
  flush(): boolean {
    if (Atomics.load(this.#block.i32, failureIndex(this.#block)) !== 0) return false;
    // The position before the segment: the owner stores them in the opposite order, so the segment read is that of the
    // position or a later one.
    const writtenLsn = loadWrittenLsn(this.#block);
    const segment = Atomics.load(this.#block.i32, segmentIndex(this.#block));
    if (segment === 0 || (writtenLsn === loadDurableLsn(this.#block) && segment === this.#segment)) {
      return false;
    }
    try {
      this.#syncThrough(segment);
    } catch (error) {
      this.#fail(error);
      return true;
    }
    storeDurableLsn(this.#block, writtenLsn);
    announce(this.#block);
    return true;
  }

  /** One slice of the hash chain. False when there is nothing to do. */
  advanceChain(): boolean {
    if (!this.#chainAlive || this.#segment === 0) return false;
    try {
      return this.#chain.advance(this.#segment);
    } catch (error) {
      this.#chainAlive = false;
      this.#chain.close();
      report({ kind: "chain", directory: this.#directory, message: String(error) });
      return false;
    }
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
    this.#chain.close();
  }

  /** Oldest first: a record is durable only if all before it are. */
  #syncThrough(segment: number): void {
    if (this.#segment === 0) {
      // Who wrote before this thread looked is not known, so all is synced once. Costs next to nothing on clean files.
      for (const older of listSegments(this.#directory)) if (older < segment) this.#syncOnce(older);
      this.#open(segment);
    }
    fs.fdatasyncSync(this.#fd);
    while (this.#segment < segment) {
      this.#open(this.#segment + 1);
      fs.fdatasyncSync(this.#fd);
    }
  }

  #syncOnce(segment: number): void {
    this.#open(segment);
    fs.fdatasyncSync(this.#fd);
  }

  /** A segment new to this thread is new to the directory too, as far as anybody has made durable. */
  #open(segment: number): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
    this.#fd = fs.openSync(segmentPath(this.#directory, segment), "r+");
    this.#segment = segment;
    syncDirectory(this.#directory);
  }

  #fail(error: unknown): void {
    const errno = (error as { errno?: unknown }).errno;
    // libuv's errno is negative.
    storeFailure(this.#block, typeof errno === "number" && errno < 0 ? -errno : FAILURE_UNKNOWN);
    announce(this.#block);
    this.close();
    this.#chainAlive = false;
    report({ kind: "sync", directory: this.#directory, message: String(error) });
  }
}

function report(message: FlusherMessage): void {
  parentPort!.postMessage(message);
}

function run({ logs, stop }: FlusherThreadData): void {
  const flushers = logs.map(({ directory, block }) => new LogFlusher(directory, block));
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
