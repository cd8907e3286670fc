/**
 * β of a pair, as an analysis: every method's estimate on one sample, and how each would have hedged what it had not seen.
 * Which of them is used is the core's decision (`core/sizing/beta.ts`).
 */
import { chooseBeta, type HeldOut, SPAN_DAYS_WISHED } from "../core/sizing/beta.ts";
import { logPair } from "./candles.ts";
import { heldOutReduction } from "./held-out.ts";
import { estimateBeta, LAGS, LAMBDA } from "./ratio-estimates.ts";
import { DAY_MS, dateOf, pairName, rowsOf } from "./sample.ts";
import type { Computation, PairTask } from "./task.ts";

/** A short sample is estimated again once it may have doubled, though not sooner than that. */
const AGAIN_MS_MIN = DAY_MS;

export const hedgeRatio: Computation<PairTask> = {
  name: ({ asset, hedge }, core) => `beta ${pairName(core, asset, hedge)}`,
  needs: ({ asset, hedge }, { intervalMs, spanMs }) =>
    [asset, hedge].map((instrument) => ({ instrument, intervalMs, spanMs })),
  compute({ asset, hedge }, { terms, memory, candles }) {
    const pair = logPair(candles[0]!, candles[1]!);
    const rows = rowsOf(pair, terms.rowsMin);
    const used = memory.beta(asset, hedge);
    const horizonRows = (used?.rule.holdingMs ?? pair.intervalMs) / pair.intervalMs;
    const heldOut = heldOutReduction(pair, horizonRows, used?.fixed ?? 1);
    const found = { ...estimateBeta(pair), heldOut };
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
        method: `ols of log prices, EWMA ${LAMBDA} of returns and its mean with the whole sample's, Johansen with ${LAGS} lags, bars of ${pair.intervalMs} ms`,
        rows,
        fromMs,
        toMs,
      },
    } as const;
    const choice = used === undefined ? null : chooseBeta(used.rule, used.fixed, analysis);
    const short = spanDays < SPAN_DAYS_WISHED ? ` (${SPAN_DAYS_WISHED} are wished)` : "";
    return {
      analyses: [analysis],
      words:
        `${choice === null ? "no estimate is fit for use" : `${choice.method} ${choice.value}: ${choice.why}`}; ols ${found.ols}, returns ` +
        `${found.returns}, combined ${found.combined}, johansen ${found.johansen}, rank ${found.cointegrationRank}; variance taken away outside the sample: ` +
        `${sharesOf(heldOut)}; ${rows} bars, ${spanDays} days${short} to ${dateOf(toMs)}`,
      ...(spanDays < SPAN_DAYS_WISHED && { againMs: Math.max(AGAIN_MS_MIN, toMs - fromMs) }),
    };
  },
};

const sharesOf = (held: HeldOut): string =>
  (["ols", "returns", "combined", "johansen", "fixed"] as const)
    .map((method) => `${method} ${Number.isNaN(held[method]) ? "never" : held[method].toFixed(3)}`)
    .join(", ");
