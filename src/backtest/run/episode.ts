/**
 * Episode: one trade. Of a shield what one signal's decision was worth, from the moment it was taken to the next one on the same
 * position or to the end of the data: the position is there anyway, the hedge is what was traded. Of a traded position its life, from
 * the opening of both legs to flat.
 */

export interface Episode {
  readonly id: number;
  readonly playbook: "shield" | "signal" | "reversion";
  readonly asset: string;
  readonly hedge: string;
  readonly signalId: string;
  readonly source: string;
  readonly kind: string;
  readonly model: string;
  readonly modelVersion: string;
  /** Of the signal at its decision; NaN where nothing was scored. */
  readonly score: number;
  readonly decidedMs: number;
  readonly endMs: number;
  /** Why it ended, in words. */
  readonly end: string;
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
  /** Profit of the primary before its own costs, and those; 0 of a position that was there anyway. */
  readonly profitPrimary: number;
  readonly costPrimary: number;
  /** Profit of the hedge before costs, and what the hedge cost. */
  readonly profitHedge: number;
  readonly cost: number;
  /** Deepest loss of the position alone and of both together, at samples, in quote units from 0 up. */
  readonly worstUnhedged: number;
  readonly worstHedged: number;
}

/** Without the hedge. */
export const profitUnhedged = ({ profitPrimary, costPrimary }: Episode): number => profitPrimary - costPrimary;

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
  "playbook",
  "score",
  "primary_cost",
] as const;

/** One line of the trade list, in the order of EPISODE_COLUMNS. What has no value is empty. */
export function episodeLine(episode: Episode): string {
  const { profitHedge, cost } = episode;
  const unhedged = profitUnhedged(episode);
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
    unhedged,
    profitHedge,
    cost,
    unhedged + profitHedge - cost,
    episode.worstUnhedged,
    episode.worstHedged,
    episode.playbook,
    episode.score,
    episode.costPrimary,
  ];
  return cells.map((cell) => (typeof cell === "number" && !Number.isFinite(cell) ? "" : cell)).join(",");
}

/** Senders name their models: quoted where a comma would break the line, and never a formula to a spreadsheet. */
function text(value: string): string {
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
