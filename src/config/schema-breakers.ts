/** Breakers and the staged rollout. SPEC §7. */
import * as v from "valibot";
import { fraction, integer, real, section, text } from "./setting.ts";

/** Paper's limits, stated here because a live configuration must state its own (`relations.ts` refuses it otherwise). */
const PAPER_DAILY_LOSS_MAX = 1_000_000;
const PAPER_DRAWDOWN_MAX = 1_000_000;
const PAPER_DAILY_COST_MAX = 1_000_000;

export const BreakersConfig = section(
  {
    venueDownMs: v.optional(
      integer({
        min: 1000,
        max: 3_600_000,
        unit: "ms",
        sentence:
          "A venue unreachable for longer: positions with a leg there are closed, on other venues where need be.",
      }),
      30_000,
    ),
    dailyLossMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "quote currency",
        sentence: "Most that may be lost since 00:00 UTC. Live must state it: this default is paper's.",
      }),
      PAPER_DAILY_LOSS_MAX,
    ),
    drawdownMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "quote currency",
        sentence: "Most that may be lost since the highest equity. Live must state it: this default is paper's.",
      }),
      PAPER_DRAWDOWN_MAX,
    ),
    ordersPerMinuteMax: v.optional(
      integer({ min: 1, max: 1_000_000, unit: "orders per minute", sentence: "Most orders that may be sent." }),
      100_000,
    ),
    rejectsPerMinuteMax: v.optional(
      integer({ min: 1, max: 1_000_000, unit: "orders per minute", sentence: "Most orders that venues may reject." }),
      100,
    ),
    sameSideFillsPerMinuteMax: v.optional(
      integer({
        min: 1,
        max: 1_000_000,
        unit: "fills per minute",
        sentence: "Most fills of one instrument on one side: more look like something that repeats itself.",
      }),
      20_000,
    ),
    dailyCostMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "quote currency",
        sentence: "Most that fees and slippage may cost since 00:00 UTC. Live must state it: this default is paper's.",
      }),
      PAPER_DAILY_COST_MAX,
    ),
    clockOffsetMsMax: v.optional(
      integer({
        min: 1,
        max: 86_400_000,
        unit: "ms",
        sentence: "Farthest that a venue's clock may be from ours.",
      }),
      60_000,
    ),
  },
  "What makes the engine stop opening until somebody has looked.",
);

export const RolloutConfig = section(
  {
    fraction: v.optional(fraction({ unit: "of full size", sentence: "Size at the start; 1: no ramp." }), 1),
    from: v.exactOptional(
      text({
        pattern: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
        form: "a date such as 2026-01-31",
        sentence: "First day, from 00:00 UTC.",
      }),
    ),
    days: v.optional(integer({ min: 14, max: 365, unit: "days", sentence: "Until full size is reached." }), 14),
  },
  "Sizes grow from a fraction to all of it.",
);
