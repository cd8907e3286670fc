/**
 * Refusals: we said no, with the value that was too much and the limit it broke. Codes are stable names for people,
 * dashboards and dead letters; their order is a wire format (rings and journal carry the index), so append only.
 */
export const REFUSAL_CODES = [
  "NONE",
  // About the signal
  "STALE",
  "FROM_FUTURE",
  "EXPIRED",
  "SUPERSEDED",
  "KIND_NOT_SUPPORTED",
  "NOTHING_TO_PROTECT",
  "DIRECTION_MISMATCH",
  // About the engine
  "STATE_NOT_ACTIVE",
  "KILL_SWITCH",
  "TOO_MANY_OPEN_INTENTS",
  // About the order
  "NO_VENUE",
  "NO_FRESH_QUOTE",
  "OFF_TICK",
  "OFF_LOT",
  "QUANTITY_UNDER_MIN",
  "NOTIONAL_UNDER_MIN",
  "ORDER_NOTIONAL_OVER_LIMIT",
  "POSITION_NOTIONAL_OVER_LIMIT",
  "PRICE_OUTSIDE_COLLAR",
  "OVER_TARGET",
  "WRONG_DIRECTION",
  "VENUE_NOT_READY",
  // About opening and increasing
  "SCORE_BELOW_THRESHOLD",
  "BREAKER_OPEN",
  "NOTHING_OPEN",
  "SIZE_TOO_SMALL",
  // About us
  "CRASHED",
  // About opening: what it would go by is too old
  "ANALYSIS_STALE",
  // About the order, since
  "QUANTITY_OVER_MAX",
  "QUANTITY_OVER_DEPTH",
  "SLIPPAGE_OVER_LIMIT",
  "SELF_TRADE",
  "ORDER_RATE_OVER_LIMIT",
  "RULES_CHANGED",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Reused by its producer. `value` broke `limit`; both in the unit that the code implies, NaN where there is none. */
export interface Refusal {
  code: RefusalCode;
  value: number;
  limit: number;
}
