/**
 * A pairs backtest as one JSON document: the reference study's keys, and beside them what it was made from and what it is worth.
 *
 * The same inputs and terms give the same bytes: nothing here depends on when or how fast it ran.
 */
import { basename, extname } from "node:path";
import { deflatedSharpe } from "../stats/deflated-sharpe.ts";
import { StatsError } from "../stats/error.ts";
import type { BarFileCounts } from "./bar-file.ts";
import type { CurveShape } from "./curve.ts";
import type { PairsResult } from "./effectiveness.ts";
import type { PairsOutcome } from "./pairs.ts";
import type { PairsTerms } from "./pairs-terms.ts";
import type { SweepReport } from "./sweep.ts";
import { pairsVerdicts, TRADES_NEEDED, type Verdict } from "./verdicts.ts";

/** A leg's file: what was in it, and bars that the other file does not have. */
export interface LegInput extends BarFileCounts {
  readonly dropped_bars: number;
}

/** The track record against luck: `dsr` is the probability that the true Sharpe ratio is above 0. Null where undefined. */
export interface SharpeRecord {
  readonly trials: number;
  readonly observations: number;
  readonly sharpe_per_bar: number | null;
  readonly skew: number | null;
  readonly kurtosis: number | null;
  readonly dsr: number | null;
}

export interface PairsDocument {
  readonly engine: { readonly name: string; readonly version: string };
  readonly pair: string;
  readonly y: string;
  readonly x: string;
  /** Aligned bars. */
  readonly rows: number;
  readonly W: number;
  readonly L: number;
  readonly bars_per_year: number;
  readonly C0: number;
  readonly N: number;
  readonly entry: number;
  readonly exit: number;
  readonly stop: number;
  readonly intensity: number;
  readonly interval_ms: number;
  readonly costs: { readonly fee_bps: number; readonly slippage_bps: number; readonly charged_on: string };
  readonly inputs: { readonly primary: LegInput; readonly hedge: LegInput };
  readonly dropped_bars: number;
  readonly stale_bars: number;
  /** Bars from the first score on without beta or z: they decided nothing. */
  readonly undefined_bars: number;
  /** Exactly one. */
  readonly runs: { readonly run: PairsResult };
  readonly verdicts: {
    readonly trades_needed: number;
    readonly enough_trades: boolean;
    readonly all_met: boolean;
    readonly metrics: readonly Verdict[];
  };
  readonly deflated_sharpe: { readonly hedged: SharpeRecord; readonly unhedged: SharpeRecord };
  readonly liquidation: { readonly rate: null; readonly why: string };
  /** Only where parameters were swept; `runs` is the run of the terms that were given, not the sweep's best. */
  readonly sweep?: SweepReport;
}

export interface PairsDocumentParts {
  readonly version: string;
  readonly terms: PairsTerms;
  readonly primary: LegInput;
  readonly hedge: LegInput;
  readonly outcome: PairsOutcome;
  readonly sweep: SweepReport | null;
}

export function pairsDocument({ version, terms, primary, hedge, outcome, sweep }: PairsDocumentParts): PairsDocument {
  const { rows, barsPerYear, intervalMs, undefinedBars, result, hedgedShape, unhedgedShape } = outcome;
  const [y, x] = [nameOf(primary.file), nameOf(hedge.file)];
  const metrics = pairsVerdicts(result);
  return {
    engine: { name: "outrigger", version },
    pair: `${y} / ${x}`,
    y,
    x,
    rows,
    W: terms.betaWindow,
    L: terms.lookback,
    bars_per_year: barsPerYear,
    C0: terms.capital,
    N: terms.notional,
    entry: terms.entry,
    exit: terms.exit,
    stop: terms.stop,
    intensity: terms.intensity,
    interval_ms: intervalMs,
    costs: {
      fee_bps: inBps(terms.fee),
      slippage_bps: inBps(terms.slippage),
      charged_on: "every fill of both legs",
    },
    inputs: { primary, hedge },
    dropped_bars: primary.dropped_bars + hedge.dropped_bars,
    stale_bars: primary.stale_bars + hedge.stale_bars,
    undefined_bars: undefinedBars,
    runs: { run: result },
    verdicts: {
      trades_needed: TRADES_NEEDED,
      enough_trades: result.n_trades >= TRADES_NEEDED,
      all_met: metrics.every(({ verdict }) => verdict === "met"),
      metrics,
    },
    deflated_sharpe: { hedged: sharpeRecord(hedgedShape), unhedged: sharpeRecord(unhedgedShape) },
    liquidation: { rate: null, why: "both legs are paid in full: there is no margin to lose" },
    ...(sweep === null ? {} : { sweep }),
  };
}

/** A share in basis points, without the digits that the division by 10,000 left. */
export function inBps(share: number): number {
  return Number((share * 10_000).toPrecision(12));
}

/** Of one curve taken alone. */
export function sharpeRecord({ observations, sharpe, skew, kurtosis }: CurveShape): SharpeRecord {
  const defined = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    trials: 1,
    observations,
    sharpe_per_bar: defined(sharpe),
    skew: defined(skew),
    kurtosis: defined(kurtosis),
    dsr: dsrOf({ observations, sharpe, skew, kurtosis }),
  };
}

function dsrOf(shape: CurveShape): number | null {
  if (![shape.sharpe, shape.skew, shape.kurtosis].every(Number.isFinite)) return null;
  try {
    return deflatedSharpe({ ...shape, trials: 1 }).dsr;
  } catch (error) {
    if (error instanceof StatsError) return null;
    throw error;
  }
}

function nameOf(file: string): string {
  return basename(file, extname(file));
}
