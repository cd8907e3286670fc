/** Linear statistics kernels against their TypeScript twin: the same calls on the same bytes, the same bits everywhere after. */
import { beforeAll, describe, expect, test } from "vitest";
import { portableStats } from "../../assembly/stats/twin.ts";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { readBinary } from "../../src/wasm/binary.ts";
import { Random } from "../wasm/random.ts";

const BYTES = 4 * 65_536;
const BASE = 4096;

let wasm: StatsKernels;
let twin: StatsKernels;
let left: Float64Array;
let right: Float64Array;

beforeAll(() => {
  const [memory, mirror] = [1, 2].map(() => new WebAssembly.Memory({ initial: BYTES / 65_536, maximum: 16_384 })) as [
    WebAssembly.Memory,
    WebAssembly.Memory,
  ];
  const module = new WebAssembly.Module(readBinary("stats"));
  wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as StatsKernels;
  twin = portableStats(mirror);
  [left, right] = [new Float64Array(memory.buffer), new Float64Array(mirror.buffer)];
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
      same(count, 512, spread, (k) => k.neighbourProducts(vector(7), count, 0.25, 1e-17));
      same(
        count,
        512,
        (random) => random.spread() * 1e150,
        (k) => k.tame(vector(5), count),
      );
      const line = [vector(7), vector(100), count] as const;
      same(count, 512, spread, (k) => k.fitLine(...line, 1e-13, vector(200), vector(300)));
      same(count, 512, spread, (k) => k.lineResiduals(...line, vector(200), vector(300)));
    }
  });

  test("least squares, refined and not, full rank and not", () => {
    const ranks = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const [rows, columns] = [7 + (seed % 23), 1 + (seed % 6)];
      const [matrix, factored, y, residual, rest] = [0, 400, 800, 900, 1000].map(vector) as [
        number,
        number,
        number,
        number,
        number,
      ];
      // Columns that differ little: refinement runs. Every seventh matrix has two equal columns.
      const fill = (random: Random) => (seed % 2 === 0 ? random.normal() : 1 + 1e-5 * random.normal());
      const found = same(seed, 2048, fill, (k) => {
        const values = k === wasm ? left : right;
        if (seed % 7 === 0 && columns > 1) values.copyWithin(BASE / 8 + rows, BASE / 8, BASE / 8 + rows);
        return k.leastSquares(matrix, factored, rows, columns, y, residual, rest, rest + 80, 1e-13, rest + 160);
      });
      ranks.add((found as number) - columns);
    }
    expect(ranks.has(0)).toBe(true);
    expect(ranks.size).toBeGreaterThan(1);
  });

  test("a factorisation cut into slices, and with an odd or an even number of columns behind, has the bits of the whole", () => {
    const [rows, columns] = [61, 7];
    const [matrix, diagonal, tau, floors] = [0, 500, 520, 540].map(vector) as [number, number, number, number];
    const random = new Random(9);
    const values = Float64Array.from({ length: rows * columns }, () => random.normal());
    const factored = (upTo: number, cuts: number[]) => {
      left.fill(0, floors / 8, floors / 8 + columns);
      left.set(values, matrix / 8);
      for (const [i, to] of cuts.entries())
        wasm.factor(matrix, rows, upTo, cuts[i - 1] ?? 0, to, diagonal, tau, floors);
      return left.slice(matrix / 8, matrix / 8 + rows * upTo);
    };
    const whole = factored(7, [7]);
    expect(factored(7, [1, 2, 5, 7])).toEqual(whole);
    expect(factored(6, [6])).toEqual(whole.subarray(0, rows * 6));
    // Columns are reflected two at a time: which of the two a column is must not show in its bits.
    const first = factored(3, [1]);
    const [second, third] = [values.slice(rows, 2 * rows), values.slice(2 * rows, 3 * rows)];
    values.set(third, rows);
    values.set(second, 2 * rows);
    const swapped = factored(3, [1]);
    expect(swapped.subarray(rows, 2 * rows)).toEqual(first.subarray(2 * rows));
    expect(swapped.subarray(2 * rows)).toEqual(first.subarray(rows, 2 * rows));
  });

  test("cointegration, whole", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const variables = 2 + (seed % 4);
      const [points, lags] = [60 + seed, 2 + (seed % 3)];
      const rows = points - lags;
      const short = (lags - 1) * variables;
      const columns = short + 2 * variables;
      const matrix = vector(1000);
      const [diagonal, tau, floors, correlations, vectors, work] = [20_000, 20_100, 20_200, 20_300, 20_400, 20_700].map(
        vector,
      ) as [number, number, number, number, number, number];
      same(seed, 24_000, normal, (k) => {
        const at = (column: number) => matrix + column * rows * 8;
        const values = k === wasm ? left : right;
        values.fill(0, floors / 8, floors / 8 + columns);
        k.fillSystem(vector(0), points, variables, lags, at(0), at(short), at(short + variables));
        expect(k.factor(matrix, rows, columns, 0, 3, diagonal, tau, floors)).toBe(3);
        expect(k.factor(matrix, rows, columns, 3, columns, diagonal, tau, floors)).toBe(columns);
        return k.cointegrate(matrix, rows, short, variables, variables, diagonal, floors, correlations, vectors, work);
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
