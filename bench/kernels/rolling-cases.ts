/** Cases of rolling statistics: every tick of a stream, in a loop. */
import * as simple from "simple-statistics";
import { RollingOls, rollingOls } from "../../src/stats/rolling-ols.ts";
import { RollingZScore, zscoreRolling } from "../../src/stats/rolling-zscore.ts";
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
      { name: "outrigger", run: () => totalFrom(zscoreRolling(x, window).z, window) },
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

/** On ticks that lie in its memory, where the results stay too. */
function zscoreKernel(x: Float64Array, window: number): Side {
  const { kernels, arena } = statsKernels();
  const ticks = x.length;
  const input = arena.copyIn(x, "x");
  const [mean, sd, z] = [arena.reserve(ticks), arena.reserve(ticks), arena.reserve(ticks)];
  const state = arena.reserve(kernels.rollingZscoreSize(window));
  const found = arena.view(z, ticks);
  return {
    name: "kernel",
    run: () => {
      kernels.rollingZscoreReset(state, window);
      kernels.rollingZscore(state, input, ticks, mean, sd, z);
      return totalFrom(found, window);
    },
  };
}

/** The same for lines: β, α, R², residual sd and spread, without the spread's z. */
function lineKernel(y: Float64Array, x: Float64Array, window: number): Side {
  const { kernels, arena } = statsKernels();
  const ticks = x.length;
  const [ys, xs] = [arena.copyIn(y, "y"), arena.copyIn(x, "x")];
  const out = arena.reserve(5 * ticks);
  const state = arena.reserve(kernels.rollingLineSize(window));
  const betas = arena.view(out, ticks);
  return {
    name: "kernel",
    run: () => {
      kernels.rollingLineReset(state, window);
      for (let t = 0; t < ticks; ) {
        const skip = t * 8;
        t += kernels.rollingLine(state, ys + skip, xs + skip, ticks - t, 2 ** 30, out + skip, ticks);
      }
      return totalFrom(betas, window);
    },
  };
}

/** Sum from the first full window on; four at once, or adding up would take as long as what is measured. */
function totalFrom(results: Float64Array, window: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let t = window - 1;
  for (; t + 4 <= results.length; t += 4) {
    a += results[t]!;
    b += results[t + 1]!;
    c += results[t + 2]!;
    d += results[t + 3]!;
  }
  for (; t < results.length; t++) a += results[t]!;
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
      { name: "outrigger", run: () => totalFrom(rollingOls(y, x, window).beta, window) },
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
