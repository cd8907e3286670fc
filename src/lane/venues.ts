/** Makes the venues of a lane. The table of venue types: nothing else in the engine asks which exchange a venue is. */
import type { Clock } from "../time/clock.ts";
import { createBinanceUsdm } from "../venues/binance-usdm.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import type { LaneOptions, VenueOptions } from "./options.ts";

type Maker = (options: VenueOptions, lane: LaneOptions, events: VenueEvents, clock: Clock) => Venue;

const MAKERS: Readonly<Record<VenueOptions["type"], Maker>> = {
  "binance-usdm": (options, lane, events, clock) =>
    createBinanceUsdm({ ...options, random: Math.random }, events, lane.core.directory, clock),
};

export function createVenue(lane: LaneOptions, index: number, events: VenueEvents, clock: Clock): Venue {
  const options = lane.venues[index]!;
  return MAKERS[options.type](options, lane, events, clock);
}
