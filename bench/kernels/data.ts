/** What cases are made of: their form, their data from fixed seeds, and kernels on memory of their own. */

import { createShared } from "../../src/memory/shared.ts";
import { createPrng } from "../../src/sim/prng.ts";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { Arena } from "../../src/stats/runtime.ts";
import { readBinary } from "../../src/wasm/binary.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";
import { ScratchArena } from "../../test/support/scratch.ts";

export interface Side {
  readonly name: string;
  /** The whole operation, once; returns a number that depends on all of its result. */
  run(): number;
  /** What `run` returns where the side computes less than the others, as a library without standard errors. */
  readonly expected?: number;
}

export interface Case {
  /** Of the case, and of its kernel in serve.c. */
  readonly name: string;
  /** One line for the report: sizes and what is computed. */
  readonly what: string;
  /** Units of work in one run: ticks where the row is per tick. */
  readonly units: number;
  readonly data: Data;
  readonly sides: readonly [Side, ...Side[]];
}

/** What the C side reads: see Input in kernels.h. */
export interface Data {
  readonly rows: number;
  readonly columns: number;
  readonly parameter: number;
  readonly values: Float64Array;
}

/** Like a log price: about 10, steps of a thousandth. */
export function walk(seed: number, points: number): Float64Array {
  const prng = createPrng(seed);
  let level = 10;
  return Float64Array.from({ length: points }, () => {
    level += (prng.float() - 0.5) * 2e-3;
    return level;
  });
}

/** Returns of instruments that have a market in common. */
export function returns(instruments: number, points: number): Float64Array[] {
  const prng = createPrng(9);
  const market = Float64Array.from({ length: points }, () => prng.float() - 0.5);
  return Array.from({ length: instruments }, () => market.map((value) => 0.6 * value + prng.float() - 0.5));
}

export function engineKernels() {
  const shared = createShared();
  const arena = new ScratchArena(shared, 0);
  return { kernels: instantiateKernels(compileKernels(), shared.memory), allocate: (n: number) => arena.allocate(n) };
}

export function statsKernels(): { readonly kernels: StatsKernels; readonly arena: Arena } {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
  const module = new WebAssembly.Module(readBinary("stats"));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as StatsKernels;
  return { kernels, arena: new Arena(memory, kernels) };
}

export function joined(parts: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(total(parts.map(({ length }) => length)));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

export const sumOf = (matrix: readonly (readonly number[])[]): number => total(matrix.map(total));

export function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
