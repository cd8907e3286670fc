/**
 * One trial of a sweep, as the analysis pool runs it: a pairs backtest from files, of which profits per period come back.
 *
 * Periods are the same bars for every trial, whatever its windows, so that trials can be compared. Memory is constant.
 */
import { BarFile } from "./bar-file.ts";
import { JoinedBars } from "./joined-bars.ts";
import { runPairs } from "./pairs.ts";
import type { PairsTerms } from "./pairs-terms.ts";

/** How the run is cut into periods of equal length. */
export interface Periods {
  /** Joined index of the first period's first bar; every trial has an equity from the bar before on. */
  readonly firstBar: number;
  readonly barsEach: number;
  readonly count: number;
}

export interface TrialTask {
  readonly primary: string;
  readonly hedge: string;
  readonly terms: PairsTerms;
  readonly periods: Periods;
}

export interface TrialResult {
  readonly trades: number;
  readonly finalEquity: number;
  /** Hedged profit of each period, quote. */
  readonly profits: Float64Array;
}

/** BarsError. */
export default function runTrial({ primary, hedge, terms, periods }: TrialTask): TrialResult {
  const files: BarFile[] = [];
  try {
    const [y, x] = [primary, hedge].map((path) => {
      const file = new BarFile(path);
      files.push(file);
      return file;
    }) as [BarFile, BarFile];
    const sums = new PeriodProfits(periods, terms.capital);
    const blocks = runPairs(new JoinedBars(y, x), terms, process.hrtime.bigint);
    for (;;) {
      const step = blocks.next();
      if (step.done === true) {
        const { n_trades, final_equity_hedged } = step.value.result;
        return { trades: n_trades, finalEquity: final_equity_hedged, profits: sums.profits };
      }
      const { firstBar, from, bars, hedged } = step.value;
      for (let at = from; at < bars.count; at++) sums.add(firstBar + at, hedged[at]!);
    }
  } finally {
    for (const file of files) file.end();
  }
}

class PeriodProfits {
  readonly profits: Float64Array;
  readonly #periods: Periods;
  #before: number;

  constructor(periods: Periods, capital: number) {
    this.#periods = periods;
    this.#before = capital;
    this.profits = new Float64Array(periods.count);
  }

  add(bar: number, equity: number): void {
    const { firstBar, barsEach, count } = this.#periods;
    const done = bar + 1 - firstBar;
    if (done < 0 || done % barsEach !== 0 || done / barsEach > count) return;
    if (done > 0) this.profits[done / barsEach - 1] = equity - this.#before;
    this.#before = equity;
  }
}
