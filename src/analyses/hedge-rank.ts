/**
 * Ranking of hedge candidates (S2, SPEC §5): by the variance that each would have taken away outside the sample it was estimated
 * on, less what it is expected to cost.
 *
 *     reduction = 1 − Var(hedged) / Var(unhedged), held out, over the holding time, by the method that the β rule chooses
 *     cost      = 2 · |β| · (fee + half spread + slippage), there and back, as a fraction of the exposure
 *     score     = reduction − cost / σ of the exposure over the holding time
 *
 * Both terms are shares of the risk that is to be hedged, so that they can be subtracted. The half spread is Roll's, of the
 * candidate's own closes. Deterministic: the same candles give the same order, equal scores that of the candidates as given.
 */
import { type BetaRule, chooseBeta } from "../core/sizing/beta.ts";
import { RollSpread } from "../market-data/roll-spread.ts";
import { std } from "../stats/index.ts";
import { type Candles, type LogPair, logPair } from "./candles.ts";
import { heldOutReduction } from "./held-out.ts";
import { estimateBeta } from "./ratio-estimates.ts";
import { asSampleError, DAY_MS, rowsOf } from "./sample.ts";
import { AnalysisError } from "./task.ts";

/** Ways to find β of files, which state no ratio of their own. */
export const RANK_METHODS = ["ols", "returns", "combined", "johansen", "auto"] as const;
export type RankMethod = (typeof RANK_METHODS)[number];

/** Fractions of what is traded. */
export interface HedgeCosts {
  readonly takerFee: number;
  readonly slippage: number;
}

export interface RankTerms {
  readonly rule: BetaRule;
  /** β where the rule says `fixed`. */
  readonly fixed: number;
  readonly rowsMin: number;
}

/** Every number that a candidate's place rests on. */
export interface JudgedHedge {
  readonly candidate: string;
  readonly score: number;
  readonly reduction: number;
  readonly cost: number;
  /** Of the exposure, over the holding time. */
  readonly sigma: number;
  readonly beta: number;
  readonly method: string;
  readonly why: string;
  readonly takerFee: number;
  readonly halfSpread: number;
  readonly slippage: number;
  readonly sample: string;
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly spanDays: number;
  readonly holdingMs: number;
}

/** One that could not be judged, and why. */
export interface UnjudgedHedge {
  readonly candidate: string;
  readonly code: string;
  readonly message: string;
}

export interface HedgeRanking {
  /** Best first. */
  readonly ranked: readonly JudgedHedge[];
  readonly unjudged: readonly UnjudgedHedge[];
}

export interface HedgeCandidate {
  readonly name: string;
  readonly candles: Candles;
  readonly costs: HedgeCosts;
}

export function rankHedges(exposure: Candles, candidates: readonly HedgeCandidate[], terms: RankTerms): HedgeRanking {
  return ranking(
    candidates.map((candidate) => {
      try {
        return judge(exposure, candidate, terms);
      } catch (cause) {
        return unjudged(candidate.name, cause);
      }
    }),
  );
}

/** Joins what was judged apart. */
export function ranking(all: readonly (JudgedHedge | UnjudgedHedge)[]): HedgeRanking {
  // A stable sort: equal scores keep their order.
  return {
    ranked: all.filter((each) => "score" in each).sort((one, other) => other.score - one.score),
    unjudged: all.filter((each) => "code" in each),
  };
}

export function unjudged(candidate: string, cause: unknown): UnjudgedHedge {
  const error = asSampleError(cause);
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !(error instanceof Error)) throw error;
  return { candidate, code, message: error.message };
}

/** The best that takes any variance away; null where none does. */
export const bestHedge = ({ ranked }: HedgeRanking): JudgedHedge | null =>
  ranked.find(({ reduction }) => reduction > 0) ?? null;

function judge(exposure: Candles, { name, candles, costs }: HedgeCandidate, terms: RankTerms): JudgedHedge {
  const pair = logPair(exposure, candles);
  const rows = rowsOf(pair, terms.rowsMin);
  const { holdingMs } = terms.rule;
  const horizonRows = Math.max(1, Math.round(holdingMs / pair.intervalMs));
  const heldOut = heldOutReduction(pair, horizonRows, terms.fixed);
  const [fromMs, toMs] = [pair.timestampMs[0]!, pair.timestampMs[rows - 1]! + pair.intervalMs];
  const spanDays = (toMs - fromMs) / DAY_MS;
  const estimates = { asset: -1, hedge: -1, ...estimateBeta(pair), heldOut, spanDays };
  const choice = chooseBeta(terms.rule, terms.fixed, estimates);
  const reduction = choice === null ? Number.NaN : heldOut[choice.method];
  if (choice === null || !Number.isFinite(reduction)) {
    throw new AnalysisError("SAMPLE_BAD", `${pair.from}: no ratio to hedge by`);
  }
  const halfSpread = halfSpreadOf(candles);
  const cost = 2 * Math.abs(choice.value) * (costs.takerFee + halfSpread + costs.slippage);
  const sigma = deviationOver(pair, horizonRows);
  const { method, value: beta, why } = choice;
  const sample = { sample: pair.from, rows, fromMs, toMs, spanDays, holdingMs };
  return {
    candidate: name,
    score: reduction - cost / sigma,
    reduction,
    cost,
    sigma,
    beta,
    method,
    why,
    halfSpread,
    ...costs,
    ...sample,
  };
}

function halfSpreadOf({ close }: Candles): number {
  const spread = new RollSpread();
  for (const price of close) spread.add(price);
  return spread.bps() / 20_000;
}

/** Standard deviation of the exposure's changes over so many rows; overlapping, as the held-out variance counts them. */
function deviationOver({ y }: LogPair, rows: number): number {
  const steps = Math.min(rows, y.length - 2);
  return std(y.subarray(steps).map((log, t) => log - y[t]!));
}
