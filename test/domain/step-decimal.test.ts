import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromSteps, toSteps } from "../../src/domain/decimal.ts";
import { createStepDecimal } from "../../src/domain/step-decimal.ts";

const STEPS = ["1", "10", "0.1", "0.10", "0.5", "0.001", "0.00001", "0.25", "1000", "0.00000001"];

describe("step decimals", () => {
  it("formats exactly what the general conversion formats", () => {
    const whole = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), whole, (step, steps) => {
        expect(createStepDecimal(step).format(steps)).toBe(fromSteps(steps, step));
      }),
    );
  });

  it("parses any decimal as the general conversion does, whole or not", () => {
    const digits = fc.stringMatching(/^-?\d{1,9}(\.\d{1,10})?$/);
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), digits, (step, text) => {
        const exact = toSteps(text, step);
        expect(createStepDecimal(step).parse(text)).toBe(exact === null ? Number.NaN : exact + 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("says the same in bytes as in strings, both ways, and touches nothing beside them", () => {
    const anything = fc.oneof(fc.stringMatching(/^-?\d{0,18}(\.\d{0,12})?$/), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), anything, fc.integer({ min: -2e12, max: 2e12 }), (step, text, steps) => {
        const decimal = createStepDecimal(step);
        const around = Buffer.from(`9${text}9`);
        expect(decimal.parseBytes(around, 1, around.length - 1)).toBe(decimal.parse(text));
        if (!Number.isSafeInteger(steps * Number(step) * 10 ** 8)) return;
        const wanted = decimal.format(steps);
        const bytes = Buffer.alloc(40, "#");
        const end = decimal.write(bytes, 1, steps);
        expect(bytes.toString()).toBe(`#${wanted}`.padEnd(40, "#"));
        expect(end).toBe(1 + wanted.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("brings every whole number of steps back through its text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), fc.integer({ min: -2e9, max: 2e9 }), (step, steps) => {
        const decimal = createStepDecimal(step);
        expect(decimal.parse(decimal.format(steps))).toBe(steps);
      }),
    );
  });

  it("accepts trailing zeros beyond the step and refuses anything finer", () => {
    const { parse } = createStepDecimal("0.001");
    expect(parse("0.01200000")).toBe(12);
    expect(parse("0.0125")).toBeNaN();
    expect(createStepDecimal("1").parse("7.000")).toBe(7);
    expect(createStepDecimal("10").parse("15")).toBeNaN();
  });

  it.each(["", "-", ".5", "5.", "1e3", "+1", " 1", "1,0", "NaN", "0x1", "1.2.3", "--1", "９"])(
    "refuses %j as a number",
    (text) => {
      expect(createStepDecimal("0.001").parse(text)).toBeNaN();
    },
  );

  it("refuses what a double cannot count exactly, both ways", () => {
    const decimal = createStepDecimal("0.001");
    expect(decimal.parse("9007199254740.991")).toBe(Number.MAX_SAFE_INTEGER);
    expect(decimal.parse("9007199254740.992")).toBeNaN();
    expect(() => createStepDecimal("10").format(Number.MAX_SAFE_INTEGER)).toThrow(/exactly/);
    expect(() => decimal.format(0.5)).toThrow(/exactly/);
  });

  it("never says minus zero", () => {
    expect(Object.is(createStepDecimal("0.001").parse("-0.000"), 0)).toBe(true);
    expect(createStepDecimal("1").format(-0)).toBe("0");
    expect(createStepDecimal("0.1").format(-0)).toBe("0.0");
  });
});
