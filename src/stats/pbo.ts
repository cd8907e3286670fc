/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado & Zhu 2017).
 *
 * The sample is cut into blocks; every half of them trains once and is tested on the other half. PBO is the share of splits in which
 * the trial that was best in training comes out at or below the median. Never read it without deflatedSharpe: trials that all lose,
 * but always in the same order, have a PBO near 0.
 */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import { computeInSlices, type Sample, type Work } from "./runtime.ts";
import { drain, LOOP_COST, Meter, SLICE_VALUES, type Slices } from "./sliced.ts";
import { copyIn, moments, normalise } from "./vectors.ts";

export interface PboOptions {
  /** Even, 2..BLOCKS_MAX, default 16: 12,870 splits. */
  readonly blocks?: number;
}

export interface PboResult {
  /** Share of splits with a logit of 0 or less. */
  readonly pbo: number;
  /** ln(w / (1 - w)) per split, w = rank of the training's best out of sample / (trials + 1); splits in order of their bit mask. */
  readonly logits: number[];
  /** Share of splits in which the training's best had a Sharpe ratio below 0 out of sample. */
  readonly lossProbability: number;
  /** Slope of its ratio out of sample on its ratio in training; undefined where ratios are infinite or do not vary. */
  readonly degradation: number | undefined;
  /** Rows per block. */
  readonly blockRows: number;
  /** Oldest rows, left out so that blocks are of equal length. */
  readonly rowsDropped: number;
}

const BLOCKS_MAX = 20;

/**
 * `trials` are return series per observation, at least 2 of equal length, at least 2 rows per block. The criterion is the Sharpe
 * ratio (ddof 1); a half without variation counts as 0 when its mean is 0, else as an infinity of the mean's sign.
 * TOO_FEW_POINTS, LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT; CONSTANT for a trial that never varies, which has no ratio anywhere.
 */
export function pbo(trials: readonly Sample[], options: PboOptions = {}): PboResult {
  return drain(pboSlices(trials, options));
}

/** pbo in slices. */
export function pboSlices(trials: readonly Sample[], options: PboOptions = {}): Slices<PboResult> {
  return computeInSlices(function* (work) {
    const { kernels, arena, meter } = work;
    const blocks = options.blocks ?? 16;
    const { blockRows, rowsDropped } = checkTrials(trials, blocks);
    const { means, squares } = yield* trialMoments(work, trials, blocks, blockRows);
    const count = trials.length;
    const [trained, tested, out] = [arena.reserve(count), arena.reserve(count), arena.reserve(4)];
    const run = Math.max(1, Math.floor(SLICE_VALUES / (12 * blocks)));
    const splits: Split[] = [];
    const logits: number[] = [];
    let overfit = 0;
    let lost = 0;
    for (let mask = firstHalf(blocks); mask < 2 ** blocks; mask = nextHalf(mask)) {
      for (let from = 0; from < count; from += run) {
        const to = Math.min(from + run, count);
        kernels.scoreTrials(means, squares, blocks, blockRows, mask, from, to, trained, tested);
        if (meter.due(12 * blocks * (to - from))) yield;
      }
      kernels.rankSplit(trained, tested, count, out);
      const split = { trained: arena.read(out, 1), tested: arena.read(out, 2) };
      const rank = arena.read(out, 3);
      splits.push(split);
      logits.push(Math.log(rank / (count + 1 - rank)) + 0);
      // By rank, which is exact: a logarithm of 1 may not be.
      if (rank <= (count + 1) / 2) overfit++;
      if (split.tested < 0) lost++;
      if (meter.due(count + 10 * LOOP_COST)) yield;
    }
    return {
      pbo: overfit / splits.length,
      logits,
      lossProbability: lost / splits.length,
      degradation: yield* slopeOf(splits),
      blockRows,
      rowsDropped,
    };
  });
}

interface Split {
  readonly trained: number;
  readonly tested: number;
}

function checkTrials(trials: readonly Sample[], blocks: number): { blockRows: number; rowsDropped: number } {
  if (!(Number.isInteger(blocks) && blocks % 2 === 0 && blocks >= 2 && blocks <= BLOCKS_MAX)) {
    const why = `must be an even number of 2..${BLOCKS_MAX}`;
    throw new StatsError("BAD_ARGUMENT", "blocks", why, blocks, BLOCKS_MAX);
  }
  if (trials.length < 2) {
    throw new StatsError("TOO_FEW_POINTS", "trials", `are ${trials.length}, 2 are needed`, trials.length, 2);
  }
  const rows = trials[0]!.length;
  const blockRows = Math.floor(rows / blocks);
  if (blockRows < 2) {
    throw new StatsError("TOO_FEW_POINTS", "trials[0]", `has ${rows} points, blocks need two each`, rows, 2 * blocks);
  }
  return { blockRows, rowsDropped: rows - blocks * blockRows };
}

/** Means and squares of every block, trial after trial. */
function* trialMoments(
  work: Work,
  trials: readonly Sample[],
  blocks: number,
  blockRows: number,
): Slices<{ readonly means: Reals; readonly squares: Reals }> {
  const { kernels, arena, meter } = work;
  const rows = trials[0]!.length;
  const means = arena.reserve(trials.length * blocks);
  const squares = arena.reserve(trials.length * blocks);
  const column = arena.reserve(rows);
  for (const [index, trial] of trials.entries()) {
    const field = `trials[${index}]`;
    if (trial.length !== rows) {
      const why = `has ${trial.length} points, trials[0] has ${rows}`;
      throw new StatsError("LENGTH_MISMATCH", field, why, trial.length, rows);
    }
    yield* copyIn(work, trial, field, column);
    // A Sharpe ratio has no unit, so each trial is scaled on its own.
    yield* normalise(work, column, rows);
    if ((yield* moments(work, column, rows)).squares === 0) throw new StatsError("CONSTANT", field, "never varies");
    for (let block = 0; block < blocks; block++) {
      const from = column + (rows - (blocks - block) * blockRows) * 8;
      const at = (index * blocks + block) * 8;
      kernels.blockMoments(from, 1, blockRows, means + at, squares + at);
      if (meter.due(4 * blockRows)) yield;
    }
  }
  return { means, squares };
}

/** Lowest mask of `blocks` bits of which half are set, and the next higher one (Gosper's hack). */
const firstHalf = (blocks: number): number => 2 ** (blocks / 2) - 1;
function nextHalf(mask: number): number {
  const lowest = mask & -mask;
  const ripple = mask + lowest;
  return (((mask ^ ripple) >>> 2) / lowest) | ripple;
}

function* slopeOf(splits: readonly Split[]): Slices<number | undefined> {
  const meter = new Meter();
  const count = splits.length;
  let sumX = 0;
  let sumY = 0;
  for (const { trained, tested } of splits) {
    sumX += trained;
    sumY += tested;
    if (meter.due(LOOP_COST)) yield;
  }
  const [meanX, meanY] = [sumX / count, sumY / count];
  let products = 0;
  let squares = 0;
  for (const { trained, tested } of splits) {
    products += (trained - meanX) * (tested - meanY);
    squares += (trained - meanX) ** 2;
    if (meter.due(LOOP_COST)) yield;
  }
  return squares > 0 && Number.isFinite(products / squares) ? products / squares : undefined;
}
