/**
 * β of a pair by every method, on one sample (SPEC §5). Which of them is used is the core's decision (`core/sizing/beta.ts`).
 *
 *     ols        slope of log prices, with a constant
 *     returns    EWMA minimum variance of log returns, λ 0.99
 *     johansen   of the first cointegrating vector, where the trace test finds exactly one at 5 %
 */
import { chooseBeta, SPAN_DAYS_WISHED } from "../core/sizing/beta.ts";
import { ewmaBeta, johansen, johansenHedgeRatio, ols, StatsError } from "../stats/index.ts";
import { type LogPair, logPair } from "./candles.ts";
import { DAY_MS, dateOf, pairName, rowsOf } from "./sample.ts";
import { AnalysisError, type Computation, type PairTask } from "./task.ts";

const LAMBDA = 0.99;
/** Order of the vector autoregression in levels; the constant is restricted to the cointegration space. */
const LAGS = 2;
/** A short sample is estimated again once it may have doubled, though not sooner than that. */
const AGAIN_MS_MIN = DAY_MS;

export const hedgeRatio: Computation<PairTask> = {
  name: ({ asset, hedge }, core) => `beta ${pairName(core, asset, hedge)}`,
  needs: ({ asset, hedge }, { intervalMs, spanMs }) =>
    [asset, hedge].map((instrument) => ({ instrument, intervalMs, spanMs })),
  compute({ asset, hedge }, { terms, memory, candles }) {
    const pair = logPair(candles[0]!, candles[1]!);
    const rows = rowsOf(pair, terms.rowsMin);
    const found = estimateBeta(pair);
    const [fromMs, toMs] = [pair.timestampMs[0]!, pair.timestampMs[rows - 1]! + pair.intervalMs];
    const spanDays = Math.round(((toMs - fromMs) / DAY_MS) * 100) / 100;
    const analysis = {
      kind: "beta",
      asset,
      hedge,
      ...found,
      spanDays,
      basis: {
        sample: pair.from,
        method: `ols of log prices, EWMA ${LAMBDA} of returns, Johansen with ${LAGS} lags, bars of ${pair.intervalMs} ms`,
        rows,
        fromMs,
        toMs,
      },
    } as const;
    const used = memory.beta(asset, hedge);
    const choice = used === undefined ? null : chooseBeta(used.rule, used.fixed, analysis);
    const short = spanDays < SPAN_DAYS_WISHED ? ` (${SPAN_DAYS_WISHED} are wished)` : "";
    return {
      analyses: [analysis],
      words:
        `${choice === null ? "no estimate is fit for use" : `${choice.method} ${choice.value}: ${choice.why}`}; ols ${found.ols}, returns ` +
        `${found.returns}, johansen ${found.johansen}, rank ${found.cointegrationRank}; ${rows} bars, ${spanDays} days${short} to ${dateOf(toMs)}`,
      ...(spanDays < SPAN_DAYS_WISHED && { againMs: Math.max(AGAIN_MS_MIN, toMs - fromMs) }),
    };
  },
};

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

/** The half of a sample's error that is the sample's own. */
export const asSampleError = (cause: unknown): unknown =>
  cause instanceof StatsError ? new AnalysisError("SAMPLE_BAD", `${cause.code}: ${cause.message}`) : cause;
