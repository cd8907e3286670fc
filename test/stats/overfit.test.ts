/** Deflated Sharpe and PBO: the paper's example, a literal second program, and what luck and skill must give. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { deflatedSharpe } from "../../src/stats/deflated-sharpe.ts";
import { pbo } from "../../src/stats/pbo.ts";
import { Random } from "../wasm/random.ts";

const EXAMPLE = new URL("../../../shared/data/overfit/dsr_example.json", import.meta.url);
const present = existsSync(EXAMPLE);
if (!present) console.log("skipped: the deflated Sharpe example needs ../shared/data/overfit");

const error = (code: string, field: string) => expect.objectContaining({ code, field });

describe("deflatedSharpe", () => {
  const example = {
    sharpe: 2.5 / Math.sqrt(250),
    observations: 1250,
    skew: -3,
    kurtosis: 10,
    sharpeVariance: 0.5 / 250,
  };

  test.skipIf(!present)("reproduces the paper's example", () => {
    const { computed } = JSON.parse(readFileSync(EXAMPLE, "utf8"));
    for (const trials of [46, 88, 100]) {
      const { dsr, sr0 } = deflatedSharpe({ ...example, trials });
      expect(dsr).toBeCloseTo(computed[`N=${trials}`].DSR, 13);
      expect(sr0).toBeCloseTo(computed[`N=${trials}`].SR0_per_day, 14);
    }
    expect(deflatedSharpe({ ...example, trials: 100 }).dsr).toBeCloseTo(0.9004, 4);
  });

  test("of returns is that of their moments", () => {
    const random = new Random(1);
    const returns = Array.from({ length: 800 }, () => 0.1 + random.normal() ** 3);
    const mean = returns.reduce((sum, value) => sum + value, 0) / 800;
    const power = (k: number) => returns.reduce((sum, value) => sum + (value - mean) ** k, 0) / 800;
    const expected = deflatedSharpe({
      sharpe: mean / Math.sqrt((power(2) * 800) / 799),
      observations: 800,
      skew: power(3) / power(2) ** 1.5,
      kurtosis: power(4) / power(2) ** 2,
      trials: 7,
      sharpeVariance: 0.002,
    });
    const found = deflatedSharpe(returns, { trials: 7, sharpeVariance: 0.002 });
    for (const key of ["dsr", "sr0", "sharpe", "observations", "skew", "kurtosis"] as const) {
      expect(found[key]).toBeCloseTo(expected[key], 11);
    }
    const scaled = deflatedSharpe(
      Float64Array.from(returns, (value) => value * 2 ** -900),
      { trials: 7, sharpeVariance: 0.002 },
    );
    expect(scaled).toEqual(found);
  });

  test("falls with the number of trials and starts from no deflation at one", () => {
    let before = 1;
    for (const trials of [1, 2, 3, 10, 100, 1e4, 1e6]) {
      const { dsr, sr0 } = deflatedSharpe({ ...example, trials });
      expect(dsr).toBeLessThan(before);
      before = dsr;
      if (trials === 1) expect(sr0).toBe(0);
    }
    expect(deflatedSharpe({ sharpe: 0, observations: 10, trials: 1 }).dsr).toBe(0.5);
  });

  test("refuses excess kurtosis, and records without a ratio", () => {
    expect(() => deflatedSharpe({ ...example, trials: 9, kurtosis: 7 })).toThrow(error("BAD_ARGUMENT", "kurtosis"));
    expect(() => deflatedSharpe({ ...example, trials: 0 })).toThrow(error("BAD_ARGUMENT", "trials"));
    expect(() => deflatedSharpe({ sharpe: 1, observations: 9, trials: 2 })).toThrow(
      error("BAD_ARGUMENT", "sharpeVariance"),
    );
    expect(() => deflatedSharpe({ ...example, trials: 9, observations: 1 })).toThrow(
      error("TOO_FEW_POINTS", "observations"),
    );
    expect(() => deflatedSharpe({ ...example, trials: 9, sharpe: Number.NaN })).toThrow(
      error("BAD_ARGUMENT", "sharpe"),
    );
    expect(() => deflatedSharpe([0.1, 0.1, 0.1], { trials: 1 })).toThrow(error("CONSTANT", "returns"));
    expect(() => deflatedSharpe([0.1, Number.NaN, 0.1], { trials: 1 })).toThrow(error("NOT_FINITE", "returns[1]"));
    expect(() => deflatedSharpe([0.1, 0.2], { trials: 1 })).toThrow(error("TOO_FEW_POINTS", "returns"));
    const twoPoint = { sharpe: 1, skew: 2, kurtosis: 5, observations: 9, trials: 1 };
    expect(() => deflatedSharpe(twoPoint)).toThrow(error("NO_SOLUTION", "sharpe"));
  });
});

/** CSCV written down as the paper says it: halves are joined row by row, ranks counted by sorting. */
function literalPbo(trials: readonly (readonly number[])[], blocks: number): number[] {
  const rows = trials[0]!.length / blocks;
  const sharpe = (returns: readonly number[]) => {
    const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
    return mean / Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (returns.length - 1));
  };
  const logits: number[] = [];
  for (let mask = 0; mask < 2 ** blocks; mask++) {
    const bits = Array.from({ length: blocks }, (_, block) => (mask >> block) & 1);
    if (bits.filter((bit) => bit === 1).length !== blocks / 2) continue;
    const ratios = (bit: number) =>
      trials.map((trial) => sharpe(trial.filter((_, row) => bits[Math.floor(row / rows)] === bit)));
    const trained = ratios(1);
    const tested = ratios(0);
    const best = trained.indexOf(Math.max(...trained));
    const rank = [...tested].sort((a, b) => a - b).indexOf(tested[best]!) + 1;
    const share = rank / (trials.length + 1);
    logits.push(Math.log(share / (1 - share)));
  }
  return logits;
}

describe("pbo", () => {
  function noise(trials: number, rows: number, seed: number): number[][] {
    const random = new Random(seed);
    return Array.from({ length: trials }, () => Array.from({ length: rows }, () => random.normal()));
  }

  test.each([
    [2, 4],
    [5, 6],
    [8, 8],
  ])("of %i trials in %i blocks has the literal program's logits, split by split", (count, blocks) => {
    const trials = noise(count, blocks * 9, count).map((trial, index) => trial.map((value) => value + index / 10));
    const found = pbo(trials, { blocks });
    const expected = literalPbo(trials, blocks);
    expect(found.logits.length).toBe(expected.length);
    found.logits.forEach((logit, index) => {
      expect(logit).toBeCloseTo(expected[index]!, 12);
    });
    expect(found.pbo).toBe(expected.filter((logit) => logit <= 0).length / expected.length);
  });

  test("is 0 for skill that lasts, 1 for what must reverse, and neither for noise", () => {
    const skilled = noise(6, 320, 3).map((trial, index) => trial.map((value) => value * 0.1 + index));
    expect(pbo(skilled)).toMatchObject({ pbo: 0, lossProbability: 0, blockRows: 20, rowsDropped: 0 });
    expect(pbo(skilled).logits.length).toBe(12_870);
    // Block means that cancel over the sample: who gained in one half has lost it in the other.
    const reversing = noise(6, 320, 4).map((trial, index) =>
      trial.map((value, row) => value * 0.01 + Math.sin((index + 1) * (Math.floor(row / 20) + 0.5) * (Math.PI / 8))),
    );
    const fooled = pbo(reversing);
    expect(fooled.pbo).toBeGreaterThan(0.9);
    expect(fooled.degradation).toBeLessThan(0);
    const random = pbo(noise(20, 320, 5)).pbo;
    expect(random > 0.1 && random < 0.9).toBe(true);
  });

  test("sees no scale, drops the oldest rows, and lets a trial be idle", () => {
    const trials = noise(4, 70, 6);
    const plain = pbo(trials, { blocks: 8 });
    expect(plain).toMatchObject({ blockRows: 8, rowsDropped: 6 });
    expect(
      pbo(
        trials.map((trial) => trial.slice(6)),
        { blocks: 8 },
      ),
    ).toEqual({ ...plain, rowsDropped: 0 });
    expect(
      pbo(
        trials.map((trial, index) => trial.map((value) => value * 2 ** (index * 400 - 700))),
        { blocks: 8 },
      ),
    ).toEqual(plain);
    const idle = trials.map((trial, index) =>
      index === 2 ? trial.map((value, row) => (row < 66 ? 0 : value)) : trial,
    );
    const found = pbo(idle, { blocks: 8 });
    expect(found.logits.every(Number.isFinite)).toBe(true);
    const steady = trials.map((trial, index) =>
      index === 2 ? trial.map((value, row) => (row < 66 ? 0.1 : value)) : trial,
    );
    expect(pbo(steady, { blocks: 8 }).logits.every(Number.isFinite)).toBe(true);
    expect(pbo(steady, { blocks: 8 }).degradation).toBeUndefined();
  });

  test("gives equal trials their middle rank, which is no better than the median", () => {
    const [trial] = noise(1, 64, 8);
    const found = pbo([trial!, trial!], { blocks: 4 });
    expect(found).toMatchObject({ pbo: 1, logits: [0, 0, 0, 0, 0, 0] });
    const worse = trial!.map((value) => value - 5);
    // Ranks 1, 2.5, 2.5 of three: ln(2.5 / 1.5).
    const among = pbo([worse, trial!, trial!], { blocks: 4 });
    expect(among.pbo).toBe(0);
    for (const logit of among.logits) expect(logit).toBeCloseTo(Math.log(2.5 / 1.5), 14);
  });

  test("refuses what cannot be split", () => {
    const trials = noise(3, 40, 7);
    expect(() => pbo(trials, { blocks: 7 })).toThrow(error("BAD_ARGUMENT", "blocks"));
    expect(() => pbo(trials, { blocks: 22 })).toThrow(error("BAD_ARGUMENT", "blocks"));
    expect(() => pbo(trials.slice(0, 1))).toThrow(error("TOO_FEW_POINTS", "trials"));
    expect(() => pbo(noise(3, 31, 1))).toThrow(error("TOO_FEW_POINTS", "trials[0]"));
    expect(() => pbo([trials[0]!, trials[1]!.slice(1)])).toThrow(error("LENGTH_MISMATCH", "trials[1]"));
    expect(() => pbo([trials[0]!, new Array(40).fill(0.1)])).toThrow(error("CONSTANT", "trials[1]"));
    expect(() => pbo([trials[0]!, trials[1]!.with(5, Number.NaN)])).toThrow(error("NOT_FINITE", "trials[1][5]"));
  });
});
