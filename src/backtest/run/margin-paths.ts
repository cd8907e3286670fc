/**
 * How often a leveraged position would have been liquidated: counted over the samples of a run.
 *
 * A path is the position opened anew at a sample, with leverage L and cross margin, held for a while: it is liquidated where the
 * margin 1/L plus the profit of position and hedge since then, over the notional at its start, is at or below the maintenance
 * margin at some sample. Paths begin every `everyMs` and overlap, so their number says less than it seems.
 *
 * Not counted: margin that the hedge itself binds, funding, liquidation fees, and what happens between samples.
 */
export interface MarginTerms {
  readonly leverages: readonly number[];
  /** Of the notional. */
  readonly maintenance: number;
  readonly windowMs: number;
  readonly everyMs: number;
}

export const MARGIN_TERMS: MarginTerms = {
  leverages: [3, 5, 10],
  maintenance: 0.01,
  windowMs: 86_400_000,
  everyMs: 3_600_000,
};

export interface LiquidationCount {
  readonly leverage: number;
  readonly paths: number;
  readonly liquidated: number;
}

/** Samples of one portfolio: times rise; profit since the start; notional of the position at each. */
export interface ProfitSeries {
  readonly atMs: readonly number[];
  readonly profit: readonly number[];
  readonly exposure: readonly number[];
}

export function liquidations(series: ProfitSeries, terms: MarginTerms): readonly LiquidationCount[] {
  const { atMs, profit, exposure } = series;
  const counts = terms.leverages.map((leverage) => ({ leverage, paths: 0, liquidated: 0 }));
  const lastMs = atMs.at(-1) ?? 0;
  const lows = new SlidingLow(profit);
  let nextMs = Number.NEGATIVE_INFINITY;
  for (let from = 0, to = 0; from < atMs.length; from++) {
    const startMs = atMs[from]!;
    if (startMs < nextMs) continue;
    // Only whole windows: a path cut short by the end of the data could not have been liquidated in the rest of it.
    if (startMs + terms.windowMs > lastMs) break;
    nextMs = startMs + terms.everyMs;
    while (to < atMs.length && atMs[to]! <= startMs + terms.windowMs) lows.push(to++);
    const worst = (lows.lowFrom(from) - profit[from]!) / Math.abs(exposure[from]!);
    for (const count of counts) {
      count.paths++;
      if (1 / count.leverage + worst <= terms.maintenance) count.liquidated++;
    }
  }
  return counts;
}

/** The lowest of a window that only moves on. */
class SlidingLow {
  readonly #values: readonly number[];
  /** Indices whose values rise: each is the lowest from itself to the window's end. */
  readonly #indices: number[] = [];
  #first = 0;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  push(index: number): void {
    const value = this.#values[index]!;
    while (this.#indices.length > this.#first && this.#values[this.#indices.at(-1)!]! >= value) this.#indices.pop();
    this.#indices.push(index);
  }

  lowFrom(index: number): number {
    while (this.#indices[this.#first]! < index) this.#first++;
    return this.#values[this.#indices[this.#first]!]!;
  }
}
