/**
 * Kernels against their TypeScript twin: the same calls, the same bits. NaN equals NaN (its payload is no value).
 */
import { beforeAll, describe, expect, test } from "vitest";
import { portableKernels } from "../../assembly/twin.ts";
import { KERNEL_DATA_BYTES, KERNEL_DATA_OFFSET } from "../../src/memory/layout.ts";
import { createShared, type SharedMemory } from "../../src/memory/shared.ts";
import { compileKernels, instantiateKernels, type Kernels } from "../../src/wasm/kernels.ts";
import { ScratchArena } from "../support/scratch.ts";
import { Random } from "./random.ts";

const EDGES = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  0.65,
  0.85,
  1e-300,
  -1e-300,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1e16,
  -1e16,
  1e154,
  -1e154,
  1e300,
  -1e300,
  1.7976931348623157e308,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  2 ** 53,
  1 / 3,
  0.1,
  1 + 2 ** -52,
  1 - 2 ** -53,
];

let shared: SharedMemory;
let mirror: SharedMemory;
let kernels: Kernels;
let twin: Kernels;

beforeAll(() => {
  shared = createShared();
  mirror = createShared();
  kernels = instantiateKernels(compileKernels(), shared.memory);
  twin = portableKernels(mirror.memory);
});

/** Counts what must not be: results that differ, and results that are -0. */
class Tally {
  calls = 0;
  differences = 0;
  minusZeros = 0;
  first = "";

  add(name: string, wasm: number, typescript: number): void {
    this.calls++;
    if (Object.is(wasm, -0) || Object.is(typescript, -0)) this.minusZeros++;
    if (Object.is(wasm, typescript)) return;
    this.differences++;
    if (this.first === "") this.first = `${name} at call ${this.calls}: wasm ${wasm}, TypeScript ${typescript}`;
  }
}

function expectNone(tally: Tally, callsMin: number): void {
  expect(tally).toMatchObject({ differences: 0, minusZeros: 0, first: "" });
  expect(tally.calls).toBeGreaterThanOrEqual(callsMin);
}

describe("wasm equals TypeScript bit for bit", () => {
  test("1,000,000 calls of the pure kernels, a quarter of the arguments edge values", () => {
    const random = new Random(1);
    const value = () => (random.unit() < 0.25 ? random.pick(EDGES) : random.spread());
    const tally = new Tally();
    for (let i = 0; i < 200_000; i++) {
      const [a, b, c, d, e, f] = [value(), value(), value(), value(), value(), value()];
      const [g, h, k] = [random.unit(), random.unit(), random.unit()];
      const flag = i & 1;
      tally.add(
        "correctionNotional",
        kernels.correctionNotional(a, b, c, d, flag),
        twin.correctionNotional(a, b, c, d, flag),
      );
      tally.add("correctionPays", kernels.correctionPays(a, b, c, d, e, f), twin.correctionPays(a, b, c, d, e, f));
      tally.add("naturalLog", kernels.naturalLog(a), twin.naturalLog(a));
      tally.add("ewmaVariance", kernels.ewmaVariance(a, b, c), twin.ewmaVariance(a, b, c));
      tally.add(
        "linearIntensity",
        kernels.linearIntensity(g, h, k, 0.15, 0.05, k, g, h, d, e, 1.2, f),
        twin.linearIntensity(g, h, k, 0.15, 0.05, k, g, h, d, e, 1.2, f),
      );
    }
    expectNone(tally, 1_000_000);
  });

  test("300,000 pushes through rolling z-scores, and every word of their states", () => {
    const random = new Random(2);
    const tally = new Tally();
    for (const [window, pushes] of [
      [2, 40_000],
      [20, 60_000],
      [60, 60_000],
      [63, 40_000],
      [65, 40_000],
      [700, 40_000],
      [4096, 20_000],
    ] as const) {
      const state = stateFor(kernels.zscoreBytes(window));
      expect([kernels.zscoreReset(state, window), twin.zscoreReset(state, window)]).toEqual([1, 1]);
      const path = new Path(random);
      for (let i = 0; i < pushes; i++) {
        const value = path.next();
        tally.add(`zscorePush(${window})`, kernels.zscorePush(state, value), twin.zscorePush(state, value));
      }
      compareStates(tally, state, kernels.zscoreBytes(window));
    }
    expectNone(tally, 300_000);
  });

  test("200,000 pushes through rolling regressions, and every word of their states", () => {
    const random = new Random(3);
    const tally = new Tally();
    for (const [window, pushes] of [
      [3, 60_000],
      [20, 70_000],
      [64, 50_000],
      [500, 15_000],
      [4096, 5_000],
    ] as const) {
      const state = stateFor(kernels.olsBytes(window));
      expect([kernels.olsReset(state, window), twin.olsReset(state, window)]).toEqual([1, 1]);
      const [x, y] = [new Path(random), new Path(random)];
      for (let i = 0; i < pushes; i++) {
        const [valueX, valueY] = [x.next(), y.next()];
        tally.add(`olsPush(${window})`, kernels.olsPush(state, valueX, valueY), twin.olsPush(state, valueX, valueY));
      }
      compareStates(tally, state, kernels.olsBytes(window));
    }
    expectNone(tally, 200_000);
  });

  test("window sizes are accepted and refused alike", () => {
    for (const window of [-1, 0, 1, 2, 3, 4096, 4097, 2 ** 31 - 1]) {
      expect(kernels.zscoreBytes(window)).toBe(twin.zscoreBytes(window));
      expect(kernels.olsBytes(window)).toBe(twin.olsBytes(window));
    }
  });

  test("the control: a twin that adds in another order is caught", () => {
    const random = new Random(4);
    const tally = new Tally();
    for (let i = 0; i < 10_000; i++) {
      const [previous, ret] = [random.unit(), random.normal()];
      tally.add("reordered", kernels.ewmaVariance(previous, ret, 0.99), 0.99 * previous + (1 - 0.99) * (ret * ret));
    }
    expect(tally.differences).toBeGreaterThan(0);
  });
});

test("after all these calls the kernel-data region is what instantiation wrote: no mutable static data", () => {
  const fresh = createShared();
  instantiateKernels(compileKernels(), fresh.memory);
  const region = (from: SharedMemory) =>
    Buffer.from(from.bytes.slice(KERNEL_DATA_OFFSET, KERNEL_DATA_OFFSET + KERNEL_DATA_BYTES));
  expect(region(shared).equals(region(fresh))).toBe(true);
});

test("a second instance leaves the first one's windows alone", () => {
  const random = new Random(5);
  const state = stateFor(kernels.zscoreBytes(60));
  kernels.zscoreReset(state, 60);
  for (let i = 0; i < 100; i++) kernels.zscorePush(state, random.normal());
  const before = Buffer.from(shared.bytes.slice(state, state + kernels.zscoreBytes(60)));
  const second = instantiateKernels(compileKernels(), shared.memory);
  expect(Buffer.from(shared.bytes.slice(state, state + kernels.zscoreBytes(60))).equals(before)).toBe(true);
  expect(second.zscorePush(state, 1)).not.toBeNaN();
});

/** A random walk that now and then stands still, jumps, shrinks to nothing, overflows or is not a number. */
class Path {
  readonly #random: Random;
  #level = 11;
  #still = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): number {
    const random = this.#random;
    if (this.#still > 0) {
      this.#still--;
      return this.#level;
    }
    const kind = random.unit();
    if (kind < 0.001) this.#still = random.whole(1, 200);
    else if (kind < 0.002) return random.pick(EDGES);
    else if (kind < 0.003) return this.#level + random.spread();
    else this.#level += 0.001 * random.normal();
    return this.#level;
  }
}

let arenas: { shared: ScratchArena; mirror: ScratchArena } | undefined;

/** The same offset in both memories. */
function stateFor(bytes: number): number {
  arenas ??= { shared: new ScratchArena(shared, 0), mirror: new ScratchArena(mirror, 0) };
  const state = arenas.shared.allocate(bytes);
  expect(arenas.mirror.allocate(bytes)).toBe(state);
  return state;
}

function compareStates(tally: Tally, state: number, bytes: number): void {
  // The head starts with 24 bytes of integers; from there on it is f64.
  for (let at = state; at < state + 24; at += 4) {
    const [wasm, typescript] = [shared.i32[at / 4] as number, mirror.i32[at / 4] as number];
    if (wasm !== typescript) tally.add(`state word at ${at - state}`, wasm, typescript);
  }
  for (let at = state + 24; at < state + bytes; at += 8) {
    const [wasm, typescript] = [shared.f64[at / 8] as number, mirror.f64[at / 8] as number];
    // A stored -0 may be a value that was pushed: only differences count here.
    if (!Object.is(wasm, typescript)) tally.add(`state f64 at ${at - state}`, wasm, typescript);
  }
}
