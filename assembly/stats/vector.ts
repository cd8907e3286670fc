/**
 * Vector arithmetic under every statistic: sums, products and norms over runs of f64, two lanes wide.
 *
 * Reductions keep eight partial sums in a fixed order, so a result depends on the values and their order only, never on the host
 * or on alignment. Portable: compiled by asc and by tsc, bit for bit the same.
 */

export function dot(x: Reals, y: Reals, count: i32): f64 {
  let s0 = pairOf(0.0);
  let s1 = pairOf(0.0);
  let s2 = pairOf(0.0);
  let s3 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 8 <= count; at += 8) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    s0 = pairAdd(s0, pairMul(firstPair(xs), firstPair(ys)));
    s1 = pairAdd(s1, pairMul(secondPair(xs), secondPair(ys)));
    s2 = pairAdd(s2, pairMul(thirdPair(xs), thirdPair(ys)));
    s3 = pairAdd(s3, pairMul(fourthPair(xs), fourthPair(ys)));
  }
  let sum = pairSum(pairAdd(pairAdd(s0, s1), pairAdd(s2, s3)));
  for (; at < count; at++) sum += real(x, at) * real(y, at);
  return sum;
}

/** Sum of (x - shift). */
export function sumFrom(x: Reals, count: i32, shift: f64): f64 {
  const shifts = pairOf(shift);
  let s0 = pairOf(0.0);
  let s1 = pairOf(0.0);
  let s2 = pairOf(0.0);
  let s3 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 8 <= count; at += 8) {
    const xs = realsFrom(x, at);
    s0 = pairAdd(s0, pairSub(firstPair(xs), shifts));
    s1 = pairAdd(s1, pairSub(secondPair(xs), shifts));
    s2 = pairAdd(s2, pairSub(thirdPair(xs), shifts));
    s3 = pairAdd(s3, pairSub(fourthPair(xs), shifts));
  }
  let sum = pairSum(pairAdd(pairAdd(s0, s1), pairAdd(s2, s3)));
  for (; at < count; at++) sum += real(x, at) - shift;
  return sum;
}

/** y -= factor * x. */
export function subtractScaled(y: Reals, factor: f64, x: Reals, count: i32): void {
  const factors = pairOf(factor);
  let at: i32 = 0;
  for (; at + 8 <= count; at += 8) {
    const xs = realsFrom(x, at);
    const ys = realsFrom(y, at);
    putFirstPair(ys, pairSub(firstPair(ys), pairMul(factors, firstPair(xs))));
    putSecondPair(ys, pairSub(secondPair(ys), pairMul(factors, secondPair(xs))));
    putThirdPair(ys, pairSub(thirdPair(ys), pairMul(factors, thirdPair(xs))));
    putFourthPair(ys, pairSub(fourthPair(ys), pairMul(factors, fourthPair(xs))));
  }
  for (; at < count; at++) putReal(y, at, real(y, at) - factor * real(x, at));
}

export function copy(to: Reals, from: Reals, count: i32): void {
  let at: i32 = 0;
  for (; at + 2 <= count; at += 2) putPair(to, at, pair(from, at));
  for (; at < count; at++) putReal(to, at, real(from, at));
}

/** x = x * factor - shift. */
export function scaleShift(x: Reals, count: i32, factor: f64, shift: f64): void {
  const factors = pairOf(factor);
  const shifts = pairOf(shift);
  let at: i32 = 0;
  for (; at + 2 <= count; at += 2) putPair(x, at, pairSub(pairMul(pair(x, at), factors), shifts));
  for (; at < count; at++) putReal(x, at, real(x, at) * factor - shift);
}

export function largest(x: Reals, count: i32): f64 {
  let m0 = pairOf(0.0);
  let m1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 8 <= count; at += 8) {
    const xs = realsFrom(x, at);
    m0 = pairLarger(m0, pairAbs(firstPair(xs)));
    m1 = pairLarger(m1, pairAbs(secondPair(xs)));
    m0 = pairLarger(m0, pairAbs(thirdPair(xs)));
    m1 = pairLarger(m1, pairAbs(fourthPair(xs)));
  }
  m0 = pairLarger(m0, m1);
  let most: f64 = pairHigh(m0) > pairLow(m0) ? pairHigh(m0) : pairLow(m0);
  for (; at < count; at++) {
    const size = Math.abs(real(x, at));
    if (size > most) most = size;
  }
  return most;
}

/** Scales x in place by a power of two, so that its largest magnitude lies in [0.5, 1), and returns that power. Exact. */
export function normalise(x: Reals, count: i32): f64 {
  const scale = powerOfTwoScale(largest(x, count));
  if (scale != 1.0) scaleShift(x, count, scale, 0.0);
  return scale;
}

/** normalise, but only where squares and their sums could leave the doubles: elsewhere 1, and x stays as it is. */
export function tame(x: Reals, count: i32): f64 {
  const size = largest(x, count);
  if (size < 1.0e120 && size > 1.0e-120) return 1.0;
  return normalise(x, count);
}

/**
 * The power of two that brings `size` into [0.5, 1); 1 for zero. Multiplying by it is exact, and keeps squares in range.
 * Sizes at either end of the doubles reach only as far as a finite power allows.
 */
export function powerOfTwoScale(size: f64): f64 {
  let scale: f64 = 1.0;
  if (!(size > 0.0)) return scale;
  while (size * scale >= 4294967296.0) scale *= 2.3283064365386963e-10;
  while (size * scale >= 1.0) scale *= 0.5;
  while (size * scale < 2.3283064365386963e-10 && scale < 1.0e290) scale *= 4294967296.0;
  while (size * scale < 0.5 && scale < 1.0e300) scale *= 2.0;
  return scale;
}
