/**
 * Episode: what one signal's decision was worth, from the moment it was taken to the next one on the same position or to the end
 * of the data. The trade of a shield: the position is there anyway, the hedge is what was traded.
 */

export type EpisodeEnd = "next signal" | "end of data";

export interface Episode {
  readonly id: number;
  readonly shield: number;
  readonly asset: string;
  readonly hedge: string;
  readonly signalId: string;
  readonly source: string;
  readonly kind: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly decidedMs: number;
  readonly endMs: number;
  readonly end: EpisodeEnd;
  /** Signed quote notional at the decision, and the price it was seen at. */
  readonly exposure: number;
  readonly price: number;
  /** Hedge intensity, 0 to 1; what it aimed at, in lots of the hedge. */
  readonly intensity: number;
  readonly targetLots: number;
  readonly orders: number;
  readonly fills: number;
  /** Traded either way, in quote units. */
  readonly filledNotional: number;
  /** Mean by notional of how much worse than the mid at the decision, as a share; NaN without fills. */
  readonly slippage: number;
  /** From the signal's arrival to its first fill; NaN without. */
  readonly firstFillMs: number;
  /** Profit of the position alone, of the hedge before costs, and what the hedge cost. */
  readonly profitUnhedged: number;
  readonly profitHedge: number;
  readonly cost: number;
  /** Deepest loss of the position alone and of both together, at samples, in quote units from 0 up. */
  readonly worstUnhedged: number;
  readonly worstHedged: number;
}

/** There was a hedge to compare with the shadow. */
export const isComparable = ({ fills, targetLots }: Episode): boolean => fills > 0 || targetLots !== 0;

export const EPISODE_COLUMNS = [
  "trade_id",
  "asset",
  "hedge",
  "signal_id",
  "source",
  "kind",
  "model",
  "model_version",
  "decided_ms",
  "end_ms",
  "end",
  "exposure",
  "price",
  "intensity",
  "target_lots",
  "orders",
  "fills",
  "filled_notional",
  "slippage",
  "first_fill_ms",
  "pnl_unhedged",
  "pnl_hedge_gross",
  "hedge_cost",
  "pnl_hedged",
  "worst_unhedged",
  "worst_hedged",
] as const;

/** One line of the trade list, in the order of EPISODE_COLUMNS. What has no value is empty. */
export function episodeLine(episode: Episode): string {
  const { profitUnhedged, profitHedge, cost } = episode;
  const cells: readonly (string | number)[] = [
    episode.id,
    episode.asset,
    episode.hedge,
    episode.signalId,
    episode.source,
    episode.kind,
    text(episode.model),
    text(episode.modelVersion),
    episode.decidedMs,
    episode.endMs,
    episode.end,
    episode.exposure,
    episode.price,
    episode.intensity,
    episode.targetLots,
    episode.orders,
    episode.fills,
    episode.filledNotional,
    episode.slippage,
    episode.firstFillMs,
    profitUnhedged,
    profitHedge,
    cost,
    profitUnhedged + profitHedge - cost,
    episode.worstUnhedged,
    episode.worstHedged,
  ];
  return cells.map((cell) => (typeof cell === "number" && !Number.isFinite(cell) ? "" : cell)).join(",");
}

/** Senders name their models: quoted where a comma would break the line, and never a formula to a spreadsheet. */
function text(value: string): string {
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
