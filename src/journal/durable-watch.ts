/**
 * Tells the owner of a log when its records have become durable.
 *
 * Invariants
 *   - Every waiter is called exactly once: with true when its record is durable, with false when that will not happen (the
 *     log died, the watch was closed) or when too many wait already.
 *   - Calls are in the order of the records, and among waiters for one record in the order of asking.
 *   - At most one wait is outstanding in the system, however many wait here.
 *
 * Runs on the event loop of its thread and never blocks it. Does not keep the process alive.
 */
import { assert } from "../domain/units.ts";
import { completionIndex, failureIndex, type LogBlock, loadDurableLsn } from "./log-block.ts";

export type DurableCallback = (durable: boolean) => void;

export interface DurableWatchOptions {
  readonly waitersMax?: number;
}

const WAITERS_MAX_DEFAULT = 16_384;
const NOBODY: DurableCallback = () => {};

export class DurableWatch {
  readonly #block: LogBlock;
  readonly #lsns: Float64Array;
  readonly #callbacks: DurableCallback[];
  #head = 0;
  #count = 0;
  #armed = false;
  #settling = false;
  #closed = false;
  #refused = 0;

  constructor(block: LogBlock, { waitersMax = WAITERS_MAX_DEFAULT }: DurableWatchOptions = {}) {
    assert(Number.isSafeInteger(waitersMax) && waitersMax > 0, `waitersMax must be positive, got ${waitersMax}`);
    this.#block = block;
    this.#lsns = new Float64Array(waitersMax);
    this.#callbacks = new Array<DurableCallback>(waitersMax).fill(NOBODY);
  }

  get durableLsn(): number {
    return loadDurableLsn(this.#block);
  }

  /** 0 while the log is alive; else the errno of the failed sync or a FAILURE_ code of log-block.ts. */
  get failure(): number {
    return Atomics.load(this.#block.i32, failureIndex(this.#block));
  }

  get waiting(): number {
    return this.#count;
  }

  /** Waiters turned away because `waitersMax` were waiting. */
  get refused(): number {
    return this.#refused;
  }

  /** Calls at once, before returning, when the answer is known. */
  whenDurable(lsn: number, callback: DurableCallback): void {
    if (this.#count === this.#lsns.length) this.#settle();
    if (this.#count === this.#lsns.length) {
      this.#refused++;
      callback(false);
      return;
    }
    this.#insert(lsn, callback);
    this.#arm();
  }

  /** Whoever waits is told false. */
  close(): void {
    this.#closed = true;
    this.#settle();
  }

  /**
   * 1. Read the completion word, 2. settle who can be settled, 3. wait for the word to change. A completion after 1 makes
   * 3 return at once, one before 1 is seen by 2: none is lost.
   */
  #arm(): void {
    // Whoever is settling arms afterwards.
    if (this.#settling) return;
    try {
      while (!this.#armed) {
        const seen = Atomics.load(this.#block.i32, completionIndex(this.#block));
        this.#settle();
        if (this.#count === 0) return;
        const wait = Atomics.waitAsync(this.#block.i32, completionIndex(this.#block), seen);
        if (!wait.async) continue;
        this.#armed = true;
        void wait.value.then(this.#wake);
      }
      this.#settle();
    } finally {
      // A callback threw. That is its owner's bug to see, and no reason for the others to wait for ever.
      if (!this.#armed && this.#count > 0) queueMicrotask(this.#wake);
    }
  }

  readonly #wake = (): void => {
    this.#armed = false;
    this.#arm();
  };

  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    try {
      // The failure first: what was durable before it stays durable.
      const doomed = this.failure !== 0 || this.#closed;
      const durableLsn = this.durableLsn;
      while (this.#count > 0) {
        const durable = this.#lsns[this.#head]! <= durableLsn;
        if (!durable && !doomed) break;
        this.#take()(durable);
      }
    } finally {
      this.#settling = false;
    }
  }

  #take(): DurableCallback {
    const callback = this.#callbacks[this.#head]!;
    this.#callbacks[this.#head] = NOBODY;
    this.#head = (this.#head + 1) % this.#lsns.length;
    this.#count--;
    return callback;
  }

  /** Nearly always at the end: only a duplicate waits for an older record than the newest. */
  #insert(lsn: number, callback: DurableCallback): void {
    const capacity = this.#lsns.length;
    let at = (this.#head + this.#count) % capacity;
    for (let left = this.#count; left > 0; left--) {
      const before = (at + capacity - 1) % capacity;
      if (this.#lsns[before]! <= lsn) break;
      this.#lsns[at] = this.#lsns[before]!;
      this.#callbacks[at] = this.#callbacks[before]!;
      at = before;
    }
    this.#lsns[at] = lsn;
    this.#callbacks[at] = callback;
    this.#count++;
  }
}
