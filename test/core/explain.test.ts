/** What an explanation says of a signal, against the numbers that the core decided by. */
import { describe, expect, it } from "vitest";
import type { AnalysisBasis } from "../../src/core/analysis.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { explainSignal, type Line } from "../../src/journal/explain.ts";
import { explainReversions } from "../../src/journal/explain-reversion.ts";
import { type IntakeExtra, intakeSignalBytesMax, writeIntakeSignal } from "../../src/journal/intake-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { BETA_RULE, BTC, BTC_PERP, ETH, ETH_PERP, SHIELD } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

const EXTRA: IntakeExtra = { asset: "BTC-USDT", model: "gpt", modelVersion: "5.1", sequence: -1, sourceContext: "" };
const weights = { ...Object.fromEntries(FACTORS.map((name) => [name, 0])), depth: 0.05 } as Record<Factor, number>;

function intakeRecord(signal: Signal, wallMs: number) {
  const payload = Buffer.alloc(intakeSignalBytesMax(Buffer.from("{}")));
  const bytes = bytesIn(payload);
  const used = writeIntakeSignal(bytes, 0, signal, EXTRA, Buffer.from("{}"));
  const record = { lsn: 0, type: RECORD.INTAKE_SIGNAL, version: 1, monoNs: 0, wallMs };
  return { ...record, payload: payload.subarray(0, used) };
}

function explained(rig: CoreRig, signalId: string): Line[][] {
  const intake = rig.signalsSent.map((signal) => intakeRecord(signal, signal.generatedAtMs + 3));
  return explainSignal(signalId, rig.core.config.directory, intake, rig.journal.records);
}
const numberOf = (lines: readonly Line[], part: string, name: string) =>
  lines.find((line) => line.part === part && line.name === name)?.value;
const parts = (lines: readonly Line[]) => [...new Set(lines.map(({ part }) => part))];

function opened(): CoreRig {
  const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000.01 }], score: { weights } });
  rig.signal({ kind: "open", confidence: 0.7, horizonMs: 60_000, instrument: BTC });
  for (const order of rig.placed()) rig.fill(order);
  return rig;
}

describe("a signal that opened a position", () => {
  it("is explained in the order in which its numbers were computed", () => {
    const rig = opened();
    const [story] = explained(rig, "s1");
    expect(parts(story!)).toEqual(["signal", "score", "size", "order", "verdict", "life"]);
    const score = 0.7 + 0.05;
    expect(numberOf(story!, "signal", "model")).toBe("gpt 5.1");
    expect(numberOf(story!, "signal", "asset")).toBe("BTC-USDT, which is BTC/USDT");
    expect(numberOf(story!, "score", "stated confidence")).toBe(0.7);
    expect(numberOf(story!, "score", "depth")).toBe("0.05 × 1 = 0.05");
    expect(numberOf(story!, "score", "evidence")).toBe("not known, 0");
    expect(numberOf(story!, "score", "score")).toBe(score);
    expect(numberOf(story!, "score", "threshold")).toBe(0.65);
    expect(numberOf(story!, "size", "h before decay")).toBeCloseTo(0.5, 12);
    expect(numberOf(story!, "size", "target lots of the primary")).toBe(100);
    expect(numberOf(story!, "size", "target lots of the hedge")).toBe(-50);
    expect(numberOf(story!, "verdict", "outcome")).toBe("hedged");
  });

  it("names its orders and what venues said of them", () => {
    const orders = explained(opened(), "s1")[0]!.filter(({ part }) => part === "order");
    expect(orders).toHaveLength(4);
    expect(orders[0]!.value).toContain("buy 100 lots of BTC/USDT:USDT at alpha, at most 601202 ticks, toward 100 lots");
    expect(orders[2]!.value).toContain("filled, 100 lots at 601202 ticks");
    expect(orders[0]!.name).toBe(orders[2]!.name);
  });

  it("has the life of its position, up to the decision that took over, and its outcome", () => {
    const rig = opened();
    rig.nowMs = 30_001;
    for (const listing of [0, 1, 2, 3, 4, 5]) rig.quote(listing);
    rig.timer();
    for (const order of rig.placed()) rig.fill(order);
    rig.nowMs = 60_001;
    for (const listing of [0, 1, 2, 3, 4, 5]) rig.quote(listing, 600_100, 600_102);
    rig.timer();
    for (const order of rig.placed()) rig.fill(order);
    const [story] = explained(rig, "s1");
    const life = story!.filter(({ part }) => part === "life").map(({ value }) => String(value));
    expect(life.some((line) => line.endsWith("aged: boosted"))).toBe(true);
    expect(life.at(-1)).toContain("flat");
    expect(numberOf(story!, "outcome", "came true")).toBe("yes");
  });
});

it("a shield's signal has the linear model's inputs and its target", () => {
  const rig = CoreRig.ready();
  rig.signal({ strength: 0.5 });
  const [story] = explained(rig, "s1");
  expect(numberOf(story!, "size", "signalStrength")).toBe(0.5);
  expect(numberOf(story!, "size", "h before decay")).toBe(0.5);
  expect(numberOf(story!, "size", "target lots of the hedge")).toBe(-500);
  expect(story!.filter(({ part }) => part === "order")).toHaveLength(1);
});

it("a refused signal says with which numbers", () => {
  const rig = opened();
  rig.signal({ kind: "open", direction: "short", instrument: BTC });
  const [story] = explained(rig, "s2");
  expect(numberOf(story!, "verdict", "code")).toBe("DIRECTION_MISMATCH");
  expect([numberOf(story!, "verdict", "value"), numberOf(story!, "verdict", "limit")]).toEqual([-1, 1]);
  expect(story!.filter(({ part }) => part === "order")).toEqual([]);
});

it("an id that two sources used has two stories, and one that nobody used none", () => {
  const rig = opened();
  rig.signal({ signalId: "s1", source: 1, kind: "close", instrument: BTC });
  const stories = explained(rig, "s1");
  expect(stories.map((story) => numberOf(story, "signal", "source"))).toEqual(["hook", "feed"]);
  expect(explained(rig, "s9")).toEqual([]);
});

describe("the analyses in use", () => {
  const beta = (returns: number) =>
    ({
      kind: "beta",
      asset: BTC_PERP,
      hedge: ETH_PERP,
      ols: 0.7,
      returns,
      combined: returns,
      johansen: Number.NaN,
      cointegrationRank: 0,
      rankTest: "the trace test",
      spanDays: 200,
      basis: { sample: "y.csv and x.csv", method: "EWMA", rows: 4368, fromMs: 0, toMs: 1 },
    }) as const;

  it("are named with what they were made of, as they were at the decision", () => {
    const betaRule = { ...BETA_RULE, method: "returns" } as const;
    const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000.01, betaRule }], score: { weights } });
    rig.analysis(beta(0.8));
    const calibration = (baseRate: number) =>
      ({
        kind: "calibration",
        source: 0,
        model: 7,
        modelVersion: 1,
        method: "platt",
        outcomes: 60,
        baseRate,
        stated: [0, 1],
        chance: [0.9, 0.9],
      }) as const;
    rig.analysis(calibration(0.9));
    // Neither is taken over, and the ones before them stay in use.
    rig.analysis(calibration(1.1));
    rig.analysis(beta(Number.NaN));
    rig.signal({ kind: "open", confidence: 0.7, horizonMs: 60_000, instrument: BTC });
    rig.analysis(beta(0.9));
    const [story] = explained(rig, "s1");
    const used = story!.filter(({ part }) => part === "analysis");
    expect(used.map(({ name }) => name)).toEqual(["calibration", "β"]);
    expect(used[0]!.value).toContain("platt on 60 outcomes, base rate 0.9");
    expect(used[1]!.value).toMatch(/returns 0\.8,.*4368 rows of y\.csv and x\.csv$/);
    expect(numberOf(story!, "size", "β")).toBe("0.8 (returns)");
  });

  it("name the weights that a linear policy went by", () => {
    const linear = { ...SHIELD.linear, weights: [0, 1, 0, 0, 0] } as const;
    const signals = [{ notional: 6000.01, policy: { policy: "linear", linear } }] as const;
    const rig = CoreRig.ready({ shields: [], signals, score: { weights } });
    const openAfter = (version: number, values: readonly number[], basis?: AnalysisBasis) => {
      rig.analysis({ kind: "weights", owner: 0, version, weights: values, ...(basis !== undefined && { basis }) });
      const { intakeSeq } = rig.signal({ kind: "open", confidence: 0.7, horizonMs: 60_000, instrument: BTC });
      const [story] = explained(rig, `s${intakeSeq}`);
      return numberOf(story!, "analysis", "weights");
    };
    expect(openAfter(1, [0, 0.95, 0, 0.05, 0])).toContain("version 1: 0, 0.95, 0, 0.05, 0");
    // Weights have to sum to 1.
    expect(openAfter(2, [1, 1, 1, 1, 1])).toContain("version 1: 0, 0.95, 0, 0.05, 0");
    const basis = { sample: "an operator's word", method: "one crash", rows: 0, fromMs: 0, toMs: 0 };
    expect(openAfter(0, [], basis)).toMatch(/version 0 again; one crash; .* operator's word$/);
  });

  it("name the excursions of the asset itself that an insurance went by", () => {
    const policy = { policy: "insurance", insurance: { fraction: 0.2, fractionMax: 1 } } as const;
    const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000.01, policy }], score: { weights } });
    rig.analysis({ kind: "excursions", asset: BTC, count: 40, p95: 0.03 });
    rig.analysis({ kind: "excursions", asset: ETH, count: 50, p95: 0.07 });
    const openAnd = () => {
      const { intakeSeq } = rig.signal({ kind: "open", confidence: 0.7, horizonMs: 60_000, instrument: BTC });
      const [story] = explained(rig, `s${intakeSeq}`);
      return [numberOf(story!, "size", "h before decay"), numberOf(story!, "analysis", "excursions")];
    };
    expect(openAnd()).toEqual([0.03, expect.stringContaining("95th percentile 0.03 of 40")]);
    rig.analysis({ kind: "excursions", asset: BTC, count: 19, p95: 0.05 });
    // The configured fraction: 19 are too few.
    expect(openAnd()).toEqual([0.2, undefined]);
  });

  it("explain a reversion's last entries, with their orders and their life", () => {
    const rig = CoreRig.ready({ shields: [], reversions: [{ stopLoss: 1 }] });
    const spreadAt = (spread: number) => {
      const mid = Math.round(600_000 * (1 + spread));
      for (const listing of [0, 1, 2]) rig.quote(listing, mid - 1, mid + 1);
      for (const listing of [3, 4, 5]) rig.quote(listing, 599_999, 600_001);
    };
    const fillAll = () => {
      for (let orders = rig.placed(); orders.length > 0; orders = rig.placed())
        for (const each of orders) rig.fill(each);
    };
    rig.analysis({
      kind: "halfLife",
      asset: BTC_PERP,
      hedge: ETH_PERP,
      bars: 10,
      basis: { sample: "y.csv and x.csv", method: "Ornstein-Uhlenbeck", rows: 5000, fromMs: 0, toMs: 1 },
    });
    for (let entry = 0; entry < 2; entry++) {
      for (let bar = 0; bar <= 21; bar++) {
        rig.nowMs += 1000;
        spreadAt(bar % 2 === 0 ? 0.01 : -0.01);
      }
      for (const deviations of [2.5, 0]) {
        rig.nowMs += 300;
        spreadAt(deviations * 0.01);
        fillAll();
        rig.nowMs += 300;
        spreadAt(deviations * 0.01);
        fillAll();
      }
    }
    const { directory } = rig.core.config;
    expect(explainReversions(9, directory, rig.journal.records)).toHaveLength(2);
    const [story, ...more] = explainReversions(1, directory, rig.journal.records);
    expect(more).toEqual([]);
    expect(parts(story!)).toEqual(["analysis", "size", "order", "life"]);
    expect(numberOf(story!, "analysis", "half-life")).toMatch(/10 bars; Ornstein-Uhlenbeck; 5000 rows of y\.csv/);
    expect(numberOf(story!, "analysis", "β")).toBe("configured");
    expect(Number(numberOf(story!, "size", "z"))).toBeGreaterThan(2);
    const life = story!.filter(({ part }) => part === "life").map(({ value }) => String(value));
    expect(life[0]).toContain("opening");
    expect(life.at(-1)).toContain("flat");
    // Two to open and two to close, each with its word from the venue.
    expect(story!.filter(({ part }) => part === "order")).toHaveLength(8);
  });
});
