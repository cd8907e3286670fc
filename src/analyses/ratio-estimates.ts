/**
 * Estimates of β by every method, on one sample (SPEC §5).
 *
 *     ols        slope of log prices, with a constant
 *     returns    EWMA minimum variance of log returns, λ 0.99
 *     combined   mean of `returns` and of the minimum variance of the whole sample's log returns: a short memory follows a ratio
 *                that moves, a long one does not follow noise, and equal weights need no estimate of their own (Bates and
 *                Granger 1969, Operational Research Quarterly 20:451)
 *     johansen   of the first cointegrating vector, where the trace test finds exactly one at 5 %
 */
import { ewmaBeta, johansen, johansenHedgeRatio, minimumVarianceRatio, ols, StatsError } from "../stats/index.ts";
import type { LogPair } from "./candles.ts";

export const LAMBDA = 0.99;
/** Order of the vector autoregression in levels; the constant is restricted to the cointegration space. */
export const LAGS = 2;

export interface RatioEstimates {
  readonly ols: number;
  readonly returns: number;
  readonly combined: number;
  readonly johansen: number;
  readonly cointegrationRank: number;
  readonly rankTest: string;
}

/** NaN for a method that has no estimate on this sample. */
export function estimateBeta({ y, x }: Pick<LogPair, "y" | "x">): RatioEstimates {
  const [dy, dx] = [differences(y), differences(x)];
  const returns = ewmaBeta(dy, dx, { lambda: LAMBDA }).at(-1) ?? Number.NaN;
  return {
    ols: orNaN(() => ols(y, [x]).coef[1]!),
    returns,
    combined: (returns + orNaN(() => minimumVarianceRatio(dy, dx).ratio)) / 2,
    ...estimateJohansen(y, x),
  };
}

function estimateJohansen(
  y: Float64Array,
  x: Float64Array,
): Pick<RatioEstimates, "johansen" | "cointegrationRank" | "rankTest"> {
  try {
    const rows = Array.from(y, (value, t) => [value, x[t]!]);
    const result = johansen(rows, { det: "const", lags: LAGS });
    const rankTest = `Johansen's trace test at 5 %, ${result.case}, ${result.table}`;
    return { johansen: johansenHedgeRatio(result).ratio ?? Number.NaN, cointegrationRank: result.rank ?? 0, rankTest };
  } catch (cause) {
    if (!(cause instanceof StatsError)) throw cause;
    return { johansen: Number.NaN, cointegrationRank: 0, rankTest: `Johansen's trace test (${cause.code})` };
  }
}

function orNaN(estimate: () => number): number {
  try {
    return estimate();
  } catch (cause) {
    if (cause instanceof StatsError) return Number.NaN;
    throw cause;
  }
}

function differences(levels: Float64Array): Float64Array {
  return levels.subarray(1).map((level, t) => level - levels[t]!);
}
