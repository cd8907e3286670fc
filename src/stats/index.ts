/**
 * outrigger/stats: statistics of hedging, computed in WebAssembly. One import, no setup, plain objects out.
 *
 * Inputs are Float64Array or arrays of numbers and are never changed. What has no value throws a StatsError with code, field,
 * value and limit. This list is the package's public face; it is the only file of its kind.
 */
export { StatsError, type StatsErrorCode } from "./error.ts";
export {
  type JohansenHedgeRatio,
  type JohansenOptions,
  type JohansenResult,
  johansen,
  johansenHedgeRatio,
} from "./johansen.ts";
export { type OlsFit, type OlsOptions, ols } from "./ols.ts";
export type { Sample } from "./runtime.ts";
export { autocorrelation1, mean, std } from "./univariate.ts";
