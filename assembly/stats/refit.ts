/**
 * Ridge regression toward prior weights, and projections on the simplex. Portable.
 *
 * Squares are never formed: rows are rotated one by one into a triangle (Givens; Golub & Van Loan, 5.1.8).
 */

/** Triangle of `order` columns and its right side, empty but for the ridge: root * I and zeros. */
export function ridgeStart(triangle: Reals, right: Reals, order: i32, root: f64): void {
  for (let at: i32 = 0; at < order * order; at++) putReal(triangle, at, 0.0);
  for (let at: i32 = 0; at < order; at++) {
    putReal(triangle, at * order + at, root);
    putReal(right, at, 0.0);
  }
}

/** Takes in one observation, already multiplied by the root of its weight. `row` is used up. */
export function ridgeRow(triangle: Reals, right: Reals, order: i32, row: Reals, target: f64): void {
  let rest: f64 = target;
  for (let k: i32 = 0; k < order; k++) {
    const b: f64 = real(row, k);
    if (b == 0.0) continue;
    const a: f64 = real(triangle, k * order + k);
    const length: f64 = Math.sqrt(a * a + b * b);
    const c: f64 = a / length;
    const s: f64 = b / length;
    putReal(triangle, k * order + k, length);
    for (let j: i32 = k + 1; j < order; j++) {
      const x: f64 = real(triangle, j * order + k);
      const y: f64 = real(row, j);
      putReal(triangle, j * order + k, c * x + s * y);
      putReal(row, j, c * y - s * x);
    }
    const x: f64 = real(right, k);
    putReal(right, k, c * x + s * rest);
    rest = c * rest - s * x;
  }
}

/** Solves triangle * out = right from the bottom up. The ridge keeps the diagonal away from 0. */
export function ridgeSolve(triangle: Reals, right: Reals, order: i32, out: Reals): void {
  for (let k: i32 = order - 1; k >= 0; k--) {
    let value: f64 = real(right, k);
    for (let j: i32 = k + 1; j < order; j++) value -= real(triangle, j * order + k) * real(out, j);
    putReal(out, k, value / real(triangle, k * order + k));
  }
}

/**
 * The nearest point to `v` whose entries lie in low..high and sum to 1: clamp(v - tau), where the sum falls with tau. With bounds
 * of 0 and 1 it is the projection on the simplex of Duchi et al. 2008. Returns 1, or 0 where no such point exists.
 *
 * tau is bracketed between neighbouring corners of the sum, then solved exactly on the straight piece between them.
 */
export function projectBounded(v: Reals, low: Reals, high: Reals, count: i32, out: Reals): i32 {
  let lowSum: f64 = 0.0;
  let highSum: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) {
    if (!(real(low, at) <= real(high, at))) return 0;
    lowSum += real(low, at);
    highSum += real(high, at);
  }
  // Bounds that leave room for nothing else may miss 1 by their own rounding.
  if (lowSum > 1.0 + 1.0e-12 || highSum < 1.0 - 1.0e-12) return 0;

  let left: f64 = -Infinity;
  let right: f64 = Infinity;
  for (let at: i32 = 0; at < count; at++) {
    for (let side: i32 = 0; side < 2; side++) {
      const corner: f64 = real(v, at) - (side == 0 ? real(low, at) : real(high, at));
      if (corner <= left || corner >= right) continue;
      if (boundedSum(v, low, high, count, corner) >= 1.0) left = corner;
      else right = corner;
    }
  }
  const tau: f64 = pieceRoot(v, low, high, count, left, right);
  for (let at: i32 = 0; at < count; at++) putReal(out, at, bounded(real(v, at) - tau, real(low, at), real(high, at)));
  return 1;
}

function boundedSum(v: Reals, low: Reals, high: Reals, count: i32, tau: f64): f64 {
  let sum: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) sum += bounded(real(v, at) - tau, real(low, at), real(high, at));
  return sum;
}

/** Between two neighbouring corners every entry is at one of its bounds or moves with tau. */
function pieceRoot(v: Reals, low: Reals, high: Reals, count: i32, left: f64, right: f64): f64 {
  let free: f64 = 0.0;
  let fixed: f64 = 0.0;
  let moving: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) {
    const value: f64 = real(v, at);
    if (value - real(low, at) <= left) fixed += real(low, at);
    else if (value - real(high, at) >= right) fixed += real(high, at);
    else {
      moving += value;
      free += 1.0;
    }
  }
  // No entry moves only where all are at one end: any tau beyond the last corner will do.
  if (free == 0.0) return left > -Infinity ? left : right;
  const tau: f64 = (moving + fixed - 1.0) / free;
  if (tau < left) return left;
  return tau > right ? right : tau;
}

function bounded(value: f64, low: f64, high: f64): f64 {
  if (value < low) return low;
  return value > high ? high : value;
}

/**
 * Half-width of the no-trade band of a beta hedge, in beta: (3 c v / (2 gamma N sigma^2))^(1/3) (numerics.md section 7).
 * Math.cbrt is AssemblyScript's own, see normal.ts.
 */
export function noTradeHalfWidth(cost: f64, betaVariance: f64, riskAversion: f64, notional: f64, sigma: f64): f64 {
  return Math.cbrt((3.0 * cost * betaVariance) / (2.0 * riskAversion * notional * sigma * sigma));
}
