/**
 * Runtime of the statistics: one WebAssembly instance per thread, made on first use, and the arena that the kernels work in.
 *
 * `compute` is the only door: what a computation reserved is released when it ends, also by a throw, so an arena is empty between
 * calls. Memory grows to the largest sample seen and stays there (WebAssembly memory does not shrink), up to MEMORY_BYTES_MAX.
 * What lives longer than a call, the states of streams, lies in an instance of its own: `resident`.
 * Nothing here is shared between threads, and this file does no arithmetic.
 */
import { assert } from "../domain/units.ts";
import { readBinary } from "../wasm/binary.ts";
import { StatsError } from "./error.ts";
import { type Reals, STATS_KERNEL_NAMES, type StatsKernels } from "./kernels.ts";
import { Resident } from "./resident.ts";

/** A sample: a Float64Array is copied in one move, an array number by number. */
export type Sample = Float64Array | readonly number[];

/** Runs `use` with the kernels and an arena whose reservations end with the call. May be nested. */
export function compute<Result>(use: (kernels: StatsKernels, arena: Arena) => Result): Result {
  runtime ??= start();
  const { kernels, arena } = runtime;
  const mark = arena.mark();
  try {
    return use(kernels, arena);
  } finally {
    arena.release(mark);
  }
}

/** The memory of streams. */
export function resident(): Resident {
  runtime ??= start();
  runtime.resident ??= new Resident(instantiate(runtime.module), MEMORY_BYTES_MAX);
  return runtime.resident;
}

/** Most that samples and working space of one call may take together: 1 GiB. */
export const MEMORY_BYTES_MAX = 16_384 * 65_536;

/** Per thread, as every module variable is; it holds no data between calls, so it is not state anyone could observe. */
let runtime: Runtime | undefined;

interface Runtime {
  readonly kernels: StatsKernels;
  readonly arena: Arena;
  readonly module: WebAssembly.Module;
  resident: Resident | undefined;
}

function start(): Runtime {
  const module = new WebAssembly.Module(readBinary("stats"));
  const { memory, kernels } = instantiate(module);
  return { kernels, arena: new Arena(memory, kernels), module, resident: undefined };
}

function instantiate(module: WebAssembly.Module): { memory: WebAssembly.Memory; kernels: StatsKernels } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MEMORY_BYTES_MAX / PAGE_BYTES });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  for (const name of STATS_KERNEL_NAMES) {
    assert(typeof exports[name] === "function", `stats.wasm has no ${name}: rebuild it`);
  }
  return { memory, kernels: exports as unknown as StatsKernels };
}

const PAGE_BYTES = 65_536;

/** A stack of vectors in the kernels' memory. Addresses are multiples of 16, so that a pair never straddles a cache line. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: StatsKernels;
  #values: Float64Array;
  #top: number;

  constructor(memory: WebAssembly.Memory, kernels: StatsKernels) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#values = new Float64Array(memory.buffer);
    this.#top = align(kernels.heapBase());
  }

  mark(): number {
    return this.#top;
  }

  release(mark: number): void {
    this.#top = mark;
  }

  /** Room for `count` values. Not cleared: it holds what an earlier call left. */
  reserve(count: number): Reals {
    const at = this.#top;
    const end = align(at + count * 8);
    if (end > this.#memory.buffer.byteLength) this.#grow(end);
    this.#top = end;
    return at;
  }

  /** A copy of the sample. NOT_FINITE, with the index, when a value is none. `field` is the argument's name. */
  copyIn(sample: Sample, field: string): Reals {
    const at = this.reserve(sample.length);
    this.copyTo(at, sample, field);
    return at;
  }

  /** copyIn to an address that was reserved before, as for the columns of a matrix. */
  copyTo(at: Reals, sample: Sample, field: string): void {
    this.#values.set(sample, at >> 3);
    const index = this.#kernels.firstNotFinite(at, sample.length);
    if (index >= 0) throw new StatsError("NOT_FINITE", `${field}[${index}]`, `is ${sample[index]}`, sample[index]);
  }

  /** A copy that outlives the call. */
  copyOut(at: Reals, count: number): Float64Array {
    return this.#values.slice(at >> 3, (at >> 3) + count);
  }

  /** The vector itself, for loops that write it. Holds until the next reservation, which may move the memory. */
  view(at: Reals, count: number): Float64Array {
    return this.#values.subarray(at >> 3, (at >> 3) + count);
  }

  read(at: Reals, index = 0): number {
    return this.#values[(at >> 3) + index] as number;
  }

  write(at: Reals, index: number, value: number): void {
    this.#values[(at >> 3) + index] = value;
  }

  #grow(end: number): void {
    if (end > MEMORY_BYTES_MAX) {
      throw new StatsError(
        "TOO_LARGE",
        "sample",
        `needs ${end} bytes, ${MEMORY_BYTES_MAX} is the most`,
        end,
        MEMORY_BYTES_MAX,
      );
    }
    this.#memory.grow(Math.ceil((end - this.#memory.buffer.byteLength) / PAGE_BYTES));
    this.#values = new Float64Array(this.#memory.buffer);
  }
}

function align(address: number): number {
  return Math.ceil(address / 16) * 16;
}
