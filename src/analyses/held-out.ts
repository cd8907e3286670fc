/**
 * How well each method of β would have hedged: walking forward through the second half of a sample, estimated on what lay
 * before each fold and judged inside it, by the variance of changes over the holding time that is left. Never by the rows that
 * it was estimated on: a ratio of levels always looks best there.
 */
import type { HeldOut } from "../core/sizing/beta.ts";
import type { LogPair } from "./candles.ts";
import { estimateBeta } from "./ratio-estimates.ts";

const FOLDS = 5;

/** Shares of the variance that are taken away, 1 all and below 0 more than none; NaN for a method that some fold has no ratio of. */
export function heldOutReduction({ y, x }: Pick<LogPair, "y" | "x">, horizonRows: number, fixed: number): HeldOut {
  const rows = y.length;
  const from = rows >> 1;
  const horizon = Math.max(1, Math.min(Math.round(horizonRows), Math.floor(rows / (4 * FOLDS))));
  const none = new Moments();
  const left = {
    fixed: new Moments(),
    ols: new Moments(),
    returns: new Moments(),
    combined: new Moments(),
    johansen: new Moments(),
  };
  for (let fold = 0; fold < FOLDS; fold++) {
    const begin = from + Math.floor(((rows - from) * fold) / FOLDS);
    const end = Math.min(rows - horizon, from + Math.floor(((rows - from) * (fold + 1)) / FOLDS));
    const ratios = { fixed, ...estimateBeta({ y: y.subarray(0, begin), x: x.subarray(0, begin) }) };
    for (let t = begin; t < end; t++) {
      const dy = y[t + horizon]! - y[t]!;
      const dx = x[t + horizon]! - x[t]!;
      none.add(dy);
      left.fixed.add(dy - ratios.fixed * dx);
      left.ols.add(dy - ratios.ols * dx);
      left.returns.add(dy - ratios.returns * dx);
      left.combined.add(dy - ratios.combined * dx);
      left.johansen.add(dy - ratios.johansen * dx);
    }
  }
  const taken = (of: Moments) => 1 - of.variance / none.variance;
  return {
    fixed: taken(left.fixed),
    ols: taken(left.ols),
    returns: taken(left.returns),
    combined: taken(left.combined),
    johansen: taken(left.johansen),
  };
}

class Moments {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    const off = value - this.#mean;
    this.#mean += off / ++this.#count;
    this.#squares += off * (value - this.#mean);
  }

  get variance(): number {
    return this.#squares / this.#count;
  }
}
