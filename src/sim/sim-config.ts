/**
 * What simulations configure the core with where the scenario draws nothing else. Tests of the core begin from it too.
 */
import type { BreakerConfig, RouterConfig, ShieldConfig } from "../core/config.ts";
import type { ScoreConfig } from "../core/score.ts";
import type { Lots } from "../domain/units.ts";
import type { Prng } from "./prng.ts";

/** Of routing, what every scenario draws anew. */
export function drawRouting({ int }: Prng): Partial<RouterConfig> {
  return {
    racerDelayMsMin: [0, 5, 20][int(3)]!,
    racerDelayMsMax: [0, 20, 100][int(3)]!,
    netMs: [0, 150][int(2)]!,
    depthShare: [0.5, 1][int(2)]!,
    doubtPenaltyMs: [0, 2000][int(2)]!,
    quarantineAfterMs: [1500, 6000][int(2)]!,
    attemptsMax: [2, 4, 8][int(3)]!,
    totalMs: [1000, 5000][int(2)]!,
  };
}

export const ROUTER: RouterConfig = {
  mode: "best-first",
  childTimeoutMs: 500,
  validForMs: 400,
  totalMs: 5000,
  quoteAgeMsMax: 2000,
  clockErrorMsMax: 250,
  slippageBpsMax: 20,
  slippageBpsMaxHighLeverage: 50,
  resolveFirstMs: 50,
  resolveMaxMs: 2000,
  quarantineAfterMs: 6000,
  absenceGraceMs: 500,
  notFoundsMin: 2,
  notFoundSpacingMs: 250,
  intentsOpenMax: 256,
  attemptsMax: 8,
  retryMs: 250,
  racerDelayMsMin: 5,
  racerDelayMsMax: 100,
  netMs: 150,
  overHedgeMsMax: 1500,
  depthShare: 0.5,
  speedBpsPerMs: 1,
  doubtPenaltyMs: 2000,
  nakedLegMsMax: 1500,
};

/** Never reached: what they watch is not what is proved here. */
export const BREAKERS: BreakerConfig = {
  venueDownMs: 30_000,
  dailyLossMax: 1e15,
  drawdownMax: 1e15,
  ordersPerMinuteMax: 10_000,
  rejectsPerMinuteMax: 10_000,
  clockOffsetMsMax: 1e9,
  sameSideFillsPerMinuteMax: 10_000,
  dailyCostMax: 1e15,
};

export const SCORE: ScoreConfig = {
  threshold: 0.65,
  weights: {
    evidence: 0.05,
    zscore: 0.02,
    momentum: 0.02,
    volatility: 0.02,
    spread: 0.02,
    depth: 0.02,
    timeOfDay: 0.02,
  },
  scale: { zscore: 2, momentum: 0.01, volatilityRatio: 2, spread: 0.001, depthNotional: 100_000 },
  timeOfDay: new Array(24).fill(0),
  indicators: { sampleMs: 1000, fastLambda: 0.8, slowLambda: 0.98, samplesMin: 30 },
  outcomesPendingMax: 4096,
  outcomeGraceMs: 60_000,
};

/** With these weights the intensity of a signal is its strength, and only signals move the target. */
export const SHIELD: ShieldConfig = {
  asset: 0,
  hedge: 1,
  holdings: 1,
  beta: 1,
  betaRule: {
    method: "fixed",
    driftMax: 0.1,
    revalidateMs: 30 * 86_400_000,
    holdingMs: 86_400_000,
    longHoldingMs: 2 * 86_400_000,
  },
  linear: {
    weights: [0, 1, 0, 0, 0],
    positionNotionalFull: 100_000,
    volatilityDailyFull: 0.1,
    riskAversion: 0.5,
    timeOfDay: new Array(24).fill(0.5),
    night: { fromHour: 1, toHour: 4, factor: 1.2 },
    leverage: 1,
    leverageGain: 0,
  },
  decay: {
    boostAt: 0.5,
    boostPoints: 0.2,
    nearFullAt: 0.8,
    nearFull: 0.95,
    nearFullAction: "nearFull",
    onExpiry: "hold",
  },
  correction: { band: 0.99, to: "edge", slippageBuffer: 1, riskHorizonS: 1 },
  volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.5 },
  onUnknown: "wait",
  overHedgeLotsMax: 0 as Lots,
};
