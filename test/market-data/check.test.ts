/** Every finding of `checkFile`, on files that have it and on files that only look like it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkFile } from "../../src/market-data/check.ts";
import { HEADERS } from "../../src/market-data/format.ts";
import { temporary } from "../cli/support.ts";

const START = 1_700_000_040_000;
const bars = (count: number, change: (row: number[], at: number) => (number | string)[] | null = (row) => row) =>
  Array.from({ length: count }, (_, at) => change([START + at * 60_000, 100, 101, 99, 100, 5], at))
    .filter((row) => row !== null)
    .map((row) => row.join(","))
    .join("\n");

function found(text: string, name = "f.csv") {
  const { findings, ...check } = checkFile(join(temporary({ [name]: text }), name));
  return { ...check, codes: Object.fromEntries(findings.map(({ code, count, lines }) => [code, [count, lines]])) };
}

describe("bars", () => {
  test("a clean file is clean, with and without header, in ms and in µs", () => {
    const clean = { codes: {}, usable: true, rows: 100, interval_ms: 60_000, missing_bars: 0, kind: "bars" };
    expect(found(bars(100))).toMatchObject(clean);
    expect(found(`${HEADERS.bars}\n${bars(100)}\n`)).toMatchObject(clean);
    const micro = bars(100, ([time, ...rest]) => [time! * 1000, ...rest]);
    expect(found(micro)).toMatchObject({ ...clean, first_timestamp_ms: START });
    const vision = bars(100, (row) => [...row, row[0]! + 59_999, 1, 2, 3, 4, 0]);
    expect(found(`\uFEFF${vision.replaceAll("\n", "\r\n")}`)).toMatchObject(clean);
  });

  test.each<[string, (row: number[], at: number) => (number | string)[] | null, object]>([
    ["gaps", (row, at) => (at === 20 || at === 50 || at === 51 ? null : row), { GAP: [2, [21, 50]] }],
    ["zero volume", (row, at) => (at === 7 ? [...row.slice(0, 5), 0] : row), { ZERO_VOLUME: [1, [8]] }],
    ["an outlier", (row, at) => (at === 70 ? [row[0]!, 100, 200, 99, 200, 5] : row), { OUTLIER: [2, [71, 72]] }],
    ["a high below", (row, at) => (at === 3 ? [row[0]!, 100, 99.5, 99, 100, 5] : row), { INCONSISTENT: [1, [4]] }],
    ["a price of 0", (row, at) => (at === 3 ? [row[0]!, 0, 101, 99, 100, 5] : row), { NOT_POSITIVE: [1, [4]] }],
    ["a word", (row, at) => (at === 3 ? [row[0]!, 100, "n/a", 99, 100, 5] : row), { NOT_A_NUMBER: [1, [4]] }],
    ["infinity", (row, at) => (at === 3 ? [row[0]!, 100, "1e999", 99, 100, 5] : row), { NOT_A_NUMBER: [1, [4]] }],
    ["a short row", (row, at) => (at === 3 ? row.slice(0, 4) : row), { NOT_A_NUMBER: [1, [4]] }],
    ["seconds", (row, at) => (at === 3 ? [row[0]! / 1000, ...row.slice(1)] : row), { TIME_BAD: [1, [4]] }],
    ["another grid", (row, at) => (at === 30 ? [row[0]! + 1000, ...row.slice(1)] : row), { OFF_GRID: [1, [31]] }],
    [
      "another order",
      (row, at) => (at === 60 ? [row[0]! - 120_000, ...row.slice(1)] : row),
      { OUT_OF_ORDER: [1, [61]] },
    ],
  ])("%s", (_name, change, codes) => {
    const check = found(bars(100, change));
    expect(check.codes).toMatchObject(codes);
    const errors = ["INCONSISTENT", "NOT_POSITIVE", "NOT_A_NUMBER", "TIME_BAD", "OUT_OF_ORDER"];
    expect(check.usable).toBe(!Object.keys(codes).some((code) => errors.includes(code)));
  });

  test("a repetition is no contradiction", () => {
    const rows = bars(10).split("\n");
    expect(found([...rows.slice(0, 5), rows[4], ...rows.slice(5)].join("\n"))).toMatchObject({
      codes: { DUPLICATE: [1, [6]] },
      usable: true,
    });
    const other = rows[4]!.replace(/5$/, "6");
    expect(found([...rows.slice(0, 5), other, ...rows.slice(5)].join("\n"))).toMatchObject({
      codes: { CONTRADICTED: [1, [6]] },
      usable: false,
    });
  });

  test("five hundred findings keep the first five lines", () => {
    const check = found(bars(500, (row) => [...row.slice(0, 5), 0]));
    expect(check.codes).toEqual({ ZERO_VOLUME: [500, [1, 2, 3, 4, 5]] });
  });
});

describe("ticks", () => {
  const quote = (at: number, bid: number, ask: number, id = at) => `${(START + at) * 1e6},,${id},${bid},1,${ask},2`;
  const quotes = (...rows: string[]) => found([HEADERS.quotes, ...rows].join("\n"));

  test("quotes: crossed, locked, repeated, contradicted, silent", () => {
    expect(quotes(quote(1, 99, 100), quote(1, 99, 100, 2), quote(3, 99, 101)).codes).toEqual({});
    const check = quotes(
      quote(1, 99, 100),
      quote(2, 101, 100),
      quote(3, 100, 100),
      quote(3, 100, 100),
      quote(4, 100, 101, 3),
      quote(90_000, 100, 101),
    );
    expect(check).toMatchObject({ kind: "quotes", interval_ms: null, usable: false });
    expect(check.codes).toEqual({
      CROSSED: [1, [3]],
      LOCKED: [2, [4, 5]],
      DUPLICATE: [1, [5]],
      CONTRADICTED: [1, [6]],
      GAP: [1, [7]],
    });
  });

  test("trades of several at one time are not duplicates, of one id they are", () => {
    const trade = (at: number, id: number) => `${(START + at) * 1e6},,,${id},100,1,0`;
    const check = found([HEADERS.trades, trade(1, 1), trade(1, 2), trade(1, 2), trade(2, 3)].join("\n"));
    expect(check).toMatchObject({ kind: "trades", codes: { DUPLICATE: [1, [4]] }, usable: true });
  });
});

test("a file of something else, or of nothing, is refused by name", () => {
  const dir = temporary({ "a.csv": "name,age\nx,1\n", "b.csv": "" });
  expect(() => checkFile(join(dir, "a.csv"))).toThrow(/a\.csv:1: .*no column/);
  expect(() => checkFile(join(dir, "b.csv"))).toThrow(/b\.csv:1/);
  expect(() => checkFile(join(dir, "c.csv"))).toThrow(/c\.csv: ENOENT/);
});

const MARKET = fileURLToPath(new URL("../../../shared/data/market/", import.meta.url));
test.skipIf(!existsSync(MARKET))("recorded data is as its manifest says", () => {
  const trx = checkFile(join(MARKET, "spot5m_TRXBTC_2018-01.csv"));
  expect(trx).toMatchObject({ rows: 5754, interval_ms: 300_000, missing_bars: 6, usable: true });
  expect(trx.findings).toMatchObject([{ code: "GAP", count: 6 }]);
  expect(checkFile(join(MARKET, "perp1m_ETHUSDT_2023-07.csv"))).toMatchObject({ rows: 64_066, findings: [] });
  expect(checkFile(join(MARKET, "tick/perp_BTCUSDT_bbo_20240808_120s.csv"))).toMatchObject({
    rows: 22_373,
    findings: [],
  });
});
