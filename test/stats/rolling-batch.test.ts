/** Batches: each instrument has the bits of a stream of its own, wherever in the batch it stands. */
import { describe, expect, test } from "vitest";
import {
  INSTRUMENTS_MAX,
  RollingOls,
  RollingOlsBatch,
  RollingZScore,
  RollingZScoreBatch,
  StatsError,
} from "../../src/stats/index.ts";
import { Random } from "../wasm/random.ts";

const TICKS = 600;

/** Levels of their own; bad ticks, stale stretches and values that are none for some of them. */
function walks(random: Random, instruments: number): Float64Array[] {
  return Array.from({ length: instruments }, (_, instrument) => {
    let level = random.spread();
    return Float64Array.from({ length: TICKS }, (_, t) => {
      if (instrument % 3 === 1 && t === 200) return 1e12;
      if (instrument % 3 === 1 && (t === 300 || t === 302)) return random.pick([Number.NaN, Number.NEGATIVE_INFINITY]);
      if (instrument % 4 === 2 && t === 250) return 1e200;
      if (instrument % 3 === 2 && t > 350 && t < 480) return level;
      level += random.normal();
      return level;
    });
  });
}

const at = (rows: readonly Float64Array[], tick: number) => rows.map((values) => values[tick]!);

describe("RollingZScoreBatch", () => {
  test.each([
    [1, 5],
    [7, 2],
    [8, 20],
    [33, 61],
  ])("%i instruments, window %i", (instruments, window) => {
    const rows = walks(new Random(instruments), instruments);
    const batch = new RollingZScoreBatch(instruments, window);
    const streams = rows.map(() => new RollingZScore(window));
    const reasons = new Set<string | undefined>();
    for (let tick = 0; tick < TICKS; tick++) {
      const { z, mean, std } = batch.push(at(rows, tick));
      for (const [index, stream] of streams.entries()) {
        const result = stream.push(rows[index]![tick]!);
        const place = `instrument ${index} at ${tick}`;
        expect(batch.reasonOf(index), place).toBe(result.reason);
        reasons.add(result.reason);
        expect(Object.is(z[index], result.z ?? Number.NaN), place).toBe(true);
        expect(Object.is(std[index], result.std ?? Number.NaN), place).toBe(true);
        expect(Object.is(mean[index], result.mean ?? Number.NaN), place).toBe(true);
      }
    }
    expect(reasons.size).toBe(instruments === 1 ? 2 : 5);
  });
});

describe("RollingOlsBatch", () => {
  test.each([
    [1, 5, 3],
    [7, 3, 2],
    [8, 20, 9],
    [33, 61, 61],
  ])("%i pairs, window %i, lookback %i", (pairs, window, lookback) => {
    const random = new Random(pairs);
    const xs = walks(random, pairs);
    const ys = xs.map((values, pair) =>
      values.map((value, t) => {
        if (pair % 5 === 3 && t > 100 && t < 300) return 5;
        const noise = pair % 4 === 0 ? 0 : 10 ** -(pair % 9) * random.normal();
        return (t < 400 ? 1.5 : -0.5) * value + noise;
      }),
    );
    const batch = new RollingOlsBatch(pairs, window, { lookback });
    const streams = xs.map(() => new RollingOls(window, { lookback }));
    const reasons = new Set<string | undefined>();
    for (let tick = 0; tick < TICKS; tick++) {
      const fits = batch.push(at(ys, tick), at(xs, tick));
      for (const [index, stream] of streams.entries()) {
        const result = stream.push(ys[index]![tick]!, xs[index]![tick]!);
        const place = `pair ${index} at ${tick}`;
        expect(batch.scoreReasonOf(index), place).toBe(result.reason);
        expect(batch.reasonOf(index) === undefined, place).toBe(result.beta !== undefined);
        reasons.add(result.reason);
        for (const field of ["beta", "alpha", "rSquared", "residualStd", "spread", "spreadZ"] as const) {
          expect(Object.is(fits[field][index], result[field] ?? Number.NaN), `${field} of ${place}`).toBe(true);
        }
      }
    }
    if (pairs > 6) expect([...reasons].sort()).toEqual(expect.arrayContaining(["collinear", "constant", "notFinite"]));
  });
});

test("an instrument's place in the batch, and its neighbours, do not show in its bits", () => {
  const rows = walks(new Random(5), 6);
  const order = [3, 5, 0, 4, 1, 2];
  const [straight, mixed] = [new RollingZScoreBatch(6, 30), new RollingZScoreBatch(6, 30)];
  for (let tick = 0; tick < TICKS; tick++) {
    const values = at(rows, tick);
    const { z } = straight.push(values);
    const { z: found } = mixed.push(order.map((index) => values[index]!));
    expect([...found]).toEqual(order.map((index) => z[index]));
  }
});

test("refuse sizes out of range and ticks of another length", () => {
  for (const instruments of [0, -1, 1.5, INSTRUMENTS_MAX + 1]) {
    expect(() => new RollingZScoreBatch(instruments, 10)).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", field: "instruments" }),
    );
    expect(() => new RollingOlsBatch(instruments, 10)).toThrow(StatsError);
  }
  expect(() => new RollingZScoreBatch(2, 1)).toThrow(expect.objectContaining({ field: "window" }));
  expect(() => new RollingOlsBatch(2, 3, { lookback: 1 })).toThrow(expect.objectContaining({ field: "lookback" }));
  expect(() => new RollingOlsBatch(INSTRUMENTS_MAX, 65_536)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
  const scores = new RollingZScoreBatch(2, 10);
  expect(() => scores.push([1])).toThrow(expect.objectContaining({ code: "LENGTH_MISMATCH", value: 1, limit: 2 }));
  expect(() => scores.reasonOf(2)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT", field: "instrument" }));
  expect(() => new RollingOlsBatch(2, 10).push([1, 2], [1])).toThrow(expect.objectContaining({ field: "x" }));
});
