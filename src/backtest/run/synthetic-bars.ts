/**
 * Made-up bars with what real ones have and a random walk has not: volatility that changes, and jumps downward more than upward.
 * Seeded; the same seed gives the same bars on every machine of one kind (logarithms are the machine's).
 *
 * Volatility switches between a calm and a wild state; jumps come at random, sized by an exponential law. None of it is fitted to any
 * market: it is there so that a study does not rest on twenty days of one coin.
 */
import { createPrng } from "../../sim/prng.ts";

export interface SyntheticBarOptions {
  readonly seed: number;
  readonly startMs: number;
  readonly intervalMs: number;
  readonly count: number;
  readonly price: number;
  /** Standard deviation of a day's return in the calm state; the wild one has `wildFactor` times that. */
  readonly volatilityDaily: number;
  readonly wildFactor: number;
  /** Mean time in each state. */
  readonly stateMs: number;
  /** Per day, and their mean size; two in three go down. */
  readonly jumpsPerDay: number;
  readonly jumpMean: number;
}

export const SYNTHETIC_BARS: Omit<SyntheticBarOptions, "seed"> = {
  startMs: Date.UTC(2024, 0, 1),
  intervalMs: 300_000,
  count: 180 * 288,
  price: 0.1,
  volatilityDaily: 0.04,
  wildFactor: 2.5,
  stateMs: 2 * 86_400_000,
  jumpsPerDay: 0.2,
  jumpMean: 0.04,
};

const DAY_MS = 86_400_000;
/** Moves within a bar, so that its high and low are those of a path. */
const STEPS = 4;

/** Lines of this project's bar CSV, its header first. */
export function* syntheticBars(options: SyntheticBarOptions): Generator<string> {
  const { seed, startMs, intervalMs, count, volatilityDaily, wildFactor, stateMs, jumpsPerDay, jumpMean } = options;
  const prng = createPrng(seed);
  const stepDeviation = volatilityDaily * Math.sqrt(intervalMs / STEPS / DAY_MS);
  // Four uniforms less their mean have a variance of a third.
  const normal = () => (prng.float() + prng.float() + prng.float() + prng.float() - 2) * Math.sqrt(3);
  let price = options.price;
  let wild = false;
  yield "timestamp_ms,open,high,low,close,volume";
  for (let bar = 0; bar < count; bar++) {
    if (prng.float() < intervalMs / stateMs) wild = !wild;
    const open = price;
    let [high, low] = [price, price];
    for (let step = 0; step < STEPS; step++) {
      price *= Math.exp(normal() * stepDeviation * (wild ? wildFactor : 1));
      if (prng.float() < (jumpsPerDay * intervalMs) / STEPS / DAY_MS) {
        const size = -Math.log(1 - prng.float()) * jumpMean;
        price *= Math.exp(prng.int(3) < 2 ? -size : size);
      }
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    const cells = [open, high, low, price].map((value) => value.toPrecision(8));
    yield `${startMs + bar * intervalMs},${cells.join(",")},${1e6 + prng.int(1e6)}`;
  }
}
