/** The ranking of one playbook's hedge candidates from the candles that the engine's analyses go by. */
import { candlesWithin } from "./candles.ts";
import { type HedgeCosts, type HedgeRanking, type RankTerms, rankHedges, ranking, unjudged } from "./hedge-rank.ts";
import type { CandleReader } from "./run-tasks.ts";
import { assertFresh } from "./sample.ts";
import type { AnalysisTerms } from "./task.ts";

/** Instruments by their index. */
export interface RankPlan {
  readonly exposure: number;
  readonly candidates: readonly { readonly instrument: number; readonly name: string; readonly costs: HedgeCosts }[];
  readonly terms: RankTerms;
}

export type SampleTerms = Pick<AnalysisTerms, "intervalMs" | "spanMs" | "endAgeMsMax">;

/** What cannot be read of one candidate leaves the others alone; AnalysisError and its kin where the exposure cannot be. */
export async function rankFromHistory(
  { exposure, candidates, terms }: RankPlan,
  { intervalMs, spanMs, endAgeMsMax }: SampleTerms,
  read: CandleReader,
  nowMs: number,
): Promise<HedgeRanking> {
  const sample = async (instrument: number) => {
    const seen = candlesWithin(await read({ instrument, intervalMs, spanMs }), nowMs - spanMs, nowMs);
    assertFresh(seen, endAgeMsMax, nowMs);
    return seen;
  };
  const hedged = await sample(exposure);
  const judged = await Promise.all(
    candidates.map(async ({ instrument, name, costs }) => {
      try {
        const { ranked, unjudged } = rankHedges(hedged, [{ name, costs, candles: await sample(instrument) }], terms);
        return [...ranked, ...unjudged];
      } catch (cause) {
        return [unjudged(name, cause)];
      }
    }),
  );
  return ranking(judged.flat());
}
