/** The published study on real bars: every run, trade and point of its curves. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TRADE_COLUMNS, tradeCells } from "../../src/backtest/pairs-csv.ts";
import { expectDefinition, slowTerms } from "./definition.ts";
import { oracle } from "./pairs-oracle.ts";
import { join2, type Ran, type Row, runFiles, TERMS } from "./pairs-rig.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);
const present = existsSync(new URL("backtest/backtest_reference.json", DATA));
if (!present) console.log("skipped: ../shared/data is absent, so no reference study to compare with");

interface Study {
  readonly y: string;
  readonly x: string;
  readonly rows: number;
  readonly bars_per_year: number;
  readonly runs: Readonly<Record<string, Run>>;
}
interface Run {
  readonly fee: number;
  readonly slip: number;
  readonly band: number | null;
  readonly cost_gate: boolean;
}
const studies: Readonly<Record<string, Study>> = present ? JSON.parse(text("backtest/backtest_reference.json")) : {};

describe.skipIf(!present).each(Object.entries(studies))("%s", (study, { y, x, rows, bars_per_year, runs }) => {
  test.each(Object.entries(runs))("%s", (name, run) => {
    const ran = runStudy(y, x, run);
    expect([ran.outcome.rows, ran.outcome.barsPerYear]).toEqual([rows, bars_per_year]);
    expect(Object.keys(ran.outcome.result)).toEqual(Object.keys(run));
    expectSame(ran.outcome.result, run, name);
    const [trades, equity] = [`${study}_${name}_trades.csv`, `${study}_${name}_equity.csv`].map(rowsOf);
    if (trades !== null) expectTrades(ran, trades!);
    if (equity !== null) expectEquity(ran, equity!);
  });

  test("equity ends lower the more a fill costs", () => {
    const ends = [0, 1, 2, 5, 10, 20].map((bps) => {
      const { final_equity_hedged, final_equity_unhedged } = runStudy(y, x, {
        fee: bps / 20_000,
        slip: bps / 10_000,
        band: null,
        cost_gate: false,
      }).outcome.result;
      return [final_equity_hedged, final_equity_unhedged] as const;
    });
    for (const [at, [hedged, unhedged]] of ends.slice(1).entries()) {
      expect(hedged).toBeLessThan(ends[at]![0]);
      expect(unhedged).toBeLessThan(ends[at]![1]);
    }
  });
});

/** Real pairs that nobody published results of. */
const UNPUBLISHED: readonly (readonly [y: string, x: string])[] = [
  ["spot5m_LTCBTC_2018-01", "spot5m_ETHBTC_2018-01"],
  ["spot5m_LTCBTC_2018-01", "spot5m_TRXBTC_2018-01"],
  ["spot5m_TRXBTC_2018-01", "spot5m_LTCBTC_2018-01"],
  ["spot5m_ETHBTC_2018-01", "spot5m_TRXBTC_2018-01"],
];
describe.skipIf(!present).each(UNPUBLISHED)("%s by %s is what the definition says", (y, x) => {
  const rows = (name: string): Row[] =>
    text(`market/${name}.csv`)
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number))
      .map(([t, open, , , close, volume]) => ({ t: t!, open: open!, close: close!, volume: volume! }));
  const bars = present ? join2({ y: rows(y), x: rows(x) }) : [];
  test.each([{}, { band: 0.05 }, { cost_gate: true, fee: 0.0002, slip: 0.0001 }])("with %j", (variant) => {
    const run = { fee: 0.001, slip: 0.002, band: null, cost_gate: false, ...variant };
    const terms = { ...TERMS, fee: run.fee, slippage: run.slip, band: run.band, costGate: run.cost_gate };
    const ran = runStudy(y, x, run);
    expect(ran.trades.length).toBeGreaterThan(20);
    expectDefinition(ran, oracle(bars, slowTerms(terms)), terms, bars.length);
  });
});

test.skipIf(!present)("the reference files are those that were meant", () => {
  expect(Object.keys(studies)).toEqual(["bt2_ETH_BTC_5m", "bt6_TRX_ETH_5m_2018"]);
  expect(Object.values(studies).map(({ runs }) => Object.keys(runs).length)).toEqual([5, 5]);
  const files = Object.entries(studies).flatMap(([study, { runs }]) =>
    Object.keys(runs).flatMap((name) => [`${study}_${name}_trades.csv`, `${study}_${name}_equity.csv`]),
  );
  expect(files.filter((file) => rowsOf(file) !== null)).toHaveLength(6);
});

function runStudy(y: string, x: string, run: Run): Ran {
  const path = (name: string) => new URL(`market/${name}.csv`, DATA).pathname;
  const { fee, slip: slippage, band, cost_gate: costGate } = run;
  return runFiles(path(y), path(x), { ...TERMS, fee, slippage, band, costGate });
}

function expectTrades(ran: Ran, rows: Record<string, string>[]): void {
  expect(ran.trades.length).toBe(rows.length);
  expect(Object.keys(rows[0]!)).toEqual([...TRADE_COLUMNS]);
  for (const [index, row] of rows.entries()) {
    const cells = tradeCells(ran.trades[index]!);
    // Net numbers are differences of gross and cost, so their error is that of the larger.
    const money = Math.max(...["pnl_gross_y", "pnl_gross_x", "cost_y", "cost_x"].map((name) => Math.abs(+row[name]!)));
    for (const [column, name] of TRADE_COLUMNS.entries()) {
      const [found, wanted] = [cells[column]!, row[name]!];
      const what = `trade ${index}, ${name}: ${found}, not ${wanted}`;
      if (name === "reason" || /^-?\d+$/.test(wanted)) expect(String(found), what).toBe(wanted);
      else if (name.startsWith("z_")) expect(Math.abs(Number(found) - +wanted), what).toBeLessThan(1e-9);
      else if (/^(?:cash|pnl_net)/.test(name)) {
        expect(Math.abs(Number(found) - +wanted), what).toBeLessThan(1e-9 * money);
      } else expect(relative(Number(found), +wanted), what).toBeLessThan(1e-9);
    }
  }
}

function expectEquity(ran: Ran, rows: Record<string, string>[]): void {
  expect(rows.length).toBeGreaterThan(1000);
  for (const row of rows) {
    const at = Number(row["bar"]) - ran.firstBar;
    expect(ran.timestampMs[at]).toBe(Number(row["timestamp_ms"]));
    expect(relative(ran.hedged[at]!, +row["equity_hedged"]!)).toBeLessThan(1e-9);
    expect(relative(ran.unhedged[at]!, +row["equity_unhedged"]!)).toBeLessThan(1e-9);
  }
}

/** Keys, kinds and numbers of everything that the reference says. */
function expectSame(found: unknown, wanted: unknown, path: string): void {
  if (typeof wanted === "number") {
    // Distances of a z from a threshold have the digits of the z, not their own.
    const off = path.includes("threshold_margin")
      ? Math.abs((found as number) - wanted)
      : relative(found as number, wanted);
    expect(off, `${path}: ${found}, not ${wanted}`).toBeLessThan(1e-9);
  } else if (typeof wanted === "object" && wanted !== null) {
    for (const [key, value] of Object.entries(wanted)) {
      expectSame((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else expect(found, path).toBe(wanted);
}

function relative(found: number, wanted: number): number {
  return wanted === 0 ? Math.abs(found) : Math.abs(found / wanted - 1);
}

function rowsOf(file: string): Record<string, string>[] | null {
  if (!existsSync(new URL(`backtest/${file}`, DATA))) return null;
  const [header, ...lines] = text(`backtest/${file}`).trim().split("\n");
  const names = header!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, at) => [names[at]!, cell])));
}

function text(path: string): string {
  return readFileSync(new URL(path, DATA), "utf8");
}
