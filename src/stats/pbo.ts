/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado & Zhu 2017).
 *
 * The sample is cut into blocks; every half of them trains once and is tested on the other half. PBO is the share of splits in which
 * the trial that was best in training comes out at or below the median. Never read it without deflatedSharpe: trials that all lose,
 * but always in the same order, have a PBO near 0.
 */
import type { SliceOptions } from "./correlation.ts";
import { StatsError } from "./error.ts";
import { compute, type Sample } from "./runtime.ts";

export interface PboOptions extends SliceOptions {
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

export const BLOCKS_MAX = 20;

/**
 * `trials` are return series per observation, at least 2 of equal length, at least 2 rows per block. The criterion is the Sharpe
 * ratio (ddof 1); a half without variation counts as 0 when its mean is 0, else as an infinity of the mean's sign.
 * TOO_FEW_POINTS, LENGTH_MISMATCH, NOT_FINITE, BAD_ARGUMENT; CONSTANT for a trial that never varies, which has no ratio anywhere.
 */
export function pbo(trials: readonly Sample[], options: PboOptions = {}): PboResult {
  const blocks = options.blocks ?? 16;
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
  const rowsDropped = rows - blocks * blockRows;
  const masks = halvesOf(blocks);
  return compute((kernels, arena) => {
    const means = arena.reserve(trials.length * blocks);
    const squares = arena.reserve(trials.length * blocks);
    const column = arena.reserve(rows);
    trials.forEach((trial, index) => {
      const field = `trials[${index}]`;
      if (trial.length !== rows) {
        const why = `has ${trial.length} points, trials[0] has ${rows}`;
        throw new StatsError("LENGTH_MISMATCH", field, why, trial.length, rows);
      }
      arena.copyTo(column, trial, field);
      if (trial.every((value) => value === trial[0])) throw new StatsError("CONSTANT", field, "never varies");
      // A Sharpe ratio has no unit, so each trial is scaled on its own.
      kernels.normalise(column, rows);
      const at = index * blocks * 8;
      kernels.blockMoments(column + rowsDropped * 8, blocks, blockRows, means + at, squares + at);
    });
    const scratch = arena.reserve(trials.length);
    const out = arena.reserve(4);
    const splits = masks.map((mask) => {
      kernels.scoreSplit(means, squares, trials.length, blocks, blockRows, mask, scratch, out);
      options.pause?.();
      return { trained: arena.read(out, 1), tested: arena.read(out, 2), rank: arena.read(out, 3) };
    });
    const middle = (trials.length + 1) / 2;
    return {
      // By rank, which is exact: a logarithm of 1 may not be.
      pbo: splits.filter(({ rank }) => rank <= middle).length / splits.length,
      logits: splits.map(({ rank }) => Math.log(rank / (trials.length + 1 - rank)) + 0),
      lossProbability: splits.filter(({ tested }) => tested < 0).length / splits.length,
      degradation: slopeOf(splits),
      blockRows,
      rowsDropped,
    };
  });
}

/** Every mask of `blocks` bits of which half are set, ascending (Gosper's hack). */
function halvesOf(blocks: number): number[] {
  const masks: number[] = [];
  let mask = 2 ** (blocks / 2) - 1;
  while (mask < 2 ** blocks) {
    masks.push(mask);
    const lowest = mask & -mask;
    const ripple = mask + lowest;
    mask = (((mask ^ ripple) >>> 2) / lowest) | ripple;
  }
  return masks;
}

function slopeOf(splits: readonly { trained: number; tested: number }[]): number | undefined {
  const count = splits.length;
  const meanX = splits.reduce((sum, { trained }) => sum + trained, 0) / count;
  const meanY = splits.reduce((sum, { tested }) => sum + tested, 0) / count;
  let products = 0;
  let squares = 0;
  for (const { trained, tested } of splits) {
    products += (trained - meanX) * (tested - meanY);
    squares += (trained - meanX) ** 2;
  }
  return squares > 0 && Number.isFinite(products / squares) ? products / squares : undefined;
}
