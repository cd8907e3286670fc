/**
 * One log's part of the flusher's work: syncs what its owner has written and publishes how far that reaches.
 *
 *   - Files are opened by path, from the directory and the segment number. A descriptor of another thread is never used: it
 *     is closed when that thread exits, and its number given to some other file.
 *   - A sync that fails is final. The kernel reports an error once and may mark the lost pages clean, so a second sync
 *     would succeed and prove nothing.
 */
import fs from "node:fs";
import { ChainBuilder } from "./chain.ts";
import { listSegments, syncDirectory } from "./files.ts";
import type { FlusherFault } from "./flusher.ts";
import { segmentPath } from "./format.ts";
import {
  announce,
  FAILURE_UNKNOWN,
  failureIndex,
  type LogBlock,
  loadDurableLsn,
  loadWrittenLsn,
  segmentIndex,
  storeDurableLsn,
  storeFailure,
} from "./log-block.ts";

export class LogFlusher {
  readonly #directory: string;
  readonly #block: LogBlock;
  readonly #onFault: (fault: FlusherFault) => void;
  readonly #chain: ChainBuilder;
  #chainAlive = true;
  #fd = -1;
  /** The segment of `#fd`: the oldest that may hold unsynced records. 0 before the first sync. */
  #segment = 0;

  constructor(directory: string, block: LogBlock, onFault: (fault: FlusherFault) => void) {
    this.#directory = directory;
    this.#block = block;
    this.#onFault = onFault;
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
      this.#onFault({ kind: "chain", directory: this.#directory, message: String(error) });
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
    this.#onFault({ kind: "sync", directory: this.#directory, message: String(error) });
  }
}
