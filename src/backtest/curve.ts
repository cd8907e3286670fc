/** An equity curve's account, kept without the curve: changes, returns, drawdown, ruin. */
import { Drawdown, Moments } from "./sums.ts";

/** Moments of the changes between bars, for ratios that correct for luck. NaN where nothing varies. */
export interface CurveShape {
  readonly observations: number;
  /** Per bar, not per year. */
  readonly sharpe: number;
  readonly skew: number;
  /** Raw: 3 for normal changes. */
  readonly kurtosis: number;
}

export class Curve {
  /** Profit per bar, and the same as a share of the equity before. */
  readonly changes = new Moments();
  readonly returns = new Moments();
  readonly drawdown = new Drawdown();
  /** Since the start. */
  profit = 0;
  /** Equity was 0 or below at some close. */
  ruined = false;
  readonly #capital: number;
  #seen = false;

  constructor(capital: number) {
    this.#capital = capital;
  }

  /** Takes the profit since the start at the next close. */
  add(profit: number): void {
    if (this.#seen) {
      const change = profit - this.profit;
      this.changes.add(change);
      this.returns.add(change / (this.#capital + this.profit));
    }
    const equity = this.#capital + profit;
    this.#seen = true;
    this.profit = profit;
    this.drawdown.add(equity);
    if (equity <= 0) this.ruined = true;
  }

  shape(): CurveShape {
    const { changes } = this;
    return { observations: changes.count, sharpe: changes.mean() / Math.sqrt(changes.variance()), ...changes.shape() };
  }
}
