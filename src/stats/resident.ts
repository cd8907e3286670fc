/**
 * Resident memory: where the states of streams lie between their ticks, in an instance that no sample shares.
 *
 * Invariants
 *   - A lease belongs to one owner and ends when the owner ends it or has been collected: its bytes then serve the next lease of
 *     that size.
 *   - Addresses never move. Memory only grows, up to the limit; then a lease is refused with TOO_LARGE.
 *
 * Collection takes a turn of the event loop, so what one turn creates and drops is not yet free for others.
 */
import { StatsError } from "./error.ts";
import type { Reals, StatsKernels } from "./kernels.ts";

export interface Lease {
  readonly at: Reals;
  /** In f64. */
  readonly size: number;
}

export class Resident {
  readonly kernels: StatsKernels;
  readonly #memory: WebAssembly.Memory;
  readonly #bytesMax: number;
  /** By size: addresses that are free again. */
  readonly #free = new Map<number, Reals[]>();
  readonly #ended = new FinalizationRegistry<Lease>((lease) => this.#release(lease));
  #values: Float64Array;
  #top: number;

  constructor(instance: { readonly memory: WebAssembly.Memory; readonly kernels: StatsKernels }, bytesMax: number) {
    this.kernels = instance.kernels;
    this.#memory = instance.memory;
    this.#bytesMax = bytesMax;
    this.#values = new Float64Array(this.#memory.buffer);
    this.#top = Math.ceil(this.kernels.heapBase() / LINE_BYTES) * LINE_BYTES;
  }

  /** Room for `count` values. Not cleared. Starts on a cache line. */
  lease(owner: object, count: number): Lease {
    const size = sizeFor(count);
    const at = this.#free.get(size)?.pop() ?? this.#extend(size);
    const lease = { at, size };
    this.#ended.register(owner, lease, lease);
    return lease;
  }

  end(lease: Lease): void {
    if (this.#ended.unregister(lease)) this.#release(lease);
  }

  read(at: Reals, index: number): number {
    return this.#values[(at >> 3) + index] as number;
  }

  write(at: Reals, index: number, value: number): void {
    this.#values[(at >> 3) + index] = value;
  }

  /** The values themselves. Holds until the next lease, which may grow the memory. */
  view(at: Reals, count: number): Float64Array {
    return this.#values.subarray(at >> 3, (at >> 3) + count);
  }

  #release({ at, size }: Lease): void {
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [at]);
    else free.push(at);
  }

  #extend(count: number): Reals {
    const at = this.#top;
    const end = at + count * 8;
    if (end > this.#bytesMax) {
      throw new StatsError("TOO_LARGE", "window", `needs ${end} bytes with the other streams`, end, this.#bytesMax);
    }
    const bytes = this.#memory.buffer.byteLength;
    if (end > bytes) {
      this.#memory.grow(
        Math.min(Math.ceil((end - bytes) / GROWTH_BYTES) * GROWTH_BYTES, this.#bytesMax - bytes) / PAGE_BYTES,
      );
      this.#values = new Float64Array(this.#memory.buffer);
    }
    this.#top = end;
    return at;
  }
}

const PAGE_BYTES = 65_536;
const GROWTH_BYTES = 16 * PAGE_BYTES;
const LINE_BYTES = 64;

/** A multiple of 8 and of at least an eighth of itself, so that there are few sizes and little waste. */
function sizeFor(count: number): number {
  const step = 2 ** Math.max(3, Math.floor(Math.log2(count)) - 3);
  return Math.ceil(count / step) * step;
}
