/**
 * outrigger/stats: statistics of hedging, computed in WebAssembly. One import, no setup, plain objects out.
 *
 * Inputs are Float64Array or arrays of numbers and are never changed. What has no value throws a StatsError with code, field,
 * value and limit. This list is the package's public face; it is the only file of its kind.
 */
export { type AdfOptions, type AdfResult, adf } from "./adf.ts";
export { type BrierOptions, type BrierResult, brier, type ReliabilityBin } from "./brier.ts";
export { type Cluster, type ClusterExposure, type ClusterOptions, clusterExposure } from "./cluster.ts";
export { correlation, type Pause, type SliceOptions } from "./correlation.ts";
export { type DeflatedSharpe, deflatedSharpe, type Selection, type SharpeMoments } from "./deflated-sharpe.ts";
export { type SymmetricEigen, symmetricEigen } from "./eigen.ts";
export { type EngleGrangerOptions, type EngleGrangerResult, engleGranger } from "./engle-granger.ts";
export { StatsError, type StatsErrorCode } from "./error.ts";
export {
  EwmaBeta,
  type EwmaBetaResult,
  type EwmaOptions,
  EwmaVariance,
  type EwmaVarianceResult,
  ewmaBeta,
  ewmaVol,
} from "./ewma.ts";
export { type HalfLife, halfLife } from "./half-life.ts";
export {
  type MinimumVarianceHedge,
  maeQuantile,
  maximumAdverseExcursion,
  minimumVarianceRatio,
  type NoTradeBandTerms,
  noTradeHalfWidth,
} from "./hedge.ts";
export { type IsotonicFit, isotonicFit } from "./isotonic.ts";
export {
  type JohansenHedgeRatio,
  type JohansenOptions,
  type JohansenResult,
  johansen,
  johansenHedgeRatio,
} from "./johansen.ts";
export { type LedoitWolf, ledoitWolf } from "./ledoit-wolf.ts";
export { type OlsFit, type OlsOptions, ols } from "./ols.ts";
export type { Outcomes } from "./outcomes.ts";
export { type PboOptions, type PboResult, pbo } from "./pbo.ts";
export { type PlattFit, plattFit } from "./platt.ts";
export { INSTRUMENTS_MAX, RollingOlsBatch, RollingZScoreBatch } from "./rolling-batch.ts";
export {
  RollingCorrelation,
  type RollingCorrelationResult,
  rollingCorrelation,
  rollingCorrelationSlices,
} from "./rolling-correlation.ts";
export {
  type NoLineReason,
  RollingOls,
  type RollingOlsFits,
  type RollingOlsOptions,
  type RollingOlsResult,
  rollingOls,
  rollingOlsSlices,
} from "./rolling-ols.ts";
export { type UndefinedReason, WINDOW_MAX } from "./rolling-window.ts";
export {
  type NoScoreReason,
  RollingZScore,
  type RollingZScoreResult,
  type RollingZScores,
  zscoreRolling,
  zscoreRollingSlices,
} from "./rolling-zscore.ts";
export type { Sample } from "./runtime.ts";
export { drain, type Slices } from "./sliced.ts";
export { type TotalLeastSquaresFit, tls } from "./tls.ts";
export { autocorrelation1, mean, std } from "./univariate.ts";
export {
  projectSimplex,
  refitWeights,
  WEIGHTS_PRIOR,
  type WeightRefit,
  type WeightRefitOptions,
} from "./weight-refit.ts";
