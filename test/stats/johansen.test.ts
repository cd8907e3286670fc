/**
 * Johansen: R's ca.jo and statsmodels on the Danish data, 60-digit arithmetic on simulated systems, identities, refusals.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { StatsError } from "../../src/stats/error.ts";
import { type JohansenOptions, johansen, johansenHedgeRatio } from "../../src/stats/johansen.ts";

const DATA = new URL("../../../shared/data/johansen/", import.meta.url);
const present = existsSync(DATA);
if (!present) console.log("skipped: Johansen references need ../shared/data/johansen");
const read = (name: string) => readFileSync(new URL(name, DATA), "utf8");

function worst(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value / expected[i]! - 1)));
}

const towardsFirst = (vector: readonly number[]) => vector.map((weight) => weight / vector[0]!);

function denmark(names: readonly string[]): number[][] {
  const [head, ...lines] = read("denmark.csv").trim().split(/\r?\n/);
  const columns = names.map((name) => head!.split(",").indexOf(name));
  return lines.map((line) => columns.map((column) => Number(line.split(",")[column])));
}

interface UrcaResult {
  readonly vars: string[];
  readonly T_eff: number;
  readonly ecdet: JohansenOptions["det"];
  readonly K: number;
  readonly season: number | null;
  readonly eigenvalues: number[];
  readonly trace_stat_r0_to_rP1: number[];
  readonly max_eig_stat_r0_to_rP1: number[];
  readonly cv_trace_10_5_1: number[][];
  readonly cv_maxeig_10_5_1: number[][];
  readonly eigenvectors_beta_columns_normalised_first_var: number[][];
}

describe.skipIf(!present)("the Danish money demand data", () => {
  const urca: UrcaResult[] = present ? JSON.parse(read("urca_cajo.json")).results : [];

  test.each(
    urca.map(
      (each) => [`${each.vars.length} variables, ${each.ecdet}, K ${each.K}, season ${each.season}`, each] as const,
    ),
  )("as R's ca.jo: %s", (_, each) => {
    const { vars, ecdet: det, K: lags, season } = each;
    const result = johansen(denmark(vars), { det, lags, ...(season === null ? {} : { seasons: season }) });
    expect(result.observations).toBe(each.T_eff);
    // With a restricted term urca prints one more eigenvalue, which is 0 but for rounding.
    expect(worst(result.eigenvalues, each.eigenvalues.slice(0, vars.length))).toBeLessThan(1e-9);
    expect(worst(result.trace, each.trace_stat_r0_to_rP1)).toBeLessThan(1e-9);
    expect(worst(result.maxEigen, each.max_eig_stat_r0_to_rP1)).toBeLessThan(1e-9);
    expect(result.criticalValues).toEqual({ trace: each.cv_trace_10_5_1, maxEigen: each.cv_maxeig_10_5_1 });
    // urca forms squares, so its own later vectors hold fewer digits than its eigenvalues.
    for (const [j, vector] of each.eigenvectors_beta_columns_normalised_first_var.slice(0, vars.length).entries()) {
      expect(worst(towardsFirst(result.eigenvectors[j]!), vector)).toBeLessThan(1e-7);
    }
    expect(result.case).toContain(det);
    expect(result.table).toContain("Osterwald-Lenum");
  });

  test("as statsmodels' coint_johansen with a constant, against its own table", () => {
    const { results } = JSON.parse(read("statsmodels_coint_johansen.json"));
    let compared = 0;
    for (const each of results) {
      if (each.det_order !== 0) continue;
      const lags = each.k_ar_diff + 1;
      const result = johansen(denmark(each.vars), { det: "none", lags, table: "mackinnon-haug-michelis" });
      expect(worst(result.eigenvalues, each.eigenvalues)).toBeLessThan(1e-9);
      expect(worst(result.trace, each.trace_stat)).toBeLessThan(1e-9);
      expect(worst(result.maxEigen, each.max_eig_stat)).toBeLessThan(1e-9);
      expect(result.criticalValues).toEqual({ trace: each.cv_trace_90_95_99, maxEigen: each.cv_maxeig_90_95_99 });
      expect(result.table).toContain("case III");
      compared++;
    }
    expect(compared).toBe(8);
  });

  test("as printed by Johansen (1995), the third trace value aside, which contradicts its own eigenvalues", () => {
    const { danish_money_demand: printed } = JSON.parse(read("published_tables.json"));
    const result = johansen(denmark(["LRM", "LRY", "IBO", "IDE"]), { det: "const", lags: 2, seasons: 4 });
    for (const [i, value] of printed.eigenvalues.entries()) expect(result.eigenvalues[i]).toBeCloseTo(value, 3);
    for (const i of [0, 1, 3]) expect(result.trace[i]).toBeCloseTo(printed.trace_printed[i], 2);
    expect(result.trace[2]).toBeCloseTo(8.69, 2);
    expect(result.rank).toBe(0);
  });

  test("the critical values in the source are those of the data", async () => {
    const script = new URL("../../scripts/critical-values.mjs", import.meta.url).href;
    const { generate } = (await import(script)) as { generate(): string };
    const bare = (text: string) => text.replace(/[\s,]/g, "");
    const source = readFileSync(new URL("../../src/stats/critical-values.ts", import.meta.url), "utf8");
    expect(bare(source)).toBe(bare(generate()));
  });
});

interface System {
  readonly kind: "common" | "parity" | "independent";
  readonly points: number;
  readonly variables: number;
  readonly seed: number;
  readonly det: JohansenOptions["det"];
  readonly lags: number;
  readonly seasons: number | null;
  readonly checksum: number;
  readonly eigenvalues: string[];
  readonly trace: string[];
  readonly maxEigen: string[];
  readonly eigenvectors: string[][];
}

/** The generator of the fixtures: every step is exact or rounded alike everywhere. */
function simulate({
  kind,
  points,
  variables,
  seed,
}: Pick<System, "kind" | "points" | "variables" | "seed">): number[][] {
  let state = seed;
  const noise = () => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 4294967296n);
    return state / 2 ** 32 - 0.5;
  };
  const trends = new Array<number>(Math.max(1, Math.floor(variables / 2))).fill(0);
  const drift = new Array<number>(variables).fill(0);
  const levels = new Array<number>(variables).fill(60000);
  let parity = 11;
  return Array.from({ length: points }, () => {
    if (kind === "parity") {
      parity = parity + noise() * 0.001;
      return [parity, parity + noise() * 0.00001];
    }
    if (kind === "independent") return levels.map((_, v) => (levels[v] = levels[v]! + noise() * 10));
    for (const k of trends.keys()) trends[k] = trends[k]! + noise();
    return drift.map((_, v) => {
      drift[v] = 0.5 * drift[v]! + noise();
      return 4 + trends[v % trends.length]! * (1 + 0.25 * v) + drift[v]!;
    });
  });
}

const { systems } = JSON.parse(readFileSync(new URL("fixtures/johansen-simulated.json", import.meta.url), "utf8")) as {
  systems: System[];
};

const optionsOf = ({ det, lags, seasons }: System): JohansenOptions =>
  seasons === null ? { det, lags } : { det, lags, seasons };

describe("simulated systems against 60-digit arithmetic", () => {
  test.each(systems.map((each) => [`${each.kind}, ${each.variables} variables, ${each.det}`, each] as const))(
    "%s",
    (_, each) => {
      const rows = simulate(each);
      expect(rows.at(-1)!.reduce((sum, value) => sum + value, 0)).toBe(each.checksum);
      const result = johansen(rows, optionsOf(each));
      expect(worst(result.eigenvalues, each.eigenvalues.map(Number))).toBeLessThan(1e-9);
      expect(worst(result.trace, each.trace.map(Number))).toBeLessThan(1e-9);
      expect(worst(result.maxEigen, each.maxEigen.map(Number))).toBeLessThan(1e-9);
      const first = each.eigenvectors[0]!.map(Number);
      const [found, expected] = [towardsFirst(result.eigenvectors[0]!), towardsFirst(first)];
      expect(worst(found.slice(0, each.variables), expected.slice(0, each.variables))).toBeLessThan(1e-10);
      expect(Math.abs(result.eigenvectors[0]![0]! / first[0]! - 1)).toBeLessThan(1e-9);
      // A restricted constant or trend near 0 is judged against the vector, not against itself.
      expect(Math.abs(found.at(-1)! - expected.at(-1)!)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected.at(-1)!)));
    },
  );
});

describe("identities", () => {
  const system = systems.find(({ kind, variables, det }) => kind === "common" && variables === 3 && det === "const")!;
  const rows = simulate(system);
  const plain = johansen(rows, { det: "const", lags: 2 });

  test("units change the vectors only: powers of two exactly", () => {
    const scaled = johansen(
      rows.map(([a, b, c]) => [a! * 2 ** 20, b!, c! * 2 ** -700]),
      { det: "const", lags: 2 },
    );
    expect(scaled.trace).toEqual(plain.trace);
    expect(scaled.eigenvectors[0]![0]! * 2 ** 20).toBe(plain.eigenvectors[0]![0]);
    expect(scaled.eigenvectors[0]![2]! * 2 ** -700).toBe(plain.eigenvectors[0]![2]);
    expect(scaled.eigenvectors[0]![3]).toBe(plain.eigenvectors[0]![3]);
  });

  test("the order of variables changes the vectors' order only", () => {
    const turned = johansen(
      rows.map(([a, b, c]) => [c!, a!, b!]),
      { det: "const", lags: 2 },
    );
    expect(worst(turned.eigenvalues, plain.eigenvalues)).toBeLessThan(1e-11);
    const [c, a, b, constant] = turned.eigenvectors[0]!;
    expect(worst(towardsFirst([a!, b!, c!, constant!]), towardsFirst(plain.eigenvectors[0]!))).toBeLessThan(1e-10);
  });

  test("an offset moves the restricted constant, and nothing at all with an unrestricted one", () => {
    const shifted = rows.map(([a, b, c]) => [a! + 1024, b!, c!]);
    const restricted = johansen(shifted, { det: "const", lags: 2 });
    expect(worst(restricted.eigenvalues, plain.eigenvalues)).toBeLessThan(1e-10);
    const [weight, , , constant] = plain.eigenvectors[0]!;
    expect(restricted.eigenvectors[0]![3]).toBeCloseTo(constant! - 1024 * weight!, 6);
    const free = { det: "none", lags: 2 } as const;
    expect(worst(johansen(shifted, free).trace, johansen(rows, free).trace)).toBeLessThan(1e-10);
  });

  test("trace[i] sums maxEigen from i on, eigenvalues fall, first weights are not negative", () => {
    const { trace, maxEigen, eigenvalues, eigenvectors } = plain;
    for (const [i, value] of trace.entries()) {
      expect(value).toBeCloseTo(
        maxEigen.slice(i).reduce((sum, each) => sum + each, 0),
        10,
      );
      expect(maxEigen[i]).toBeCloseTo(-298 * Math.log(1 - eigenvalues[i]!), 9);
      expect(eigenvectors[i]![0]).toBeGreaterThanOrEqual(0);
      if (i > 0) expect(eigenvalues[i]).toBeLessThan(eigenvalues[i - 1]!);
    }
  });
});

describe("rank", () => {
  test("is the 5 % trace test of the named table: one statistic, two verdicts", () => {
    // A pair whose trace lies between the two tables' values for two variables, 15.49 and 17.95.
    let found = 0;
    for (let seed = 1; seed < 400 && found < 3; seed++) {
      const rows = simulate({ kind: "independent", points: 120, variables: 2, seed });
      const lenum = johansen(rows, { det: "none", lags: 2 });
      if (!(lenum.trace[0]! > 15.4943 && lenum.trace[0]! < 17.95)) continue;
      const mackinnon = johansen(rows, { det: "none", lags: 2, table: "mackinnon-haug-michelis" });
      expect(mackinnon.trace).toEqual(lenum.trace);
      expect(lenum.rank).toBe(0);
      expect(mackinnon.rank).toBeGreaterThan(0);
      found++;
    }
    expect(found).toBe(3);
  });

  test("gates the hedge ratio", () => {
    const parity = johansen(simulate({ kind: "parity", points: 500, variables: 2, seed: 4 }), { det: "none", lags: 2 });
    expect(parity.rank).toBe(1);
    expect((johansenHedgeRatio(parity) as { ratio: number }).ratio).toBeCloseTo(1, 2);
    const there = johansenHedgeRatio(parity, 0, 1).ratio!;
    expect(johansenHedgeRatio(parity, 1, 0).ratio).toBeCloseTo(1 / there, 12);
    expect(johansenHedgeRatio({ ...parity, rank: 0 })).toEqual({ ratio: undefined, reason: "NOT_COINTEGRATED" });
    expect(johansenHedgeRatio({ ...parity, rank: 2 })).toEqual({ ratio: undefined, reason: "STATIONARY" });
    expect(johansenHedgeRatio({ ...parity, rank: undefined })).toEqual({ ratio: undefined, reason: "RANK_UNKNOWN" });
    const weightless = { ...parity, eigenvectors: [[0, 1]] };
    expect(johansenHedgeRatio(weightless)).toEqual({ ratio: undefined, reason: "NO_WEIGHT" });
    expect(() => johansenHedgeRatio(parity, 0, 2)).toThrow(StatsError);
  });

  test("of twelve variables is told where a table reaches that far, and unknown elsewhere", () => {
    const rows = simulate({ kind: "common", points: 260, variables: 12, seed: 3 });
    expect(johansen(rows, { det: "none", lags: 2 }).table).toContain("MacKinnon-Haug-Michelis");
    const beyond = johansen(rows, { det: "const", lags: 2 });
    expect(beyond.rank).toBeUndefined();
    expect(beyond.criticalValues.trace[0]).toBeUndefined();
    expect(beyond.criticalValues.trace[1]).toEqual([282.45, 291.4, 307.64]);
  });
});

describe("refusals", () => {
  const rows = simulate({ kind: "common", points: 120, variables: 3, seed: 9 });
  const det = "none";
  const refused = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (error instanceof StatsError) return `${error.code} ${error.field}`;
      throw error;
    }
    return "none";
  };

  test.each(["none", "const", "trend"] as const)("collinear variables, %s", (each) => {
    const options = { det: each, lags: 2 };
    const sum = rows.map(([a, b]) => [a!, b!, 0.3 * a! - 1.7 * b! + 5]);
    expect(refused(() => johansen(sum, options))).toBe("COLLINEAR rows");
    const twice = rows.map(([a, b]) => [a!, b!, a!]);
    expect(refused(() => johansen(twice, options))).toBe("COLLINEAR rows");
    const still = rows.map(([a, b]) => [a!, b!, 0.1]);
    expect(refused(() => johansen(still, options))).toBe("COLLINEAR rows");
    const large = rows.map(([a, b]) => [1e9 + a!, 1e9 + b!, 2e9 + a! + b!]);
    expect(refused(() => johansen(large, options))).toBe("COLLINEAR rows");
  });

  test("too few rows, ragged rows, values that are none, arguments out of range", () => {
    expect(refused(() => johansen([], { det, lags: 2 }))).toBe("TOO_FEW_POINTS rows");
    expect(refused(() => johansen(rows.slice(0, 11), { det, lags: 2 }))).toBe("TOO_FEW_POINTS rows");
    expect(refused(() => johansen(rows.slice(0, 12), { det, lags: 2 }))).toBe("none");
    expect(refused(() => johansen(rows.with(5, [1, 2]), { det, lags: 2 }))).toBe("LENGTH_MISMATCH rows[5]");
    expect(refused(() => johansen(rows.with(5, [1, Number.NaN, 2]), { det, lags: 2 }))).toBe("NOT_FINITE rows[5][1]");
    expect(
      refused(() =>
        johansen(
          rows.map(([a]) => [a!]),
          { det, lags: 2 },
        ),
      ),
    ).toBe("BAD_ARGUMENT rows");
    expect(refused(() => johansen(rows, { det, lags: 1 }))).toBe("BAD_ARGUMENT lags");
    expect(refused(() => johansen(rows, { det, lags: 6 }))).toBe("BAD_ARGUMENT lags");
    expect(refused(() => johansen(rows, { det, lags: 2, seasons: 1 }))).toBe("BAD_ARGUMENT seasons");
    const table = "mackinnon-haug-michelis";
    expect(refused(() => johansen(rows, { det: "const", lags: 2, table }))).toBe("BAD_ARGUMENT table");
    expect(refused(() => johansen(rows, { det: "both" as "none", lags: 2 }))).toBe("BAD_ARGUMENT det");
  });
});
