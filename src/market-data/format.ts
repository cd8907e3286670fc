/**
 * What kind of market data a file holds, and in which cells.
 *
 * Read from the first line alone. Names are those of this project, ccxt, Binance Vision and tick recorders; a file without a
 * header is read as bars in ccxt's order, as Binance Vision's klines are.
 */
import { readColumns } from "../backtest/bar-columns.ts";
import { BarsError } from "../backtest/bars-error.ts";
import { CELLS_MAX } from "../backtest/row-cells.ts";

export type MarketKind = "bars" | "quotes" | "trades";

export interface MarketFormat {
  readonly kind: MarketKind;
  /** Fields in the order of FIELDS, each with its cell; -1 for one that the file does not have. */
  readonly cells: readonly number[];
  /** Trades: the cell that says whether the buyer was the maker; -1 where there is none. */
  readonly makerCell: number;
  readonly isHeader: boolean;
}

/** Fields of a row by kind. Time first; those behind OPTIONAL_FROM may be missing. */
export const FIELDS = {
  bars: ["time", "open", "high", "low", "close", "volume"],
  quotes: ["time", "bid", "ask", "bidQty", "askQty", "id"],
  trades: ["time", "price", "quantity", "id"],
} as const satisfies Readonly<Record<MarketKind, readonly string[]>>;

/** The header that this project writes, by kind. */
export const HEADERS: Readonly<Record<MarketKind, string>> = {
  bars: "timestamp_ms,open,high,low,close,volume",
  quotes: "local_ts_ns,exch_event_ms,update_id,bid_px,bid_qty,ask_px,ask_qty",
  trades: "local_ts_ns,exch_event_ms,exch_trade_ms,trade_id,price,qty,buyer_is_maker",
};

const TIMES = ["local_ts_ns", "timestamp_ms", "timestamp", "transact_time", "event_time", "time", "ts"];
const NAMES: Readonly<Record<"quotes" | "trades", readonly (readonly string[])[]>> = {
  quotes: [
    TIMES,
    ["bid_px", "best_bid_price", "bid_price", "bidprice", "bid"],
    ["ask_px", "best_ask_price", "ask_price", "askprice", "ask"],
    ["bid_qty", "best_bid_qty", "bid_size", "bid_amount", "bidqty"],
    ["ask_qty", "best_ask_qty", "ask_size", "ask_amount", "askqty"],
    ["update_id", "updateid", "u"],
  ],
  trades: [
    [...TIMES, "exch_trade_ms"],
    ["price", "px", "p"],
    ["qty", "quantity", "amount", "size", "q"],
    ["trade_id", "agg_trade_id", "id", "tradeid"],
  ],
};
/** Fields that a file may do without, by kind: sizes and ids. */
const OPTIONAL_FROM: Readonly<Record<"quotes" | "trades", number>> = { quotes: 3, trades: 2 };

const MAKERS = ["buyer_is_maker", "is_buyer_maker", "isbuyermaker"];

/** HEADER_BAD where the line names columns, but of nothing that is known. */
export function readFormat(line: string, file: string): MarketFormat {
  const names = line.split(",").map((name) => name.trim().replaceAll('"', "").toLowerCase());
  for (const kind of ["quotes", "trades"] as const) {
    const cells = NAMES[kind].map((known) => known.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1);
    if (cells.slice(0, OPTIONAL_FROM[kind]).some((cell) => cell < 0)) continue;
    if (cells.every((cell) => cell < CELLS_MAX)) {
      return {
        kind,
        cells,
        makerCell: MAKERS.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1,
        isHeader: true,
      };
    }
  }
  const { columns, isHeader } = readColumns(line, file);
  const { time, open, high, low, close, volume } = columns;
  if (isHeader || names.length > volume) {
    return { kind: "bars", cells: [time, open, high, low, close, volume], makerCell: -1, isHeader };
  }
  throw new BarsError("HEADER_BAD", file, 1, `has ${names.length} columns; a bar has 6: ${HEADERS.bars}`);
}
