/**
 * Twofold precision for residuals: what a product or a sum loses to rounding, exactly (Dekker 1971; Ogita, Rump & Oishi 2005).
 *
 * Operands must be scaled (magnitudes around 1) so that splitting cannot overflow. Portable: no fused multiply-add anywhere.
 */

/** high + low -= factor * x, elementwise, with twice the digits of a double. */
export function subtractScaledTwofold(high: Reals, low: Reals, factor: f64, x: Reals, count: i32): void {
  const minus: f64 = 0.0 - factor;
  const factors = pairOf(minus);
  const factorHigh: f64 = upperHalf(minus);
  const factorsHigh = pairOf(factorHigh);
  const factorsLow = pairOf(minus - factorHigh);
  const splitter = pairOf(134217729.0);
  let at: i32 = 0;
  for (; at + 2 <= count; at += 2) {
    const value = pair(x, at);
    const spread = pairMul(splitter, value);
    const valueHigh = pairSub(spread, pairSub(spread, value));
    const valueLow = pairSub(value, valueHigh);
    const product = pairMul(factors, value);
    // product error = low*low - (((product - high*high) - low*high) - high*low)
    const lost = pairSub(
      pairMul(factorsLow, valueLow),
      pairSub(
        pairSub(pairSub(product, pairMul(factorsHigh, valueHigh)), pairMul(factorsLow, valueHigh)),
        pairMul(factorsHigh, valueLow),
      ),
    );
    const before = pair(high, at);
    const sum = pairAdd(before, product);
    const part = pairSub(sum, before);
    const sumLost = pairAdd(pairSub(before, pairSub(sum, part)), pairSub(product, part));
    putPair(high, at, sum);
    putPair(low, at, pairAdd(pair(low, at), pairAdd(sumLost, lost)));
  }
  for (; at < count; at++) {
    const value = real(x, at);
    const product: f64 = minus * value;
    const before = real(high, at);
    const sum: f64 = before + product;
    putReal(high, at, sum);
    putReal(low, at, real(low, at) + (sumError(before, product, sum) + productError(minus, value, product)));
  }
}

/** x'y with twice the digits of a double, rounded once at the end: four sums, each with what it loses, added up in order. */
export function dotTwofold(x: Reals, y: Reals, count: i32): f64 {
  let high0 = pairOf(0.0);
  let high1 = pairOf(0.0);
  let low0 = pairOf(0.0);
  let low1 = pairOf(0.0);
  let at: i32 = 0;
  for (; at + 4 <= count; at += 4) {
    const a0 = pair(x, at);
    const b0 = pair(y, at);
    const product0 = pairMul(a0, b0);
    const sum0 = pairAdd(high0, product0);
    low0 = pairAdd(low0, pairAdd(sumErrors(high0, product0, sum0), productErrors(a0, b0, product0)));
    high0 = sum0;
    const a1 = pair(x, at + 2);
    const b1 = pair(y, at + 2);
    const product1 = pairMul(a1, b1);
    const sum1 = pairAdd(high1, product1);
    low1 = pairAdd(low1, pairAdd(sumErrors(high1, product1, sum1), productErrors(a1, b1, product1)));
    high1 = sum1;
  }
  let high: f64 = pairLow(high0);
  let low: f64 = pairSum(pairAdd(low0, low1));
  for (let lane: i32 = 1; lane < 4; lane++) {
    const half = lane < 2 ? high0 : high1;
    const part: f64 = (lane & 1) == 1 ? pairHigh(half) : pairLow(half);
    const sum: f64 = high + part;
    low += sumError(high, part, sum);
    high = sum;
  }
  for (; at < count; at++) {
    const a = real(x, at);
    const b = real(y, at);
    const product: f64 = a * b;
    const sum: f64 = high + product;
    low += sumError(high, product, sum) + productError(a, b, product);
    high = sum;
  }
  return high + low;
}

/** high + low = y - x, elementwise, exactly. */
export function subtractTwofold(y: Reals, x: Reals, high: Reals, low: Reals, count: i32): void {
  let at: i32 = 0;
  for (; at + 2 <= count; at += 2) {
    const value = pair(y, at);
    const taken = pairSub(pairOf(0.0), pair(x, at));
    const sum = pairAdd(value, taken);
    putPair(high, at, sum);
    putPair(low, at, sumErrors(value, taken, sum));
  }
  for (; at < count; at++) {
    const value = real(y, at);
    const taken: f64 = 0.0 - real(x, at);
    const sum: f64 = value + taken;
    putReal(high, at, sum);
    putReal(low, at, sumError(value, taken, sum));
  }
}

function sumErrors(a: Pair, b: Pair, sum: Pair): Pair {
  const part = pairSub(sum, a);
  return pairAdd(pairSub(a, pairSub(sum, part)), pairSub(b, part));
}

function productErrors(a: Pair, b: Pair, product: Pair): Pair {
  const aHigh = upperHalves(a);
  const aLow = pairSub(a, aHigh);
  const bHigh = upperHalves(b);
  const bLow = pairSub(b, bHigh);
  const rest = pairSub(pairSub(pairSub(product, pairMul(aHigh, bHigh)), pairMul(aLow, bHigh)), pairMul(aHigh, bLow));
  return pairSub(pairMul(aLow, bLow), rest);
}

function upperHalves(a: Pair): Pair {
  const spread = pairMul(pairOf(134217729.0), a);
  return pairSub(spread, pairSub(spread, a));
}

function sumError(a: f64, b: f64, sum: f64): f64 {
  const part: f64 = sum - a;
  return a - (sum - part) + (b - part);
}

function productError(a: f64, b: f64, product: f64): f64 {
  const aHigh: f64 = upperHalf(a);
  const aLow: f64 = a - aHigh;
  const bHigh: f64 = upperHalf(b);
  const bLow: f64 = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits of a double's 53. */
function upperHalf(a: f64): f64 {
  const spread: f64 = 134217729.0 * a;
  return spread - (spread - a);
}
