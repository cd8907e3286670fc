/** What the core is told once, at creation: plain data, resolved to indices and integers at the edge. */
import type { Directory } from "../domain/instrument.ts";
import type { Lots, Notional } from "../domain/units.ts";
import type { AbsenceRule } from "./child.ts";
import type { ScoreConfig } from "./score.ts";
import type { BetaRule } from "./sizing/beta.ts";
import type { PolicyConfig } from "./sizing/policy.ts";
import type { RampConfig } from "./sizing/ramp.ts";

export interface CoreConfig {
  /** First half of every order tag: two engines on one account must not share it. */
  readonly engineId: string;
  readonly directory: Directory;
  readonly shields: readonly ShieldConfig[];
  readonly signals: readonly SignalConfig[];
  readonly reversions: readonly ReversionConfig[];
  /** Absent: clusters have no limit. */
  readonly portfolio?: PortfolioConfig;
  readonly score: ScoreConfig;
  readonly breakers: BreakerConfig;
  /** Time between two marks of equity in the journal. */
  readonly markMs: number;
  readonly router: RouterConfig;
  readonly risk: RiskConfig;
  /** Staged rollout: the share of full size that may be wished. */
  readonly ramp: RampConfig;
  /** Nothing is opened by a half-life or a calibration that was found longer ago. */
  readonly analysisAgeMsMax: number;
  /** Longest age of a signal at decision by source index, judged on `generated_at`. */
  readonly ageMsMax: readonly {
    readonly open: number;
    readonly adjust: number;
    readonly hedge: number;
    readonly close: number;
  }[];
}

export interface ShieldConfig {
  /** The instrument held, and the one that protects it. */
  readonly asset: number;
  readonly hedge: number;
  /** Signed base quantity held. */
  readonly holdings: number;
  /** Until estimates change it; always, where the rule says `fixed`. */
  readonly beta: number;
  readonly betaRule: BetaRule;
  readonly linear: LinearConfig;
  readonly decay: DecayConfig;
  readonly correction: CorrectionConfig;
  readonly volatility: VolatilityConfig;
  readonly onUnknown: "wait" | "hedgeAnyway";
  /** X of the admission rule: how far beyond the target an order may go while another's outcome is unknown. */
  readonly overHedgeLotsMax: Lots;
}

/** Limits of the breakers; those of money and rates are quote currency and per minute, and may be changed by `Limits`. */
export interface BreakerConfig {
  readonly venueDownMs: number;
  readonly dailyLossMax: number;
  readonly drawdownMax: number;
  readonly ordersPerMinuteMax: number;
  readonly rejectsPerMinuteMax: number;
  readonly clockOffsetMsMax: number;
  /** Fills of one instrument on one side: something repeats itself. */
  readonly sameSideFillsPerMinuteMax: number;
  /** Fees and slippage since 00:00 UTC. */
  readonly dailyCostMax: number;
}

/** Two legs that are opened, hedged and closed together. */
export interface LegsConfig {
  readonly primary: number;
  readonly hedge: number;
  /** Loss of the primary, as a fraction of what it was worth at entry, that closes both. */
  readonly stopLoss: number;
  readonly correction: CorrectionConfig;
  /** Of the hedge. */
  readonly volatility: VolatilityConfig;
  readonly leverage: number;
  readonly onUnknown: "wait" | "hedgeAnyway";
  readonly overHedgeLotsMax: Lots;
}

/** S1: signals of an asset open, adjust and close a position in `primary`. */
export interface SignalConfig extends LegsConfig {
  readonly asset: number;
  readonly beta: number;
  readonly betaRule: BetaRule;
  readonly policy: PolicyConfig;
  readonly decay: DecayConfig;
  /** Quote notional of an open that states no size, and the most of any. */
  readonly notional: number;
  readonly notionalMax: number;
}

/** S2: trades the spread ln(primary) − β · ln(hedge) by its own z-score. */
export interface ReversionConfig extends LegsConfig {
  readonly beta: number;
  readonly betaRule: BetaRule;
  /** `full` for pairs, `insurance` or `delta`. */
  readonly policy: PolicyConfig;
  readonly notional: number;
  /** Bars of the z-score's window, and their length. */
  readonly lookback: number;
  readonly barMs: number;
  readonly entryZ: number;
  readonly exitZ: number;
  readonly stopZ: number;
  /** Half-lives, in bars, of spreads that are traded. */
  readonly halfLifeBarsMin: number;
  readonly halfLifeBarsMax: number;
  /** The expected gain must be this many times the cost of the round trip; 0 asks for none. */
  readonly costMultiple: number;
}

/** S1: what clusters of positions leave open beyond a limit is hedged with `index`, which no playbook trades. */
export interface PortfolioConfig {
  readonly index: number;
  /** Open exposure of a cluster, in notional of the index, that is left alone. */
  readonly notionalMax: number;
  /** |ρ| above which two instruments are in one cluster. */
  readonly correlationMin: number;
  /** Share of the book's variance along one direction above which the whole book is one cluster. */
  readonly eigenvectorShareMax: number;
  /** |ρ| with the index below which a cluster's member is alarmed. */
  readonly indexCorrelationMin: number;
  readonly correlationAgeMsMax: number;
  readonly correction: CorrectionConfig;
  /** Of the index. */
  readonly volatility: VolatilityConfig;
  readonly leverage: number;
  readonly onUnknown: "wait" | "hedgeAnyway";
  readonly overHedgeLotsMax: Lots;
}

/** S3's linear model. Every input is scaled to [0, 1] by the number named beside it. */
export interface LinearConfig {
  /** Weights of position size, signal strength, volatility, risk aversion and time of day; they sum to 1. */
  readonly weights: readonly [number, number, number, number, number];
  /** Exposure in quote notional that counts as 1. */
  readonly positionNotionalFull: number;
  /** Daily volatility (standard deviation of returns) that counts as 1. */
  readonly volatilityDailyFull: number;
  /** 1 − tolerance. */
  readonly riskAversion: number;
  /** Input of each UTC hour. */
  readonly timeOfDay: readonly number[];
  readonly night: { readonly fromHour: number; readonly toHour: number; readonly factor: number };
  readonly leverage: number;
  readonly leverageGain: number;
}

/** S1's time decay: fractions of the horizon, and what happens there. */
export interface DecayConfig {
  readonly boostAt: number;
  readonly boostPoints: number;
  readonly nearFullAt: number;
  readonly nearFull: number;
  readonly nearFullAction: "nearFull" | "close";
  readonly onExpiry: "hold" | "release";
}

export interface CorrectionConfig {
  /** Half-width of the no-trade band as a fraction of |E·β|. */
  readonly band: number;
  readonly to: "edge" | "centre";
  /** Fraction of notional set aside for slippage in the cost test. */
  readonly slippageBuffer: number;
  /** The time over which a correction's risk reduction is counted. */
  readonly riskHorizonS: number;
}

export interface VolatilityConfig {
  readonly lambda: number;
  readonly sampleMs: number;
  /** Daily volatility assumed before the first sample. */
  readonly dailyPrior: number;
}

export const ROUTE_MODES = ["best-first", "race", "split"] as const;
export type RouteMode = (typeof ROUTE_MODES)[number];

export interface RouterConfig extends AbsenceRule {
  /** Which values a route's plan gets; see route-plan.ts. */
  readonly mode: RouteMode;
  readonly childTimeoutMs: number;
  readonly validForMs: number;
  /** A route that has not filled by then is closed and its exact residual alarmed. */
  readonly totalMs: number;
  readonly quoteAgeMsMax: number;
  readonly clockErrorMsMax: number;
  readonly slippageBpsMax: number;
  /** At leverage ≥ 10 speed goes before price. */
  readonly slippageBpsMaxHighLeverage: number;
  readonly resolveFirstMs: number;
  readonly resolveMaxMs: number;
  readonly quarantineAfterMs: number;
  readonly intentsOpenMax: number;
  readonly attemptsMax: number;
  /** Pause before an unfinished target is tried again with a new route. */
  readonly retryMs: number;
  /** Bounds of a racer's delay, which is the live p99 ack time of the venue asked before it. */
  readonly racerDelayMsMin: number;
  readonly racerDelayMsMax: number;
  /** T_net: how long the surplus of a race may wait for an opposite intent. */
  readonly netMs: number;
  /** Y: a surplus that lasts longer is alarmed, and no more orders draw on X. */
  readonly overHedgeMsMax: number;
  /** Share of the displayed depth that a split counts on. */
  readonly depthShare: number;
  /** From leverage 10 on: bps of price that a millisecond of a venue's usual ack time is worth. */
  readonly speedBpsPerMs: number;
  /** A venue that left an order in doubt goes behind the others for so long. */
  readonly doubtPenaltyMs: number;
  /** How long one leg of a pair may stand without the other. */
  readonly nakedLegMsMax: number;
}

export interface RiskConfig {
  /** Per instrument index. */
  readonly limits: readonly InstrumentLimits[];
  readonly priceCollarBps: number;
  /** Of an order, as a multiple of what its listing usually shows at the touch. */
  readonly depthMultipleMax: number;
  /** Of one listing. Orders that only reduce do not count. */
  readonly ordersPerSecondMax: number;
  /** An order like the one before it, of another cause, within this time is alarmed; 0: never. */
  readonly repeatMs: number;
}

export interface InstrumentLimits {
  readonly orderNotionalMax: Notional;
  readonly positionNotionalMax: Notional;
}

/** The kernels a decision uses. The same object code everywhere (WASM), so that every host decides the same bits. */
export interface CoreKernels {
  correctionNotional(held: number, target: number, betaExposure: number, band: number, toCentre: number): number;
  correctionPays(
    notional: number,
    sigmaPerSqrtSec: number,
    horizonSec: number,
    fee: number,
    halfSpread: number,
    slippage: number,
  ): number;
  linearIntensity(
    w1: number,
    w2: number,
    w3: number,
    w4: number,
    w5: number,
    x1: number,
    x2: number,
    x3: number,
    x4: number,
    x5: number,
    night: number,
    leverage: number,
  ): number;
  ewmaVariance(previous: number, ret: number, lambda: number): number;
  naturalLog(value: number): number;
}

/** What the core cannot compute itself, handed in: pure functions, all of them. */
export interface CoreParts {
  readonly kernels: CoreKernels;
  /** First 16 hex characters of SHA-256 of `engineId|cause`. */
  tagOf(cause: string): string;
  /** The boot counter, durable before the first event. */
  readonly epoch: number;
}
