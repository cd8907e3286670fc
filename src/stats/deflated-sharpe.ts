/**
 * Deflated Sharpe ratio: the probability that a strategy's true Sharpe ratio is above what the best of `trials` worthless ones would
 * show by luck (Bailey & Lopez de Prado 2014, J. Portfolio Management 40(5)).
 *
 *   DSR = Phi((SR - SR0) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1)/4 SR^2))
 *   SR0 = sqrt(V) ((1 - c) Z(1 - 1/N) + c Z(1 - 1/(N e)))      c: Euler-Mascheroni, Z: normal quantile; SR0 = 0 for one trial
 *
 * All ratios are per observation, not per year; g4 is the raw kurtosis, 3 for normal returns (some pages wrongly say excess).
 */
import { StatsError } from "./error.ts";
import { compute, computeInSlices, type Sample } from "./runtime.ts";
import { drain, LOOP_COST, LOOP_VALUES, type Slices } from "./sliced.ts";
import { copyIn, moments, normalise } from "./vectors.ts";

/** How the strategy was found. */
export interface Selection {
  /** N: strategies tried, the unpublished ones included. Independent ones; correlated ones count for less. */
  readonly trials: number;
  /** V: variance of their Sharpe ratios per observation. May be omitted for one trial. */
  readonly sharpeVariance?: number;
}

/** A track record by its moments. */
export interface SharpeMoments extends Selection {
  /** SR per observation. */
  readonly sharpe: number;
  /** T. */
  readonly observations: number;
  /** g3, default 0. */
  readonly skew?: number;
  /** g4, raw, default 3. */
  readonly kurtosis?: number;
}

export interface DeflatedSharpe {
  /** The probability, in [0, 1]. */
  readonly dsr: number;
  /** Ratio per observation expected of the best of N worthless trials. */
  readonly sr0: number;
  readonly sharpe: number;
  readonly observations: number;
  readonly skew: number;
  readonly kurtosis: number;
}

/** Of a track record's moments. BAD_ARGUMENT, also for moments that no sample has (kurtosis < 1 + skew^2); TOO_FEW_POINTS below 2. */
export function deflatedSharpe(moments: SharpeMoments): DeflatedSharpe;
/** Of its returns per observation: SR with ddof 1, g3 and g4 of the sample. Three points at least, CONSTANT, NOT_FINITE. */
export function deflatedSharpe(returns: Sample, selection: Selection): DeflatedSharpe;
export function deflatedSharpe(first: SharpeMoments | Sample, selection?: Selection): DeflatedSharpe {
  return isSample(first) ? drain(deflatedSharpeSlices(first, selection!)) : deflate(first);
}

/** deflatedSharpe of returns in slices. */
export function* deflatedSharpeSlices(returns: Sample, selection: Selection): Slices<DeflatedSharpe> {
  return deflate({ ...(yield* momentsOf(returns)), ...selection });
}

function isSample(value: SharpeMoments | Sample): value is Sample {
  return value instanceof Float64Array || Array.isArray(value);
}

function deflate(moments: SharpeMoments): DeflatedSharpe {
  const {
    sharpe,
    observations,
    trials,
    skew = 0,
    kurtosis = 3,
    sharpeVariance = trials === 1 ? 0 : Number.NaN,
  } = moments;
  refuse("sharpe", sharpe, Number.isFinite(sharpe), "must be finite");
  refuse("skew", skew, Number.isFinite(skew), "must be finite");
  // Every distribution has this, so what has less was mistyped: an excess kurtosis most likely. Room for rounding.
  const possible = kurtosis >= (1 + skew * skew) * (1 - 1e-12) && Number.isFinite(kurtosis);
  refuse("kurtosis", kurtosis, possible, "is raw and at least 1 + skew^2", 1 + skew * skew);
  refuse("trials", trials, Number.isInteger(trials) && trials >= 1, "must be a whole number from 1", 1);
  const spread = sharpeVariance >= 0 && Number.isFinite(sharpeVariance);
  refuse("sharpeVariance", sharpeVariance, spread, "must be a number from 0", 0);
  refuse("observations", observations, Number.isInteger(observations), "must be a whole number", 2);
  if (observations < 2) {
    throw new StatsError("TOO_FEW_POINTS", "observations", `are ${observations}, 2 are needed`, observations, 2);
  }
  const variance = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  if (!(variance > 0)) {
    throw new StatsError("NO_SOLUTION", "sharpe", "has no sampling error with these moments", variance, 0);
  }
  return compute((kernels) => {
    const luck =
      trials === 1
        ? 0
        : (1 - EULER_GAMMA) * kernels.normalQuantile(1 - 1 / trials) +
          EULER_GAMMA * kernels.normalQuantile(1 - 1 / (trials * Math.E));
    const sr0 = Math.sqrt(sharpeVariance) * luck;
    const dsr = kernels.normalCdf(((sharpe - sr0) * Math.sqrt(observations - 1)) / Math.sqrt(variance));
    return { dsr, sr0, sharpe, observations, skew, kurtosis };
  });
}

const EULER_GAMMA = 0.577_215_664_901_532_9;

function refuse(field: string, value: number, holds: boolean, why: string, limit?: number): void {
  if (!holds) throw new StatsError("BAD_ARGUMENT", field, `is ${value}, ${why}`, value, limit);
}

function momentsOf(returns: Sample): Slices<Omit<SharpeMoments, "trials">> {
  return computeInSlices(function* (work) {
    const { arena, meter } = work;
    const observations = returns.length;
    if (observations < 3) {
      throw new StatsError("TOO_FEW_POINTS", "returns", `has ${observations} points, 3 are needed`, observations, 3);
    }
    const x = yield* copyIn(work, returns, "returns");
    yield* normalise(work, x, observations);
    const { mean: rounded, rest, squares } = yield* moments(work, x, observations);
    if (squares === 0) throw new StatsError("CONSTANT", "returns", "have no variation, so no Sharpe ratio");
    const mean = rounded + rest;
    const sd = Math.sqrt(squares / observations);
    let cubes = 0;
    let fourths = 0;
    for (let from = 0; from < observations; from += LOOP_VALUES) {
      const to = Math.min(from + LOOP_VALUES, observations);
      for (const value of arena.view(x + from * 8, to - from)) {
        const z = (value - mean) / sd;
        cubes += z * z * z;
        fourths += z * z * z * z;
      }
      if (meter.due(LOOP_COST * (to - from))) yield;
    }
    return {
      sharpe: mean / Math.sqrt(squares / (observations - 1)),
      observations,
      skew: cubes / observations,
      kurtosis: fourths / observations,
    };
  });
}
