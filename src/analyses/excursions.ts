/**
 * Maximum adverse excursion of past positions (S2): the worst that the price did against each of them while it was held or
 * was to be held, as a fraction of the entry price. The 95th percentile is what `insurance` hedges.
 */
import { EXCURSIONS_FROM } from "../core/sizing/insurance.ts";
import { maeQuantile } from "../stats/index.ts";
import { type Candles, firstFrom } from "./candles.ts";
import type { Exposure } from "./memory.ts";
import type { AnalysisTerms, CandleNeed, Computation, ExcursionsTask } from "./task.ts";
import { timeframeWithin } from "./timeframes.ts";

const PERCENTILE = 0.95;
/** Positions that are looked at, the newest. */
const EXPOSURES_MAX = 1000;
/** A position is seen through at least so many candles, where there are such short ones. */
const CANDLES_EACH = 20;

export const adverseExcursions: Computation<ExcursionsTask> = {
  name: ({ asset }, { directory }) => `excursions ${directory.instruments[asset]?.symbol}`,
  needs({ instrument }, terms, memory, nowMs) {
    const ended = endedOf(memory.exposures, instrument, nowMs);
    return ended.length < EXCURSIONS_FROM ? [] : [pathNeed(instrument, ended, terms, nowMs)];
  },
  compute({ asset, instrument }, { candles, memory, nowMs }) {
    const ended = endedOf(memory.exposures, instrument, nowMs);
    const [path] = candles;
    if (path === undefined) return { analyses: [], words: `${ended.length} of ${EXCURSIONS_FROM} positions` };
    const found: number[] = [];
    for (const { sign, entryPrice, fromMs, toMs } of ended) {
      const worst = worstWithin(path, sign, entryPrice, fromMs, toMs);
      if (!Number.isNaN(worst)) found.push(worst);
    }
    const rows = found.length;
    if (rows < EXCURSIONS_FROM) {
      return { analyses: [], words: `${rows} of ${EXCURSIONS_FROM} positions lie within ${path.from}` };
    }
    const p95 = maeQuantile(found, PERCENTILE);
    const method = `95th percentile of worst prices, candles of ${path.intervalMs} ms`;
    const [fromMs, toMs] = [ended[0]!.fromMs, ended.at(-1)!.toMs];
    const basis = { sample: path.from, method, rows, fromMs, toMs };
    return {
      analyses: [{ kind: "excursions", asset, count: rows, p95, basis }],
      words: `95 of 100 positions lost at most ${p95} on their way; ${rows} of them`,
    };
  },
};

/** The newest whose time is over. */
function endedOf(exposures: readonly Exposure[], instrument: number, nowMs: number): readonly Exposure[] {
  return exposures.filter((each) => each.instrument === instrument && each.toMs <= nowMs).slice(-EXPOSURES_MAX);
}

/** Candles short enough to see the usual exposure, from the oldest on, as far as the history may go back. */
export function pathNeed(
  instrument: number,
  exposures: readonly { readonly fromMs: number; readonly toMs: number }[],
  terms: AnalysisTerms,
  nowMs: number,
): CandleNeed {
  const lengths = exposures.map(({ fromMs, toMs }) => toMs - fromMs).sort((a, b) => a - b);
  const usualMs = lengths[lengths.length >> 1] ?? 0;
  const [, intervalMs] = timeframeWithin(Math.min(terms.intervalMs, usualMs / CANDLES_EACH));
  const oldestMs = exposures.reduce((oldest, { fromMs }) => Math.min(oldest, fromMs), nowMs);
  return { instrument, intervalMs, spanMs: Math.min(terms.spanMs, nowMs - oldestMs + 2 * intervalMs) };
}

/**
 * Worst loss along the way as a fraction of the entry price; 0 where there was none. NaN where the candles do not cover it.
 * Only whole candles count: what lies before the entry in its first one is not the position's.
 */
export function worstWithin(path: Candles, sign: number, entryPrice: number, fromMs: number, toMs: number): number {
  const { timestampMs, intervalMs, high, low } = path;
  const first = firstFrom(timestampMs, fromMs);
  const end = firstFrom(timestampMs, toMs - intervalMs + 1);
  const missing = first >= end || timestampMs[first]! - fromMs > 2 * intervalMs;
  if (missing) return Number.NaN;
  let worst = 0;
  for (let i = first; i < end; i++) {
    const price = sign > 0 ? low[i]! : high[i]!;
    worst = Math.max(worst, (sign * (entryPrice - price)) / entryPrice);
  }
  return worst;
}

/** The last price before a time; NaN where the candles do not show one. */
export function priceBefore({ timestampMs, intervalMs, close }: Candles, ms: number): number {
  const at = firstFrom(timestampMs, ms - intervalMs + 1) - 1;
  return at < 0 || ms - timestampMs[at]! > 3 * intervalMs ? Number.NaN : close[at]!;
}
