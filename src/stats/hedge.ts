/**
 * Hedging statistics: minimum-variance ratio, no-trade band, adverse excursion. (Corrections and intensity are decided per quote, by
 * the engine's own kernels: assembly/hedge.ts.)
 */
import { centre } from "./columns.ts";
import { StatsError } from "./error.ts";
import { ascending } from "./outcomes.ts";
import { compute, computeInSlices, type Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";
import { copyIn, dot, normalise } from "./vectors.ts";

export interface MinimumVarianceHedge {
  /** Cov(y, x) / Var(x): units of x's return per unit of y's. */
  readonly ratio: number;
  /** Share of y's variance that the hedge takes away, the squared correlation; undefined when y does not vary (ratio 0). */
  readonly effectiveness: number | undefined;
}

/** Ratio and effectiveness of hedging returns y by returns x (Ederington 1979). LENGTH_MISMATCH, TOO_FEW_POINTS below 2, CONSTANT x. */
export function minimumVarianceRatio(y: Sample, x: Sample): MinimumVarianceHedge {
  return drain(minimumVarianceRatioSlices(y, x));
}

/** minimumVarianceRatio in slices. */
export function minimumVarianceRatioSlices(y: Sample, x: Sample): Slices<MinimumVarianceHedge> {
  return computeInSlices(function* (work) {
    const count = y.length;
    if (x.length !== count) {
      throw new StatsError("LENGTH_MISMATCH", "x", `has ${x.length} points, y has ${count}`, x.length, count);
    }
    if (count < 2) throw new StatsError("TOO_FEW_POINTS", "y", `has ${count} points, 2 are needed`, count, 2);
    const ys = yield* copyIn(work, y, "y");
    const xs = yield* copyIn(work, x, "x");
    const scaleY = yield* normalise(work, ys, count);
    const scaleX = yield* normalise(work, xs, count);
    const yy = yield* centre(work, ys, count);
    const xx = yield* centre(work, xs, count);
    if (xx === 0) throw new StatsError("CONSTANT", "x", "has no variation, so it hedges nothing");
    const xy = yield* dot(work, ys, xs, count);
    const ratio = (xy / xx / scaleY) * scaleX;
    return { ratio: ratio + 0, effectiveness: yy > 0 ? Math.min(1, ((xy / xx) * xy) / yy) : undefined };
  });
}

export interface NoTradeBandTerms {
  /** c: cost of trading, as a fraction of the notional traded. */
  readonly cost: number;
  /** v_beta: variance of the target beta per bar. */
  readonly betaVariance: number;
  /** gamma: risk aversion, per quote unit. */
  readonly riskAversion: number;
  /** N: notional of the exposure, in quote units. */
  readonly notional: number;
  /** sigma_x: volatility of the hedge instrument per bar. */
  readonly sigma: number;
}

/**
 * Half-width in beta of the band inside which a beta hedge is left alone: (3 c v / (2 gamma N sigma^2))^(1/3) (numerics.md section
 * 7, after Rogers 2004 and Martin 2014). BAD_ARGUMENT for negative terms, or where risk aversion, notional or volatility is 0.
 */
export function noTradeHalfWidth(terms: NoTradeBandTerms): number {
  const { cost, betaVariance, riskAversion, notional, sigma } = terms;
  for (const [field, value] of Object.entries({ cost, betaVariance })) {
    if (!(value >= 0 && Number.isFinite(value)))
      throw new StatsError("BAD_ARGUMENT", field, "must be 0 or more", value, 0);
  }
  for (const [field, value] of Object.entries({ riskAversion, notional, sigma })) {
    if (!(value > 0 && Number.isFinite(value)))
      throw new StatsError("BAD_ARGUMENT", field, "must be above 0", value, 0);
  }
  const width = compute((kernels) => kernels.noTradeHalfWidth(cost, betaVariance, riskAversion, notional, sigma));
  if (!Number.isFinite(width)) throw new StatsError("OVERFLOW", "terms", "give no finite width", width);
  return width;
}

/** Largest loss along a path, as a fraction of the entry price, 0 when there was none. `side` 1 is long, -1 short. */
export function maximumAdverseExcursion(entryPx: number, prices: Sample, side: 1 | -1): number {
  if (!(entryPx > 0 && Number.isFinite(entryPx))) {
    throw new StatsError("BAD_ARGUMENT", "entryPx", "must be above 0", entryPx, 0);
  }
  let worst = 0;
  prices.forEach((price, index) => {
    if (!Number.isFinite(price)) throw new StatsError("NOT_FINITE", `prices[${index}]`, `is ${price}`, price);
    worst = Math.max(worst, (side * (entryPx - price)) / entryPx);
  });
  return worst;
}

/** Fewest excursions to take a quantile of: with 20, the 95th percentile lies next to the worst seen. */
const EXCURSIONS_MIN = 20;

/**
 * Quantile of maximum adverse excursions, linear between order statistics (type 7 of Hyndman & Fan 1996), default the 95th
 * percentile. TOO_FEW_POINTS below EXCURSIONS_MIN: the caller falls back to its configured fraction. BAD_ARGUMENT, NOT_FINITE.
 */
export function maeQuantile(excursions: Sample, probability = 0.95): number {
  return drain(maeQuantileSlices(excursions, probability));
}

/** maeQuantile in slices. */
export function maeQuantileSlices(excursions: Sample, probability = 0.95): Slices<number> {
  return computeInSlices(function* (work) {
    const { arena } = work;
    if (!(probability >= 0 && probability <= 1)) {
      throw new StatsError("BAD_ARGUMENT", "probability", "must lie in [0, 1]", probability, 1);
    }
    const count = excursions.length;
    if (count < EXCURSIONS_MIN) {
      const why = `has ${count} points, ${EXCURSIONS_MIN} are needed`;
      throw new StatsError("TOO_FEW_POINTS", "excursions", why, count, EXCURSIONS_MIN);
    }
    const keys = yield* copyIn(work, excursions, "excursions");
    const sorted = yield* ascending(work, keys, count);
    const least = arena.read(sorted);
    if (least < 0) {
      const field = `excursions[${arena.read(sorted, 1)}]`;
      throw new StatsError("BAD_ARGUMENT", field, "must be 0 or more", least, 0);
    }
    const place = (count - 1) * probability;
    const low = Math.floor(place);
    const below = arena.read(sorted, 2 * low);
    const above = arena.read(sorted, 2 * Math.min(low + 1, count - 1));
    return below + (above - below) * (place - low);
  });
}
