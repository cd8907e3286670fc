/**
 * Scratch arena: where a lane keeps the kernels' rolling windows. Handed out front to back, never given back: a lane takes what its
 * configuration needs at start-up, and its successor starts again from an empty arena.
 */
import { assert } from "../domain/units.ts";
import { CACHE_PAIR_BYTES, SCRATCH_BYTES, SCRATCH_COUNT, scratchOffset } from "./layout.ts";
import type { SharedMemory } from "./shared.ts";

/** The arena is full: the configuration asks for more windows than a lane has room for. */
export class ScratchExhausted extends Error {
  override readonly name = "ScratchExhausted";
  readonly code = "SCRATCH_EXHAUSTED";
  readonly bytesAsked: number;
  readonly bytesLeft: number;

  constructor(bytesAsked: number, bytesLeft: number) {
    super(`kernel scratch: ${bytesAsked} bytes asked, ${bytesLeft} of ${SCRATCH_BYTES} left in this lane`);
    this.bytesAsked = bytesAsked;
    this.bytesLeft = bytesLeft;
  }
}

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
    assert(Number.isInteger(bytes) && bytes > 0, `cannot allocate ${bytes} bytes`);
    const rounded = Math.ceil(bytes / CACHE_PAIR_BYTES) * CACHE_PAIR_BYTES;
    if (rounded > this.#end - this.#next) throw new ScratchExhausted(bytes, this.#end - this.#next);
    const offset = this.#next;
    this.#next += rounded;
    this.#bytes.fill(0, offset, this.#next);
    return offset;
  }
}
