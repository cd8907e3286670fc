/**
 * Venue clock: how far the exchange's clock is from ours, measured, with the error of the measurement.
 *
 * The sample with the shortest round trip is the one that says most: the server read its clock somewhere within it, so the
 * offset is known to half of it.
 */
import type { Clock } from "../time/clock.ts";

export interface ClockEstimate {
  /** Venue clock minus ours. */
  readonly offsetMs: number;
  /** Half the round trip it was measured over. */
  readonly errorMs: number;
}

export async function estimateClock(
  clock: Clock,
  serverTimeMs: () => Promise<number>,
  samples: number,
): Promise<ClockEstimate> {
  let best: ClockEstimate = { offsetMs: Number.NaN, errorMs: Number.POSITIVE_INFINITY };
  for (let taken = 0; taken < samples; taken += 1) {
    const sentNs = clock.nowNs();
    const sentMs = clock.wallMs();
    const serverMs = await serverTimeMs();
    const errorMs = (clock.nowNs() - sentNs) / 2e6;
    if (errorMs < best.errorMs) best = { offsetMs: serverMs - (sentMs + errorMs), errorMs };
  }
  return best;
}
