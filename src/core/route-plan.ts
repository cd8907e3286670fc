/**
 * Route plans: how a route uses its venues. A mode is a set of values here, never other code (SPEC §8, venues.md §6).
 *
 *                 at once   X        depth counted on    racers after
 *     best-first  1         0        all of it           –
 *     race        all       budget   all of it           live p99 ack time, within bounds; 0: at once
 *     split       all       0        a share of it       –
 *
 * Invariant: whatever the values, F + W + U + q ≤ Q + X holds for every order.
 */
import { type Lots, lots } from "../domain/units.ts";
import type { RouteMode, RouterConfig } from "./config.ts";

export interface RoutePlan {
  /** Orders that may work at the same time. */
  readonly workingMax: number;
  /** Price cap from the touch. */
  readonly slippageBps: number;
  /** X once the racer delay has passed, and how far X may be raised at once to cover quantity in doubt. Not added up. */
  readonly overLots: Lots;
  readonly overLotsInDoubt: Lots;
  /** Share of the displayed depth that is counted on. Infinity: the best venue is taken to have it all. */
  readonly depthShare: number;
  /** Bounds of the time after which an order may draw on `overLots`: the live p99 ack time of the venue asked before it. */
  readonly racerDelayMsMin: number;
  readonly racerDelayMsMax: number;
  /** What a millisecond of a venue's usual ack time is worth in price. 0: price alone ranks. */
  readonly speedBpsPerMs: number;
  /** How long a surplus waits for an opposite intent before it is unwound. */
  readonly netMs: number;
  /** Shrinks positions where they stand and never opens one. */
  readonly reduceOnly: boolean;
}

/** What the owner of a route brings: its budget and how much speed matters to it. */
export interface PlanTerms {
  readonly leverage: number;
  readonly overHedgeLotsMax: Lots;
  readonly onUnknown: "wait" | "hedgeAnyway";
}

/** Leverage from which speed goes before price (SPEC §5). */
const HIGH_LEVERAGE = 10;
const NONE = lots(0);

const MODES: Readonly<Record<RouteMode, (router: RouterConfig, venues: number, budget: Lots) => ModeValues>> = {
  "best-first": () => ({ workingMax: 1, overLots: NONE, depthShare: Number.POSITIVE_INFINITY, netMs: 0 }),
  race: (router, venues, budget) => ({
    workingMax: venues,
    overLots: budget,
    depthShare: Number.POSITIVE_INFINITY,
    netMs: router.netMs,
  }),
  split: (router, venues) => ({ workingMax: venues, overLots: NONE, depthShare: router.depthShare, netMs: 0 }),
};
type ModeValues = Pick<RoutePlan, "workingMax" | "overLots" | "depthShare" | "netMs">;

/** The plan of a hedge. `venues` bounds what works at once: a venue has at most one order of a route at a time. */
export function hedgePlan(router: RouterConfig, venues: number, terms: PlanTerms): RoutePlan {
  const fast = terms.leverage >= HIGH_LEVERAGE;
  return {
    ...MODES[router.mode](router, Math.max(1, venues), terms.overHedgeLotsMax),
    slippageBps: fast ? router.slippageBpsMaxHighLeverage : router.slippageBpsMax,
    overLotsInDoubt: terms.onUnknown === "hedgeAnyway" ? terms.overHedgeLotsMax : NONE,
    racerDelayMsMin: router.racerDelayMsMin,
    racerDelayMsMax: router.racerDelayMsMax,
    speedBpsPerMs: fast ? router.speedBpsPerMs : 0,
    reduceOnly: false,
  };
}

/** The plan of taking a surplus off: no budget, no waiting, wherever the position stands. */
export const unwindPlan = (hedge: RoutePlan, venues: number): RoutePlan => ({
  ...hedge,
  workingMax: Math.max(1, venues),
  overLots: NONE,
  overLotsInDoubt: NONE,
  depthShare: Number.POSITIVE_INFINITY,
  reduceOnly: true,
});
