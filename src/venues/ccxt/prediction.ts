/**
 * Prediction markets: two outcomes of one market pay one unit together, so being short of one is being long of the other.
 *
 * The engine sells an outcome; what is sent is a purchase of the opposing one at one minus the price. Reports come back in terms
 * of the outcome that is listed. Nothing is ever sold that is not held: reducing sells what was bought.
 *
 * Pure, in whole lots and ticks.
 */

import { toSteps } from "../../domain/decimal.ts";
import type { Side } from "../../domain/order.ts";
import { type Ticks, ticks } from "../../domain/units.ts";
import { VenueError } from "../venue-error.ts";
import type { CcxtOutcome } from "./exchange.ts";

/** What is really traded for an order on the listed outcome. */
export interface ContractOrder {
  readonly contract: "listed" | "opposing";
  readonly side: Side;
  readonly pxTicks: Ticks;
}

/**
 * `unitTicks` is the pay-out of one in ticks.
 *
 *   buy                → buy the outcome        buy, reducing  → sell the opposing outcome
 *   sell               → buy the opposing one   sell, reducing → sell the outcome
 */
export function contractOrder(side: Side, pxTicks: Ticks, reduceOnly: boolean, unitTicks: number): ContractOrder {
  const opposing = (side === "sell") !== reduceOnly;
  return {
    contract: opposing ? "opposing" : "listed",
    side: reduceOnly ? "sell" : "buy",
    pxTicks: opposing ? ticks(unitTicks - pxTicks) : pxTicks,
  };
}

/** A price of the opposing contract in terms of the listed one; its own reverse. NaN stays NaN. */
export const opposingPx = (pxTicks: number, unitTicks: number): number => unitTicks - pxTicks;

/** The pay-out of one in ticks. Throws `LISTING` where a tick does not divide it. */
export function unitTicksOf(tickSize: string, symbol: string): number {
  const steps = toSteps("1", tickSize);
  if (steps === null || steps < 2) {
    throw new VenueError("LISTING", "tickSize", `${symbol}: a pay-out of 1 is no whole number of ticks of ${tickSize}`);
  }
  return steps;
}

/** The other outcome of its market. Throws `UNSUPPORTED` where there is not exactly one. */
export function opposingOutcome(listed: CcxtOutcome, all: readonly CcxtOutcome[]): CcxtOutcome {
  const others = all.filter((each) => each.market === listed.market && each.outcomeId !== listed.outcomeId);
  const [other] = others;
  if (other === undefined || others.length !== 1 || listed.market === undefined) {
    const message = `${listed.outcome}: its market has ${others.length} other outcomes, a hedge needs exactly one`;
    throw new VenueError("UNSUPPORTED", "outcome", message);
  }
  return other;
}
