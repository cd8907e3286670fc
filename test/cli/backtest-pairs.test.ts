/** `outrigger backtest pairs` as a person runs it: files in, files out, exit codes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { EQUITY_COLUMNS, TRADE_COLUMNS } from "../../src/backtest/pairs-csv.ts";
import { register } from "../../src/cli/backtest.ts";
import type { Shell } from "../../src/cli/shell.ts";
import { csvOf, makePair, type PairShape } from "../backtest/pairs-rig.ts";
import { outrigger, type Ran, temporary } from "./support.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const SHAPE: PairShape = {
  seed: 40,
  bars: 9000,
  levelY: 3000,
  levelX: 60_000,
  beta: 1,
  swing: 0.006,
  pushes: 0,
  missing: 0.01,
  stale: 0.01,
};
const SHORT = ["--beta-window", "60", "--lookback", "20"];
const MAKER = ["--fee-bps", "0.2", "--slippage-bps", "0.1"];
const OUTPUTS = { json: "out.json", trades: "trades.csv", equity: "equity.csv", report: "report.html" };

/** A directory with a pair, and the arguments that name everything in it. */
function place(shape: PairShape = SHAPE): { dir: string; args: string[]; read: (name: string) => string } {
  const { y, x } = makePair(shape);
  const dir = temporary({ "P.csv": csvOf(y), "H.csv": csvOf(x) });
  const legs = ["backtest", "pairs", "--primary", join(dir, "P.csv"), "--hedge", join(dir, "H.csv")];
  const outputs = Object.entries(OUTPUTS).flatMap(([kind, name]) => [`--${kind}`, join(dir, name)]);
  return { dir, args: [...legs, ...outputs, ...SHORT], read: (name) => readFileSync(join(dir, name), "utf8") };
}

describe("a run", () => {
  it("writes everything that was asked for, consistently, and says that its targets were met", async () => {
    const { dir, args, read } = place();
    const { code, out, err } = await outrigger([...args, ...MAKER]);
    expect([code, err], out).toEqual([0, ""]);
    expect(out).toMatch(/[\d,]+ bars\/s computed/);
    expect(readdirSync(dir).sort()).toEqual(["H.csv", "P.csv", "equity.csv", "out.json", "report.html", "trades.csv"]);

    const json = JSON.parse(read("out.json"));
    expect(Object.keys(json.runs)).toEqual(["run"]);
    const { run } = json.runs;
    expect(json).toMatchObject({ W: 60, L: 20, bars_per_year: 105_120, costs: { fee_bps: 0.2, slippage_bps: 0.1 } });
    expect(json.verdicts.metrics.map(({ verdict }: { verdict: string }) => verdict)).toEqual(Array(6).fill("met"));
    expect(json.stale_bars).toBe(json.inputs.primary.stale_bars + json.inputs.hedge.stale_bars);
    expect(json.stale_bars).toBeGreaterThan(20);
    expect(json.dropped_bars).toBeGreaterThan(50);
    expect(json.rows + json.inputs.primary.dropped_bars).toBe(json.inputs.primary.bars);
    expect(json.rows + json.inputs.hedge.dropped_bars).toBe(json.inputs.hedge.bars);

    const [tradeNames, ...trades] = rowsOf(read("trades.csv"));
    expect(tradeNames).toEqual([...TRADE_COLUMNS]);
    expect(trades.length).toBe(run.n_trades);
    const net = trades.reduce((sum, trade) => sum + Number(trade[TRADE_COLUMNS.indexOf("pnl_net_hedged")]), 0);
    expect(net).toBeCloseTo(run.final_equity_hedged - 10_000, 8);

    const [equityNames, ...equity] = rowsOf(read("equity.csv"));
    expect(equityNames).toEqual([...EQUITY_COLUMNS]);
    expect(equity.map(([bar]) => Number(bar))).toEqual(
      Array.from({ length: json.rows - 78 }, (_, index) => 78 + index),
    );
    expect(equity.at(-1)!.slice(2).map(Number)).toEqual([run.final_equity_hedged, run.final_equity_unhedged]);
  });

  it("says by its exit code that a target was missed, and writes its results all the same", async () => {
    const { args, read } = place();
    const { code, out } = await here([...args, "--band", "0.05"]);
    expect(code).toBe(6);
    expect(out).toContain("missed");
    const json = JSON.parse(read("out.json"));
    expect(json.verdicts).toMatchObject({ all_met: false, enough_trades: true });
    expect(json.runs.run).toMatchObject({ fee: 0.001, slip: 0.002, band: 0.05, cost_gate: false });
    expect(json.runs.run.n_rebalances).toBeGreaterThan(0);
    expect(read("trades.csv").length).toBeGreaterThan(1000);
  });

  it("gives no verdict on too few trades, and none at all on what has no number", async () => {
    const { args, read } = place({ ...SHAPE, bars: 1200 });
    const { code } = await here([...args, ...MAKER]);
    expect(code).toBe(7);
    const json = JSON.parse(read("out.json"));
    expect(json.verdicts.enough_trades).toBe(false);
    expect(json.verdicts.metrics.every(({ verdict }: { verdict: string }) => verdict !== "met")).toBe(true);
    // Plain comparisons stay what they are.
    expect(json.runs.run.slippage_capture.passes_0p5pct).toBe(true);

    const still = place({ ...SHAPE, bars: 1200, flatX: [0, 1500] });
    expect((await here(still.args)).code).toBe(7);
    const { run } = JSON.parse(still.read("out.json")).runs;
    expect(run).toMatchObject({ n_trades: 0, sharpe: { hedged: null }, slippage_capture: { mean_signed: null } });
    expect(still.read("trades.csv").trim().split("\n")).toHaveLength(1);
  });

  it("takes an exit beyond the mean, and outputs that are no files", async () => {
    const { dir, args, read } = place({ ...SHAPE, bars: 1200 });
    const nowhere = ["--trades", "/dev/null", "--equity", "/dev/null", "--exit", "-0.25"];
    expect(await here([...args, ...nowhere])).toMatchObject({ code: 7, err: "" });
    expect(JSON.parse(read("out.json"))).toMatchObject({ exit: -0.25 });
    expect(readdirSync(dir).sort()).toEqual(["H.csv", "P.csv", "out.json", "report.html"]);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("gives the same bytes again", async () => {
    const { args, read } = place();
    const bytes = async () => {
      await here(args);
      return Object.values(OUTPUTS).map(read);
    };
    expect(await bytes()).toEqual(await bytes());
  });
});

it("the report stands by itself: no script, nothing loaded, every plot drawn", async () => {
  const { args, read } = place();
  await here([...args, ...MAKER]);
  const html = read("report.html");
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=|https?:/i);
  expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  const titles = [...html.matchAll(/<figcaption><b>(.*?)<\/b>/g)].map(([, title]) => title);
  expect(titles).toEqual([
    "Equity",
    "Drawdown",
    "z-score of the spread",
    "z-score and trades, last 600 bars",
    "Hedge ratio",
  ]);
  expect(html.match(/<svg /g)).toHaveLength(5);
  expect(html.match(/class="line [abc]"/g)).toHaveLength(7);
  expect(html.match(/class="mark (?:up|down)"/g)!.length).toBeGreaterThan(3);
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain("fee 0.2 bps and slippage 0.1 bps on every fill of both legs");
});

it("a sweep stands beside the run, in the result, in the report and on the screen", async () => {
  const { args, read } = place({ ...SHAPE, bars: 3000 });
  const { out, code } = await here([...args, ...MAKER, "--sweep", "entry=1.5,2;lookback=20,40"]);
  expect(code).toBe(7);
  expect(out).toContain("sweep: 4 trials");
  const { runs, sweep } = JSON.parse(read("out.json"));
  expect(sweep.trials).toHaveLength(4);
  expect(sweep.trials[2]).toMatchObject({
    varied: { entry: 2, lookback: 20 },
    trades: runs.run.n_trades,
    final_equity: runs.run.final_equity_hedged,
  });
  expect(sweep.walk_forward.folds).toHaveLength(5);
  expect(read("report.html")).toContain("Parameter sweep");
  expect(await here([...args, "--sweep", "entry=1.5"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("grid"),
  });
});

describe("what is refused leaves nothing behind", () => {
  const refusals: readonly (readonly [string, (dir: string) => string[], string])[] = [
    ["an unordered file", (dir) => ["--hedge", spoil(dir, (lines) => [...lines.slice(0, 9), lines[3]!])], ":10: time"],
    ["a price that is none", (dir) => ["--primary", spoil(dir, (lines) => [...lines, "1,2,3"])], "time is"],
    ["a file that is not there", (dir) => ["--primary", join(dir, "none.csv")], "none.csv"],
    ["legs that are one instrument", (dir) => ["--hedge", join(dir, "P.csv")], "one instrument"],
    ["a stop below the entry", () => ["--stop", "1"], "--stop"],
    ["a window of no whole bars", () => ["--beta-window", "12.5"], "--beta-window"],
    ["more window than bars", () => ["--beta-window", "9000"], "are needed for a first score"],
    ["two outputs in one place", (dir) => ["--equity", join(dir, OUTPUTS.trades)], "already the place of trades"],
    ["an output on an input", (dir) => ["--json", join(dir, "H.csv")], "already an input"],
    ["an output in no directory", (dir) => ["--json", join(dir, "none", "o.json")], "none/o.json"],
  ];
  it.each(refusals)("%s", async (_, more, message) => {
    const { dir, args, read } = place({ ...SHAPE, bars: 800 });
    writeFileSync(join(dir, OUTPUTS.json), "what was here before");
    const extra = more(dir);
    const before = readdirSync(dir);
    const { code, out, err } = await here([...args, ...extra]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(readdirSync(dir)).toEqual(before);
    expect(read(OUTPUTS.json)).toBe("what was here before");
  });

  it("a word for a number, and a file by its real process", async () => {
    const { args } = place({ ...SHAPE, bars: 800 });
    expect(await outrigger([...args, "--fee-bps", "ten"])).toMatchObject({ code: 2, out: "" });
    const { code, out, err } = await outrigger([...args, "--hedge", "none.csv"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^outrigger: none\.csv: ENOENT[^\n]*\n$/);
  });
});

it("Ctrl-C stops a run, says so and leaves nothing behind", async () => {
  const bars = 100_000;
  const text = (factor: number) =>
    Array.from({ length: bars }, (_, bar) => {
      const price = factor * (100 + Math.sin(bar / 50 + factor) + ((bar * 7919) % 13) / 50);
      return `${1_713_657_600_000 + bar * 60_000},${price},${price},${price},${price},1`;
    }).join("\n");
  const { dir, args } = place({ ...SHAPE, bars: 2 });
  writeFileSync(join(dir, "P.csv"), text(1));
  writeFileSync(join(dir, "H.csv"), text(2));
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    err += part;
  });
  while (!readdirSync(dir).some((name) => name.endsWith(".partial"))) await new Promise((wait) => setTimeout(wait, 2));
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect([code, err]).toEqual([130, "outrigger: interrupted; no results were written\n"]);
  expect(readdirSync(dir).sort()).toEqual(["H.csv", "P.csv"]);
});

/** The command without a process of its own. */
async function here(args: readonly string[]): Promise<Ran> {
  const said = { code: null as number | null, out: "", err: "" };
  const shell: Shell = {
    env: {},
    cwd: ".",
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    setExitCode: (code) => {
      said.code = code;
    },
  };
  const program = new Command().exitOverride();
  register(program, shell);
  await program.parseAsync(args, { from: "user" });
  return said;
}

/** The directory's first file with its lines changed, beside it. */
function spoil(dir: string, change: (lines: string[]) => string[]): string {
  const path = join(dir, "spoilt.csv");
  writeFileSync(path, change(readFileSync(join(dir, "P.csv"), "utf8").trim().split("\n")).join("\n"));
  return path;
}

function rowsOf(text: string): string[][] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(","));
}
