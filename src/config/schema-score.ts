/** Reliability score of signals that open positions. Formulas are SPEC §4. */
import * as v from "valibot";
import { fraction, integer, list, real, section } from "./setting.ts";

const points = (sentence: string) => fraction({ unit: "points of score", sentence });
const WeightsConfig = section(
  {
    evidence: v.optional(points("Evidence signals on the asset."), 0.05),
    zscore: v.optional(points("Distance of the price from its slow mean."), 0.02),
    momentum: v.optional(points("Fast mean against the slow one."), 0.02),
    volatility: v.optional(points("Volatility against the usual one."), 0.02),
    spread: v.optional(points("Bid-ask spread."), 0.02),
    depth: v.optional(points("Displayed depth."), 0.02),
    timeOfDay: v.optional(points("Hour of the day."), 0.02),
  },
  "What full agreement of each factor adds to the score, and full disagreement takes.",
);

const ScaleConfig = section(
  {
    zscore: v.optional(
      real({ min: 0.1, max: 10, unit: "standard deviations", sentence: "Distance that counts as full." }),
      2,
    ),
    momentum: v.optional(
      real({ min: 0.00001, max: 1, unit: "fraction of price", sentence: "Momentum that counts as full." }),
      0.01,
    ),
    volatilityRatio: v.optional(
      real({ min: 1.01, max: 100, unit: "x the usual", sentence: "Volatility that disagrees fully." }),
      2,
    ),
    spread: v.optional(
      real({ min: 0.000001, max: 1, unit: "fraction of price", sentence: "Spread that disagrees fully." }),
      0.001,
    ),
    depthNotional: v.optional(
      real({ min: 1, max: 1e12, unit: "quote currency", sentence: "Depth that agrees fully." }),
      100_000,
    ),
  },
  "What counts as full agreement.",
);

const lambda = (sentence: string) => real({ min: 0.01, max: 0.99999, unit: "per sample", sentence });
const IndicatorsConfig = section(
  {
    sampleMs: v.optional(
      integer({ min: 10, max: 86_400_000, unit: "ms", sentence: "Time between two samples of the mid." }),
      60_000,
    ),
    fastLambda: v.optional(lambda("Weight of the past in the fast averages."), 0.9),
    slowLambda: v.optional(lambda("Weight of the past in the slow averages."), 0.99),
    samplesMin: v.optional(
      integer({ min: 2, max: 100_000, unit: "samples", sentence: "Indicators say nothing before." }),
      60,
    ),
  },
  "How z-score, momentum and volatility regime are measured.",
);

const hour = real({ min: -1, max: 1, sentence: "One hour." });
export const ScoreConfig = section(
  {
    threshold: v.optional(fraction({ sentence: "Signals below it open and increase nothing." }), 0.65),
    weights: v.optional(WeightsConfig, {}),
    scale: v.optional(ScaleConfig, {}),
    timeOfDay: v.optional(
      list(hour, { min: 24, max: 24, sentence: "Agreement of each hour from 00:00 UTC, from -1 to 1." }),
      new Array(24).fill(0),
    ),
    indicators: v.optional(IndicatorsConfig, {}),
    outcomesPendingMax: v.optional(
      integer({ min: 1, max: 1_000_000, unit: "signals", sentence: "Most signals that wait for their outcome." }),
      4096,
    ),
    outcomeGraceMs: v.optional(
      integer({
        min: 0,
        max: 86_400_000,
        unit: "ms",
        sentence: "A price this long after the horizon's end still judges a signal.",
      }),
      60_000,
    ),
  },
  "How far a signal is believed.",
);
