/** Portfolio hedge: what clusters of positions may leave open, and what hedges the rest. Formulas are SPEC §5. */
import * as v from "valibot";
import { CentredCorrectionConfig, symbol, VolatilityConfig } from "./schema-shield.ts";
import { fraction, integer, oneOf, real, section } from "./setting.ts";

export const PortfolioConfig = section(
  {
    index: symbol("Instrument to hedge clusters with; it needs a listing, and no playbook may trade it."),
    clusterNotionalMax: real({
      min: 0.01,
      max: 1e12,
      unit: "quote currency",
      sentence: "What a cluster may leave open, in notional of the index; the rest is hedged.",
    }),
    correlationMin: v.optional(
      fraction({ unit: "|ρ|", sentence: "Instruments that correlate by more are one cluster." }),
      0.8,
    ),
    eigenvectorShareMax: v.optional(
      fraction({
        unit: "of the book's variance",
        sentence: "While more than that lies along one direction, the whole book is one cluster; 1: never.",
      }),
      0.8,
    ),
    indexCorrelationMin: v.optional(
      fraction({ unit: "|ρ|", sentence: "A cluster's member that follows the index by less is alarmed." }),
      0.5,
    ),
    correlationAgeDaysMax: v.optional(
      real({ min: 0.001, max: 365, unit: "days", sentence: "By an older correlation the hedge shrinks only." }),
      7,
    ),
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
    leverage: v.optional(
      real({ min: 1, max: 125, unit: "x", sentence: "Of the book; from 10 on speed goes before price." }),
      1,
    ),
    correction: v.optional(CentredCorrectionConfig, {}),
    volatility: v.optional(VolatilityConfig, {}),
  },
  "Positions that move together are hedged together.",
);
