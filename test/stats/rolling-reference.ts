/** Rolling statistics by their definition: two passes over each window, in deviations from its first value. The tests' oracle. */

export interface Line {
  readonly beta: number;
  readonly alpha: number;
  readonly rSquared: number;
  readonly residualStd: number;
  readonly spread: number;
}

/** Of the last `window` values up to index `end`. */
export function windowOf(values: ArrayLike<number>, end: number, window: number): number[] {
  return Array.from({ length: window }, (_, index) => values[end - window + 1 + index]!);
}

export function scoreOf(values: readonly number[]): { z: number; mean: number; std: number } {
  const { mean, rest, squares } = momentsOf(values);
  const std = Math.sqrt(squares / (values.length - 1));
  return { z: (values.at(-1)! - mean - rest) / std, mean, std };
}

export function lineOf(ys: readonly number[], xs: readonly number[]): Line {
  const [y, x] = [momentsOf(ys), momentsOf(xs)];
  const dx = xs.map((value) => value - x.mean - x.rest);
  const dy = ys.map((value) => value - y.mean - y.rest);
  const beta = sum(dx.map((value, index) => value * dy[index]!)) / x.squares;
  const residuals = dy.map((value, index) => value - beta * dx[index]!);
  const squares = sum(residuals.map((value) => value * value));
  return {
    beta,
    alpha: y.mean - beta * x.mean + (y.rest - beta * x.rest),
    rSquared: 1 - squares / y.squares,
    residualStd: Math.sqrt(squares / (ys.length - 2)),
    spread: residuals.at(-1)!,
  };
}

export function correlationOf(xs: readonly number[], ys: readonly number[]): number {
  const [x, y] = [momentsOf(xs), momentsOf(ys)];
  const products = xs.map((value, index) => (value - x.mean - x.rest) * (ys[index]! - y.mean - y.rest));
  return sum(products) / Math.sqrt(x.squares) / Math.sqrt(y.squares);
}

function momentsOf(values: readonly number[]): { mean: number; rest: number; squares: number } {
  const first = values[0]!;
  const mean = first + sum(values.map((value) => value - first)) / values.length;
  const rest = sum(values.map((value) => value - mean)) / values.length;
  return { mean, rest, squares: sum(values.map((value) => (value - mean - rest) ** 2)) };
}

/** Neumaier 1974: the oracle's own rounding must not be what is measured. */
function sum(values: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}
