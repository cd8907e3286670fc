/**
 * Children: every order of ours that is still of interest, by id. Those that have not ended are `live`; those that have are
 * remembered, so that a late fill finds its order, until `ENDED_CHILDREN_MAX` newer ones have ended.
 *
 * Invariants
 *   - An object is used again only after its child has ended, its route has let go of it and it has been forgotten.
 *   - Once the bound is reached nothing is allocated.
 */
import { type BlankChild, type Child, createChild } from "./child.ts";
import { childrenOf, columnsOf } from "./children-columns.ts";
import { OrderIndex } from "./order-index.ts";

export const ENDED_CHILDREN_MAX = 16_384;
/** Forgotten objects that are kept to be used again. More than work at once only come from a recovery, which makes all of its own. */
export const FREE_CHILDREN_MAX = 1024;

export class Children {
  /** Not ended, in no order that means anything. */
  readonly live: Child[] = [];
  readonly #byId = new OrderIndex();
  /** New ones are filed under their ids when an id is next asked for: not while an order is on its way to its venue. */
  readonly #unfiled: Child[] = [];
  #unfiledCount = 0;
  readonly #ended: Child[] = [];
  #endedAt = 0;
  readonly #free: BlankChild[] = [];

  get(clientOrderId: string): Child | undefined {
    this.#file();
    return this.#byId.get(clientOrderId);
  }

  /** A child to fill in and `add`. Its fields hold whatever they held before. */
  blank(): BlankChild {
    return this.#free.pop() ?? createChild();
  }

  add(child: Child): void {
    this.#unfiled[this.#unfiledCount++] = child;
    this.live.push(child);
  }

  /** What a snapshot keeps of it. */
  save() {
    return { live: columnsOf(this.live), ended: columnsOf(this.#ended), endedAt: this.#endedAt };
  }
  /** Into an empty one. */
  load({ live, ended, endedAt }: ReturnType<Children["save"]>): void {
    for (const child of childrenOf(live)) this.add(child);
    for (const child of childrenOf(ended)) {
      this.#byId.set(child.clientOrderId, child);
      this.#ended.push(child);
    }
    this.#endedAt = endedAt;
  }

  /** Out of the live list. It is still known, and still its route's. */
  end(child: Child): void {
    const { live } = this;
    const at = live.indexOf(child);
    if (at < 0) return;
    const last = live.pop()!;
    if (at < live.length) live[at] = last;
  }

  /** Ended, and no route counts it any more: remembered for a while, then its object is used again. */
  release(child: Child): void {
    if (this.#ended.length < ENDED_CHILDREN_MAX) {
      this.#ended.push(child);
      return;
    }
    const oldest = this.#ended[this.#endedAt]!;
    // What is filed after it was forgotten would never be taken out.
    this.#file();
    this.#byId.delete(oldest.clientOrderId);
    if (this.#free.length < FREE_CHILDREN_MAX) this.#free.push(oldest);
    this.#ended[this.#endedAt] = child;
    this.#endedAt = (this.#endedAt + 1) % ENDED_CHILDREN_MAX;
  }
  #file(): void {
    for (; this.#unfiledCount > 0; this.#unfiledCount--) {
      const child = this.#unfiled[this.#unfiledCount - 1]!;
      this.#byId.set(child.clientOrderId, child);
    }
  }
}
