import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalPlaces, fromSteps, parseScaled, toSteps } from "../../src/domain/decimal.ts";
import { AssertionError } from "../../src/domain/units.ts";

const BAD = ["", "-", ".", ".5", "5.", "1e3", "+1", " 1", "1 ", "1,5", "0x10", "NaN", "Infinity", "1.2.3", "--1", "١"];
/** A decimal as its digits and where the point is: the exact value, by construction. */
const decimal = fc.record({
  scaled: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
  places: fc.integer({ min: 0, max: 8 }),
});
const text = ({ scaled, places }: { scaled: bigint; places: number }): string => {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, "0");
  const sign = scaled < 0n ? "-" : "";
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
};

describe("decimals", () => {
  it.each([
    ["0.001", 3],
    ["0.10", 1],
    ["10", 0],
    ["1.000", 0],
  ])("%s has %i places", (step, places) => expect(decimalPlaces(step)).toBe(places));

  it.each([
    ["61800.2", "0.1", 618_002],
    ["0.3", "0.1", 3],
    ["-0.3", "0.1", -3],
    ["100", "10", 10],
    ["105", "10", null],
    ["0.35", "0.1", null],
    ["0.30000", "0.1", 3],
    ["1.4", "0.7", 2],
    ["0", "0.1", 0],
    ["9007199254740992", "1", null],
    ["9007199254740991", "1", 9_007_199_254_740_991],
    ["1", "0", null],
    ["1", "-1", null],
  ])("%s in steps of %s is %o", (value, step, steps) => expect(toSteps(value, step)).toBe(steps));

  it.each([
    [618_002, "0.1", "61800.2"],
    [-3, "0.001", "-0.003"],
    [2, "0.7", "1.4"],
    [3, "10", "30"],
    [0, "0.01", "0.00"],
    [-0, "0.1", "0.0"],
  ])("%d steps of %s are %s", (steps, step, value) => expect(fromSteps(steps, step)).toBe(value));

  it.each(BAD)("%o is no decimal", (bad) => {
    expect(parseScaled(bad, 8)).toBeNull();
    expect(toSteps(bad, "0.1")).toBeNull();
    expect(() => decimalPlaces(bad)).toThrow(AssertionError);
  });

  it("parses exactly, with any places that suffice and none that do not", () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 10 }), (value, places) => {
        const parsed = parseScaled(text(value), places);
        // value.scaled / 10^value.places = parsed / 10^places, without division.
        if (parsed !== null) expect(parsed * 10n ** BigInt(value.places)).toBe(value.scaled * 10n ** BigInt(places));
        else expect((value.scaled * 10n ** BigInt(places)) % 10n ** BigInt(value.places)).not.toBe(0n);
      }),
    );
  });

  it("to steps is division without a remainder, or nothing", () => {
    const step = fc.record({ scaled: fc.bigInt({ min: 1n, max: 10n ** 6n }), places: fc.integer({ min: 0, max: 8 }) });
    fc.assert(
      fc.property(decimal, step, (value, by) => {
        const numerator = value.scaled * 10n ** BigInt(by.places);
        const denominator = by.scaled * 10n ** BigInt(value.places);
        const exact = numerator % denominator === 0n ? Number(numerator / denominator) : null;
        expect(toSteps(text(value), text(by))).toBe(exact !== null && Number.isSafeInteger(exact) ? exact : null);
      }),
      { numRuns: 500 },
    );
  });

  it("from steps and back is where it began", () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.constantFrom("0.1", "0.001", "0.00000001", "1", "10", "0.25"),
        (steps, step) => {
          expect(toSteps(fromSteps(steps, step), step)).toBe(steps + 0);
        },
      ),
    );
  });

  it.each([1.5, Number.NaN, 2 ** 53])("%d is no number of steps", (steps) => {
    expect(() => fromSteps(steps, "0.1")).toThrow(AssertionError);
  });
});
