/** `outrigger backtest run` as a person runs it: files, exit codes, refusals. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, test } from "vitest";
import { registerRun } from "../../src/cli/backtest-run.ts";
import { register as registerReport } from "../../src/cli/report.ts";
import { openConfig } from "../../src/config/load.ts";
import { playbooksSha256 } from "../../src/preflight/fingerprint.ts";
import { backtestAnswer } from "../../src/preflight/report-items.ts";
import { quoteTicks, START } from "../backtest/run/rig.ts";
import { outrigger, temporary } from "./support.ts";

const CONFIG = fileURLToPath(new URL("../../config/outrigger.example.yaml", import.meta.url));
const hook = (n: number) =>
  JSON.stringify({
    signal_id: `s${n}`,
    model: "m",
    model_version: "1",
    kind: "hedge",
    asset: "BTC/USDT",
    direction: "long",
    confidence: 0.9,
    time_horizon: "4h",
    generated_at: START + n * 60_000,
  });

function files() {
  const eth = quoteTicks(600).replaceAll(/,(\d{5})\.(\d)/g, ",2$1.$2");
  return temporary({
    "perp_BTCUSDT.csv": quoteTicks(600),
    "eth.csv": eth,
    "hooks.jsonl": [1, 2, 3].map(hook).join("\n"),
  });
}

const run = (dir: string, ...args: string[]) => outrigger(["backtest", "run", "--config", CONFIG, ...args], {}, dir);
const MARKET = ["--market", "perp_BTCUSDT.csv", "eth.csv=ETH/USDT:USDT"];

test("it writes every file, and exit code 7 says that this is too little to judge", async () => {
  const dir = files();
  const outputs = ["--json", "o.json", "--trades", "t.csv", "--equity", "e.csv", "--report", "r.html"];
  const ran = await run(dir, ...MARKET, "--signals", "hooks.jsonl", "--source", "sample", ...outputs);
  expect(ran).toMatchObject({ code: 7, err: "" });
  expect(ran.out).toMatch(/events\/s/);
  const { result, counts, inputs } = JSON.parse(readFileSync(join(dir, "o.json"), "utf8"));
  expect(counts).toMatchObject({ signals: 3, admission: { ACCEPTED: 3 } });
  expect(result).toMatchObject({ trades: 3, verdicts: { enough: false, all_met: false } });
  // The real file, as a preflight reads it: of the right playbooks, and too short.
  const playbooks = playbooksSha256(openConfig(CONFIG).config);
  expect(backtestAnswer([join(dir, "o.json")], playbooks)).toMatchObject({
    status: "failed",
    why: expect.stringMatching(/ of 180 days/),
    evidence: { reports: [{ command: "backtest run", trades: 3 }] },
  });
  expect(inputs.market).toMatchObject([
    { kind: "quotes", rows: 600 },
    { kind: "quotes", rows: 600 },
  ]);
  const trades = readFileSync(join(dir, "t.csv"), "utf8").trimEnd().split("\n");
  expect(trades).toHaveLength(4);
  expect(new Set(trades.map((line) => line.split(",").length)).size).toBe(1);
  expect(readFileSync(join(dir, "e.csv"), "utf8").split("\n")[1]).toMatch(/^\d{13},0,0,[\d.]+,0$/);
  const html = readFileSync(join(dir, "r.html"), "utf8");
  expect(html).toContain("<svg");
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
});

test("report refuses what is no journal, by name", async () => {
  const dir = files();
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  let code = 0;
  const setExitCode = (given: number) => {
    code = given;
  };
  const program = new Command().exitOverride();
  registerReport(program, { env: {}, cwd: dir, out: note, err: note, setExitCode });
  await program.parseAsync(["report", "--config", CONFIG, "--journal", "none"], { from: "user" });
  expect(code).toBe(2);
  expect(said.join()).toMatch(/none holds no decisions\//);
});

test("refusals name what is wrong, and nothing is written", async () => {
  const dir = files();
  const before = readdirSync(dir);
  const refused = async (code: number, message: RegExp, ...args: string[]) => {
    const said: string[] = [];
    let ended = 0;
    const note = (text: string) => void said.push(text);
    const setExitCode = (given: number) => {
      ended = given;
    };
    const program = new Command().exitOverride();
    registerRun(program, { env: {}, cwd: dir, out: note, err: note, setExitCode });
    await program.parseAsync(["run", "--config", CONFIG, ...args, "--json", "o.json"], { from: "user" });
    expect(ended, said.join("\n")).toBe(code);
    expect(said.join("\n")).toMatch(message);
    expect(readdirSync(dir)).toEqual(before);
  };
  await refused(2, /--market, or a --journal/);
  await refused(2, /no --market file has prices of ETH\/USDT:USDT/, "--market", "perp_BTCUSDT.csv");
  await refused(2, /eth\.csv: say whose prices/, "--market", "perp_BTCUSDT.csv", "eth.csv");
  await refused(2, /no instrument or listing DOGE/, "--market", "eth.csv=DOGE");
  await refused(2, /hooks\.jsonl:1: /, ...MARKET.slice(0, 2), "hooks.jsonl=ETH/USDT:USDT");
  await refused(2, /--outage paper-z@x/, ...MARKET, "--outage", "paper-z@x/1");
  await refused(2, /partial is 2/, ...MARKET, "--partial", "2");
  await refused(2, /holds no decisions/, "--journal", ".");
});

test("webhooks can be late, lost or kept waiting, and an outage without a time is refused", async () => {
  const dir = files();
  const out = ["--json", "o.json"];
  const signals = [...MARKET, "--signals", "hooks.jsonl", "--source", "sample", "--no-analyses"];
  const late = await run(dir, ...signals, "--hook-delay-ms", "40000", "--acknowledge-s", "60", ...out);
  expect(late).toMatchObject({ code: 7, err: "" });
  const document = JSON.parse(readFileSync(join(dir, "o.json"), "utf8"));
  expect(document).toMatchObject({ counts: { signals: 0, admission: { STALE: 3 } }, analyses: [] });
  expect(document.inputs.terms).toMatchObject({ hooks: { delayMs: { min: 40_000, max: 40_000 } }, operatorMs: 60_000 });
  const refused = await run(dir, ...signals, "--hook-outage", "noon/60");
  expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/--hook-outage noon\/60/) });
});
