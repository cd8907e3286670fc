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
 * Adds to `out` what `count` outcomes of 0 and 1 have at (a, b): negative log likelihood, its gradient by a and b, then the three
 * entries aa, ab, bb of its Hessian. One running sum each, so cuts between calls leave no trace.
 */
export function logisticLoss(scores: Reals, outcomes: Reals, count: i32, a: f64, b: f64, out: Reals): void {
  let loss = real(out, 0);
  let ga = real(out, 1);
  let gb = real(out, 2);
  let haa = real(out, 3);
  let hab = real(out, 4);
  let hbb = real(out, 5);
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
  putReal(out, 0, loss);
  putReal(out, 1, ga);
  putReal(out, 2, gb);
  putReal(out, 3, haa);
  putReal(out, 4, hab);
  putReal(out, 5, hbb);
}
