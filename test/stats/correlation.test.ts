/** Correlation, shrinkage, eigenvalues and clusters: against plain definitions, identities, and what must be refused. */
import { describe, expect, test } from "vitest";
import { clusterExposure } from "../../src/stats/cluster.ts";
import { correlation } from "../../src/stats/correlation.ts";
import { symmetricEigen } from "../../src/stats/eigen.ts";
import { ledoitWolf } from "../../src/stats/ledoit-wolf.ts";
import { Random } from "../wasm/random.ts";

/** Columns that share one movement, so that correlations are anything but 0. */
function market(count: number, rows: number, seed: number): number[][] {
  const random = new Random(seed);
  const common = Array.from({ length: rows }, () => random.normal());
  return Array.from({ length: count }, (_, index) =>
    common.map((move) => move * (index % 3) + random.normal() * 2 ** index),
  );
}

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, index) => sum + value * y[index]!, 0);
}

function centred(x: readonly number[]): number[] {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.map((value) => value - mean);
}

function worst(found: readonly (readonly number[])[], expected: readonly (readonly number[])[]): number {
  return Math.max(...found.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!))));
}

describe("correlation", () => {
  test.each([
    [1, 2],
    [3, 7],
    [5, 255],
    [8, 256],
    [9, 1000],
  ])("of %i columns of %i rows agrees with the definition", (count, rows) => {
    const columns = market(count, rows, count);
    const deviations = columns.map(centred);
    const expected = deviations.map((x) => deviations.map((y) => dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))));
    const found = correlation(columns);
    expect(worst(found, expected)).toBeLessThan(2e-14);
    for (let i = 0; i < count; i++) {
      expect(found[i]![i]).toBe(1);
      for (let j = 0; j < i; j++) {
        expect(found[i]![j]).toBe(found[j]![i]);
        expect(correlation(columns[i]!, columns[j]!)).toBeCloseTo(found[i]![j]!, 14);
      }
    }
  });

  test("sees neither power-of-two scales nor extreme sizes, and follows a permutation of columns", () => {
    const columns = market(6, 300, 3);
    const plain = correlation(columns);
    const scaled = columns.map((column, index) => column.map((value) => value * 2 ** (index * 300 - 900)));
    expect(correlation(scaled)).toEqual(plain);
    const order = [4, 0, 5, 2, 1, 3];
    const permuted = correlation(order.map((index) => columns[index]!));
    expect(
      worst(
        permuted,
        order.map((i) => order.map((j) => plain[i]![j]!)),
      ),
    ).toBeLessThan(1e-14);
    expect(correlation(columns.map((column) => Float64Array.from(column)))).toEqual(plain);
  });

  test("keeps its digits on a large offset", () => {
    const random = new Random(8);
    const x = Array.from({ length: 500 }, () => random.whole(-1000, 1000));
    const y = x.map((value) => value + random.whole(-500, 500));
    const shifted = (column: number[]) => column.map((value) => value + 2 ** 50);
    expect(correlation(shifted(x), shifted(y))).toBeCloseTo(correlation(x, y), 14);
  });

  test("of a line is exactly 1 or -1 within rounding, never beyond", () => {
    const x = market(1, 101, 5)[0]!;
    for (const factor of [3, -0.1, 1e-7]) {
      const rho = correlation(
        x,
        x.map((value) => value * factor + 1),
      );
      expect(Math.abs(rho)).toBeLessThanOrEqual(1);
      expect(rho * Math.sign(factor)).toBeGreaterThan(1 - 1e-12);
    }
  });

  test("refuses what has no correlation", () => {
    const error = (code: string, field: string) => expect.objectContaining({ code, field });
    expect(() =>
      correlation([
        [1, 2, 3],
        [0.1, 0.1, 0.1],
      ]),
    ).toThrow(error("CONSTANT", "columns[1]"));
    expect(() => correlation([1e300, 1e300], [1, 2])).toThrow(error("CONSTANT", "x"));
    expect(() =>
      correlation([
        [1, 2, 3],
        [1, Number.NaN, 3],
      ]),
    ).toThrow(error("NOT_FINITE", "columns[1][1]"));
    expect(() =>
      correlation([
        [1, 2, 3],
        [1, 2],
      ]),
    ).toThrow(error("LENGTH_MISMATCH", "columns[1]"));
    expect(() => correlation([[1], [2]])).toThrow(error("TOO_FEW_POINTS", "columns[0]"));
    expect(() => correlation([])).toThrow(error("BAD_ARGUMENT", "columns"));
  });
});

describe("symmetricEigen", () => {
  test("keeps small eigenvalues of a positive definite matrix (Hilbert 8, 40-digit reference of its doubles)", () => {
    const hilbert = Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => 1 / (i + j + 1)));
    const reference = [
      1.6959389969219494, 0.2981252113169307, 0.026212843578119052, 0.001467688117741847, 5.436943369750896e-5,
      1.2943320918741794e-6, 1.7988737460063012e-8, 1.1115389694888081e-10,
    ];
    symmetricEigen(hilbert).values.forEach((value, index) => {
      expect(Math.abs(value / reference[index]! - 1)).toBeLessThan(index < 6 ? 1e-11 : 1e-6);
    });
  });

  test("gives orthonormal vectors that rebuild the matrix, descending, largest component positive", () => {
    const random = new Random(11);
    const order = 17;
    const matrix = Array.from({ length: order }, () => new Array<number>(order).fill(0));
    for (let i = 0; i < order; i++) for (let j = 0; j <= i; j++) matrix[i]![j] = matrix[j]![i] = random.normal();
    const { values, vectors } = symmetricEigen(matrix);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const rebuilt = matrix.map((row, i) =>
      row.map((_, j) => values.reduce((sum, value, k) => sum + value * vectors[k]![i]! * vectors[k]![j]!, 0)),
    );
    expect(worst(rebuilt, matrix)).toBeLessThan(2e-14);
    const gram = vectors.map((x) => vectors.map((y) => dot(x, y)));
    expect(
      worst(
        gram,
        gram.map((row, i) => row.map((_, j) => (i === j ? 1 : 0))),
      ),
    ).toBeLessThan(1e-14);
    for (const vector of vectors) expect(Math.max(...vector)).toBe(Math.max(...vector.map(Math.abs)));
  });

  test("of a diagonal, a zero and a huge matrix", () => {
    expect(
      symmetricEigen([
        [2, 0],
        [0, 3],
      ]),
    ).toEqual({
      values: [3, 2],
      vectors: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(
      symmetricEigen([
        [0, 0],
        [0, 0],
      ]).values,
    ).toEqual([0, 0]);
    const { values } = symmetricEigen([
      [1e300, 1e300],
      [1e300, 1e300],
    ]);
    expect(values[0]! / 2e300).toBeCloseTo(1, 14);
    expect(Math.abs(values[1]!)).toBeLessThan(1e285);
    expect(() =>
      symmetricEigen([
        [1, 0.5],
        [0.4, 1],
      ]),
    ).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
    expect(() => symmetricEigen([[1, 0.5], [0.5]])).toThrow(expect.objectContaining({ code: "LENGTH_MISMATCH" }));
  });
});

describe("ledoitWolf", () => {
  test.each([
    [4, 9],
    [7, 120],
    [12, 10],
  ])("of %i columns of %i rows agrees with the paper's sums, taken literally", (count, rows) => {
    const columns = market(count, rows, rows).map((column, index) => column.map((value) => value / 2 ** index + 1000));
    const x = columns.map(centred);
    const s = x.map((a) => x.map((b) => dot(a, b) / rows));
    const m = s.reduce((sum, row, i) => sum + row[i]!, 0) / count;
    const norm = (entry: (i: number, j: number) => number) =>
      s.reduce((sum, row, i) => sum + row.reduce((part, _, j) => part + entry(i, j) ** 2, 0), 0) / count;
    const d2 = norm((i, j) => s[i]![j]! - (i === j ? m : 0));
    let b2 = 0;
    for (let k = 0; k < rows; k++) b2 += norm((i, j) => x[i]![k]! * x[j]![k]! - s[i]![j]!) / rows ** 2;
    const shrinkage = Math.min(b2, d2) / d2;
    const found = ledoitWolf(columns);
    expect(found.shrinkage).toBeCloseTo(shrinkage, 12);
    expect(found.meanVariance).toBeCloseTo(m, 11);
    const expected = s.map((row, i) => row.map((value, j) => (1 - shrinkage) * value + (i === j ? shrinkage * m : 0)));
    expect(worst(found.covariance, expected)).toBeLessThan(1e-11);
    expect(Math.min(...symmetricEigen(found.covariance).values)).toBeGreaterThan(0);
    found.correlation.forEach((row, i) => {
      expect(row[i]).toBe(1);
      row.forEach((rho, j) => {
        if (i !== j) expect(rho).toBeCloseTo(expected[i]![j]! / Math.sqrt(expected[i]![i]! * expected[j]![j]!), 12);
      });
    });
  });

  test("scales with the square, bit for bit, and its shrinkage not at all", () => {
    const columns = market(5, 40, 2);
    const plain = ledoitWolf(columns);
    const scaled = ledoitWolf(columns.map((column) => column.map((value) => value * 2 ** -20)));
    expect(scaled.shrinkage).toBe(plain.shrinkage);
    expect(scaled.covariance).toEqual(plain.covariance.map((row) => row.map((value) => value * 2 ** -40)));
  });

  test("shrinks fully where the sample says nothing, and refuses a market that stands still", () => {
    expect(ledoitWolf([[1, -1]]).shrinkage).toBe(1);
    expect(() =>
      ledoitWolf([
        [1, 1],
        [2, 2],
      ]),
    ).toThrow(expect.objectContaining({ code: "CONSTANT" }));
    const still = ledoitWolf([
      [1, 2, 4, 3],
      [5, 5, 5, 5],
    ]);
    expect(still.covariance[1]![1]).toBeGreaterThan(0);
    expect(() => ledoitWolf([[1e300, -1e300]])).toThrow(expect.objectContaining({ code: "OVERFLOW" }));
  });
});

describe("clusterExposure", () => {
  const matrix = [
    [1, 0.9, 0.1, 0],
    [0.9, 1, 0.7, 0],
    [0.1, 0.7, 1, -0.85],
    [0, 0, -0.85, 1],
  ];

  test("chains instruments beyond the threshold, largest first, and nets them by sign", () => {
    const { clusters } = clusterExposure(matrix, [10, -4, 30, 20]);
    expect(clusters).toEqual([
      { members: [2, 3], gross: 50, net: 10, share: 50 / 64 },
      { members: [0, 1], gross: 14, net: 6, share: 14 / 64 },
    ]);
    expect(clusterExposure(matrix, [10, -4, 30, 20], { threshold: 0.6 }).clusters[0]!.members).toEqual([0, 1, 2, 3]);
    expect(clusterExposure(matrix, [10, -4, 30, 20], { threshold: 0.9 }).clusters).toEqual([]);
  });

  test("shares of the first eigenvector: all of a book that lies along it, none of one across", () => {
    const pair = [
      [1, 0.5],
      [0.5, 1],
    ];
    expect(clusterExposure(pair, [3, 3]).largestEigenvalueShare).toBeCloseTo(0.75, 15);
    expect(clusterExposure(pair, [3, 3]).largestEigenvectorShare).toBeCloseTo(1, 14);
    expect(clusterExposure(pair, [3, -3]).largestEigenvectorShare).toBeCloseTo(0, 14);
    expect(clusterExposure(pair, [0, 0]).largestEigenvectorShare).toBeUndefined();
  });

  test("refuses a book that does not fit and a matrix of something else", () => {
    expect(() => clusterExposure(matrix, [1])).toThrow(expect.objectContaining({ code: "LENGTH_MISMATCH" }));
    expect(() => clusterExposure([[2]], [1])).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
    expect(() => clusterExposure([[1]], [Number.NaN])).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
  });
});
