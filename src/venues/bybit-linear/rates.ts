/**
 * Rate limits of Bybit V5 linear (venues.md §8): per account and kind of request in any second, WebSocket and HTTP together;
 * HTTP requests per address in any five.
 *
 * Answers name the limit of the account and what is left of it, so that accounts with other limits than the documented ones
 * are known after their first answer of a kind.
 */
import type { RateUsage } from "../../domain/venue-status.ts";
import { type RateClass, RateLimits, type RateRefusal, type RateRule, type RateTable } from "../rate-limits.ts";
import type { RateTime } from "../rate-window.ts";

export type BybitRequest = "place" | "cancel" | "query" | "read" | "realtime" | "history";
export type BybitRule = "create" | "cancel" | "realtime" | "history" | "http";

/** Of the order limit a fifth is kept for what makes positions smaller. */
const ORDER_SHARES: RateRule["shares"] = { hedge: 0.8 };
/** Whole lists are in no hurry; queries of single orders in doubt are. */
const LIST_SHARES: RateRule["shares"] = { reconcile: 0.5 };
const HTTP_SHARES: RateRule["shares"] = { reconcile: 0.7, data: 0.6 };

const BYBIT_LINEAR_RATES: RateTable<BybitRequest> = {
  rules: [
    rule("create", 1000, 10, ORDER_SHARES),
    rule("cancel", 1000, 10, {}),
    rule("realtime", 1000, 50, LIST_SHARES),
    rule("history", 1000, 50, LIST_SHARES),
    rule("http", 5000, 600, HTTP_SHARES),
  ],
  costs: {
    place: { create: 1 },
    cancel: { cancel: 1 },
    // The history is asked only where the realtime list has nothing, but then at once: it has to be there.
    query: { realtime: 1, history: 1, http: 2 },
    read: { http: 1 },
    realtime: { realtime: 1, http: 1 },
    history: { history: 1, http: 1 },
  },
};

function rule(name: BybitRule, windowMs: number, limit: number, shares: RateRule["shares"]): RateRule {
  return { name, per: "venue", window: "rolling", windowMs, limit, shares };
}

/** What an answer says of the limit that its request counted against; NaN where it says nothing. */
export interface BybitUsage {
  readonly limit: number;
  readonly left: number;
  /** On the venue's clock: when the next request will be let in, if none is now. */
  readonly resetMs: number;
}

/** Higher ones are as good as none. */
const LIMIT_MAX = 10_000;
/** An address that has been refused outright stays away for as long as Bybit says that it must. */
const BANNED_MS = 600_000;

export class BybitRates {
  readonly #limits: RateLimits<BybitRequest>;
  readonly #known = new Map<BybitRule, number>();
  readonly #time: () => RateTime;

  constructor(time: () => RateTime, random: () => number) {
    this.#limits = new RateLimits(BYBIT_LINEAR_RATES, time, random);
    this.#time = time;
  }

  /** False: it must not be sent now. */
  take(request: BybitRequest, rateClass: RateClass): boolean {
    return this.#limits.take(request, rateClass);
  }

  usage(): readonly RateUsage[] {
    return this.#limits.usage();
  }

  /** What came back for a request: its code, 0 for none, and what it said of the rule it counted against. */
  answered(rule: BybitRule, code: number, { limit, left, resetMs }: BybitUsage): void {
    if (limit > 0 && left >= 0) {
      const known = Math.min(limit, LIMIT_MAX);
      if (this.#known.get(rule) !== known) this.#limits.setLimit(rule, known);
      this.#known.set(rule, known);
      this.#limits.observe(rule, limit - left);
    }
    const refusal = refusalOf(code);
    if (refusal === null) this.#limits.accepted();
    else if (refusal === "banned") this.banned();
    else this.#limits.refused(refusal, resetMs > 0 ? Math.max(0, resetMs - this.#time().venueMs) : 0, rule);
  }

  /** HTTP 403: this address has asked too much. */
  banned(): void {
    this.#limits.refused("banned", BANNED_MS);
  }
}

function refusalOf(code: number): RateRefusal | null {
  switch (code) {
    case 10006:
      return "windowFull";
    case 10403:
    case 10429:
      return "throttled";
    case 10009:
    case 10018:
      return "banned";
    default:
      return null;
  }
}
