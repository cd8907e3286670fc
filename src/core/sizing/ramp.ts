/**
 * Staged rollout (S3, SPEC §7): what is opened grows in a straight line from a first fraction to full size. Only ever shrinks
 * what would be opened; what is closed is closed whole.
 */
import { clamp01 } from "../clamp.ts";

export interface RampConfig {
  /** Share of the full size at the start; 1: no ramp. */
  readonly fraction: number;
  readonly startMs: number;
  readonly durationMs: number;
}

export function rampFactor(wallMs: number, { fraction, startMs, durationMs }: RampConfig): number {
  const elapsed = clamp01((wallMs - startMs) / durationMs);
  return elapsed >= 1 ? 1 : clamp01(fraction + (1 - fraction) * elapsed);
}
