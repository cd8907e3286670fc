/** Brier score and its decomposition (Brier 1950; Murphy 1973). Portable. */

/** Mean squared distance of forecasts from outcomes. */
export function brierMean(forecasts: Reals, outcomes: Reals, count: i32): f64 {
  let sum: f64 = 0.0;
  for (let at: i32 = 0; at < count; at++) {
    const gap: f64 = real(forecasts, at) - real(outcomes, at);
    sum += gap * gap;
  }
  return sum / count;
}

/**
 * Reliability and resolution of `groups` groups of `counts` forecasts whose mean is `means` and of which `hits` came true; to
 * `out`. Empty groups weigh nothing. base: share of all outcomes that came true.
 */
export function murphy(means: Reals, hits: Reals, counts: Reals, groups: i32, base: f64, out: Reals): void {
  let total: f64 = 0.0;
  let reliability: f64 = 0.0;
  let resolution: f64 = 0.0;
  for (let at: i32 = 0; at < groups; at++) {
    const count: f64 = real(counts, at);
    if (count == 0.0) continue;
    const frequency: f64 = real(hits, at) / count;
    const miss: f64 = real(means, at) - frequency;
    const lift: f64 = frequency - base;
    total += count;
    reliability += count * miss * miss;
    resolution += count * lift * lift;
  }
  putReal(out, 0, reliability / total);
  putReal(out, 1, resolution / total);
}
