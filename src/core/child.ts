/**
 * A child order and what we know of it: the state machine of venues.md §6.1.
 *
 *     reserved ─▶ sent ─▶ acked ─▶ partial ─▶ filled* canceled* expired* rejected*
 *        └─▶ notSent*        └── timeout, socket loss, unknown code ──▶ unknown ─▶ resolving ─▶ any of the above,
 *                                                                      notPlaced* or quarantined
 *
 * Invariants
 *   - The state moves on evidence only: a venue's word or, for absence, proof (`provesAbsence`). A clock that runs past a
 *     deadline moves an order to `unknown`, never to an end.
 *   - The filled quantity never falls.
 *   - An ended child (*) reserves nothing; any other reserves all of it that has not filled.
 *   - A fill that comes after the end is adopted and said aloud.
 */
import type { OrderReport, OrderRequest } from "../domain/order.ts";
import { type EpochMs, type Lots, lots, type Ns, ticks } from "../domain/units.ts";

export const CHILD_STATES = [
  "reserved",
  "sent",
  "acked",
  "partial",
  "cancelRequested",
  "unknown",
  "resolving",
  "quarantined",
  "notSent",
  "filled",
  "canceled",
  "expired",
  "rejected",
  "notPlaced",
] as const;
export type ChildState = (typeof CHILD_STATES)[number];

export interface Child extends OrderRequest {
  readonly venue: number;
  readonly instrument: number;
  /** The route it belongs to, and the shield that route serves. */
  readonly route: number;
  readonly shield: number;
  /** `source|signal_id` or `position|n`. */
  readonly cause: string;
  readonly attempt: number;
  readonly sentNs: Ns;
  /** When the signal behind it came in; NaN for the engine's own corrections. */
  readonly receivedNs: number;
  /** Position of the instrument that it works toward; NaN in records that do not say. */
  readonly targetLots: number;
  state: ChildState;
  cumQtyLots: Lots;
  /** Average fill price in ticks; NaN before the first fill. */
  avgPxTicks: number;
  /** When its present state next needs attention. */
  dueNs: number;
  /** Since when its outcome is unknown; NaN while it is not. */
  unknownSinceNs: number;
  backoffMs: number;
  notFounds: number;
  lastNotFoundNs: number;
}

export interface AbsenceRule {
  /** How long after its validity window an order may still be in a venue's matching engine. */
  readonly absenceGraceMs: number;
  readonly notFoundsMin: number;
  readonly notFoundSpacingMs: number;
}

/** A child as its maker sees it: every field open. Made with one shape, reused by `Children`. */
export type BlankChild = { -readonly [Field in keyof Child]: Child[Field] };

export const createChild = (): BlankChild => ({
  clientOrderId: "",
  listing: 0,
  side: "buy",
  qtyLots: lots(0),
  pxTicks: ticks(0),
  timeInForce: "ioc",
  reduceOnly: false,
  stampMs: 0 as EpochMs,
  validForMs: 0,
  venue: 0,
  instrument: 0,
  route: 0,
  shield: 0,
  cause: "",
  attempt: 0,
  // Not whole numbers, so that these fields hold doubles from the start and are written in place.
  sentNs: 0.5 as Ns,
  receivedNs: Number.NaN,
  targetLots: Number.NaN,
  state: "reserved",
  cumQtyLots: lots(0),
  avgPxTicks: Number.NaN,
  dueNs: Number.NEGATIVE_INFINITY,
  unknownSinceNs: Number.NaN,
  backoffMs: 0,
  notFounds: 0,
  lastNotFoundNs: Number.NaN,
});

/** What a report changed, for the ledger and the router to act on. */
export type Change = "none" | "progress" | "ended" | "unknown" | "lateFill" | "overFill";

export function hasEnded({ state }: Child): boolean {
  switch (state) {
    case "notSent":
    case "filled":
    case "canceled":
    case "expired":
    case "rejected":
    case "notPlaced":
      return true;
    default:
      return false;
  }
}

export const isInDoubt = ({ state }: Child): boolean =>
  state === "unknown" || state === "resolving" || state === "quarantined";

/** Its venue has said that it is there, and not yet what became of it. */
export const isWorking = ({ state }: Child): boolean =>
  state === "acked" || state === "partial" || state === "cancelRequested";

/** Lots that may still fill: what the ledger holds back for it. */
export const leavesLots = (child: Child): Lots =>
  (hasEnded(child) ? 0 : Math.max(0, child.qtyLots - child.cumQtyLots)) as Lots;

/** Folds one report into the child. `venueNowMs` is the venue's clock as we know it. */
export function applyReport(
  child: Child,
  report: OrderReport,
  nowNs: Ns,
  venueNowMs: number,
  absence: AbsenceRule,
): Change {
  switch (report.kind) {
    case "status":
      return applyStatus(child, report);
    case "ack":
      if (child.state !== "sent" && child.state !== "reserved") return "none";
      child.state = "acked";
      return "progress";
    case "rejected":
      if (hasEnded(child)) return "none";
      // A venue that rejects what it has filled contradicts itself: nothing is proved.
      return child.cumQtyLots > 0 ? toUnknown(child, nowNs) : end(child, "rejected");
    case "notSent":
      return child.state === "sent" || child.state === "reserved" ? end(child, "notSent") : "none";
    case "notFound":
      return applyNotFound(child, nowNs, venueNowMs, absence);
    case "duplicateId":
    case "unknown":
      return hasEnded(child) || isInDoubt(child) ? "none" : toUnknown(child, nowNs);
    case "cancelUnknown":
      // It may have filled in the meantime, so this proves nothing.
      return hasEnded(child) || isInDoubt(child) ? "none" : toUnknown(child, nowNs);
  }
}

/** The outcome is in doubt from now on; the router resolves it. */
export function toUnknown(child: Child, nowNs: Ns): Change {
  child.state = "unknown";
  child.dueNs = nowNs;
  child.unknownSinceNs = nowNs;
  return "unknown";
}

/** Nothing but more filled can change an order that has ended: true of a report of one that says no more than is known. */
export const addsNothing = (child: Child, report: OrderReport): boolean =>
  hasEnded(child) && !(report.kind === "status" && reportedLots(child, report) > child.cumQtyLots);

/** A `filled` that does not say how much means all of it. */
const reportedLots = (child: Child, report: OrderReport): number =>
  report.status === "filled" && report.cumQtyLots < 0 ? child.qtyLots : report.cumQtyLots;

function applyStatus(child: Child, report: OrderReport): Change {
  const wasEnded = hasEnded(child);
  const before = child.cumQtyLots;
  const reported = reportedLots(child, report);
  if (reported > before) {
    child.cumQtyLots = lots(reported);
    child.avgPxTicks = report.avgPxTicks;
  }
  const grew = child.cumQtyLots > before;
  if (child.cumQtyLots > child.qtyLots && grew) {
    if (!wasEnded) end(child, "filled");
    return "overFill";
  }
  if (wasEnded) return grew ? "lateFill" : "none";
  switch (report.status) {
    case "filled":
    case "canceled":
    case "expired":
    case "rejected":
      return end(child, report.status);
    case "open":
    case "partiallyFilled":
      if (child.cumQtyLots >= child.qtyLots) return end(child, "filled");
      // It was there: from now on "not found" means forgotten, and proves nothing.
      child.notFounds = Number.NEGATIVE_INFINITY;
      if (child.state !== "cancelRequested") child.state = child.cumQtyLots > 0 ? "partial" : "acked";
      child.unknownSinceNs = Number.NaN;
      return "progress";
    case "none":
      return grew ? "progress" : "none";
  }
}

function applyNotFound(child: Child, nowNs: Ns, venueNowMs: number, absence: AbsenceRule): Change {
  if (hasEnded(child)) return "none";
  // Before the venue is bound to have dropped it, "not found" may only mean "not yet".
  if (!(venueNowMs > child.stampMs + child.validForMs + absence.absenceGraceMs)) return "none";
  const spaced = Number.isNaN(child.lastNotFoundNs) || nowNs - child.lastNotFoundNs >= absence.notFoundSpacingMs * 1e6;
  if (!spaced) return "none";
  child.notFounds++;
  child.lastNotFoundNs = nowNs;
  if (child.notFounds < absence.notFoundsMin || child.cumQtyLots > 0) return "none";
  return end(child, "notPlaced");
}

function end(child: Child, state: ChildState): Change {
  child.state = state;
  child.dueNs = Number.POSITIVE_INFINITY;
  child.unknownSinceNs = Number.NaN;
  return "ended";
}
