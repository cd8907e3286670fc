/** Makes the venues of a lane. The table of venue types: nothing else in the engine asks which exchange a venue is. */
import type { Clock } from "../time/clock.ts";
import { createBinanceUsdm } from "../venues/binance-usdm/binance-usdm.ts";
import { createBybitLinear } from "../venues/bybit-linear/bybit-linear.ts";
import { createCcxt } from "../venues/ccxt/ccxt.ts";
import { createOkxSwap } from "../venues/okx-swap/okx-swap.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import { guardKey } from "./key-guard.ts";
import type { LaneOptions, VenueOptions } from "./options.ts";

type Maker<Options> = (options: Options, lane: LaneOptions, events: VenueEvents, clock: Clock) => Venue;

const MAKERS: { readonly [Type in VenueOptions["type"]]: Maker<Extract<VenueOptions, { type: Type }>> } = {
  "binance-usdm": (options, lane, events, clock) =>
    createBinanceUsdm({ ...options, random: Math.random }, events, lane.core.directory, clock),
  "bybit-linear": (options, lane, events, clock) =>
    createBybitLinear({ ...options, random: Math.random }, events, lane.core.directory, clock),
  "okx-swap": (options, lane, events, clock) =>
    createOkxSwap({ ...options, random: Math.random }, events, lane.core.directory, clock),
  ccxt: (options, lane, events, clock) =>
    createCcxt({ ...options, random: Math.random }, events, lane.core.directory, clock),
};

export function createVenue(lane: LaneOptions, index: number, events: VenueEvents, clock: Clock): Venue {
  const options = lane.venues[index]!;
  // The table's key is the option's own type, which the compiler cannot follow through the look-up.
  const make = (to: VenueEvents) => (MAKERS[options.type] as Maker<VenueOptions>)(options, lane, to, clock);
  return options.refuseKeysThatWithdraw ? guardKey(make, events) : make(events);
}
