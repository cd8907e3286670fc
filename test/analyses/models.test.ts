/** Calibrations, excursions and weights: by hand, and what the core must be able to take whatever the past was. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitCalibration } from "../../src/analyses/calibration.ts";
import type { Candles } from "../../src/analyses/candles.ts";
import { priceBefore, worstWithin } from "../../src/analyses/excursions.ts";
import { AnalysisMemory } from "../../src/analyses/memory.ts";
import { runTasksNow } from "../../src/analyses/run-tasks.ts";
import type { AnalysisTask, AnalysisTerms } from "../../src/analyses/task.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import { CALIBRATED_FROM, calibrationProblem, PLATT_UP_TO } from "../../src/core/score/calibration.ts";
import type { Outcome } from "../../src/core/score/outcomes.ts";
import type { Scored } from "../../src/core/score.ts";
import { LinearWeights } from "../../src/core/sizing/linear-weights.ts";
import { BTC, BTC_PERP, coreConfig } from "../support/core-config.ts";
import { Random } from "../wasm/random.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = 1_700_006_400_000;
const PRIOR = [0.35, 0.25, 0.2, 0.15, 0.05] as const;

const base = coreConfig();
const core = coreConfig({ shields: [{ linear: { ...base.shields[0]!.linear, weights: PRIOR } }], signals: [{}] });
const TERMS: AnalysisTerms = {
  core,
  intervalMs: HOUR_MS,
  spanMs: 182 * DAY_MS,
  rowsMin: 200,
  halfLifeRows: 5000,
  endAgeMsMax: DAY_MS,
  refitSignalsMin: 50,
  stopDistance: 0.05,
};

/** Candles of a minute with these lows and highs; each closes in the middle. */
function path(ranges: readonly (readonly [low: number, high: number])[]): Candles {
  const low = Float64Array.from(ranges, ([each]) => each);
  const high = Float64Array.from(ranges, ([, each]) => each);
  return {
    from: "made",
    intervalMs: MINUTE_MS,
    endMs: FIRST_MS + ranges.length * MINUTE_MS,
    timestampMs: low.map((_, row) => FIRST_MS + row * MINUTE_MS),
    low,
    high,
    close: low.map((each, row) => (each + high[row]!) / 2),
  };
}
const minute = (n: number) => FIRST_MS + n * MINUTE_MS;
const run = (task: AnalysisTask, memory: AnalysisMemory, candles: Candles, nowMs = candles.endMs) =>
  runTasksNow([task], TERMS, memory, () => candles, nowMs)[0]!;
const analysisOf = (result: ReturnType<typeof run>): Analysis | undefined =>
  result.ok ? result.analyses[0] : undefined;

const outcome = (stated: number, hit: boolean, fields: Partial<Outcome> = {}): Outcome => ({
  intakeSeq: 1,
  source: 0,
  model: 7,
  modelVersion: 1,
  instrument: BTC_PERP,
  sign: 1,
  stated,
  entryMid: 1,
  dueMs: FIRST_MS,
  exitMid: 1,
  horizonReturn: 0,
  hit,
  ...fields,
});

describe("a calibration", () => {
  const calibrationOf = (memory: AnalysisMemory) => run({ kind: "calibration" }, memory, path([[1, 1]]));

  it.each([
    [CALIBRATED_FROM - 1, 0, ""],
    [CALIBRATED_FROM, 1, "platt"],
    [PLATT_UP_TO, 1, "platt"],
    [PLATT_UP_TO + 1, 1, "isotonic"],
  ])("of %d outcomes is made %d times, by %s", (count, made, method) => {
    const memory = new AnalysisMemory(core);
    const random = new Random(4);
    for (let n = 0; n < count; n++) {
      const stated = random.unit();
      memory.onOutcome(outcome(stated, random.unit() < 0.2 + 0.5 * stated));
    }
    const result = calibrationOf(memory);
    const analysis = analysisOf(result);
    expect(result.ok && result.analyses.length).toBe(made);
    if (made === 0) expect(result.ok && result.words).toBe(`hook model 7 version 1: 49 of 50 outcomes`);
    else expect(analysis).toMatchObject({ kind: "calibration", method, outcomes: count, basis: { rows: count } });
    if (count <= CALIBRATED_FROM || analysis?.kind !== "calibration") return;
    // What they were drawn by, at its middle.
    const middle = analysis.stated.findIndex((each) => each >= 0.5);
    expect(Math.abs(analysis.chance[middle]! - 0.45)).toBeLessThan(0.12);
  });

  it("is kept apart by source, model and version", () => {
    const memory = new AnalysisMemory(core);
    for (let n = 0; n < 120; n++) {
      memory.onOutcome(outcome(n / 120, n % 2 === 0, { modelVersion: 1 + (n % 2), source: n < 60 ? 0 : 1 }));
    }
    const result = calibrationOf(memory);
    expect(result.ok && result.analyses).toEqual([]);
    for (let n = 0; n < 20; n++) memory.onOutcome(outcome(n / 20, n % 3 === 0));
    expect(analysisOf(calibrationOf(memory))).toMatchObject({ source: 0, modelVersion: 1, outcomes: 50 });
  });

  it("is one that the core takes, whatever was stated and whatever came true", () => {
    const stated = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 0.5000000000000001, 1));
    fc.assert(
      fc.property(
        fc.array(fc.record({ stated, hit: fc.boolean() }), { minLength: CALIBRATED_FROM, maxLength: 90 }),
        fc.boolean(),
        (outcomes, large) => {
          const many = large ? new Array(22).fill(outcomes).flat() : outcomes;
          const fitted = fitCalibration({
            source: 0,
            model: 1,
            modelVersion: 1,
            stated: many.map((each: (typeof outcomes)[number]) => each.stated),
            hits: many.map((each: (typeof outcomes)[number]) => (each.hit ? 1 : 0)),
            fromMs: 0,
            toMs: 0,
          });
          expect(calibrationProblem(fitted)).toBeNull();
        },
      ),
      { numRuns: 150 },
    );
  });

  it("of a confidence that contradicts what came true is the base rate", () => {
    const hits = Array.from({ length: 60 }, (_, n) => (n < 45 ? 1 : 0));
    const stated = hits.map((hit, n) => (hit === 1 ? 0.2 : 0.8) + n / 1000);
    const fitted = fitCalibration({ source: 0, model: 1, modelVersion: 1, stated, hits, fromMs: 0, toMs: 0 });
    expect(fitted).toMatchObject({ method: "platt", chance: [0.75], baseRate: 0.75 });
  });
});

describe("an excursion", () => {
  const candles = path([
    [90, 110],
    [99, 101],
    [97, 104],
    [96, 102],
    [80, 120],
  ]);
  // From after the first candle's beginning, so that its low is not the position's.
  it.each([
    [1, minute(1), minute(4), 0.04],
    [-1, minute(1), minute(4), 0.04],
    [1, minute(0) + 1, minute(4), 0.04],
    [1, minute(1), minute(3), 0.03],
    [1, minute(1), minute(5), 0.2],
    [1, minute(1), minute(5) - 1, 0.04],
    [1, minute(0), minute(1), 0.1],
  ])("of side %d from %d to %d is %d", (sign, fromMs, toMs, worst) => {
    expect(worstWithin(candles, sign, 100, fromMs, toMs)).toBeCloseTo(worst, 12);
  });

  it("of a position that only gained is 0, and of one that no candle covers is not known", () => {
    expect(worstWithin(candles, 1, 95, minute(1), minute(4))).toBe(0);
    expect(worstWithin(candles, 1, 100, minute(9), minute(12))).toBeNaN();
    expect(worstWithin(candles, 1, 100, minute(-9), minute(2))).toBeNaN();
    expect(worstWithin(candles, 1, 100, minute(1), minute(1) + 1)).toBeNaN();
    expect(priceBefore(candles, minute(2))).toBe(100);
    expect(priceBefore(candles, minute(2) - 1)).toBe(100);
    expect(priceBefore(candles, minute(0))).toBeNaN();
    expect(priceBefore(candles, minute(99))).toBeNaN();
  });

  it("of a hundred is insured at their 95th percentile, from twenty on, of ended positions only", () => {
    // Position n falls by n % of 100 within its minute pair.
    const ranges = Array.from({ length: 240 }, (_, row) => [100 - (row >> 1) / 2, 101] as const);
    const task: AnalysisTask = { kind: "excursions", asset: BTC, instrument: BTC_PERP };
    const memory = new AnalysisMemory(core);
    const take = (n: number) =>
      memory.onScored(
        { instrument: BTC_PERP, sign: 1, entryMid: 100, dueMs: minute(2 * n + 2) } as unknown as Scored,
        minute(2 * n),
      );
    for (let n = 0; n < 19; n++) take(n);
    expect(run(task, memory, path(ranges))).toMatchObject({ ok: true, analyses: [], words: "19 of 20 positions" });
    for (let n = 19; n < 101; n++) take(n);
    // Ends later than now.
    take(118);
    const analysis = analysisOf(run(task, memory, path(ranges), minute(210)));
    expect(analysis).toMatchObject({ kind: "excursions", asset: BTC, count: 101, basis: { rows: 101 } });
    expect(analysis?.kind === "excursions" && analysis.p95).toBeCloseTo(0.475, 12);
  });
});

describe("refitted weights", () => {
  const WEIGHTS: AnalysisTask = { kind: "weights", owner: 0 };
  /** One decision every three minutes, whose excursion over two is `worst(inputs)`. */
  function decided(count: number, worst: (inputs: number[]) => number, seed = 6, config = core) {
    const random = new Random(seed);
    const memory = new AnalysisMemory(config);
    const ranges: [number, number][] = [[100, 100]];
    for (let n = 0; n < count; n++) {
      const inputs = Array.from({ length: 5 }, () => random.unit());
      const [positionSize, signalStrength, volatility, riskAversion, timeOfDay] = inputs as [
        number,
        number,
        number,
        number,
        number,
      ];
      const intensity = {
        positionSize,
        signalStrength,
        volatility,
        riskAversion,
        timeOfDay,
        night: 1,
        leverage: 1,
        h: 0.5,
      };
      const atMs = minute(3 * n + 1);
      memory.onDecided(0, { intakeSeq: n + 1, generatedAtMs: atMs, horizonMs: 2 * MINUTE_MS, intensity }, atMs);
      // Aged: the same decision, which counts once.
      memory.onDecided(0, { intakeSeq: n + 1, generatedAtMs: atMs, horizonMs: 2 * MINUTE_MS, intensity }, atMs + 1);
      const low = 100 * (1 - 0.05 * worst(inputs));
      ranges.push([100, 100], [low, 200 - low], [100, 100]);
    }
    return { memory, candles: path(ranges) };
  }
  const proposalOf = (result: ReturnType<typeof run>) => {
    const analysis = analysisOf(result);
    return analysis?.kind === "weights" ? analysis : null;
  };

  it("go toward what excursions followed, by five points at most, from fifty signals on", () => {
    const byVolatility = (inputs: number[]) => inputs[2]!;
    const few = decided(49, byVolatility);
    expect(run(WEIGHTS, few.memory, few.candles)).toMatchObject({ ok: true, analyses: [], words: "49 of 50 signals" });
    const { memory, candles } = decided(200, byVolatility);
    const proposal = proposalOf(run(WEIGHTS, memory, candles));
    expect(proposal).toMatchObject({ version: 1, owner: 0, basis: { rows: 200 } });
    expect(proposal!.weights[2]).toBeCloseTo(0.25, 9);
    for (const [k, weight] of proposal!.weights.entries()) {
      expect(Math.abs(weight - PRIOR[k]!)).toBeLessThanOrEqual(0.05 + 1e-9);
    }
    // Within the week there is nothing new to propose; after it the next goes on from there.
    const soon = run(WEIGHTS, memory, candles);
    expect(soon).toMatchObject({ ok: true, analyses: [] });
    expect(soon.ok && soon.words).toContain("version 1 is in use");
    const later = path([]);
    Object.assign(later, candles, { endMs: candles.endMs });
    const week = runTasksNow(
      [WEIGHTS],
      { ...TERMS, endAgeMsMax: 99 * DAY_MS },
      memory,
      () => candles,
      candles.endMs + 7 * DAY_MS,
    )[0]!;
    expect(proposalOf(week)!.version).toBe(2);
    expect(proposalOf(week)!.weights[2]).toBeGreaterThan(0.28);
  });

  it("of a position held short go by prices that rise", () => {
    const short = coreConfig({ shields: [{ holdings: -1, linear: { ...base.shields[0]!.linear, weights: PRIOR } }] });
    const refit = (config: typeof core) => {
      const { memory, candles } = decided(60, () => 1, 6, config);
      // Prices only fall: a short position is never hurt, a long one always fully.
      const falling = { ...candles, high: candles.close };
      const [result] = runTasksNow([WEIGHTS], { ...TERMS, core: config }, memory, () => falling, candles.endMs);
      return proposalOf(result!)!;
    };
    expect(refit(core).weights).not.toEqual(refit(short).weights);
    expect(refit(core).basis!.rows).toBe(refit(short).basis!.rows);
  });

  it("of a signal playbook go by its own positions: their side and their stop-loss", () => {
    const { memory: shielded, candles } = decided(60, (inputs) => inputs[2]!);
    const byShield = proposalOf(run(WEIGHTS, shielded, candles))!;
    const refit = (sign: number, stopLoss: number) => {
      const linear = { ...base.shields[0]!.linear, weights: PRIOR };
      const policy = { policy: "linear", linear } as const;
      const config = coreConfig({ shields: [{ linear }], signals: [{ policy, stopLoss }] });
      const memory = new AnalysisMemory(config);
      shielded.decisions.get(0)!.forEach(({ inputs, fromMs, toMs }, n) => {
        const [positionSize, signalStrength, volatility, riskAversion, timeOfDay] = inputs;
        const linear = { positionSize, signalStrength, volatility, riskAversion, timeOfDay, h: 0 };
        const horizonMs = toMs - fromMs;
        const decision = { playbook: "signal", intakeSeq: n + 1, generatedAtMs: fromMs, horizonMs, sign, linear };
        // Of a position that moves later the first time counts.
        for (const ms of [fromMs, fromMs + 1]) memory.onPosition({ owner: 1, decision } as never, ms);
      });
      // Prices only go against it.
      const against = sign > 0 ? { ...candles, high: candles.close } : { ...candles, low: candles.close };
      const task = { kind: "weights", owner: 1 } as const;
      const [result] = runTasksNow([task], { ...TERMS, core: config }, memory, () => against, candles.endMs);
      return proposalOf(result!)!;
    };
    for (const sign of [1, -1]) {
      expect(refit(sign, 0.05)).toMatchObject({ owner: 1, version: 1, basis: { rows: 60 } });
      for (const [k, weight] of refit(sign, 0.05).weights.entries())
        expect(weight).toBeCloseTo(byShield.weights[k]!, 9);
    }
    expect(refit(1, 0.5).basis!.method).toContain("stop distance 0.5");
    expect(refit(1, 0.5).weights).not.toEqual(byShield.weights);
  });

  it("stay where the configured ones explain what happened", () => {
    const { memory, candles } = decided(300, (inputs) => inputs.reduce((sum, x, k) => sum + PRIOR[k]! * x, 0));
    const proposal = proposalOf(run(WEIGHTS, memory, candles))!;
    for (const [k, weight] of proposal.weights.entries()) expect(weight).toBeCloseTo(PRIOR[k]!, 6);
  });

  it("are always ones that the core takes, and can go back from", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 5, maxLength: 5 }),
        (seed, slopes) => {
          const worst = (inputs: number[]) =>
            Math.min(
              1,
              Math.max(
                0,
                inputs.reduce((sum, x, k) => sum + slopes[k]! * x, 0),
              ),
            );
          const { memory, candles } = decided(60, worst, seed);
          const proposal = proposalOf(run(WEIGHTS, memory, candles))!;
          const inUse = new LinearWeights(core.shields[0]!.linear);
          expect(inUse.take(proposal, candles.endMs)).toBeNull();
          expect(inUse.values).toEqual(memory.weights.get(0)!.values);
          expect(inUse.take({ version: 0, weights: [] }, candles.endMs + 1)).toBeNull();
          expect(inUse.values).toEqual(PRIOR);
        },
      ),
      { numRuns: 30 },
    );
  });
});
