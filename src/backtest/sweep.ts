/**
 * What a parameter sweep is worth: the best of many trials is good by luck first, so its record is deflated by their number, the
 * chance that choosing overfits is estimated, and the choice is repeated as it could have been made at the time.
 *
 * Walk-forward: periods are cut into FOLDS + 1 parts; before each part but the first the trial that was best on everything up to
 * there is chosen, and its profits in the part count. A trial keeps its positions across a part's border; changing from one trial
 * to another costs nothing here, which flatters the result by at most one round trip per fold.
 */
import { deflatedSharpe } from "../stats/deflated-sharpe.ts";
import { StatsError } from "../stats/error.ts";
import { pbo } from "../stats/pbo.ts";
import { runTrials } from "./analysis-pool.ts";
import type { PairsTerms } from "./pairs-terms.ts";
import { Moments } from "./sums.ts";
import { expandGrid, type Trial } from "./sweep-grid.ts";
import type { Periods, TrialResult } from "./sweep-trial.ts";

/** Periods at most: enough for every statistic here, whatever the run's length. */
export const PERIODS_MAX = 4096;
/** Parts of the walk-forward in which a choice is tested. */
export const FOLDS = 5;
const BLOCKS = 16;

export interface SweepTrial {
  readonly varied: Trial["varied"];
  readonly trades: number;
  readonly final_equity: number;
  /** Hedged, over the common periods; null where nothing varies. */
  readonly sharpe_per_year: number | null;
}

export interface SweepFold {
  /** Index of the trial that was best before the part. */
  readonly chosen: number;
  readonly sharpe_per_year_before: number;
  readonly sharpe_per_year_in: number | null;
  readonly profit_in: number;
}

export interface SweepReport {
  readonly trials: readonly SweepTrial[];
  readonly periods: { readonly first_bar: number; readonly bars_each: number; readonly count: number };
  /** Null where no trial has a ratio. */
  readonly best: {
    readonly trial: number;
    readonly sharpe_per_year: number;
    /** Probability that its true ratio is above 0, given that it is the best of this many; null where undefined. */
    readonly dsr: number | null;
    /** Ratio per year that the best of as many worthless trials would show. */
    readonly luck_per_year: number | null;
  } | null;
  readonly overfitting: {
    /** Probability that the best in one half of the data is below the median in the other; null where undefined. */
    readonly pbo: number | null;
    readonly loss_probability: number | null;
    readonly blocks: number;
  };
  readonly walk_forward: {
    readonly folds: readonly SweepFold[];
    readonly profit: number;
    readonly sharpe_per_year: number | null;
  } | null;
}

export interface SweepRequest {
  readonly primary: string;
  readonly hedge: string;
  readonly base: PairsTerms;
  /** As `expandGrid` reads it. */
  readonly grid: string;
  /** Aligned bars of the two files. */
  readonly rows: number;
  readonly barsPerYear: number;
}

/** GRID_BAD; BarsError by its message, as it comes from a thread. `onDone` hears how many trials of how many are done. */
export async function sweepPairs(
  { primary, hedge, base, grid, rows, barsPerYear }: SweepRequest,
  onDone: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<SweepReport> {
  const trials = expandGrid(grid, base);
  const periods = periodsOf(trials, rows);
  const tasks = trials.map(({ terms }) => ({ primary, hedge, terms, periods }));
  const results = await runTrials(tasks, (done) => onDone(done, tasks.length), signal);
  return judgeSweep(trials, results, periods, barsPerYear / periods.barsEach);
}

/** Of bars at which every trial has a score; fewer than two periods where windows are too long for the file. */
export function periodsOf(trials: readonly Trial[], rows: number): Periods {
  const firstBar = Math.max(...trials.map(({ terms }) => terms.betaWindow + terms.lookback - 1));
  const bars = Math.max(rows - firstBar, 0);
  const barsEach = Math.max(1, Math.ceil(bars / PERIODS_MAX));
  return { firstBar, barsEach, count: Math.floor(bars / barsEach) };
}

/** Pure: the same trials and profits give the same report. */
export function judgeSweep(
  trials: readonly Trial[],
  results: readonly TrialResult[],
  periods: Periods,
  periodsPerYear: number,
): SweepReport {
  const yearly = Math.sqrt(periodsPerYear);
  const sharpes = results.map(({ profits }) => sharpeOf(profits));
  return {
    trials: trials.map(({ varied }, at) => ({
      varied,
      trades: results[at]!.trades,
      final_equity: results[at]!.finalEquity,
      sharpe_per_year: defined(sharpes[at]! * yearly),
    })),
    periods: { first_bar: periods.firstBar, bars_each: periods.barsEach, count: periods.count },
    best: bestOf(results, sharpes, yearly),
    overfitting: overfittingOf(results, sharpes),
    walk_forward: walkForward(results, periods.count, yearly),
  };
}

function bestOf(results: readonly TrialResult[], sharpes: readonly number[], yearly: number): SweepReport["best"] {
  const trial = indexOfMost(sharpes);
  if (trial === -1) return null;
  const spread = new Moments();
  for (const sharpe of sharpes) if (Number.isFinite(sharpe)) spread.add(sharpe);
  const selection = { trials: results.length, sharpeVariance: spread.count < 2 ? 0 : spread.variance() };
  const record = orNull(() => deflatedSharpe(results[trial]!.profits, selection));
  return {
    trial,
    sharpe_per_year: sharpes[trial]! * yearly,
    dsr: record?.dsr ?? null,
    luck_per_year: record === null ? null : record.sr0 * yearly,
  };
}

/** A trial that never traded has no ratio and cannot be chosen, so it takes no part. */
function overfittingOf(results: readonly TrialResult[], sharpes: readonly number[]): SweepReport["overfitting"] {
  const traded = results.filter((_, at) => Number.isFinite(sharpes[at]!));
  const found = orNull(() =>
    pbo(
      traded.map(({ profits }) => profits),
      { blocks: BLOCKS },
    ),
  );
  return { pbo: found?.pbo ?? null, loss_probability: found?.lossProbability ?? null, blocks: BLOCKS };
}

function walkForward(results: readonly TrialResult[], count: number, yearly: number): SweepReport["walk_forward"] {
  const part = Math.floor(count / (FOLDS + 1));
  if (part < 2) return null;
  const folds: SweepFold[] = [];
  const taken: number[] = [];
  for (let fold = 1; fold <= FOLDS; fold++) {
    const [from, to] = [fold * part, fold === FOLDS ? count : (fold + 1) * part];
    const before = results.map(({ profits }) => sharpeOf(profits.subarray(0, from)));
    const chosen = indexOfMost(before);
    if (chosen === -1) return null;
    const inside = results[chosen]!.profits.subarray(from, to);
    taken.push(...inside);
    folds.push({
      chosen,
      sharpe_per_year_before: before[chosen]! * yearly,
      sharpe_per_year_in: defined(sharpeOf(inside) * yearly),
      profit_in: inside.reduce((sum, profit) => sum + profit, 0),
    });
  }
  const profit = folds.reduce((sum, { profit_in }) => sum + profit_in, 0);
  return { folds, profit, sharpe_per_year: defined(sharpeOf(Float64Array.from(taken)) * yearly) };
}

/** Per period; NaN where nothing varies. */
function sharpeOf(profits: Float64Array): number {
  const moments = new Moments();
  for (const profit of profits) moments.add(profit);
  const variance = moments.variance();
  return variance > 0 ? moments.mean() / Math.sqrt(variance) : Number.NaN;
}

/** The first of equals; -1 where there is no number. */
function indexOfMost(values: readonly number[]): number {
  let most = -1;
  for (const [at, value] of values.entries()) {
    if (Number.isFinite(value) && (most === -1 || value > values[most]!)) most = at;
  }
  return most;
}

function orNull<T>(statistic: () => T): T | null {
  try {
    return statistic();
  } catch (error) {
    if (error instanceof StatsError) return null;
    throw error;
  }
}

function defined(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
