/**
 * Calibrated confidence (S1, SPEC §4): what a sender's stated confidence has been worth so far.
 *
 *     n < 50     the stated confidence, flagged, unshrunk
 *     n ≥ 50     w · calibrated + (1 − w) · base rate,  w = n / (n + 50)
 *
 * A calibration is fitted outside the core (Platt scaling to 1,000 outcomes, isotonic regression above) and comes in as a
 * table: between two of its points the chance is linear, outside them it is that of the nearest. So one rule evaluates both
 * methods, without a transcendental function.
 */
import { clamp01 } from "../clamp.ts";

/** Fewest outcomes that a calibration may be fitted on. */
export const CALIBRATED_FROM = 50;
/** Outcomes whose weight equals that of the base rate. */
const SHRINK_OUTCOMES = 50;
/** Most outcomes for Platt scaling; isotonic regression has enough to go by above. */
export const PLATT_UP_TO = 1000;
const POINTS_MAX = 1025;

export interface Calibration {
  readonly source: number;
  /** `nameKey`s of the model and its version. */
  readonly model: number;
  readonly modelVersion: number;
  readonly method: "platt" | "isotonic";
  /** n, and the share of them that came true. */
  readonly outcomes: number;
  readonly baseRate: number;
  /** Ascending stated confidences, and the chance of each, never falling. */
  readonly stated: readonly number[];
  readonly chance: readonly number[];
}

/** How a stated confidence became one that may be reckoned with. Journaled whole. */
export interface Calibrated {
  readonly outcomes: number;
  /** NaN below 50 outcomes: nothing is calibrated. */
  readonly mapped: number;
  readonly baseRate: number;
  readonly weight: number;
  readonly confidence: number;
}

/** `seen` outcomes are known of the model; `calibration` is its last, or null. */
export function calibrate(stated: number, seen: number, calibration: Calibration | null): Calibrated {
  if (calibration === null || calibration.outcomes < CALIBRATED_FROM) {
    return { outcomes: seen, mapped: Number.NaN, baseRate: Number.NaN, weight: 0, confidence: clamp01(stated) };
  }
  const { outcomes, baseRate } = calibration;
  const mapped = chanceAt(calibration, stated);
  const weight = outcomes / (outcomes + SHRINK_OUTCOMES);
  return { outcomes, mapped, baseRate, weight, confidence: clamp01(weight * mapped + (1 - weight) * baseRate) };
}

/** Why a calibration is not to be used; null when it is sound. It comes from outside the core. */
export function calibrationProblem(calibration: Calibration): string | null {
  const { method, outcomes, baseRate, stated, chance } = calibration;
  if (!(Number.isSafeInteger(outcomes) && outcomes >= CALIBRATED_FROM)) return `${outcomes} outcomes are too few`;
  if ((method === "platt") !== outcomes <= PLATT_UP_TO) return `${method} is not the method for ${outcomes} outcomes`;
  if (!(baseRate >= 0 && baseRate <= 1)) return `a base rate of ${baseRate}`;
  if (stated.length < 1 || stated.length > POINTS_MAX || stated.length !== chance.length) {
    return `${stated.length} confidences and ${chance.length} chances`;
  }
  for (let i = 0; i < stated.length; i++) {
    if (!(chance[i]! >= 0 && chance[i]! <= 1)) return `a chance of ${chance[i]}`;
    if (i > 0 && !(stated[i]! > stated[i - 1]!)) return "confidences that do not rise";
    if (i > 0 && !(chance[i]! >= chance[i - 1]!)) return "chances that fall";
  }
  return Number.isFinite(stated[0]!) && Number.isFinite(stated.at(-1)!) ? null : "a confidence that is not finite";
}

/** By halving: at most ten steps. */
function chanceAt({ stated, chance }: Calibration, at: number): number {
  const last = stated.length - 1;
  if (!(at > stated[0]!)) return chance[0]!;
  if (at >= stated[last]!) return chance[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (stated[middle]! <= at) low = middle;
    else high = middle;
  }
  const share = (at - stated[low]!) / (stated[high]! - stated[low]!);
  // Never below the lower or above the upper point, whatever rounding does.
  return Math.min(chance[high]!, chance[low]! + share * (chance[high]! - chance[low]!));
}
