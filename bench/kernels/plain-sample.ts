/** Statistics of whole samples as plain JavaScript writes them. See sample.c and qr.c. */

export function plainStd(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / x.length;
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (x.length - 1));
}

export interface PlainFit {
  readonly coef: number[];
  readonly stderr: number[];
  readonly rSquared: number;
  readonly residualStd: number;
}

export function plainLine(y: Float64Array, x: Float64Array): PlainFit {
  const n = x.length;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < n; i++) {
    sumX += x[i]!;
    sumY += y[i]!;
  }
  const meanX = sumX / n;
  const meanY = sumY / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const beta = xy / xx;
  const alpha = meanY - beta * meanX;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (y[i]! - alpha - beta * x[i]!) ** 2;
  const residualStd = Math.sqrt(squares / (n - 2));
  const stderr = [residualStd * Math.sqrt(1 / n + (meanX * meanX) / xx), residualStd / Math.sqrt(xx)];
  return { coef: [alpha, beta], stderr, rSquared: 1 - squares / yy, residualStd };
}

/** Householder QR of columns in place; returns R's diagonal and 2/v'v of each reflector. */
export function plainQr(columns: readonly Float64Array[]): { diagonal: number[]; beta: number[] } {
  const diagonal: number[] = [];
  const beta: number[] = [];
  columns.forEach((v, j) => {
    let squares = 0;
    for (let i = j; i < v.length; i++) squares += v[i]! * v[i]!;
    const norm = Math.sqrt(squares);
    const sign = v[j]! < 0 ? -1 : 1;
    diagonal.push(-sign * norm);
    beta.push(1 / (norm * (norm + sign * v[j]!)));
    v[j]! += sign * norm;
    for (let k = j + 1; k < columns.length; k++) plainReflect(v, beta[j]!, columns[k]!, j);
  });
  return { diagonal, beta };
}

export function plainReflect(v: Float64Array, beta: number, x: Float64Array, from: number): void {
  let sum = 0;
  for (let i = from; i < x.length; i++) sum += v[i]! * x[i]!;
  const factor = beta * sum;
  for (let i = from; i < x.length; i++) x[i]! -= factor * v[i]!;
}

export function plainOls(y: Float64Array, columns: readonly Float64Array[]): PlainFit {
  const n = y.length;
  const rank = columns.length + 1;
  const matrix = [new Float64Array(n).fill(1), ...columns.map((column) => column.slice())];
  const { diagonal, beta } = plainQr(matrix);
  const right = y.slice();
  matrix.forEach((v, j) => {
    plainReflect(v, beta[j]!, right, j);
  });
  const coef = new Array<number>(rank).fill(0);
  for (let j = rank - 1; j >= 0; j--) {
    let sum = right[j]!;
    for (let k = j + 1; k < rank; k++) sum -= matrix[k]![j]! * coef[k]!;
    coef[j] = sum / diagonal[j]!;
  }
  let squares = 0;
  for (let i = rank; i < n; i++) squares += right[i]! * right[i]!;
  const total = plainStd(y) ** 2 * (n - 1);
  const residualStd = Math.sqrt(squares / (n - rank));
  const stderr = coef.map((_, j) => {
    const row: number[] = [];
    let length = 0;
    for (let k = 0; k < rank; k++) {
      let sum = k === j ? 1 : 0;
      for (let i = 0; i < k; i++) sum -= matrix[k]![i]! * row[i]!;
      row.push(sum / diagonal[k]!);
      length += row[k]! ** 2;
    }
    return residualStd * Math.sqrt(length);
  });
  return { coef, stderr, rSquared: 1 - squares / total, residualStd };
}

/** Levels of the pooled blocks. */
export function plainIsotonic(scores: Float64Array, outcomes: Float64Array): number[] {
  const points = Array.from(scores, (score, i) => ({ score, outcome: outcomes[i]! }));
  points.sort((a, b) => a.score - b.score);
  const blocks: { sum: number; weight: number }[] = [];
  for (let i = 0; i < points.length; i++) {
    const { score } = points[i]!;
    const block = { sum: points[i]!.outcome, weight: 1 };
    while (points[i + 1]?.score === score) {
      block.sum += points[++i]!.outcome;
      block.weight++;
    }
    for (let last = blocks.at(-1); last && last.sum * block.weight >= block.sum * last.weight; last = blocks.at(-1)) {
      block.sum += last.sum;
      block.weight += last.weight;
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks.map(({ sum, weight }) => sum / weight);
}
