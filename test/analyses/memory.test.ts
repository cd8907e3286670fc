/** What the past says: the same whether it is told as it happens or read back from the journal, and by the core's own rules. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recallKept, recallMemory } from "../../src/analyses/journal-memory.ts";
import { AnalysisMemory } from "../../src/analyses/memory.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import { listSegments } from "../../src/journal/files.ts";
import { segmentPath } from "../../src/journal/format.ts";
import { encodeNamed } from "../../src/journal/json-records.ts";
import { type RecordView, readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { openSmall } from "../journal/support-parts.ts";
import { createMemoryDirectory } from "../journal/temp-directory.ts";
import { BETA_RULE, BTC, BTC_PERP, coreConfig, ETH_PERP, SHIELD } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";
import { DECISION_RECORDS, decisionLog } from "../support/decision-records.ts";
import { lastRecord, loseFrom } from "../support/lost-tail.ts";

const weights = { evidence: 0, zscore: 0, momentum: 0, volatility: 0, spread: 0, depth: 0, timeOfDay: 0 };

/** Tells a memory the commands of a rig's last events, as a backtest does. */
function tell(memory: AnalysisMemory, rig: CoreRig): void {
  for (const command of rig.take()) {
    if (command.type === "outcome") memory.onOutcome(command.outcome);
    else if (command.type === "scored") memory.onScored(command.scored, rig.at.wallMs);
    else if (command.type === "positioned") memory.onPosition(command.record, rig.at.wallMs);
    else if (command.type === "decided") {
      memory.onDecided(command.shield, rig.core.shields[command.shield]!.decision!, rig.at.wallMs);
    }
  }
}

it("is the same told as read back: outcomes, exposures and decisions, with all their numbers", () => {
  const rig = CoreRig.ready({ shields: [{}], score: { weights } });
  const told = new AnalysisMemory(rig.core.config);
  for (let n = 0; n < 4; n++) {
    rig.signal({ strength: 0.3 + n / 10 });
    tell(told, rig);
    rig.nowMs += 1000;
  }
  // A close decides no intensity.
  rig.signal({ kind: "close", direction: "flat" });
  tell(told, rig);
  const recalled = recallMemory(rig.core.config, rig.journal.records, rig.at.wallMs);
  expect(recalled.decisions).toEqual(told.decisions);
  expect(told.decisions.get(0)!.map(({ inputs }) => inputs[1])).toEqual([0.3, 0.4, 0.5, 0.6]);
  expect(recallMemory(rig.core.config, rig.journal.records, rig.at.wallMs - 1001).decisions.get(0)).toHaveLength(3);
});

it("has every scored signal as an exposure, and what became of it", () => {
  const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000.01 }], score: { weights } });
  const told = new AnalysisMemory(rig.core.config);
  rig.signal({ kind: "open", confidence: 0.7, direction: "short", horizonMs: 60_000, instrument: BTC });
  tell(told, rig);
  const fromMs = rig.at.wallMs;
  rig.nowMs += 60_001;
  for (const listing of [0, 1, 2]) rig.quote(listing, 590_000, 590_002);
  tell(told, rig);
  const recalled = recallMemory(rig.core.config, rig.journal.records, rig.at.wallMs);
  expect([recalled.exposures, recalled.outcomes]).toEqual([told.exposures, told.outcomes]);
  expect(told.exposures).toEqual([
    { instrument: BTC_PERP, sign: -1, entryPrice: expect.closeTo(60_000.1, 6), fromMs, toMs: fromMs + 60_000 },
  ]);
  expect(told.outcomes).toMatchObject([{ source: 0, model: 7, modelVersion: 1, stated: [0.7], hits: [1] }]);
});

describe("ratios and weights in use", () => {
  const beta = (returns: number): Analysis => ({
    kind: "beta",
    asset: BTC_PERP,
    hedge: ETH_PERP,
    ols: 1,
    returns,
    combined: returns,
    johansen: Number.NaN,
    cointegrationRank: 0,
    rankTest: "none",
    spanDays: 200,
  });

  it("are what the core uses, refused proposals and unfit estimates included", () => {
    const betaRule = { ...BETA_RULE, method: "returns" } as const;
    const rig = CoreRig.ready({ shields: [{}], reversions: [{ beta: 1.3, betaRule, primary: BTC_PERP }] });
    const ratio = () =>
      recallMemory(rig.core.config, rig.journal.records, rig.at.wallMs).beta(BTC_PERP, ETH_PERP)?.value;
    expect(ratio()).toBe(1.3);
    rig.analysis(beta(0.8));
    expect(ratio()).toBe(0.8);
    rig.analysis(beta(Number.NaN));
    expect(ratio()).toBe(0.8);
    const next = [0.05, 0.95, 0, 0, 0];
    rig.analysis({ kind: "weights", owner: 0, version: 1, weights: next });
    rig.analysis({ kind: "weights", owner: 0, version: 2, weights: [1, 0, 0, 0, 0] });
    const used = recallMemory(rig.core.config, rig.journal.records, rig.at.wallMs).weights.get(0)!;
    expect([used.version, used.values, used.changedMs]).toEqual([1, next, rig.at.wallMs]);
  });
});

it("lets the oldest go, and never grows without bound", () => {
  const rig = CoreRig.ready({ shields: [] });
  const memory = new AnalysisMemory(rig.core.config);
  const outcome = (stated: number, model: number) =>
    memory.onOutcome({
      intakeSeq: 1,
      source: 0,
      model,
      modelVersion: 1,
      instrument: 0,
      sign: 1,
      stated,
      entryMid: 1,
      dueMs: 5,
      exitMid: 1,
      horizonReturn: 0,
      hit: false,
    });
  for (let n = 0; n <= 20_000; n++) outcome(n, 1);
  expect([memory.outcomes[0]!.stated.length, memory.outcomes[0]!.stated[0]]).toEqual([20_000, 1]);
  for (let model = 2; model < 300; model++) outcome(0, model);
  expect(memory.outcomes).toHaveLength(256);
});

describe("kept from batch to batch", () => {
  const betaRule = { ...BETA_RULE, method: "returns" } as const;
  const config = coreConfig({
    shields: [{ betaRule }],
    signals: [{ betaRule, policy: { policy: "linear", linear: SHIELD.linear } }],
    reversions: [{ betaRule, beta: 1.3 }],
    portfolio: {},
  });
  const kept = (directory: string, write = true) =>
    recallKept(config, directory, join(directory, "memory.bin"), write).save();
  const whole = (directory: string) => recallMemory(config, readLog(directory), Number.POSITIVE_INFINITY).save();
  const append = (directory: string, records: readonly RecordView[], options: { segmentBytes?: number } = {}): void => {
    const { writer } = openSmall(directory, options);
    for (const { type, version, monoNs, wallMs, payload } of records)
      writer.append(type, version, monoNs, wallMs, payload);
    writer.close();
  };

  const { outcome, scored, decision, position, analysis, verdict } = DECISION_RECORDS;
  const told = decisionLog(120, fc.oneof(outcome, scored, decision, position, analysis, verdict));

  it("is the fold of the whole log, wherever a batch ended and whatever the log holds", () => {
    fc.assert(
      fc.property(told, fc.array(fc.nat({ max: 120 }), { maxLength: 3 }), fc.boolean(), (records, cuts, write) => {
        const directory = createMemoryDirectory();
        let from = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          append(directory, records.slice(from, cut));
          from = cut;
          expect(kept(directory)).toEqual(whole(directory));
        }
        append(directory, records.slice(from));
        expect(kept(directory, write)).toEqual(whole(directory));
      }),
      { numRuns: 20 },
    );
  });

  const outcomes = (count: number, first = 0, hit = true): RecordView[] =>
    Array.from({ length: count }, (_, n) => ({
      lsn: 0,
      type: RECORD.OUTCOME,
      version: 1,
      monoNs: 1,
      wallMs: 1,
      payload: encodeNamed({ source: 0, model: 7, modelVersion: 1, stated: (first + n) / 1000, hit, dueMs: first + n }),
    }));
  const statedOf = ({ outcomes }: ReturnType<typeof kept>) => outcomes[0]?.stated.map((stated) => stated * 1000) ?? [];
  const firstSegments = (directory: string) =>
    listSegments(directory)
      .slice(0, -1)
      .map((segment) => segmentPath(directory, segment));
  const upTo = (from: number, count: number) => Array.from({ length: count }, (_, n) => expect.closeTo(from + n, 6));

  it("knows what retention has taken since, and counts what it took unread", () => {
    const directory = createMemoryDirectory();
    append(directory, outcomes(300));
    expect(statedOf(kept(directory))).toEqual(upTo(0, 300));
    for (const path of firstSegments(directory)) rmSync(path);
    append(directory, outcomes(10, 300));
    const after = kept(directory);
    expect([statedOf(after), after.unread]).toEqual([upTo(0, 310), 0]);
    append(directory, outcomes(300, 310));
    for (const path of firstSegments(directory)) rmSync(path);
    const late = kept(directory);
    expect(late.unread).toBeGreaterThan(0);
    expect(statedOf(late)).toHaveLength(610 - late.unread);
    expect(kept(directory)).toEqual(late);
    rmSync(join(directory, "memory.bin"));
    expect(kept(directory).unread).toBe(610 - statedOf(kept(directory)).length);
  });

  it("is made anew where the log is another, the file is damaged, or the configuration has another shape", () => {
    const directory = createMemoryDirectory();
    append(directory, outcomes(20));
    kept(directory);
    loseFrom(
      directory,
      lastRecord(directory, ({ lsn }) => lsn === 15),
    );
    append(directory, outcomes(9, 100, false));
    expect(kept(directory)).toEqual(whole(directory));
    const file = join(directory, "memory.bin");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(1, 200, 210));
    expect(kept(directory)).toEqual(whole(directory));
    // One segment here, the last of several there: which began before this one ended.
    const [long, trimmed] = [createMemoryDirectory(), createMemoryDirectory()];
    append(long, outcomes(400), { segmentBytes: 1 << 20 });
    kept(long);
    append(trimmed, outcomes(400));
    for (const path of firstSegments(trimmed)) rmSync(path);
    expect(recallKept(config, trimmed, join(long, "memory.bin"), false).save()).toEqual(kept(trimmed));
    const other = coreConfig({ shields: [], signals: [{}] });
    expect(recallKept(other, directory, file, false).save()).toEqual(
      recallMemory(other, readLog(directory), Number.POSITIVE_INFINITY).save(),
    );
  });
});
