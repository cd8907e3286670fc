/**
 * `downloadCandles`: against sources that stop, lie and break off, and through ccxt's real client against the history of a paper
 * exchange, over real sockets.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CandleError, type CandleRow, type CandleSource } from "../../src/market-data/candle-source.ts";
import { openCcxtCandles } from "../../src/market-data/ccxt-candles.ts";
import { checkFile } from "../../src/market-data/check.ts";
import { sha256Of } from "../../src/market-data/checksum-file.ts";
import { type DownloadOptions, downloadCandles } from "../../src/market-data/download.ts";
import { HEADERS } from "../../src/market-data/format.ts";
import { startPaper } from "../../src/paper/server.ts";
import { outrigger, temporary } from "../cli/support.ts";
import { BTC } from "../paper/client.ts";

const MINUTE = 60_000;
const START = 1_700_000_040_000;
const candle = (at: number): CandleRow => [START + at * MINUTE, "100.10", "103", "99", String(100 + (at % 3)), "5"];

/** Ten candles a page, without those in `holes`. */
function sourceOf(count: number, holes: readonly number[] = []): CandleSource & { readonly asked: number[] } {
  const all = Array.from({ length: count }, (_, at) => candle(at)).filter((_, at) => !holes.includes(at));
  const asked: number[] = [];
  return {
    asked,
    exchange: "made-up",
    symbol: "BTC/USDT",
    timeframe: "1m",
    intervalMs: MINUTE,
    limit: 10,
    async page(sinceMs) {
      asked.push(sinceMs);
      return all.filter(([atMs]) => atMs >= sinceMs && atMs < sinceMs + 10 * MINUTE);
    },
    async close() {},
  };
}

const optionsOf = (path: string, changes: Partial<DownloadOptions> = {}): DownloadOptions => ({
  path,
  sinceMs: START,
  untilMs: Number.POSITIVE_INFINITY,
  nowMs: () => START + 35 * MINUTE + 1,
  pause: async () => {},
  stopped: () => false,
  onProgress: () => {},
  ...changes,
});

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

describe("downloadCandles", () => {
  test("brings what is over, page by page, with its checksum", async () => {
    const path = join(temporary(), "x.csv");
    const source = sourceOf(40);
    const result = await downloadCandles(source, optionsOf(path));
    // The candle of minute 35 is not over for another moment.
    expect(result).toMatchObject({ rows: 35, added: 35, missing: 0, firstMs: START, lastMs: START + 34 * MINUTE });
    expect(linesOf(path)).toEqual([
      HEADERS.bars,
      ...Array.from({ length: 35 }, (_, at) => `${START + at * MINUTE},100.1,103,99,${100 + (at % 3)},5`),
    ]);
    expect(readFileSync(`${path}.sha256`, "utf8")).toBe(`${result.sha256}  x.csv\n`);
    expect(sha256Of(path)).toBe(result.sha256);
    expect(source.asked).toEqual([0, 10, 20, 30].map((at) => START + at * MINUTE));
  });

  test("goes on behind the last whole row, whatever tore the file, and ends with the same bytes", async () => {
    const dir = temporary();
    const [whole, torn] = [join(dir, "whole.csv"), join(dir, "torn.csv")];
    await downloadCandles(sourceOf(40), optionsOf(whole));
    let pages = 0;
    const stopped = await downloadCandles(sourceOf(40), optionsOf(torn, { stopped: () => ++pages > 2 }));
    expect(stopped).toMatchObject({ rows: 20, sha256: null });
    expect(existsSync(`${torn}.sha256`)).toBe(false);
    for (const [tear, keeps] of [
      [() => appendFileSync(torn, "1700001"), 20],
      [() => truncateSync(torn, readFileSync(torn).length - 1), 19],
      [() => truncateSync(torn, HEADERS.bars.length + 5), 0],
      [() => truncateSync(torn, 5), 0],
    ] as const) {
      tear();
      const source = sourceOf(40);
      const result = await downloadCandles(source, optionsOf(torn));
      expect(source.asked[0]).toBe(START + keeps * MINUTE);
      expect(result).toMatchObject({ rows: 35, added: 35 - keeps });
      expect(readFileSync(torn, "utf8")).toBe(readFileSync(whole, "utf8"));
      // Back to 20 rows for the next tear.
      writeFileSync(torn, `${linesOf(torn).slice(0, 21).join("\n")}\n`);
    }
  });

  test("a download that is done asks for the newest only", async () => {
    const path = join(temporary(), "x.csv");
    const first = await downloadCandles(sourceOf(40), optionsOf(path));
    const again = sourceOf(40);
    expect(await downloadCandles(again, optionsOf(path))).toEqual({ ...first, added: 0 });
    expect(again.asked).toEqual([]);
    const later = await downloadCandles(sourceOf(40), optionsOf(path, { nowMs: () => START + 37 * MINUTE + 1 }));
    expect(later).toMatchObject({ rows: 37, added: 2 });
  });

  test("holes are passed over and counted, however long", async () => {
    const holes = [3, ...Array.from({ length: 22 }, (_, at) => 8 + at)];
    const path = join(temporary(), "x.csv");
    const result = await downloadCandles(sourceOf(40, holes), optionsOf(path));
    expect(result).toMatchObject({ rows: 12, missing: 23 });
    expect(checkFile(path)).toMatchObject({ rows: 12, missing_bars: 23, usable: true });
  });

  test("what passes is tried again, what does not ends it and keeps what came", async () => {
    const path = join(temporary(), "x.csv");
    let calls = 0;
    const pauses: number[] = [];
    const flaky = {
      ...sourceOf(40),
      page: async (since: number) => {
        if (++calls % 3 !== 0) throw new CandleError("UNAVAILABLE", "now");
        return sourceOf(40).page(since);
      },
    };
    const pause = async (ms: number) => void pauses.push(ms);
    expect(await downloadCandles(flaky, optionsOf(path, { pause }))).toMatchObject({ rows: 35 });
    expect(pauses.slice(0, 2)).toEqual([1000, 2000]);
    const dead = { ...sourceOf(40), page: async () => Promise.reject(new CandleError("UNAVAILABLE", "never")) };
    const other = join(temporary(), "y.csv");
    await expect(downloadCandles(dead, optionsOf(other))).rejects.toThrow("never");
    expect(linesOf(other)).toEqual([HEADERS.bars]);
  });

  test.each<[string, CandleRow]>([
    ["a price that is none", [START, "1", "x", "1", "1", "1"]],
    ["an absent volume", [START, "1", "1", "1", "1", "undefined"]],
    ["a high below its open", [START, "2", "1", "1", "1", "1"]],
  ])("%s is never written", async (_name, row) => {
    const path = join(temporary(), "x.csv");
    const source = { ...sourceOf(1), page: async () => [row] };
    await expect(downloadCandles(source, optionsOf(path))).rejects.toMatchObject({ code: "CANDLE_BAD" });
    expect(linesOf(path)).toEqual([HEADERS.bars]);
  });

  test("a file of something else is left alone", async () => {
    const dir = temporary({ "own.csv": `${HEADERS.bars}\n1,2,3,4,5,6\n` });
    const own = join(dir, "own.csv");
    await expect(downloadCandles(sourceOf(5), optionsOf(own))).rejects.toMatchObject({ code: "FILE_TAKEN" });
    expect(linesOf(own)).toHaveLength(2);
    const path = join(dir, "x.csv");
    await downloadCandles(sourceOf(40), optionsOf(path));
    const before = readFileSync(path, "utf8");
    const eth = { ...sourceOf(40), symbol: "ETH/USDT" };
    await expect(downloadCandles(eth, optionsOf(path))).rejects.toThrow(
      /holds .*BTC\/USDT.* this download is of .*ETH/,
    );
    expect(readFileSync(path, "utf8")).toBe(before);
  });
});

describe("through ccxt's client", () => {
  const COUNT = 2345;
  const HOLES = new Set([500, 501, 1999]);
  const rows = Array.from({ length: COUNT }, (_, at) => at)
    .filter((at) => !HOLES.has(at))
    .map((at) => `${START + at * MINUTE},${60_000 + at}.10,${60_010 + at},${59_990 + at},${60_001 + at}.5,1.25`);

  async function paper(dialect: "binance-usdm" | "binance-spot") {
    const dir = temporary({ "BTCUSDT.csv": [HEADERS.bars, ...rows].join("\n") });
    const server = await startPaper({
      venues: [{ name: "a", port: 0, apiKey: "k", apiSecret: "s", symbols: [BTC], dialect }],
      market: { type: "csv", files: [join(dir, "BTCUSDT.csv")] },
    });
    onTestFinished(() => server.close());
    return { dir, host: "127.0.0.1", port: server.venues[0]!.port };
  }

  test.each([
    ["binanceusdm", "BTC/USDT:USDT", "binance-usdm"],
    ["binance", "BTC/USDT", "binance-spot"],
  ] as const)(
    "%s gives every candle of the recording, digit for digit",
    async (exchange, symbol, dialect) => {
      const { dir, host, port } = await paper(dialect);
      const source = await openCcxtCandles({ exchange, symbol, timeframe: "1m", paper: { host, port } });
      const path = join(dir, "out.csv");
      const untilMs = START + 2300 * MINUTE;
      const result = await downloadCandles(source, optionsOf(path, { untilMs, nowMs: () => Date.now() }));
      await source.close();
      expect(result).toMatchObject({ rows: 2300 - 3, missing: 3 });
      const expected = rows.slice(0, 2297).map((row) => row.replace(/\.10,/, ".1,"));
      expect(linesOf(path).slice(1)).toEqual(expected);
    },
    20_000,
  );

  test("longer candles are put together, and what is not there is refused by name", async () => {
    const { host, port } = await paper("binance-usdm");
    const open = (changes: object) =>
      openCcxtCandles({
        exchange: "binanceusdm",
        symbol: "BTC/USDT:USDT",
        timeframe: "5m",
        paper: { host, port },
        ...changes,
      });
    const source = await open({});
    const [first, second] = await source.page(START - (START % 300_000) + 300_000);
    const at = Math.round((first![0] - START) / MINUTE);
    expect(first!.slice(1, 5)).toEqual([
      `${60_000 + at}.10`,
      String(60_014 + at),
      String(59_990 + at),
      `${60_005 + at}.5`,
    ]);
    expect(Number(first![5])).toBe(6.25);
    expect(second![0] - first![0]).toBe(300_000);
    await source.close();
    await expect(open({ symbol: "DOGE/USDT" })).rejects.toMatchObject({ code: "UNKNOWN" });
    await expect(open({ timeframe: "7m" })).rejects.toThrow(/no candles of 7m; it has .*1m/);
    await expect(open({ exchange: "nosuch" })).rejects.toThrow(/ccxt has no exchange "nosuch"/);
    await expect(open({ paper: { host, port: 1 } })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("as a command", async () => {
    const { dir, host, port } = await paper("binance-usdm");
    const args = ["data", "download", "-e", "binanceusdm", "-s", "BTC/USDT:USDT", "-t", "1m", "-o", "o.csv", "--json"];
    const since = new Date(START).toISOString();
    const until = new Date(START + 100 * MINUTE).toISOString();
    const ran = await outrigger([...args, "--since", since, "--until", until, "--paper", `${host}:${port}`], {}, dir);
    expect(ran.code, ran.err).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: true, rows: 100, added: 100, missing: 0 });
    expect(linesOf(join(dir, "o.csv"))).toHaveLength(101);
  });
});
