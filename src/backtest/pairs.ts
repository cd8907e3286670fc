/**
 * `backtest pairs`, without files: bars in, blocks with equities and trades out, and what it all came to.
 *
 * Constant memory: two blocks of bars, the kernels' windows, and sums. The time of the kernels, rules and sums is measured apart from
 * that of the source and of whoever takes the blocks, by the clock that is handed in.
 */
import { BarsError } from "./bars-error.ts";
import type { CurveShape } from "./curve.ts";
import { Effectiveness, type PairsResult } from "./effectiveness.ts";
import { IntervalCount } from "./interval-count.ts";
import { BarBlock, type BarSource } from "./joined-bars.ts";
import { PairsRun } from "./pairs-run.ts";
import { checkPairsTerms, type PairsTerms } from "./pairs-terms.ts";
import type { PairsTrade } from "./trade.ts";

/** A block of bars with what the run made of them; `bars.count` values of each. Valid until the next one is asked for. */
export interface PairsBlock {
  readonly bars: BarBlock;
  /** Joined index of the block's first bar. */
  readonly firstBar: number;
  /** Bars before this one of the block have no equity: the windows were not full. */
  readonly from: number;
  /** Quote equities at each close. */
  readonly hedged: Float64Array;
  readonly unhedged: Float64Array;
  /** NaN where undefined. */
  readonly beta: Float64Array;
  readonly z: Float64Array;
  /** Closed in this block. */
  readonly trades: readonly PairsTrade[];
}

export interface PairsOutcome {
  /** Aligned bars. */
  readonly rows: number;
  /** The most frequent one between aligned bars. */
  readonly intervalMs: number;
  readonly barsPerYear: number;
  /** Bars from the first score on at which beta or z is undefined: they decided nothing. */
  readonly undefinedBars: number;
  readonly result: PairsResult;
  readonly hedgedShape: CurveShape;
  readonly unhedgedShape: CurveShape;
  /** Spent in kernels, rules and sums. */
  readonly computeNs: number;
}

const YEAR_MS = 365 * 86_400_000;

/**
 * Runs the terms over a source. Each step is one block, so that whoever drives it may write, pause, show progress or stop.
 * PairsTermsError; BarsError TOO_FEW_BARS and LEGS_IDENTICAL at the end; what the source throws. `clockNs` is monotonic.
 */
export function* runPairs(
  source: BarSource,
  terms: PairsTerms,
  clockNs: () => bigint,
): Generator<PairsBlock, PairsOutcome, undefined> {
  checkPairsTerms(terms);
  const effectiveness = new Effectiveness(terms);
  const intervals = new IntervalCount();
  const ratio = new RatioRange();
  const run = new PairsRun(terms, effectiveness);
  let [bars, next] = [new BarBlock(), new BarBlock()];
  let rows = 0;
  let lastMs = Number.NaN;
  let computeNs = 0n;
  try {
    source.fill(bars);
    while (bars.count > 0) {
      source.fill(next);
      const started = clockNs();
      run.take(bars, next.count === 0);
      ratio.take(bars);
      for (let at = 0; at < bars.count; at++) {
        const timestampMs = bars.timestampMs[at]!;
        if (rows + at > 0) intervals.add(timestampMs - lastMs);
        lastMs = timestampMs;
      }
      computeNs += clockNs() - started;
      const { hedged, unhedged, from, closed: trades, spread } = run;
      yield { bars, firstBar: rows, from, hedged, unhedged, beta: spread.beta, z: spread.z, trades };
      rows += bars.count;
      [bars, next] = [next, bars];
    }
  } finally {
    run.end();
  }
  const needed = terms.betaWindow + terms.lookback - 1;
  if (rows < needed) {
    const what = `have ${rows} bars at the same times, ${needed} are needed for a first score`;
    throw new BarsError("TOO_FEW_BARS", "the two legs", null, what);
  }
  ratio.check();
  const intervalMs = intervals.mostFrequentMs()!;
  const barsPerYear = YEAR_MS / intervalMs;
  return {
    rows,
    intervalMs,
    barsPerYear,
    undefinedBars: effectiveness.undefinedBars,
    result: effectiveness.result(barsPerYear),
    hedgedShape: effectiveness.hedged.shape(),
    unhedgedShape: effectiveness.unhedged.shape(),
    computeNs: Number(computeNs),
  };
}

/** Closes of one leg whose ratio to the other's stays within this share of itself are the same instrument, rounded. */
const RATIO_RANGE_MIN = 1e-6;

/** How far the legs' price ratio ranges. */
class RatioRange {
  #least = Number.POSITIVE_INFINITY;
  #most = 0;

  take({ closeY, closeX, count }: BarBlock): void {
    for (let at = 0; at < count; at++) {
      const ratio = closeY[at]! / closeX[at]!;
      if (ratio < this.#least) this.#least = ratio;
      if (ratio > this.#most) this.#most = ratio;
    }
  }

  /** LEGS_IDENTICAL: what such legs would trade on is the rounding of their prices. */
  check(): void {
    if (this.#most - this.#least > RATIO_RANGE_MIN * this.#least) return;
    const what = `are one instrument up to a factor: their prices' ratio stays within ${this.#least}..${this.#most}`;
    throw new BarsError("LEGS_IDENTICAL", "the two legs", null, what);
  }
}
