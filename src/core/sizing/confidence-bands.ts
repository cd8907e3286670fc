/**
 * Confidence bands (S1, SPEC §5): the better the score, the lighter the hedge. Linear inside a band, closed at its upper end.
 *
 *     score   0.65 ──────── 0.85 │ ──────── 1.00          below 0.65: skip, or hedge fully
 *     h       0.60 ──────── 0.40 │ 0.30 ─── 0.20
 */
export interface BandsConfig {
  readonly lowFrom: number;
  readonly highFrom: number;
  /** Intensities at the two ends of the middle band, and just above it and at a score of 1. */
  readonly lowAtFrom: number;
  readonly lowAtTo: number;
  readonly highAtFrom: number;
  readonly highAtTo: number;
  readonly below: "skip" | "full";
}

/** Intensity for a score; NaN: skip the signal. */
export function bandedIntensity(score: number, bands: BandsConfig): number {
  const { lowFrom, highFrom } = bands;
  // Not "score < lowFrom": a score that is not known is no good score.
  if (!(score >= lowFrom)) return bands.below === "skip" ? Number.NaN : 1;
  if (score > highFrom) return between(score, highFrom, 1, bands.highAtFrom, bands.highAtTo);
  return between(score, lowFrom, highFrom, bands.lowAtFrom, bands.lowAtTo);
}

/** Exactly `atFrom` and `atTo` at the ends. */
function between(x: number, from: number, to: number, atFrom: number, atTo: number): number {
  if (x <= from) return atFrom;
  if (x >= to) return atTo;
  return atFrom + ((x - from) / (to - from)) * (atTo - atFrom);
}
