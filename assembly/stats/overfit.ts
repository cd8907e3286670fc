/**
 * Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado & Zhu 2017). Portable.
 *
 * A trial's returns are cut into `blocks` blocks of equal length; a split is a bit mask of the half of them that trains. Means and
 * squares are kept per block, so a split costs O(trials * blocks) however long the sample. A caller may stop between any splits.
 */

/** Mean of each block of x to `means`, sum of squares around it to `squares`. Equal values give exact zeros. */
export function blockMoments(x: Reals, blocks: i32, rows: i32, means: Reals, squares: Reals): void {
  for (let block: i32 = 0; block < blocks; block++) {
    const from = realsFrom(x, block * rows);
    const first: f64 = real(from, 0);
    let sum: f64 = 0.0;
    for (let at: i32 = 0; at < rows; at++) sum += real(from, at) - first;
    const offset: f64 = sum / rows;
    let square: f64 = 0.0;
    for (let at: i32 = 0; at < rows; at++) {
      const deviation: f64 = real(from, at) - first - offset;
      square += deviation * deviation;
    }
    putReal(means, block, first + offset);
    putReal(squares, block, square);
  }
}

/**
 * Sharpe ratio (ddof 1) of the blocks whose bit of `mask` equals `bit`. A half without variation has no ratio: 0 where its mean is
 * 0 (a trial that did not trade), else an infinity of the mean's sign. `means` and `squares` are one trial's.
 */
export function halfSharpe(means: Reals, squares: Reals, blocks: i32, rows: i32, mask: i32, bit: i32): f64 {
  let first: f64 = NaN;
  let sum: f64 = 0.0;
  let taken: i32 = 0;
  for (let block: i32 = 0; block < blocks; block++) {
    if (((mask >> block) & 1) != bit) continue;
    if (taken == 0) first = real(means, block);
    sum += real(means, block) - first;
    taken++;
  }
  const mean: f64 = first + sum / taken;
  let within: f64 = 0.0;
  let between: f64 = 0.0;
  for (let block: i32 = 0; block < blocks; block++) {
    if (((mask >> block) & 1) != bit) continue;
    const deviation: f64 = real(means, block) - mean;
    within += real(squares, block);
    between += deviation * deviation;
  }
  const square: f64 = within + between * rows;
  if (square == 0.0) return mean == 0.0 ? 0.0 : mean * Infinity;
  return mean / Math.sqrt(square / (taken * rows - 1));
}

/**
 * One split: ratios of trials from..to - 1 in training and out of sample. `means` and `squares` hold the trials one after the other.
 */
export function scoreTrials(
  means: Reals,
  squares: Reals,
  blocks: i32,
  rows: i32,
  mask: i32,
  from: i32,
  to: i32,
  trained: Reals,
  tested: Reals,
): void {
  for (let trial: i32 = from; trial < to; trial++) {
    const ownMeans = realsFrom(means, trial * blocks);
    const ownSquares = realsFrom(squares, trial * blocks);
    putReal(trained, trial, halfSharpe(ownMeans, ownSquares, blocks, rows, mask, 1));
    putReal(tested, trial, halfSharpe(ownMeans, ownSquares, blocks, rows, mask, 0));
  }
}

/**
 * The trial that was best in training (the first of equals), and where it came out of sample. To `out`: its index, its ratio in and
 * out of sample, and its rank out of sample, 1 the worst and `trials` the best, equals sharing their middle rank.
 */
export function rankSplit(trained: Reals, tested: Reals, trials: i32, out: Reals): void {
  let best: i32 = 0;
  for (let trial: i32 = 1; trial < trials; trial++) if (real(trained, trial) > real(trained, best)) best = trial;
  const outOfSample: f64 = real(tested, best);
  let below: f64 = 0.0;
  let equal: f64 = 0.0;
  for (let trial: i32 = 0; trial < trials; trial++) {
    const ratio: f64 = real(tested, trial);
    if (ratio < outOfSample) below += 1.0;
    else if (ratio == outOfSample) equal += 1.0;
  }
  putReal(out, 0, best);
  putReal(out, 1, real(trained, best));
  putReal(out, 2, outOfSample);
  putReal(out, 3, below + (equal + 1.0) * 0.5);
}
