/**
 * The statistics kernels as plain TypeScript over another memory: the oracle of the parity tests, and a place for breakpoints.
 *
 * Not part of the build: asc never sees this file, and the library always runs the WebAssembly. Defines the globals of
 * `lib/reals.ts`, so one twin at a time per thread: the memory given last is the one that is read. Two lanes are an object of
 * two numbers here, so sums are taken in the same order.
 */
/// <reference path="./reals.d.ts" />
import * as portable from "./index.ts";
import type { StatsKernels } from "../../src/stats/kernels.ts";

const twin: StatsKernels = portable;

export function portableStats(memory: WebAssembly.Memory): StatsKernels {
  const f64 = new Float64Array(memory.buffer);
  const lanes = (low: number, high: number): Pair => ({ low, high });
  const at = (x: Reals, index: number): Pair =>
    lanes(f64[(x >> 3) + index] as number, f64[(x >> 3) + index + 1] as number);
  const put = (x: Reals, index: number, value: Pair): void => {
    f64[(x >> 3) + index] = value.low;
    f64[(x >> 3) + index + 1] = value.high;
  };
  const globals: { [Name in keyof RealsGlobals]: RealsGlobals[Name] } = {
    real: (x, index) => f64[(x >> 3) + index] as number,
    putReal: (x, index, value) => {
      f64[(x >> 3) + index] = value;
    },
    realsFrom: (x, index) => x + (index << 3),
    pair: at,
    putPair: put,
    firstPair: (x) => at(x, 0),
    secondPair: (x) => at(x, 2),
    thirdPair: (x) => at(x, 4),
    fourthPair: (x) => at(x, 6),
    putFirstPair: (x, value) => put(x, 0, value),
    putSecondPair: (x, value) => put(x, 2, value),
    putThirdPair: (x, value) => put(x, 4, value),
    putFourthPair: (x, value) => put(x, 6, value),
    pairOf: (both) => lanes(both, both),
    pairFrom: lanes,
    pairAdd: (a, b) => lanes(a.low + b.low, a.high + b.high),
    pairSub: (a, b) => lanes(a.low - b.low, a.high - b.high),
    pairMul: (a, b) => lanes(a.low * b.low, a.high * b.high),
    pairDiv: (a, b) => lanes(a.low / b.low, a.high / b.high),
    pairAbs: (a) => lanes(Math.abs(a.low), Math.abs(a.high)),
    pairLarger: (a, b) => lanes(a.low < b.low ? b.low : a.low, a.high < b.high ? b.high : a.high),
    pairLow: (a) => a.low,
    pairHigh: (a) => a.high,
    pairLows: (a, b) => lanes(a.low, b.low),
    pairHighs: (a, b) => lanes(a.high, b.high),
    pairSqrt: (a) => lanes(Math.sqrt(a.low), Math.sqrt(a.high)),
    bothAbove: (a, b) => a.low > b.low && a.high > b.high,
    pairSum: (a) => a.low + a.high,
    ownDataEnd: () => 1024,
  };
  Object.assign(globalThis, globals);
  return twin;
}

interface RealsGlobals {
  real: typeof real;
  putReal: typeof putReal;
  realsFrom: typeof realsFrom;
  pair: typeof pair;
  putPair: typeof putPair;
  firstPair: typeof firstPair;
  secondPair: typeof secondPair;
  thirdPair: typeof thirdPair;
  fourthPair: typeof fourthPair;
  putFirstPair: typeof putFirstPair;
  putSecondPair: typeof putSecondPair;
  putThirdPair: typeof putThirdPair;
  putFourthPair: typeof putFourthPair;
  pairOf: typeof pairOf;
  pairFrom: typeof pairFrom;
  pairAdd: typeof pairAdd;
  pairSub: typeof pairSub;
  pairMul: typeof pairMul;
  pairDiv: typeof pairDiv;
  pairAbs: typeof pairAbs;
  pairLarger: typeof pairLarger;
  pairLow: typeof pairLow;
  pairHigh: typeof pairHigh;
  pairLows: typeof pairLows;
  pairHighs: typeof pairHighs;
  pairSqrt: typeof pairSqrt;
  bothAbove: typeof bothAbove;
  pairSum: typeof pairSum;
  ownDataEnd: typeof ownDataEnd;
}
