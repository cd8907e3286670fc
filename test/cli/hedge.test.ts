/** `outrigger hedge rank` and `hedge: auto`: what they print, keep, refuse, and how they end. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it, onTestFinished } from "vitest";
import { chooseHedges } from "../../src/cli/choose-hedges.ts";
import { reportFailure } from "../../src/cli/failure.ts";
import { register } from "../../src/cli/hedge.ts";
import { register as registerPreflight } from "../../src/cli/preflight.ts";
import { hedgeChoicesPath, withHedgeChoices } from "../../src/config/hedge-choices.ts";
import { openConfig } from "../../src/config/load.ts";
import { configSha256 } from "../../src/preflight/fingerprint.ts";
import { coreConfig, directoryOf } from "../../src/wiring/wiring.ts";
import { writeCandles } from "../analyses/made-pair.ts";
import { editing, expectRefused, withDesk } from "../config/sample.ts";
import { startLaneMarket } from "../support/lane-market.ts";
import { Random } from "../wasm/random.ts";
import { temporary } from "./support.ts";

const HOUR_MS = 3_600_000;
const ROWS = 400;
const END_MS = Date.UTC(2026, 0, 5);

const CONFIG = withDesk(`instruments:
  - { symbol: BTC/USDT, tickSize: "0.1", lotSize: "0.001" }
  - { symbol: NEAR/USDT:USDT, tickSize: "0.1", lotSize: "0.001", listings: [{ venue: a, symbol: NEARUSDT }] }
  - { symbol: FAR/USDT:USDT, tickSize: "0.1", lotSize: "0.001", listings: [{ venue: a, symbol: FARUSDT, takerFee: 0.0001 }] }
  - { symbol: OTHER/USDT:USDT, tickSize: "0.1", lotSize: "0.001", listings: [{ venue: a, symbol: OTHERUSDT }] }
shield:
  - { asset: BTC/USDT, hedge: auto, hedgeCandidates: ["FAR/USDT:USDT", "NEAR/USDT:USDT"], holdings: "1", onUnknown: wait }
analyses:
  historyAgeDaysMax: 3
  history:
    - { instrument: BTC/USDT, file: held.csv }
    - { instrument: "NEAR/USDT:USDT", file: near.csv }
    - { instrument: "FAR/USDT:USDT", file: far.csv }
`);
const changed = editing(CONFIG);

/** Candles of a market that `near` follows and `far` does not. */
function directory(config = CONFIG, endMs = END_MS): string {
  const dir = temporary({ "outrigger.yaml": config });
  const random = new Random(4);
  const market = Array.from({ length: ROWS }, () => 0.01 * random.normal());
  for (const [name, follows] of [
    ["held", 1],
    ["near", 1],
    ["far", 0.3],
  ] as const) {
    let log = 0;
    const closes = market.map((step) => {
      log += follows * step + 0.003 * random.normal();
      return 1000 * Math.exp(log);
    });
    writeCandles(join(dir, `${name}.csv`), closes, endMs - ROWS * HOUR_MS, HOUR_MS);
  }
  return dir;
}

async function ranked(dir: string, ...args: string[]) {
  const said: string[] = [];
  let code = 0;
  const setExitCode = (given: number) => {
    code = given;
  };
  const note = (text: string) => void said.push(text);
  const shell = { env: {}, cwd: dir, out: note, err: note, setExitCode };
  const program = new Command().exitOverride();
  register(program, shell);
  try {
    await program.parseAsync(["hedge", "rank", ...args], { from: "user" });
  } catch (error) {
    code = reportFailure(error, args.includes("--json"), shell);
  }
  return { code, text: said.join("\n") };
}
const AT = ["--at", new Date(END_MS).toISOString(), "--config", "outrigger.yaml"];
const inside = (dir: string) => ["--at", AT[1]!, "--config", join(dir, "outrigger.yaml")];

describe("hedge rank", () => {
  it("of files prints every number, for programs and people, and the same each time", async () => {
    const dir = directory();
    const json = await ranked(dir, "held.csv", "far.csv", "near.csv", "--json");
    expect(json.code).toBe(0);
    const { ok, rankings } = JSON.parse(json.text);
    expect(ok).toBe(true);
    expect(rankings).toHaveLength(1);
    const [{ best, ranked: list, unjudged }] = rankings;
    expect(best).toBe("near.csv");
    expect(unjudged).toEqual([]);
    expect(list.map(({ candidate }: { candidate: string }) => candidate)).toEqual(["near.csv", "far.csv"]);
    expect(list[0]).toMatchObject({
      method: "combined",
      takerFee: 0.0005,
      slippage: 0.002,
      holdingMs: 24 * HOUR_MS,
      rows: ROWS,
    });
    expect(list[0].score).toBeCloseTo(list[0].reduction - list[0].cost / list[0].sigma, 15);
    expect((await ranked(dir, "held.csv", "far.csv", "near.csv", "--json")).text).toBe(json.text);
    const text = await ranked(dir, "held.csv", "far.csv", "near.csv", "--fee", "0.001");
    expect(text.text).toMatch(/^held\.csv: near\.csv\n/);
    expect(text.text).toMatch(/candidate +score +variance taken/);
  });

  it.each([
    [1, "short.csv", ["held.csv", "near.csv", "short.csv"], "NO_HISTORY"],
    [2, "no candidates", ["held.csv"], "NO_CANDIDATES"],
    [2, "no such file", ["gone.csv", "near.csv"], "FILE_UNREADABLE"],
  ])("of files ends with %i for %s", async (code, _, args, says) => {
    const dir = directory();
    writeFileSync(join(dir, "short.csv"), "timestamp_ms,open,high,low,close,volume\n1700000000000,1,1,1,1,1\n");
    const result = await ranked(dir, ...args, "--json");
    expect(result.code, result.text).toBe(code);
    expect(result.text).toContain(says);
  });

  it("of a configuration ranks every playbook's candidates, as of a day", async () => {
    const dir = directory();
    const { code, text } = await ranked(dir, ...inside(dir), "--json");
    expect(code, text).toBe(0);
    expect(JSON.parse(text).rankings).toMatchObject([
      {
        playbook: "shield of BTC/USDT",
        hedge: "auto",
        best: "NEAR/USDT:USDT",
        ranked: [
          { candidate: "NEAR/USDT:USDT", takerFee: 0.0005 },
          { candidate: "FAR/USDT:USDT", takerFee: 0.0001 },
        ],
      },
    ]);
  });

  it("of a configuration without candidates, or with a history that is old, says so", async () => {
    const bare = directory(
      changed(', hedge: auto, hedgeCandidates: ["FAR/USDT:USDT", "NEAR/USDT:USDT"]', ', hedge: "NEAR/USDT:USDT"'),
    );
    expect(await ranked(bare, ...inside(bare))).toMatchObject({
      code: 2,
      text: expect.stringContaining("hedgeCandidates"),
    });
    const dir = directory();
    expect(await ranked(dir, "--config", join(dir, "outrigger.yaml"))).toMatchObject({
      code: 2,
      text: expect.stringContaining("days ago"),
    });
  });
});

describe("hedge: auto", () => {
  const load = (dir: string) => openConfig(join(dir, "outrigger.yaml")).config;

  it("is chosen once, kept, and said with its reasons at every start", async () => {
    const dir = directory();
    const said: string[] = [];
    const first = await chooseHedges(load(dir), END_MS, (words) => void said.push(words));
    expect(first.shield[0]!.hedge).toBe("NEAR/USDT:USDT");
    expect(said).toEqual([
      expect.stringMatching(/shield of BTC\/USDT with NEAR\/USDT:USDT, chosen now: score .*FAR\/USDT:USDT: score/),
    ]);
    expect(coreConfig(first, directoryOf(first)).shields[0]!.hedge).toBe(1);
    // Every other command reads it from the same file.
    expect(load(dir).shield[0]!.hedge).toBe("NEAR/USDT:USDT");
    // Long after, without any history: what stands stays.
    const later = await chooseHedges(load(dir), END_MS + 1e12, (words) => void said.push(words));
    expect(later).toEqual(first);
    expect(said[1]).toContain("with NEAR/USDT:USDT, chosen 2026-01-05T00:00:00.000Z");
  });

  it("is chosen by a preflight, whose verdict is about what will run", async () => {
    const market = await startLaneMarket(["binance-usdm"]);
    onTestFinished(() => market.close());
    const ports = "control: { port: 0 }\nreceiver: { port: 0 }\n";
    const config = changed("9101", String(market.venues[0]!.port)) + ports;
    const dir = directory(config, Math.floor(Date.now() / HOUR_MS) * HOUR_MS);
    const out: string[] = [];
    const err = (text: string) => void out.push(text);
    const env = { DESK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}` };
    const program = new Command().exitOverride();
    registerPreflight(program, { env, cwd: dir, out: err, err, setExitCode: () => undefined });
    await program.parseAsync(["preflight", "-c", "outrigger.yaml", "--json"], { from: "user" });
    expect(out).toEqual([expect.stringContaining("with NEAR/USDT:USDT, chosen now"), expect.any(String)]);
    // As `run` will load it.
    expect(load(dir).shield[0]!.hedge).toBe("NEAR/USDT:USDT");
    expect(JSON.parse(out[1]!).config.sha256).toBe(configSha256(load(dir)));
  });

  it("is chosen again where what was chosen is no candidate any more, and leaves others' choices alone", async () => {
    const dir = directory();
    const path = hedgeChoicesPath(load(dir));
    await chooseHedges(load(dir), END_MS, () => undefined);
    const mine = JSON.parse(readFileSync(path, "utf8"));
    const other = { playbook: "signal of X/USDT", hedge: "Y/USDT", chosenMs: 1, why: "" };
    writeFileSync(path, JSON.stringify([{ ...mine[0], hedge: "OTHER/USDT:USDT" }, other]));
    expect(load(dir).shield[0]!.hedge).toBe("auto");
    await chooseHedges(load(dir), END_MS, () => undefined);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual([other, mine[0]]);
  });

  it("nobody can choose: the engine does not start, and nothing is kept", async () => {
    const dir = directory();
    const config = load(dir);
    const opposed = { ...config, shield: config.shield.map((each) => ({ ...each, beta: -1 })) };
    const undecided = chooseHedges(opposed, END_MS, () => undefined);
    await expect(undecided).rejects.toMatchObject({
      code: "HEDGE_UNDECIDED",
      exitCode: 2,
      message: expect.stringContaining("NEAR"),
    });
    await expect(chooseHedges(config, END_MS + 1e12, () => undefined)).rejects.toMatchObject({ code: "HISTORY_OLD" });
    expect(existsSync(hedgeChoicesPath(config))).toBe(false);
    expect(() => coreConfig(config, directoryOf(config))).toThrow(
      expect.objectContaining({ code: "HEDGE_NOT_CHOSEN" }),
    );
  });

  it("whose file is damaged is not chosen anew", () => {
    const dir = directory();
    const config = load(dir);
    for (const text of ["", "[{", "{}", '[{"playbook":1}]']) {
      const engine = { ...config.engine, dataDir: dir };
      writeFileSync(hedgeChoicesPath({ ...config, engine }), text);
      expect(() => withHedgeChoices({ ...config, engine }), text).toThrow(/put it right, or remove it/);
    }
  });

  const CANDIDATES = '["FAR/USDT:USDT", "NEAR/USDT:USDT"]';
  it.each<[string, string, string, string]>([
    ["one candidate", changed(CANDIDATES, '["FAR/USDT:USDT"]'), "shield[0].hedge", "two or more"],
    [
      "no such candidate",
      changed(CANDIDATES, '["FAR/USDT:USDT", "NEAR/USDT"]'),
      "shield[0].hedgeCandidates[1]",
      "did you mean",
    ],
    [
      "one that is only held",
      changed(CANDIDATES, '["FAR/USDT:USDT", BTC/USDT]'),
      "shield[0].hedgeCandidates[1]",
      "no listing",
    ],
    [
      "the same twice",
      changed(CANDIDATES, '["FAR/USDT:USDT", "FAR/USDT:USDT"]'),
      "shield[0].hedgeCandidates[1]",
      "a second candidate",
    ],
    [
      "another's hedge",
      changed(
        "analyses:",
        'reversion:\n  - { primary: "OTHER/USDT:USDT", hedge: "FAR/USDT:USDT", notional: 1 }\nanalyses:',
      ),
      "shield[0].hedgeCandidates[0]",
      "reversion[0].hedge",
    ],
    [
      "the index",
      changed("analyses:", 'portfolio: { index: "FAR/USDT:USDT", clusterNotionalMax: 1 }\nanalyses:'),
      "portfolio.index",
      "shield[0].hedgeCandidates[0]",
    ],
  ])("with %s is refused", (_, text, setting, says) => expectRefused(text, setting, says));
});
