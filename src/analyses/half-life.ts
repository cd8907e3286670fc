/**
 * Half-life of a reversion's spread, in the bars of its z-score: of ln primary − β · ln hedge with the β that the core uses,
 * by the Ornstein-Uhlenbeck process (stats/half-life.ts).
 *
 * Bars of the history that are longer than the reversion's own are counted in them: the half-life of a continuous process
 * does not depend on how often one looks.
 */
import { halfLife } from "../stats/index.ts";
import { logPair } from "./candles.ts";
import { asSampleError, dateOf, pairName, rowsOf } from "./sample.ts";
import type { Computation, HalfLifeTask } from "./task.ts";

/** The shortest candles there are. */
const INTERVAL_MS_MIN = 60_000;

export const spreadHalfLife: Computation<HalfLifeTask> = {
  name({ reversion }, core) {
    const { primary, hedge } = core.reversions[reversion]!;
    return `half-life ${pairName(core, primary, hedge)}`;
  },
  needs({ reversion }, { core, halfLifeRows }) {
    const { primary, hedge, barMs } = core.reversions[reversion]!;
    const intervalMs = Math.max(INTERVAL_MS_MIN, barMs);
    return [primary, hedge].map((instrument) => ({ instrument, intervalMs, spanMs: halfLifeRows * intervalMs }));
  },
  compute({ reversion }, { terms, memory, candles }) {
    const { primary, hedge, barMs, beta: configured } = terms.core.reversions[reversion]!;
    const pair = logPair(candles[0]!, candles[1]!);
    const rows = rowsOf(pair, terms.rowsMin);
    const beta = memory.beta(primary, hedge)?.value ?? configured;
    const spread = pair.y.map((y, t) => y - beta * pair.x[t]!);
    const found = halfLifeOf(spread);
    const bars = found.halfLife === undefined ? Number.NaN : (found.halfLife * pair.intervalMs) / barMs;
    const [fromMs, toMs] = [pair.timestampMs[0]!, pair.timestampMs[rows - 1]! + pair.intervalMs];
    const method = `Ornstein-Uhlenbeck of the spread with β ${beta}, bars of ${pair.intervalMs} ms`;
    return {
      analyses: [
        { kind: "halfLife", asset: primary, hedge, bars, basis: { sample: pair.from, method, rows, fromMs, toMs } },
      ],
      words:
        `${found.halfLife === undefined ? `none: ${found.reason}` : `${bars} bars of ${barMs} ms`} with β ${beta}; ` +
        `${rows} bars of ${pair.intervalMs} ms to ${dateOf(toMs)}`,
    };
  },
};

function halfLifeOf(spread: Float64Array): ReturnType<typeof halfLife> {
  try {
    return halfLife(spread);
  } catch (cause) {
    throw asSampleError(cause);
  }
}
