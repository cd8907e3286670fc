/**
 * Deadlines of requests in flight: one timer for all of them.
 *
 * Every entry waits equally long, so arrival order is deadline order and a doubly linked list is enough: adding and removing
 * are O(1) and allocate nothing. Bounded by its users, one entry per connection.
 */
import type { Clock } from "../time/clock.ts";

export interface DeadlineEntry {
  deadlineNs: number;
  earlier: DeadlineEntry | null;
  later: DeadlineEntry | null;
  /** Called once, after the entry has been removed. */
  onDeadline(): void;
}

export class DeadlineQueue {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #first: DeadlineEntry | null = null;
  #last: DeadlineEntry | null = null;
  #size = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  add(entry: DeadlineEntry, nowNs: number): void {
    entry.deadlineNs = nowNs + this.#timeoutMs * 1e6;
    entry.earlier = this.#last;
    entry.later = null;
    if (this.#last === null) this.#first = entry;
    else this.#last.later = entry;
    this.#last = entry;
    this.#size += 1;
    if (this.#timer === null) this.#arm(this.#timeoutMs);
  }

  remove(entry: DeadlineEntry): void {
    if (entry.earlier === null) this.#first = entry.later;
    else entry.earlier.later = entry.later;
    if (entry.later === null) this.#last = entry.earlier;
    else entry.later.earlier = entry.earlier;
    entry.earlier = null;
    entry.later = null;
    this.#size -= 1;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The timer is left to run out when the list empties: re-arming it for every request would cost more than one idle tick. */
  #arm(delayMs: number): void {
    this.#timer = setTimeout(this.#sweep, Math.max(1, delayMs));
  }

  readonly #sweep = (): void => {
    this.#timer = null;
    const nowNs = this.#clock.nowNs();
    while (this.#first !== null && this.#first.deadlineNs <= nowNs) {
      const due = this.#first;
      this.remove(due);
      due.onDeadline();
    }
    if (this.#first !== null && this.#timer === null) this.#arm((this.#first.deadlineNs - nowNs) / 1e6);
  };
}
