/**
 * Synthetic market: a seeded random walk per symbol. Same seed, same quotes.
 *
 * The mid moves by a centred sum of four uniform draws scaled to the configured daily volatility, so no transcendental
 * function is involved and the walk is the same on every machine. It never ends; the driver stops reading it.
 */
import { createPrng } from "../sim/prng.ts";
import type { MarketEvent, MarketSource } from "./market.ts";

export interface SyntheticOptions {
  readonly seed: number;
  /** Standard deviation of a day's return, as a fraction. */
  readonly volatilityDaily: number;
  /** Time between two quotes of one symbol. */
  readonly intervalMs: number;
  readonly spreadBps: number;
  readonly symbols: readonly {
    readonly symbol: string;
    readonly initialPrice: number;
    readonly tick: number;
    /** Quote notional that stands at the top of each side, about. */
    readonly topNotional: number;
  }[];
}

const DAY_MS = 86_400_000;
/** Standard deviation of a sum of four uniforms on [0, 1). */
const SUM_DEVIATION = Math.sqrt(4 / 12);

export function createSyntheticMarket(options: SyntheticOptions): MarketSource {
  return { open: () => walk(options) };
}

function* walk(options: SyntheticOptions): Generator<MarketEvent> {
  const prng = createPrng(options.seed);
  const stepDeviation = options.volatilityDaily * Math.sqrt(options.intervalMs / DAY_MS);
  const states = options.symbols.map((each) => ({ ...each, mid: each.initialPrice }));
  for (let step = 0; ; step++) {
    for (const state of states) {
      const draw = (prng.float() + prng.float() + prng.float() + prng.float() - 2) / SUM_DEVIATION;
      state.mid = Math.max(state.tick * 10, state.mid * (1 + draw * stepDeviation));
      const half = Math.max(state.tick / 2, (state.mid * options.spreadBps) / 20_000);
      const size = () => toE8((state.topNotional / state.mid) * (0.5 + prng.float()));
      yield {
        kind: "quote",
        symbol: state.symbol,
        atMs: step * options.intervalMs,
        bidE8: toE8(state.mid - half),
        bidQtyE8: size(),
        askE8: toE8(state.mid + half),
        askQtyE8: size(),
      };
    }
  }
}

function toE8(value: number): number {
  return Math.max(1, Math.round(value * 1e8));
}
