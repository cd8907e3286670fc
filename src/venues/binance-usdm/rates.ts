/**
 * Rate limits of Binance USDM (venues.md §8): weight per address and orders per account, in fixed windows of its clock; how
 * the venue publishes and counts them, and how it says that they are exceeded.
 */
import type { RateLimits, RateRefusal, RateRule, RateTable } from "../rate-limits.ts";

export type BinanceRequest =
  | "place"
  | "cancel"
  | "query"
  | "time"
  | "exchangeInfo"
  | "listenKey"
  | "positions"
  | "allOrders"
  | "account";

export type BinanceRates = RateLimits<BinanceRequest>;

/** Of every order limit a fifth is kept for what makes positions smaller. */
const ORDER_SHARES: RateRule["shares"] = { hedge: 0.8 };
const WEIGHT_SHARES: RateRule["shares"] = { hedge: 0.7, reconcile: 0.7, data: 0.6 };

/** Limits as documented; `adoptLimits` puts the account's own in their place. */
export const BINANCE_USDM_RATES: RateTable<BinanceRequest> = {
  rules: [
    { name: "weight", per: "venue", window: "fixed", windowMs: 60_000, limit: 2400, shares: WEIGHT_SHARES },
    { name: "orders10s", per: "venue", window: "fixed", windowMs: 10_000, limit: 300, shares: ORDER_SHARES },
    { name: "orders1m", per: "venue", window: "fixed", windowMs: 60_000, limit: 1200, shares: ORDER_SHARES },
  ],
  costs: {
    place: { orders10s: 1, orders1m: 1 },
    cancel: { weight: 1 },
    query: { weight: 1 },
    time: { weight: 1 },
    exchangeInfo: { weight: 1 },
    listenKey: { weight: 1 },
    positions: { weight: 5 },
    allOrders: { weight: 5 },
    // `/sapi` counts weight of its own; what it costs here is not worth a rule.
    account: {},
  },
};

export type BinanceRule = "weight" | "orders10s" | "orders1m";

/** What the venue calls them. */
export const RATE_RULES = [
  { name: "orders10s", type: "ORDERS", intervals: 10, interval: "SECOND" },
  { name: "orders1m", type: "ORDERS", intervals: 1, interval: "MINUTE" },
  { name: "weight", type: "REQUEST_WEIGHT", intervals: 1, interval: "MINUTE" },
] as const satisfies readonly {
  readonly name: BinanceRule;
  readonly type: string;
  readonly intervals: number;
  readonly interval: string;
}[];

/** The `rateLimits` of exchangeInfo. */
export function adoptLimits(rates: BinanceRates, exchangeInfo: unknown): void {
  const published = (exchangeInfo as { rateLimits?: unknown } | null)?.rateLimits;
  for (const entry of Array.isArray(published) ? (published as unknown[]) : []) {
    const { rateLimitType, interval, intervalNum, limit } = (entry ?? {}) as Record<string, unknown>;
    const rule = RATE_RULES.find(
      (each) => each.type === rateLimitType && each.intervals === intervalNum && each.interval === interval,
    );
    if (rule && typeof limit === "number" && Number.isSafeInteger(limit) && limit > 0) rates.setLimit(rule.name, limit);
  }
}

const HEADERS: readonly (readonly [string, string])[] = [
  ["x-mbx-used-weight-1m", "weight"],
  ["x-mbx-order-count-10s", "orders10s"],
  ["x-mbx-order-count-1m", "orders1m"],
];

/** The counters in the headers of a REST answer. */
export function observeHeaders(rates: BinanceRates, headers: Headers): void {
  for (const [header, rule] of HEADERS) {
    const used = Number(headers.get(header) ?? Number.NaN);
    if (Number.isSafeInteger(used)) rates.observe(rule, used);
  }
}

/** What an answer says of our rate; null when it is not about that. `status` and `code` are 0 where the answer has none. */
export function refusalOf(status: number, code: number): RateRefusal | null {
  if (status === 418 || (status === 403 && code === 0)) return "banned";
  if (code === -1015) return "windowFull";
  if (status === 429 || code === -1003) return "throttled";
  return code === -1008 ? "overloaded" : null;
}
