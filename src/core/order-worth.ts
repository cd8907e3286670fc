/** Whether an order is worth sending: large enough for a venue, and worth more than it costs. Pure reads of the market. */
import type { Directory } from "../domain/instrument.ts";
import type { Ns } from "../domain/units.ts";
import type { CoreKernels, CorrectionConfig } from "./config.ts";
import type { Market } from "./market.ts";

/** Smaller than any of the instrument's listings takes. A reducing order need not reach a minimum notional. */
export function isTooSmall(
  market: Market,
  directory: Directory,
  instrument: number,
  quantity: number,
  reduces: boolean,
  nowNs: Ns,
): boolean {
  const { tick, lot } = directory.instruments[instrument]!;
  const price = market.midTicks(instrument, nowNs) * tick;
  for (const index of market.listingsOf(instrument)) {
    const listing = directory.listings[index]!;
    const enough = reduces || quantity * lot * price >= listing.notionalMin;
    if (quantity >= listing.qtyLotsMin && enough) return false;
  }
  return true;
}

/** Index of the listing where taker fee and half the spread together are least; -1 where none has a fresh quote. */
export function cheapestListing(market: Market, directory: Directory, instrument: number, nowNs: Ns): number {
  const midTicks = market.midTicks(instrument, nowNs);
  let cheapest = -1;
  let cost = Number.POSITIVE_INFINITY;
  for (const index of market.listingsOf(instrument)) {
    if (!market.hasFreshQuote(index, nowNs)) continue;
    const here = directory.listings[index]!.takerFee + market.halfSpreadTicks(index) / midTicks;
    if (here >= cost) continue;
    cost = here;
    cheapest = index;
  }
  return cheapest;
}

/** Expected risk reduction of a correction against fee, half the spread and the slippage buffer, at the cheapest listing. */
export function correctionIsWorth(
  kernels: CoreKernels,
  market: Market,
  directory: Directory,
  instrument: number,
  { riskHorizonS, slippageBuffer }: CorrectionConfig,
  wishNotional: number,
  sigmaPerSqrtSec: number,
  nowNs: Ns,
): boolean {
  const at = cheapestListing(market, directory, instrument, nowNs);
  if (at < 0) return false;
  const fee = directory.listings[at]!.takerFee;
  const halfSpread = market.halfSpreadTicks(at) / market.midTicks(instrument, nowNs);
  return kernels.correctionPays(wishNotional, sigmaPerSqrtSec, riskHorizonS, fee, halfSpread, slippageBuffer) === 1;
}
