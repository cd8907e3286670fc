/** The shield study's parts: liquidations against a slow count, alerts without foresight, made-up bars, and one run of it all. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { liquidations, MARGIN_TERMS } from "../../../src/backtest/run/margin-paths.ts";
import { SHIELD_RULES, shieldAlerts } from "../../../src/backtest/run/shield-rule.ts";
import { SYNTHETIC_BARS, syntheticBars } from "../../../src/backtest/run/synthetic-bars.ts";
import { registerShield } from "../../../src/cli/backtest-shield.ts";
import { checkFile } from "../../../src/market-data/check.ts";
import { RollSpread } from "../../../src/market-data/roll-spread.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { temporary } from "../../cli/support.ts";

const STEP_MS = 300_000;
const made = (seed: number, count: number) => [...syntheticBars({ ...SYNTHETIC_BARS, seed, count })];

describe("liquidations", () => {
  test("by hand: a fall of a third within the day takes leverage 3 and more, not after it", () => {
    const atMs = Array.from({ length: 60 }, (_, hour) => hour * 3_600_000);
    const profit = atMs.map((_, hour) => (hour < 30 ? 0 : -33));
    const exposure = atMs.map(() => 100);
    const counts = liquidations({ atMs, profit, exposure }, MARGIN_TERMS);
    // Paths from hours 0 to 35; those from 6 to 29 see the fall within their day.
    expect(counts).toEqual([3, 5, 10].map((leverage) => ({ leverage, paths: 36, liquidated: 24 })));
    const [barely] = liquidations({ atMs, profit: profit.map((each) => (each * 32) / 33), exposure }, MARGIN_TERMS);
    expect(barely).toMatchObject({ leverage: 3, liquidated: 0 });
  });

  test("as a count of every path by itself", () => {
    const prng = createPrng(4);
    for (let round = 0; round < 20; round++) {
      let at = 0;
      const atMs = Array.from({ length: 300 }, () => (at += 1 + prng.int(40)));
      let profit = 0;
      const profits = atMs.map(() => (profit += prng.int(21) - 10));
      const exposure = atMs.map(() => 80 + prng.int(40));
      const terms = {
        leverages: [2, 5, 20],
        maintenance: 0.01,
        windowMs: 200 + prng.int(500),
        everyMs: 1 + prng.int(90),
      };
      const slow = terms.leverages.map((leverage) => {
        let [paths, liquidated, next] = [0, 0, Number.NEGATIVE_INFINITY];
        atMs.forEach((start, from) => {
          if (start < next || start + terms.windowMs > atMs.at(-1)!) return;
          next = start + terms.everyMs;
          paths++;
          const during = profits.filter((_, to) => to >= from && atMs[to]! <= start + terms.windowMs);
          if (during.some((each) => 1 / leverage + (each - profits[from]!) / exposure[from]! <= 0.01)) liquidated++;
        });
        return { leverage, paths, liquidated };
      });
      expect(liquidations({ atMs, profit: profits, exposure }, terms)).toEqual(slow);
      expect(slow[2]!.liquidated).toBeGreaterThan(0);
    }
  });
});

describe("alerts", () => {
  test.each(SHIELD_RULES)("%s: each at the end of its bar, the same whatever comes after", (rule) => {
    const lines = made(3, 3000);
    const alertsOf = (rows: number) => {
      const path = join(temporary(), "b.csv");
      writeFileSync(path, lines.slice(0, rows + 1).join("\n"));
      return [...shieldAlerts(rule, path, STEP_MS, "A/B", "s")].map(({ atMs, body }) => `${atMs} ${body}`);
    };
    const all = alertsOf(3000);
    expect(all.length).toBeGreaterThan(20);
    for (const rows of [700, 1111, 2500]) {
      const endMs = SYNTHETIC_BARS.startMs + rows * STEP_MS;
      expect(alertsOf(rows)).toEqual(all.filter((each) => Number(each.split(" ")[0]) <= endMs));
    }
    expect(all.every((each) => Number(each.split(" ")[0]) % STEP_MS === 0)).toBe(true);
  });
});

test("made-up bars are bars, the same for a seed, and jump between no spread", () => {
  const path = join(temporary(), "b.csv");
  writeFileSync(path, made(1, 5000).join("\n"));
  const check = checkFile(path);
  expect(check).toMatchObject({ rows: 5000, missing_bars: 0, usable: true });
  expect(check.roll_spread_bps).toBeLessThan(15);
  expect(made(1, 50)).toEqual(made(1, 50));
  expect(made(2, 50)).not.toEqual(made(1, 50));
});

test("Roll's estimator finds the spread that closes were made to jump between", () => {
  const prng = createPrng(9);
  const roll = new RollSpread();
  let mid = 100;
  for (let n = 0; n < 200_000; n++) {
    mid *= 1 + (prng.float() - 0.5) * 0.001;
    roll.add(mid * (1 + (prng.int(2) === 0 ? -1 : 1) * 0.002));
  }
  expect(roll.bps()).toBeGreaterThan(38);
  expect(roll.bps()).toBeLessThan(42);
});

test("the study runs whole, and says every way of every case", async () => {
  const dir = temporary();
  writeFileSync(join(dir, "bars.csv"), made(7, 1500).join("\n"));
  const out: string[] = [];
  let code = -1;
  const note = (text: string) => void out.push(text);
  const program = new Command().exitOverride();
  registerShield(program, { env: {}, cwd: dir, out: note, err: note, setExitCode: (given) => (code = given) });
  await program.parseAsync(["shield", "--bars", "bars.csv", "--seeds", "0", "--json", "o.json"], { from: "user" });
  expect(code, out.join("\n")).toBe(0);
  const { rows, limits } = JSON.parse(readFileSync(join(dir, "o.json"), "utf8"));
  expect(rows).toHaveLength(2 * 3 * 4);
  expect(limits.join(" ")).toMatch(/Not counted: margin .* funding/);
  for (const row of rows) {
    expect(row.paths).toBeGreaterThan(50);
    expect(row.drawdown_max).toBeGreaterThan(0);
  }
  const of = (rule: string, leverage: number, way: string) =>
    rows.find(
      (row: Record<string, unknown>) => row["rule"] === rule && row["leverage"] === leverage && row["way"] === way,
    );
  expect(of("trend", 5, "shield").hedged_mean).toBeGreaterThan(0.1);
  expect(of("trend", 5, "shield").cost).toBeGreaterThan(0);
  const [none, half] = [of("fall", 10, "no hedge"), of("fall", 10, "standing, one half")];
  expect(half.profit).toBeCloseTo(none.profit / 2 - 0.5 * 0.0007, 3);
  expect(half.drawdown_max).toBeLessThan(none.drawdown_max);
});
