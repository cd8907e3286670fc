/**
 * The kernels as plain TypeScript over the same memory: the oracle of the parity tests, and a place for breakpoints.
 *
 * Not part of the build: asc never sees this file, and the engine always runs the WebAssembly. Runs by type stripping.
 */
/// <reference path="./block.d.ts" />
import type { Kernels } from "../src/wasm/kernels.ts";
import type { Sha256Kernel } from "../src/wasm/sha256.ts";
import { KERNEL_DATA_OFFSET } from "../src/memory/layout.ts";
import { correctionNotional, correctionPays, ewmaVariance, linearIntensity } from "./hedge.ts";
import { naturalLog } from "./log.ts";
import { olsBytes, olsPush, olsReset } from "./ols.ts";
import { hmacSha256, hmacSha256Key, sha256, sha256Hex, sha256Setup } from "./sha256.ts";
import { zscoreBytes, zscorePush, zscoreReset } from "./zscore.ts";

export function portableKernels(memory: WebAssembly.Memory): Kernels {
  // One view, moved before each call: kernels take at most one state and keep none.
  const block = new BlockView(memory.buffer);
  return {
    zscoreBytes,
    zscoreReset: (state, window) => zscoreReset(block.at(state), window),
    zscorePush: (state, value) => zscorePush(block.at(state), value),
    olsBytes,
    olsReset: (state, window) => olsReset(block.at(state), window),
    olsPush: (state, x, y) => olsPush(block.at(state), x, y),
    correctionNotional,
    correctionPays,
    linearIntensity,
    ewmaVariance,
    naturalLog,
    heapBase: () => KERNEL_DATA_OFFSET,
  };
}

/** The kernel of a module of its own, over a memory of its own. */
export function portableSha256(memory: WebAssembly.Memory): Sha256Kernel {
  const block = new BlockView(memory.buffer);
  return {
    sha256Setup: (state) => sha256Setup(block.at(state)),
    sha256: (state, bytes) => sha256(block.at(state), bytes),
    sha256Hex: (state) => sha256Hex(block.at(state)),
    hmacSha256Key: (state, bytes) => hmacSha256Key(block.at(state), bytes),
    hmacSha256: (state, bytes) => hmacSha256(block.at(state), bytes),
  };
}

/** lib/block.ts for JavaScript. A state with f64 in it is aligned to 8. */
class BlockView implements Block {
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  #base = 0;

  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.#i32 = new Int32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }

  at(base: number): this {
    this.#base = base;
    return this;
  }

  getF64(offset: number): number {
    return this.#f64[(this.#base + offset) >> 3] as number;
  }

  setF64(offset: number, value: number): void {
    this.#f64[(this.#base + offset) >> 3] = value;
  }

  getI32(offset: number): number {
    return this.#i32[(this.#base + offset) >> 2] as number;
  }

  setI32(offset: number, value: number): void {
    this.#i32[(this.#base + offset) >> 2] = value;
  }
}
