/** Rate limits of OKX V5 (venues.md §8): most per account and instrument in rolling windows of two seconds, shown in no header. */
import type { RateRule, RateTable } from "../rate-limits.ts";

/** A fifth is kept for what makes positions smaller. */
const ORDER_SHARES: RateRule["shares"] = { hedge: 0.8 };

export type OkxRequest = "place" | "cancel" | "query" | "time" | "instruments" | "positions" | "account" | "lists";

export const OKX_SWAP_RATES: RateTable<OkxRequest> = {
  rules: [
    rule("orders", "listing", 60, ORDER_SHARES),
    rule("accountOrders", "venue", 1000, ORDER_SHARES),
    rule("cancels", "listing", 60, {}),
    rule("queries", "listing", 60, {}),
    rule("time", "venue", 10, {}),
    rule("instruments", "venue", 20, {}),
    rule("positions", "venue", 10, {}),
    rule("account", "venue", 5, {}),
    // The archive's limit; the other lists of orders may be asked twice and three times as often.
    rule("lists", "venue", 20, {}),
  ],
  costs: {
    place: { orders: 1, accountOrders: 1 },
    cancel: { cancels: 1 },
    query: { queries: 1 },
    time: { time: 1 },
    instruments: { instruments: 1 },
    positions: { positions: 1 },
    account: { account: 1 },
    lists: { lists: 1 },
  },
};

function rule(name: string, per: RateRule["per"], limit: number, shares: RateRule["shares"]): RateRule {
  return { name, per, window: "rolling", windowMs: 2000, limit, shares };
}
