/**
 * What the kernel bench compares: each case is one operation on one set of data, done by several sides that must agree.
 *
 * The first side of a case is the library's public function, as its users call it: arguments checked, samples copied in, plain
 * objects out. "kernel" is the WebAssembly alone on data that is already there.
 */
import { EigenvalueDecomposition, Matrix, correlation as mlCorrelation } from "ml-matrix";
import { MultivariateLinearRegression, SimpleLinearRegression } from "ml-regression";
import * as simple from "simple-statistics";
import { ScratchArena } from "../../src/memory/scratch.ts";
import { createShared } from "../../src/memory/shared.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { correlation } from "../../src/stats/correlation.ts";
import { symmetricEigen } from "../../src/stats/eigen.ts";
import { isotonicFit } from "../../src/stats/isotonic.ts";
import { johansen } from "../../src/stats/johansen.ts";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { ledoitWolf } from "../../src/stats/ledoit-wolf.ts";
import { ols } from "../../src/stats/ols.ts";
import { RollingOls, rollingOls } from "../../src/stats/rolling-ols.ts";
import { RollingZScore, zscoreRolling } from "../../src/stats/rolling-zscore.ts";
import { Arena } from "../../src/stats/runtime.ts";
import { std } from "../../src/stats/univariate.ts";
import { readBinary } from "../../src/wasm/binary.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";
import { plainCorrelation, plainEigen, plainJohansen, plainLedoitWolf } from "./plain-matrix.ts";
import { PlainRollingOls, PlainZScore } from "./plain-rolling.ts";
import { plainIsotonic, plainLine, plainOls, plainStd } from "./plain-sample.ts";

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

/** All of them, on data from fixed seeds. `smoke` shortens those that are long. */
export function casesOf(smoke: boolean): readonly Case[] {
  return [
    rollingZ(smoke ? 1000 : 10_000, 100),
    rollingLines(smoke ? 1000 : 10_000, 100),
    standardDeviation(1000),
    olsLine(500),
    olsMany(500, 4),
    correlations(64, smoke ? 100 : 1000),
    shrinkage(64, smoke ? 100 : 1000),
    eigenvalues(smoke ? 16 : 64),
    pooling(smoke ? 500 : 5000),
    cointegration(4, 500, 2),
  ];
}

function rollingZ(ticks: number, window: number): Case {
  const x = walk(1, ticks);
  const { kernels, allocate } = engineKernels();
  const state = allocate(kernels.zscoreBytes(window));
  // A loop of its own for each side: one shared by all would call each of them by way of the others.
  return {
    name: "rolling-z",
    what: `z-score of every tick, window ${window}, ${ticks} ticks in a loop; the first side's loop is in the library`,
    units: ticks,
    data: { rows: ticks, columns: 1, parameter: window, values: x },
    sides: [
      { name: "outrigger", run: () => totalFrom(zscoreRolling(x, window).z, window) },
      {
        name: "stream, per call",
        run: () => {
          const stream = new RollingZScore(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) sum += stream.push(x[t]!).z ?? 0;
          return sum;
        },
      },
      {
        name: "engine, per call",
        run: () => {
          kernels.zscoreReset(state, window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const z = kernels.zscorePush(state, x[t]!);
            if (t + 1 >= window) sum += z;
          }
          return sum;
        },
      },
      {
        name: "plain JS",
        run: () => {
          const plain = new PlainZScore(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const z = plain.push(x[t]!);
            if (t + 1 >= window) sum += z;
          }
          return sum;
        },
      },
      {
        name: "simple-statistics",
        run: () => {
          let sum = 0;
          for (let t = window - 1; t < ticks; t++) {
            const values = x.subarray(t + 1 - window, t + 1) as unknown as number[];
            sum += (x[t]! - simple.mean(values)) / simple.sampleStandardDeviation(values);
          }
          return sum;
        },
      },
    ],
  };
}

/** Sum from the first full window on. */
function totalFrom(results: Float64Array, window: number): number {
  let sum = 0;
  for (let t = window - 1; t < results.length; t++) sum += results[t]!;
  return sum;
}

function rollingLines(ticks: number, window: number): Case {
  const x = walk(2, ticks);
  const noise = walk(3, ticks);
  const y = x.map((value, t) => 0.3 + 0.7 * value + 0.5 * noise[t]!);
  const pairs = Array.from(x, (value, t) => [value, y[t]!]);
  const { kernels, allocate } = engineKernels();
  const state = allocate(kernels.olsBytes(window));
  return {
    name: "rolling-ols",
    what: `regression of every tick, window ${window}: β, α, R², residual sd, spread, its z; ${ticks} ticks in a loop`,
    units: ticks,
    data: { rows: ticks, columns: 2, parameter: window, values: joined([x, y]) },
    sides: [
      { name: "outrigger", run: () => totalFrom(rollingOls(y, x, window).beta, window) },
      {
        name: "stream, per call",
        run: () => {
          const stream = new RollingOls(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) sum += stream.push(y[t]!, x[t]!).beta ?? 0;
          return sum;
        },
      },
      {
        name: "engine, per call",
        run: () => {
          kernels.olsReset(state, window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const beta = kernels.olsPush(state, x[t]!, y[t]!);
            if (t + 1 >= window) sum += beta;
          }
          return sum;
        },
      },
      {
        name: "plain JS",
        run: () => {
          const plain = new PlainRollingOls(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const beta = plain.push(x[t]!, y[t]!);
            if (t + 1 >= window) sum += beta;
          }
          return sum;
        },
      },
      {
        name: "simple-statistics",
        run: () => {
          let sum = 0;
          for (let t = window - 1; t < ticks; t++) sum += simple.linearRegression(pairs.slice(t + 1 - window, t + 1)).m;
          return sum;
        },
      },
    ],
  };
}

function standardDeviation(points: number): Case {
  const x = walk(4, points);
  const list = Array.from(x);
  return {
    name: "std",
    what: `standard deviation of ${points} points`,
    units: 1,
    data: { rows: points, columns: 1, parameter: 0, values: x },
    sides: [
      { name: "outrigger", run: () => std(x) },
      { name: "plain JS", run: () => plainStd(x) },
      { name: "simple-statistics", run: () => simple.sampleStandardDeviation(list) },
    ],
  };
}

function olsLine(points: number): Case {
  const x = walk(5, points);
  const noise = walk(6, points);
  const y = x.map((value, t) => 1.2 + 0.8 * value + 0.5 * noise[t]!);
  const pairs = Array.from(x, (value, t) => [value, y[t]!]);
  const [xs, ys] = [Array.from(x), Array.from(y)];
  const { coef } = ols(y, [x]);
  return {
    name: "ols-line",
    what: `OLS, ${points} points, intercept and one regressor: coefficients, standard errors, R², residual sd`,
    units: 1,
    data: { rows: points, columns: 2, parameter: 0, values: joined([x, y]) },
    sides: [
      { name: "outrigger", run: () => digest(ols(y, [x])) },
      kernelLine(y, x, coef),
      { name: "plain JS", run: () => digest(plainLine(y, x)) },
      {
        name: "simple-statistics",
        run: () => {
          const { m, b } = simple.linearRegression(pairs);
          return m + b;
        },
        expected: coef[0]! + coef[1]!,
      },
      {
        name: "ml-regression SLR",
        run: () => {
          const { slope, intercept } = new SimpleLinearRegression(xs, ys);
          return slope + intercept;
        },
        expected: coef[0]! + coef[1]!,
      },
      {
        name: "ml-regression MLR",
        run: () => {
          const { weights } = new MultivariateLinearRegression(
            xs.map((value) => [value]),
            ys.map((value) => [value]),
          );
          return weights[0]![0]! + weights[1]![0]!;
        },
        expected: coef[0]! + coef[1]!,
      },
    ],
  };
}

function digest(fit: {
  readonly coef: readonly number[];
  readonly stderr: readonly number[];
  readonly rSquared: number | undefined;
  readonly residualStd: number;
}): number {
  let sum = fit.rSquared! + fit.residualStd;
  for (const value of fit.coef) sum += value;
  for (const value of fit.stderr) sum += value;
  return sum;
}

/** fitLine alone, on samples that lie in its memory already. */
function kernelLine(y: Float64Array, x: Float64Array, coef: readonly number[]): Side {
  const { kernels, arena } = statsKernels();
  const [atX, atY] = [arena.copyIn(x, "x"), arena.copyIn(y, "y")];
  const [residual, out] = [arena.reserve(x.length), arena.reserve(9)];
  return {
    name: "kernel",
    run: () => {
      kernels.fitLine(atX, atY, x.length, 1e-14, residual, out);
      return arena.read(out, 0) + arena.read(out, 1);
    },
    expected: coef[0]! + coef[1]!,
  };
}

function olsMany(points: number, regressors: number): Case {
  const columns = Array.from({ length: regressors }, (_, j) => walk(10 + j, points));
  const noise = walk(7, points);
  const y = noise.map((value, t) => columns.reduce((sum, column, j) => sum + (j + 1) * column[t]!, value));
  const table = Array.from(y, (_, t) => columns.map((column) => column[t]!));
  const targets = Array.from(y, (value) => [value]);
  const { coef } = ols(y, columns);
  return {
    name: "ols-qr",
    what: `OLS, ${points} points, intercept and ${regressors} regressors: coefficients, standard errors, R², residual sd`,
    units: 1,
    data: { rows: points, columns: regressors + 1, parameter: 0, values: joined([...columns, y]) },
    sides: [
      { name: "outrigger", run: () => digest(ols(y, columns)) },
      { name: "plain JS", run: () => digest(plainOls(y, columns)) },
      {
        name: "ml-regression MLR",
        run: () => total(new MultivariateLinearRegression(table, targets).weights.map(([weight]) => weight!)),
        expected: total(coef),
      },
    ],
  };
}

function correlations(instruments: number, points: number): Case {
  const columns = returns(instruments, points);
  const lists = columns.map((column) => Array.from(column));
  const matrix = new Matrix(lists).transpose();
  return {
    name: "correlation",
    what: `correlation matrix of ${instruments} columns of ${points} points`,
    units: 1,
    data: { rows: points, columns: instruments, parameter: 0, values: joined(columns) },
    sides: [
      { name: "outrigger", run: () => sumOf(correlation(columns)) },
      { name: "plain JS", run: () => sumOf(plainCorrelation(columns)) },
      { name: "ml-matrix", run: () => mlCorrelation(matrix).sum() },
      {
        name: "simple-statistics",
        run: () => {
          let sum = instruments;
          for (let i = 0; i < instruments; i++) {
            for (let j = 0; j < i; j++) sum += 2 * simple.sampleCorrelation(lists[i]!, lists[j]!);
          }
          return sum;
        },
      },
    ],
  };
}

function shrinkage(instruments: number, points: number): Case {
  const columns = returns(instruments, points);
  const digestOf = (matrix: readonly (readonly number[])[], share: number) =>
    share + matrix[0]![0]! + matrix[0]![1]! + matrix.at(-1)!.at(-1)!;
  return {
    name: "ledoit-wolf",
    what: `Ledoit-Wolf covariance of ${instruments} columns of ${points} points`,
    units: 1,
    data: { rows: points, columns: instruments, parameter: 0, values: joined(columns) },
    sides: [
      {
        name: "outrigger",
        run: () => {
          const found = ledoitWolf(columns);
          return digestOf(found.covariance, found.shrinkage);
        },
      },
      {
        name: "plain JS",
        run: () => {
          const found = plainLedoitWolf(columns);
          return digestOf(found.matrix, found.shrinkage);
        },
      },
    ],
  };
}

function eigenvalues(order: number): Case {
  const matrix = correlation(returns(order, 4 * order));
  const values = joined(matrix.map((row) => Float64Array.from(row)));
  const largest = (vector: ArrayLike<number>) => Array.from(vector).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const weighed = (found: { values: readonly number[]; vectors: readonly ArrayLike<number>[] }) =>
    total(found.values.map((value, i) => value * largest(found.vectors[i]!)));
  const forMl = new Matrix(matrix);
  return {
    name: "eigen",
    what: `eigenvalues and eigenvectors of a correlation matrix of order ${order}`,
    units: 1,
    data: { rows: order, columns: order, parameter: 0, values },
    sides: [
      { name: "outrigger", run: () => weighed(symmetricEigen(matrix)) },
      { name: "plain JS", run: () => weighed(plainEigen(matrix.map((row) => Float64Array.from(row)))) },
      {
        name: "ml-matrix",
        run: () => {
          const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(forMl, { assumeSymmetric: true });
          return weighed({ values: realEigenvalues, vectors: eigenvectorMatrix.transpose().to2DArray() });
        },
      },
    ],
  };
}

function pooling(points: number): Case {
  const prng = createPrng(8);
  const scores = Float64Array.from({ length: points }, () => prng.float());
  const outcomes = scores.map((score) => (prng.float() < 0.2 + 0.6 * score ? 1 : 0));
  return {
    name: "isotonic",
    what: `isotonic fit of ${points} outcomes: sort and pool`,
    units: 1,
    data: { rows: points, columns: 2, parameter: 0, values: joined([scores, outcomes]) },
    sides: [
      { name: "outrigger", run: () => total([...new Set(isotonicFit(scores, outcomes).y)]) },
      { name: "plain JS", run: () => total(plainIsotonic(scores, outcomes)) },
    ],
  };
}

function cointegration(variables: number, points: number, lags: number): Case {
  // Two common trends, so that half of the variables are held together by the other half.
  const trends = [walk(20, points), walk(21, points)] as const;
  const prng = createPrng(22);
  const noise = () => (prng.float() - 0.5) * 0.01;
  const rows = Array.from({ length: points }, (_, t) =>
    Float64Array.from({ length: variables }, (_, v) => (v + 1) * trends[v % 2]![t]! + noise()),
  );
  const digestOf = (found: {
    readonly eigenvalues: readonly number[];
    readonly eigenvectors: readonly (readonly number[])[];
    readonly trace: readonly number[];
  }) => total(found.eigenvalues) + total(found.trace) + total(found.eigenvectors.map(([first]) => Math.abs(first!)));
  return {
    name: "johansen",
    what: `Johansen's test, ${variables} variables, ${points} rows, ${lags} lags, unrestricted constant`,
    units: 1,
    data: { rows: points, columns: variables, parameter: lags, values: joined(rows) },
    sides: [
      { name: "outrigger", run: () => digestOf(johansen(rows, { det: "none", lags })) },
      { name: "plain JS", run: () => digestOf(plainJohansen(rows, lags)) },
    ],
  };
}

/** Like a log price: about 10, steps of a thousandth. */
function walk(seed: number, points: number): Float64Array {
  const prng = createPrng(seed);
  let level = 10;
  return Float64Array.from({ length: points }, () => {
    level += (prng.float() - 0.5) * 2e-3;
    return level;
  });
}

/** Returns of instruments that have a market in common. */
function returns(instruments: number, points: number): Float64Array[] {
  const prng = createPrng(9);
  const market = Float64Array.from({ length: points }, () => prng.float() - 0.5);
  return Array.from({ length: instruments }, () => market.map((value) => 0.6 * value + prng.float() - 0.5));
}

function engineKernels() {
  const shared = createShared();
  const arena = new ScratchArena(shared, 0);
  return { kernels: instantiateKernels(compileKernels(), shared.memory), allocate: (n: number) => arena.allocate(n) };
}

function statsKernels(): { readonly kernels: StatsKernels; readonly arena: Arena } {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 });
  const module = new WebAssembly.Module(readBinary("stats"));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as StatsKernels;
  return { kernels, arena: new Arena(memory, kernels) };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(total(parts.map(({ length }) => length)));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

const sumOf = (matrix: readonly (readonly number[])[]): number => total(matrix.map(total));

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
