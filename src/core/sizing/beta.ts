/**
 * Hedge ratio β (S2, SPEC §5): hedge notional per unit of primary notional, chosen among the estimates that an analysis
 * outside the core brings.
 *
 *     fixed      the configured value, checked against the estimates all the same
 *     ols        log prices with an intercept        returns   EWMA minimum variance
 *     combined   mean of `returns` and of the whole sample's minimum variance
 *     johansen   only with a rank of at least 1, else `returns`
 *     auto       `johansen` where rank and horizon allow it, else `combined`: levels hedge worst without cointegration. Where the
 *                analysis has looked, it must have hedged what it was not estimated on as well as `returns`, too: one sample in
 *                twenty passes a test at 5 % by chance, and its ratio may be anything
 *
 * A ratio that moves by more than `driftMax` of the one before is used and alarmed; one that was not revalidated for
 * `revalidateMs` is alarmed, once, and hedges what is open, but nothing is opened by it.
 */
export const BETA_METHODS = ["fixed", "ols", "returns", "combined", "johansen", "auto"] as const;
export type BetaMethod = (typeof BETA_METHODS)[number];

export interface BetaRule {
  readonly method: BetaMethod;
  readonly driftMax: number;
  readonly revalidateMs: number;
  /** How long positions are usually held, and from when on that is long enough for `auto` to go by levels. */
  readonly holdingMs: number;
  readonly longHoldingMs: number;
}

/** What an analysis found for an exposure in `asset` hedged with `hedge`; NaN where a method has no estimate. */
export interface BetaEstimates {
  readonly asset: number;
  readonly hedge: number;
  readonly ols: number;
  readonly returns: number;
  readonly combined: number;
  readonly johansen: number;
  readonly cointegrationRank: number;
  /** Deterministic case and critical-value table of the rank test, for people. */
  readonly rankTest: string;
  readonly spanDays: number;
  /** How well each would have hedged what it was not estimated on. Absent where nobody looked. */
  readonly heldOut?: HeldOut;
}

/** Shares of the variance over the holding time that each method took away; NaN where it has none. */
export interface HeldOut {
  readonly fixed: number;
  readonly ols: number;
  readonly returns: number;
  readonly combined: number;
  readonly johansen: number;
}

export interface BetaChoice {
  readonly method: Exclude<BetaMethod, "auto">;
  readonly value: number;
  readonly why: string;
}

/** A change from 1 to 1.1 is 0.10000000000000009. */
const HAIR = 1 + 1e-12;
/** No sane hedge is a hundred times what it hedges. */
const BETA_MAX = 100;
/** SPEC §5: six months where there are as many. */
export const SPAN_DAYS_WISHED = 182;

/** Null where no estimate is fit for use. */
export function chooseBeta(rule: BetaRule, fixed: number, estimates: BetaEstimates): BetaChoice | null {
  const { method } = rule;
  if (method === "fixed") return { method, value: fixed, why: "configured" };
  const cointegrated = estimates.cointegrationRank >= 1 && isRatio(estimates.johansen);
  const long = rule.holdingMs >= rule.longHoldingMs;
  const held = estimates.heldOut;
  const proven = held === undefined || held.johansen >= held.returns;
  if ((method === "johansen" || (method === "auto" && long && proven)) && cointegrated) {
    return { method: "johansen", value: estimates.johansen, why: `cointegrated by ${estimates.rankTest}` };
  }
  if (method === "ols" || method === "returns" || method === "combined")
    return estimated(estimates, method, WHY[method]);
  const why = cointegrated
    ? long
      ? `cointegrated by ${estimates.rankTest}, but hedged worse by it outside the sample`
      : "held too shortly for levels"
    : `no cointegration by ${estimates.rankTest}, rank ${estimates.cointegrationRank}`;
  return estimated(estimates, method === "johansen" ? "returns" : "combined", why);
}

function estimated(of: BetaEstimates, method: "ols" | "returns" | "combined", why: string): BetaChoice | null {
  return isRatio(of[method]) ? { method, value: of[method], why } : null;
}

const WHY = {
  ols: "log prices with an intercept",
  returns: "minimum variance",
  combined: "minimum variance of short and long memory",
} as const;

/** What the change is worth saying: null, or the words for it. */
export interface BetaNews {
  readonly drift: number;
  readonly drifted: boolean;
  readonly words: string;
}

export class Beta {
  value: number;
  method: BetaChoice["method"] = "fixed";
  why = "configured";
  /** When estimates last confirmed it; NaN before the first. */
  estimatedMs = Number.NaN;
  readonly fixed: number;
  readonly rule: BetaRule;
  #overdueSaid = false;

  constructor(fixed: number, rule: BetaRule) {
    this.value = fixed;
    this.fixed = fixed;
    this.rule = rule;
  }

  /** Takes new estimates over. */
  take(estimates: BetaEstimates, wallMs: number): BetaNews {
    const choice = chooseBeta(this.rule, this.fixed, estimates);
    if (choice === null) {
      return { drift: Number.NaN, drifted: true, words: `no estimate is fit for use; β stays ${this.value}` };
    }
    // A fixed ratio is held against what minimises variance; the others against the one before.
    const news = choice.method === "fixed" ? estimates.combined : choice.value;
    const drift = (news - this.value) / Math.abs(this.value);
    const drifted = !(Math.abs(drift) <= this.rule.driftMax * HAIR);
    const span = estimates.spanDays < SPAN_DAYS_WISHED ? `, on only ${estimates.spanDays} days` : "";
    const words = `β ${choice.method} ${this.value} → ${news} (${choice.why}${span})`;
    this.value = choice.value;
    this.method = choice.method;
    this.why = choice.why;
    this.estimatedMs = wallMs;
    this.#overdueSaid = false;
    return { drift, drifted, words };
  }

  /** What a snapshot keeps of it; null where the configured ratio is in use and was never estimated. */
  save() {
    const { value, method, why, estimatedMs } = this;
    return Number.isNaN(estimatedMs) ? null : { value, method, why, estimatedMs };
  }
  load(saved: ReturnType<Beta["save"]>): void {
    if (saved === null) return;
    Object.assign(this, saved);
    // The configured ratio is the operator's word, and may be another one today.
    if (saved.method === "fixed") this.value = this.fixed;
  }

  /** How long ago it was estimated, where that is longer than it may be and estimates decide; 0 where it is in order. */
  overdueMs(wallMs: number): number {
    const ageMs = wallMs - this.estimatedMs;
    return this.rule.method !== "fixed" && ageMs > this.rule.revalidateMs ? ageMs : 0;
  }

  /** True once, when the estimates have become older than they may. A ratio that was never estimated is its owner's word. */
  becameOverdue(wallMs: number): boolean {
    if (this.#overdueSaid || !(wallMs - this.estimatedMs > this.rule.revalidateMs)) return false;
    this.#overdueSaid = true;
    return true;
  }
}

const isRatio = (value: number): boolean => Math.abs(value) <= BETA_MAX && value !== 0;
