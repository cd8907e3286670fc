import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecayConfig } from "../../src/core/config.ts";
import { type DecayStage, decayedIntensity, decayStage, nextStageAt, stageBeginsAt } from "../../src/core/decay.ts";
import { above, below } from "../support/next-double.ts";

const DECAY: DecayConfig = {
  boostAt: 0.5,
  boostPoints: 0.2,
  nearFullAt: 0.8,
  nearFull: 0.95,
  nearFullAction: "nearFull",
  onExpiry: "hold",
};
const STAGES = ["fresh", "boosted", "nearFull", "expired"] as const;

describe("time decay", () => {
  it.each<[number, DecayStage]>([
    [-1, "fresh"],
    [0, "fresh"],
    [below(0.5), "fresh"],
    [0.5, "boosted"],
    [above(0.5), "boosted"],
    [below(0.8), "boosted"],
    [0.8, "nearFull"],
    [above(0.8), "nearFull"],
    [below(1), "nearFull"],
    [1, "nearFull"],
    [above(1), "expired"],
    [Number.POSITIVE_INFINITY, "expired"],
  ])("at %d of the horizon is %s", (fraction, stage) => {
    expect(decayStage(fraction, DECAY)).toBe(stage);
  });

  it.each<[DecayStage, number, number]>([
    ["fresh", 0.5, 0.5],
    ["boosted", 0.5, 0.7],
    ["boosted", 0.9, 1],
    ["nearFull", 0.5, 0.95],
    ["nearFull", 1, 1],
    ["expired", 0.5, 0.95],
  ])("%s makes %d into %d", (stage, intensity, decayed) => {
    expect(decayedIntensity(intensity, stage, DECAY)).toBeCloseTo(decayed, 12);
  });

  it("closes near the end where that is asked for, and stays closed", () => {
    const close = { ...DECAY, nearFullAction: "close" } as const;
    expect(STAGES.map((stage) => decayedIntensity(0.5, stage, close))).toEqual([0.5, 0.7, 0, 0]);
  });

  it("releases the hedge at expiry where that is asked for, and only then", () => {
    const release = { ...DECAY, onExpiry: "release" } as const;
    expect(STAGES.map((stage) => decayedIntensity(0.5, stage, release))).toEqual([0.5, 0.7, 0.95, 0]);
  });

  it("hedges the more the older it is, and never more than all", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (intensity) => {
        const hedged = STAGES.map((stage) => decayedIntensity(intensity, stage, DECAY));
        for (let i = 1; i < hedged.length; i++) expect(hedged[i]).toBeGreaterThanOrEqual(hedged[i - 1]!);
        for (const h of hedged) expect(h).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("a stage begins where the one before it ends", () => {
    STAGES.slice(0, 3).forEach((stage, index) => {
      expect(nextStageAt(stage, DECAY)).toBe(stageBeginsAt(STAGES[index + 1]!, DECAY));
    });
    expect(nextStageAt("expired", DECAY)).toBe(Number.POSITIVE_INFINITY);
    expect(stageBeginsAt("fresh", DECAY)).toBe(0);
  });
});
