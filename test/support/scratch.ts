/** Scratch arena: where a test or bench puts the kernels' rolling windows, in the shared memory's region for them. */
import { assert } from "../../src/domain/units.ts";
import { CACHE_PAIR_BYTES, SCRATCH_BYTES, SCRATCH_COUNT, scratchOffset } from "../../src/memory/layout.ts";
import type { SharedMemory } from "../../src/memory/shared.ts";

export class ScratchArena {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #next: number;

  constructor(shared: SharedMemory, lane: number) {
    assert(lane >= 0 && lane < SCRATCH_COUNT, `lane ${lane} is outside 0..${SCRATCH_COUNT - 1}`);
    this.#bytes = shared.bytes;
    this.#next = scratchOffset(lane);
    this.#end = this.#next + SCRATCH_BYTES;
  }

  /** Byte offset of `bytes` zeroed bytes, aligned to 128. */
  allocate(bytes: number): number {
    const offset = this.#next;
    this.#next += Math.ceil(bytes / CACHE_PAIR_BYTES) * CACHE_PAIR_BYTES;
    assert(this.#next <= this.#end, `${bytes} bytes asked, ${this.#end - offset} left`);
    this.#bytes.fill(0, offset, this.#next);
    return offset;
  }
}
