/** `importFiles`: what comes out is what went in, in this project's form, or nothing comes out. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkFile } from "../../src/market-data/check.ts";
import { HEADERS } from "../../src/market-data/format.ts";
import { importFiles } from "../../src/market-data/import.ts";
import { plainDecimal } from "../../src/market-data/plain-decimal.ts";
import { temporary } from "../cli/support.ts";

const T = 1_700_000_040_000;

describe("importFiles", () => {
  test("months of klines in ms and µs become one file, its checksum beside it", () => {
    const dir = temporary({
      "1.csv": `${T},1.10,2,1,1.5,7,0,0,0,0,0,0\n${T + 60_000},1.5,2,1e-8,1.5,7,0,0,0,0,0,0\n`,
      "2.csv": `open_time,open,high,low,close,volume\n${(T + 60_000) * 1000},1.5,2,1e-8,1.5,7\n${(T + 120_000) * 1000},1,2,1,1,0\n`,
    });
    const out = join(dir, "out.csv");
    const result = importFiles([join(dir, "1.csv"), join(dir, "2.csv")], out);
    expect(result).toMatchObject({ kind: "bars", rows: 3, duplicates: 1 });
    const rows = [`${T},1.1,2,1,1.5,7`, `${T + 60_000},1.5,2,0.00000001,1.5,7`, `${T + 120_000},1,2,1,1,0`];
    expect(readFileSync(out, "utf8")).toBe(`${[HEADERS.bars, ...rows].join("\n")}\n`);
    expect(execFileSync("sha256sum", ["-c", "out.csv.sha256"], { cwd: dir, encoding: "utf8" })).toBe("out.csv: OK\n");
    expect(readdirSync(dir).sort()).toEqual(["1.csv", "2.csv", "out.csv", "out.csv.sha256"]);
    expect(checkFile(out)).toMatchObject({ rows: 3, usable: true });
  });

  test("ticks of other recorders get this project's columns, times in ns with all their digits", () => {
    const dir = temporary({
      "book.csv": `update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transact_time\n7,99.50,1,100,2,${T}\n`,
      "agg.csv": `agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n9,100,0.5,1,2,${T},true\n`,
      "own.csv": `${HEADERS.trades}\n1723161256118579666,,,3,61824,0.03368,0\n`,
    });
    const rowOf = (name: string) => {
      importFiles([join(dir, name)], join(dir, "out.csv"));
      return readFileSync(join(dir, "out.csv"), "utf8").split("\n")[1];
    };
    expect(rowOf("book.csv")).toBe(`${T}000000,,7,99.5,1,100,2`);
    expect(rowOf("agg.csv")).toBe(`${T}000000,,,9,100,0.5,1`);
    expect(rowOf("own.csv")).toBe("1723161256118579666,,,3,61824,0.03368,0");
  });

  test.each([
    ["out of order", `${T + 60_000},1,1,1,1,1\n${T},1,1,1,1,1\n`, "ROW_OUT_OF_ORDER", /:2: /],
    ["contradicted", `${T},1,1,1,1,1\n${T},1,1,1,1,2\n`, "ROW_CONTRADICTED", /:2: /],
    ["no number", `${T},1,1,1,1,1\n${T + 60_000},1,x,1,1,1\n`, "ROW_BAD", /:2: high is "x"/],
    ["no price", `${T},1,1,1,0,1\n`, "ROW_BAD", /:1: close is "0"/],
    ["no time", "12345,1,1,1,1,1\n", "ROW_BAD", /:1: time is "12345"/],
    ["no rows", `${HEADERS.bars}\n`, "TOO_FEW_BARS", /no rows/],
  ])("refuses what is %s, and leaves the file that was there", (_name, text, code, message) => {
    const dir = temporary({ "in.csv": text, "out.csv": "before" });
    const attempt = () => importFiles([join(dir, "in.csv")], join(dir, "out.csv"));
    expect(attempt).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    expect(readFileSync(join(dir, "out.csv"), "utf8")).toBe("before");
    expect(readdirSync(dir).sort()).toEqual(["in.csv", "out.csv"]);
  });

  test("refuses to mix kinds", () => {
    const dir = temporary({ "a.csv": `${T},1,1,1,1,1\n`, "b.csv": `${HEADERS.trades}\n${T}000000,,,3,1,1,0\n` });
    const both = [join(dir, "a.csv"), join(dir, "b.csv")];
    expect(() => importFiles(both, join(dir, "out.csv"))).toThrow(/holds trades, and the files before it bars/);
  });
});

describe("plainDecimal", () => {
  test("has the value of its text, and no exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const plain = plainDecimal(String(value));
        expect(plain).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(plain)).toBe(value === 0 ? 0 : value);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test.each([
    ["1.50", "1.5"],
    ["-0", "0"],
    ["00.5", "0.5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["12.5E-3", "0.0125"],
    ["0.09946999000000001", "0.09946999000000001"],
  ])("%s is %s", (text, plain) => expect(plainDecimal(text)).toBe(plain));

  test.each(["", ".", "e5", "1_000", "Infinity", "0x10", "1 2"])("%j is none", (text) => {
    expect(plainDecimal(text)).toBeNull();
  });
});
