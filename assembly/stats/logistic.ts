/**
 * Logistic regression on one score: p = 1/(1 + exp(-(a + b*s))). Math.exp and Math.log are AssemblyScript's own, so every host of
 * the WebAssembly has the same bits; under tsc they are the host's and may differ in the last digit.
 */

export function logistic(x: f64): f64 {
  // From the side where the exponential is at most 1: nothing overflows, and small probabilities keep their digits.
  if (x >= 0.0) return 1.0 / (1.0 + Math.exp(0.0 - x));
  const e: f64 = Math.exp(x);
  return e / (1.0 + e);
}

/**
 * Negative log likelihood of outcomes 0 and 1 at (a, b). To `out`: its gradient by a and b, then the three entries aa, ab, bb of
 * its Hessian.
 */
export function logisticLoss(scores: Reals, outcomes: Reals, count: i32, a: f64, b: f64, out: Reals): f64 {
  let loss: f64 = 0.0;
  let ga: f64 = 0.0;
  let gb: f64 = 0.0;
  let haa: f64 = 0.0;
  let hab: f64 = 0.0;
  let hbb: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) {
    const s: f64 = real(scores, at);
    const o: f64 = real(outcomes, at);
    const x: f64 = a + b * s;
    const p: f64 = logistic(x);
    const gap: f64 = p - o;
    const weight: f64 = p * logistic(0.0 - x);
    loss += Math.log1p(Math.exp(0.0 - Math.abs(x))) + (x > 0.0 ? (1.0 - o) * x : 0.0 - o * x);
    ga += gap;
    gb += gap * s;
    haa += weight;
    hab += weight * s;
    hbb += weight * s * s;
  }
  putReal(out, 0, ga);
  putReal(out, 1, gb);
  putReal(out, 2, haa);
  putReal(out, 3, hab);
  putReal(out, 4, hbb);
  return loss;
}
