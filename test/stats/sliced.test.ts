/**
 * Slicing: what a sliced computation returns has the bits of the plain one, whatever runs in its rests, and long samples are cut.
 *
 * How long a slice takes is the bench's matter (`npm run bench -- kernels`); here its work is counted.
 */
import { describe, expect, test } from "vitest";
import * as stats from "../../src/stats/index.ts";
import { leastSquares } from "../../src/stats/least-squares.ts";
import { ascending } from "../../src/stats/outcomes.ts";
import { compute, computeInSlices } from "../../src/stats/runtime.ts";
import { BLOCK_VALUES, drain, inSlices, Meter, SLICE_VALUES, type Slices } from "../../src/stats/sliced.ts";
import { copyIn } from "../../src/stats/vectors.ts";
import { Random } from "../wasm/random.ts";

const random = new Random(11);
const noise = (count: number) => Float64Array.from({ length: count }, () => random.normal());
/** Like a log price. */
function walk(count: number): Float64Array {
  let level = 10;
  return Float64Array.from({ length: count }, () => {
    level += random.normal() / 1000;
    return level;
  });
}
const ROWS = 20_000;
const [x, y, z] = [walk(ROWS), walk(ROWS), noise(ROWS)];
const scores = Float64Array.from({ length: ROWS }, () => random.whole(0, 5000) / 5000);
const hits = scores.map((score) => (random.unit() < 0.2 + 0.6 * score ? 1 : 0));
const book = Array.from({ length: 90 }, () => noise(300));
const systems = Array.from({ length: 1500 }, (_, t) =>
  Array.from({ length: 8 }, (_, v) => (v % 2 ? x : y)[t]! + z[t * 8 + v]!),
);
const rho = stats.correlation(book.slice(0, 60));

/** Every function with its sliced form, on samples that take several slices, and the fewest slices expected. */
const PAIRS: readonly (readonly [name: string, plain: () => unknown, sliced: () => Slices<unknown>, least: number])[] =
  [
    ["mean", () => stats.mean(x), () => stats.meanSlices(x), 2],
    ["std", () => stats.std(x), () => stats.stdSlices(x), 2],
    ["autocorrelation1", () => stats.autocorrelation1(x), () => stats.autocorrelation1Slices(x), 3],
    ["ols, a line", () => stats.ols(y, [x]), () => stats.olsSlices(y, [x]), 4],
    ["ols", () => stats.ols(y, [x, z]), () => stats.olsSlices(y, [x, z]), 20],
    ["tls", () => stats.tls(y, x), () => stats.tlsSlices(y, x), 5],
    [
      "adf",
      () => stats.adf(x, { lags: 5, regression: "ct" }),
      () => stats.adfSlices(x, { lags: 5, regression: "ct" }),
      50,
    ],
    ["engleGranger", () => stats.engleGranger(y, x), () => stats.engleGrangerSlices(y, x), 20],
    ["ewmaVol", () => stats.ewmaVol(z), () => stats.ewmaVolSlices(z), 3],
    ["ewmaBeta", () => stats.ewmaBeta(z, x), () => stats.ewmaBetaSlices(z, x), 3],
    ["halfLife", () => stats.halfLife(x), () => stats.halfLifeSlices(x), 5],
    ["minimumVarianceRatio", () => stats.minimumVarianceRatio(y, z), () => stats.minimumVarianceRatioSlices(y, z), 5],
    ["maeQuantile", () => stats.maeQuantile(scores), () => stats.maeQuantileSlices(scores), 20],
    [
      "deflatedSharpe",
      () => stats.deflatedSharpe(z, { trials: 1 }),
      () => stats.deflatedSharpeSlices(z, { trials: 1 }),
      4,
    ],
    [
      "johansen",
      () => stats.johansen(systems, { det: "trend", lags: 3, seasons: 4 }),
      () => stats.johansenSlices(systems, { det: "trend", lags: 3, seasons: 4 }),
      20,
    ],
    ["correlation", () => stats.correlation(book), () => stats.correlationSlices(book), 10],
    ["ledoitWolf", () => stats.ledoitWolf(book), () => stats.ledoitWolfSlices(book), 10],
    ["symmetricEigen", () => stats.symmetricEigen(rho), () => stats.symmetricEigenSlices(rho), 100],
    [
      "clusterExposure",
      () => stats.clusterExposure(rho, z.slice(0, 60)),
      () => stats.clusterExposureSlices(rho, z.slice(0, 60)),
      100,
    ],
    ["pbo", () => stats.pbo(book, { blocks: 8 }), () => stats.pboSlices(book, { blocks: 8 }), 5],
    ["brier", () => stats.brier(scores, hits), () => stats.brierSlices(scores, hits), 20],
    ["plattFit", () => told(stats.plattFit(scores, hits)), () => telling(stats.plattFitSlices(scores, hits)), 100],
    [
      "isotonicFit",
      () => told(stats.isotonicFit(scores, hits)),
      () => telling(stats.isotonicFitSlices(scores, hits)),
      20,
    ],
    [
      "refitWeights",
      () => stats.refitWeights(inputs(), scores.slice(0, 500)),
      () => stats.refitWeightsSlices(inputs(), scores.slice(0, 500)),
      3,
    ],
  ];

function inputs(): Float64Array[] {
  return Array.from({ length: 500 }, (_, k) => scores.slice(5 * k, 5 * k + 5));
}

/** A fit whose function is replaced by values of it, as two functions are never equal. */
function told(fit: { predict(score: number): number }): unknown {
  return { ...fit, predict: [0, 0.3, 0.5001, 1].map((score) => fit.predict(score)) };
}

function* telling(slices: Slices<{ predict(score: number): number }>): Slices<unknown> {
  return told(yield* slices);
}

describe("a sliced computation", () => {
  test.each(PAIRS)(
    "%s: the same bits as without rests, with others computing in between",
    (_, plain, sliced, least) => {
      const expected = plain();
      const slices = sliced();
      let count = 0;
      for (;;) {
        const slice = slices.next();
        if (slice.done === true) {
          expect(slice.value).toEqual(expected);
          break;
        }
        count++;
        // Other memories, other sizes; enough to overwrite what is not the computation's own.
        if (count % 3 === 0) stats.ols([1, 2, 4, 8 + count], [[1, 2, 3, 4]]);
        if (count % 16 === 0) stats.correlation([noise(500), noise(500), noise(500)]);
      }
      expect(count).toBeGreaterThanOrEqual(least);
    },
  );

  test("takes turns with any number of others", () => {
    const running = PAIRS.slice(0, 9).map(([, plain, sliced]) => ({
      expected: plain(),
      slices: sliced(),
      done: false,
    }));
    while (running.some(({ done }) => !done)) {
      for (const each of running.filter(({ done }) => !done)) {
        const slice = each.slices.next();
        if (slice.done !== true) continue;
        each.done = true;
        expect(slice.value).toEqual(each.expected);
      }
    }
  });

  test("goes on through errors and departures of others", async () => {
    const bad = x.with(ROWS - 1, Number.NaN);
    const given = stats.olsSlices(y, [x]);
    given.next();
    given.return(undefined as never);
    expect(() => drain(stats.olsSlices(y, [bad]))).toThrow(
      expect.objectContaining({ code: "NOT_FINITE", field: `columns[0][${ROWS - 1}]` }),
    );
    let rests = 0;
    const rest = () => Promise.resolve(rests++);
    expect(await inSlices(stats.olsSlices(y, [x]), rest)).toEqual(stats.ols(y, [x]));
    expect(rests).toBeGreaterThan(3);
    await expect(inSlices(stats.olsSlices(y, [bad]), rest)).rejects.toThrow("is NaN");
    const stop = new Error("stop");
    await expect(inSlices(stats.olsSlices(y, [x]), () => Promise.reject(stop))).rejects.toBe(stop);
    expect(stats.std([1, 2, 3])).toBe(1);
  });

  test("keeps two memories for later, and starts each anew", () => {
    const outer = compute((_, arena) => {
      const first = arena.reserve(10);
      return [first, compute((_, inner) => inner.reserve(10)), compute((_, inner) => inner.reserve(10))];
    });
    expect(new Set(outer).size).toBe(1);
  });
});

test("a meter lets one slice's work pass before it asks for a rest", () => {
  const meter = new Meter();
  const asked = Array.from({ length: 10 }, () => meter.due(SLICE_VALUES / 4));
  expect(asked).toEqual([false, false, false, true, false, false, false, true, false, false]);
});

describe("samples of more than one run", () => {
  /** Sum in twice the digits. */
  function exactSum(values: Float64Array): number {
    let sum = 0;
    let lost = 0;
    for (const value of values) {
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    }
    return sum + lost;
  }
  const near = (found: number, expected: number, tolerance = 1e-14) =>
    expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance);

  test.each([BLOCK_VALUES - 1, BLOCK_VALUES, BLOCK_VALUES + 1, 3 * BLOCK_VALUES + 5])("of %i points", (count) => {
    const sample = walk(count);
    const other = walk(count);
    const mean = exactSum(sample) / count;
    const otherMean = exactSum(other) / count;
    near(stats.mean(sample), mean);
    const squares = exactSum(sample.map((value) => (value - mean) ** 2));
    near(stats.std(sample), Math.sqrt(squares / (count - 1)), 1e-12);
    const products = exactSum(sample.map((value, t) => (value - mean) * (other[t]! - otherMean)));
    const slope = products / squares;
    const { coef, residualStd } = stats.ols(other, [sample]);
    near(coef[1]!, slope, 1e-11);
    const left = exactSum(sample.map((value, t) => (other[t]! - otherMean - slope * (value - mean)) ** 2));
    near(residualStd, Math.sqrt(left / (count - 2)), 1e-11);
    // The same line as a matrix, by another way through the same runs.
    const ones = new Float64Array(count).fill(1);
    const matrix = stats.ols(other, [ones, sample], { intercept: false });
    near(matrix.coef[1]!, slope, 1e-11);
    near(matrix.residualStd, residualStd, 1e-11);
    near(stats.minimumVarianceRatio(other, sample).ratio, slope, 1e-11);
  });

  test("what is not finite is named, wherever it is", () => {
    for (const at of [0, BLOCK_VALUES - 1, BLOCK_VALUES, ROWS - 1]) {
      for (const sample of [x.with(at, Number.NaN), [...x].with(at, Number.POSITIVE_INFINITY)]) {
        expect(() => stats.std(sample)).toThrow(
          expect.objectContaining({ code: "NOT_FINITE", field: `sample[${at}]` }),
        );
      }
    }
    const rows = Array.from({ length: BLOCK_VALUES + 10 }, (_, t) => [x[t]!, y[t]!]);
    rows[BLOCK_VALUES + 5]![1] = Number.NaN;
    expect(() => stats.johansen(rows, { det: "none", lags: 2 })).toThrow(
      expect.objectContaining({ code: "NOT_FINITE", field: `rows[${BLOCK_VALUES + 5}][1]` }),
    );
  });
});

test("sorting is stable and complete, at sizes around every run", () => {
  for (const count of [1, 2, 7, 8, 9, 16, 17, 100, 2047, 2048, 2049, 4097, 10_000]) {
    const keys = Array.from({ length: count }, () => random.whole(-40, 40) / 8);
    const sorted = drain(
      computeInSlices(function* (work) {
        const items = yield* ascending(work, yield* copyIn(work, keys, "keys"), count);
        return work.arena.copyOut(items, 2 * count);
      }),
    );
    const expected = keys.map((key, place) => [key, place] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    expect([...sorted]).toEqual(expected.flat());
  }
});

test("least squares leaves its inputs as they were", () => {
  drain(
    computeInSlices(function* (work) {
      const matrix = yield* copyIn(work, x, "x");
      const right = yield* copyIn(work, y, "y");
      yield* leastSquares(work, { matrix, rows: ROWS, columns: 1, y: right }, 1e-13);
      expect(work.arena.copyOut(matrix, ROWS)).toEqual(x);
      expect(work.arena.copyOut(right, ROWS)).toEqual(y);
    }),
  );
});
