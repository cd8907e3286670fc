/** What the past says: the same whether it is told as it happens or read back from the journal, and by the core's own rules. */
import { describe, expect, it } from "vitest";
import { recallMemory } from "../../src/analyses/journal-memory.ts";
import { AnalysisMemory } from "../../src/analyses/memory.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import { BETA_RULE, BTC, BTC_PERP, ETH_PERP } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

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
