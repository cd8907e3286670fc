/** Where candles of the past come from: pages of them, oldest first. */

/** Time in ms, then open, high, low, close and volume as decimal text. */
export type CandleRow = readonly [number, string, string, string, string, string];

export interface CandleSource {
  readonly intervalMs: number;
  /** What the source calls itself, for the file's description. */
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: string;
  /** Most candles that a page may hold. */
  readonly limit: number;
  /** Candles from `sinceMs` on. Empty where there are none in the next `limit` intervals. */
  page(sinceMs: number): Promise<readonly CandleRow[]>;
  close(): Promise<void>;
}

export type CandleErrorCode =
  /** No such exchange, symbol or timeframe. */
  | "UNKNOWN"
  /** Try again later: the network, a rate limit, maintenance. */
  | "UNAVAILABLE"
  /** What came is no candle. */
  | "CANDLE_BAD"
  /** The file holds something else, or was not written by a download. */
  | "FILE_TAKEN";

export class CandleError extends Error {
  override readonly name = "CandleError";
  readonly code: CandleErrorCode;

  constructor(code: CandleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
