/**
 * outrigger/stats: statistics of hedging, computed in WebAssembly. One import, no setup, plain objects out.
 *
 * Inputs are Float64Array or arrays of numbers and are never changed. What has no value throws a StatsError with code, field,
 * value and limit. This list is the package's public face; it is the only file of its kind.
 */
export { type AdfOptions, type AdfResult, adf, adfSlices } from "./adf.ts";
export { type BrierOptions, type BrierResult, brier, brierSlices, type ReliabilityBin } from "./brier.ts";
export {
  type Cluster,
  type ClusterExposure,
  type ClusterOptions,
  clusterExposure,
  clusterExposureSlices,
} from "./cluster.ts";
export { correlation, correlationSlices } from "./correlation.ts";
export {
  type DeflatedSharpe,
  deflatedSharpe,
  deflatedSharpeSlices,
  type Selection,
  type SharpeMoments,
} from "./deflated-sharpe.ts";
export { type SymmetricEigen, symmetricEigen, symmetricEigenSlices } from "./eigen.ts";
export {
  type EngleGrangerOptions,
  type EngleGrangerResult,
  engleGranger,
  engleGrangerSlices,
} from "./engle-granger.ts";
export { StatsError, type StatsErrorCode } from "./error.ts";
export {
  EwmaBeta,
  type EwmaBetaResult,
  type EwmaOptions,
  EwmaVariance,
  type EwmaVarianceResult,
  ewmaBeta,
  ewmaBetaSlices,
  ewmaVol,
  ewmaVolSlices,
} from "./ewma.ts";
export { type HalfLife, halfLife, halfLifeSlices } from "./half-life.ts";
export {
  type MinimumVarianceHedge,
  maeQuantile,
  maeQuantileSlices,
  maximumAdverseExcursion,
  minimumVarianceRatio,
  minimumVarianceRatioSlices,
  type NoTradeBandTerms,
  noTradeHalfWidth,
} from "./hedge.ts";
export { type IsotonicFit, isotonicFit, isotonicFitSlices } from "./isotonic.ts";
export {
  type JohansenHedgeRatio,
  type JohansenOptions,
  type JohansenResult,
  johansen,
  johansenHedgeRatio,
  johansenSlices,
} from "./johansen.ts";
export { type LedoitWolf, ledoitWolf, ledoitWolfSlices } from "./ledoit-wolf.ts";
export { type OlsFit, type OlsOptions, ols, olsSlices } from "./ols.ts";
export type { Outcomes } from "./outcomes.ts";
export { type PboOptions, type PboResult, pbo, pboSlices } from "./pbo.ts";
export { type PlattFit, plattFit, plattFitSlices } from "./platt.ts";
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
export { drain, inSlices, type Slices } from "./sliced.ts";
export { type TotalLeastSquaresFit, tls, tlsSlices } from "./tls.ts";
export { autocorrelation1, autocorrelation1Slices, mean, meanSlices, std, stdSlices } from "./univariate.ts";
export {
  projectSimplex,
  refitWeights,
  refitWeightsSlices,
  WEIGHTS_PRIOR,
  type WeightRefit,
  type WeightRefitOptions,
} from "./weight-refit.ts";
