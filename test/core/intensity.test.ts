import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clamp01 } from "../../src/core/clamp.ts";
import type { LinearConfig } from "../../src/core/config.ts";
import { isNight, leverageFactor, linearIntensity, utcHour } from "../../src/core/intensity.ts";
import { kernels } from "../support/core-config.ts";

const CONFIG: LinearConfig = {
  weights: [0.35, 0.25, 0.2, 0.15, 0.05],
  positionNotionalFull: 100_000,
  volatilityDailyFull: 0.1,
  riskAversion: 0.5,
  timeOfDay: [...new Array(12).fill(0.2), ...new Array(12).fill(0.8)],
  night: { fromHour: 1, toHour: 4, factor: 1.2 },
  leverage: 1,
  leverageGain: 0.25,
};
const DAY = Date.UTC(2023, 10, 14);
const NOON = DAY + 12 * 3_600_000;
const h = (config: Partial<LinearConfig>, exposure = 50_000, strength = 0.5, daily = 0.05, wallMs = NOON) =>
  linearIntensity(kernels, { ...CONFIG, ...config }, exposure, strength, daily, wallMs).h;

describe("linear intensity", () => {
  it("weighs the five inputs", () => {
    expect(h({})).toBeCloseTo(0.35 * 0.5 + 0.25 * 0.5 + 0.2 * 0.5 + 0.15 * 0.5 + 0.05 * 0.8, 12);
    const only = (index: number) =>
      [0, 1, 2, 3, 4].map((i) => (i === index ? 1 : 0)) as unknown as LinearConfig["weights"];
    const inputs = [25_000, 0.3, 0.07] as const;
    expect(h({ weights: only(0) }, ...inputs)).toBeCloseTo(0.25, 12);
    expect(h({ weights: only(1) }, ...inputs)).toBeCloseTo(0.3, 12);
    expect(h({ weights: only(2) }, ...inputs)).toBeCloseTo(0.7, 12);
    expect(h({ weights: only(3), riskAversion: 0.4 }, ...inputs)).toBeCloseTo(0.4, 12);
    expect(h({ weights: only(4) }, ...inputs)).toBeCloseTo(0.8, 12);
  });

  it("sizes a short position like a long one", () => {
    expect(h({}, -50_000)).toBe(h({}, 50_000));
  });

  it("returns what went in", () => {
    expect(linearIntensity(kernels, { ...CONFIG, leverage: 10 }, 50_000, 0.5, 0.05, DAY + 2 * 3_600_000)).toMatchObject(
      {
        positionSize: 0.5,
        signalStrength: 0.5,
        volatility: 0.5,
        riskAversion: 0.5,
        timeOfDay: 0.2,
        night: 1.2,
        leverage: 1.25,
      },
    );
  });

  it.each([
    ["00:59:59.999", 3_599_999, 1],
    ["01:00", 3_600_000, 1.2],
    ["03:59:59.999", 4 * 3_600_000 - 1, 1.2],
    ["04:00", 4 * 3_600_000, 1],
  ])("at %s UTC", (_name, sinceMidnightMs, factor) => {
    const night = linearIntensity(kernels, CONFIG, 1, 1, 0, DAY + sinceMidnightMs).night;
    expect(night).toBe(factor);
  });

  it("a night may wrap over midnight, and an empty one never comes", () => {
    const hours = [...new Array(24).keys()];
    expect(hours.filter((hour) => isNight(hour, 22, 3))).toEqual([0, 1, 2, 22, 23]);
    expect(hours.filter((hour) => isNight(hour, 5, 5))).toEqual([]);
    expect(hours.filter((hour) => isNight(hour, 0, 24))).toEqual(hours);
  });

  it("takes the hour from any time, before the epoch too", () => {
    expect(utcHour(-1)).toBe(23);
    expect(utcHour(0)).toBe(0);
    expect(utcHour(DAY + 86_400_000 - 1)).toBe(23);
  });

  it.each([
    [1, 1],
    [10, 1.25],
    [125, 1 + (0.25 * 124) / 9],
  ])("leverage %i multiplies by %d", (leverage, factor) => {
    expect(leverageFactor(leverage, 0.25)).toBeCloseTo(factor, 12);
  });

  it("is clamped twice: before the factors and after", () => {
    // Weights of 2 would be 2 · 1 before the factors.
    expect(h({ weights: [0, 2, 0, 0, 0] }, 0, 1)).toBe(1);
    expect(
      h(
        { weights: [0, 2, 0, 0, 0], leverage: 1, leverageGain: 0, night: { fromHour: 12, toHour: 13, factor: 0.5 } },
        0,
        1,
      ),
    ).toBe(0.5);
    expect(h({ weights: [0, 1, 0, 0, 0], leverage: 125 }, 0, 0.9)).toBe(1);
  });

  it("an input that is not known adds nothing", () => {
    expect([clamp01(Number.NaN), clamp01(-0.1), clamp01(1.1), clamp01(0.3)]).toEqual([0, 0, 1, 0.3]);
    expect(h({ weights: [0, 0.5, 0.5, 0, 0] }, 0, 0.5, Number.NaN)).toBe(0.25);
  });

  it("rises with every input and stays within [0, 1]", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const inputs = fc.tuple(unit, unit, unit, unit, unit, fc.integer({ min: 1, max: 125 }));
    const at = ([size, strength, volatility, aversion, hour, leverage]: readonly number[]) =>
      h(
        { riskAversion: aversion!, timeOfDay: new Array(24).fill(hour!), leverage: leverage! },
        size! * 100_000,
        strength!,
        volatility! * 0.1,
      );
    fc.assert(
      fc.property(inputs, fc.nat({ max: 5 }), unit, (values, which, to) => {
        const more = [...values] as number[];
        more[which] = which === 5 ? values[5] + Math.floor(to * 50) : Math.max(values[which]!, to);
        expect(at(more)).toBeGreaterThanOrEqual(at(values));
        expect(at(values)).toBeGreaterThanOrEqual(0);
        expect(at(more)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});
