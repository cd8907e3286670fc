/**
 * The corridor of the delta policy (S2): fully hedged, and left alone while net delta stays inside a band that widens with
 * volatility, so that a wild market is not chased at its worst prices.
 */
import { clamp01 } from "../clamp.ts";

export interface CorridorConfig {
  /** Half-width as a fraction of |E·β| at the usual volatility, and its bounds. */
  readonly band: number;
  readonly bandMin: number;
  readonly bandMax: number;
  /** Daily volatility at which the band has its plain width. */
  readonly volatilityDailyUsual: number;
}

export function corridorBand(volatilityDaily: number, corridor: CorridorConfig): number {
  const scaled = (corridor.band * volatilityDaily) / corridor.volatilityDailyUsual;
  // Volatility that is not known leaves the plain width.
  const band = Number.isFinite(scaled) ? scaled : corridor.band;
  return clamp01(Math.min(corridor.bandMax, Math.max(corridor.bandMin, band)));
}
