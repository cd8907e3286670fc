/**
 * Half-life of a mean-reverting series, by the Ornstein-Uhlenbeck process observed once per bar (Uhlenbeck & Ornstein 1930):
 * s[t] - s[t-1] = a + lambda s[t-1] + e, so phi = 1 + lambda, theta = -ln(phi) per bar and half-life = ln 2 / theta.
 */
import { checkSeries, levelAndChange } from "./differences.ts";
import { StatsError } from "./error.ts";
import { olsSlices } from "./ols.ts";
import type { Sample } from "./runtime.ts";
import { drain, type Slices } from "./sliced.ts";

export type HalfLife = HalfLifeFit &
  (
    | {
        /** In bars. */
        readonly halfLife: number;
        /** Speed of reversion, per bar. */
        readonly theta: number;
        /** ln 2 / -lambda, in bars: the continuous process' half-life under Euler's approximation; equal for slow reversion. */
        readonly halfLifeEuler: number;
      }
    /** NOT_REVERTING: phi is 1 or more. OSCILLATING: phi is 0 or less, no continuous process does that. */
    | { readonly halfLife: undefined; readonly reason: "NOT_REVERTING" | "OSCILLATING" }
  );

export interface HalfLifeFit {
  readonly lambda: number;
  /** Of lambda. lambda/lambdaStderr is the Dickey-Fuller statistic without lags: judge by adf, not by the t distribution. */
  readonly lambdaStderr: number;
  readonly phi: number;
  /** Level reverted to, in the series' unit: -a/lambda. */
  readonly mean: number;
}

/** Four points at least. TOO_FEW_POINTS, NOT_FINITE; CONSTANT for equal values. */
export function halfLife(series: Sample): HalfLife {
  return drain(halfLifeSlices(series));
}

/** halfLife in slices. */
export function* halfLifeSlices(series: Sample): Slices<HalfLife> {
  if (series.length < 4) {
    throw new StatsError("TOO_FEW_POINTS", "series", `has ${series.length} points`, series.length, 4);
  }
  yield* checkSeries(series);
  const { level, change } = yield* levelAndChange(series, 0);
  // Its last value alone may differ: then there is nothing to regress on.
  if (level.every((value) => value === level[0])) throw new StatsError("CONSTANT", "series", "does not vary");
  const { coef, stderr } = yield* olsSlices(change, [level]);
  const [constant, lambda] = coef as [number, number];
  const phi = 1 + lambda;
  const fit: HalfLifeFit = { lambda, lambdaStderr: stderr[1]!, phi, mean: -constant / lambda };
  if (!(phi < 1)) return { ...fit, halfLife: undefined, reason: "NOT_REVERTING" };
  if (!(phi > 0)) return { ...fit, halfLife: undefined, reason: "OSCILLATING" };
  // log1p keeps the digits of a slow reversion. It only reports here: its last bit may differ between hosts.
  const theta = -Math.log1p(lambda);
  return { ...fit, halfLife: Math.LN2 / theta, theta, halfLifeEuler: Math.LN2 / -lambda };
}
