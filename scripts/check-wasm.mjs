/**
 * Build check of the kernels: what a module brings along must fit the memory it works on.
 *
 * Every instantiation writes the module's data segments over the shared bytes again, so they may lie in the kernel-data region
 * only; and a kernel that allocates, keeps state of its own or calls out would not survive its thread. Reads the binary itself.
 *
 *   node scripts/check-wasm.mjs [dist/kernels.wasm [dist/sha256.wasm]]
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as layout from "../src/memory/layout.ts";
import { SHA256_STATE_BYTES } from "../src/wasm/sha256-state.ts";

/** The shared memory: data in the kernel-data region only. */
export const KERNELS_FIT = {
  shared: true,
  pages: layout.MEMORY_PAGES,
  dataFrom: layout.KERNEL_DATA_OFFSET,
  dataEnd: layout.KERNEL_DATA_OFFSET + layout.KERNEL_DATA_BYTES,
};

/** A memory of its own that is all state: no data at all, and never shared, because midstates are secrets. */
export const SHA256_FIT = {
  shared: false,
  pages: SHA256_STATE_BYTES / layout.WASM_PAGE_BYTES,
  dataFrom: 0,
  dataEnd: 0,
};

/** What is wrong with the module, one sentence each; empty when it fits. */
export function wasmProblems(bytes, fit = KERNELS_FIT) {
  const problems = [];
  const { dataFrom: from, dataEnd: end } = fit;
  const region = end > from ? `the kernel-data region ${from}..${end - 1}` : "a module that may have none";
  const module = readModule(bytes);

  for (const { module: space, name } of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) {
    if (`${space}.${name}` !== "env.memory")
      problems.push(`imports ${space}.${name}: a kernel calls nothing outside itself`);
  }
  if (module.memory === undefined) problems.push("imports no memory: the kernels must work on the shared one");
  else if (
    module.memory.shared !== fit.shared ||
    module.memory.initial !== fit.pages ||
    module.memory.maximum !== fit.pages
  ) {
    problems.push(
      `declares memory ${JSON.stringify(module.memory)}, its memory has ${fit.pages} ${fit.shared ? "shared" : "private"} pages`,
    );
  }
  for (const index of module.mutableGlobals) {
    problems.push(`global ${index} is mutable: kernels keep no state outside the shared memory, and do not allocate`);
  }
  for (const [index, segment] of module.dataSegments.entries()) {
    if (segment.offset === undefined) problems.push(`data segment ${index} has no constant offset`);
    else if (segment.offset < from || segment.offset + segment.bytes > end) {
      problems.push(
        `data segment ${index} at ${segment.offset}..${segment.offset + segment.bytes - 1} leaves ${region}`,
      );
    }
  }
  // Without data and without an allocator nothing can lie behind the base.
  if (problems.length > 0 || end === from) return problems;

  const memory = new WebAssembly.Memory({ initial: fit.pages, maximum: fit.pages, shared: fit.shared });
  const { heapBase } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  if (typeof heapBase !== "function") problems.push("exports no heapBase()");
  else if (heapBase() < from || heapBase() > end) problems.push(`__heap_base ${heapBase()} leaves ${region}`);
  return problems;
}

/** The parts of a WebAssembly binary that matter here: imported memory, mutable globals, data segments. */
function readModule(bytes) {
  const reader = new Reader(bytes);
  reader.skip(8);
  const module = { memory: undefined, mutableGlobals: [], dataSegments: [] };
  while (reader.more()) {
    const section = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (section === 2) readImports(reader, module);
    else if (section === 6) readGlobals(reader, module);
    else if (section === 11) readData(reader, module);
    reader.at = end;
  }
  return module;
}

function readImports(reader, module) {
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.skip(reader.unsigned());
    reader.skip(reader.unsigned());
    const kind = reader.byte();
    if (kind === 0) reader.unsigned();
    else if (kind === 1) {
      reader.byte();
      readLimits(reader);
    } else if (kind === 2) module.memory = readLimits(reader);
    else if (kind === 3) {
      reader.byte();
      if (reader.byte() === 1) module.mutableGlobals.push("imported");
    } else throw new Error(`import kind ${kind} is not known to check-wasm`);
  }
}

function readLimits(reader) {
  const flags = reader.byte();
  const initial = reader.unsigned();
  return { shared: (flags & 2) !== 0, initial, maximum: (flags & 1) !== 0 ? reader.unsigned() : undefined };
}

function readGlobals(reader, module) {
  const count = reader.unsigned();
  for (let index = 0; index < count; index++) {
    reader.byte();
    if (reader.byte() === 1) module.mutableGlobals.push(index);
    readConstant(reader);
  }
}

function readData(reader, module) {
  for (let left = reader.unsigned(); left > 0; left--) {
    const kind = reader.unsigned();
    if (kind === 2) reader.unsigned();
    const offset = kind === 1 ? undefined : readConstant(reader);
    const bytes = reader.unsigned();
    module.dataSegments.push({ offset, bytes });
    reader.skip(bytes);
  }
}

/** Value of an i32.const initialiser; undefined for any other constant expression. */
function readConstant(reader) {
  const opcode = reader.byte();
  let value;
  if (opcode === 0x41) value = reader.signed();
  else if (opcode === 0x42) reader.signed();
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else if (opcode === 0x23) reader.unsigned();
  else if (opcode === 0xfd && reader.unsigned() === 12) reader.skip(16);
  else throw new Error(`initialiser opcode 0x${opcode.toString(16)} is not known to check-wasm`);
  if (reader.byte() !== 0x0b) throw new Error("initialiser is longer than one constant");
  return value;
}

class Reader {
  #bytes;
  at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  more() {
    return this.at < this.#bytes.length;
  }

  skip(count) {
    this.at += count;
  }

  byte() {
    if (!this.more()) throw new Error("the module ends early");
    return this.#bytes[this.at++];
  }

  unsigned() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  signed() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = (name) => fileURLToPath(new URL(`../dist/${name}.wasm`, import.meta.url));
  for (const [path, fit] of [
    [process.argv[2] ?? built("kernels"), KERNELS_FIT],
    [process.argv[3] ?? built("sha256"), SHA256_FIT],
  ]) {
    const problems = wasmProblems(readFileSync(path), fit);
    for (const problem of problems) console.error(`${path}: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}
