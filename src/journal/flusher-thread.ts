/**
 * The flusher's loop: sleep until an owner has written, sync what it wrote, say so.
 *
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

  flush(): void {
    if (Atomics.load(this.#block.i32, failureIndex(this.#block)) !== 0) return;
    // The position before the segment: the owner stores them in the opposite order, so the segment read is that of the
    // position or a later one.
    const writtenLsn = loadWrittenLsn(this.#block);
    const segment = Atomics.load(this.#block.i32, segmentIndex(this.#block));
    if (segment === 0 || (writtenLsn === loadDurableLsn(this.#block) && segment === this.#segment)) return;
    try {
      this.#syncThrough(segment);
    } catch (error) {
      this.#fail(error);
      return;
    }
    storeDurableLsn(this.#block, writtenLsn);
    announce(this.#block);
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
  report("ready");
  for (;;) {
    // Before the positions: what is written after this changes the word, and the wait below returns at once.
    const seen = Atomics.load(block.i32, requestIndex(block));
    const stopping = Atomics.load(stop, 0) === 1;
    for (const flusher of flushers) flusher.flush();
    if (stopping) break;
    let chaining = false;
    for (const flusher of flushers) chaining = flusher.advanceChain() || chaining;
    Atomics.wait(block.i32, requestIndex(block), seen, chaining ? CHAIN_PAUSE_MS : IDLE_MS);
  }
  for (const flusher of flushers) flusher.close();
}

run(workerData as FlusherThreadData);
