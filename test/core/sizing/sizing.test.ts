import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BandsConfig, bandedIntensity } from "../../../src/core/sizing/confidence-bands.ts";
import { type CorridorConfig, corridorBand } from "../../../src/core/sizing/corridor.ts";
import { insuredIntensity } from "../../../src/core/sizing/insurance.ts";
import { LinearWeights } from "../../../src/core/sizing/linear-weights.ts";
import { type PolicyConfig, policyIntensity } from "../../../src/core/sizing/policy.ts";
import { rampFactor } from "../../../src/core/sizing/ramp.ts";
import { BANDS, kernels, SHIELD } from "../../support/core-config.ts";
import { above, below } from "../../support/next-double.ts";

const DAY_MS = 86_400_000;

describe("confidence bands", () => {
  it.each([
    [0.65, 0.6],
    [0.75, 0.5],
    [0.85, 0.4],
    [0.925, 0.25],
    [1, 0.2],
    [1.5, 0.2],
  ])("a score of %d is hedged by %d", (score, h) => {
    expect(bandedIntensity(score, BANDS)).toBeCloseTo(h, 12);
  });

  it("end exactly where they say, one unit in the last place to either side", () => {
    expect(bandedIntensity(0.65, BANDS)).toBe(0.6);
    expect(bandedIntensity(below(0.65), BANDS)).toBeNaN();
    expect(bandedIntensity(0.85, BANDS)).toBe(0.4);
    expect(bandedIntensity(below(0.85), BANDS)).toBeCloseTo(0.4, 12);
    expect(bandedIntensity(above(0.85), BANDS)).toBeCloseTo(0.3, 12);
    expect(bandedIntensity(1, BANDS)).toBe(0.2);
  });

  it("skip what is below them, or hedge it fully", () => {
    for (const score of [0, 0.3, below(0.65), -1, Number.NaN]) {
      expect(bandedIntensity(score, BANDS)).toBeNaN();
      expect(bandedIntensity(score, { ...BANDS, below: "full" })).toBe(1);
    }
  });

  it("stay in [0, 1] and never rise with the score", () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const full: BandsConfig = { ...BANDS, below: "full" };
    fc.assert(
      fc.property(score, score, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(bandedIntensity(high, full)).toBeLessThanOrEqual(bandedIntensity(low, full));
        expect(bandedIntensity(high, full)).toBeGreaterThanOrEqual(0);
        expect(bandedIntensity(low, full)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the delta corridor", () => {
  const corridor: CorridorConfig = { band: 0.05, bandMin: 0.02, bandMax: 0.2, volatilityDailyUsual: 0.03 };
  it.each([
    [0.03, 0.05],
    [0.06, 0.1],
    [0.012, 0.02],
    [0.001, 0.02],
    [0.12, 0.2],
    [9, 0.2],
    [Number.NaN, 0.05],
  ])("at a daily volatility of %d is %d wide", (volatility, band) => {
    expect(corridorBand(volatility, corridor)).toBeCloseTo(band, 12);
  });
});

describe("insurance", () => {
  const insurance = { fraction: 0.15, fractionMax: 0.5 };
  it.each([
    [null, 0.15],
    [{ count: 19, p95: 0.3 }, 0.15],
    [{ count: 20, p95: 0.3 }, 0.3],
    [{ count: 20, p95: 0 }, 0],
    [{ count: 900, p95: 0.7 }, 0.5],
    [{ count: 900, p95: Number.NaN }, 0.15],
    [{ count: 900, p95: -0.1 }, 0.15],
  ])("with %o is %d", (measured, h) => {
    expect(insuredIntensity(measured, insurance)).toBe(h);
  });
});

describe("every policy", () => {
  const inputs = {
    score: 0.75,
    strength: 0.3,
    exposureNotional: 1000,
    volatilityDaily: 0.02,
    wallMs: 1.7e12,
    excursions: null,
  };
  const policies: PolicyConfig[] = [
    { policy: "confidence-bands", bands: BANDS },
    { policy: "linear", linear: SHIELD.linear },
    { policy: "full" },
    { policy: "insurance", insurance: { fraction: 0.15, fractionMax: 1 } },
    { policy: "delta", corridor: { band: 0.05, bandMin: 0, bandMax: 1, volatilityDailyUsual: 0.03 } },
  ];
  it.each(policies.map((policy, i) => [policy.policy, [0.5, 0.3, 1, 0.15, 1][i]!, policy] as const))(
    "%s gives its own: %d",
    (_name, h, policy) => {
      expect(policyIntensity(kernels, policy, inputs).h).toBeCloseTo(h, 12);
    },
  );

  it("gives h in [0, 1], or says skip, whatever comes in", () => {
    const real = fc.double();
    fc.assert(
      fc.property(
        real,
        real,
        real,
        real,
        fc.constantFrom(...policies),
        (score, strength, exposure, volatility, policy) => {
          const { h } = policyIntensity(kernels, policy, {
            ...inputs,
            score,
            strength,
            exposureNotional: exposure,
            volatilityDaily: volatility,
          });
          expect((h >= 0 && h <= 1) || (Number.isNaN(h) && policy.policy === "confidence-bands")).toBe(true);
        },
      ),
    );
  });
});

describe("refitted weights", () => {
  const PRIOR = [0.35, 0.25, 0.2, 0.15, 0.05] as const;
  const MOVED = [0.4, 0.2, 0.2, 0.15, 0.05];

  it("are taken over, a week apart, and the version before can be gone back to", () => {
    const weights = new LinearWeights({ ...SHIELD.linear, weights: PRIOR });
    expect(weights.take({ version: 1, weights: MOVED }, 0)).toBeNull();
    expect(weights.values).toEqual(MOVED);
    expect(weights.take({ version: 2, weights: MOVED }, 7 * DAY_MS - 1)).toBe("less than a week after the last change");
    expect(weights.take({ version: 2, weights: [0.45, 0.15, 0.2, 0.15, 0.05] }, 7 * DAY_MS)).toBeNull();
    expect(weights.take({ version: 1, weights: [] }, 7 * DAY_MS + 1)).toBeNull();
    expect(weights.values).toEqual(MOVED);
    expect(weights.version).toBe(1);
    // What was left keeps its number, and the next refit waits for its week again.
    expect(weights.take({ version: 2, weights: PRIOR }, 14 * DAY_MS + 1)).toBe("version 2 is not above 2");
    expect(weights.take({ version: 3, weights: PRIOR }, 14 * DAY_MS)).toBe("less than a week after the last change");
    expect(weights.take({ version: 3, weights: PRIOR }, 14 * DAY_MS + 1)).toBeNull();
    expect(weights.linear).toEqual({ ...SHIELD.linear, weights: PRIOR });
  });

  it("say that they are refused or gone back to, and nothing when they are taken over", () => {
    const weights = new LinearWeights({ ...SHIELD.linear, weights: PRIOR });
    expect(weights.hear("X", { version: 0, weights: [] }, 0)?.code).toBe("ANALYSIS_REFUSED");
    expect(weights.hear("X", { version: 1, weights: MOVED }, 0)).toBeNull();
    expect(weights.hear("X", { version: 0, weights: [] }, 1)).toEqual({
      code: "WEIGHTS_REVERTED",
      message: "weights of X are those of version 0 again",
      value: 0,
    });
    expect(weights.hear("X", { version: 1, weights: [] }, 2)?.code).toBe("ANALYSIS_REFUSED");
    expect(weights.values).toEqual(PRIOR);
  });

  it.each<[string, number, readonly number[], string]>([
    ["five points and a bit", 1, [0.4001, 0.2, 0.2, 0.15, 0.0499], "weight 0 moves by 0.05010000000000003"],
    ["a negative weight", 1, [0.4, 0.25, 0.2, 0.2, -0.05], "a weight of -0.05"],
    ["more than all", 1, [0.4, 0.25, 0.2, 0.15, 0.05], "weights that sum to 1.05"],
    ["too few", 1, [0.5, 0.5], "2 weights"],
    ["an old version", 0, MOVED, "version 0 is not above 0"],
    ["no number", 1, [Number.NaN, 0.25, 0.2, 0.15, 0.05], "a weight of NaN"],
  ])("are refused with %s", (_name, version, proposed, problem) => {
    const weights = new LinearWeights({ ...SHIELD.linear, weights: PRIOR });
    expect(weights.take({ version, weights: proposed }, 0)).toBe(problem);
    expect(weights.values).toEqual(PRIOR);
  });
});

describe("the rollout ramp", () => {
  const ramp = { fraction: 0.1, startMs: 1000, durationMs: 14 * DAY_MS };
  it.each([
    [0, 0.1],
    [1000, 0.1],
    [1000 + 7 * DAY_MS, 0.55],
    [1000 + 14 * DAY_MS - 1, 1 - 0.9 / (14 * DAY_MS)],
    [1000 + 14 * DAY_MS, 1],
    [1000 + 99 * DAY_MS, 1],
  ])("at %d ms is %d", (wallMs, factor) => {
    expect(rampFactor(wallMs, ramp)).toBeCloseTo(factor, 14);
  });
  it("is no ramp at a fraction of 1", () => {
    for (const at of [0, 1000, 1e12]) expect(rampFactor(at, { ...ramp, fraction: 1 })).toBe(1);
  });
});
