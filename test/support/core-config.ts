/**
 * Configuration of a small core for tests: BTC and ETH held without a market of their own, each protected by its perpetual,
 * which three venues list. With the weights given here the intensity of a signal is exactly its strength.
 */
import type {
  BreakerConfig,
  CoreConfig,
  CoreKernels,
  CoreParts,
  PortfolioConfig,
  ReversionConfig,
  RouterConfig,
  ShieldConfig,
  SignalConfig,
} from "../../src/core/config.ts";
import type { ScoreConfig } from "../../src/core/score.ts";
import type { BetaRule } from "../../src/core/sizing/beta.ts";
import type { BandsConfig } from "../../src/core/sizing/confidence-bands.ts";
import type { RampConfig } from "../../src/core/sizing/ramp.ts";
import { createDirectory, type Directory } from "../../src/domain/instrument.ts";
import { lots, type Notional } from "../../src/domain/units.ts";
import { orderTagger } from "../../src/lane/order-tag.ts";
import { createShared } from "../../src/memory/shared.ts";
import { ROUTER as SIM_ROUTER, SCORE as SIM_SCORE, SHIELD as SIM_SHIELD } from "../../src/sim/sim-config.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";

/** Instruments. */
export const BTC = 0;
export const BTC_PERP = 1;
export const ETH = 2;
export const ETH_PERP = 3;

/** Venues, and the listings of BTC_PERP at them: both count 0, 1, 2. */
export const ALPHA = 0;
export const BETA = 1;
export const GAMMA = 2;

export const kernels: CoreKernels = instantiateKernels(compileKernels(), createShared().memory);

interface ListingTerms {
  readonly takerFee?: number;
  readonly minNotional?: number;
  readonly minQty?: string;
  readonly maxQty?: string;
  readonly lotSize?: string;
  readonly tickSize?: string;
}

export function testDirectory(terms: readonly ListingTerms[] = [{}, {}, {}]): Directory {
  const venues = ["alpha", "beta", "gamma"].slice(0, terms.length);
  const listed = (symbol: string, extra: boolean) =>
    venues.map((venue, index) => ({ venue, symbol, takerFee: 0.0005, ...(extra ? terms[index] : {}) }));
  return createDirectory(["hook", "feed"], venues, [
    { symbol: "BTC/USDT", tickSize: "0.1", lotSize: "0.001" },
    { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.001", listings: listed("BTCUSDT", true) },
    { symbol: "ETH/USDT", tickSize: "0.01", lotSize: "0.01" },
    { symbol: "ETH/USDT:USDT", tickSize: "0.01", lotSize: "0.01", listings: listed("ETHUSDT", false) },
  ]);
}

export const ROUTER: RouterConfig = {
  ...SIM_ROUTER,
  resolveMaxMs: 5000,
  quarantineAfterMs: 60_000,
  absenceGraceMs: 1000,
  doubtPenaltyMs: 10_000,
};

export const BETA_RULE: BetaRule = SIM_SHIELD.betaRule;

export const SHIELD: ShieldConfig = {
  ...SIM_SHIELD,
  asset: BTC,
  hedge: BTC_PERP,
  linear: { ...SIM_SHIELD.linear, leverageGain: 0.25 },
  correction: { band: 0.05, to: "centre", slippageBuffer: 0.002, riskHorizonS: 3600 },
};

export const BANDS: BandsConfig = {
  lowFrom: 0.65,
  highFrom: 0.85,
  lowAtFrom: 0.6,
  lowAtTo: 0.4,
  highAtFrom: 0.3,
  highAtTo: 0.2,
  below: "skip",
};

export const SCORE: ScoreConfig = SIM_SCORE;

const LEGS = {
  primary: BTC_PERP,
  hedge: ETH_PERP,
  stopLoss: 0.05,
  correction: { band: 0.05, to: "centre", slippageBuffer: 0.002, riskHorizonS: 3600 },
  volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.5 },
  leverage: 1,
  onUnknown: "wait",
  overHedgeLotsMax: lots(0),
} as const;

/** A signal of BTC opens its perpetual and hedges with ETH's, by half. */
export const SIGNAL: SignalConfig = {
  ...LEGS,
  asset: BTC,
  beta: 1,
  betaRule: BETA_RULE,
  policy: { policy: "confidence-bands", bands: BANDS },
  decay: { ...SHIELD.decay, onExpiry: "release" },
  notional: 6000,
  notionalMax: 60_000,
};

/** Bars of a second, so that tests can live through a window. */
export const REVERSION: ReversionConfig = {
  ...LEGS,
  beta: 1,
  betaRule: BETA_RULE,
  policy: { policy: "full" },
  notional: 6000,
  lookback: 20,
  barMs: 1000,
  entryZ: 2,
  exitZ: 0.5,
  stopZ: 3.5,
  halfLifeBarsMin: 2,
  halfLifeBarsMax: 60,
  costMultiple: 1,
};

/** Corrections go to the middle. */
export const PORTFOLIO: PortfolioConfig = {
  index: ETH_PERP,
  notionalMax: 100_000,
  correlationMin: 0.8,
  eigenvectorShareMax: 1,
  indexCorrelationMin: 0.5,
  correlationAgeMsMax: 7 * 86_400_000,
  correction: { band: 0.05, to: "centre", slippageBuffer: 0.002, riskHorizonS: 3600 },
  volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.5 },
  leverage: 1,
  onUnknown: "wait",
  overHedgeLotsMax: lots(0),
};

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

export const LARGE = 1e15 as Notional;

export interface CoreOptions {
  readonly directory?: Directory;
  readonly shields?: readonly Partial<ShieldConfig>[];
  readonly router?: Partial<RouterConfig>;
  readonly ramp?: RampConfig;
  readonly signals?: readonly Partial<SignalConfig>[];
  readonly reversions?: readonly Partial<ReversionConfig>[];
  readonly portfolio?: Partial<PortfolioConfig>;
  readonly score?: Partial<ScoreConfig>;
  readonly breakers?: Partial<BreakerConfig>;
  readonly markMs?: number;
  readonly orderNotionalMax?: number;
  readonly positionNotionalMax?: number;
  readonly priceCollarBps?: number;
  readonly analysisAgeMsMax?: number;
  readonly depthMultipleMax?: number;
  readonly ordersPerSecondMax?: number;
  readonly repeatMs?: number;
}

export function coreConfig(options: CoreOptions = {}): CoreConfig {
  const directory = options.directory ?? testDirectory();
  return {
    engineId: "test",
    directory,
    shields: (options.shields ?? [{}]).map((shield) => ({ ...SHIELD, ...shield })),
    signals: (options.signals ?? []).map((signal) => ({ ...SIGNAL, ...signal })),
    reversions: (options.reversions ?? []).map((reversion) => ({ ...REVERSION, ...reversion })),
    ...(options.portfolio === undefined ? {} : { portfolio: { ...PORTFOLIO, ...options.portfolio } }),
    score: { ...SCORE, ...options.score },
    breakers: { ...BREAKERS, ...options.breakers },
    markMs: options.markMs ?? Number.MAX_SAFE_INTEGER,
    ramp: options.ramp ?? { fraction: 1, startMs: 0, durationMs: 1 },
    router: { ...ROUTER, ...options.router },
    risk: {
      limits: directory.instruments.map(() => ({
        orderNotionalMax: (options.orderNotionalMax ?? LARGE) as Notional,
        positionNotionalMax: (options.positionNotionalMax ?? LARGE) as Notional,
      })),
      priceCollarBps: options.priceCollarBps ?? 100,
      depthMultipleMax: options.depthMultipleMax ?? 1e9,
      ordersPerSecondMax: options.ordersPerSecondMax ?? 1000,
      repeatMs: options.repeatMs ?? 0,
    },
    analysisAgeMsMax: options.analysisAgeMsMax ?? 14 * 86_400_000,
    ageMsMax: [
      { open: 30_000, adjust: 30_000, hedge: 30_000, close: 86_400_000 },
      { open: 30_000, adjust: 30_000, hedge: 30_000, close: 86_400_000 },
    ],
  };
}

export const coreParts = (epoch = 1): CoreParts => ({ kernels, tagOf: orderTagger("test"), epoch });
