/**
 * One side of an order book: price levels in order, each a queue of resting orders.
 *
 * Invariants
 *   - `#prices` is sorted from worst to best, so that the busy end of the book is the cheap end of the array.
 *   - A level exists exactly while it holds an order; `totalLots` is the sum of its orders.
 */
import type { Side } from "../domain/order.ts";

/** A node of its level's queue. Only `BookSide` changes it. */
export interface RestingOrder {
  readonly orderId: number;
  readonly owner: number;
  readonly level: Level;
  leavesLots: number;
  prev: RestingOrder | null;
  next: RestingOrder | null;
}

export interface Level {
  readonly side: BookSide;
  readonly pxTicks: number;
  totalLots: number;
  /** Oldest and newest order. A level is never seen without one. */
  head: RestingOrder;
  tail: RestingOrder;
}

export class BookSide {
  readonly side: Side;
  readonly #prices: number[] = [];
  readonly #levels = new Map<number, Level>();
  #best: Level | null = null;

  constructor(side: Side) {
    this.side = side;
  }

  get best(): Level | null {
    return this.#best;
  }

  /** Whether an incoming order limited to `limitTicks` may trade at this side's price `pxTicks`. */
  reaches(pxTicks: number, limitTicks: number): boolean {
    return this.side === "sell" ? pxTicks <= limitTicks : pxTicks >= limitTicks;
  }

  /** Queues an order behind everything at its price. */
  append(orderId: number, owner: number, pxTicks: number, leavesLots: number): RestingOrder {
    const known = this.#levels.get(pxTicks);
    if (known !== undefined) {
      const order: RestingOrder = { orderId, owner, level: known, leavesLots, prev: known.tail, next: null };
      known.tail.next = order;
      known.tail = order;
      known.totalLots += leavesLots;
      return order;
    }
    const level = { side: this, pxTicks, totalLots: leavesLots } as unknown as Level;
    const order: RestingOrder = { orderId, owner, level, leavesLots, prev: null, next: null };
    level.head = order;
    level.tail = order;
    this.#levels.set(pxTicks, level);
    this.#prices.splice(this.#position(pxTicks), 0, pxTicks);
    this.#findBest();
    return order;
  }

  /** Takes `byLots` off an order that keeps at least one. */
  shrink(order: RestingOrder, byLots: number): void {
    order.leavesLots -= byLots;
    order.level.totalLots -= byLots;
  }

  remove(order: RestingOrder): void {
    const { level, prev, next } = order;
    level.totalLots -= order.leavesLots;
    if (prev === null && next === null) {
      this.#levels.delete(level.pxTicks);
      this.#prices.splice(this.#position(level.pxTicks), 1);
      this.#findBest();
      return;
    }
    if (prev === null) level.head = next!;
    else prev.next = next;
    if (next === null) level.tail = prev!;
    else next.prev = prev;
  }

  /** Best first. */
  *levels(): Generator<Level> {
    for (let at = this.#prices.length - 1; at >= 0; at--) yield this.#levels.get(this.#prices[at]!)!;
  }

  top(count: number): { pxTicks: number; qtyLots: number }[] {
    const found: { pxTicks: number; qtyLots: number }[] = [];
    const last = Math.max(0, this.#prices.length - count);
    for (let at = this.#prices.length - 1; at >= last; at--) {
      const level = this.#levels.get(this.#prices[at]!)!;
      found.push({ pxTicks: level.pxTicks, qtyLots: level.totalLots });
    }
    return found;
  }

  /** Every order in priority order. */
  *orders(): Generator<RestingOrder> {
    for (const level of this.levels()) {
      for (let order: RestingOrder | null = level.head; order !== null; order = order.next) yield order;
    }
  }

  #findBest(): void {
    const count = this.#prices.length;
    this.#best = count === 0 ? null : this.#levels.get(this.#prices[count - 1]!)!;
  }

  /** Where `pxTicks` is, or belongs, in `#prices`. */
  #position(pxTicks: number): number {
    let low = 0;
    let high = this.#prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const worse = this.side === "buy" ? this.#prices[middle]! < pxTicks : this.#prices[middle]! > pxTicks;
      if (worse) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
