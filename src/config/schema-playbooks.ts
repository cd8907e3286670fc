/**
 * Playbooks that open positions of their own: `signal` (S1) and `reversion` (S2). Formulas are SPEC §5 and §6.
 */
import * as v from "valibot";
import { BetaConfig } from "./schema-beta.ts";
import {
  CorrectionConfig,
  DecayConfig,
  HEDGE,
  NightConfig,
  ScalingConfig,
  symbol,
  VolatilityConfig,
  WeightsConfig,
} from "./schema-shield.ts";
import { fraction, integer, oneOf, real, section } from "./setting.ts";

const BandsConfig = section(
  {
    lowFrom: v.optional(fraction({ unit: "score", sentence: "Where the lower band begins." }), 0.65),
    highFrom: v.optional(fraction({ unit: "score", sentence: "Where the upper band begins, itself not in it." }), 0.85),
    lowAtFrom: v.optional(fraction({ unit: "of exposure", sentence: "Hedge at lowFrom." }), 0.6),
    lowAtTo: v.optional(fraction({ unit: "of exposure", sentence: "Hedge at highFrom." }), 0.4),
    highAtFrom: v.optional(fraction({ unit: "of exposure", sentence: "Hedge just above highFrom." }), 0.3),
    highAtTo: v.optional(fraction({ unit: "of exposure", sentence: "Hedge at a score of 1." }), 0.2),
    below: v.optional(oneOf(["skip", "full"], { sentence: "Below lowFrom: skip the signal, or hedge all." }), "skip"),
  },
  "Policy confidence-bands.",
);

const InsuranceConfig = section(
  {
    fraction: v.optional(fraction({ unit: "of exposure", sentence: "Until enough excursions are known." }), 0.15),
    fractionMax: v.optional(fraction({ unit: "of exposure", sentence: "Never more than that." }), 1),
  },
  "Policy insurance.",
);

const CorridorConfig = section(
  {
    band: v.optional(fraction({ unit: "of hedged exposure", sentence: "Half-width at the usual volatility." }), 0.05),
    bandMin: v.optional(fraction({ unit: "of hedged exposure", sentence: "Never narrower." }), 0.02),
    bandMax: v.optional(fraction({ unit: "of hedged exposure", sentence: "Never wider." }), 0.2),
    volatilityDailyUsual: v.optional(
      real({ min: 0.0001, max: 10, unit: "fraction of price", sentence: "Volatility at which the band is plain." }),
      0.03,
    ),
  },
  "Policy delta.",
);

const LinearConfig = section(
  {
    weights: v.optional(WeightsConfig, {}),
    scaling: v.optional(ScalingConfig, {}),
    night: v.optional(NightConfig, {}),
    leverageGain: v.optional(fraction({ sentence: "Intensity is multiplied by 1 + gain * (leverage - 1) / 9." }), 0.25),
    riskTolerance: v.optional(fraction({ sentence: "0 hedges most, 1 least." }), 0.5),
  },
  "Policy linear.",
);

const notional = (sentence: string) => real({ min: 0.01, max: 1e12, unit: "quote currency", sentence });

/** What both playbooks have. */
const LEGS = {
  primary: symbol("Instrument that is opened; it needs a listing."),
  ...HEDGE,
  onUnknown: v.optional(
    oneOf(["wait", "hedgeAnyway"], {
      sentence: "While an order's outcome is unknown: wait for the venue, or go elsewhere within overHedgeLotsMax.",
    }),
    "wait",
  ),
  overHedgeLotsMax: v.optional(
    integer({ min: 0, max: 1_000_000_000, unit: "lots", sentence: "Most that may be ordered too much (X)." }),
    0,
  ),
  notional: notional("Size of a position where nobody says another."),
  stopLoss: v.optional(
    fraction({ unit: "of the primary's value", sentence: "A loss of the primary that closes both legs." }),
    0.05,
  ),
  leverage: v.optional(
    real({ min: 1, max: 125, unit: "x", sentence: "Of the position; from 10 on speed goes before price." }),
    1,
  ),
  beta: v.optional(
    real({ min: -100, max: 100, unit: "hedge notional per unit", sentence: "Hedge ratio until estimates change it." }),
    1,
  ),
  betaRule: v.optional(BetaConfig, {}),
  insurance: v.optional(InsuranceConfig, {}),
  corridor: v.optional(CorridorConfig, {}),
  correction: v.optional(CorrectionConfig, {}),
  volatility: v.optional(VolatilityConfig, {}),
};

export const SignalConfig = section(
  {
    asset: symbol("Instrument that signals name."),
    ...LEGS,
    notionalMax: notional("Largest position, whatever a signal asks for."),
    policy: v.optional(
      oneOf(["confidence-bands", "linear", "full", "insurance", "delta"], { sentence: "How much is hedged." }),
      "confidence-bands",
    ),
    bands: v.optional(BandsConfig, {}),
    linear: v.optional(LinearConfig, {}),
    decay: v.optional(DecayConfig, { onExpiry: "release" }),
  },
  "Signals of one asset open positions with a hedge.",
);

const z = (sentence: string) => real({ min: 0, max: 20, unit: "standard deviations", sentence });
const bars = (sentence: string) => real({ min: 0, max: 1_000_000, unit: "bars", sentence });
export const ReversionConfig = section(
  {
    ...LEGS,
    structure: v.optional(
      oneOf(["pairs", "insurance", "delta"], {
        sentence: "pairs: hedged fully. insurance: by a fraction. delta: fully, inside a corridor.",
      }),
      "pairs",
    ),
    lookback: v.optional(integer({ min: 20, max: 60, unit: "bars", sentence: "Window of mean and deviation." }), 20),
    barMs: v.optional(integer({ min: 100, max: 86_400_000, unit: "ms", sentence: "Length of a bar." }), 60_000),
    entryZ: v.optional(real({ min: 1.5, max: 2.5, unit: "standard deviations", sentence: "Opened from here on." }), 2),
    exitZ: v.optional(z("Closed from here on."), 0.5),
    stopZ: v.optional(z("Closed from here on, and blocked until the spread is back under entryZ."), 3.5),
    halfLifeBarsMin: v.optional(bars("Shortest half-life that is traded."), 1),
    halfLifeBarsMax: v.optional(bars("Longest half-life that is traded."), 60),
    costMultiple: v.optional(
      real({ min: 0, max: 100, unit: "x", sentence: "The way back must pay the costs this often; 0: no gate." }),
      1,
    ),
  },
  "The spread of one pair is traded.",
);
