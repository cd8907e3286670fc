/** Brier score and its decomposition (Brier 1950; Murphy 1973). Portable. */

/** `sum` plus the squared distances of forecasts from outcomes. */
export function brierSum(forecasts: Reals, outcomes: Reals, count: i32, sum: f64): f64 {
  let total: f64 = sum;
  for (let at: i32 = 0; at < count; at++) {
    const gap: f64 = real(forecasts, at) - real(outcomes, at);
    total += gap * gap;
  }
  return total;
}

/**
 * Adds to `out` what `groups` groups of `counts` forecasts have, whose mean is `means` and of which `hits` came true: [0] forecasts,
 * [1] reliability and [2] resolution, each times the forecasts. Empty groups weigh nothing. base: share of all outcomes that came
 * true.
 */
export function murphy(means: Reals, hits: Reals, counts: Reals, groups: i32, base: f64, out: Reals): void {
  let total = real(out, 0);
  let reliability = real(out, 1);
  let resolution = real(out, 2);
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
  putReal(out, 0, total);
  putReal(out, 1, reliability);
  putReal(out, 2, resolution);
}
