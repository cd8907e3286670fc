/** A whole engine on a journal whose beginning is in snapshots only: nothing that it must know is forgotten with the segments. */
import fs from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { listSegments } from "../../src/journal/files.ts";
import { listSnapshots } from "../../src/journal/snapshot-file.ts";
import { verifyLog } from "../../src/journal/verify.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { type SnapshotReport, Snapshotter, takeSnapshots } from "../../src/snapshots/snapshots.ts";
import { sourceRules } from "../../src/wiring/wiring.ts";
import { codeOf } from "../journal/support-parts.ts";
import { kernels as coreKernels } from "../support/core-config.ts";
import { until } from "../support/engine-process.ts";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { growJournal } from "../support/grown-journal.ts";
import { kernels, LaneRig } from "../support/lane-rig.ts";
import { sampleConfig } from "../support/sample-config.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const SEGMENT = { segmentBytes: MIB };
const ALL = { intakeLsn: Number.POSITIVE_INFINITY, decisionsLsn: Number.POSITIVE_INFINITY };
const EVERY = { intakeLsn: 1, decisionsLsn: 1 };

let rig: LaneRig;
let engine: RunningEngine | null = null;
afterEach(async () => {
  await engine?.stop();
  engine = null;
  await rig.close();
});

const start = async () => {
  engine = await runEngine(rig, { lanes: "inline", journal: SEGMENT });
  return engine;
};
const end = async () => {
  await engine?.stop();
  engine = null;
};

test("what was archived is still known: ids, letters, positions; without its snapshots the engine does not start", async () => {
  rig = await LaneRig.start();
  const first = await start();
  await until("it is active", async () => (await first.ask("/positions")).answer.state === "active");
  const before = hedgeOf("before", 0.05);
  expect((await first.send(before)).status).toBe(202);
  await eventually(() => rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT") === -50);
  await end();
  const { journal } = rig;
  const { core } = rig.options;
  const logs = ["intake", "decisions"].map((log) => join(journal, log));
  growJournal({ journal, core, bytes: 8 * MIB, ...SEGMENT, firstSeq: 2, nowMs: Date.now() - HOUR_MS });
  const { config } = sampleConfig({ directory: rig.directory, venues: rig.market.venues });
  const task = {
    directory: journal,
    core,
    sources: config.sources.map(sourceRules),
    dedupeIdsMax: 100_000,
    every: EVERY,
  };
  const archive = join(rig.directory, "archive");
  const retention = { keepMs: Number.POSITIVE_INFINITY, keepBytes: 0, archive };
  const keepAll = { ...retention, keepBytes: Number.POSITIVE_INFINITY };

  // In a thread of its own, as beside an engine.
  const reports: SnapshotReport[] = [];
  const failures: string[] = [];
  const snapshotter = new Snapshotter({
    ...task,
    kernels,
    retention: keepAll,
    durable: () => ALL,
    wallMs: () => Date.now(),
    onDone: (report) => reports.push(report),
    onFailure: (message) => failures.push(message),
  });
  await eventually(() => reports.length + failures.length > 0);
  await snapshotter.stop();
  expect(failures).toEqual([]);
  expect(logs.map((log) => listSnapshots(log).length)).toEqual([1, 1]);

  const { gone } = takeSnapshots({ ...task, durable: ALL, retention, nowMs: Date.now() }, coreKernels);
  expect(gone).toBeGreaterThan(4);
  for (const log of logs) {
    const [oldest] = listSegments(log);
    expect(oldest).toBeGreaterThan(1);
    expect(verifyLog(log)).toMatchObject({ fault: null, firstSegment: oldest });
  }
  expect(codeOf(() => replayJournal(null, journal, kernels))).toBe("JOURNAL_TRIMMED");

  const second = await start();
  await until("it is active", async () => (await second.ask("/positions")).answer.state === "active");
  expect((await second.send(before)).answer).toMatchObject({ code: "DUPLICATE" });
  // Both venues agree with a book whose fills are in the snapshot only, and the hedge goes on from there.
  expect((await second.send(hedgeOf("after", 0.08))).status).toBe(202);
  await eventually(() => rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT") === -80);
  expect(second.log.filter((line) => line.includes("MISMATCH"))).toEqual([]);
  await end();

  for (const log of logs)
    for (const lsn of listSnapshots(log)) fs.rmSync(join(log, `${String(lsn).padStart(16, "0")}.snap`));
  await expect(start()).rejects.toThrow("JOURNAL_TRIMMED");
});
