/**
 * Kernels as TypeScript sees them: compiled once per process, instantiated once per thread over the shared memory.
 *
 * States live where the caller put them (a lane's scratch in `memory/layout.ts`) and are named by byte offset; results beyond the returned one are
 * read from the state with the offsets of window-state.ts.
 * No kernel allocates, calls out or keeps state of its own, so a thread that dies leaves nothing behind but its windows.
 */
import type { CoreKernels } from "../core/config.ts";
import { assert } from "../domain/units.ts";
import { binaryPath, readBinary } from "./binary.ts";

/** Units, formulas and sources are written at the functions of the same name in assembly/. Flags and verdicts are 0 or 1. */
export interface Kernels extends CoreKernels {
  /** Bytes of state for a window of 2..4096; -1 outside. */
  zscoreBytes(window: number): number;
  zscoreReset(state: number, window: number): number;
  zscorePush(state: number, value: number): number;
  /** Bytes of state for a window of 3..4096; -1 outside. */
  olsBytes(window: number): number;
  olsReset(state: number, window: number): number;
  olsPush(state: number, x: number, y: number): number;
  /** First byte behind the module's own data. */
  heapBase(): number;
}

export const KERNELS_PATH = binaryPath("kernels");

/** Compiles the kernels. Hand the module to workers: it is shared by structured clone, not compiled again. */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readBinary("kernels"));
}

/** One instance over `memory`. Writes the module's data segments into the kernel-data region, the same bytes every time. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  for (const name of KERNEL_NAMES)
    assert(typeof exports[name] === "function", `kernels.wasm has no ${name}: rebuild it`);
  return exports as unknown as Kernels;
}

const KERNEL_NAMES: readonly (keyof Kernels)[] = [
  "zscoreBytes",
  "zscoreReset",
  "zscorePush",
  "olsBytes",
  "olsReset",
  "olsPush",
  "correctionNotional",
  "correctionPays",
  "linearIntensity",
  "ewmaVariance",
  "naturalLog",
  "heapBase",
];
