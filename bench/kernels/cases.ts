/**
 * What the kernel bench compares: each case is one operation on one set of data, done by several sides that must agree.
 *
 * The first side of a case is the library's public function, as its users call it: arguments checked, samples copied in, plain
 * objects out. "kernel" is the WebAssembly alone on data that is already there.
 */
import { EigenvalueDecomposition, Matrix, correlation as mlCorrelation } from "ml-matrix";
import { MultivariateLinearRegression, SimpleLinearRegression } from "ml-regression";
import * as simple from "simple-statistics";
import { createPrng } from "../../src/sim/prng.ts";
import { correlation } from "../../src/stats/correlation.ts";
import { symmetricEigen } from "../../src/stats/eigen.ts";
import { isotonicFit } from "../../src/stats/isotonic.ts";
import { johansen } from "../../src/stats/johansen.ts";
import { ledoitWolf } from "../../src/stats/ledoit-wolf.ts";
import { ols } from "../../src/stats/ols.ts";
import { std } from "../../src/stats/univariate.ts";
import { type Case, joined, returns, type Side, statsKernels, sumOf, total, walk } from "./data.ts";
import { plainCorrelation, plainEigen, plainJohansen, plainLedoitWolf } from "./plain-matrix.ts";
import { plainIsotonic, plainLine, plainOls, plainStd } from "./plain-sample.ts";
import { rollingLines, rollingZ } from "./rolling-cases.ts";

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
