/** The logarithm by four operations against the mathematical library's: a few units in the last place apart, everywhere. */
import { describe, expect, it } from "vitest";
import { naturalLog } from "../../assembly/log.ts";
import { Random } from "./random.ts";

/** Units in the last place of the larger of the two, and absolutely where the logarithm itself is nearly 0. */
const distance = (x: number): number => {
  const [ours, theirs] = [naturalLog(x), Math.log(x)];
  return Math.abs(ours - theirs) / Math.max(Math.abs(theirs) * 2 ** -52, 1e-16);
};

describe("natural logarithm", () => {
  it.each([
    [1, 0],
    [Math.E, 1],
    [2, Math.LN2],
    [10, Math.LN10],
    [0.5, -Math.LN2],
    [2 ** 1023, 1023 * Math.LN2],
    [5e-324, -1074 * Math.LN2],
  ])("of %d", (x, ln) => {
    expect(naturalLog(x)).toBeCloseTo(ln, 12);
    expect(Object.is(naturalLog(x), -0)).toBe(false);
  });

  it.each([0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%d has none", (x) => {
    expect(naturalLog(x)).toBeNaN();
  });

  it("stays within 2 units of the library's over all magnitudes, and near 1", () => {
    const random = new Random(5);
    let worst = 0;
    for (let i = 0; i < 200_000; i++) {
      worst = Math.max(worst, distance(2 ** (2000 * random.unit() - 1000)), distance(1 + (random.unit() - 0.5) / 100));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  it("rises with its argument", () => {
    const random = new Random(6);
    for (let i = 0; i < 20_000; i++) {
      const x = 2 ** (60 * random.unit() - 30);
      expect(naturalLog(x * (1 + 1e-12))).toBeGreaterThan(naturalLog(x));
    }
  });
});
