/** When analyses are due, and the analyst on its real thread: what fails keeps the last result and is said once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Analyst, runBatch } from "../../src/analyses/analyst.ts";
import { AnalysisSchedule } from "../../src/analyses/schedule.ts";
import type { AnalysisTask, AnalysisTerms } from "../../src/analyses/task.ts";
import type { AnalysisBatch } from "../../src/analyses/worker.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import { BTC_PERP, coreConfig, ETH_PERP } from "../support/core-config.ts";
import { eventually } from "../support/eventually.ts";
import { madePair, writeCandles } from "./made-pair.ts";

const directory = mkdtempSync(join(tmpdir(), "outrigger-analyst-"));
afterAll(() => rmSync(directory, { recursive: true }));

const HOUR_MS = 3_600_000;
const BETA: AnalysisTask = { kind: "beta", asset: BTC_PERP, hedge: ETH_PERP };
const HALF_LIFE: AnalysisTask = { kind: "halfLife", reversion: 0 };

describe("the schedule", () => {
  const tasks = [
    { task: BETA, everyMs: 100, firstAfterMs: 0 },
    { task: HALF_LIFE, everyMs: 40, firstAfterMs: 10 },
  ];
  it("begins with what is missing, keeps its order, and each task has its own period", () => {
    const schedule = new AnalysisSchedule(tasks, 7, 1000);
    expect(schedule.due(999)).toEqual([]);
    expect([schedule.nextDueMs, schedule.due(1000)]).toEqual([1000, [BETA]]);
    expect(schedule.due(1010)).toEqual([BETA, HALF_LIFE]);
    schedule.done(BETA, 1010);
    schedule.done(HALF_LIFE, 1010);
    expect([schedule.nextDueMs, schedule.due(1050), schedule.due(1110)]).toEqual([
      1050,
      [HALF_LIFE],
      [BETA, HALF_LIFE],
    ]);
  });

  it("tries again after a failure, and earlier where a sample asks for it, never later than its period", () => {
    const schedule = new AnalysisSchedule(tasks, 60, 0);
    schedule.failed(BETA, 0);
    schedule.failed(HALF_LIFE, 0);
    expect([schedule.due(39), schedule.due(40), schedule.due(60)]).toEqual([[], [HALF_LIFE], [BETA, HALF_LIFE]]);
    schedule.done(BETA, 0, 25);
    schedule.done(HALF_LIFE, 0, 99);
    expect([schedule.due(25), schedule.due(40)]).toEqual([[BETA], [BETA, HALF_LIFE]]);
  });

  it("without tasks is never due", () => {
    expect(new AnalysisSchedule([], 1, 0).nextDueMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the analyst", () => {
  const nowMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const [y, x] = [join(directory, "y.csv"), join(directory, "x.csv")];
  const pair = madePair({
    beta: 0.8,
    halfLife: 5,
    step: 0.01,
    spread: 0.01,
    rows: 400,
    intervalMs: HOUR_MS,
    firstMs: nowMs - 400 * HOUR_MS,
    seed: 1,
    y: 60_000,
    x: 6000,
  });
  const core = coreConfig({ shields: [], reversions: [{ barMs: HOUR_MS }] });
  const terms: AnalysisTerms = {
    core,
    intervalMs: HOUR_MS,
    spanMs: 1000 * HOUR_MS,
    rowsMin: 200,
    halfLifeRows: 400,
    endAgeMsMax: 24 * HOUR_MS,
    refitSignalsMin: 50,
    stopDistance: 0.05,
  };
  const source = (path: string) => ({ type: "file", path }) as const;
  const batch: Omit<AnalysisBatch, "tasks" | "nowMs"> = {
    terms,
    history: { sources: [null, source(y), null, source(x)], directory },
    decisions: join(directory, "decisions"),
    kept: { file: join(directory, "memory.bin"), write: true },
  };

  it("keeps on after failures, says equal ones once, and hands over what succeeds", async () => {
    rmSync(x, { force: true });
    writeCandles(y, pair.y, nowMs - 400 * HOUR_MS, HOUR_MS);
    const found: Analysis[] = [];
    const failures: string[] = [];
    const results: string[] = [];
    const tasks = [BETA, HALF_LIFE].map((task) => ({ task, everyMs: HOUR_MS, firstAfterMs: 0 }));
    const analyst = new Analyst(
      { tasks, batch, retryMs: 250, timeoutMs: 20_000 },
      {
        wallMs: () => Date.now(),
        onAnalysis: (analysis) => found.push(analysis),
        onResult: (name) => results.push(name),
        onFailure: (name, message) => failures.push(`${name}: ${message}`),
      },
    );
    analyst.start();
    try {
      await eventually(() => failures.length > 0);
      expect(failures[0]).toMatch(/^beta BTC\/USDT:USDT \/ ETH\/USDT:USDT: .*x\.csv/);
      expect(found).toEqual([]);
      writeCandles(x, pair.x, nowMs - 400 * HOUR_MS, HOUR_MS);
      await eventually(() => found.length === 2);
      // Both missed the same file, at every try.
      expect(failures).toHaveLength(1);
      expect(found.map(({ kind }) => kind)).toEqual(["beta", "halfLife"]);
      expect(found[0]).toMatchObject({ basis: { rows: 400, sample: `${y} and ${x}` } });
      expect(results).toHaveLength(2);
    } finally {
      await analyst.stop();
    }
  });

  it("ends a batch that takes too long, and its thread with it", async () => {
    const never = new AbortController().signal;
    await expect(runBatch({ ...batch, tasks: [BETA], nowMs }, 1, never)).rejects.toThrow(/not done after/);
    await expect(runBatch({ ...batch, tasks: [BETA], nowMs }, 20_000, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });

  it("says which file of a history is none", async () => {
    writeFileSync(x, "no,candles\n1,2\n");
    const [result] = await runBatch({ ...batch, tasks: [BETA], nowMs }, 20_000, new AbortController().signal);
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining("x.csv") });
  });
});
