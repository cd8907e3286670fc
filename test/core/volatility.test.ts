import { describe, expect, it } from "vitest";
import { Volatility } from "../../src/core/volatility.ts";
import type { Ns } from "../../src/domain/units.ts";
import { kernels } from "../support/core-config.ts";

const CONFIG = { lambda: 0.9, sampleMs: 1000, dailyPrior: 0.03 };
const DAY_S = 86_400;
const at = (ms: number) => (ms * 1e6) as Ns;

describe("volatility", () => {
  it("is the prior before the second sample", () => {
    const volatility = new Volatility(kernels, CONFIG);
    volatility.observe(100, at(0));
    expect(volatility.daily()).toBeCloseTo(0.03, 12);
    expect(volatility.perSqrtSec() * Math.sqrt(DAY_S)).toBeCloseTo(0.03, 12);
  });

  it("weighs each return against what it was", () => {
    const volatility = new Volatility(kernels, CONFIG);
    volatility.observe(100, at(0));
    volatility.observe(101, at(1000));
    const variance = 0.9 * (0.03 ** 2 / DAY_S) + 0.1 * 0.01 ** 2;
    expect(volatility.perSqrtSec()).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it("samples no faster than it should", () => {
    const volatility = new Volatility(kernels, CONFIG);
    volatility.observe(100, at(0));
    volatility.observe(500, at(999));
    expect(volatility.daily()).toBeCloseTo(0.03, 12);
    volatility.observe(101, at(1000));
    const once = volatility.daily();
    volatility.observe(900, at(1999.999));
    expect(volatility.daily()).toBe(once);
  });

  it("scales a longer gap to the interval: four times as long counts half", () => {
    const dailyAfter = (gapMs: number, mid: number) => {
      const volatility = new Volatility(kernels, CONFIG);
      volatility.observe(100, at(0));
      volatility.observe(mid, at(gapMs));
      return volatility.daily();
    };
    expect(dailyAfter(4000, 102)).toBeCloseTo(dailyAfter(1000, 101), 12);
  });

  it("falls without movement, toward nothing", () => {
    const volatility = new Volatility(kernels, CONFIG);
    let before = volatility.daily();
    volatility.observe(100, at(0));
    for (let second = 1; second < 200; second++) {
      volatility.observe(100, at(second * 1000));
      expect(volatility.daily()).toBeLessThan(before);
      before = volatility.daily();
    }
    expect(before).toBeLessThan(1e-5);
  });
});
