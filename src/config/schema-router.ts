/**
 * Router: first fill across venues, and how an order of unknown outcome is cleared up. Semantics are SPEC §8.
 */
import * as v from "valibot";
import { fraction, integer, oneOf, real, section } from "./setting.ts";

const ResolveConfig = section(
  {
    firstMs: v.optional(
      integer({
        min: 1,
        max: 10_000,
        unit: "ms",
        sentence: "Wait before an order of unknown outcome is first queried.",
      }),
      50,
    ),
    maxMs: v.optional(
      integer({ min: 10, max: 60_000, unit: "ms", sentence: "Longest wait between two queries, reached by doubling." }),
      5000,
    ),
    quarantineAfterMs: v.optional(
      integer({
        min: 1000,
        max: 3_600_000,
        unit: "ms",
        sentence: "Still unknown after this: quarantined, with an alarm.",
      }),
      60_000,
    ),
    absenceGraceMs: v.optional(
      integer({
        min: 0,
        max: 600_000,
        unit: "ms",
        sentence: "An order counts as absent only this long after it expired.",
      }),
      10_000,
    ),
    notFoundsMin: v.optional(
      integer({
        min: 1,
        max: 100,
        unit: "answers",
        sentence: '"Not found" answers needed before an order counts as absent.',
      }),
      2,
    ),
    notFoundSpacingMs: v.optional(
      integer({
        min: 1,
        max: 60_000,
        unit: "ms",
        sentence: 'Least time between two "not found" answers that both count.',
      }),
      250,
    ),
  },
  "How an order of unknown outcome is cleared up.",
);

const RaceConfig = section(
  {
    delayMsMin: v.optional(
      integer({
        min: 0,
        max: 10_000,
        unit: "ms",
        sentence: "Least wait before the next venue joins; else the live p99 ack time of the one before.",
      }),
      5,
    ),
    delayMsMax: v.optional(
      integer({
        min: 0,
        max: 10_000,
        unit: "ms",
        sentence: "Longest such wait, also while no ack time is known. 0: all venues at once.",
      }),
      100,
    ),
    netMs: v.optional(
      integer({
        min: 0,
        max: 10_000,
        unit: "ms",
        sentence: "T_net: a surplus waits so long for an opposite intent before it is unwound, reduce-only.",
      }),
      150,
    ),
  },
  "How venues race for an order. The budget is each shield's overHedgeLotsMax.",
);

const SplitConfig = section(
  {
    depthShare: v.optional(
      fraction({ unit: "of the displayed depth", sentence: "An order counts on this much of a venue's best price." }),
      0.5,
    ),
  },
  "How an order is split over venues.",
);

export const RouterConfig = section(
  {
    mode: v.optional(
      oneOf(["best-first", "race", "split"], {
        sentence:
          "best-first: best price first, the next venue on evidence or time. race: several at once within overHedgeLotsMax, the first fill wins. split: over as many venues as have the depth.",
      }),
      "best-first",
    ),
    race: v.optional(RaceConfig, {}),
    split: v.optional(SplitConfig, {}),
    overHedgeMsMax: v.optional(
      integer({
        min: 100,
        max: 60_000,
        unit: "ms",
        sentence:
          "Y: a surplus that lasts longer is alarmed, and nothing races until the breaker overHedge is acknowledged.",
      }),
      1500,
    ),
    nakedLegMsMax: v.optional(
      integer({
        min: 100,
        max: 60_000,
        unit: "ms",
        sentence: "How long one leg of a pair may stand without the other before it is trimmed, with an alarm.",
      }),
      1500,
    ),
    doubtPenaltyMs: v.optional(
      integer({
        min: 0,
        max: 3_600_000,
        unit: "ms",
        sentence: "A venue that left an order in doubt goes behind the others for so long.",
      }),
      10_000,
    ),
    speedBpsPerMs: v.optional(
      real({
        min: 0,
        max: 100,
        unit: "bps per ms",
        sentence: "From leverage 10 on: price given up for a venue that usually answers a ms faster.",
      }),
      1,
    ),
    childTimeoutMs: v.optional(
      integer({
        min: 50,
        max: 60_000,
        unit: "ms",
        sentence: "How long one venue may hold an order before the next is considered.",
      }),
      500,
    ),
    totalMs: v.optional(
      integer({
        min: 100,
        max: 600_000,
        unit: "ms",
        sentence: "An intent not filled by then is closed, and what is missing raises an alarm.",
      }),
      5000,
    ),
    retryMs: v.optional(
      integer({ min: 1, max: 600_000, unit: "ms", sentence: "Pause before an unfinished target is tried again." }),
      250,
    ),
    validForMs: v.optional(
      integer({
        min: 10,
        max: 60_000,
        unit: "ms",
        sentence: "After this the venue itself refuses the order (recvWindow).",
      }),
      400,
    ),
    quoteAgeMsMax: v.optional(
      integer({ min: 1, max: 60_000, unit: "ms", sentence: "An older quote is not traded on." }),
      2000,
    ),
    clockErrorMsMax: v.optional(
      integer({
        min: 1,
        max: 10_000,
        unit: "ms",
        sentence:
          "A venue whose clock is known less exactly gets no orders. It is known to half the round trip: a venue more than twice this away has none.",
      }),
      250,
    ),
    slippageBpsMax: v.optional(
      real({ min: 0, max: 1000, unit: "bps of the touch", sentence: "Price cap of every order." }),
      20,
    ),
    slippageBpsMaxHighLeverage: v.optional(
      real({
        min: 0,
        max: 1000,
        unit: "bps of the touch",
        sentence: "The same from leverage 10 on, where speed matters more.",
      }),
      50,
    ),
    resolve: v.optional(ResolveConfig, {}),
    intentsOpenMax: v.optional(
      integer({
        min: 1,
        max: 4096,
        unit: "intents",
        sentence: "Open order intents per lane; above it new ones are refused.",
      }),
      256,
    ),
    attemptsMax: v.optional(
      integer({
        min: 1,
        max: 64,
        unit: "orders",
        sentence: "Child orders one intent may use before it ends with an alarm.",
      }),
      8,
    ),
  },
  "First fill across venues.",
);
