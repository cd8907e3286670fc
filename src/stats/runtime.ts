/**
 * Runtime of the statistics: WebAssembly instances of this thread, made when first needed, and the arenas that kernels work in.
 *
 * `compute` and `computeInSlices` are the only doors. Each computation has an instance and a memory to itself until it ends, also by
 * a throw, so any number of sliced ones may take turns; what it reserved is released then. A memory grows to the largest sample it
 * saw and stays there (WebAssembly memory does not shrink), up to MEMORY_BYTES_MAX; at most IDLE_MAX of them are kept.
 * What lives longer than a call, the states of streams, lies in an instance of its own: `resident`.
 * Nothing here is shared between threads, and this file does no arithmetic.
 */
import { assert } from "../domain/units.ts";
import { readBinary } from "../wasm/binary.ts";
import { StatsError } from "./error.ts";
import { type Reals, STATS_KERNEL_NAMES, type StatsKernels } from "./kernels.ts";
import { Resident } from "./resident.ts";
import { Meter, type Slices } from "./sliced.ts";

/** A sample: a Float64Array is copied in one move, an array number by number. */
export type Sample = Float64Array | readonly number[];

/** What a computation works with. */
export interface Work {
  readonly kernels: StatsKernels;
  readonly arena: Arena;
  readonly meter: Meter;
}

/** Runs `use` with the kernels and an arena whose reservations end with the call. May be nested. */
export function compute<Result>(use: (kernels: StatsKernels, arena: Arena) => Result): Result {
  const work = IDLE.pop() ?? start();
  try {
    return use(work.kernels, work.arena);
  } finally {
    giveBack(work);
  }
}

/** The same for a computation that rests between slices; one that is given up must be told so (`slices.return()`) or collected. */
export function* computeInSlices<Result>(use: (work: Work) => Slices<Result>): Slices<Result> {
  const work = IDLE.pop() ?? start();
  try {
    return yield* use(work);
  } finally {
    giveBack(work);
  }
}

/** The memory of streams. */
export function resident(): Resident {
  streams ??= new Resident(instantiate(), MEMORY_BYTES_MAX);
  return streams;
}

/** Most that samples and working space of one call may take together: 1 GiB. */
const MEMORY_BYTES_MAX = 16_384 * 65_536;

/** Memories that wait for the next computation: one, and one for what runs in its pauses. */
const IDLE_MAX = 2;

/** Per thread, as every module variable is; they hold no data between calls, so this is not state anyone could observe. */
const IDLE: Work[] = [];
let compiled: WebAssembly.Module | undefined;
let streams: Resident | undefined;

function giveBack(work: Work): void {
  work.arena.clear();
  if (IDLE.length < IDLE_MAX) IDLE.push(work);
}

function start(): Work {
  const { memory, kernels } = instantiate();
  return { kernels, arena: new Arena(memory, kernels), meter: new Meter() };
}

function instantiate(): { readonly memory: WebAssembly.Memory; readonly kernels: StatsKernels } {
  compiled ??= new WebAssembly.Module(readBinary("stats"));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MEMORY_BYTES_MAX / PAGE_BYTES });
  const exports = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
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
  /** Of the memory. Kept, because asking the memory's buffer takes as long as copying a hundred values. */
  #bytes: number;
  readonly #base: number;
  #top: number;

  constructor(memory: WebAssembly.Memory, kernels: StatsKernels) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#values = new Float64Array(memory.buffer);
    this.#bytes = memory.buffer.byteLength;
    this.#base = align(kernels.heapBase());
    this.#top = this.#base;
  }

  /** Releases every reservation. */
  clear(): void {
    this.#top = this.#base;
  }

  /** Room for `count` values. Not cleared: it holds what an earlier call left. */
  reserve(count: number): Reals {
    const at = this.#top;
    const end = align(at + count * 8);
    if (end > this.#bytes) this.#grow(end);
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
    this.copyRange(at, sample, 0, sample.length, field);
  }

  /** copyTo for elements from..to - 1 alone; `at` is where element 0 goes. */
  copyRange(at: Reals, sample: Sample, from: number, to: number, field: string): void {
    this.copyUnchecked(at, sample, from, to);
    const found = this.#kernels.firstNotFinite(at + from * 8, to - from);
    if (found < 0) return;
    const index = from + found;
    throw new StatsError("NOT_FINITE", `${field}[${index}]`, `is ${sample[index]}`, sample[index]);
  }

  /** For a caller that sees from its result whether all values were finite. */
  copyUnchecked(at: Reals, sample: Sample, from: number, to: number): void {
    if (from === 0 && to === sample.length) this.#values.set(sample, at >> 3);
    else
      this.#values.set(
        sample instanceof Float64Array ? sample.subarray(from, to) : sample.slice(from, to),
        (at >> 3) + from,
      );
  }

  /** A copy that outlives the call. */
  copyOut(at: Reals, count: number): Float64Array {
    return this.#values.slice(at >> 3, (at >> 3) + count);
  }

  /** The same as a list. */
  numbers(at: Reals, count: number): number[] {
    const list: number[] = [];
    for (let index = 0; index < count; index++) list.push(this.read(at, index));
    return list;
  }

  /** The vector itself, for loops that write it. Holds until the next reservation, which may move the memory. */
  view(at: Reals, count: number): Float64Array {
    return this.#values.subarray(at >> 3, (at >> 3) + count);
  }

  fill(at: Reals, count: number, value: number): void {
    this.#values.fill(value, at >> 3, (at >> 3) + count);
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
    this.#memory.grow(Math.ceil((end - this.#bytes) / PAGE_BYTES));
    this.#values = new Float64Array(this.#memory.buffer);
    this.#bytes = this.#memory.buffer.byteLength;
  }
}

function align(address: number): number {
  // Not by bits: an address beyond memory's end must not wrap around.
  return Math.ceil(address / 16) * 16;
}
