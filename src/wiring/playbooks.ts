/** Wiring of the playbooks: their settings as the core wants them, with names resolved and times in milliseconds. */
import type { Config } from "../config/schema.ts";
import type { LinearConfig, PortfolioConfig, ReversionConfig, SignalConfig } from "../core/config.ts";
import type { BetaRule } from "../core/sizing/beta.ts";
import type { PolicyConfig } from "../core/sizing/policy.ts";
import type { RampConfig } from "../core/sizing/ramp.ts";
import { lots } from "../domain/units.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

type SignalSettings = Config["signal"][number];
type ReversionSettings = Config["reversion"][number];

/** `indexOf`: the index of a configured instrument by its symbol. */
export function signalConfig(settings: SignalSettings, indexOf: (symbol: string) => number): SignalConfig {
  return {
    ...legs(settings, indexOf),
    asset: indexOf(settings.asset),
    policy: signalPolicy(settings),
    decay: settings.decay,
    notionalMax: settings.notionalMax,
  };
}

/** By symbol: whose price is that of an asset which trades nowhere. Of a holding what hedges it, of a signal what it opens. */
export const pricedBy = ({ shield, signal }: Pick<Config, "shield" | "signal">): ReadonlyMap<string, string> =>
  new Map([
    ...shield.map(({ asset, hedge }) => [asset, hedge] as const),
    ...signal.map(({ asset, primary }) => [asset, primary] as const),
  ]);

export function reversionConfig(settings: ReversionSettings, indexOf: (symbol: string) => number): ReversionConfig {
  const { lookback, barMs, entryZ, exitZ, stopZ, halfLifeBarsMin, halfLifeBarsMax, costMultiple } = settings;
  return {
    ...legs(settings, indexOf),
    policy: reversionPolicy(settings),
    lookback,
    barMs,
    entryZ,
    exitZ,
    stopZ,
    halfLifeBarsMin,
    halfLifeBarsMax,
    costMultiple,
  };
}

export function portfolioConfig(
  settings: NonNullable<Config["portfolio"]>,
  indexOf: (symbol: string) => number,
): PortfolioConfig {
  const { index, clusterNotionalMax, correlationAgeDaysMax, overHedgeLotsMax, ...rest } = settings;
  return {
    ...rest,
    index: indexOf(index),
    notionalMax: clusterNotionalMax,
    correlationAgeMsMax: correlationAgeDaysMax * DAY_MS,
    overHedgeLotsMax: lots(overHedgeLotsMax),
  };
}

export const betaRule = (settings: SignalSettings["betaRule"]): BetaRule => ({
  method: settings.method,
  driftMax: settings.driftMax,
  revalidateMs: settings.revalidateDays * DAY_MS,
  holdingMs: settings.holdingHours * HOUR_MS,
  longHoldingMs: settings.longHoldingHours * HOUR_MS,
});

export const rampConfig = ({ fraction, from, days }: Config["rollout"]): RampConfig => ({
  fraction,
  startMs: from === undefined ? 0 : Date.parse(`${from}T00:00:00Z`),
  durationMs: days * DAY_MS,
});

/** The linear model with `leverage` of the position. */
export function linearConfig(
  { weights, scaling, night, leverageGain, riskTolerance }: SignalSettings["linear"],
  leverage: number,
): LinearConfig {
  return {
    weights: [
      weights.positionSize,
      weights.signalStrength,
      weights.volatility,
      weights.riskAversion,
      weights.timeOfDay,
    ],
    positionNotionalFull: scaling.positionNotionalFull,
    volatilityDailyFull: scaling.volatilityDailyFull,
    riskAversion: 1 - riskTolerance,
    timeOfDay: typeof scaling.timeOfDay === "number" ? new Array(24).fill(scaling.timeOfDay) : scaling.timeOfDay,
    night,
    leverage,
    leverageGain,
  };
}

/** What both playbooks have. */
function legs(settings: SignalSettings | ReversionSettings, indexOf: (symbol: string) => number) {
  const { beta, notional, stopLoss, correction, volatility, leverage, onUnknown } = settings;
  return {
    primary: indexOf(settings.primary),
    hedge: indexOf(settings.hedge),
    beta,
    betaRule: betaRule(settings.betaRule),
    notional,
    stopLoss,
    correction,
    volatility,
    leverage,
    onUnknown,
    overHedgeLotsMax: lots(settings.overHedgeLotsMax),
  };
}

function signalPolicy({ policy, bands, linear, insurance, corridor, leverage }: SignalSettings): PolicyConfig {
  switch (policy) {
    case "confidence-bands":
      return { policy, bands };
    case "linear":
      return { policy, linear: linearConfig(linear, leverage) };
    case "insurance":
      return { policy, insurance };
    case "delta":
      return { policy, corridor };
    case "full":
      return { policy };
  }
}

function reversionPolicy({ structure, insurance, corridor }: ReversionSettings): PolicyConfig {
  switch (structure) {
    case "pairs":
      return { policy: "full" };
    case "insurance":
      return { policy: structure, insurance };
    case "delta":
      return { policy: structure, corridor };
  }
}
