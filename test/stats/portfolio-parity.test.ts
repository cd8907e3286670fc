/**
 * Kernels of portfolio, calibration and overfitting against their TypeScript twin: the same memory in, the same bytes out. Kernels
 * with a transcendental are held against references instead, and against the twin within 2 ulp.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { Random } from "../wasm/random.ts";
import { kernelTwins } from "./twins.ts";

const BASE = 65_536;
let wasm: StatsKernels;
let twin: StatsKernels;
let memories: readonly [WebAssembly.Memory, WebAssembly.Memory];

beforeEach(() => {
  ({ wasm, twin, memories } = kernelTwins(8));
});

/** Byte address of the n-th kilobyte of working space. */
const at = (kilobyte: number) => BASE + kilobyte * 1024;

function fill(address: number, values: Iterable<number>): void {
  let index = address >> 3;
  const [one, other] = memories.map((memory) => new Float64Array(memory.buffer));
  for (const value of values) {
    one![index] = value;
    other![index] = value;
    index++;
  }
}

/** Runs a kernel on both sides and compares its result and every byte of working space. NaN payloads are no value. */
function same(run: (kernels: StatsKernels) => unknown): void {
  const [found, expected] = [run(wasm), run(twin)];
  expect(found).toBe(expected);
  const [one, other] = memories.map((memory) => new BigUint64Array(memory.buffer, BASE));
  const differs = one!.findIndex((bits, index) => {
    if (bits === other![index]) return false;
    const [a, b] = memories.map((memory) => new Float64Array(memory.buffer, BASE)[index]);
    return !(Number.isNaN(a) && Number.isNaN(b));
  });
  expect(differs).toBe(-1);
}

function numbers(count: number, random: Random): number[] {
  return Array.from({ length: count }, () => (random.unit() < 0.5 ? random.normal() : random.spread()));
}

test("columns, products and shrinkage, SIMD included", () => {
  const random = new Random(1);
  for (const [columns, rows] of [
    [4, 2],
    [4, 6],
    [8, 30],
    [12, 64],
  ] as const) {
    fill(at(0), numbers(columns * rows, random));
    for (let column = 0; column < columns; column++) {
      fill(at(60), [0.25, 0.5]);
      same((kernels) => kernels.deviations(at(0) + column * rows * 8, rows - 1, 1 / 3, at(60)));
    }
    for (let strip = 0; strip < columns / 4; strip++) {
      const half = (rows >> 2) << 1;
      const end = strip * 4 + 4;
      same((kernels) => kernels.crossStrip(at(0), rows, columns, strip, 0, 2, 0, half, at(64)));
      same((kernels) => kernels.crossStrip(at(0), rows, columns, strip, 2, end, 0, half, at(64)));
      same((kernels) => kernels.crossStrip(at(0), rows, columns, strip, 0, end, half, rows, at(64)));
    }
    same((kernels) => kernels.quarticRows(at(0), rows, columns, 0, rows));
    fill(at(60), [0.25, 0.5]);
    same((kernels) => kernels.shrinkNorms(at(64), columns, 1, columns, 0.7, at(60)));
    same((kernels) => kernels.shrinkColumns(at(64), columns, 1, columns, 0.7, 0.3));
  }
});

test("eigen-decomposition", () => {
  const random = new Random(2);
  const order = 9;
  const half = numbers(order * order, random);
  fill(
    at(0),
    half.map((value, index) => value + half[(index % order) * order + Math.floor(index / order)]!),
  );
  same((kernels) => kernels.symmetriseRow(at(0), order, 4, 1e-300));
  for (let row = 0; row < order; row++) same((kernels) => kernels.symmetriseRow(at(0), order, row, 1e300));
  same((kernels) => kernels.identity(at(8), order));
  for (let sweep = 0; sweep < 8; sweep++) {
    for (let row = 0; row < order; row++) {
      same((kernels) => kernels.jacobiRow(at(0), at(8), order, row, row + 1, row + 2, 1e-300));
      same((kernels) => kernels.jacobiRow(at(0), at(8), order, row, row + 2, order, 1e-300));
    }
  }
});

test("exponential weights, pooling, Brier, splits", () => {
  const random = new Random(3);
  fill(at(0), [0, 0, ...numbers(198, random)]);
  fill(at(4), numbers(200, random));
  same((kernels) => kernels.ewmaVolatility(at(0), 0, 120, 0.94, 0.25, at(16), at(8)));
  same((kernels) => kernels.ewmaVolatility(at(0), 120, 200, 0.94, 0.25, at(16), at(8)));
  same((kernels) => kernels.ewmaSlope(at(4), at(0), 0, 120, 0.94, 0.5, 8, at(16), at(12)));
  same((kernels) => kernels.ewmaSlope(at(4), at(0), 120, 200, 0.94, 0.5, 8, at(16), at(12)));
  same((kernels) => kernels.brierSum(at(0), at(4), 200, 0.5));
  fill(
    at(16),
    Array.from({ length: 64 }, () => random.whole(0, 9)),
  );
  fill(at(20), [1, 2, 3]);
  same((kernels) => kernels.murphy(at(0), at(8), at(16), 64, 0.4, at(20)));
  fill(
    at(24),
    Array.from({ length: 64 }, () => random.whole(0, 3)),
  );
  fill(
    at(28),
    Array.from({ length: 64 }, () => random.whole(3, 4)),
  );
  same((kernels) => kernels.poolViolators(at(24), at(28), 0, 0, 40, at(32)));
  same((kernels) => kernels.poolViolators(at(24), at(28), 5, 40, 64, at(32)));
  for (let trial = 0; trial < 5; trial++) {
    fill(at(36), numbers(60, random));
    same((kernels) => kernels.blockMoments(at(36), 6, 10, at(40) + trial * 48, at(44) + trial * 48));
  }
  for (const mask of [7, 11, 13, 56, 42]) {
    same((kernels) => kernels.scoreTrials(at(40), at(44), 6, 10, mask, 0, 3, at(48), at(49)));
    same((kernels) => kernels.scoreTrials(at(40), at(44), 6, 10, mask, 3, 5, at(48), at(49)));
    same((kernels) => kernels.rankSplit(at(48), at(49), 5, at(52)));
    same((kernels) => kernels.halfSharpe(at(40), at(44), 6, 10, mask, 0));
  }
});

test("sorting and merging, from anywhere to anywhere", () => {
  const random = new Random(6);
  for (const count of [1, 7, 8, 9, 30, 61]) {
    fill(
      at(0),
      Array.from({ length: count }, () => random.whole(-4, 4)),
    );
    same((kernels) => kernels.sortRuns(at(0), 0, count, at(4)));
    same((kernels) => kernels.mergeRuns(at(4), at(8), count, 8, 0, count));
    const cut = random.whole(0, count);
    same((kernels) => kernels.mergeRuns(at(8), at(12), count, 16, cut, count));
    same((kernels) => kernels.mergeRuns(at(8), at(12), count, 16, 0, cut));
  }
});

test("ridge and projections", () => {
  const random = new Random(4);
  same((kernels) => kernels.ridgeStart(at(0), at(1), 5, 0.3));
  for (let row = 0; row < 50; row++) {
    fill(at(2), numbers(5, random));
    const target = random.normal();
    same((kernels) => kernels.ridgeRow(at(0), at(1), 5, at(2), target));
  }
  same((kernels) => kernels.ridgeSolve(at(0), at(1), 5, at(3)));
  for (let trial = 0; trial < 300; trial++) {
    const low = Array.from({ length: 5 }, () => random.unit() * 0.25);
    fill(at(4), numbers(5, random));
    fill(at(5), low);
    fill(
      at(6),
      low.map((value) => value + random.unit() * 0.3),
    );
    same((kernels) => kernels.projectBounded(at(4), at(5), at(6), 5, at(7)));
  }
});

describe("transcendental kernels", () => {
  // 40-digit arithmetic, rounded.
  const CDF = [
    [-37.5, 4.605353009581955e-308],
    [-20, 2.7536241186062337e-89],
    [-8.3, 5.205569744890254e-17],
    [-5, 2.866515718791939e-7],
    [-3.1, 0.0009676032132183566],
    [-1.2, 0.11506967022170828],
    [-0.6, 0.2742531177500736],
    [-0.3, 0.3820885778110474],
    [0, 0.5],
    [0.1, 0.539827837277029],
    [0.66, 0.7453730853286639],
    [1, 0.8413447460685429],
    [2.5, 0.9937903346742238],
    [5, 0.9999997133484281],
    [9, 1],
  ] as const;
  const QUANTILE = [
    [1e-300, -37.0470962993612],
    [1e-50, -14.933337534788489],
    [1e-12, -7.034483825301132],
    [1e-5, -4.264890793922825],
    [0.01, -2.326347874040841],
    [0.074, -1.446632067158979],
    [0.076, -1.4325027208258116],
    [0.3, -0.5244005127080408],
    [0.5, 0],
    [0.6, 0.2533471031357997],
    [0.9, 1.2815515655446006],
    [0.99, 2.3263478740408408],
    [0.9999, 3.719016485455708],
  ] as const;

  test("normal distribution and its inverse, to 1e-14 relative where the argument allows", () => {
    for (const [x, p] of CDF) expect(Math.abs(wasm.normalCdf(x) / p - 1)).toBeLessThan(x < -30 ? 2e-13 : 2e-14);
    for (const [p, x] of QUANTILE)
      expect(Math.abs(wasm.normalQuantile(p) - x)).toBeLessThanOrEqual(2e-15 * Math.max(1, Math.abs(x)));
    expect([0, 1, -1, 2, Number.NaN].map((p) => wasm.normalQuantile(p))).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect(wasm.normalCdf(Number.NaN)).toBeNaN();
    expect([wasm.normalCdf(-40), wasm.normalCdf(40)]).toEqual([0, 1]);
  });

  test("agree with the twin, whose exp, log and cbrt are the host's", () => {
    const random = new Random(5);
    fill(
      at(0),
      numbers(50, random).map((value) => value % 8),
    );
    fill(
      at(1),
      Array.from({ length: 50 }, () => random.whole(0, 1)),
    );
    fill(at(2), [0, 0, 0, 0, 0, 0]);
    const [losses, twinLosses] = [wasm, twin].map((kernels, side) => {
      kernels.logisticLoss(at(0), at(1), 50, 0.2, 1.5, at(2));
      return new Float64Array(memories[side as 0 | 1].buffer, at(2), 6);
    });
    losses!.forEach((value, index) => {
      expect(value / twinLosses![index]!).toBeCloseTo(1, 13);
    });
    for (let call = 0; call < 5000; call++) {
      const x = random.normal() * 6;
      const ulps = (a: number, b: number) => Math.abs(a - b) / (Math.abs(b) * 2 ** -52 || 2 ** -52);
      expect(ulps(wasm.logistic(x), twin.logistic(x))).toBeLessThanOrEqual(2);
      expect(
        ulps(wasm.noTradeHalfWidth(x * x, 1, 1, 1, 1), twin.noTradeHalfWidth(x * x, 1, 1, 1, 1)),
      ).toBeLessThanOrEqual(2);
      expect(wasm.normalCdf(x) / twin.normalCdf(x)).toBeCloseTo(1, 13);
    }
    expect([wasm.logistic(800), wasm.logistic(-800), wasm.logistic(0)]).toEqual([1, 0, 0.5]);
  });
});
