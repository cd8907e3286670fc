/** Files of bars as the world writes them: what is understood, what is counted, and what is refused with its line. */
import { describe, expect, test } from "vitest";
import { BarFile } from "../../src/backtest/bar-file.ts";
import { BarBlock, JoinedBars } from "../../src/backtest/joined-bars.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { filesOf } from "./pairs-rig.ts";

const T = 1_713_657_600_000;
const HEADER = "timestamp_ms,open,high,low,close,volume\n";

function read(text: string | Buffer, name = "bars.csv") {
  const file = new BarFile(filesOf({ [name]: text })(name));
  const rows: [t: number, open: number, close: number][] = [];
  try {
    while (file.next()) {
      for (let at = 0; at < file.rows; at++) rows.push([file.timestampMs[at]!, file.open[at]!, file.close[at]!]);
    }
    return { rows, counts: file.counts() };
  } finally {
    file.end();
  }
}

const line = (bar: number, price = 100) => `${T + bar * 60_000},${price},${price + 1},${price - 1},${price + 0.5},7`;

describe("what is understood", () => {
  const wanted = [
    [T, 100, 100.5],
    [T + 60_000, 101, 101.5],
  ];
  const klines = (unit: number) =>
    [0, 1]
      .map((bar) => {
        const t = (T + bar * 60_000) * unit;
        return `${t},${100 + bar},${102 + bar},99,${100.5 + bar},3.25,${t + 59_999 * unit},330.1,12,1.5,150.2,0`;
      })
      .join("\n");
  test.each(
    Object.entries({
      "ccxt's order without a header": `${line(0)}\n${line(1, 101)}\n`,
      "a header": `${HEADER}${line(0)}\n${line(1, 101)}`,
      "a header in another order and spelling": `Volume,"Close",Low,High,Open,Date\n7,100.5,99,101,100,${T}\n7,101.5,100,102,101,${T + 60_000}\n`,
      "Windows' line ends and empty lines at the end": `${HEADER}${line(0)}\n${line(1, 101)}\n\n\n`.replaceAll(
        "\n",
        "\r\n",
      ),
      "a byte order mark": `\uFEFF${HEADER}${line(0)}\n${line(1, 101)}\n`,
      "a byte order mark without a header": `\uFEFF${line(0)}\n${line(1, 101)}\n`,
      "Binance Vision klines in ms": klines(1),
      "Binance Vision klines in µs": klines(1000),
      "exponents and spaces": `${HEADER}${T}, 1e2,1.01E+2,99,10050e-2 ,7\n${T + 60_000},101,102.,100,101.5,7\n`,
    }),
  )("%s", (_, text) => {
    expect(read(text).rows).toEqual(wanted);
  });

  test("milliseconds and microseconds in one file", () => {
    const later = line(1, 101).replace(String(T + 60_000), String((T + 60_000) * 1000));
    expect(read(`${line(0)}\n${later}\n`).rows).toEqual(wanted);
  });

  test("numbers are those that the language reads", () => {
    const random = createPrng(5);
    const texts = Array.from({ length: 5000 }, (_, at) => {
      const value = random.float() * 10 ** (random.int(30) - 12) + 1e-9;
      return [String(value), value.toFixed(8), value.toPrecision(17), value.toExponential(12)][at % 4]!;
    }).map((each) => (Number(each) > 0 ? each : "1"));
    const { rows } = read(texts.map((each, bar) => `${T + bar * 60_000},${each},${each},${each},${each},1`).join("\n"));
    expect(rows.map(([, open]) => open)).toEqual(texts.map(Number));
  });

  test("more rows than a block and lines that cross the buffer's end", () => {
    const bars = 20_000;
    const { rows, counts } = read(Array.from({ length: bars }, (_, bar) => line(bar, 100 + (bar % 7))).join("\n"));
    expect(rows.map(([t]) => t)).toEqual(Array.from({ length: bars }, (_, bar) => T + bar * 60_000));
    expect(rows.map(([, open]) => open)).toEqual(Array.from({ length: bars }, (_, bar) => 100 + (bar % 7)));
    expect(counts).toMatchObject({ bars, gaps: 0, interval_ms: 60_000, last_timestamp_ms: T + (bars - 1) * 60_000 });
  });

  test("an empty file and a header alone have no rows", () => {
    expect(read("").counts).toMatchObject({ bars: 0, interval_ms: null, first_timestamp_ms: null });
    expect(read(HEADER).rows).toEqual([]);
  });
});

describe("what is counted", () => {
  test("duplicates, stale and inconsistent bars, gaps, each with its first line", () => {
    const text = [
      line(0),
      line(1),
      line(1),
      line(2).replace(/7$/, "0"),
      line(3),
      line(6),
      `${T + 7 * 60_000},100,101,98,102,1`,
      `${T + 8 * 60_000},100,99,98,99,1`,
      `${T + 9 * 60_000},100,103,101,102,1`,
      `${T + 10 * 60_000},100,103,100,99,1`,
      line(10 + 1440),
    ].join("\n");
    expect(read(HEADER + text).counts).toMatchObject({
      bars: 10,
      duplicate_bars: 1,
      first_duplicate_line: 4,
      stale_bars: 1,
      first_stale_line: 5,
      inconsistent_bars: 4,
      first_inconsistent_line: 8,
      gaps: 2,
      missing_bars: 2 + 1439,
      interval_ms: 60_000,
      first_timestamp_ms: T,
    });
  });
});

describe("what is refused, with file and line", () => {
  test.each(
    Object.entries({
      "a price that is no number": [`${line(0)}\n${line(1).replace("101", "NaN")}`, "ROW_BAD", 2, 'high is "NaN"'],
      "an empty price": [`${T},,101,99,100,7`, "ROW_BAD", 1, 'open is ""'],
      "a price of 0": [`${T},100,101,0,100,7`, "ROW_BAD", 1, 'low is "0"'],
      "a negative price": [`${T},100,101,99,-100,7`, "ROW_BAD", 1, 'close is "-100"'],
      "an infinite price": [`${T},100,1e999,99,100,7`, "ROW_BAD", 1, 'high is "1e999"'],
      "a negative volume": [`${T},100,101,99,100,-7`, "ROW_BAD", 1, 'volume is "-7"'],
      "a missing cell": [`${line(0)}\n${T + 60_000},100,101,99,100`, "ROW_BAD", 2, 'volume is ""'],
      "a time in seconds": [`${T / 1000},100,101,99,100,7`, "ROW_BAD", 1, "not milliseconds or microseconds"],
      "a time that is a date": [`${HEADER}2024-04-21,100,101,99,100,7`, "ROW_BAD", 2, 'time is "2024-04-21"'],
      "a row before the one above": [`${HEADER}${line(1)}\n${line(0)}`, "ROW_OUT_OF_ORDER", 3, "sort the file"],
      "two rows that disagree": [`${line(0)}\n${line(0, 90)}`, "ROW_CONTRADICTED", 2, "one of them is wrong"],
      "a header without a close": ["time,open,high,low,last,volume\n", "HEADER_BAD", 1, "no column for close"],
      "a line without an end": [`${line(0)}\n${"1".repeat(80_000)}`, "ROW_BAD", 2, "longer than"],
      "other text": [`${line(0)}\n<html>\n`, "ROW_BAD", 2, 'time is "<html>"'],
    }),
  )("%s", (_, [text, code, lineNumber, message]) => {
    expect(() => read(text as string, "odd.csv")).toThrow(
      expect.objectContaining({
        code,
        line: lineNumber,
        message: expect.stringMatching(new RegExp(`odd\\.csv:${lineNumber}: .*${message}`)),
      }),
    );
  });

  test("a file that is not there, and a directory", () => {
    const at = filesOf({});
    for (const path of [at("none.csv"), at(".")]) {
      expect(() => new BarFile(path)).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE", line: null }));
    }
  });
});

test("bars are joined by time, and what only one file has is counted", () => {
  const rows = (bars: readonly number[], price: number) => bars.map((bar) => line(bar, price + bar)).join("\n");
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  const primary = numbers(0, 9000).filter((bar) => bar % 11 !== 3);
  const hedge = numbers(500, 9700).filter((bar) => bar % 7 !== 2);
  const at = filesOf({ "y.csv": rows(primary, 100), "x.csv": rows(hedge, 20_000) });
  const [y, x] = [new BarFile(at("y.csv")), new BarFile(at("x.csv"))];
  const joined = new JoinedBars(y, x);
  const block = new BarBlock();
  const found: number[] = [];
  for (joined.fill(block); block.count > 0; joined.fill(block)) {
    for (let index = 0; index < block.count; index++) {
      const bar = (block.timestampMs[index]! - T) / 60_000;
      expect([block.openY[index], block.openX[index]]).toEqual([100 + bar, 20_000 + bar]);
      expect([block.closeY[index], block.closeX[index]]).toEqual([100.5 + bar, 20_000.5 + bar]);
      found.push(bar);
    }
  }
  y.end();
  x.end();
  const both = primary.filter((bar) => hedge.includes(bar));
  expect(found).toEqual(both);
  expect([joined.droppedPrimary, joined.droppedHedge]).toEqual([
    primary.length - both.length,
    hedge.length - both.length,
  ]);
});
