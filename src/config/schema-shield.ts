/**
 * Shield: positions the operator already holds and how much of each is hedged. Formulas are SPEC §5.
 */
import * as v from "valibot";
import { BetaConfig } from "./schema-beta.ts";
import { decimal, fraction, integer, list, oneOf, real, section, text } from "./setting.ts";

export const symbol = (sentence: string) =>
  text({
    pattern: /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?$/,
    form: "the symbol of a configured instrument",
    sentence,
  });

/** In place of an instrument: the best of `hedgeCandidates`, chosen at the first start. */
export const AUTO = "auto";
/** The instrument that hedges, and those that it may be chosen from. */
export const HEDGE = {
  hedge: text({
    pattern: /^(auto|[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?)$/,
    form: "the symbol of a configured instrument, or auto",
    sentence: "Instrument to hedge with, which needs a listing; auto: the best of hedgeCandidates, at the first start.",
  }),
  hedgeCandidates: v.optional(
    list(symbol("One instrument."), {
      min: 0,
      max: 16,
      sentence: "Instruments to choose from, as `outrigger hedge rank` orders them.",
    }),
    [],
  ),
};

export const WeightsConfig = section(
  {
    positionSize: v.optional(fraction({ sentence: "Weight of the position's size." }), 0.35),
    signalStrength: v.optional(fraction({ sentence: "Weight of the signal's strength." }), 0.25),
    volatility: v.optional(fraction({ sentence: "Weight of volatility." }), 0.2),
    riskAversion: v.optional(fraction({ sentence: "Weight of 1 - riskTolerance." }), 0.15),
    timeOfDay: v.optional(fraction({ sentence: "Weight of the hour." }), 0.05),
  },
  "Weights of the linear model; their sum is 1.",
);

const hour = fraction({ sentence: "One hour." });
export const ScalingConfig = section(
  {
    positionNotionalFull: v.optional(
      real({ min: 1, max: 1e12, unit: "quote currency", sentence: "Exposure at which the size input is 1." }),
      100_000,
    ),
    volatilityDailyFull: v.optional(
      real({
        min: 0.0001,
        max: 10,
        unit: "fraction of price per square root of a day",
        sentence: "Volatility at which its input is 1.",
      }),
      0.05,
    ),
    timeOfDay: v.optional(
      v.pipe(
        v.union(
          [fraction({ sentence: "All day." }), list(hour, { min: 24, max: 24, sentence: "By hour." })],
          "a number from 0 to 1, or a list of 24 of them",
        ),
        v.description("Input of the hour: one number for all day, or 24, from 00:00 UTC."),
        v.metadata({ expected: "a number from 0 to 1, or a list of 24 of them", unit: "" }),
      ),
      0.5,
    ),
  },
  "What makes each input of the linear model 1.",
);

const hourOfDay = (sentence: string) => integer({ min: 0, max: 24, unit: "hour UTC", sentence });
export const NightConfig = section(
  {
    fromHour: v.optional(hourOfDay("Start, included."), 1),
    toHour: v.optional(hourOfDay("End, not included."), 4),
    factor: v.optional(real({ min: 1, max: 5, unit: "x", sentence: "Intensity is multiplied by this at night." }), 1.2),
  },
  "Thin hours.",
);

export const DecayConfig = section(
  {
    boostAt: v.optional(fraction({ unit: "of the horizon", sentence: "From here on boostPoints are added." }), 0.5),
    boostPoints: v.optional(fraction({ unit: "of exposure", sentence: "Added to the intensity." }), 0.2),
    nearFullAt: v.optional(fraction({ unit: "of the horizon", sentence: "From here on nearFullAction applies." }), 0.8),
    nearFull: v.optional(fraction({ unit: "of exposure", sentence: "Intensity near the end." }), 0.95),
    nearFullAction: v.optional(
      oneOf(["nearFull", "close"], {
        sentence: "nearFull: hedge that much. close: take the hedge off, as on a close signal.",
      }),
      "nearFull",
    ),
    onExpiry: v.optional(
      oneOf(["hold", "release"], {
        sentence: "hold: keep the near-full hedge past the horizon. release: take it off.",
      }),
      "hold",
    ),
  },
  "What time does to a signal.",
);

const correctionTo = (to: "edge" | "centre") =>
  section(
    {
      band: v.optional(
        fraction({ unit: "of hedged exposure", sentence: "Drift inside the band is left alone." }),
        0.05,
      ),
      to: v.optional(oneOf(["edge", "centre"], { sentence: "Correct to the band's edge or to its centre." }), to),
      slippageBuffer: v.optional(
        fraction({ unit: "of notional", sentence: "Cost assumed on top of fee and half spread." }),
        0.002,
      ),
      riskHorizonS: v.optional(
        real({ min: 1, max: 2_592_000, unit: "s", sentence: "A correction must be worth its cost over this time." }),
        3600,
      ),
    },
    "When and how far drift is corrected.",
  );
export const CorrectionConfig = correctionTo("edge");
/** Fewer and larger orders: an edge that a quiet price touches again and again is corrected each time. */
export const CentredCorrectionConfig = correctionTo("centre");

export const VolatilityConfig = section(
  {
    lambda: v.optional(
      real({ min: 0.5, max: 0.9999, unit: "per sample", sentence: "Decay of the moving variance." }),
      0.99,
    ),
    sampleMs: v.optional(
      integer({ min: 10, max: 3_600_000, unit: "ms", sentence: "Time between two samples of the mid." }),
      1000,
    ),
    dailyPrior: v.optional(
      real({
        min: 0,
        max: 10,
        unit: "fraction of price per square root of a day",
        sentence: "Assumed before the first sample.",
      }),
      0.03,
    ),
  },
  "How volatility is measured.",
);

export const ShieldConfig = section(
  {
    asset: symbol("Instrument that is held."),
    holdings: decimal({ signed: true, unit: "base asset", sentence: "How much of it; negative is short." }),
    ...HEDGE,
    onUnknown: oneOf(["wait", "hedgeAnyway"], {
      sentence: "While an order's outcome is unknown: wait for the venue, or hedge elsewhere within overHedgeLotsMax.",
    }),
    overHedgeLotsMax: v.optional(
      integer({
        min: 0,
        max: 1_000_000_000,
        unit: "lots of the hedge instrument",
        sentence: "Most that may be hedged too much (X).",
      }),
      0,
    ),
    beta: v.optional(
      real({
        min: -100,
        max: 100,
        unit: "hedge notional per unit held",
        sentence: "Hedge ratio; 1 for the same asset.",
      }),
      1,
    ),
    betaRule: v.optional(BetaConfig, {}),
    leverage: v.optional(
      real({ min: 1, max: 125, unit: "x", sentence: "Of the position held; from 10 on speed goes before price." }),
      1,
    ),
    leverageGain: v.optional(fraction({ sentence: "Intensity is multiplied by 1 + gain * (leverage - 1) / 9." }), 0.25),
    riskTolerance: v.optional(fraction({ sentence: "0 hedges most, 1 least." }), 0.5),
    weights: v.optional(WeightsConfig, {}),
    scaling: v.optional(ScalingConfig, {}),
    night: v.optional(NightConfig, {}),
    decay: v.optional(DecayConfig, {}),
    correction: v.optional(CorrectionConfig, {}),
    volatility: v.optional(VolatilityConfig, {}),
  },
  "One position to protect.",
);
export type ShieldConfig = v.InferOutput<typeof ShieldConfig>;
