/** Rolling kernels against their TypeScript twin: the same hostile streams in, cut differently, the same bits in every word after. */
import { beforeAll, expect, test } from "vitest";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { Random } from "../wasm/random.ts";
import { kernelTwins } from "./twins.ts";

const BYTES = 8 * 65_536;
// Behind what the module brings along.
const STATE = 65_536;
const INPUT = 200_000;
const OUTPUT = 300_000;

let wasm: StatsKernels;
let twin: StatsKernels;
let left: Float64Array;
let right: Float64Array;

beforeAll(() => {
  const twins = kernelTwins(BYTES / 65_536);
  ({ wasm, twin } = twins);
  const [one, other] = twins.memories;
  [left, right] = [new Float64Array(one.buffer), new Float64Array(other.buffer)];
});

/** Writes values to both memories. */
function fill(address: number, values: ArrayLike<number>): void {
  left.set(values, address >> 3);
  right.set(values, address >> 3);
}

function both(call: (kernels: StatsKernels) => unknown): unknown {
  const [found, expected] = [call(wasm), call(twin)];
  expect(found).toBe(expected);
  return found;
}

/** Every word of both memories. NaN is one value, whatever its bits. */
function expectSame(what: string): void {
  const [a, b] = [left, right].map((values) => new BigUint64Array(values.buffer, STATE)) as [
    BigUint64Array,
    BigUint64Array,
  ];
  const differs = a.findIndex((bits, index) => {
    const at = (STATE >> 3) + index;
    return bits !== b[index] && !(Number.isNaN(left[at]!) && Number.isNaN(right[at]!));
  });
  const at = (STATE >> 3) + differs;
  expect(differs, `${what}: word ${differs} is ${left[at]} in wasm, ${right[at]} in TypeScript`).toBe(-1);
}

/** Walks with bad ticks, stale stretches, breaks and values that are none. */
function hostile(random: Random, points: number): Float64Array {
  let level = random.spread();
  return Float64Array.from({ length: points }, (_, t) => {
    const fate = random.unit();
    if (fate < 0.003) return random.pick([Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e-200, -0]);
    if (fate < 0.01) return random.spread();
    if (t % 200 > 20 && t % 200 < 60) return level;
    level += 1e-3 * random.normal();
    return level;
  });
}

/** The same points, cut at random. */
function* cuts(random: Random, points: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < points; ) {
    const to = Math.min(points, from + random.whole(1, random.pick([1, 3, 150])));
    yield [from, to];
    from = to;
  }
}

test.each([2, 3, 4, 5, 16, 63, 64, 129])("z-scores, window %i", (window) => {
  const points = 900;
  const out = (index: number) => OUTPUT + index * points * 8;
  for (let seed = 1; seed <= 4; seed++) {
    const random = new Random(100 * window + seed);
    const x = hostile(random, points);
    fill(INPUT, x);
    both((kernels) => kernels.rollingZscoreSize(window));
    both((kernels) => kernels.rollingZscoreReset(STATE, window));
    for (const [from, to] of cuts(random, points)) {
      const skip = from * 8;
      const [mean, sd, z] = [out(0) + skip, out(1) + skip, out(2) + skip];
      both((kernels) => kernels.rollingZscore(STATE, INPUT + skip, to - from, mean, sd, z));
    }
    expectSame(`window ${window}, seed ${seed}`);
  }
});

/** Of lines, in all windows. */
const codes = new Set<number>();

test.each([3, 4, 5, 16, 63, 64, 129])("lines, hard ones among them, window %i", (window) => {
  const points = 900;
  for (let seed = 1; seed <= 4; seed++) {
    const random = new Random(100 * window + seed);
    const x = hostile(random, points);
    const noise = random.pick([1e-1, 1e-4, 1e-9, 0]);
    const y = x.map((value, t) => (t % 300 < 250 ? (t < 500 ? 1.5 : -2) * value + noise * random.normal() : 7));
    fill(INPUT, x);
    fill(INPUT + points * 8, y);
    both((kernels) => kernels.rollingLineSize(window));
    both((kernels) => kernels.rollingLineReset(STATE, window));
    for (let [from, to] of cuts(random, points)) {
      while (from < to) {
        const [skip, at] = [from * 8, OUTPUT + from * 8];
        const [y, x] = [INPUT + points * 8 + skip, INPUT + skip];
        from += both((kernels) => kernels.rollingLine(STATE, y, x, to - from, 2 * window, at, points)) as number;
        codes.add(left[(STATE >> 3) + 10]!);
      }
    }
    expectSame(`window ${window}, seed ${seed}`);
  }
});

test.each([4, 33, 64])("a line and its code do not depend on the cut, window %i", (window) => {
  const points = 900;
  const take = (state: number, from: number, to: number, out: number) => {
    const [y, x] = [INPUT + (points + from) * 8, INPUT + from * 8];
    const taken = both((kernels) => kernels.rollingLine(state, y, x, to - from, 1e9, out + from * 8, points));
    expect(taken).toBe(to - from);
    return left[(state >> 3) + 10];
  };
  const [other, outOther] = [STATE + 8 * 5000, OUTPUT + 8 * 5 * points];
  const results = (at: number) => left.slice(at >> 3, (at >> 3) + 5 * points);
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(100 * window + seed);
    const x = hostile(random, points);
    // Lines that are hard at some ticks and easy at the next.
    const y = x.map((value, t) => (t % 40 < 30 ? 1.5 * value + 1e-9 * random.normal() : 7));
    fill(INPUT, x);
    fill(INPUT + points * 8, y);
    for (const state of [STATE, other]) both((kernels) => kernels.rollingLineReset(state, window));
    for (const [from, to] of cuts(random, points)) {
      let code: number | undefined;
      for (let at = from; at < to; at++) code = take(other, at, at + 1, outOther);
      expect(take(STATE, from, to, OUTPUT), `code at ${to}`).toBe(code);
    }
    expect(results(OUTPUT)).toEqual(results(outOther));
    expectSame(`window ${window}, seed ${seed}`);
  }
});

test("lines of every kind were among them", () => {
  expect([...codes].sort()).toEqual([0, 1, 2, 3, 4]);
});

test.each([2, 3, 4, 9, 32])("batches of z-scores, SIMD included, window %i", (window) => {
  for (const lanes of [2, 6, 10]) {
    const random = new Random(lanes * window);
    const instruments = Array.from({ length: lanes }, () => hostile(random, 400));
    both((kernels) => kernels.rollingZscoreBatchSize(window, lanes));
    both((kernels) => kernels.rollingZscoreBatchReset(STATE, window, lanes));
    for (let tick = 0; tick < 400; tick++) {
      fill(
        INPUT,
        instruments.map((values) => values[tick]!),
      );
      const [mean, sd, z] = [OUTPUT, OUTPUT + 1000, OUTPUT + 2000];
      both((kernels) => kernels.rollingZscoreBatch(STATE, INPUT, mean, sd, z));
      if (tick % 37 === 0) expectSame(`tick ${tick} of ${lanes} lanes`);
    }
    expectSame(`${lanes} lanes`);
  }
});

test.each([3, 4, 9, 32])("batches of lines, SIMD and hard ones included, window %i", (window) => {
  const told = new Set<number>();
  for (const lanes of [2, 6, 10]) {
    const random = new Random(lanes * window);
    const xs = Array.from({ length: lanes }, () => hostile(random, 400));
    const ys = xs.map((values, lane) =>
      values.map((value, t) => (t % 150 < 110 ? 1.5 * value + (lane % 3) * 1e-5 * random.normal() : 7)),
    );
    both((kernels) => kernels.rollingLineBatchSize(window, lanes));
    both((kernels) => kernels.rollingLineBatchReset(STATE, window, lanes));
    for (let tick = 0; tick < 400; tick++) {
      for (const [address, rows] of [
        [INPUT, xs],
        [INPUT + 1000, ys],
      ] as const) {
        fill(
          address,
          rows.map((values) => values[tick]!),
        );
      }
      both((kernels) => kernels.rollingLineBatch(STATE, INPUT + 1000, INPUT, OUTPUT));
      for (let lane = 0; lane < lanes; lane++) {
        told.add(both((kernels) => kernels.rollingLineBatchCode(STATE, lane)) as number);
      }
      if (tick % 37 === 0) expectSame(`tick ${tick} of ${lanes} lanes`);
    }
    expectSame(`${lanes} lanes`);
  }
  expect(told.size).toBeGreaterThan(3);
});
