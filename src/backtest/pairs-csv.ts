/**
 * The trade list and the equity curve as CSV, with the columns of the reference study.
 *
 * Numbers are written with every digit that they have, so that reading them back gives the same doubles; what is undefined is an
 * empty cell.
 */
import type { PairsBlock } from "./pairs.ts";
import type { PairsTrade } from "./trade.ts";

/** Units: times in ms since the epoch, prices and money in quote, sizes in base and signed. */
export const TRADE_COLUMNS = [
  "id",
  "dir",
  "decision_ts",
  "entry_ts",
  "exit_ts",
  "reason",
  "bars",
  "z_entry",
  "z_exit",
  "beta",
  "entry_fill_y",
  "exit_fill_y",
  "units_y",
  "entry_fill_x",
  "exit_fill_x",
  "units_x",
  "pnl_gross_y",
  "pnl_gross_x",
  "cost_y",
  "cost_x",
  "cash_y",
  "cash_x",
  "pnl_net_hedged",
  "pnl_net_unhedged",
] as const;

export const EQUITY_COLUMNS = ["bar", "timestamp_ms", "equity_hedged", "equity_unhedged"] as const;

/** One cell per column of TRADE_COLUMNS. */
export function tradeCells(trade: PairsTrade): (number | string)[] {
  const cashY = trade.grossY - trade.costY;
  const cashX = trade.grossX - trade.costX;
  return [
    trade.id,
    trade.direction,
    trade.decisionMs,
    trade.entryMs,
    trade.exitMs,
    trade.reason,
    trade.bars,
    trade.zEntry,
    trade.zExit,
    trade.beta,
    trade.entryFillY,
    trade.exitFillY,
    trade.unitsY,
    trade.entryFillX,
    trade.exitFillX,
    trade.unitsX,
    trade.grossY,
    trade.grossX,
    trade.costY,
    trade.costX,
    cashY,
    cashX,
    cashY + cashX,
    cashY,
  ];
}

/** Lines of the block's closed trades, each with its newline. */
export function tradeLines(trades: readonly PairsTrade[]): string {
  return trades.map((trade) => csvLine(tradeCells(trade))).join("");
}

/** One line for each bar of the block that has an equity; `bar` is the joined index. */
export function equityLines({ bars, firstBar, from, hedged, unhedged }: PairsBlock): string {
  let text = "";
  for (let at = from; at < bars.count; at++) {
    text += `${firstBar + at},${bars.timestampMs[at]},${hedged[at]},${unhedged[at]}\n`;
  }
  return text;
}

function csvLine(cells: readonly (number | string)[]): string {
  return `${cells.map((cell) => (Number.isNaN(cell) ? "" : cell)).join(",")}\n`;
}
