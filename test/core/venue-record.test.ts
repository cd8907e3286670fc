import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VenueRecord } from "../../src/core/venue-record.ts";
import type { Ns } from "../../src/domain/units.ts";

const told = (times: readonly number[], venue = 1) => {
  const record = new VenueRecord(2);
  for (const ms of times) record.onAnswer(venue, ms);
  return record;
};
const times = (count: number, ms: number) => new Array<number>(count).fill(ms);

describe("a venue's record", () => {
  it("knows nothing before the first answer, and keeps venues apart", () => {
    const record = told([7]);
    expect([record.ackMsP99(0), record.ackMsMedian(0)]).toEqual([Number.NaN, Number.NaN]);
    expect(record.ackMsP99(1)).toBeGreaterThan(7);
  });

  it("gives quantiles to an eighth, from above", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 5000, noNaN: true }), { minLength: 8, maxLength: 400 }),
        (all) => {
          // Worked out anew with every eighth answer.
          const whole = all.slice(0, all.length - ((all.length - 1) % 8));
          const record = told(whole);
          const sorted = [...whole].sort((a, b) => a - b);
          for (const [got, share] of [
            [record.ackMsMedian(1), 0.5],
            [record.ackMsP99(1), 0.99],
          ] as const) {
            const exact = sorted[Math.ceil(sorted.length * share) - 1]!;
            expect(got).toBeGreaterThan(exact);
            expect(got).toBeLessThanOrEqual(Math.max(exact * 1.125, exact + 0.25));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("sees one slow answer in fifty at p99, not in the median", () => {
    const record = told([...times(97, 10), 400, 400, ...times(6, 10)]);
    expect(record.ackMsP99(1)).toBeGreaterThan(400);
    expect(record.ackMsMedian(1)).toBeLessThan(12);
  });

  it("forgets what is old", () => {
    const record = told([...times(400, 300), ...times(4000, 10)]);
    expect(record.ackMsMedian(1)).toBeLessThan(12);
    expect(record.ackMsP99(1)).toBeLessThan(400);
  });

  it("takes no time of sending that is not known, and none longer than it can hold", () => {
    const record = told([Number.POSITIVE_INFINITY, Number.NaN, -1]);
    expect(record.ackMsP99(1)).toBeNaN();
    expect(told(times(8, 1e9)).ackMsP99(1)).toBe(2 ** 20 / 4);
  });

  it("doubts a venue until the time given, the longest of several", () => {
    const record = new VenueRecord(2);
    record.onDoubt(0, 100);
    record.onDoubt(0, 50);
    const doubted = (venue: number, ns: number) => record.isDoubted(venue, ns as Ns);
    expect([doubted(0, 0), doubted(0, 99), doubted(0, 100), doubted(1, 0)]).toEqual([true, true, false, false]);
  });
});
