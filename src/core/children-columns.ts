/**
 * Orders as columns, for snapshots: thousands that have ended are remembered, and a start waits for them. Written out field by
 * field, they come back in a fraction of the time that rows of named fields take. A field that is left out here is found by the
 * tests of snapshots, which compare every field there is.
 */
import type { EpochMs, Lots, Ns, Ticks } from "../domain/units.ts";
import { CHILD_STATES, type Child, createChild } from "./child.ts";

const TIMES_IN_FORCE = ["ioc", "fok", "gtc", "postOnly"] as const;
/** Per child. */
const NUMBERS = 20;
const MARKS = 4;

export interface ChildColumns {
  readonly count: number;
  readonly numbers: Float64Array;
  readonly clientOrderId: readonly string[];
  readonly cause: readonly string[];
  /** Indices of side (1 buys) and time in force, whether it only reduces, and the state's index. */
  readonly marks: Uint8Array;
}

export function columnsOf(children: readonly Child[]): ChildColumns {
  const count = children.length;
  const numbers = new Float64Array(NUMBERS * count);
  const marks = new Uint8Array(MARKS * count);
  const clientOrderId: string[] = [];
  const cause: string[] = [];
  for (let row = 0; row < count; row++) {
    const child = children[row]!;
    const at = NUMBERS * row;
    numbers[at + 0] = child.listing;
    numbers[at + 1] = child.qtyLots;
    numbers[at + 2] = child.pxTicks;
    numbers[at + 3] = child.stampMs;
    numbers[at + 4] = child.validForMs;
    numbers[at + 5] = child.venue;
    numbers[at + 6] = child.instrument;
    numbers[at + 7] = child.route;
    numbers[at + 8] = child.shield;
    numbers[at + 9] = child.attempt;
    numbers[at + 10] = child.sentNs;
    numbers[at + 11] = child.receivedNs;
    numbers[at + 12] = child.targetLots;
    numbers[at + 13] = child.cumQtyLots;
    numbers[at + 14] = child.avgPxTicks;
    numbers[at + 15] = child.dueNs;
    numbers[at + 16] = child.unknownSinceNs;
    numbers[at + 17] = child.backoffMs;
    numbers[at + 18] = child.notFounds;
    numbers[at + 19] = child.lastNotFoundNs;
    clientOrderId.push(child.clientOrderId);
    cause.push(child.cause);
    marks[MARKS * row] = child.side === "buy" ? 1 : 0;
    marks[MARKS * row + 1] = TIMES_IN_FORCE.indexOf(child.timeInForce);
    marks[MARKS * row + 2] = child.reduceOnly ? 1 : 0;
    marks[MARKS * row + 3] = CHILD_STATES.indexOf(child.state);
  }
  return { count, numbers, clientOrderId, cause, marks };
}

export function childrenOf({ count, numbers, clientOrderId, cause, marks }: ChildColumns): Child[] {
  const children: Child[] = [];
  for (let row = 0; row < count; row++) {
    const child = createChild();
    const at = NUMBERS * row;
    child.listing = numbers[at + 0]!;
    child.qtyLots = numbers[at + 1]! as Lots;
    child.pxTicks = numbers[at + 2]! as Ticks;
    child.stampMs = numbers[at + 3]! as EpochMs;
    child.validForMs = numbers[at + 4]!;
    child.venue = numbers[at + 5]!;
    child.instrument = numbers[at + 6]!;
    child.route = numbers[at + 7]!;
    child.shield = numbers[at + 8]!;
    child.attempt = numbers[at + 9]!;
    child.sentNs = numbers[at + 10]! as Ns;
    child.receivedNs = numbers[at + 11]!;
    child.targetLots = numbers[at + 12]!;
    child.cumQtyLots = numbers[at + 13]! as Lots;
    child.avgPxTicks = numbers[at + 14]!;
    child.dueNs = numbers[at + 15]!;
    child.unknownSinceNs = numbers[at + 16]!;
    child.backoffMs = numbers[at + 17]!;
    child.notFounds = numbers[at + 18]!;
    child.lastNotFoundNs = numbers[at + 19]!;
    child.clientOrderId = clientOrderId[row]!;
    child.cause = cause[row]!;
    child.side = marks[MARKS * row] === 1 ? "buy" : "sell";
    child.timeInForce = TIMES_IN_FORCE[marks[MARKS * row + 1]!]!;
    child.reduceOnly = marks[MARKS * row + 2] === 1;
    child.state = CHILD_STATES[marks[MARKS * row + 3]!]!;
    children.push(child);
  }
  return children;
}
