/** Hedge ratio: how it is found, and when it is said to have changed. SPEC §5. */
import * as v from "valibot";
import { fraction, oneOf, real, section } from "./setting.ts";

const BETA_METHODS = ["fixed", "ols", "returns", "combined", "johansen", "auto"] as const;

const hours = (sentence: string) => real({ min: 0.001, max: 87_600, unit: "hours", sentence });

export const BetaConfig = section(
  {
    method: v.optional(
      oneOf(BETA_METHODS, {
        sentence:
          "fixed: the configured ratio. ols, returns, combined, johansen: as estimated. auto: johansen where the pair is cointegrated and held long, else combined.",
      }),
      "fixed",
    ),
    driftMax: v.optional(fraction({ unit: "of the ratio before", sentence: "A larger change is alarmed." }), 0.1),
    revalidateDays: v.optional(
      real({ min: 1, max: 365, unit: "days", sentence: "Estimates older than that are alarmed." }),
      30,
    ),
    holdingHours: v.optional(hours("How long a position is usually held."), 24),
    longHoldingHours: v.optional(hours("From there on auto may go by price levels."), 48),
  },
  "How the hedge ratio is found.",
);
