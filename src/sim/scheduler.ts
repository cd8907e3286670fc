/**
 * Scheduler: virtual time. Actions run in order of their due time, ties in the order they were scheduled.
 *
 * Invariants
 *   - The clock moves only here, only forward, and stands exactly at an action's due time while it runs.
 *   - The same schedule runs in the same order on every machine: no wall clock, no promises, no unordered iteration.
 *
 * Times are whole multiples of 1/64 ms: those are exact in a double as milliseconds and as nanoseconds (15,625 ns), so
 * summing millions of delays never drifts. Delays are rounded up to it.
 */
import { assert } from "../domain/units.ts";
import type { VirtualClock } from "../time/clock.ts";

export const SCHEDULER_RESOLUTION_MS = 1 / 64;

/** A scheduled action, for `cancel`. */
export interface Scheduled {
  readonly dueMs: number;
  readonly order: number;
  action: (() => void) | null;
}

export class Scheduler {
  readonly clock: VirtualClock;
  readonly #heap: Scheduled[] = [];
  #nowMs = 0;
  #scheduledCount = 0;
  #pendingCount = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** Since the scheduler was made. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** When the next action is due; Infinity when none is. */
  get nextDueMs(): number {
    return this.#peek()?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  after(delayMs: number, action: () => void): Scheduled {
    assert(delayMs >= 0 && Number.isFinite(delayMs), `cannot schedule ${delayMs} ms ahead`);
    const dueMs = this.#nowMs + Math.ceil(delayMs / SCHEDULER_RESOLUTION_MS) * SCHEDULER_RESOLUTION_MS;
    const scheduled: Scheduled = { dueMs, order: this.#scheduledCount, action };
    this.#scheduledCount += 1;
    this.#pendingCount += 1;
    push(this.#heap, scheduled);
    return scheduled;
  }

  /** An action that has run or was cancelled is left alone. Its place in the heap is given up when its time comes. */
  cancel(scheduled: Scheduled): void {
    if (!scheduled.action) return;
    scheduled.action = null;
    this.#pendingCount -= 1;
  }

  /** Runs the next action. False when there is none. */
  step(): boolean {
    for (;;) {
      const next = pop(this.#heap);
      if (!next) return false;
      if (!next.action) continue;
      this.#advanceTo(next.dueMs);
      const action = next.action;
      next.action = null;
      this.#pendingCount -= 1;
      action();
      return true;
    }
  }

  /** Runs everything due within `durationMs`, actions scheduled meanwhile included, and leaves the clock at its end. */
  runFor(durationMs: number): void {
    const endMs = this.#nowMs + Math.ceil(durationMs / SCHEDULER_RESOLUTION_MS) * SCHEDULER_RESOLUTION_MS;
    for (let next = this.#peek(); next && next.dueMs <= endMs; next = this.#peek()) this.step();
    this.#advanceTo(endMs);
  }

  #peek(): Scheduled | undefined {
    while (this.#heap[0] && !this.#heap[0].action) pop(this.#heap);
    return this.#heap[0];
  }

  #advanceTo(dueMs: number): void {
    this.clock.advance(dueMs - this.#nowMs);
    this.#nowMs = dueMs;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

function push(heap: Scheduled[], added: Scheduled): void {
  let index = heap.length;
  heap.push(added);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex]!;
    if (!isBefore(added, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = added;
}

function pop(heap: Scheduled[]): Scheduled | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    if (childIndex >= heap.length) break;
    if (childIndex + 1 < heap.length && isBefore(heap[childIndex + 1]!, heap[childIndex]!)) childIndex += 1;
    const child = heap[childIndex]!;
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
  return first;
}
