/** Cases of rolling statistics: every tick of a stream, in a loop. */
import * as simple from "simple-statistics";
import type { Reals } from "../../src/stats/kernels.ts";
import { RollingOls, rollingOls } from "../../src/stats/rolling-ols.ts";
import { SLICE_TICKS } from "../../src/stats/rolling-window.ts";
import { RollingZScore, zscoreRolling } from "../../src/stats/rolling-zscore.ts";
import type { Arena } from "../../src/stats/runtime.ts";
import { type Case, engineKernels, joined, type Side, statsKernels, walk } from "./data.ts";
import { PlainRollingOls, PlainZScore } from "./plain-rolling.ts";

export function rollingZ(ticks: number, window: number): Case {
  const x = walk(1, ticks);
  const { kernels, allocate } = engineKernels();
  const state = allocate(kernels.zscoreBytes(window));
  // A loop of its own for each side: one shared by all would call each of them by way of the others.
  return {
    name: "rolling-z",
    what: `z-score of every tick, window ${window}, ${ticks} ticks in a loop`,
    units: ticks,
    data: { rows: ticks, columns: 1, parameter: window, values: x },
    sides: [
      { name: "outrigger", run: () => totalOf(zscoreRolling(x, window).z, window - 1, ticks) },
      zscoreKernel(x, window),
      {
        name: "stream, per call",
        run: () => {
          const stream = new RollingZScore(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) sum += stream.push(x[t]!).z ?? 0;
          return sum;
        },
      },
      {
        name: "engine, per call",
        run: () => {
          kernels.zscoreReset(state, window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const z = kernels.zscorePush(state, x[t]!);
            if (t + 1 >= window) sum += z;
          }
          return sum;
        },
      },
      {
        name: "plain JS",
        run: () => {
          const plain = new PlainZScore(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const z = plain.push(x[t]!);
            if (t + 1 >= window) sum += z;
          }
          return sum;
        },
      },
      {
        name: "simple-statistics",
        run: () => {
          let sum = 0;
          for (let t = window - 1; t < ticks; t++) {
            const values = x.subarray(t + 1 - window, t + 1) as unknown as number[];
            sum += (x[t]! - simple.mean(values)) / simple.sampleStandardDeviation(values);
          }
          return sum;
        },
      },
    ],
  };
}

/** On ticks that lie in its memory, in the runs that the library makes of them; results are left in memory and added up there. */
function zscoreKernel(x: Float64Array, window: number): Side {
  const { kernels, arena } = statsKernels();
  const input = arena.copyIn(x, "x");
  const [mean, sd, z] = [arena.reserve(SLICE_TICKS), arena.reserve(SLICE_TICKS), arena.reserve(SLICE_TICKS)];
  const state = reserveLines(arena, kernels.rollingZscoreSize(window));
  return {
    name: "kernel",
    run: () => {
      kernels.rollingZscoreReset(state, window);
      let sum = 0;
      for (let from = 0; from < x.length; from += SLICE_TICKS) {
        const count = Math.min(SLICE_TICKS, x.length - from);
        kernels.rollingZscore(state, input + from * 8, count, mean, sd, z);
        sum += kernels.sumFrom(from === 0 ? z + (window - 1) * 8 : z, from === 0 ? count - window + 1 : count, 0);
      }
      return sum;
    },
  };
}

/** From the start of a cache line, as states of streams lie. */
function reserveLines(arena: Arena, count: number): Reals {
  return Math.ceil(arena.reserve(count + 8) / 64) * 64;
}

/** The same for lines: β, α, R², residual sd and spread, without the spread's z. */
function lineKernel(y: Float64Array, x: Float64Array, window: number): Side {
  const { kernels, arena } = statsKernels();
  const [ys, xs] = [arena.copyIn(y, "y"), arena.copyIn(x, "x")];
  const out = arena.reserve(5 * SLICE_TICKS);
  const state = reserveLines(arena, kernels.rollingLineSize(window));
  return {
    name: "kernel",
    run: () => {
      kernels.rollingLineReset(state, window);
      let sum = 0;
      for (let from = 0; from < x.length; from += SLICE_TICKS) {
        const count = Math.min(SLICE_TICKS, x.length - from);
        for (let t = 0; t < count; ) {
          const skip = (from + t) * 8;
          t += kernels.rollingLine(state, ys + skip, xs + skip, count - t, 2 ** 30, out + t * 8, SLICE_TICKS);
        }
        sum += kernels.sumFrom(from === 0 ? out + (window - 1) * 8 : out, from === 0 ? count - window + 1 : count, 0);
      }
      return sum;
    },
  };
}

/** Sum of results from..to - 1; four at once, or adding up would take as long as what is measured. */
function totalOf(results: Float64Array, from: number, to: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let t = from;
  for (; t + 4 <= to; t += 4) {
    a += results[t]!;
    b += results[t + 1]!;
    c += results[t + 2]!;
    d += results[t + 3]!;
  }
  for (; t < to; t++) a += results[t]!;
  return a + b + c + d;
}

export function rollingLines(ticks: number, window: number): Case {
  const x = walk(2, ticks);
  const noise = walk(3, ticks);
  const y = x.map((value, t) => 0.3 + 0.7 * value + 0.5 * noise[t]!);
  const pairs = Array.from(x, (value, t) => [value, y[t]!]);
  const { kernels, allocate } = engineKernels();
  const state = allocate(kernels.olsBytes(window));
  return {
    name: "rolling-ols",
    what: `regression of every tick, window ${window}: β, α, R², residual sd, spread, its z; ${ticks} ticks in a loop`,
    units: ticks,
    data: { rows: ticks, columns: 2, parameter: window, values: joined([x, y]) },
    sides: [
      { name: "outrigger", run: () => totalOf(rollingOls(y, x, window).beta, window - 1, ticks) },
      lineKernel(y, x, window),
      {
        name: "stream, per call",
        run: () => {
          const stream = new RollingOls(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) sum += stream.push(y[t]!, x[t]!).beta ?? 0;
          return sum;
        },
      },
      {
        name: "engine, per call",
        run: () => {
          kernels.olsReset(state, window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const beta = kernels.olsPush(state, x[t]!, y[t]!);
            if (t + 1 >= window) sum += beta;
          }
          return sum;
        },
      },
      {
        name: "plain JS",
        run: () => {
          const plain = new PlainRollingOls(window);
          let sum = 0;
          for (let t = 0; t < ticks; t++) {
            const beta = plain.push(x[t]!, y[t]!);
            if (t + 1 >= window) sum += beta;
          }
          return sum;
        },
      },
      {
        name: "simple-statistics",
        run: () => {
          let sum = 0;
          for (let t = window - 1; t < ticks; t++) sum += simple.linearRegression(pairs.slice(t + 1 - window, t + 1)).m;
          return sum;
        },
      },
    ],
  };
}
