/**
 * Linear hedge intensity (S3): five inputs in [0, 1], weighted, then raised at night and with leverage. SPEC §5.
 *
 * Everything that went in is returned with the result, so that the journal can hold it.
 */
import { clamp01 } from "./clamp.ts";
import type { CoreKernels, LinearConfig } from "./config.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Inputs and factors of one decision, and the intensity h they give. */
export interface Intensity {
  positionSize: number;
  signalStrength: number;
  volatility: number;
  riskAversion: number;
  timeOfDay: number;
  night: number;
  leverage: number;
  h: number;
}

export function linearIntensity(
  kernels: CoreKernels,
  config: LinearConfig,
  exposureNotional: number,
  strength: number,
  volatilityDaily: number,
  wallMs: number,
): Intensity {
  const hour = utcHour(wallMs);
  const { weights } = config;
  const intensity: Intensity = {
    positionSize: clamp01(Math.abs(exposureNotional) / config.positionNotionalFull),
    signalStrength: clamp01(strength),
    volatility: clamp01(volatilityDaily / config.volatilityDailyFull),
    riskAversion: clamp01(config.riskAversion),
    timeOfDay: clamp01(config.timeOfDay[hour] ?? 0),
    night: isNight(hour, config.night.fromHour, config.night.toHour) ? config.night.factor : 1,
    leverage: leverageFactor(config.leverage, config.leverageGain),
    h: 0,
  };
  intensity.h = kernels.linearIntensity(
    weights[0],
    weights[1],
    weights[2],
    weights[3],
    weights[4],
    intensity.positionSize,
    intensity.signalStrength,
    intensity.volatility,
    intensity.riskAversion,
    intensity.timeOfDay,
    intensity.night,
    intensity.leverage,
  );
  return intensity;
}

/** 1 + g·(L − 1)/9: 1 at no leverage, 1 + g at ten times. */
export const leverageFactor = (leverage: number, gain: number): number => 1 + (gain * (leverage - 1)) / 9;

export const utcHour = (wallMs: number): number => Math.floor((((wallMs % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);

/** [from, to) in whole UTC hours; a window may wrap over midnight. */
export const isNight = (hour: number, from: number, to: number): boolean =>
  from <= to ? hour >= from && hour < to : hour >= from || hour < to;
