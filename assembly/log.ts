/**
 * Natural logarithm by the four operations alone, so that asc and tsc compile it to the same bits, and V8 and WASM agree on it.
 * Within 2 ulp of the correctly rounded value, or 1e-16 near 0.
 */

/** ln 2 in two parts: the first has 20 zero bits at its end, so that whole multiples of it are exact. */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const SQRT2: f64 = 1.4142135623730951;
const SQRT_HALF: f64 = 0.7071067811865476;
const STEP: f64 = 4294967296.0;

/** ln x of a finite x above 0; NaN of anything else. */
export function naturalLog(value: f64): f64 {
  if (!(value > 0.0 && value <= 1.7976931348623157e308)) return NaN;
  // x = m · 2^e with m in [√½, √2]: halving and doubling are exact. In big steps first, so that the loops are short.
  let m: f64 = value;
  let e: f64 = 0.0;
  while (m >= STEP) {
    m = m / STEP;
    e = e + 32.0;
  }
  while (m * STEP < 1.0) {
    m = m * STEP;
    e = e - 32.0;
  }
  while (m > SQRT2) {
    m = m * 0.5;
    e = e + 1.0;
  }
  while (m < SQRT_HALF) {
    m = m * 2.0;
    e = e - 1.0;
  }
  // ln m = 2 · artanh t, whose series to t^23 is exact to the last bit for |t| ≤ 0.172.
  const t: f64 = (m - 1.0) / (m + 1.0);
  const s: f64 = t * t;
  let sum: f64 = 1.0 / 23.0;
  for (let odd: f64 = 21.0; odd >= 3.0; odd = odd - 2.0) sum = sum * s + 1.0 / odd;
  const small: f64 = 2.0 * t + 2.0 * t * s * sum;
  return e * LN2_HIGH + (small + e * LN2_LOW) + 0.0;
}
