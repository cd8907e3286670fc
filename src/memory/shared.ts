/**
 * Shared memory: one fixed WebAssembly.Memory that every thread and every kernel instance views without copies.
 *
 * `createShared` formats the bytes once, on the main thread; the `WebAssembly.Memory` then travels in `workerData`, and
 * `openShared` attaches to it. Views are made once per thread: the memory never grows, so they never go stale.
 */
import {
  HEADER_MAGIC_OFFSET,
  HEADER_MEMORY_BYTES_OFFSET,
  HEADER_VERSION_OFFSET,
  LAYOUT_MAGIC,
  LAYOUT_VERSION,
  MEMORY_BYTES,
  MEMORY_PAGES,
  WORD_BYTES,
} from "./layout.ts";

export interface SharedMemory {
  readonly memory: WebAssembly.Memory;
  /** The same bytes as signed words: index = offset / 4. Everything that two threads touch goes through Atomics. */
  readonly i32: Int32Array;
  /** For log positions, which are aligned i64. */
  readonly i64: BigInt64Array;
  readonly f64: Float64Array;
  readonly bytes: Uint8Array;
}

/** Why a memory cannot be opened: it was formatted by another build, or never. */
export class LayoutMismatch extends Error {
  override readonly name = "LayoutMismatch";
  readonly code = "LAYOUT_MISMATCH";
  readonly field: "shared" | "byteLength" | "magic" | "version" | "memoryBytes";
  readonly found: number;
  readonly expected: number;

  constructor(field: LayoutMismatch["field"], found: number, expected: number) {
    super(`shared memory was not formatted by this build: ${field} is ${found}, expected ${expected}`);
    this.field = field;
    this.found = found;
    this.expected = expected;
  }
}

/** Allocates and formats. 32 MiB of address space; pages become resident as they are touched. */
export function createShared(): SharedMemory {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const shared = viewsOf(memory);
  Atomics.store(shared.i32, HEADER_MEMORY_BYTES_OFFSET / WORD_BYTES, MEMORY_BYTES);
  Atomics.store(shared.i32, HEADER_VERSION_OFFSET / WORD_BYTES, LAYOUT_VERSION);
  // Last: a memory with the magic is completely formatted.
  Atomics.store(shared.i32, HEADER_MAGIC_OFFSET / WORD_BYTES, LAYOUT_MAGIC);
  return shared;
}

/** Attaches to a memory made by `createShared` of the same build. Throws `LayoutMismatch` on any other. */
export function openShared(memory: WebAssembly.Memory): SharedMemory {
  if (!(memory.buffer instanceof SharedArrayBuffer)) throw new LayoutMismatch("shared", 0, 1);
  if (memory.buffer.byteLength !== MEMORY_BYTES) {
    throw new LayoutMismatch("byteLength", memory.buffer.byteLength, MEMORY_BYTES);
  }
  const shared = viewsOf(memory);
  expectWord(shared, "magic", HEADER_MAGIC_OFFSET, LAYOUT_MAGIC);
  expectWord(shared, "version", HEADER_VERSION_OFFSET, LAYOUT_VERSION);
  expectWord(shared, "memoryBytes", HEADER_MEMORY_BYTES_OFFSET, MEMORY_BYTES);
  return shared;
}

function expectWord(shared: SharedMemory, field: LayoutMismatch["field"], offset: number, expected: number): void {
  const found = Atomics.load(shared.i32, offset / WORD_BYTES);
  if (found !== expected) throw new LayoutMismatch(field, found, expected);
}

function viewsOf(memory: WebAssembly.Memory): SharedMemory {
  const buffer = memory.buffer;
  return {
    memory,
    i32: new Int32Array(buffer),
    i64: new BigInt64Array(buffer),
    f64: new Float64Array(buffer),
    bytes: new Uint8Array(buffer),
  };
}
