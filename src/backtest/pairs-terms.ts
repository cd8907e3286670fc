/**
 * Terms of a pairs backtest: windows, thresholds, sizes and costs. Checked once; everything behind takes them as they are.
 */
export interface PairsTerms {
  /** Bars of the regression that gives the hedge ratio; 3 to 65,536. */
  readonly betaWindow: number;
  /** Spreads that a z-score is taken among; 2 to 65,536. */
  readonly lookback: number;
  /** |z| from which a position is opened, and below which a stop no longer blocks. Above `exit`. */
  readonly entry: number;
  /** The position's own z (negative of direction times z) at or below which it is closed. */
  readonly exit: number;
  /** The same at or above which it is closed and the pair blocked. Above `entry`. */
  readonly stop: number;
  /** Quote notional of the primary leg. */
  readonly notional: number;
  /** Quote equity at the start. */
  readonly capital: number;
  /** Share of a fill's value; 0.001 is 10 basis points. */
  readonly fee: number;
  /** Share of the price by which a fill is worse than the open. */
  readonly slippage: number;
  /** Relative drift of the hedge beyond which it is corrected; null leaves it as it was opened. */
  readonly band: number | null;
  /** Open only where the way back to `exit` covers the round trip's costs. */
  readonly costGate: boolean;
  /** Share of beta that is hedged; 1 is all of it, 0 none. */
  readonly intensity: number;
}

export class PairsTermsError extends Error {
  override readonly name = "PairsTermsError";
  readonly code = "TERMS_BAD";
  readonly field: keyof PairsTerms;

  constructor(field: keyof PairsTerms, what: string) {
    super(`${field} ${what}`);
    this.field = field;
  }
}

const WINDOW_MAX = 65_536;

/** TERMS_BAD names the field. */
export function checkPairsTerms(terms: PairsTerms): void {
  const check = (field: keyof PairsTerms, holds: boolean, must: string) => {
    if (!holds) throw new PairsTermsError(field, `is ${terms[field]}, ${must}`);
  };
  const windowed = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= WINDOW_MAX;
  check("betaWindow", windowed(terms.betaWindow, 3), `must be a whole number, 3 to ${WINDOW_MAX}`);
  check("lookback", windowed(terms.lookback, 2), `must be a whole number, 2 to ${WINDOW_MAX}`);
  check("exit", Number.isFinite(terms.exit), "must be a number");
  check(
    "entry",
    Number.isFinite(terms.entry) && terms.entry > terms.exit && terms.entry > 0,
    "must be above 0 and exit",
  );
  check("stop", Number.isFinite(terms.stop) && terms.stop > terms.entry, "must be above entry");
  check("notional", Number.isFinite(terms.notional) && terms.notional > 0, "must be above 0");
  check("capital", Number.isFinite(terms.capital) && terms.capital > 0, "must be above 0");
  check("fee", terms.fee >= 0 && terms.fee < 1, "must be 0 up to below 1");
  check("slippage", terms.slippage >= 0 && terms.slippage < 1, "must be 0 up to below 1");
  check("band", terms.band === null || (Number.isFinite(terms.band) && terms.band > 0), "must be above 0");
  check("intensity", terms.intensity >= 0 && terms.intensity <= 1, "must be 0 to 1");
}
