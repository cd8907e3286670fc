import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Calibration } from "../../src/core/score/calibration.ts";
import type { Outcome } from "../../src/core/score/outcomes.ts";
import { FACTORS, type Factor, passesGate, type ScoreConfig, Scorer, type Shown } from "../../src/core/score.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { kernels, SCORE } from "../support/core-config.ts";
import { above, below } from "../support/next-double.ts";

const NOON = Date.UTC(2023, 10, 14, 12);
const NOTHING: Shown = { mid: 100, spread: Number.NaN, depthNotional: Number.NaN };
const NO_WEIGHTS = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const weighing = (name: Factor, weight = 0.1): Partial<ScoreConfig> => ({ weights: { ...NO_WEIGHTS, [name]: weight } });
const scorer = (config: Partial<ScoreConfig> = {}) => new Scorer({ ...SCORE, ...config }, kernels, 2, 3);

function signal(fields: Partial<Signal> = {}): Signal {
  return {
    intakeSeq: 1,
    signalId: "s",
    source: 0,
    kind: "open",
    instrument: 0,
    direction: "long",
    strength: 1,
    confidence: 0.7,
    horizonMs: 60_000,
    generatedAtMs: NOON as EpochMs,
    notional: Number.NaN,
    quantity: Number.NaN,
    receivedNs: 0 as Ns,
    model: 7,
    modelVersion: 1,
    ...fields,
  };
}

/** A table that maps every confidence to `chance`. */
const table = (outcomes: number, chance: number, fields: Partial<Calibration> = {}): Calibration => ({
  source: 0,
  model: 7,
  modelVersion: 1,
  method: outcomes <= 1000 ? "platt" : "isotonic",
  outcomes,
  baseRate: 0.5,
  stated: [0, 1],
  chance: [chance, chance],
  ...fields,
});

/** Takes `count` signals to their outcomes: the price rises after each. */
function outcomesOf(of: Scorer, count: number, fields: Partial<Signal> = {}): Outcome[] {
  const told: Outcome[] = [];
  for (let n = 0; n < count; n++) {
    of.score(signal({ intakeSeq: n + 1, horizonMs: 1, ...fields }), 0, NOTHING, NOON);
    of.onMid(0, 101, (n * 1e9) as Ns, NOON + 1, (outcome) => told.push(outcome));
  }
  return told;
}

describe("calibrated confidence", () => {
  // outcomes in the calibration → confidence of a stated 0.9 that the table maps to 0.6 with a base rate of 0.5
  it.each([
    [50, 0.5 * 0.6 + 0.5 * 0.5],
    [51, (51 / 101) * 0.6 + (50 / 101) * 0.5],
    [950, 0.95 * 0.6 + 0.05 * 0.5],
    [1000, (1000 / 1050) * 0.6 + (50 / 1050) * 0.5],
    [1001, (1001 / 1051) * 0.6 + (50 / 1051) * 0.5],
  ])("of %i outcomes is shrunk toward the base rate by n/(n + 50)", (outcomes, confidence) => {
    const of = scorer(weighing("evidence", 0));
    expect(of.takeCalibration(table(outcomes, 0.6), 0)).toBeNull();
    const scored = of.score(signal({ confidence: 0.9 }), 0, NOTHING, NOON);
    expect(scored.confidence).toBeCloseTo(confidence, 12);
    expect(scored).toMatchObject({ outcomes, mapped: 0.6, baseRate: 0.5, weight: outcomes / (outcomes + 50) });
  });

  it("is the stated one, unshrunk and flagged by a weight of 0, below 50 outcomes", () => {
    const of = scorer();
    expect(of.takeCalibration(table(49, 0.1), 0)).toBe("49 outcomes are too few");
    outcomesOf(of, 49);
    const scored = of.score(signal({ intakeSeq: 99, confidence: 0.9 }), 0, NOTHING, NOON);
    expect(scored).toMatchObject({ confidence: 0.9, outcomes: 49, weight: 0 });
    expect(scored.mapped).toBeNaN();
  });

  it.each<[string, Partial<Calibration>, string]>([
    ["Platt above 1,000", { outcomes: 1001, method: "platt" }, "platt is not the method for 1001 outcomes"],
    ["isotonic up to 1,000", { outcomes: 1000, method: "isotonic" }, "isotonic is not the method for 1000 outcomes"],
    ["a base rate above 1", { baseRate: 1.01 }, "a base rate of 1.01"],
    ["no base rate", { baseRate: Number.NaN }, "a base rate of NaN"],
    ["a chance above 1", { chance: [0.5, 1.1] }, "a chance of 1.1"],
    ["a falling table", { chance: [0.6, 0.5] }, "chances that fall"],
    ["confidences that repeat", { stated: [0.5, 0.5] }, "confidences that do not rise"],
    ["an empty table", { stated: [], chance: [] }, "0 confidences and 0 chances"],
    ["a table of two lengths", { stated: [0.5] }, "1 confidences and 2 chances"],
    ["an infinite confidence", { stated: [0, Number.POSITIVE_INFINITY] }, "a confidence that is not finite"],
  ])("does not use %s", (_name, fields, problem) => {
    const of = scorer();
    expect(of.takeCalibration(table(100, 0.6, fields), 0)).toBe(problem);
    expect(of.score(signal(), 0, NOTHING, NOON).weight).toBe(0);
  });

  it.each([
    [0, 0.2],
    [0.1, 0.2],
    [0.2, 0.2],
    [0.3, 0.3],
    [0.4, 0.4],
    [0.7, 0.6],
    [1, 0.8],
  ])("reads a stated %d as %d, linear between the table's points", (confidence, mapped) => {
    const of = scorer();
    of.takeCalibration(table(100, 0, { stated: [0.2, 0.4, 1], chance: [0.2, 0.4, 0.8] }), 0);
    expect(of.score(signal({ confidence }), 0, NOTHING, NOON).mapped).toBeCloseTo(mapped, 12);
  });

  it("is kept per source, model and version, and the newest counts", () => {
    const of = scorer();
    of.takeCalibration(table(100, 0.1), 0);
    of.takeCalibration(table(200, 0.3), 0);
    const mapped = (fields: Partial<Signal>) => of.score(signal(fields), 0, NOTHING, NOON).mapped;
    expect(mapped({})).toBe(0.3);
    for (const other of [{ source: 1 }, { model: 8 }, { modelVersion: 2 }]) expect(mapped(other)).toBeNaN();
  });

  it("never falls as the stated confidence rises", () => {
    const points = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(points, fc.array(unit, { minLength: 9, maxLength: 9 }), unit, unit, (stated, chance, a, b) => {
        const of = scorer();
        const ordered = [...stated].sort((x, y) => x - y);
        const rising = chance.slice(0, stated.length).sort((x, y) => x - y);
        fc.pre(of.takeCalibration(table(100, 0, { stated: ordered, chance: rising }), 0) === null);
        const at = (confidence: number) => of.score(signal({ confidence }), 0, NOTHING, NOON).confidence;
        const [low, high] = a < b ? [at(a), at(b)] : [at(b), at(a)];
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe("outcomes", () => {
  // Direction, entry 100, price at the horizon → return in the signal's direction, came true
  it.each([
    ["long", 110, 0.1, true],
    ["long", 90, -0.1, false],
    ["short", 110, -0.1, false],
    ["short", 90, 0.1, true],
    ["long", 100, 0, false],
    ["short", 100, 0, false],
  ] as const)("a %s at 100 that ends at %d returned %d: %s", (direction, exitMid, horizonReturn, hit) => {
    const of = scorer();
    const told: Outcome[] = [];
    of.score(signal({ direction }), 0, NOTHING, NOON);
    of.onMid(0, 150, 1 as Ns, NOON + 59_999, (outcome) => told.push(outcome));
    expect(told).toEqual([]);
    of.onMid(0, exitMid, 2 as Ns, NOON + 60_000, (outcome) => told.push(outcome));
    of.onMid(0, 300, 3 as Ns, NOON + 60_001, (outcome) => told.push(outcome));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ exitMid, hit, entryMid: 100 });
    expect(told[0]!.horizonReturn).toBeCloseTo(horizonReturn, 12);
  });

  it("are judged within the grace of their horizon or not at all", () => {
    for (const [lateMs, count] of [
      [SCORE.outcomeGraceMs, 1],
      [SCORE.outcomeGraceMs + 1, 0],
    ] as const) {
      const of = scorer();
      let told = 0;
      of.score(signal(), 0, NOTHING, NOON);
      of.onMid(0, 110, 1 as Ns, NOON + 60_000 + lateMs, () => told++);
      expect(told).toBe(count);
      expect(of.outcomes.pendingCount).toBe(0);
    }
  });

  it("belong to their own instrument", () => {
    const of = scorer();
    let told = 0;
    of.score(signal(), 0, NOTHING, NOON);
    of.onMid(1, 110, 1 as Ns, NOON + 60_000, () => told++);
    expect(told).toBe(0);
    of.onMid(0, 110, 1 as Ns, NOON + 60_000, () => told++);
    expect(told).toBe(1);
  });

  it("are tallied with their Brier score, per source, model and version", () => {
    const of = scorer();
    outcomesOf(of, 3, { confidence: 0.7 });
    outcomesOf(of, 1, { confidence: 0.7, direction: "short" });
    outcomesOf(of, 2, { modelVersion: 2, confidence: 0.9 });
    expect(of.outcomes.tallies).toHaveLength(2);
    expect(of.outcomes.tallies[0]).toMatchObject({ modelVersion: 1, outcomes: 4, hits: 3 });
    expect(of.outcomes.tallies[0]!.brierSum).toBeCloseTo(3 * 0.09 + 0.49, 12);
    expect(of.outcomes.seen(0, 7, 2)).toBe(2);
  });

  it("wait for a direction and a price only, and never for more than they may", () => {
    const of = scorer({ outcomesPendingMax: 2 });
    of.score(signal({ direction: "flat" }), 0, NOTHING, NOON);
    of.score(signal(), 0, { ...NOTHING, mid: Number.NaN }, NOON);
    expect(of.outcomes.pendingCount).toBe(0);
    for (let n = 1; n <= 3; n++) of.score(signal({ intakeSeq: n }), 0, NOTHING, NOON);
    const told: number[] = [];
    of.onMid(0, 110, 1 as Ns, NOON + 60_000, ({ intakeSeq }) => told.push(intakeSeq));
    expect(told).toEqual([2, 3]);
  });

  it("of an earlier life are not waited for again", () => {
    const of = scorer();
    const outcome = outcomesOf(scorer(), 1)[0]!;
    of.score(signal(), 0, NOTHING, NOON);
    of.outcomes.restore(outcome);
    expect(of.outcomes.pendingCount).toBe(0);
    expect(of.outcomes.seen(0, 7, 1)).toBe(1);
  });
});

describe("secondary evidence", () => {
  const scoreWith = (of: Scorer, fields: Partial<Signal> = {}, shown = NOTHING, wallMs = NOON) =>
    of.score(signal({ confidence: 0.5, ...fields }), 0, shown, wallMs);
  const word = (fields: Partial<Signal>) => signal({ kind: "evidence", source: 1, ...fields });

  // Direction, strength and confidence of the word → what it adds to a long of 0.5, at a weight of 0.1
  it.each([
    ["long", 1, 1, 0.1],
    ["long", 1, 0.5, 0],
    ["long", 1, 0, -0.1],
    ["long", 0.5, 0.75, 0.025],
    ["short", 1, 1, -0.1],
    ["short", 1, 0.2, 0.06],
    ["flat", 1, 1, 0],
  ] as const)("a word of %s, strength %d, confidence %d adds %d", (direction, strength, confidence, points) => {
    const of = scorer(weighing("evidence"));
    of.evidence.hear(word({ direction, strength, confidence }));
    expect(scoreWith(of).score).toBeCloseTo(0.5 + points, 12);
    expect(scoreWith(of, { direction: "short" }).score).toBeCloseTo(0.5 - points, 12);
  });

  it("holds until its horizon, speaks for its instrument, and the mean of all sources counts", () => {
    const of = scorer(weighing("evidence"));
    expect(of.evidence.hear(word({ confidence: 1 }))).toBe(true);
    expect(of.evidence.hear(word({ confidence: 0.75, source: 2 }))).toBe(true);
    expect(of.evidence.hear(word({ confidence: 0, generatedAtMs: (NOON - 1) as EpochMs }))).toBe(false);
    expect(scoreWith(of).agreements[0]).toBe(0.75);
    expect(scoreWith(of, {}, NOTHING, NOON + 60_000).agreements[0]).toBe(0.75);
    expect(scoreWith(of, {}, NOTHING, NOON + 60_001).agreements[0]).toBeNaN();
    expect(scoreWith(of, { instrument: 1 }).agreements[0]).toBeNaN();
  });

  it.each<[Factor, Shown, number]>([
    ["spread", { ...NOTHING, spread: 0 }, 1],
    ["spread", { ...NOTHING, spread: SCORE.scale.spread / 2 }, 0],
    ["spread", { ...NOTHING, spread: 5 * SCORE.scale.spread }, -1],
    ["depth", { ...NOTHING, depthNotional: 0 }, -1],
    ["depth", { ...NOTHING, depthNotional: SCORE.scale.depthNotional / 2 }, 0],
    ["depth", { ...NOTHING, depthNotional: 9 * SCORE.scale.depthNotional }, 1],
  ])("%s of %o agrees by %d", (name, shown, agreement) => {
    const scored = scoreWith(scorer(weighing(name)), {}, shown);
    expect(scored.agreements[FACTORS.indexOf(name)]).toBe(agreement);
    expect(scored.score).toBeCloseTo(0.5 + 0.1 * agreement, 12);
  });

  it("the hour's agreement comes from its table", () => {
    const timeOfDay = new Array(24).fill(0).map((_, hour) => (hour === 12 ? -0.4 : 0.2));
    const of = scorer({ ...weighing("timeOfDay"), timeOfDay });
    expect(scoreWith(of).score).toBeCloseTo(0.5 - 0.04, 12);
    expect(scoreWith(of, {}, NOTHING, NOON + 3_600_000).score).toBeCloseTo(0.52, 12);
  });

  describe("of the price's own path", () => {
    /** Samples around 100 for long enough, then `tail`. */
    function shaped(config: Partial<ScoreConfig>, tail: readonly number[]): Scorer {
      const of = scorer(config);
      const prices = [...Array.from({ length: 200 }, (_, n) => 100 + (n % 2 === 0 ? 0.1 : -0.1)), ...tail];
      prices.forEach((mid, n) => {
        of.onMid(0, mid, (n * SCORE.indicators.sampleMs * 1e6) as Ns, NOON, () => undefined);
      });
      return of;
    }

    it("a stretched price agrees with its return, and only after enough samples", () => {
      const of = shaped(weighing("zscore"), []);
      const at = (mid: number, fields = {}) => scoreWith(of, fields, { ...NOTHING, mid }).agreements[1]!;
      expect(at(90)).toBe(1);
      expect(at(110)).toBe(-1);
      expect(at(90, { direction: "short" })).toBe(-1);
      expect(Math.abs(at(100))).toBeLessThan(0.2);
      expect(scoreWith(scorer(weighing("zscore"))).agreements[1]).toBeNaN();
    });

    it("momentum agrees with its own direction", () => {
      const rising = shaped(
        weighing("momentum"),
        Array.from({ length: 20 }, (_, n) => 100 + n),
      );
      expect(scoreWith(rising).agreements[2]).toBeGreaterThan(0.5);
      expect(scoreWith(rising, { direction: "short" }).agreements[2]).toBeLessThan(-0.5);
    });

    it("a storm disagrees and calm agrees, whatever the direction", () => {
      const wild = shaped(weighing("volatility"), [103, 97, 103, 97, 103, 97]);
      const calm = shaped(weighing("volatility"), new Array(12).fill(100));
      for (const direction of ["long", "short"] as const) {
        expect(scoreWith(wild, { direction }).agreements[3]).toBeLessThan(-0.5);
        expect(scoreWith(calm, { direction }).agreements[3]).toBeGreaterThan(0.1);
      }
    });
  });

  it("that is not known adds nothing, and its names stand beside every number", () => {
    const scored = scoreWith(scorer());
    expect(scored.agreements.slice(0, 6).every(Number.isNaN)).toBe(true);
    expect(scored.score).toBe(0.5);
    expect(scored.weights).toEqual(FACTORS.map((name) => SCORE.weights[name]));
    expect(scored.agreements).toHaveLength(FACTORS.length);
  });

  it("never takes a score out of [0, 1]", () => {
    const real = fc.double();
    fc.assert(
      fc.property(real, real, real, real, fc.boolean(), (confidence, strength, spread, depthNotional, long) => {
        const of = scorer();
        of.evidence.hear(word({ confidence: strength, strength: confidence }));
        const direction = long ? "long" : "short";
        const { score } = scoreWith(of, { confidence, direction }, { mid: 100, spread, depthNotional });
        expect(score >= 0 && score <= 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

it.each([
  [0.65, true],
  [below(0.65), false],
  [above(0.65), true],
  [0, false],
  [1, true],
  [Number.NaN, false],
])("a score of %d opens: %s", (score, opens) => {
  expect(passesGate(score, 0.65)).toBe(opens);
});
