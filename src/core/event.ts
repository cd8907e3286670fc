/**
 * Everything that enters `step` and everything that leaves it.
 *
 * Events carry their own time: the core has no clock. Commands are data: the host journals them, then carries them out. Both
 * are the whole interface between the pure core and the world, so a journal of events replays to the same commands, bit for
 * bit, on any host.
 */
import type { OrderReport, Quote, VenueOrder } from "../domain/order.ts";
import type { Refusal, RefusalCode } from "../domain/refusal.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Lots, Ns } from "../domain/units.ts";
import type { Misfit, VenueStatus } from "../domain/venue-status.ts";
import type { Analysis } from "./analysis.ts";
import type { BreakerEntry, BreakerName } from "./breakers.ts";
import type { Child } from "./child.ts";
import type { Mark } from "./equity.ts";
import type { LimitName } from "./limits.ts";
import type { PositionRecord } from "./playbooks/hedged-position.ts";
import type { PortfolioRecord } from "./playbooks/portfolio.ts";
import type { Outcome } from "./score/outcomes.ts";
import type { Scored } from "./score.ts";

/** The state of the engine, from most to least careful. Only `active` opens; `reducing` may shrink positions. */
export const ENGINE_STATES = ["booting", "halted", "reducing", "active"] as const;
export type EngineState = (typeof ENGINE_STATES)[number];

/** 0 off · 1 stops everything that increases risk · 2 stops all sends. */
export type KillLevel = 0 | 1 | 2;

export const KILL_PARTS = ["venue", "instrument", "playbook"] as const;
export type KillPart = (typeof KILL_PARTS)[number];

interface At {
  /** Monotonic and wall time at which the host took the event in. Non-decreasing over a journal. */
  nowNs: Ns;
  wallMs: EpochMs;
}

export type Event =
  | (At & { type: "signal"; signal: Signal })
  | (At & { type: "quote"; quote: Quote })
  | (At & { type: "report"; report: OrderReport })
  | (At & { type: "venue"; status: VenueStatus })
  | (At & { type: "positions"; venue: number; lots: readonly (readonly [listing: number, lots: Lots])[] })
  /** An order of ours in a venue's list that no log may have. */
  | (At & { type: "orphan"; order: VenueOrder })
  | (At & { type: "control"; control: Control })
  | (At & { type: "analysis"; analysis: Analysis })
  | (At & { type: "timer" });

export type Control =
  | { readonly type: "kill"; readonly level: KillLevel; readonly reason: string }
  /** The kill switch of one venue, instrument or playbook, by index. Lowering is proposed first and confirmed after. */
  | {
      readonly type: "killPart";
      readonly part: KillPart;
      readonly index: number;
      readonly level: KillLevel;
      readonly confirmed: boolean;
      readonly reason: string;
    }
  | { readonly type: "state"; readonly state: EngineState; readonly reason: string }
  /** The host saw what the core cannot: a silent source, a journal that failed. */
  | { readonly type: "fault"; readonly breaker: BreakerName; readonly subject: number; readonly reason: string }
  | { readonly type: "acknowledge"; readonly breaker: BreakerName; readonly subject: number; readonly reason: string }
  /** The engine's wall clock was set: what was measured against it is `byMs` less. */
  | { readonly type: "clockSet"; readonly byMs: number }
  /** Loosening is proposed first and confirmed after. */
  | {
      readonly type: "limit";
      readonly name: LimitName;
      readonly value: number;
      readonly confirmed: boolean;
      readonly reason: string;
    }
  /** Deciding that signal has killed its lane, twice: it is refused unseen. */
  | { readonly type: "refuse"; readonly intakeSeq: number }
  /** The lane's disk is full: nothing opens until it is not. */
  | { readonly type: "scarce"; readonly scarce: boolean }
  /** The venue's rules were read again: all of them that do not fit. */
  | { readonly type: "rules"; readonly venue: number; readonly misfits: readonly Misfit[] }
  /** After a power loss: all orders that the venue knows of have come in as orphans. */
  | { readonly type: "scanned"; readonly venue: number }
  /** After a power loss an operator will not wait for that venue: it stays without orders until it has told. */
  | { readonly type: "without"; readonly venue: number; readonly reason: string };

/** What became of a signal. A refusal other than SUPERSEDED or EXPIRED still leaves the last decision standing. */
export interface Verdict {
  readonly intakeSeq: number;
  readonly outcome: "hedged" | "absorbed" | "deferred" | "refused";
  readonly refusal: Readonly<Refusal> | null;
}

export const ALARM_CODES = [
  "UNDER_HEDGED",
  "OVER_HEDGED",
  "UNKNOWN_OUTCOME",
  "QUARANTINED",
  "LATE_FILL",
  "OVER_FILL",
  "FOREIGN_ORDER",
  "POSITION_MISMATCH",
  "ORDER_REFUSED",
  "SIGNAL_EXPIRED",
  "STATE_CHANGED",
  "DUST",
  "NAKED_LEG",
  "BETA_CHANGED",
  "BETA_OVERDUE",
  "ANALYSIS_REFUSED",
  "STOP_LOSS",
  "BREAKER_TRIPPED",
  "BREAKER_CLOSED",
  "LIMIT_CHANGED",
  "ORPHAN",
  "CORRELATION_STALE",
  "CLUSTER_UNHEDGED",
  "ANALYSIS_MISSING",
  "VENUE_LEFT_OUT",
  "OFFSET_UNWOUND",
  "REPEATED_ORDER",
  "WEIGHTS_REVERTED",
  "PRICE_MISSING",
  "RULES_CHANGED",
] as const;
export type AlarmCode = (typeof ALARM_CODES)[number];

export interface Alarm {
  readonly code: AlarmCode;
  readonly message: string;
  readonly value: number;
  /** The signal that was given up with it, and why: it becomes a dead letter. Absent where none was. */
  readonly givenUp?: { readonly intakeSeq: number; readonly code: "NO_VENUE" | "UNFILLED" };
}

export type Command =
  | { readonly type: "place"; readonly child: Child }
  | { readonly type: "cancel"; readonly child: Child }
  | { readonly type: "query"; readonly child: Child }
  | { readonly type: "verdict"; readonly verdict: Verdict }
  /** The decision of shield `shield` is new: what recovery restores it from. */
  | { readonly type: "decided"; readonly shield: number }
  /** A signal was scored: every number of it, and what its outcome will be judged by. */
  | { readonly type: "scored"; readonly scored: Scored }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  /** A hedged position is new or has changed: what recovery restores it from. */
  | { readonly type: "positioned"; readonly record: PositionRecord }
  /** The portfolio hedge was corrected, or sees the book in another way. */
  | { readonly type: "clustered"; readonly record: PortfolioRecord }
  | { readonly type: "breaker"; readonly entry: BreakerEntry }
  | { readonly type: "mark"; readonly mark: Mark }
  | { readonly type: "alarm"; readonly alarm: Alarm };

export type { RefusalCode };
