import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AssertionError,
  assert,
  ceilToTicks,
  floorToTicks,
  lots,
  notional,
  ticks,
  truncToLots,
  truncToStep,
} from "../../src/domain/units.ts";

describe("units", () => {
  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)])("%d is no whole number", (value) => {
    expect(() => lots(value)).toThrow(AssertionError);
    expect(() => ticks(value)).toThrow(AssertionError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])("%d does not cross to whole numbers", (value) => {
    for (const cross of [truncToLots, floorToTicks, ceilToTicks]) expect(() => cross(value)).toThrow(AssertionError);
  });

  it("no crossing makes a minus zero", () => {
    for (const zero of [lots(-0), ticks(-0), truncToLots(-0.9), floorToTicks(-0), ceilToTicks(-0.9)]) {
      expect(Object.is(zero, 0)).toBe(true);
    }
    expect(Object.is(truncToStep(lots(-3), lots(5)), 0)).toBe(true);
    expect(Object.is(notional(ticks(5), lots(0)), 0)).toBe(true);
    expect(Object.is(notional(ticks(-5), lots(0)), 0)).toBe(true);
  });

  it.each([
    [2.9, 2, 2, 3],
    [-2.9, -2, -3, -2],
    [3, 3, 3, 3],
  ])("%d goes to %i lots, %i ticks down, %i ticks up", (value, trunc, floor, ceil) => {
    expect([truncToLots(value), floorToTicks(value), ceilToTicks(value)]).toEqual([trunc, floor, ceil]);
  });

  it("onto a step goes toward zero and less than a step away", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 1e4 }), (quantity, step) => {
        const cut = truncToStep(lots(quantity), lots(step));
        expect(Math.abs(cut % step)).toBe(0);
        expect(Math.abs(cut)).toBeLessThanOrEqual(Math.abs(quantity));
        expect(Math.abs(quantity - cut)).toBeLessThan(step);
      }),
    );
  });

  it("notional is exact or an error", () => {
    expect(notional(ticks(600_000), lots(-7))).toBe(-4_200_000);
    expect(() => notional(ticks(2 ** 40), lots(2 ** 20))).toThrow(AssertionError);
  });

  it("an assertion says what was wrong", () => {
    expect(() => assert(false, "five is not four")).toThrow("five is not four");
    expect(() => assert(1, "")).not.toThrow();
  });
});
