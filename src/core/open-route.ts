/**
 * An open route: one effort for one intent, what caused it, and the orders it has sent. `Router` owns them; plain data.
 */
import type { Side } from "../domain/order.ts";
import type { Lots, Ns } from "../domain/units.ts";
import { type Child, hasEnded, isInDoubt, leavesLots } from "./child.ts";
import type { RoutePlan } from "./route-plan.ts";

/** What an order is for: the first half of its id, and how many orders it has had. */
export interface Cause {
  readonly text: string;
  readonly tag: string;
  nextAttempt: number;
  /** When the signal came in; NaN for the engine's own corrections. */
  readonly receivedNs: number;
}

/** Parent order: what one effort is to bring about. Fixed when it is opened; what is sent for it are its child orders. */
export interface ParentOrder {
  /** Shield or playbook that it serves. */
  readonly owner: number;
  readonly instrument: number;
  readonly side: Side;
  readonly qtyLots: Lots;
  /** Position of the instrument that it works toward. */
  readonly targetLots: Lots;
  readonly plan: RoutePlan;
  readonly cause: Cause;
  /** Which leg of its cause; 0 where there is one. Part of the order ids. */
  readonly leg: number;
}

export interface Route {
  readonly id: number;
  readonly order: ParentOrder;
  readonly openedNs: Ns;
  readonly children: Child[];
  /** When the next order may draw on X for a race; Infinity before the first order. */
  racerDueNs: number;
  /** No more children: filled, given up, or a newer decision took over. */
  done: boolean;
  /** Done, and every child has ended or is quarantined. It counts no more. */
  closed: boolean;
  underHedgedAlarmed: boolean;
}

export const createRoute = (id: number, order: ParentOrder, openedNs: Ns): Route => ({
  id,
  order,
  openedNs,
  children: [],
  racerDueNs: Number.POSITIVE_INFINITY,
  done: false,
  closed: false,
  // A surplus has its own time, Y.
  underHedgedAlarmed: order.plan.reduceOnly,
});

/** Every order has ended or is quarantined: the route can close. */
export function isSettled(children: readonly Child[]): boolean {
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!;
    if (!hasEnded(child) && child.state !== "quarantined") return false;
  }
  return true;
}

/** F, W + U and U of a route, in lots, and its orders that are not in doubt. Reused. */
export interface Tally {
  filled: number;
  reserved: number;
  inDoubt: number;
  working: number;
}

/** Reads the children themselves; the ledger's sums are another way of counting. */
export function tallyOf(children: readonly Child[], tally: Tally): Tally {
  tally.filled = 0;
  tally.reserved = 0;
  tally.inDoubt = 0;
  tally.working = 0;
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!;
    tally.filled += child.cumQtyLots;
    if (hasEnded(child)) continue;
    const leaves = leavesLots(child);
    tally.reserved += leaves;
    if (isInDoubt(child)) tally.inDoubt += leaves;
    else tally.working++;
  }
  return tally;
}
