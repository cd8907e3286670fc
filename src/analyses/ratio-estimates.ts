/**
 * Estimates of β by every method, on one sample (SPEC §5).
 *
 *     ols        slope of log prices, with a constant
 *     returns    EWMA minimum variance of log returns, λ 0.99
 *     johansen   of the first cointegrating vector, where the trace test finds exactly one at 5 %
 */
import { ewmaBeta, johansen, johansenHedgeRatio, ols, StatsError } from "../stats/index.ts";
import type { LogPair } from "./candles.ts";

export const LAMBDA = 0.99;
/** Order of the vector autoregression in levels; the constant is restricted to the cointegration space. */
export const LAGS = 2;

export interface RatioEstimates {
  readonly ols: number;
  readonly returns: number;
  readonly johansen: number;
  readonly cointegrationRank: number;
  readonly rankTest: string;
}

/** NaN for a method that has no estimate on this sample. */
export function estimateBeta({ y, x }: Pick<LogPair, "y" | "x">): RatioEstimates {
  const ratios = ewmaBeta(differences(y), differences(x), { lambda: LAMBDA });
  return {
    ols: orNaN(() => ols(y, [x]).coef[1]!),
    returns: ratios.at(-1) ?? Number.NaN,
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
