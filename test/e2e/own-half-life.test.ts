/**
 * An engine on a paper exchange opens a reversion by its own analyses: nobody sends it a half-life or a hedge ratio. It asks
 * the exchange for candles by ccxt, estimates both on a thread of its own, and explains the entry by them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PAPER_API_KEY, PAPER_API_SECRET } from "../../src/config/secrets.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import type { PositionRecord } from "../../src/core/playbooks/hedged-position.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { startEngine } from "../../src/engine.ts";
import { readEvent } from "../../src/journal/event-records.ts";
import { readNamed } from "../../src/journal/json-records.ts";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { startPaper } from "../../src/paper/server.ts";
import { compileKernels } from "../../src/wasm/kernels.ts";
import { madePair, writeCandles } from "../analyses/made-pair.ts";
import { freePort } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { sampleConfig } from "../support/sample-config.ts";

const MINUTE_MS = 60_000;
const ROWS = 15_000;
const SYMBOLS = [
  { symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001", minNotional: "100", initialPrice: "61800" },
  { symbol: "ETHUSDT", tickSize: "0.01", lotSize: "0.001", minNotional: "20", initialPrice: "2650" },
];
/** A minute of the recording passes in as many milliseconds, which is a bar of the reversion. */
const BAR_MS = 100;
const HALF_LIFE_MINUTES = 8;

it("opens a position by a half-life and a ratio that nobody sent", async () => {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-own-"));
  const firstMs = Math.floor(Date.now() / MINUTE_MS - ROWS - 1) * MINUTE_MS;
  const pair = madePair({
    beta: 0.8,
    halfLife: HALF_LIFE_MINUTES,
    step: 0.001,
    spread: 0.02,
    rows: ROWS,
    intervalMs: MINUTE_MS,
    firstMs,
    seed: 5,
    y: 61_800,
    x: 2650,
  });
  const files = [
    { symbol: "BTCUSDT", path: join(directory, "y.csv") },
    { symbol: "ETHUSDT", path: join(directory, "x.csv") },
  ];
  writeCandles(files[0]!.path, pair.y, firstMs, MINUTE_MS);
  writeCandles(files[1]!.path, pair.x, firstMs, MINUTE_MS);
  const paper = await startPaper({
    venues: [{ name: "paper-a", port: 0, apiKey: PAPER_API_KEY, apiSecret: PAPER_API_SECRET, symbols: SYMBOLS }],
    market: { type: "csv", files, speed: MINUTE_MS / BAR_MS, loop: true },
    depthLevels: 0,
    seed: 11,
  });
  const { config, secrets } = sampleConfig({
    directory,
    venues: paper.venues.map(({ name, port }) => ({ name, port })),
    receiverPort: await freePort(),
    controlPort: await freePort(),
    lanes: "inline",
    edit: (yaml) => {
      yaml.shield = [];
      yaml.reversion = [
        {
          primary: "BTC/USDT:USDT",
          hedge: "ETH/USDT:USDT",
          notional: 20_000,
          barMs: BAR_MS,
          stopLoss: 0.9,
          // The half-life of the minutes is counted in bars of a tenth of a second.
          halfLifeBarsMin: 2 * (MINUTE_MS / BAR_MS),
          halfLifeBarsMax: 30 * (MINUTE_MS / BAR_MS),
          betaRule: { method: "auto", holdingHours: 72 },
        },
      ];
    },
  });
  const log: string[] = [];
  const engine = await startEngine(config, secrets, { info: (text) => log.push(text), warn: (text) => log.push(text) });
  try {
    const decisions = join(directory, "journal", "decisions");
    const opened = () => recordsOf(decisions).find(({ position }) => position?.state === "open");
    await eventually(
      () => opened() !== undefined,
      () => log.join("\n"),
      30_000,
    );
    const records = recordsOf(decisions);
    const analyses = records.flatMap(({ analysis }) => (analysis === null ? [] : [analysis]));
    expect(analyses.map(({ kind }) => kind)).toEqual(["beta", "halfLife"]);
    const [beta, halfLife] = analyses as [Analysis & { kind: "beta" }, Analysis & { kind: "halfLife" }];
    expect(beta).toMatchObject({ cointegrationRank: 1, rankTest: expect.stringContaining("const") });
    expect(beta.johansen).toBeCloseTo(0.8, 1);
    expect(beta.basis!.rows).toBeGreaterThan(200);
    expect(halfLife.bars / (MINUTE_MS / BAR_MS)).toBeGreaterThan(HALF_LIFE_MINUTES * 0.7);
    expect(halfLife.bars / (MINUTE_MS / BAR_MS)).toBeLessThan(HALF_LIFE_MINUTES * 1.4);
    const position = opened()?.position;
    // Which rows were held out depends on when the engine asked, so either may have hedged them better.
    const { johansen, returns } = beta.heldOut!;
    const betaMethod = johansen >= returns ? "johansen" : "combined";
    expect(position!.decision).toMatchObject({ playbook: "reversion", halfLifeBars: halfLife.bars, betaMethod });
    expect(position!.beta).toBe(beta[betaMethod]);
    expect(position!.primaryLots * position!.hedgeLots).toBeLessThan(0);
    await engine.stop();
    // By what the journal holds of them, the same decisions come out again.
    const replay = replayJournal(null, join(directory, "journal"), compileKernels());
    expect(replay).toMatchObject({ differences: [], gaps: [] });
    expect(replay.commands).toBeGreaterThan(0);
  } finally {
    await engine.stop();
    await paper.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

function recordsOf(directory: string) {
  const found: { readonly analysis: Analysis | null; readonly position: PositionRecord | null }[] = [];
  for (const { type, payload, monoNs, wallMs } of readLog(directory)) {
    const bytes = bytesIn(payload);
    if (type === RECORD.POSITION) found.push({ analysis: null, position: readNamed(bytes) as PositionRecord });
    if (type !== RECORD.EVENT_ANALYSIS) continue;
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read?.event.type === "analysis") found.push({ analysis: read.event.analysis, position: null });
  }
  return found;
}
