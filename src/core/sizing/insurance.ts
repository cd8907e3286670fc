/**
 * Insurance (S2): a hedge like an option's premium, a fraction of the exposure that the worst of past signals would have
 * needed. The fraction is the 95th percentile of their maximum adverse excursion, measured outside the core.
 */
import { clamp01 } from "../clamp.ts";

/** Fewest excursions whose 95th percentile says anything. */
export const EXCURSIONS_FROM = 20;

export interface InsuranceConfig {
  /** Taken while fewer than EXCURSIONS_FROM are known. */
  readonly fraction: number;
  readonly fractionMax: number;
}

/** What the analysis measured: loss along the way as a fraction of the entry price. */
export interface Excursions {
  readonly count: number;
  readonly p95: number;
}

/** Excursions and when they were measured. */
export class MeasuredExcursions {
  #found: Excursions | null = null;
  #atMs = Number.NaN;

  take(found: Excursions, wallMs: number): void {
    this.#found = found;
    this.#atMs = wallMs;
  }

  /** Null where nothing was measured, or too long ago to be gone by. */
  at(wallMs: number, ageMsMax: number): Excursions | null {
    return wallMs - this.#atMs > ageMsMax ? null : this.#found;
  }
}

export function insuredIntensity(measured: Excursions | null, insurance: InsuranceConfig): number {
  const known = measured !== null && measured.count >= EXCURSIONS_FROM && measured.p95 >= 0;
  return clamp01(Math.min(insurance.fractionMax, known ? measured.p95 : insurance.fraction));
}
