/** What the market of an instrument shows when a signal about it is scored. Pure reads of the market. */
import type { Directory } from "../../domain/instrument.ts";
import type { Ns } from "../../domain/units.ts";
import type { Market } from "../market.ts";
import { cheapestListing } from "../order-worth.ts";
import type { Shown } from "../score.ts";

/** The spread at the cheapest listing, and the depth of all venues together at the touch. */
export function shownBy(market: Market, directory: Directory, instrument: number, nowNs: Ns): Shown {
  const { tick, lot } = directory.instruments[instrument]!;
  const midTicks = market.midTicks(instrument, nowNs);
  const mid = midTicks * tick;
  const at = cheapestListing(market, directory, instrument, nowNs);
  if (at < 0) return { mid, spread: Number.NaN, depthNotional: Number.NaN };
  let depthLots = 0;
  for (const index of market.listingsOf(instrument)) {
    if (!market.hasFreshQuote(index, nowNs)) continue;
    depthLots += Math.min(market.depthLots(index, "buy"), market.depthLots(index, "sell"));
  }
  return { mid, spread: (2 * market.halfSpreadTicks(at)) / midTicks, depthNotional: depthLots * lot * mid };
}
