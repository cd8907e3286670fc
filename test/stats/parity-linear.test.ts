/** Linear statistics kernels against their TypeScript twin: the same calls on the same bytes, the same bits everywhere after. */
import { beforeAll, describe, expect, test } from "vitest";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { leastSquares } from "../../src/stats/least-squares.ts";
import { factor } from "../../src/stats/qr.ts";
import { Arena, type Work } from "../../src/stats/runtime.ts";
import { drain, Meter } from "../../src/stats/sliced.ts";
import { Random } from "../wasm/random.ts";
import { kernelTwins } from "./twins.ts";

const BYTES = 4 * 65_536;
const BASE = 4096;

let wasm: StatsKernels;
let twin: StatsKernels;
let left: Float64Array;
let right: Float64Array;

beforeAll(() => {
  const twins = kernelTwins(BYTES / 65_536);
  ({ wasm, twin } = twins);
  const [one, other] = twins.memories;
  [left, right] = [new Float64Array(one.buffer), new Float64Array(other.buffer)];
});

/** Fills `span` values of both memories alike, runs the call on both, compares the results and those values. */
function same(
  seed: number,
  span: number,
  fill: (random: Random) => number,
  call: (kernels: StatsKernels) => unknown,
): unknown {
  const random = new Random(seed);
  const end = BASE / 8 + span;
  for (let at = BASE / 8; at < end; at++) left[at] = fill(random);
  right.set(left.subarray(BASE / 8, end), BASE / 8);
  const found = call(wasm);
  const expected = call(twin);
  expect(Object.is(found, expected), `seed ${seed}: wasm ${found}, TypeScript ${expected}`).toBe(true);
  const [a, b] = [new BigUint64Array(left.buffer), new BigUint64Array(right.buffer)];
  for (let at = BASE / 8; at < end; at++) {
    if (a[at] === b[at] || (Number.isNaN(left[at]) && Number.isNaN(right[at]))) continue;
    throw new Error(`seed ${seed}: value ${at - BASE / 8} is ${left[at]} in wasm, ${right[at]} in TypeScript`);
  }
  return found;
}

type Five = [number, number, number, number, number];

/** For drivers that reserve: their vectors lie from that index on. */
function workAbove(kernels: StatsKernels, index: number): Work {
  const memory = { buffer: (kernels === wasm ? left : right).buffer } as WebAssembly.Memory;
  const arena = new Arena(memory, { ...kernels, heapBase: () => vector(index) });
  return { kernels, arena, meter: new Meter() };
}

const vector = (index: number) => BASE + index * 8;
const spread = (random: Random) => random.spread();
const normal = (random: Random) => random.normal();

describe("wasm equals TypeScript bit for bit", () => {
  test("vectors and moments, at every remainder of their unrolled loops", () => {
    for (let count = 1; count < 40; count++) {
      same(count, 512, spread, (k) => k.dot(vector(1), vector(100), count));
      same(count, 512, spread, (k) => k.subtractScaled(vector(0), 1 / 3, vector(101), count));
      same(count, 512, spread, (k) => k.scaleShift(vector(3), count, 1 / 7, 0.1));
      same(count, 512, spread, (k) => k.normalise(vector(5), count));
      same(
        count,
        512,
        (random) => random.spread() * 1e-290,
        (k) => k.normalise(vector(5), count),
      );
      same(
        count,
        512,
        (random) => random.spread() * 1e290,
        (k) => k.normalise(vector(5), count),
      );
      same(count, 512, spread, (k) => k.moments(vector(7), count, vector(200)));
      same(count, 512, spread, (k) => k.sumFrom(vector(7), count, 1 / 3));
      same(count, 512, spread, (k) => k.largest(vector(7), count));
      same(count, 512, spread, (k) => k.copy(vector(200), vector(7), count));
      same(count, 512, spread, (k) => k.neighbourProducts(vector(7), count, 0.25, 1e-17, 0.125));
      same(
        count,
        512,
        (random) => random.spread() * 1e150,
        (k) => k.tame(vector(5), count),
      );
      const line = [vector(7), vector(100), count] as const;
      same(count, 512, spread, (k) => k.fitLine(...line, 1e-13, vector(200), vector(300)));
      same(count, 512, spread, (k) => k.lineResiduals(vector(7), vector(100), 3, count, vector(200), vector(300)));
      same(count, 512, spread, (k) => k.dotTwofold(vector(7), vector(100), count));
      same(count, 512, spread, (k) => k.subtractTwofold(vector(7), vector(100), vector(200), vector(300), count));
      same(count, 512, spread, (k) => k.subtractScaledTwofold(vector(200), vector(300), 1 / 3, vector(7), count));
    }
  });

  test("least squares, refined and not, full rank and not", () => {
    const ranks = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const [rows, columns] = [7 + (seed % 23), 1 + (seed % 6)];
      // Columns that differ little: refinement runs. Every seventh matrix has two equal columns.
      const fill = (random: Random) => (seed % 2 === 0 ? random.normal() : 1 + 1e-5 * random.normal());
      const found = same(seed, 2048, fill, (k) => {
        const values = k === wasm ? left : right;
        if (seed % 7 === 0 && columns > 1) values.copyWithin(BASE / 8 + rows, BASE / 8, BASE / 8 + rows);
        const system = { matrix: vector(0), rows, columns, y: vector(800) };
        return drain(leastSquares(workAbove(k, 1000), system, 1e-13)).rank;
      });
      ranks.add((found as number) - columns);
    }
    expect(ranks.has(0)).toBe(true);
    expect(ranks.size).toBeGreaterThan(1);
  });

  test("a reflector turns a column to the same bits, whichever columns it is turned with", () => {
    const [rows, columns] = [61, 7];
    const [matrix, v] = [vector(0), vector(500)];
    const random = new Random(9);
    const values = Float64Array.from({ length: rows * columns }, () => random.normal());
    const reflector = Float64Array.from({ length: rows }, () => random.normal());
    const turned = (cuts: readonly number[]) => {
      left.set(values, matrix / 8);
      left.set(reflector, v / 8);
      for (const [i, to] of cuts.entries()) {
        const from = cuts[i - 1] ?? 0;
        wasm.reflectColumns(v, 0.03, matrix + from * rows * 8, rows, to - from, rows);
      }
      return left.slice(matrix / 8, matrix / 8 + rows * columns);
    };
    const whole = turned([7]);
    expect(whole).not.toEqual(values);
    expect(turned([1, 2, 5, 7])).toEqual(whole);
    expect(turned([1, 2, 3, 4, 5, 6, 7])).toEqual(whole);
  });

  test("cointegration, whole", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const variables = 2 + (seed % 4);
      const [points, lags] = [60 + seed, 2 + (seed % 3)];
      const rows = points - lags;
      const short = (lags - 1) * variables;
      const columns = short + 2 * variables;
      const matrix = vector(1000);
      const [diagonal, tau, floors, stacked, basis] = [20_000, 20_100, 20_200, 20_300, 20_600].map(vector) as Five;
      const [turned, small, smallTau, correlations, vectors] = [20_900, 21_000, 21_050, 21_100, 21_200].map(
        vector,
      ) as Five;
      same(seed, 24_000, normal, (k) => {
        const at = (column: number) => matrix + column * rows * 8;
        const values = k === wasm ? left : right;
        values.fill(0, floors / 8, floors / 8 + columns);
        for (let v = 0; v < variables; v++) {
          k.fillSystem(vector(0), points, variables, v, 0, 7, lags, at(0), at(short), at(short + variables));
          k.fillSystem(vector(0), points, variables, v, 7, rows, lags, at(0), at(short), at(short + variables));
        }
        const qr = { matrix, rows, columns, diagonal, tau };
        expect(drain(factor(workAbove(k, 22_000), qr, floors))).toBe(columns);
        const form = [short, variables, variables] as const;
        k.stackLevels(matrix, rows, ...form, diagonal, floors, stacked, basis, turned, small, smallTau);
        const turns = [1, 2, 3, 4].map(() => k.orthogonalise(turned, variables, variables));
        k.cointegratingVectors(turned, rows, variables, variables, stacked, small, correlations, vectors);
        return turns.join();
      });
    }
  });

  test("the rank statistics' logarithm, within 2 ulp", () => {
    const random = new Random(8);
    for (let round = 0; round < 2000; round++) {
      const correlation = round % 2 === 0 ? random.unit() : random.unit() * 1e-4;
      for (const [k, values] of [
        [wasm, left],
        [twin, right],
      ] as const) {
        values[BASE / 8] = correlation;
        k.rankStatistics(vector(0), 1, 500, vector(10), vector(20));
      }
      const [a, b] = [left[BASE / 8 + 10]!, right[BASE / 8 + 10]!];
      expect(Math.abs(a - b)).toBeLessThanOrEqual(2 * Number.EPSILON * Math.abs(a));
    }
  });
});
