/**
 * NIST StRD: digits agreed with the certified values (LRE), as the median of 31 row orders, the worst order at most 0.75 below.
 *
 * The sets of ../shared/data/nist, and those it lacks from fixtures/nist-more.json, solved in exact rational arithmetic.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ols } from "../../src/stats/ols.ts";
import { autocorrelation1, mean, std } from "../../src/stats/univariate.ts";
import { Random } from "../wasm/random.ts";

const NIST = new URL("../../../shared/data/nist/", import.meta.url);
const present = existsSync(NIST);
if (!present) console.log("skipped: NIST certified sets need ../shared/data/nist");

/** Digits agreed with the certified value; 15 is all that are certified. */
function digits(found: number, certified: number): number {
  if (found === certified) return 15;
  return Math.min(15, -Math.log10(Math.abs(certified === 0 ? found : (found - certified) / certified)));
}

const COEFFICIENT_DIGITS: Readonly<Record<string, number>> = {
  Norris: 11.5,
  Pontius: 11,
  NoInt1: 14,
  NoInt2: 14,
  Longley: 10.5,
  Wampler1: 9,
  Wampler2: 12.5,
  Wampler3: 9,
  Wampler4: 7.5,
  Wampler5: 5.5,
  Filip: 7,
};

/** With the refinement: what it brings, so that its loss shows. */
const REFINED_DIGITS: Readonly<Record<string, number>> = {
  Longley: 14,
  Wampler1: 15,
  Wampler3: 15,
  Wampler4: 15,
  Wampler5: 15,
};

interface LinearSet {
  readonly y: readonly number[];
  readonly columns: readonly (readonly number[])[];
  readonly intercept: boolean;
  readonly coefficients: readonly number[];
}

function orders(rows: number): number[][] {
  const random = new Random(31);
  return Array.from({ length: 31 }, (_, order) => {
    const at = Array.from({ length: rows }, (_, row) => row);
    if (order === 0) return at;
    for (let i = rows - 1; i > 0; i--) {
      const j = random.whole(0, i);
      [at[i], at[j]] = [at[j]!, at[i]!];
    }
    return at;
  });
}

function expectDigits(name: string, set: LinearSet): void {
  const worst = orders(set.y.length).map((order) => {
    const y = order.map((row) => set.y[row]!);
    const columns = set.columns.map((column) => order.map((row) => column[row]!));
    const { coef, rank } = ols(y, columns, { intercept: set.intercept });
    expect(rank).toBe(set.coefficients.length);
    return Math.min(...coef.map((value, j) => digits(value, set.coefficients[j]!)));
  });
  worst.sort((a, b) => a - b);
  const goal = REFINED_DIGITS[name] ?? COEFFICIENT_DIGITS[name]!;
  expect(worst[15]).toBeGreaterThanOrEqual(goal);
  expect(worst[0]).toBeGreaterThanOrEqual(goal - 0.75);
}

interface Certified {
  readonly linear: Record<string, LinearEntry>;
  readonly univariate: Record<string, { certified: { mean: string; sd: string; lag1_autocorrelation: string } }>;
}

interface LinearEntry {
  readonly kind: string;
  readonly degree?: number;
  readonly intercept: boolean;
  readonly certified: {
    readonly coefficients: Record<string, string>;
    readonly std_errors: Record<string, string>;
    readonly residual_sd: string;
    readonly r_squared: string;
  };
}

const certified: Certified = present
  ? JSON.parse(readFileSync(new URL("nist_strd.json", NIST), "utf8"))
  : { linear: {}, univariate: {} };

const table = (name: string): number[][] =>
  readFileSync(new URL(`data/${name}.csv`, NIST), "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(",").map(Number));

const powers = (x: readonly number[], degree: number) =>
  Array.from({ length: degree }, (_, d) => x.map((value) => value ** (d + 1)));

function linearSet(name: string, entry: LinearEntry): LinearSet {
  const rows = table(name);
  const y = rows.map((row) => row[0]!);
  const column = (j: number) => rows.map((row) => row[j]!);
  const columns =
    entry.kind === "poly" ? powers(column(1), entry.degree!) : rows[0]!.slice(1).map((_, j) => column(j + 1));
  const coefficients = Object.values(entry.certified.coefficients).map(Number);
  return { y, columns, intercept: entry.intercept, coefficients };
}

describe.skipIf(!present)("NIST linear regression", () => {
  test.each(Object.entries(certified.linear))("%s", (name, entry) => {
    const set = linearSet(name, entry);
    expectDigits(name, set);
    const { stderr, rSquared, residualStd } = ols(set.y, set.columns, { intercept: set.intercept });
    const errors = Object.values(entry.certified.std_errors).map(Number);
    expect(Math.min(...stderr.map((value, j) => digits(value, errors[j]!)))).toBeGreaterThan(12);
    expect(digits(rSquared!, Number(entry.certified.r_squared))).toBeGreaterThan(14);
    expect(digits(residualStd, Number(entry.certified.residual_sd))).toBeGreaterThan(12.5);
  });
});

describe("NIST linear regression, further sets", () => {
  const more = JSON.parse(readFileSync(new URL("fixtures/nist-more.json", import.meta.url), "utf8")).sets as Record<
    string,
    { x: number[]; y: number[]; degree: number; intercept: boolean; coefficients: string[] }
  >;
  test.each(Object.entries(more))("%s", (name, { x, y, degree, intercept, coefficients }) => {
    expectDigits(name, { y, columns: powers(x, degree), intercept, coefficients: coefficients.map(Number) });
  });
});

describe("NIST univariate", () => {
  const SD_DIGITS: Readonly<Record<string, number>> = { Lottery: 14.5, Mavro: 13, NumAcc1: 14.5, NumAcc3: 9.4 };

  test.skipIf(!present).each(Object.entries(certified.univariate))("%s", (name, { certified: values }) => {
    const x = table(name).map((row) => row[0]!);
    expect(digits(mean(x), Number(values.mean))).toBeGreaterThanOrEqual(14);
    expect(digits(autocorrelation1(x), Number(values.lag1_autocorrelation))).toBeGreaterThan(12);
    const found = orders(x.length).map((order) => digits(std(order.map((row) => x[row]!)), Number(values.sd)));
    found.sort((a, b) => a - b);
    expect(found[15]).toBeGreaterThanOrEqual(SD_DIGITS[name]!);
    expect(found[0]).toBeGreaterThanOrEqual(SD_DIGITS[name]! - 0.75);
  });

  /** NumAcc2 and NumAcc4: a middle value, then 500 pairs around it; sd 0.1 by construction. */
  test.each([
    ["NumAcc2", 1.2, 1.1, 1.3, 14],
    ["NumAcc4", 10000000.2, 10000000.1, 10000000.3, 8.2],
  ])("%s", (_, middle, low, high, goal) => {
    const x = [middle, ...Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? low : high))];
    expect(digits(mean(x), middle)).toBeGreaterThanOrEqual(14);
    expect(digits(std(x), 0.1)).toBeGreaterThanOrEqual(goal);
  });
});
