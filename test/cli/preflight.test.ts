import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, it, onTestFinished } from "vitest";
import { register as registerDoctor } from "../../src/cli/doctor.ts";
import { register as registerPreflight } from "../../src/cli/preflight.ts";
import { openConfig } from "../../src/config/load.ts";
import { PAPER_API_KEY, PAPER_API_SECRET } from "../../src/config/secrets.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { encodeNamed } from "../../src/journal/json-records.ts";
import { openLog } from "../../src/journal/open-log.ts";
import { RECORD, RECORD_VERSION } from "../../src/journal/records.ts";
import { logBlock } from "../../src/lane/log-blocks.ts";
import { createShared } from "../../src/memory/shared.ts";
import { playbooksSha256 } from "../../src/preflight/fingerprint.ts";
import type { Verdict } from "../../src/preflight/verdict-file.ts";
import { SMALL } from "../config/sample.ts";
import { outrigger as built, startProcess } from "../support/engine-process.ts";
import { startLaneMarket } from "../support/lane-market.ts";
import { temporary } from "./support.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const DAY_MS = 86_400_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A live configuration whose exchange is a paper venue on loopback, and the environment that holds its keys. */
async function liveConfiguration() {
  const market = await startLaneMarket(["binance-usdm"]);
  onTestFinished(() => market.close());
  const at = `127.0.0.1:${market.venues[0]!.port}`;
  const endpoints = `{ rest: "http://${at}", orders: "ws://${at}/ws-fapi/v1", stream: "ws://${at}/private/ws", market: "ws://${at}/public/ws", account: "http://${at}" }`;
  const today = new Date().toISOString().slice(0, 10);
  const text =
    SMALL.replace("symbol: BTCUSDT }", "symbol: BTCUSDT, minNotional: 100 }")
      .replace("secretsEnv: [DESK_SECRET]", "secretsFile: [desk]")
      .replace(
        "environment: paper",
        `environment: live, apiKeyFile: key, apiSecretFile: secret, endpoints: ${endpoints}`,
      )
      .replace(/paper:\n.*\n/, "")
      .concat("engine: { dataDir: data }\n")
      .concat(`receiver: { port: ${await freePort()} }\ncontrol: { port: ${await freePort()} }\n`)
      .concat("risk: { orderNotionalMax: 100000, positionNotionalMax: 100000 }\n")
      .concat("breakers: { dailyLossMax: 1000, drawdownMax: 1000, dailyCostMax: 1000 }\n")
      .concat("journal: { segmentBytes: 1048576, quoteSegmentsMax: 2 }\n") +
    `rollout: { fraction: 0.1, from: ${today} }\n`;
  const desk = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const dir = temporary({ "live.yaml": text, key: PAPER_API_KEY, secret: PAPER_API_SECRET, desk });
  return { dir, file: join(dir, "live.yaml") };
}

/** What months of backtest and days of paper would leave. */
function leaveEvidence(dir: string, file: string): { readonly report: string; readonly journal: string } {
  const { config } = openConfig(file);
  const report = join(dir, "run.json");
  const inputs = { playbooks_sha256: playbooksSha256(config) };
  writeFileSync(report, JSON.stringify({ command: "backtest run", inputs, result: { days: 190, trades: 250 } }));
  const journal = join(dir, "paper-journal");
  const { writer } = openLog({
    directory: join(journal, "decisions"),
    logId: 1,
    bootId: "test",
    block: logBlock(createShared(), 1),
    wallMs: Date.now(),
    segmentBytes: 65_536,
  });
  for (const atMs of [Date.now() - 2 * DAY_MS, Date.now()]) {
    const mark = { atMs: atMs as EpochMs, hedged: 1, shadow: 1, peak: 1, dayStart: 0 };
    writer.append(RECORD.MARK, RECORD_VERSION, 1, atMs, encodeNamed(mark));
  }
  writer.close();
  return { report, journal };
}

it("keeps live trading back until a preflight of this very configuration has passed, and names what failed", async () => {
  const { dir, file } = await liveConfiguration();
  const first = await built("preflight", "-c", file, "--json");
  expect(first.code).toBe(8);
  const verdict = JSON.parse(first.out) as Verdict;
  expect(Object.fromEntries(verdict.items.map(({ id, status }) => [id, status]))).toEqual({
    config: "passed",
    schema: "passed",
    backtested: "failed",
    ratios: "passed",
    decay: "passed",
    breakers: "passed",
    shadow: "failed",
    correlation: "notApplicable",
    stopLoss: "notApplicable",
    limits: "passed",
    rollout: "passed",
    venues: "passed",
    keys: "passed",
    clocks: "passed",
    disk: "passed",
    ports: "passed",
  });
  expect(JSON.parse(readFileSync(join(dir, "data", "preflight.json"), "utf8"))).toEqual(verdict);
  const refused = await built("run", "--live", "-c", file, "--json");
  expect([refused.code, JSON.parse(refused.out).code]).toEqual([4, "LIVE_REFUSED"]);
  expect(JSON.parse(refused.out).message).toMatch(/failed: backtested .*, shadow /);

  const { report, journal } = leaveEvidence(dir, file);
  const second = await built("preflight", "-c", file, "--backtest", report, "--journal", journal);
  expect(second).toMatchObject({ code: 0, out: expect.stringContaining("250 trades over 190.0 days") });

  const engine = await startProcess([MAIN, "run", "--live", "-c", file, "--json"]);
  expect(engine.ready).toMatchObject({ ready: true });
  expect(await engine.end("SIGTERM")).toBe(0);
  expect(JSON.parse(readFileSync(join(dir, "data", "live.json"), "utf8"))).toMatchObject({
    preflightAt: JSON.parse(readFileSync(join(dir, "data", "preflight.json"), "utf8")).at,
  });
});

it("doctor looks at the machine without keys, and at a port that is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const dir = temporary({
    "c.yaml": `receiver: { port: ${port} }\ncontrol: { port: 0 }\nengine: { dataDir: data }\n${SMALL}`,
  });
  mkdirSync(join(dir, "data"));
  const said: string[] = [];
  const codes: number[] = [];
  const program = new Command().exitOverride();
  const out = (text: string) => void said.push(text);
  registerDoctor(program, { env: {}, cwd: dir, out, err: out, setExitCode: (code) => void codes.push(code) });
  await program.parseAsync(["doctor", "-c", "c.yaml", "--json"], { from: "user" });
  expect(codes).toEqual([8]);
  const { items } = JSON.parse(said.join("")) as Verdict;
  expect(items.map(({ id }) => id)).toEqual(["node", "kernels", "machine", "disk", "ports", "clock"]);
  expect(items.find(({ id }) => id === "ports")).toMatchObject({
    status: "failed",
    why: expect.stringContaining(`${port}`),
  });
});

it("refuses a journal that is none, instead of looking for evidence in it", async () => {
  const dir = temporary({ "c.yaml": SMALL });
  const program = new Command().exitOverride();
  const none = () => {};
  registerPreflight(program, { env: { DESK_SECRET: "x" }, cwd: dir, out: none, err: none, setExitCode: none });
  await expect(
    program.parseAsync(["preflight", "-c", "c.yaml", "--journal", "nowhere"], { from: "user" }),
  ).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(join(dir, "nowhere")) });
});
