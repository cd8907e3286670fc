/**
 * Time decay of a hedge (S1): the older the signal, the more of the exposure is hedged, until it has expired.
 */
import type { DecayConfig } from "./config.ts";

export type DecayStage = "fresh" | "boosted" | "nearFull" | "expired";

/** `fraction` = elapsed / horizon. Exactly at a boundary the later stage holds, except that 100 % is not yet expired. */
export function decayStage(fraction: number, decay: DecayConfig): DecayStage {
  if (fraction > 1) return "expired";
  if (fraction >= decay.nearFullAt) return "nearFull";
  return fraction >= decay.boostAt ? "boosted" : "fresh";
}

/** Hedge intensity in [0, 1] after decay. */
export function decayedIntensity(intensity: number, stage: DecayStage, decay: DecayConfig): number {
  switch (stage) {
    case "fresh":
      return intensity;
    case "boosted":
      return boosted(intensity, decay);
    case "nearFull":
      return decay.nearFullAction === "close" ? 0 : Math.max(boosted(intensity, decay), decay.nearFull);
    // Not a case: to V8 such a function may return undefined as well, and its number is boxed.
    default:
      if (decay.onExpiry === "release" || decay.nearFullAction === "close") return 0;
      return Math.max(boosted(intensity, decay), decay.nearFull);
  }
}

const boosted = (intensity: number, decay: DecayConfig): number => Math.min(1, intensity + decay.boostPoints);

/** The fraction of the horizon at which a stage begins. */
export function stageBeginsAt(stage: DecayStage, decay: DecayConfig): number {
  switch (stage) {
    case "fresh":
      return 0;
    case "boosted":
      return decay.boostAt;
    case "nearFull":
      return decay.nearFullAt;
    case "expired":
      return 1;
  }
}

/** The fraction of the horizon at which the next stage begins; Infinity after the last. */
export function nextStageAt(stage: DecayStage, decay: DecayConfig): number {
  switch (stage) {
    case "fresh":
      return decay.boostAt;
    case "boosted":
      return decay.nearFullAt;
    case "nearFull":
      return 1;
    case "expired":
      return Number.POSITIVE_INFINITY;
  }
}
