/**
 * What a statistics kernel may do with memory, as AssemblyScript sees it: single loads and stores, one or two lanes wide.
 *
 * asc makes these functions global (`--lib assembly/stats/lib`); for tsc the same globals are declared in `../reals.d.ts` and
 * defined over a typed array by `../twin.ts`. So a kernel's source imports nothing that differs between the two compilers, and
 * stripping its types leaves valid JavaScript. A vector is named by its byte address, a multiple of 8; elements count from 0.
 */

/** Byte address of a run of f64 values. */
export type Reals = i32;

/** Two neighbouring f64 values, in one SIMD register. */
export type Pair = v128;

@inline export function real(x: Reals, index: i32): f64 {
  return load<f64>(<usize>x + (<usize>index << 3));
}

@inline export function putReal(x: Reals, index: i32, value: f64): void {
  store<f64>(<usize>x + (<usize>index << 3), value);
}

/** The vector that starts at element `index`. */
@inline export function realsFrom(x: Reals, index: i32): Reals {
  return x + (index << 3);
}

/** Elements `index` and `index + 1`; needs no alignment beyond 8. */
@inline export function pair(x: Reals, index: i32): Pair {
  return v128.load(<usize>x + (<usize>index << 3));
}

@inline export function putPair(x: Reals, index: i32, value: Pair): void {
  v128.store(<usize>x + (<usize>index << 3), value);
}

/** The first four pairs at x, whose distance is part of the instruction: for loops that move x by eight elements. */
@inline export function firstPair(x: Reals): Pair {
  return v128.load(<usize>x);
}

@inline export function secondPair(x: Reals): Pair {
  return v128.load(<usize>x, 16);
}

@inline export function thirdPair(x: Reals): Pair {
  return v128.load(<usize>x, 32);
}

@inline export function fourthPair(x: Reals): Pair {
  return v128.load(<usize>x, 48);
}

@inline export function putFirstPair(x: Reals, value: Pair): void {
  v128.store(<usize>x, value);
}

@inline export function putSecondPair(x: Reals, value: Pair): void {
  v128.store(<usize>x, value, 16);
}

@inline export function putThirdPair(x: Reals, value: Pair): void {
  v128.store(<usize>x, value, 32);
}

@inline export function putFourthPair(x: Reals, value: Pair): void {
  v128.store(<usize>x, value, 48);
}

@inline export function pairOf(both: f64): Pair {
  return f64x2.splat(both);
}

@inline export function pairFrom(low: f64, high: f64): Pair {
  return f64x2.replace_lane(f64x2.splat(low), 1, high);
}

@inline export function pairAdd(a: Pair, b: Pair): Pair {
  return f64x2.add(a, b);
}

@inline export function pairSub(a: Pair, b: Pair): Pair {
  return f64x2.sub(a, b);
}

@inline export function pairMul(a: Pair, b: Pair): Pair {
  return f64x2.mul(a, b);
}

@inline export function pairDiv(a: Pair, b: Pair): Pair {
  return f64x2.div(a, b);
}

@inline export function pairAbs(a: Pair): Pair {
  return f64x2.abs(a);
}

/** The larger of each lane; a's where b is NaN. */
@inline export function pairLarger(a: Pair, b: Pair): Pair {
  return f64x2.pmax(a, b);
}

@inline export function pairLow(a: Pair): f64 {
  return f64x2.extract_lane(a, 0);
}

@inline export function pairHigh(a: Pair): f64 {
  return f64x2.extract_lane(a, 1);
}

/** The low lanes of a and of b. */
@inline export function pairLows(a: Pair, b: Pair): Pair {
  return v128.shuffle<f64>(a, b, 0, 2);
}

/** The high lanes of a and of b. */
@inline export function pairHighs(a: Pair, b: Pair): Pair {
  return v128.shuffle<f64>(a, b, 1, 3);
}

@inline export function pairSqrt(a: Pair): Pair {
  return f64x2.sqrt(a);
}

/** Whether a is above b in both lanes; false where either is NaN. */
@inline export function bothAbove(a: Pair, b: Pair): boolean {
  return i64x2.all_true(f64x2.gt(a, b));
}

/** Low lane plus high lane. */
@inline export function pairSum(a: Pair): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** First byte behind the module's own data: the arena starts there. */
@inline export function ownDataEnd(): i32 {
  return <i32>__heap_base;
}
