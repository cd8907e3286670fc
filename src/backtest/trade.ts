/** A closed trade of a pair, as the trade list states it. y is the primary leg, x the hedge. */

/** target: the spread came back. stop: it went too far. eod: the data ended. */
export type TradeReason = "target" | "stop" | "eod";

export interface PairsTrade {
  readonly id: number;
  /** +1 bought the spread, -1 sold it. */
  readonly direction: number;
  readonly decisionMs: number;
  readonly entryMs: number;
  readonly exitMs: number;
  readonly reason: TradeReason;
  /** From the entry's fill to the exit's. */
  readonly bars: number;
  /** Of the bars that decided; NaN where the data ended without one. */
  readonly zEntry: number;
  readonly zExit: number;
  /** Hedge ratio at entry. */
  readonly beta: number;
  readonly entryFillY: number;
  readonly exitFillY: number;
  /** Signed, as opened. */
  readonly unitsY: number;
  readonly entryFillX: number;
  readonly exitFillX: number;
  readonly unitsX: number;
  /** At unslipped prices, corrections of the hedge included. */
  readonly grossY: number;
  readonly grossX: number;
  /** Fees and slippage. */
  readonly costY: number;
  readonly costX: number;
}
