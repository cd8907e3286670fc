/** Least squares: exact transforms, what has no value, and the fit by its normal equations in exact integers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StatsError } from "../../src/stats/error.ts";
import { ols, olsSlices } from "../../src/stats/ols.ts";
import { drain } from "../../src/stats/sliced.ts";
import { tls } from "../../src/stats/tls.ts";
import { autocorrelation1, mean, std } from "../../src/stats/univariate.ts";
import { Random } from "../wasm/random.ts";

function sample(seed: number, rows: number, columns: number) {
  const random = new Random(seed);
  const xs = Array.from({ length: columns }, () => Array.from({ length: rows }, () => random.normal()));
  const y = Array.from({ length: rows }, (_, i) =>
    xs.reduce((sum, x, j) => sum + x[i]! * (j + 1), 3 + random.normal()),
  );
  return { y, xs };
}

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof StatsError) return `${error.code} ${error.field}`;
    throw error;
  }
  return "none";
};

describe("ols", () => {
  test("a line whose values lie far from where its shift was taken, against exact integers", () => {
    const random = new Random(5);
    const count = 8000;
    const seen = new Set(Array.from({ length: 8 }, (_, k) => (count * k) >> 3));
    const far = (t: number) => (seen.has(t) ? 2 ** 20 : 0);
    const x = Float64Array.from({ length: count }, (_, t) => far(t) + random.whole(-9, 9));
    const y = x.map((value) => 3 * value + random.whole(-9, 9));
    let [sumX, sumY, xx, xy] = [0n, 0n, 0n, 0n];
    for (let t = 0; t < count; t++) {
      const [a, b] = [BigInt(x[t]!), BigInt(y[t]!)];
      sumX += a;
      sumY += b;
      xx += a * a;
      xy += a * b;
    }
    const n = BigInt(count);
    const slope = Number(((n * xy - sumX * sumY) * 10n ** 20n) / (n * xx - sumX * sumX)) / 1e20;
    for (const fit of [ols(y, [x]), drain(olsSlices(y, [x]))]) {
      expect(Math.abs(fit.coef[1]! / slope - 1)).toBeLessThan(4e-14);
    }
  });

  test("a line scales exactly with either leg, also where squares leave the doubles", () => {
    const { y, xs } = sample(31, 200, 1);
    const [x] = xs as [number[]];
    const fit = ols(y, [x]);
    for (const power of [-600, -530, -400, 400, 500]) {
      const [up, wide] = [2 ** power, x.map((value) => value * 2 ** power)];
      const tall = y.map((value) => value * up);
      expect(ols(tall, [x])).toEqual({
        ...fit,
        coef: fit.coef.map((value) => value * up),
        stderr: fit.stderr.map((value) => value * up),
        residualStd: fit.residualStd * up,
      });
      expect(ols(y, [wide])).toEqual({
        ...fit,
        coef: [fit.coef[0], fit.coef[1]! / up],
        stderr: [fit.stderr[0], fit.stderr[1]! / up],
      });
    }
  });

  test("columns that differ in their last digits alone, against the same fit on their difference", () => {
    const random = new Random(6);
    for (const scale of [2 ** 24, 2 ** 30, 2 ** 34]) {
      const x = Float64Array.from({ length: 40 }, () => random.whole(0, 1000));
      const difference = x.map(() => random.whole(0, 63));
      const near = x.map((value, t) => value + difference[t]! / scale);
      const y = x.map((value, t) => 7 + 3 * value + difference[t]! + random.whole(-9, 9));
      const { coef } = ols(y, [x, near]);
      const apart = ols(y, [x, difference]).coef;
      expect(Math.abs(coef[2]! / (apart[2]! * scale) - 1)).toBeLessThan(1e-12);
      expect(Math.abs(coef[0]! / apart[0]! - 1)).toBeLessThan(1e-12);
    }
  });

  test("a line through integers, worked by hand", () => {
    // x 1 2 3 4, y 2 4 5 8: sxx 5, sxy 9.5, so beta 1.9; residuals .1 .2 -.7 .4, their squares .7.
    const { coef, stderr, rSquared, residualStd, rank } = ols([2, 4, 5, 8], [[1, 2, 3, 4]]);
    expect(coef[0]).toBeCloseTo(0, 14);
    expect(coef[1]).toBeCloseTo(1.9, 14);
    expect(residualStd).toBeCloseTo(Math.sqrt(0.35), 14);
    expect(stderr[1]).toBeCloseTo(Math.sqrt(0.35 / 5), 14);
    expect(stderr[0]).toBeCloseTo(Math.sqrt((0.35 * 30) / 20), 14);
    expect(rSquared).toBeCloseTo(1 - 0.7 / 18.75, 14);
    expect(rank).toBe(2);
  });

  test("a mean that lies between two doubles costs nothing", () => {
    const x = [0, 100, 300, 301].map((v) => 2 ** 43 + v / 512);
    const y = [1, 0, 500, 602].map((v) => 2 ** 43 + v / 512);
    const { coef, rSquared } = ols(y, [x]);
    const small = ols([1, 0, 500, 602], [[0, 100, 300, 301]]);
    expect(coef[1]).toBeCloseTo(small.coef[1]!, 12);
    expect(rSquared).toBeCloseTo(small.rSquared!, 12);
  });

  test("without intercept rSquared is about zero, not about the mean", () => {
    const { coef, rSquared } = ols([3, 4, 4], [[4, 5, 6]], { intercept: false });
    expect(coef).toHaveLength(1);
    expect(coef[0]).toBeCloseTo(56 / 77, 15);
    expect(rSquared).toBeCloseTo(56 ** 2 / 77 / 41, 15);
  });

  test("powers of two on any column or on y scale the coefficients exactly, at any size", () => {
    const { y, xs } = sample(1, 40, 3);
    const plain = ols(y, xs);
    for (const power of [-900, -300, -40, 17, 300, 900]) {
      const scale = 2 ** power;
      const scaledX = ols(y, [xs[0]!.map((v) => v * scale), xs[1]!, xs[2]!]);
      expect(scaledX.coef[1]! * scale).toBe(plain.coef[1]);
      expect(scaledX.coef.toSpliced(1, 1)).toEqual(plain.coef.toSpliced(1, 1));
      const scaledY = ols(
        y.map((v) => v * scale),
        xs,
      );
      expect(scaledY.coef.map((c) => c / scale)).toEqual(plain.coef);
      expect(scaledY.stderr.map((c) => c / scale)).toEqual(plain.stderr);
      expect(scaledY.rSquared).toBe(plain.rSquared);
    }
  });

  test("order of rows and of columns, and large offsets, move the last digits only", () => {
    const { y, xs } = sample(2, 60, 4);
    const plain = ols(y, xs);
    const turned = ols(y.toReversed(), xs.map((x) => x.toReversed()).toReversed());
    expect(relative([turned.coef[0]!, ...turned.coef.slice(1).reverse()], plain.coef)).toBeLessThan(1e-13);
    // Whole numbers, so that the offset is exact: x + 2^30 changes the intercept and nothing else.
    const whole = xs.map((x) => x.map((v) => Math.round(v * 2 ** 16)));
    const base = ols(y, whole);
    const shifted = ols(
      y,
      whole.map((x) => x.map((v) => v + 2 ** 40)),
    );
    expect(relative(shifted.coef.slice(1), base.coef.slice(1))).toBeLessThan(1e-12);
    expect(relative(shifted.stderr.slice(1), base.stderr.slice(1))).toBeLessThan(1e-6);
  });

  test("residuals are orthogonal to the columns: no other coefficients fit better", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, columns) => {
        const { y, xs } = sample(seed, 25, columns);
        const { coef } = ols(y, xs);
        const residual = y.map((v, i) => xs.reduce((sum, x, j) => sum - coef[j + 1]! * x[i]!, v - coef[0]!));
        for (const x of [y.map(() => 1), ...xs]) {
          expect(Math.abs(x.reduce((sum, v, i) => sum + v * residual[i]!, 0))).toBeLessThan(1e-12);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("collinear columns are refused by name, near ones are not", () => {
    const { y, xs } = sample(3, 50, 2);
    const [a, b] = xs as [number[], number[]];
    const mix = a.map((v, i) => 0.1 * v - 0.7 * b[i]! + 3.3);
    expect(code(() => ols(y, [a, b, mix]))).toBe("COLLINEAR columns[2]");
    expect(code(() => ols(y, [a, a.map(() => 0.1), b]))).toBe("COLLINEAR columns[1]");
    expect(code(() => ols(y, [a, a.map(() => 0)]))).toBe("COLLINEAR columns[1]");
    // One column that varies in its last digit only: that is rounding, not data.
    expect(code(() => ols(y, [a.map((_, i) => (i % 2 === 0 ? 0.1 : 0.1 + 2 ** -56))]))).toBe("COLLINEAR columns[0]");
    expect(code(() => ols(y, [a.map(() => 0.1)]))).toBe("COLLINEAR columns[0]");
    expect(code(() => ols(y, [a.map(() => 0)], { intercept: false }))).toBe("COLLINEAR columns[0]");
    const near = ols(y, [a, b, mix.map((v, i) => v + 1e-9 * i * i)]);
    expect(near.rank).toBe(4);
    try {
      ols(y, [a, b, mix]);
    } catch (error) {
      expect(error).toMatchObject({ code: "COLLINEAR", value: 3, limit: 4 });
    }
  });

  test("inputs that have no fit are named", () => {
    expect(code(() => ols([1, 2], [[1, 3]]))).toBe("TOO_FEW_POINTS y");
    expect(code(() => ols([], []))).toBe("TOO_FEW_POINTS y");
    expect(code(() => ols([1, 2, 3], [[1, 3]]))).toBe("LENGTH_MISMATCH columns[0]");
    expect(code(() => ols([1, Number.NaN, 3], [[1, 3, 4]]))).toBe("NOT_FINITE y[1]");
    expect(code(() => ols([1, 2, 3], [[1, 3, Number.POSITIVE_INFINITY]]))).toBe("NOT_FINITE columns[0][2]");
    expect(code(() => ols([1, 2, 3], [], { intercept: false }))).toBe("BAD_ARGUMENT columns");
    expect(code(() => ols([1e300, 2e300, 4e300], [[1e-300, 2e-300, 3e-300]]))).toBe("OVERFLOW coef");
    expect(ols([5, 5, 5], [[1, 2, 4]])).toMatchObject({ rSquared: undefined, residualStd: expect.closeTo(0, 14) });
  });

  test("arguments are left as they were, and arrays fit as typed arrays do", () => {
    const { y, xs } = sample(4, 12, 2);
    const frozen = Object.freeze(y.slice());
    const typed = ols(
      Float64Array.from(y),
      xs.map((x) => Float64Array.from(x)),
    );
    expect(ols(frozen, xs)).toEqual(typed);
    expect(frozen).toEqual(y);
  });
});

describe("univariate", () => {
  test("equal values have a standard deviation of exactly 0 and no autocorrelation", () => {
    for (const value of [0.1, 1e300, -7e-310, 0, 1 / 3]) {
      const equal = new Array<number>(1001).fill(value);
      expect(std(equal)).toBe(0);
      expect(mean(equal)).toBe(value);
      expect(code(() => autocorrelation1(equal))).toBe("CONSTANT sample");
    }
  });

  test("scale by powers of two exactly, at any size", () => {
    const random = new Random(5);
    const x = Array.from({ length: 77 }, () => random.normal());
    for (const power of [-950, -400, 3, 500, 1000]) {
      const scaled = x.map((v) => v * 2 ** power);
      expect(std(scaled) / 2 ** power).toBe(std(x));
      expect(mean(scaled) / 2 ** power).toBe(mean(x));
      expect(autocorrelation1(scaled)).toBe(autocorrelation1(x));
    }
  });

  test("an outlying first value costs no digits", () => {
    expect(mean([1e12, 1, 2, 3, 4])).toBe((1e12 + 10) / 5);
    expect(std([2 ** 40, 1, 2, 3])).toBeCloseTo(549755813887, 3);
  });

  test("the mean of values that are larger than their own range holds every digit", () => {
    expect(mean([1e16, 1e16 + 2, 1e16 + 4])).toBe(1e16 + 2);
    expect(std([1e15, 1e15 + 1, 1e15 + 2])).toBe(1);
    // The mean lies between two doubles: deviations must be taken from it all the same.
    expect(std([2 ** 53, 2 ** 53, 2 ** 53, 2 ** 53 + 2])).toBe(1);
  });

  test("too few points and values that are none are named", () => {
    expect(code(() => mean([]))).toBe("TOO_FEW_POINTS sample");
    expect(code(() => std([1]))).toBe("TOO_FEW_POINTS sample");
    expect(code(() => autocorrelation1([1]))).toBe("TOO_FEW_POINTS sample");
    expect(code(() => std([1, Number.NaN]))).toBe("NOT_FINITE sample[1]");
    expect(std([1.7e308, -1.7e308])).toBeCloseTo(1.7e308 * Math.SQRT2, -295);
  });
});

describe("total least squares", () => {
  test("finds a line through its points, and swapping the axes inverts the slope", () => {
    const x = [1, 2, 4, 7];
    const exact = tls(
      x.map((v) => 3 * v - 2),
      x,
    );
    expect(exact.beta).toBeCloseTo(3, 14);
    expect(exact.alpha).toBeCloseTo(-2, 13);
    expect(exact.residualStd).toBeLessThan(1e-14);
    const { y, xs } = sample(6, 30, 1);
    const there = tls(y, xs[0]!);
    const back = tls(xs[0]!, y);
    expect(there.beta * back.beta).toBeCloseTo(1, 13);
    expect(there.residualStd).toBeCloseTo(back.residualStd, 13);
  });

  test("no other line is nearer", () => {
    const { y, xs } = sample(7, 40, 1);
    const x = xs[0]!;
    const { beta, alpha, residualStd } = tls(y, x);
    const distance = (b: number, a: number) =>
      Math.sqrt(y.reduce((sum, v, i) => sum + (v - a - b * x[i]!) ** 2, 0) / (1 + b * b) / (y.length - 2));
    expect(distance(beta, alpha)).toBeCloseTo(residualStd, 13);
    for (const [b, a] of [
      [1e-3, 0],
      [-1e-3, 0],
      [0, 1e-3],
      [0, -1e-3],
    ] as const) {
      expect(distance(beta + b, alpha + a)).toBeGreaterThan(residualStd);
    }
  });

  test("what has no slope is named", () => {
    expect(code(() => tls([1, 1, 1], [2, 2, 2]))).toBe("CONSTANT x");
    expect(code(() => tls([1, 2, 3], [2, 2, 2]))).toBe("NO_SOLUTION y");
    expect(tls([5, 5, 5], [1, 2, 3])).toMatchObject({ beta: 0, alpha: 5 });
  });
});

function relative(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...found.map((value, i) => Math.abs(value / expected[i]! - 1)));
}
