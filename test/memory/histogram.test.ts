/** Histogram: the promised error over its whole range, and percentiles against sorted values. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketEndNs, bucketOf, HistogramSnapshot, HistogramWriter } from "../../src/memory/histogram.ts";
import { HISTOGRAM_BUCKET_COUNT, HISTOGRAM_BUCKETS_OFFSET, histogramOffset } from "../../src/memory/layout.ts";
import { createShared } from "../../src/memory/shared.ts";

describe("buckets", () => {
  test("cover every whole number from 0 to 2^36 - 1 once, in order", () => {
    let next = 0;
    for (let bucket = 0; bucket < HISTOGRAM_BUCKET_COUNT; bucket++) {
      expect(bucketOf(next)).toBe(bucket);
      expect(bucketOf(bucketEndNs(bucket))).toBe(bucket);
      next = bucketEndNs(bucket) + 1;
    }
    expect(next).toBe(2 ** 36);
  });

  test("end at most 1.6 % above what they count, and never below", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 36 - 1, noNaN: true }), (ns) => {
        const end = bucketEndNs(bucketOf(ns));
        expect(end).toBeGreaterThanOrEqual(Math.floor(ns));
        expect(end - Math.floor(ns)).toBeLessThanOrEqual(0.016 * ns);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("percentiles", () => {
  test("are the sorted values' within the error, for p50, p99, p99.9 and the maximum", () => {
    const shared = createShared();
    const writer = new HistogramWriter(shared, 15);
    const values = Array.from({ length: 20_000 }, (_, i) => ((i * 7919) % 20_000) ** 2 + 1);
    for (const value of values) writer.record(value);
    values.sort((a, b) => a - b);
    const snapshot = new HistogramSnapshot().take(shared, 15);
    expect(snapshot.count).toBe(20_000);
    for (const fraction of [0.5, 0.99, 0.999, 1]) {
      const exact = values[Math.ceil(fraction * values.length) - 1] as number;
      expect(snapshot.percentileNs(fraction)).toBeGreaterThanOrEqual(exact);
      expect(snapshot.percentileNs(fraction)).toBeLessThanOrEqual(exact * 1.016);
    }
    expect(snapshot.maxNs()).toBe(snapshot.percentileNs(1));
    let counted = 0;
    snapshot.forEachBucket((_, count) => {
      counted += count;
    });
    expect(counted).toBe(20_000);
  });

  test("an empty histogram has none, and neighbours do not leak", () => {
    const shared = createShared();
    new HistogramWriter(shared, 3).record(5);
    const snapshot = new HistogramSnapshot();
    for (const neighbour of [2, 4]) {
      expect(snapshot.take(shared, neighbour).percentileNs(0.5)).toBeNaN();
      expect(snapshot.count).toBe(0);
    }
    expect(snapshot.take(shared, 3).percentileNs(0.5)).toBe(5);
  });
});

test("extremes are counted at the ends, a full bucket stops, NaN is a bug", () => {
  const shared = createShared();
  const writer = new HistogramWriter(shared, 0);
  for (const ns of [-7, 0, 2 ** 36, 1e300, Number.POSITIVE_INFINITY]) writer.record(ns);
  const snapshot = new HistogramSnapshot().take(shared, 0);
  expect([snapshot.count, snapshot.overRange]).toEqual([5, 3]);
  expect([snapshot.percentileNs(0.4), snapshot.maxNs()]).toEqual([0, 2 ** 36 - 1]);

  shared.i32[(histogramOffset(0) + HISTOGRAM_BUCKETS_OFFSET) / 4 + 9] = -1;
  writer.record(9);
  expect(snapshot.take(shared, 0).count).toBe(2 ** 32 - 1 + 5);
  expect(() => writer.record(Number.NaN)).toThrow(/number/);
  expect(() => new HistogramWriter(shared, 16)).toThrow(/outside/);
});
