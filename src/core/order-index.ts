/**
 * Order index: children by their client order id. A `Map` would do but for its price: an insertion of a text it has not seen
 * and a lookup in 16,000 of them cost a decision with two orders a tenth of its time, and it copies itself every so often.
 *
 * Open addressing with linear probing. What is deleted closes its gap, so nothing but growth ever moves the table; growth stops
 * at twice the most there has been. Allocates nothing else.
 */
import type { Child } from "./child.ts";

const CAPACITY_MIN = 1024;

export class OrderIndex {
  #children: (Child | undefined)[] = new Array<Child | undefined>(CAPACITY_MIN).fill(undefined);
  /** Of the id of the child at the same place, so that other ids are seldom looked at; EMPTY where none is. */
  #hashes = new Int32Array(CAPACITY_MIN);
  #size = 0;

  get(id: string): Child | undefined {
    return this.#children[this.#find(id, hashOf(id))];
  }

  /** `id` is the child's own. */
  set(id: string, child: Child): void {
    if (2 * (this.#size + 1) > this.#hashes.length) this.#grow();
    const hash = hashOf(id);
    const at = this.#find(id, hash);
    if (this.#hashes[at] === EMPTY) this.#size++;
    this.#children[at] = child;
    this.#hashes[at] = hash;
  }

  delete(id: string): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let gap = this.#find(id, hashOf(id));
    if (hashes[gap] === EMPTY) return;
    this.#size--;
    // Whatever behind the gap was pushed there by what is gone moves up.
    for (let at = (gap + 1) & mask; hashes[at] !== EMPTY; at = (at + 1) & mask) {
      const home = hashes[at]! & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#children[gap] = this.#children[at];
      hashes[gap] = hashes[at]!;
      gap = at;
    }
    this.#children[gap] = undefined;
    hashes[gap] = EMPTY;
  }

  /** Where the id is, or would go. */
  #find(id: string, hash: number): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let at = hash & mask;
    for (; ; at = (at + 1) & mask) {
      const known = hashes[at]!;
      if (known === EMPTY || (known === hash && this.#children[at]!.clientOrderId === id)) return at;
    }
  }

  #grow(): void {
    const children = this.#children;
    this.#children = new Array<Child | undefined>(2 * children.length).fill(undefined);
    this.#hashes = new Int32Array(2 * children.length);
    this.#size = 0;
    for (const child of children) if (child !== undefined) this.set(child.clientOrderId, child);
  }
}

/** No id has it. */
const EMPTY = 0;

/**
 * Of every other character: one costs as much as the rest of a step, half of a digest tells causes apart as well as the whole,
 * and of each number behind it the lowest digit is among them.
 */
function hashOf(id: string): number {
  let hash = 0;
  for (let i = 1; i < id.length; i += 2) hash = Math.imul(hash ^ id.charCodeAt(i), 0x9e3779b1);
  return hash ^ (hash >>> 15) || 1;
}
