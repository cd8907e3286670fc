/** Rate limits of Binance USDM (venues.md §8): weight per address and orders per account, in fixed windows of its clock. */
import type { RateRule, RateTable } from "./rate-limits.ts";

/** Of every order limit a fifth is kept for what makes positions smaller. */
const ORDER_SHARES: RateRule["shares"] = { hedge: 0.8 };
const WEIGHT_SHARES: RateRule["shares"] = { hedge: 0.7, reconcile: 0.7, data: 0.6 };

export type BinanceRequest =
  | "place"
  | "cancel"
  | "query"
  | "time"
  | "exchangeInfo"
  | "listenKey"
  | "positions"
  | "account";

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
    // `/sapi` counts weight of its own; what it costs here is not worth a rule.
    account: {},
  },
};
